"""Files of the data providers, each with its own names and units, as raw bars in ours.

`recognise` tells whose file it is by its columns; the provider's `normalise` changes names and units and
refuses, with the reason, what are not raw daily bars.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from quantos.market.core.providers import akshare, baostock, quote_site, tushare
from quantos.market.core.providers.codes import symbol_of, symbols_of
from quantos.market.core.providers.columns import Frame
from quantos.market.core.providers.provider import (
    InstrumentProvider,
    InstrumentRows,
    KnownBars,
    Provider,
)
from quantos.market.core.providers.refusal import ProviderFileRefused

__all__ = [
    "INSTRUMENT_PROVIDERS",
    "PROVIDERS",
    "Frame",
    "InstrumentProvider",
    "InstrumentRows",
    "KnownBars",
    "Provider",
    "ProviderFileRefused",
    "recognise",
    "recognise_instruments",
    "symbol_of",
    "symbols_of",
]

PROVIDERS: Final[tuple[Provider, ...]] = (
    tushare.PROVIDER,
    baostock.PROVIDER,
    akshare.EASTMONEY_PROVIDER,
    akshare.SINA_PROVIDER,
    quote_site.PROVIDER,
)
INSTRUMENT_PROVIDERS: Final[tuple[InstrumentProvider, ...]] = (tushare.STOCK_BASIC, tushare.DAILY_BASIC)


def recognise(columns: Collection[str], _filename: str = "") -> Provider | None:
    """The provider of bars whose file has these columns; None where none fits."""
    return next((provider for provider in PROVIDERS if provider.fits(columns)), None)


def recognise_instruments(columns: Collection[str], _filename: str = "") -> InstrumentProvider | None:
    """The provider of an instrument list with these columns; None where none fits."""
    return next((provider for provider in INSTRUMENT_PROVIDERS if provider.fits(columns)), None)
