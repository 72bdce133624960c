"""Why a provider's file is refused as a whole: a reason for a program, a sentence for a person."""

from __future__ import annotations

from typing import ClassVar, Literal

from quantos.errors import QuantosError

Reason = Literal[
    "adjusted_prices",  # forward or backward adjusted: not the prices that were traded
    "not_daily",  # weekly, monthly or minute bars
    "symbol_unknown",  # no column and no file name says which instrument it is
    "symbol_ambiguous",  # the digits alone fit two instruments
    "units_do_not_fit",  # amount, volume and price contradict the provider's units
    "volume_unit_unknown",  # lots or shares: nothing in the file decides
]


class ProviderFileRefused(QuantosError):
    """The file was recognised and cannot be taken as raw daily bars; nothing of it was used."""

    status, code = 422, "provider_file_refused"
    remedies: ClassVar[dict[Reason, str]] = {
        "adjusted_prices": "export raw (unadjusted) prices: adjustflag 3, adjust='' or adj=None",
        "not_daily": "export daily bars",
        "symbol_unknown": "name the file after the symbol, for example sh600519.csv, or add a symbol column",
        "symbol_ambiguous": "write the exchange too, for example sz000001.csv",
        "units_do_not_fit": "export the file again from the provider, without changing its units",
        "volume_unit_unknown": "import bars of the symbol from another provider first, or add an amount column",
    }

    def __init__(self, provider: str, filename: str, reason: Reason, evidence: str) -> None:
        super().__init__(f"{filename}: refused as {provider} bars: {evidence}; {self.remedies[reason]}")
        self.provider = provider
        self.reason: Reason = reason
        self.evidence = evidence
