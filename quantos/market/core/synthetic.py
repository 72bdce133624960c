"""A market that nobody traded: for the demo, for tests and for a first look, openly labelled synthetic.

Eighty instruments on every board over any range of trading days from 2022 on, by default 2023 to 2025, with
what a real market does to a platform: a factor structure, suspensions, days at the price limit, one-price
days, ex-dates with and without a corporate-action row, risk warnings that come and go, new listings with
their days without a limit, and a delisting. The four index series and their constituents are computed from
its own shares; the series of all funds is computed by the platform from its funds.

The same seed and the same sessions give the same bytes on every machine: prices are whole mills, every
random number is drawn from the raw output of PCG64, and no transcendental function is called. `sha256` names
the content.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.provider import InstrumentRows
from quantos.market.core.synthetic_cast import Cast, draw_cast
from quantos.market.core.synthetic_events import FIRST_DATE, Events, draw_events
from quantos.market.core.synthetic_index import ConstituentRows, IndexRows, draw_indices
from quantos.market.core.synthetic_paths import PPM, Paths, draw_paths

SOURCE: Final = "synthetic"
SEED: Final = 20_230_103
FIRST: Final = date(2023, 1, 3)
LAST: Final = date(2025, 12, 31)


class Sessions(Protocol):
    """What is asked of a trading calendar."""

    @property
    def sessions(self) -> NDArray[np.datetime64]:
        """Trading days, datetime64[D], ascending."""
        ...


@dataclass(frozen=True, slots=True)
class CorporateActionRows:
    """What happens to one million shares at the open of the ex-date; N rows."""

    symbol: NDArray[np.object_]
    ex_date: NDArray[np.datetime64]
    bonus_per_million: NDArray[np.int64]
    cash_mills_per_million: NDArray[np.int64]
    into_symbol: NDArray[np.object_]  # "" : none
    note: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """Everything an import of a real market would bring, from one seed."""

    seed: int
    bars: NormalisedBars  # by date, then symbol
    instruments: InstrumentRows  # by symbol
    index: IndexRows
    constituents: ConstituentRows
    corporate_actions: CorporateActionRows

    def sha256(self) -> str:
        """Of every value of every table, in hexadecimal."""
        digest = hashlib.sha256()
        for table in (self.bars, self.instruments, self.index, self.constituents, self.corporate_actions):
            for field in fields(table):
                digest.update(field.name.encode())
                digest.update(_bytes(getattr(table, field.name)))
        return digest.hexdigest()


def synthetic_market(
    calendar: Sessions, seed: int = SEED, first: date = FIRST, last: date = LAST
) -> SyntheticMarket:
    """The market of a seed on the calendar's trading days from first to last, both included.

    Raises ValueError for a first date before 2022 (the price limits used hold from there on) and for a range
    without a trading day.
    """
    if first < FIRST_DATE:
        raise ValueError(f"a synthetic market starts on {FIRST_DATE} or later, not on {first}")
    sessions = calendar.sessions.astype("datetime64[D]")
    sessions = sessions[(sessions >= np.datetime64(first)) & (sessions <= np.datetime64(last))]
    if not len(sessions):
        raise ValueError(f"no trading day from {first} to {last}")
    cast = draw_cast(seed)
    events = draw_events(seed, cast, sessions)
    paths = draw_paths(seed, cast, events)
    index, constituents = draw_indices(cast, events, paths, sessions)
    return SyntheticMarket(
        seed=seed,
        bars=_bars(cast, events, paths, sessions),
        instruments=_instruments(cast, events),
        index=index,
        constituents=constituents,
        corporate_actions=_corporate_actions(cast, events, paths, sessions),
    )


def _by_symbol(cast: Cast) -> NDArray[np.intp]:
    return np.argsort(np.array(cast.symbols))


def _bars(cast: Cast, events: Events, paths: Paths, sessions: NDArray[np.datetime64]) -> NormalisedBars:
    order = _by_symbol(cast)
    day, place = np.nonzero(events.listed[:, order])
    at = (day, order[place])

    def cny(mills: NDArray[np.int64]) -> NDArray[np.float64]:
        return mills[at] / 1000.0

    return NormalisedBars(
        symbol=np.array(cast.symbols, dtype=object)[at[1]],
        trade_date=sessions[day],
        open=cny(paths.open),
        high=cny(paths.high),
        low=cny(paths.low),
        close=cny(paths.close),
        pre_close=cny(paths.ref),
        volume=paths.volume[at],
        amount=paths.amount[at] // 10 / 100.0,
        adj_factor=paths.adj_factor[at],
        is_st=events.is_st[at].astype(np.int8),
        trade_status=(~events.suspended[at]).astype(np.int8),
        source=SOURCE,
    )


def _instruments(cast: Cast, events: Events) -> InstrumentRows:
    # An instrument that is not listed before the last session is no part of this market.
    order = _by_symbol(cast)
    order = order[events.listed[:, order].any(axis=0)]
    return InstrumentRows(
        symbol=np.array(cast.symbols, dtype=object)[order],
        name=np.array(cast.names, dtype=object)[order],
        list_date=events.list_date[order],
        delist_date=events.delist_date[order],
        wide_fund=cast.wide_fund[order],
        source=SOURCE,
    )


def _corporate_actions(
    cast: Cast, events: Events, paths: Paths, sessions: NDArray[np.datetime64]
) -> CorporateActionRows:
    happened = events.recorded & ((paths.cash_mills > 0) | (events.bonus_ppm > 0))
    day, i = np.nonzero(happened)
    return CorporateActionRows(
        symbol=np.array(cast.symbols, dtype=object)[i],
        ex_date=sessions[day],
        bonus_per_million=events.bonus_ppm[day, i],
        cash_mills_per_million=paths.cash_mills[day, i] * PPM,
        into_symbol=np.full(len(day), "", dtype=object),
        note=np.full(len(day), SOURCE, dtype=object),
    )


def _bytes(column: Any) -> bytes:
    """A column's bytes, little-endian whatever the machine; texts joined by line ends."""
    if isinstance(column, str):
        return column.encode()
    if column.dtype == object:
        return "\n".join(column).encode()
    plain = column.astype(np.int64) if column.dtype.kind == "M" else column
    return bytes(np.ascontiguousarray(plain.astype(plain.dtype.newbyteorder("<"))).tobytes())
