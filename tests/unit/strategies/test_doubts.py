"""Which symbols of a signal would not be bought, as things stand."""

from __future__ import annotations

from datetime import date

import pytest

from quantos.strategies.core.doubts import Recent, doubts


@pytest.mark.parametrize(
    ("symbol", "code"),
    [
        ("600519.SH", None),
        ("510300.SH", None),
        ("000001.SZ", "not_in_market"),
        ("000001.SH", "no_share_or_fund"),
        ("399001.SZ", "no_share_or_fund"),
        ("900901.SH", "no_share_or_fund"),
    ],
)
def test_a_symbol_that_would_not_be_bought_is_named_with_why(symbol: str, code: str | None) -> None:
    found = doubts([symbol], {"600519.SH", "510300.SH"})
    assert [each["code"] for each in found] == ([code] if code else [])
    assert all(each["message"].startswith(f"{symbol} is ") for each in found)


def test_where_no_market_is_known_only_the_form_is_judged() -> None:
    assert [each["symbol"] for each in doubts(["600519.SH", "000300.SH"], ())] == ["000300.SH"]


def test_a_symbol_without_a_recent_bar_is_named_with_the_days_that_were_looked_at() -> None:
    recent = Recent({"600519.SH"}, 10, date(2024, 3, 8))
    (found,) = doubts(["600519.SH", "000001.SZ"], {"600519.SH", "000001.SZ"}, recent)
    assert (found["symbol"], found["code"]) == ("000001.SZ", "no_recent_bars")
    assert "last 10 trading days" in found["message"]
    assert "2024-03-08" in found["message"]
