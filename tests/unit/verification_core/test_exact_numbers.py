"""Numbers as the verifier reads, rounds and writes them."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from quantos.strategies.core.weights import exact_decimal
from quantos.verification.core.exact import cny, exact_weight, fee, half_up, json_number, scaled
from tests.support.effort import tries


@pytest.mark.parametrize(
    ("number", "written"),
    [  # RFC 8785, appendix B
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (0.000001234, "0.000001234"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_a_number_is_written_as_the_rfc_writes_it(number: float, written: str) -> None:
    assert json_number(number) == written


@tries(500)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.05)
@example(1e-7)
def test_a_number_is_written_as_the_library_writes_it(number: float) -> None:
    assert json_number(number).encode() == rfc8785.dumps(number)


@tries(300)
@given(st.floats(min_value=5e-324, max_value=1.0))
def test_a_weight_is_the_decimal_that_settlement_reads(weight: float) -> None:
    mantissa, exponent = exact_weight(weight)
    known, places = exact_decimal(repr(weight))
    assert Decimal(mantissa).scaleb(-exponent) == Decimal(known).scaleb(-places)


@tries(300)
@given(st.integers(0, 10**15), st.integers(1, 10**9), st.sampled_from([1, 10]))
def test_half_up_is_the_schoolbooks(numerator: int, denominator: int, unit: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator) / unit
    assert half_up(numerator, denominator, unit) == int(exact.quantize(Decimal(1), ROUND_HALF_UP)) * unit


@pytest.mark.parametrize(
    ("notional", "rate", "mills"),
    [(49_387_000, 30_000, 14_820), (49_387_000, 1_000, 490), (500_000, 1_000, 10), (499_999, 1_000, 0)],
)
def test_a_fee_is_half_up_to_the_cent(notional: int, rate: int, mills: int) -> None:
    # 49,387.00 at 0.03 % is 14.8161; at 0.001 % 0.49387; 500.00 at 0.001 % is 0.005
    assert fee(notional, rate) == mills


@pytest.mark.parametrize(
    ("text", "mills"),
    [
        ("0.001", 1),
        ("1E+3", 1_000_000),
        ("-12.5", -12_500),
        ("0.0005", None),
        ("1e-400", None),
        ("9e300", None),
    ],
)
def test_an_amount_is_a_whole_number_of_mills_or_none(text: str, mills: int | None) -> None:
    assert scaled(Decimal(text), 1000) == mills


def test_digits_beyond_any_precision_are_not_rounded_away() -> None:
    assert scaled(Decimal("1." + "0" * 60 + "1"), 1000) is None


@pytest.mark.parametrize(("mills", "text"), [(0, "0.000"), (12_345, "12.345"), (-7, "-0.007")])
def test_an_amount_is_shown_with_three_decimals(mills: int, text: str) -> None:
    assert cny(mills) == text


def test_weights_without_a_double_are_no_weights() -> None:
    assert math.isclose(float(Decimal("0.05")), 0.05)
