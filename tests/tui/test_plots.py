"""Plots in text, against pictures drawn by hand."""

from __future__ import annotations

import pytest

from tui.plots import Line, bar_plot, compounded, drawdown, hbar, line_plot, rolling_mean, shade


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    rows = [row.plain for row in line_plot([Line([0.0, 1.0, 2.0, 3.0])], 9 + 2, 1, "{:.0f}")]
    assert rows == ["       3│⡠⠊"]


def test_the_ends_of_the_axis_are_the_lowest_and_the_highest_value() -> None:
    rows = [row.plain for row in line_plot([Line([1.5, 0.5])], 30, 4)]
    assert rows[0].startswith("   1.500│")
    assert rows[-1].startswith("   0.500│")
    assert all(len(row) == 30 for row in rows)


def test_what_is_not_known_is_a_gap() -> None:
    (row,) = line_plot([Line([1.0, None, float("nan"), 1.0])], 9 + 2, 1)
    assert row.plain[9:] in {"⠂⠐", "⠄⠠", "⠁⠈", "⡀⢀"}


def test_without_values_a_plot_is_empty() -> None:
    assert [row.plain for row in line_plot([Line([])], 40, 3)] == ["", "", ""]
    assert [row.plain for row in bar_plot([None], 40, 4)] == [""] * 4


def test_bars_go_up_and_down_from_the_middle() -> None:
    rows = [row.plain[9:] for row in bar_plot([1.0, -1.0, 0.5], 9 + 3, 2)]
    assert rows == ["█ ▄", " █ "]


def test_a_fall_on_the_first_day_is_a_drawdown() -> None:
    assert drawdown([0.9, 1.2, None, 0.6]) == [pytest.approx(-0.1), 0.0, None, -0.5]


def test_returns_compound_from_one() -> None:
    assert compounded([0.1, None, -0.5]) == [pytest.approx(v) for v in (1.1, 1.1, 0.55)]


def test_a_rolling_mean_begins_with_its_first_whole_window() -> None:
    assert rolling_mean([1.0, 3.0, None, 5.0], 2) == [None, 2.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("share", "cell"), [(0.0, " "), (0.01, "░"), (0.5, "▒"), (-0.75, "▓"), (1.0, "█"), (None, "·")]
)
def test_a_shade_is_as_dark_as_the_share_is_large(share: float | None, cell: str) -> None:
    assert shade(share) == cell


def test_a_horizontal_bar_has_eighths_of_a_column() -> None:
    assert [hbar(1, 1, 4), hbar(0.5, 1, 4), hbar(1, 8, 1), hbar(0, 0, 4)] == ["████", "██", "▏", ""]
