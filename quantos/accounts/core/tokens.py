"""Session tokens: JWTs signed with HMAC-SHA256, judged by the platform's clock.

    kind      lifetime   good for
    access    24 hours   every authenticated call
    refresh   7 days     getting a new access token, nothing else

An access token that a code by e-mail was entered for is valid for 15 days (COP-06).

Claims: `sub` the user's id, `kind`, `iat` and `exp` in whole seconds, `jti` an id of its own. A token is valid while `at < exp`: at
the very second of `exp` it has expired. The issue time is rounded down, so that a token never lives longer
than its lifetime.

The signature library's own time checks are switched off: they read the system's time, and a simulated
platform lives in another year. The library is imported at first use, because it costs a tenth of a second
of start-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

ALGORITHM: Final = "HS256"
TOKEN_CHARS_MAX: Final = 1024
"""A token of ours has about 250 characters; a longer one is not read at all."""


class Kind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"


LIFETIMES: Final[dict[Kind, timedelta]] = {Kind.ACCESS: timedelta(hours=24), Kind.REFRESH: timedelta(days=7)}

COPILOT_LIFETIME: Final = timedelta(days=15)


class TokenRefused(Exception):
    """Why a token is not accepted, in words for its holder."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token says: whose it is, and until when."""

    user_id: str
    expires_s: int


def issue(
    user_id: str,
    kind: Kind,
    key: str,
    issued_at: datetime,
    lifetime: timedelta | None = None,
    *,
    token_id: str | None = None,
) -> str:
    """A signed token; `lifetime` where it differs from the kind's own, `token_id` to tell it from every other."""
    import jwt  # noqa: PLC0415 - see the module docstring

    issued_s = int(issued_at.timestamp())
    expires_s = issued_s + int((lifetime or LIFETIMES[kind]).total_seconds())
    claims = {"sub": user_id, "kind": kind.value, "iat": issued_s, "exp": expires_s}
    if token_id is not None:
        claims["jti"] = token_id
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read(token: str, kind: Kind, key: str, at: datetime) -> Grant:
    """The grant of a token of this kind. Raises TokenRefused: forged, malformed, expired, of another kind."""
    claims = _signed_claims(token, key)
    user_id, expires_s = claims.get("sub"), claims.get("exp")
    if not isinstance(user_id, str) or not user_id or not isinstance(expires_s, int):
        raise TokenRefused("Invalid token")
    if claims.get("kind") != kind:
        raise TokenRefused(f"Invalid token: its kind is not {kind}")
    if at.timestamp() >= expires_s:
        raise TokenRefused("Invalid token: it has expired, renew it or use an API key")
    return Grant(user_id, expires_s)


def _signed_claims(token: str, key: str) -> dict[str, Any]:
    import jwt  # noqa: PLC0415 - see the module docstring

    if len(token) > TOKEN_CHARS_MAX or not token.isascii():
        raise TokenRefused("Invalid token")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        # The library turns bad UTF-8 and endless nesting into errors of its own; a 401 must not hang on that.
        raise TokenRefused("Invalid token") from None
    return claims
