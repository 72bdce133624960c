"""The platform broken on purpose, each in another way, so that the checker is seen to find it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any, Final

from quantos.attestation import planning
from quantos.settlement import store as settled_days
from quantos.strategies import placing
from quantos.strategies import store as signals


def _every(count: int) -> Callable[[], bool]:
    """True at each call of that number."""
    calls = [0]

    def is_now() -> bool:
        calls[0] += 1
        return calls[0] % count == 0

    return is_now


def _put(module: ModuleType, name: str, made_of: Callable[[Any], Any]) -> None:
    """Another function in the place of one."""
    setattr(module, name, made_of(getattr(module, name)))


def drop_a_signal() -> None:
    """A signal is acknowledged and not stored."""
    is_now = _every(3)
    _put(signals, "add_signal", lambda real: lambda *given: None if is_now() else real(*given))


def take_late_signals() -> None:
    """A signal is taken for half an hour after its deadline."""
    grace = timedelta(minutes=30)
    _put(placing, "check_deadline", lambda real: lambda execution, day, at: real(execution, day, at - grace))


def shift_a_nav() -> None:
    """Every tenth settled day is worth a mill more."""
    is_now = _every(10)

    def shifted(rows: Any) -> Any:
        if is_now():
            rows["nav"]["nav"] = rows["nav"]["nav"] + 1
        return rows

    _put(settled_days, "rows_of", lambda real: lambda *given: shifted(real(*given)))


def double_an_attestation() -> None:
    """Every third entry is written twice."""
    is_now = _every(3)
    _put(
        planning,
        "append",
        lambda real: lambda data, lines: real(data, [*lines, *lines] if is_now() else lines),
    )


def leak_a_nonce() -> None:
    """A nonce is written to the log when it is made."""

    def told(nonce: str) -> str:
        logging.getLogger("quantos").info("the nonce is %s", nonce)
        return nonce

    _put(placing, "new_nonce", lambda real: lambda: told(real()))


KINDS: Final[dict[str, Callable[[], None]]] = {
    "drop-a-signal": drop_a_signal,
    "take-late-signals": take_late_signals,
    "shift-a-nav": shift_a_nav,
    "double-an-attestation": double_an_attestation,
    "leak-a-nonce": leak_a_nonce,
}


def commit(kind: str) -> None:
    """Break it, for all processes that are forked from this one."""
    KINDS[kind]()
