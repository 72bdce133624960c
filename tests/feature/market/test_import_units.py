"""Files in a wrong unit: refused before they replace or stand beside good rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quantos.market.importing.report import FileReport
from quantos.market.service import Market

from .conftest import Row, Write, bar

A, B, FUND = "600519.SH", "000001.SZ", "510300.SH"
PRICES = {A: 1372.99, B: 10.01, FUND: 3.456}


def days(count: int) -> list[str]:
    """Sessions of January 2024, which begin with the 2nd."""
    sessions = [date(2024, 1, 2) + timedelta(days=n) for n in range(40)]
    return [str(day) for day in sessions if day.weekday() < 5][:count]


def rows(scale: float = 1.0, *, first: int = 0, last: int = 8, **changes: Any) -> list[Row]:
    return [
        bar(symbol, day, round(price * scale, 3)) | changes
        for symbol, price in PRICES.items()
        for day in days(last)[first:]
    ]


def with_amount(given: list[Row], scale: float = 1.0) -> list[Row]:
    return [row | {"amount": row["close"] * row["volume"] / scale} for row in given]


def take(market: Market, write: Write, name: str, given: list[Row]) -> FileReport:
    (report,) = market.import_path(write(name, given)).files
    return report


def closes(market: Market) -> list[int]:
    (day,) = market.day_bars(date(2024, 1, 2), date(2024, 1, 2))
    return sorted(day.close.tolist())


def test_prices_in_fen_do_not_replace_good_ones(market: Market, write: Write) -> None:
    take(market, write, "good.csv", rows())
    before = closes(market)
    refused = take(market, write, "fen.csv", rows(100)).refused
    assert refused is not None
    assert "100 times the stored ones of the same symbol and day in 24 of 24 rows" in refused
    assert "600519.SH 2024-01-02: 137299 against 1372.99" in refused
    assert closes(market) == before


def test_one_symbol_in_fen_among_good_ones_is_seen(market: Market, write: Write) -> None:
    take(market, write, "good.csv", rows())
    mixed = [*rows()[:16], *[row for row in rows(100) if row["symbol"] == FUND]]
    refused = take(market, write, "mixed.csv", mixed).refused
    assert refused is not None
    assert "8 of 8 rows" in refused
    assert FUND in refused


def test_a_correction_of_one_bad_row_is_taken(market: Market, write: Write) -> None:
    take(market, write, "good.csv", [*rows()[:-1], bar(FUND, days(8)[-1], 345.6)])
    assert take(market, write, "right.csv", rows()).changed == 1


def test_an_amount_proves_the_prices_that_correct_a_wrong_unit(market: Market, write: Write) -> None:
    take(market, write, "fen.csv", rows(100))
    refused = take(market, write, "right.csv", rows()).refused
    assert refused is not None
    assert "0.01 times" in refused
    assert "column amount" in refused
    assert take(market, write, "proved.csv", with_amount(rows())).changed == 24


def test_lots_and_fen_together_prove_nothing(market: Market, write: Write) -> None:
    """The amount of 10 lots in CNY is the fen of a share times 10."""
    take(market, write, "good.csv", rows())
    both = with_amount(rows(100, volume=10), scale=1)
    assert take(market, write, "both.csv", both).refused is not None


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize("stored", ["before", "after"])
def test_prices_in_fen_do_not_stand_next_to_good_ones(
    market: Market, write: Write, stored: str, reference: bool
) -> None:
    changes: dict[str, Any] = {} if reference else {"pre_close": None}
    early, late = {"last": 4}, {"first": 4}
    there, new = (early, late) if stored == "before" else (late, early)
    take(market, write, "good.csv", rows(**there, **changes))
    refused = take(market, write, "fen.csv", rows(100, **new, **changes)).refused
    assert refused is not None
    assert "100 times the stored ones next to them" in refused
    assert take(market, write, "rest.csv", rows(**new, **changes)).refused is None


def test_prices_in_another_unit_than_their_references_are_refused(market: Market, write: Write) -> None:
    odd = [row | {"pre_close": row["pre_close"] / 100} for row in rows(100)]
    refused = take(market, write, "odd.csv", odd).refused
    assert refused is not None
    assert "100 times their own pre_close" in refused


def test_a_price_that_nothing_ever_cost_is_a_finding(market: Market, write: Write) -> None:
    report = take(market, write, "fen.csv", rows(100))
    assert report.findings["unit_doubtful"].count == 8
    assert "unit_doubtful" not in take(market, write, "good.csv", rows()).findings


def test_adjusted_prices_are_named_as_such(market: Market, write: Write) -> None:
    adjusted = []
    for row, factor in zip(with_amount(rows()), [7.3] * 8 + [120.0] * 8 + [2.5] * 8, strict=True):
        scaled = {
            name: round(row[name] * factor, 2) for name in ("open", "high", "low", "close", "pre_close")
        }
        adjusted.append(row | scaled | {"adj_factor": factor})
    refused = take(market, write, "adjusted.csv", adjusted).refused
    assert refused is not None
    assert "adjusted" in refused
    assert "lots" not in refused
