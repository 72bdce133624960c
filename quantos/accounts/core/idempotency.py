"""A request that is sent again under the same key: what counts as the same, and how its answer is kept.

    caller       "user:" and the user's id, "operator", or "anyone" where the route asks nobody who they are
    place        HMAC(secret, "place", caller, key)                   where the answer lies
    request      HMAC(secret, "request", method, target, body)        the same request or another one
    seal         HMAC(secret, "seal", caller, key)                    the AES-256-GCM key of its answer

`secret` is the data directory's, `key` the caller's. Of a key, a body or an answer nothing is kept that can be
read: a body may hold a password and an answer an API key that is shown once. The answer is sealed under the
caller's own key, which is not kept, so neither the store alone nor a copy of it with the secret gives it away.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

KEPT_FOR: Final = timedelta(hours=24)
KEY_CHARS_MAX: Final = 255
ANYONES_KEY_CHARS_MIN: Final = 16
"""Where nobody is asked who they are, the key alone tells callers apart: it must not be one that another guesses."""

ANYONE: Final = "anyone"
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARS_MAX}}}")
_OF_THE_PLATFORM: Final = frozenset({"license_restricted"})
_TRY_AGAIN: Final = frozenset({401, 408, 413, 429})
"""Answers that say nothing of the request itself: sent again, it is looked at anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the answer to a key lies, and what opens it. `digest`: hex."""

    digest: str
    seal: bytes


def is_key(key: str, caller: str) -> bool:
    """Whether a key has the form of one, and is long enough for this caller."""
    return _KEY.fullmatch(key) is not None and (caller != ANYONE or len(key) >= ANYONES_KEY_CHARS_MIN)


def place_of(secret: bytes, caller: str, key: str) -> Place:
    whose = caller.encode(), key.encode()
    return Place(_mac(secret, b"place", *whose).hex(), _mac(secret, b"seal", *whose))


def request_digest(secret: bytes, method: str, target: bytes, body: bytes) -> str:
    """Of a request, as hex. `target`: path and query."""
    return _mac(secret, b"request", method.encode(), target, body).hex()


def is_kept(status: int, caller: str, code: str = "") -> bool:
    """Whether an answer is given again. What anyone may be refused is not kept: it would fill the disk.

    `code`: of a refusal. One that says nothing of the request, but of the platform as it is now, is not kept either.
    """
    if caller == ANYONE:
        return status < 300
    return status < 500 and status not in _TRY_AGAIN and code not in _OF_THE_PLATFORM


def sealed(answer: bytes, seal: bytes, nonce: bytes, digest: str) -> bytes:
    """The answer, readable with its seal alone. `nonce`: 12 random bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded where it is used

    return nonce + AESGCM(seal).encrypt(nonce, answer, digest.encode())


def opened(kept: bytes, seal: bytes, digest: str) -> bytes:
    """The answer again. Raises cryptography's InvalidTag where it was tampered with."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded where it is used

    return AESGCM(seal).decrypt(kept[:12], kept[12:], digest.encode())


def _mac(secret: bytes, *parts: bytes) -> bytes:
    """Unambiguous: the last part alone has no length before it."""
    *first, last = parts
    whole = hmac.new(secret, digestmod=hashlib.sha256)
    for part in first:
        whole.update(len(part).to_bytes(8))
        whole.update(part)
    whole.update(last)
    return whole.digest()
