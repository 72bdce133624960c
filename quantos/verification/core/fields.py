"""Reading one field of a JSON object after the other, each to one type, or saying what is wrong where."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar

from quantos.market.core.symbols import SYMBOL_PATTERN
from quantos.verification.core.exact import INTEGER_MAX, MILLS_PER_CNY, RATE_UNIT, scaled

Value = TypeVar("Value")

LIST_MAX: Final = 100_000
TEXT_MAX: Final = 10_000
REVISION_MAX: Final = 10_000
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX: Final = re.compile(r"[0-9a-f]*")
_WORD: Final = re.compile(r"[a-z][a-z_-]{0,31}")
_SHOWN_MAX: Final = 60


class Malformed(ValueError):
    """A document is not of its form: where, what was expected there and what was found."""

    def __init__(self, where: str, expected: str, found: Any) -> None:
        self.where, self.expected, self.found = where, expected, shown(found)
        super().__init__(f"{where}: expected {expected}, found {self.found}")


def shown(value: Any) -> str:
    """A JSON value in a few characters."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    named = {True: "true", False: "false", None: "null"}
    text = (
        named[value]
        if value is None or isinstance(value, bool)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"


class _Missing:
    pass


MISSING: Final = _Missing()


class Fields:
    """A JSON object at a place in a document. Every reader raises Malformed; names beyond those read are let be."""

    def __init__(self, value: Any, where: str = "", place: int | None = None) -> None:
        """`where` the object stands, and at which place of the list there."""
        self._values, self._where, self._place = value, where, place
        if not isinstance(value, dict):
            raise Malformed(self._here or "the document", "an object", value)

    @property
    def _here(self) -> str:
        return self._where if self._place is None else f"{self._where}[{self._place}]"

    def at(self, name: str) -> str:
        """Where a field stands."""
        here = self._here
        return f"{here}.{name}" if here else name

    def raw(self, name: str) -> Any:
        return self._values.get(name, MISSING)

    def inner(self, name: str) -> Fields:
        return Fields(self.raw(name), self.at(name))

    def nullable(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """The field as `read` reads it, or None where it is null."""
        return None if self.raw(name) is None else read(name)

    def rows(self, name: str, read: Callable[[Fields], Value]) -> tuple[Value, ...]:
        """A list of objects."""
        found = self.raw(name)
        if not isinstance(found, list) or len(found) > LIST_MAX:
            raise Malformed(self.at(name), f"a list of at most {LIST_MAX} objects", found)
        where = self.at(name)
        return tuple(read(Fields(item, where, place)) for place, item in enumerate(found))

    def text(self, name: str) -> str:
        found = self.raw(name)
        if not isinstance(found, str) or len(found) > TEXT_MAX or not _is_unicode(found):
            raise Malformed(self.at(name), "text", found)
        return found

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        found = self.raw(name)
        if not isinstance(found, str) or found not in allowed:
            raise Malformed(self.at(name), " or ".join(sorted(allowed)), found)
        return found

    def symbol(self, name: str) -> str:
        found = self.raw(name)
        if not isinstance(found, str) or not _is_symbol(found):
            raise Malformed(self.at(name), "a symbol such as 600519.SH", found)
        return found

    def hex(self, name: str, length: int) -> str:
        found = self.raw(name)
        if not isinstance(found, str) or len(found) != length or _HEX.fullmatch(found) is None:
            raise Malformed(self.at(name), f"{length} lower-case hex digits", found)
        return found

    def flag(self, name: str) -> bool:
        found = self.raw(name)
        if not isinstance(found, bool):
            raise Malformed(self.at(name), "true or false", found)
        return found

    def mark(self, name: str) -> bool:
        """A flag that is absent where it does not hold."""
        return self.raw(name) is not MISSING and self.flag(name)

    def word(self, name: str) -> str | None:
        """A short name in small letters; None where it is absent."""
        found = self.raw(name)
        if found is MISSING:
            return None
        if not isinstance(found, str) or _WORD.fullmatch(found) is None:
            raise Malformed(self.at(name), "a word of at most 32 small letters", found)
        return found

    def count(self, name: str) -> int:
        """A whole number that is not negative."""
        found = self.integer(name)
        if found < 0:
            raise Malformed(self.at(name), "a whole number that is not negative", found)
        return found

    def revision(self, name: str) -> int:
        found = self.count(name)
        if found > REVISION_MAX:
            raise Malformed(self.at(name), f"a revision, at most {REVISION_MAX}", found)
        return found

    def integer(self, name: str) -> int:
        found = self._values.get(name, MISSING)
        whole = scaled(found, 1)
        if whole is None:
            raise Malformed(self.at(name), f"a whole number, at most {INTEGER_MAX}", found)
        return whole

    def money(self, name: str) -> int:
        """CNY with at most 3 decimals, as mills."""
        found = self._values.get(name, MISSING)
        mills = scaled(found, MILLS_PER_CNY)
        if mills is None:
            raise Malformed(self.at(name), "an amount in CNY with at most 3 decimals", found)
        return mills

    def price(self, name: str) -> int:
        """Money that is not negative."""
        mills = self.money(name)
        if mills < 0:
            raise Malformed(self.at(name), "an amount that is not negative", self.raw(name))
        return mills

    def rate(self, name: str) -> int:
        """A rate in [0, 1) with at most 8 decimals, in 1e-8."""
        found = self.raw(name)
        units = scaled(found, RATE_UNIT)
        if units is None or not 0 <= units < RATE_UNIT:
            raise Malformed(self.at(name), "a rate from 0 to 1 with at most 8 decimals", found)
        return units

    def double(self, name: str) -> float:
        found = self.raw(name)
        try:
            number = float(found) if _is_number(found) else math.inf
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise Malformed(self.at(name), "a number", found)
        return number

    def day(self, name: str) -> date:
        found = self.raw(name)
        day = parsed_date(found) if isinstance(found, str) else None
        if day is None:
            raise Malformed(self.at(name), "a date YYYY-MM-DD", found)
        return day

    def instant(self, name: str) -> datetime:
        found = self.raw(name)
        instant = parsed_instant(found) if isinstance(found, str) else None
        if instant is None:
            raise Malformed(self.at(name), "an RFC 3339 instant with an offset", found)
        return instant


def parsed_date(text: str) -> date | None:
    """A date YYYY-MM-DD; None where the text is none."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def parsed_instant(text: str) -> datetime | None:
    """An RFC 3339 instant in UTC; None where the text is none."""
    try:
        instant = datetime.fromisoformat(text)
        return None if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=65536)
def _is_symbol(text: str) -> bool:
    return SYMBOL_PATTERN.fullmatch(text) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
