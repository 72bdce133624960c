"""When a request is sent again: only where that cannot do a thing twice.

A read, a replacement or a removal may be repeated as it is. A POST carries an `Idempotency-Key`, made once for all its
attempts, so that the platform does it once. A PATCH goes again only if it never left: no connection was made.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from quantos.client.call import Call

REPEATABLE: Final = frozenset({"GET", "PUT", "DELETE", "POST"})
STATUSES: Final = frozenset({429, 502, 503, 504})
PAUSE_MAX_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent at the most, and the first pause between two attempts in seconds."""

    attempts: int = 4
    pause_s: float = 0.25

    def after(self, attempt: int, asked_s: float | None) -> float:
        """Seconds to wait after attempt 1, 2, …: doubled each time, spread out, or what the server asked for."""
        if asked_s is not None:
            return min(asked_s, PAUSE_MAX_S)
        whole = self.pause_s * 2 ** (attempt - 1)
        return float(min(whole * random.uniform(0.5, 1.0), PAUSE_MAX_S))  # noqa: S311 - spreads clients in time


def headers_of(call: Call[Any]) -> dict[str, str]:
    """The call's own, and for a POST its key and that no field of it may be ignored."""
    if call.method != "POST":
        return dict(call.headers)
    return {"Idempotency-Key": uuid.uuid4().hex, "Prefer": "handling=strict", **call.headers}


def may_repeat(call: Call[Any], error: httpx.TransportError) -> bool:
    """Whether a request that got no answer goes out again."""
    never_left = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return never_left or call.method in REPEATABLE


def is_refused_for_now(call: Call[Any], status: int) -> bool:
    """Whether another attempt may fare better."""
    return status in STATUSES and call.method in REPEATABLE


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The header of that name, in seconds; None where there is none that can be read."""
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
