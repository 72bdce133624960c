"""How values are shown: instants, spans, sizes, shares. Pure, and the same on every screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NOTHING: Final = "-"
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


def instant(text: str) -> datetime:
    """An instant of the API, RFC 3339."""
    return datetime.fromisoformat(text).astimezone(UTC)


def in_shanghai(at: str | datetime | None, form: str = "%m-%d %H:%M") -> str:
    """An instant as a clock in Shanghai shows it."""
    if at is None:
        return NOTHING
    return (instant(at) if isinstance(at, str) else at).astimezone(SHANGHAI).strftime(form)


def span(length: timedelta) -> str:
    """A length of time by its two largest units: `2d 3h`, `1h 05m`, `4m 10s`, `0.25s`."""
    seconds = length.total_seconds()
    if seconds < 10:
        return f"{seconds:.2g}s" if seconds < 1 else f"{seconds:.1f}s"
    minutes, hours, days = int(seconds) // 60, int(seconds) // 3600, int(seconds) // 86_400
    if days:
        return f"{days}d {hours % 24}h"
    if hours:
        return f"{hours}h {minutes % 60:02d}m"
    return f"{minutes}m {int(seconds) % 60:02d}s" if minutes else f"{int(seconds)}s"


def size(count: int) -> str:
    """Bytes with three digits at the most, in powers of 1024."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 10 or not unit else f"{value:.1f} {_UNITS[unit]}"


def share(value: float | None, digits: int = 2) -> str:
    """A share of one as a signed percentage."""
    return NOTHING if value is None else f"{value * 100:+.{digits}f}%"


def bar(done: int, total: int, width: int) -> str:
    """How much is done, `width` columns wide; empty where there is nothing to do."""
    filled = 0 if total <= 0 else min(width, done * width // total)
    return "█" * filled + "░" * (width - filled)
