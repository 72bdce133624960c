"""The curves of the demo as text: one colour each on a terminal, one letter each where there is no colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 18
TICKS = 6
COLOURS = ("red", "green", "orange", "blue")
BENCHMARK_MARK = "·"


@dataclass(frozen=True, slots=True)
class Curve:
    """Values per session, the first for the start; `mark`: its letter where there is no colour."""

    label: str
    mark: str
    values: Sequence[float]


def drawn(curves: Sequence[Curve], dates: Sequence[str], width: int, *, colour: bool) -> str:
    """The plot; curve k is drawn in COLOURS[k]. Dates are the sessions', one fewer than values: 1.0 comes first."""
    import plotext  # noqa: PLC0415 - loaded where it is used

    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, HEIGHT)
    figure.axes(active=False, axis="x", side="upper")
    figure.axes(active=False, axis="y", side="right")
    sessions = list(range(len(dates) + 1))
    for k, curve in reversed(list(enumerate(curves))):
        marker = plotext.marker("hd", COLOURS[k % len(COLOURS)]) if colour else curve.mark
        signal = figure.signal(sessions[: len(curve.values)], list(curve.values), marker=marker)
        signal.lines()
        figure.draw(signal)
    places = [round((k + 0.5) * len(dates) / TICKS) for k in range(TICKS)]
    figure.ruler("x").ticks(places, [dates[max(0, place - 1)] for place in places])
    return str(figure.build().string(colorless=not colour))
