"""Validity of a signal, its commitment, and its weights as exact decimals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.errors import Invalid
from quantos.kit.canonical import canonical, sha256_hex
from quantos.strategies.core.signal import (
    TargetWeight,
    are_symbols,
    check,
    commitment,
    encode,
    is_affordable,
    signal_hash,
)
from quantos.strategies.core.weights import exact_decimal, parse

NONCE = "0" * 64
WEIGHT = st.one_of(
    st.floats(0, 1, exclude_min=True),
    st.integers(1, 10**6).map(lambda n: n / 10**6),
    st.sampled_from([1, 1.0, 1e-7, 1e-6, 9.999e-7, 1e-5, 5e-324, 0.1 + 0.2, 1 / 3, 2**-1074 * 3, 0.5]),
)
SYMBOL = st.from_regex(r"[0-9]{6}\.(SH|SZ|BJ)", fullmatch=True)
SIGNAL = st.lists(st.builds(TargetWeight, SYMBOL, WEIGHT), max_size=8, unique_by=lambda each: each.symbol)


@given(SIGNAL, st.from_regex(r"[a-z0-9][a-z0-9_-]{2,48}", fullmatch=True), st.dates())
def test_the_commitment_is_the_librarys_canonical_json(signal: Any, slug: Any, day: Any) -> None:
    content = {
        "slug": slug,
        "trade_date": day.isoformat(),
        "signals": sorted(
            ({"symbol": each.symbol, "weight": each.weight} for each in signal),
            key=lambda each: each["symbol"],
        ),
        "nonce": NONCE,
    }
    assert commitment(slug, day.isoformat(), signal, NONCE) == canonical(content)
    assert signal_hash(slug, day.isoformat(), signal, NONCE) == sha256_hex(canonical(content))


@given(SIGNAL)
def test_the_stored_text_gives_back_the_signal_in_its_order(signal: Any) -> None:
    assert json.loads(encode(signal)) == [{"symbol": each.symbol, "weight": each.weight} for each in signal]


@given(SIGNAL)
def test_the_order_of_lines_does_not_change_the_hash(signal: Any) -> None:
    assert commitment("abc", "2024-01-02", signal, NONCE) == commitment(
        "abc", "2024-01-02", signal[::-1], NONCE
    )


@given(st.lists(SIGNAL, max_size=6))
def test_weights_are_the_shortest_decimals_that_round_trip(many: Any) -> None:
    for signal, weights in zip(many, parse([encode(signal) for signal in many]), strict=True):
        assert weights.symbols == tuple(each.symbol for each in signal)
        for target, mantissa, exponent in zip(signal, weights.mantissa, weights.exponent, strict=True):
            assert Decimal(int(mantissa)).scaleb(-int(exponent)) == Decimal(repr(target.weight))
            assert mantissa % 10 != 0


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("0.05", (5, 2)),
        ("1", (1, 0)),
        ("1.0", (1, 0)),
        ("1e-7", (1, 7)),
        ("5e-324", (5, 324)),
        ("1.25e-9", (125, 11)),
    ],
)
def test_a_decimal_as_written(written: Any, exact: Any) -> None:
    assert exact_decimal(written) == exact


def test_no_signal_and_an_empty_one_have_no_weights() -> None:
    assert parse([]) == []
    (empty,) = parse(["[]"])
    assert (empty.symbols, len(empty.mantissa)) == ((), 0)


@given(st.lists(WEIGHT, min_size=1, max_size=30))
def test_the_sum_is_decided_as_exact_decimals_decide_it(weights: Any) -> None:
    exact = sum(Decimal(repr(weight)) for weight in weights) <= Decimal("1.000000001")
    assert is_affordable(weights) == exact


@given(st.integers(1, 999_999_999))
def test_two_weights_that_sum_to_the_bound_are_taken_and_a_hair_more_is_not(nano: Any) -> None:
    first, second = nano / 10**9, (1_000_000_001 - nano) / 10**9
    if second <= 1:
        assert is_affordable([first, second])
        assert not is_affordable([first, second, 1e-25])


def test_a_repeated_symbol_is_named_at_its_second_place() -> None:
    signal = [TargetWeight("600519.SH", 0.1), TargetWeight("000001.SZ", 0.1), TargetWeight("600519.SH", 0.1)]
    with pytest.raises(Invalid) as refusal:
        check(signal)
    assert refusal.value.items[0]["loc"] == ["body", "signals", 2, "symbol"]


def test_leverage_is_refused() -> None:
    with pytest.raises(Invalid, match=r"the weights sum to 1\.1, more than 1\.0: no leverage"):
        check([TargetWeight("600519.SH", 0.6), TargetWeight("000001.SZ", 0.5)])


@pytest.mark.parametrize(
    "symbols",
    [
        ["600519.SH\n"],
        ["600519.SH", "x"],
        ["60051\n.SH"],
        ["600519.sh"],
        ["\uff16\uff10\uff10\uff15\uff11\uff19.SH"],
        [""],
    ],
)
def test_what_is_no_symbol_among_symbols_is_seen(symbols: Any) -> None:
    assert not are_symbols(symbols)


@given(st.lists(SYMBOL, max_size=5))
def test_symbols_are_symbols(symbols: Any) -> None:
    assert are_symbols(symbols)
