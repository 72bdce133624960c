"""One factor: IC day by day and its mean, decay, growth of the fifths, years, correlations, attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from quantos.client import calls, shapes
from tui.cells import check, number, percent, yes
from tui.colors import COLORS, moved, signed
from tui.plots import Line, bar_plot, hbar, line_plot, rolling_mean, shade
from tui.screens.base import Detail
from tui.shown import NOTHING
from tui.state import Bookmark
from tui.texts import say, word
from tui.widgets.drawn import Drawn

WINDOW = 20
MATRIX, CELL = 7, 4
"""Factors in the heat map of correlations, and the columns of one of its cells."""
FIFTH_STYLES = ("#CC79A7", "#D55E00", "#E69F00", "#009E73", "#56B4E9")
"""From the lowest values to the highest, told apart by any eye."""


class FactorDetail(Detail):
    """A factor of anyone's."""

    def __init__(self, factor_id: str, name: str) -> None:
        super().__init__()
        self._key, self._called = factor_id, name

    def path(self) -> list[str]:
        return [say("factors.title"), self._called]

    def bookmark(self) -> Bookmark:
        return Bookmark("factor", self._key, self._called)

    def body(self) -> ComposeResult:
        with Horizontal(id="factor"):
            with VerticalScroll(id="factor-plots"):
                yield Drawn(id="ic")
                yield Drawn(id="rolling")
                yield Drawn(id="fifths")
            with VerticalScroll(id="factor-words", classes="panel"):
                yield Static(id="said")

    async def load(self) -> None:
        ask = self.dashboard.link.ask
        factor, correlations = await asyncio.gather(
            ask(calls.get_any_factor(self._key)), ask(calls.list_any_factor_correlations(self._key))
        )
        self.marks(word("factor", factor["status"]))
        self._show_plots(factor)
        closest = correlations["correlations"][: MATRIX - 1]
        others = await asyncio.gather(
            *(ask(calls.list_any_factor_correlations(each["factor_id"])) for each in closest)
        )
        tables = {self._key: correlations["correlations"]}
        tables |= {each["factor_id"]: of["correlations"] for each, of in zip(closest, others, strict=True)}
        names = {self._key: self._called} | {each["factor_id"]: each["name"] for each in closest}
        self.query_one("#said", Static).update(words_of(factor, matrix(names, tables)))

    def _show_plots(self, factor: shapes.OwnedFactorDetail) -> None:
        series = [point["ic"] for point in factor["ic_series"] or []]
        mean = Line(rolling_mean(series, WINDOW), "bold cyan")
        zero = Line([0.0] * max(len(series), 1), "dim")
        fifths = (factor["plots"] or {}).get("fifths") or []
        curves = [
            Line(curve, style)
            for curve, style in zip(fifths, FIFTH_STYLES[-len(fifths) or 5 :], strict=False)
        ]
        for where, title, draw in (
            ("#ic", "factor.ic", lambda w, h: bar_plot(series, w, h, COLORS.up, COLORS.down)),
            ("#rolling", "factor.rolling", lambda w, h: line_plot([mean, zero], w, h) if series else []),
            ("#fifths", "factor.fifths", lambda w, h: line_plot(curves[::-1], w, h)),
        ):
            plot = self.query_one(where, Drawn)
            plot.border_title = say(title, days=WINDOW)
            plot.draw(draw)


def words_of(factor: shapes.OwnedFactorDetail, correlations: Table | None) -> Group:
    """What stands beside the plots."""
    parts: list[Any] = [_figures(factor)]
    if factor["reject_reason"]:
        parts.append(Text(factor["reject_reason"], "red"))
    for key, part in (
        ("checks", _checks(factor["checks"])),
        ("decay", _decay(factor["is"]["ic_decay"])),
        ("correlations", correlations),
        ("years", _years(factor["yearly_stats"])),
        ("diagnostics", _diagnostics(factor.get("diagnostics"))),
    ):
        if part is not None:
            parts += [Text(""), Text(say(f"factor.{key}"), "bold"), part]
    if factor["expression"]:
        parts += [Text(""), Text(say("factor.expression"), "bold"), Text(factor["expression"])]
    return Group(*parts)


def _grid(*justify: Any) -> Table:
    table = Table.grid(padding=(0, 2))
    for each in justify:
        table.add_column(justify=each, no_wrap=True)
    return table


