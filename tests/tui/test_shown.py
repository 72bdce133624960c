"""How values are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tui.shown import bar, in_shanghai, share, size, span


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "0.25s"),
        (4.2, "4.2s"),
        (42, "42s"),
        (250, "4m 10s"),
        (3900, "1h 05m"),
        (86_400 * 2 + 3 * 3600, "2d 3h"),
    ],
)
def test_a_span_is_shown_by_its_two_largest_units(seconds: float, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (999, "999 B"), (1024, "1.0 KiB"), (52 * 2**30, "52 GiB")]
)
def test_a_size_has_three_digits_at_the_most(count: int, shown: str) -> None:
    assert size(count) == shown


def test_an_instant_is_shown_on_a_clock_in_shanghai() -> None:
    assert in_shanghai("2024-03-05T10:15:00Z") == "03-05 18:15"
    assert in_shanghai(None) == "-"


def test_a_share_carries_its_sign() -> None:
    assert [share(0.0123), share(-0.5), share(None)] == ["+1.23%", "-50.00%", "-"]


@pytest.mark.parametrize(("done", "total", "shown"), [(0, 0, "░░░░"), (1, 2, "██░░"), (3, 2, "████")])
def test_a_bar_is_as_full_as_the_work_is_done(done: int, total: int, shown: str) -> None:
    assert bar(done, total, 4) == shown
