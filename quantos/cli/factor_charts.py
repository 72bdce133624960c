"""Charts as inline SVG, drawn by hand: lines over days and bars over a few categories.

A value that is None leaves a gap. Colours are classes, so that the page's style sheet decides them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final, NamedTuple

WIDTH: Final = 760
HEIGHT: Final = 290
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 12, 34
TICKS: Final = 5
LABELS_MAX: Final = 6

Values = Sequence[float | None]


class Line(NamedTuple):
    """A series. `kind`: of its class, `s0` to `s5`; `bars`: drawn as thin bars on zero."""

    name: str
    values: Values
    kind: str
    bars: bool = False


def line_chart(
    title: str, dates: Sequence[str], lines: Sequence[Line], *, percent: bool = False, whole: bool = False
) -> str:
    """Series over the same days. `whole`: on an axis that spans 0 to 1 at least."""
    known = [value for line in lines for value in line.values if value is not None]
    if not known or not dates:
        return ""
    if whole:
        known += [0.0, 1.0]
    if any(line.bars for line in lines):
        known.append(0.0)
    axis = _Axis.over(min(known), max(known))
    step = (WIDTH - LEFT - RIGHT) / max(len(dates) - 1, 1)
    parts = [_grid(axis, percent=percent), *_date_labels(dates, step)]
    for line in lines:
        draw = _bars if line.bars else _path
        parts.append(draw(line, axis, step))
    return _figure(
        title, "".join(parts), [(line.kind, line.name) for line in lines] if len(lines) > 1 else []
    )


def bar_chart(title: str, labels: Sequence[str], values: Values, *, percent: bool = False) -> str:
    """A bar per label."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    axis = _Axis.over(min(0.0, *known), max(0.0, *known))
    width = (WIDTH - LEFT - RIGHT) / len(values)
    parts = [_grid(axis, percent=percent)]
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        middle = LEFT + width * (place + 0.5)
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 9}" text-anchor="middle">{escape(label)}</text>')
        if value is not None:
            top, low = sorted((axis.y(value), axis.y(0.0)))
            parts.append(
                f'<rect class="b" x="{middle - width * 0.3:.1f}" y="{top:.1f}" width="{width * 0.6:.1f}"'
                f' height="{max(low - top, 0.5):.1f}"><title>{escape(shown(value, percent=percent))}</title></rect>'
            )
    return _figure(title, "".join(parts), [])


def rolling_mean(values: Values, days: int) -> list[float | None]:
    """The mean of the last `days` known values; None before there are as many."""
    found: list[float | None] = []
    window: list[float] = []
    for value in values:
        if value is not None:
            window = [*window[-days + 1 :], value]
        found.append(sum(window) / days if value is not None and len(window) == days else None)
    return found


def running_sum(values: Values) -> list[float | None]:
    total = 0.0
    found: list[float | None] = []
    for value in values:
        total += value or 0.0
        found.append(None if value is None else total)
    return found


def shown(value: float | None, *, percent: bool = False, digits: int = 4) -> str:
    """A number as a person reads it; nothing is a dash."""
    if value is None:
        return "-"
    return f"{100 * value:.2f} %" if percent else f"{value:,.{digits}g}"


class _Axis(NamedTuple):
    """The vertical axis."""

    low: float
    high: float
    step: float

    @classmethod
    def over(cls, low: float, high: float) -> _Axis:
        if high - low < 1e-12:
            low, high = low - max(abs(low), 1e-3) * 0.1, high + max(abs(high), 1e-3) * 0.1
        raw = (high - low) / TICKS
        power = 10.0 ** floor(log10(raw))
        step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
        return cls(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - self.low) / (self.high - self.low))

    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + k * self.step for k in range(count + 1)]


def _grid(axis: _Axis, *, percent: bool) -> str:
    parts = []
    for tick in axis.ticks():
        y = axis.y(tick)
        value = 0.0 if abs(tick) < axis.step / 1e6 else tick
        label = f"{100 * value:.4g}%" if percent else f"{value:.4g}"
        kind = "zero" if value == 0 else "grid"
        parts.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 6:.1f}" text-anchor="end">{label}</text>')
    return "".join(parts)


def _date_labels(dates: Sequence[str], step: float) -> list[str]:
    """The first day of a month, or of every so many months, that has a day here."""
    firsts = [place for place in range(1, len(dates)) if dates[place][:7] != dates[place - 1][:7]]
    firsts = firsts[:: max(1, ceil(len(firsts) / LABELS_MAX))] or [0]
    return [
        f'<path class="grid" d="M{LEFT + step * place:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        f'<text x="{LEFT + step * place:.1f}" y="{HEIGHT - 9}" text-anchor="middle">{escape(dates[place][:7])}</text>'
        for place in firsts
        if LEFT + step * place < WIDTH - 40
    ]


def _path(line: Line, axis: _Axis, step: float) -> str:
    commands, pen = [], "M"
    for place, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        commands.append(f"{pen}{LEFT + step * place:.1f} {axis.y(value):.1f}")
        pen = "L"
    return f'<path class="line {line.kind}" d="{"".join(commands)}"/>'


def _bars(line: Line, axis: _Axis, step: float) -> str:
    zero = axis.y(0.0)
    commands = [
        f"M{LEFT + step * place:.1f} {zero:.1f}V{axis.y(value):.1f}"
        for place, value in enumerate(line.values)
        if value is not None
    ]
    width = min(max(step * 0.7, 0.5), 6)
    return f'<path class="line {line.kind}" style="stroke-width:{width:.2f}" d="{"".join(commands)}"/>'


def _figure(title: str, inside: str, legend: Sequence[tuple[str, str]]) -> str:
    names = "".join(f'<span class="{kind}">{escape(name)}</span>' for kind, name in legend)
    return (
        f"<figure><figcaption>{escape(title)}<span class=legend>{names}</span></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{inside}</svg></figure>'
    )
