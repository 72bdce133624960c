"""JSON that can be read in two ways is not read at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from quantos.verification.core.documents import NotJson, read_json
from quantos.verification.core.fields import Fields, Malformed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "stands twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": 1e9999999999999999999999}', "beyond all bounds"),
        (b'{"a": ' + b"1" * 5000 + b"}", "digits"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": "\xff"}', "utf-8"),
        (b"", "Expecting value"),
        (b"{", "Expecting"),
        (b'{"a": 1} trailing', "Extra data"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else "",
)
def test_what_can_be_read_in_two_ways_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        read_json(content)


def test_numbers_come_exactly_as_written() -> None:
    assert read_json('{"a": 0.1, "b": 3, "c": 1e-7, "d": 0.10}') == {
        "a": Decimal("0.1"),
        "b": 3,
        "c": Decimal("1e-7"),
        "d": Decimal("0.10"),
    }


@pytest.mark.parametrize(
    "number", ["1e999999", "1e-999999", "0." + "1" * 5000, "1" * 4000, "1e400", "0.000000001", "1e16"]
)
@pytest.mark.parametrize("read", ["money", "price", "rate", "integer", "count"])
def test_a_number_of_absurd_size_is_no_amount(number: str, read: str) -> None:
    fields = Fields(read_json(f'{{"a": {number}}}'))
    with pytest.raises(Malformed, match="a: expected"):
        getattr(fields, read)("a")


@pytest.mark.parametrize("number", ["1e999999", "1" * 4000])
def test_a_number_of_absurd_size_is_no_double(number: str) -> None:
    with pytest.raises(Malformed, match="a: expected a number"):
        Fields(read_json(f'{{"a": {number}}}')).double("a")