def _figures(factor: shapes.OwnedFactorDetail) -> Table:
    """In sample, out of sample and as its maker claimed."""
    inside, outside, claimed = factor["is"], factor["os"], factor["claimed"]
    table = _grid("left", "right", "left", "right")
    four = 4
    rows: list[tuple[str, Text, str, Text]] = [
        ("ic_mean", signed(inside["ic_mean"], four), "os_30", signed(outside["ic_mean_30d"], four)),
        ("ic_ir", signed(inside["ic_ir"]), "os_60", signed(outside["ic_mean_60d"], four)),
        ("turnover", percent()(inside["turnover"]), "os_120", signed(outside["ic_mean_120d"], four)),
        ("sharpe", signed(inside["sharpe"]), "late_days", number()(outside.get("late_days"))),
        ("fitness", signed(inside["fitness"]), "claimed_ic", signed(claimed["ic_mean"], four)),
        ("coverage", percent()(inside["coverage"]), "claimed_ir", signed(claimed["ic_ir"])),
        ("max_correlation", number(2)(inside["max_correlation"]), "data_days", number()(inside["data_days"])),
    ]
    for left, first, right, second in rows:
        table.add_row(Text(say(f"column.{left}"), "dim"), first, Text(say(f"column.{right}"), "dim"), second)
    return table


def _checks(found: list[shapes.Check] | None) -> Table | None:
    if not found:
        return None
    table = _grid("left", "left", "right", "right")
    for each in found:
        table.add_row(
            check(each["passed"]), word("check", each["name"]), number(4)(each["value"]),
            Text(f"{each['threshold']:g}", "dim"),
        )  # fmt: skip
    return table


def _decay(found: list[float | None] | None) -> Table | None:
    if not found:
        return None
    top = max((abs(each) for each in found if each is not None), default=0.0)
    table = _grid("right", "left", "right")
    for lag, each in enumerate(found, 1):
        table.add_row(
            Text(str(lag), "dim"), Text(hbar(each or 0.0, top, 16), COLORS.of(each or 0.0)), signed(each, 4)
        )
    return table


def matrix(names: Mapping[str, str], tables: Mapping[str, Sequence[shapes.Correlation]]) -> Table | None:
    """A heat map of every factor against every other: its darkness says how alike two are, its sign how."""
    if len(names) < 2:
        return None
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    for _ in names:
        table.add_column(no_wrap=True, justify="right", min_width=CELL)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_row("", *(Text(str(place), "dim") for place in range(1, len(names) + 1)))
    for place, (one, name) in enumerate(names.items(), 1):
        found = {each["factor_id"]: each["correlation"] for each in tables[one]}
        cells = [Text("·", "dim") if one == other else _alike(found.get(other)) for other in names]
        table.add_row(Text(str(place), "dim"), *cells, Text(name, "bold" if place == 1 else ""))
    return table


def _alike(value: float | None) -> Text:
    """`▒+42`: in hundredths."""
    if value is None:
        return Text(NOTHING, "dim")
    return Text(f"{shade(value)}{value * 100:+.0f}", COLORS.of(value))


def _years(found: list[shapes.Year] | None) -> Table | None:
    if not found:
        return None
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for key in ("year", "ic_mean", "ic_ir", "returns", "drawdown", "turnover", "days"):
        table.add_column(say(f"column.{key}"), justify="right", no_wrap=True)
    for year in found:
        table.add_row(
            str(year["year"]), signed(year["ic_mean"], 4), signed(year["ic_ir"]), moved(year["returns"], 1),
            percent()(year["drawdown"]), percent()(year["turnover"]), str(year["days"]),
        )  # fmt: skip
    return table


def _diagnostics(found: dict[str, Any] | None) -> Table | None:
    if not found:
        return None
    table = _grid("left", "right")
    for key in ("attempts", "t_stat", "deflated_sharpe", "half_life_days", "monotonicity", "look_ahead"):
        if key in found and not isinstance(found[key], dict | list):
            table.add_row(Text(say(f"factor.{key}"), "dim"), _diagnostic(found[key]))
    return table


def _diagnostic(value: Any) -> Text:
    if isinstance(value, bool):
        return yes(value)
    return number(2 if isinstance(value, float) else 0)(value)
