"""What a live source is, and how it can fail.

SourceUnavailable     503
├── SourceNotInstalled   its library is an optional extra that is not there
├── SourceUnreachable    the network or the provider does not answer now; trying again may help
└── SourceRefused        the provider turned us away for good (blocked, not allowed)
SymbolRefused         422  the provider has no such instrument, or its answer makes no bars
"""

from __future__ import annotations

import importlib
from datetime import date
from types import ModuleType, TracebackType
from typing import Protocol, Self

from quantos.errors import QuantosError, Unavailable
from quantos.market.core.normalised import NormalisedBars


class SourceUnavailable(Unavailable):
    """A live source cannot be used now."""

    code = "source_unavailable"


class SourceNotInstalled(SourceUnavailable):
    """The source's library is an optional extra that is not installed."""

    code = "source_not_installed"

    def __init__(self, source: str, extra: str) -> None:
        super().__init__(
            f"{source} is not installed: ./install.sh --extra {extra}, in the folder of QuantOS, adds it"
        )


class SourceUnreachable(SourceUnavailable):
    """The network or the provider does not answer; the same fetch can go on later."""

    code = "source_unreachable"


class SourceRefused(SourceUnavailable):
    """The provider turned us away; trying again does not help."""

    code = "source_refused"


class SymbolRefused(QuantosError):
    """One instrument of a fetch failed; the others go on."""

    status, code = 422, "symbol_refused"


class Source(Protocol):
    """A provider that is asked for one instrument at a time; a context manager around its connection."""

    @property
    def name(self) -> str:
        """What the stored rows name as their source."""
        ...

    def __enter__(self) -> Self:
        """Connects. Raises SourceUnavailable."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def daily(self, symbol: str, first: date, last: date) -> NormalisedBars:
        """Raw daily bars of the instrument from first to last, both included; none is an empty frame.

        Raises SourceUnreachable where trying again may help, SymbolRefused where it will not.
        """
        ...


def library(module: str, source: str, extra: str) -> ModuleType:
    """The provider's library. Raises SourceNotInstalled."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceNotInstalled(source, extra) from error
