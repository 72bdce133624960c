"""What a provider is: the names it delivers, how to read them fast, and how to bring them into our units."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.codes import symbols_in_filename, symbols_of
from quantos.market.core.providers.columns import Frame, length
from quantos.market.core.providers.refusal import ProviderFileRefused

KnownBars = Callable[[str], NormalisedBars | None]
"""Bars of a symbol that are stored already, the evidence for a file that does not tell its own units."""


class Normalise(Protocol):
    """A frame of the provider as NormalisedBars; raises ProviderFileRefused."""

    def __call__(self, frame: Frame, filename: str, known: KnownBars | None = None, /) -> NormalisedBars: ...


@dataclass(frozen=True, slots=True)
class Provider:
    """A source of daily bars, recognised by the names of its columns."""

    name: str
    units: str
    """What it delivers, for people: names, units, adjustment."""
    required: frozenset[str]
    one_of: frozenset[str]
    """At least one of these too; empty: no further condition."""
    none_of: frozenset[str]
    """Columns that make it another provider's file."""
    duckdb_types: Mapping[str, str]
    """Every column the provider reads, as DuckDB's CSV reader should read it."""
    normalise: Normalise

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns is this provider's."""
        names = set(columns)
        return (
            self.required <= names
            and not (self.none_of & names)
            and (not self.one_of or bool(self.one_of & names))
        )


@dataclass(frozen=True, slots=True)
class InstrumentRows:
    """N instruments as a provider lists them; "" and NaT where it does not say."""

    symbol: NDArray[np.object_]
    name: NDArray[np.object_]
    list_date: NDArray[np.datetime64]
    delist_date: NDArray[np.datetime64]
    wide_fund: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    source: str = ""

    def __post_init__(self) -> None:
        if not len(self.wide_fund):
            object.__setattr__(self, "wide_fund", np.zeros(len(self.symbol), dtype=np.bool_))
        if len({len(self.symbol), len(self.name), len(self.list_date), len(self.delist_date)}) > 1:
            raise ValueError("columns of different lengths")

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True)
class InstrumentProvider:
    """A source of instruments, recognised by the names of its columns."""

    name: str
    units: str
    required: frozenset[str]
    duckdb_types: Mapping[str, str]
    instruments: Callable[[Frame, str], InstrumentRows]

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns is this provider's."""
        return self.required <= set(columns)


def symbol_column(provider: str, frame: Frame, filename: str, *names: str) -> NDArray[np.object_]:
    """The symbol of each row, from the first of the columns there is, else from the file's name.

    A single code that cannot be read is ""; raises ProviderFileRefused where none can, or where the name of
    the file means two instruments.
    """
    rows = length(frame)
    for name in names:
        if name in frame:
            symbols = symbols_of(frame[name])
            if rows and not any(symbols):
                raise ProviderFileRefused(
                    provider, filename, "symbol_unknown", f"no code of column {name} fits a board"
                )
            return symbols
    named = symbols_in_filename(filename)
    if len(named) > 1:
        raise ProviderFileRefused(
            provider, filename, "symbol_ambiguous", f"its name means {' or '.join(sorted(named))}"
        )
    if not named:
        raise ProviderFileRefused(
            provider, filename, "symbol_unknown", "neither a column nor its name tells the symbol"
        )
    return np.full(rows, named.pop(), dtype=object)


def bars_of(source: str, symbol: NDArray[np.object_], **columns: NDArray[Any]) -> NormalisedBars:
    """NormalisedBars of the columns given; the others are missing in every row."""
    rows = len(symbol)
    missing: dict[str, NDArray[Any]] = {
        **{
            name: np.full(rows, np.nan)
            for name in ("open", "high", "low", "close", "pre_close", "amount", "adj_factor")
        },
        "volume": np.full(rows, -1, dtype=np.int64),
        "is_st": np.full(rows, -1, dtype=np.int8),
        "trade_status": np.full(rows, -1, dtype=np.int8),
    }
    return NormalisedBars(symbol=symbol, source=source, **{**missing, **columns})
