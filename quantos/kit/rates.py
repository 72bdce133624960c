"""A limit to how often somebody may call, off unless `QUANTOS_RATE_LIMIT` is set.

A rate of n per period lets n calls through at once and one more each period / n (the generic cell rate algorithm: per
caller one number is kept, the time at which everything that was let through will have been paid for):

    paid[t]     = max(now, paid before)
    let through   paid[t] - now <= period - period / n;   then paid = paid[t] + period / n
    otherwise     come back in paid[t] - now - (period - period / n)

A user is one caller by any credential, whoever has none or a wrong one is the address. The time is the machine's, not
the platform's: a simulated clock may stand still.
"""

from __future__ import annotations

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from quantos.errors import TooManyRequests
from quantos.kit.addresses import network_of
from quantos.kit.web import quantos_error

CALLERS_MAX: Final = 65_536
_RATE: Final = re.compile(r"(?P<calls>[0-9]+)(?:/(?P<period>[a-z]+))?")
_PERIODS_S: Final = {"second": 1.0, "minute": 60.0, "hour": 3600.0}


class Rate(NamedTuple):
    """`calls` per `period_s`."""

    calls: int
    period_s: float


class RateLimited(TooManyRequests):
    """More calls than QUANTOS_RATE_LIMIT lets through."""

    code = "rate_limited"


def parse_rate(text: str) -> Rate | None:
    """`600`, which is per minute, `10/second`, `600/minute`, `5000/hour`; None where nothing is limited."""
    found = _RATE.fullmatch(text)
    if found is None or int(found["calls"]) == 0:
        return None
    return Rate(int(found["calls"]), _PERIODS_S[found["period"] or "minute"])


class Meter:
    """Who has called how often."""

    def __init__(self, rate: Rate, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._apart_s = rate.period_s / rate.calls
        self._ahead_s_max = rate.period_s - self._apart_s
        self._monotonic_s = monotonic_s
        self._paid: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """0 where a call is let through, which is counted; else the seconds until it would be."""
        now = self._monotonic_s()
        paid = max(now, self._paid.pop(caller, now))
        wait = paid - now - self._ahead_s_max
        allowed = wait <= 1e-9
        self._paid[caller] = paid + self._apart_s if allowed else paid
        if len(self._paid) > CALLERS_MAX:
            self._paid.popitem(last=False)
        return 0.0 if allowed else wait


class RateLimit:
    """ASGI middleware. `caller_of`: the user's id, None for nobody known, "" for whoever is not limited."""

    def __init__(
        self,
        app: ASGIApp,
        meter: Meter,
        caller_of: Callable[[HTTPConnection], str | None],
        free: frozenset[str],
    ) -> None:
        self._app, self._meter, self._caller_of, self._free = app, meter, caller_of, free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = 0.0
        if scope["type"] == "http" and scope["path"] not in self._free:
            wait = self._wait_s(HTTPConnection(scope))
        if not wait:
            await self._app(scope, receive, send)
            return
        refusal = RateLimited("too many requests: come back after Retry-After seconds", math.ceil(wait))
        answer = await quantos_error(Request(scope), refusal)
        await answer(scope, receive, send)

    def _wait_s(self, connection: HTTPConnection) -> float:
        caller = self._caller_of(connection)
        if caller is None:
            caller = f"@{network_of(connection.client.host)}" if connection.client else "@"
        return self._meter.wait_s(caller) if caller else 0.0
