"""Where one-time codes wait: in the records, or in Redis where the settings name one.

Both judge an attempt in one step that no other comes between: of two requests with the right code one is let in, and
no attempt is made without being counted. Whether a code has expired is judged by the platform's clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import delete
from sqlmodel import Session, col

from quantos.accounts.core.otp import ATTEMPTS_MAX
from quantos.accounts.refusals import CodesUnavailable
from quantos.accounts.tables import OneTimeCode
from quantos.kit.masking import without_password
from quantos.storage.records import Records

T = TypeVar("T")
TIMEOUT_S: Final = 5.0
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Redis keeps nothing longer by its own clock. Far beyond a code's life, because a simulated clock may stand still."""


class OtpStore(Protocol):
    """One code for each e-mail."""

    async def put(self, email_key: str, code_digest: str, expires_at: datetime) -> None:
        """Keep this code in the place of any before."""

    async def spend(self, email_key: str, code_digest: str, at: datetime) -> bool:
        """Whether this is the e-mail's code; then it is spent. If not, one attempt is."""

    def close(self) -> None:
        """Let go of connections."""


class RecordedOtps:
    """Codes in the records store."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def put(self, email_key: str, code_digest: str, expires_at: datetime) -> None:
        def replace(session: Session) -> None:
            session.connection().execute(delete(OneTimeCode).where(col(OneTimeCode.email_key) == email_key))
            session.add(
                OneTimeCode(
                    email_key=email_key,
                    digest=code_digest,
                    expires_at=expires_at,
                    attempts_left=ATTEMPTS_MAX,
                )
            )

        await self._records.commit(replace)

    async def spend(self, email_key: str, code_digest: str, at: datetime) -> bool:
        return await self._records.commit(lambda session: _spent(session, email_key, code_digest, at))

    def close(self) -> None:
        """Nothing: the records are the platform's."""


def _spent(session: Session, email_key: str, code_digest: str, at: datetime) -> bool:
    kept = session.get(OneTimeCode, email_key)
    if kept is None:
        return False
    right = hmac.compare_digest(kept.digest, code_digest)
    if right or at >= kept.expires_at or kept.attempts_left <= 1:
        session.delete(kept)
    else:
        kept.attempts_left -= 1
    return right and at < kept.expires_at


_SPEND: Final = """
local kept = redis.call('HMGET', KEYS[1], 'digest', 'expires_us', 'attempts_left')
if not kept[1] then return 0 end
local right, alive = kept[1] == ARGV[1], tonumber(ARGV[2]) < tonumber(kept[2])
if right or not alive or tonumber(kept[3]) <= 1 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HINCRBY', KEYS[1], 'attempts_left', -1)
end
return (right and alive) and 1 or 0
"""


class RedisOtps:
    """Codes in Redis. No e-mail can be read there: where its code lies is a digest, too."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    async def put(self, email_key: str, code_digest: str, expires_at: datetime) -> None:
        place = _place(email_key)
        kept = {"digest": code_digest, "expires_us": _us(expires_at), "attempts_left": ATTEMPTS_MAX}

        def replace(client: Any) -> None:
            with client.pipeline(transaction=True) as steps:
                steps.delete(place)
                steps.hset(place, mapping=kept)
                steps.expire(place, FORGOTTEN_AFTER)
                steps.execute()

        await asyncio.to_thread(self._asked, replace)

    async def spend(self, email_key: str, code_digest: str, at: datetime) -> bool:
        def judge(client: Any) -> bool:
            return bool(client.eval(_SPEND, 1, _place(email_key), code_digest, _us(at)))

        return await asyncio.to_thread(self._asked, judge)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _asked(self, work: Callable[[Any], T]) -> T:
        import redis  # noqa: PLC0415 - only where one is configured, and then at first use

        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
            )
        try:
            return work(self._client)
        except (redis.RedisError, OSError) as error:
            raise CodesUnavailable(
                f"codes cannot be kept now: Redis at {without_password(self._url)} does not answer"
                f" ({type(error).__name__}); try again later"
            ) from None


def _place(email_key: str) -> str:
    return f"quantos:otp:{hashlib.sha256(email_key.encode()).hexdigest()}"


def _us(instant: datetime) -> int:
    """Microseconds since 1970: whole numbers that Lua compares exactly."""
    return round(instant.timestamp() * 1_000_000)
