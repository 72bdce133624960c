"""What decided a settled day, and its digest.

The digest is the SHA-256 of one canonical JSON object (sorted keys, integers only) with a column per fact, in
symbol order, of every instrument that has a price: open, close, reference, last_close, volume, upper and
lower limit (-1: none) in mills and shares, the block and the event codes, the terms of the day's corporate
actions, the trade date, the rules version and the platform's minimum commission in mills.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson
from numpy.typing import NDArray

from quantos.settlement.core import facts as column
from quantos.settlement.core.day import MarketDay, Roster
from quantos.settlement.core.facts import Event
from quantos.settlement.core.limits import NO_LIMIT

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bars and rules of a day as settled; arrays over the instruments that have a price.

    `acted`: places of the instruments whose corporate-action rows applied, `action_columns` their terms, rows of
    one instrument summed: shares and mills per million shares, and the place swapped into (-1: none).
    """

    trade_date: date
    rules_version: str
    minimum_commission: int
    sha256: str
    place: Ints  # in the roster
    columns: dict[str, NDArray[np.generic]]
    acted: Ints
    action_columns: dict[str, Ints]


def snapshot_of(day: MarketDay, roster: Roster, minimum_commission: int) -> Snapshot:
    """Freeze a day."""
    place = np.flatnonzero(day.facts[:, column.CLOSE] > 0)
    facts = day.facts[place]
    limited = facts[:, column.UPPER] != NO_LIMIT
    columns: dict[str, NDArray[np.generic]] = {
        "open": facts[:, column.OPEN],
        "close": facts[:, column.CLOSE],
        "reference": facts[:, column.REFERENCE],
        "last_close": facts[:, column.LAST_CLOSE],
        "volume": day.volume[place],
        "upper": np.where(limited, facts[:, column.UPPER], -1),
        "lower": np.where(limited, facts[:, column.LOWER], -1),
        "block": facts[:, column.BLOCK].astype(np.uint8),
        "event": facts[:, column.EVENT].astype(np.uint8),
        "st_unknown": day.st_unknown[place],
    }
    acted = np.flatnonzero(day.facts[:, column.EVENT] == Event.ROW)
    action_columns = {
        "bonus_per_million": day.facts[acted, column.BONUS],
        "cash_mills_per_million": day.facts[acted, column.EVENT_CASH],
        "into": day.facts[acted, column.INTO],
    }
    content = {
        **{name: np.ascontiguousarray(values) for name, values in columns.items()},
        "symbol": [roster.symbols[i] for i in place],
        "corporate_actions": [
            (roster.symbols[i], bonus, cash, roster.symbols[into] if into >= 0 else None)
            for i, bonus, cash, into in zip(
                acted.tolist(), *(values.tolist() for values in action_columns.values()), strict=True
            )
        ],
        "trade_date": day.trade_date,
        "rules_version": day.rules_version,
        "minimum_commission": minimum_commission,
    }
    canonical = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(canonical).hexdigest()
    return Snapshot(
        day.trade_date, day.rules_version, minimum_commission, digest, place, columns, acted, action_columns
    )
