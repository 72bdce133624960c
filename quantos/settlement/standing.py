"""What a settlement run keeps in memory: through its days, and from one run to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from quantos.market.core.bars import Instruments
from quantos.settlement.core.day import Carried, Roster
from quantos.settlement.core.ledger import Book, Terms
from quantos.settlement.writer import DayWriter


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last settled day left in memory, so that the next day need not read it again."""

    instruments: Instruments  # the object itself: an import replaces it
    roster: Roster
    trade_date: date
    carried: Carried
    numbers: tuple[int, ...]
    book: Book


@dataclass(frozen=True, slots=True)
class Context:
    """What stays the same through a run."""

    roster: Roster
    place: Mapping[str, int]
    terms: Terms
    run: int
    writer: DayWriter
