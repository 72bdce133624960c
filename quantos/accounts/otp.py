"""Logging in with a code that is sent to an e-mail (COP-01 to COP-07).

Whether an account has the e-mail is told by nothing: the answer is the same, and an e-mail without an account gets one
at its first log-in. How often codes may be asked for is counted in memory, by the machine's time, as log-ins are
(`pace.py`): so many guesses at a code of five attempts stay far from a million.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from quantos.accounts.core import otp, users
from quantos.accounts.mail import Mail, Message, Outbox, Smtp
from quantos.accounts.otp_store import OtpStore, RecordedOtps, RedisOtps
from quantos.accounts.refusals import CodeRefused, CodesWaiting
from quantos.accounts.schemas import CopilotToken, OutboxList, OutboxMessage
from quantos.kit.addresses import network_of
from quantos.kit.clock import Clock
from quantos.kit.rates import Meter, Rate
from quantos.storage.records import Records

BY_EMAIL: Final = (Rate(10, 600.0), Rate(50, 86_400.0))
BY_ADDRESS: Final = (Rate(300, 600.0),)
"""Codes asked for: in ten minutes, in a day. Fifty codes of five attempts find one in four thousand."""

OUTBOX_SHOWN: Final = 50
TEXT: Final = """\
Your QuantOS log-in code is {code}.
It holds for {minutes} minutes and for one log-in. If you did not ask for it, ignore this message.

您的 QuantOS 登录验证码是 {code}。
{minutes} 分钟内有效，仅可使用一次。如非本人操作，请忽略本邮件。
"""


@dataclass(frozen=True, slots=True)
class OtpTerms:
    """Where codes are kept and how they reach people. `outbox`: the folder for messages where `smtp_url` is empty."""

    redis_url: str
    smtp_url: str
    smtp_from: str
    outbox: Path

    def store(self, records: Records) -> OtpStore:
        return RedisOtps(self.redis_url) if self.redis_url else RecordedOtps(records)

    def mail(self) -> Mail:
        return Smtp(self.smtp_url, self.smtp_from) if self.smtp_url else Outbox(self.outbox)


class Otps:
    """Codes, from the request to the log-in."""

    def __init__(
        self,
        store: OtpStore,
        mail: Mail,
        clock: Clock,
        secret: str,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        monotonic_s: Callable[[], float] = time.monotonic,
        *,
        enter: Callable[[str], Awaitable[CopilotToken]],
    ) -> None:
        """`enter`: what an e-mail that was shown to be somebody's gets them."""
        self._store, self._mail, self._clock, self._enter = store, mail, clock, enter
        self._secret = secret
        self._random_bytes = random_bytes
        self._by_email = [Meter(rate, monotonic_s) for rate in BY_EMAIL]
        self._by_address = [Meter(rate, monotonic_s) for rate in BY_ADDRESS]

    def close(self) -> None:
        self._store.close()

    async def send(self, email: str, address: str) -> None:
        """A new code to this e-mail. Raises CodesWaiting, CodesUnavailable, MailNotSent."""
        key = users.email_key(email)
        _count(self._by_address, network_of(address))
        _count(self._by_email, key)
        code, now = otp.drawn(self._random_bytes), self._clock.now()
        await self._store.put(key, otp.digest(self._secret, key, code), now + otp.LIFETIME)
        minutes = int(otp.LIFETIME.total_seconds() // 60)
        text = TEXT.format(code=code, minutes=minutes)
        await self._mail.send(Message(email, "QuantOS log-in code / 登录验证码", text, now))

    def outbox(self) -> OutboxList:
        """What waits for the operator to pass on; nothing where a mail server is configured."""
        if not isinstance(self._mail, Outbox):
            return OutboxList(messages=[])
        return OutboxList(
            messages=[OutboxMessage(**asdict(message)) for message in self._mail.newest(OUTBOX_SHOWN)]
        )

    async def log_in(self, email: str, code: str) -> CopilotToken:
        """Raises CodeRefused, CodesUnavailable, AccountDisabled."""
        key = users.email_key(email)
        if not await self._store.spend(key, otp.digest(self._secret, key, code), self._clock.now()):
            raise CodeRefused("the code is wrong, expired or used: ask for a new one")
        return await self._enter(email)


def _count(meters: Iterable[Meter], whose: str) -> None:
    wait_s = max(meter.wait_s(whose) for meter in meters)
    if wait_s:
        raise CodesWaiting(
            "too many codes were asked for: come back after Retry-After seconds", math.ceil(wait_s)
        )
