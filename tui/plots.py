"""Plots in text: lines of braille dots, bars, heat maps. Pure: values and a size in, lines of text out.

A braille cell holds 2 x 4 dots, so a plot of `width` columns has 2 * width points across. Values that are None, or
not finite, are gaps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text

Values = Sequence[float | None]

DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character: [column][row]."""

EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
SHADES: Final = " ░▒▓█"
AXIS_COLUMNS: Final = 9


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its values from left to right, and its colour."""

    values: Values
    style: str = ""


def known(values: Values) -> list[float]:
    """Those that are there."""
    return [value for value in values if value is not None and math.isfinite(value)]


def line_plot(lines: Sequence[Line], width: int, height: int, form: str = "{:.3f}") -> list[Text]:
    """Curves over one another with an axis on the left: `height` lines of `width` columns. The first is on top."""
    columns = width - AXIS_COLUMNS
    found = [value for line in lines for value in known(line.values)]
    if not found or columns < 2 or height < 1:
        return [Text("") for _ in range(max(height, 0))]
    low, high = min(found), max(found)
    if low == high:
        low, high = low - abs(low) * 0.01 - 1e-9, high + abs(high) * 0.01 + 1e-9
    bits = [[0] * columns for _ in range(height)]
    styles = [[""] * columns for _ in range(height)]
    for line in reversed(lines):
        for x, y in _dots(line.values, columns * 2, height * 4, low, high):
            row, column = y // 4, x // 2
            bits[row][column] |= DOTS[x % 2][y % 4]
            styles[row][column] = line.style
    rows = []
    for number in range(height):
        label = {height - 1: form.format(low), 0: form.format(high)}.get(number, "")
        text = Text(label.rjust(AXIS_COLUMNS - 1)[: AXIS_COLUMNS - 1] + "│", "dim")
        for bit, style in zip(bits[number], styles[number], strict=True):
            text.append(chr(0x2800 + bit) if bit else " ", style)
        rows.append(text)
    return rows


def _dots(values: Values, across: int, down: int, low: float, high: float) -> list[tuple[int, int]]:
    """The dots of a curve, joined without holes between neighbours; y from the top."""
    last, dots = len(values) - 1, []
    before: int | None = None
    for x in range(across):
        value = values[round(x * last / max(across - 1, 1))] if last > 0 else (values[0] if values else None)
        if value is None or not math.isfinite(value):
            before = None
            continue
        y = round((high - value) / (high - low) * (down - 1))
        first = y if before is None else before + (1 if y > before else -1 if y < before else 0)
        step = 1 if y >= first else -1
        dots += [(x, at) for at in range(first, y + step, step)]
        before = y
    return dots


def bar_plot(values: Values, width: int, height: int, up: str = "", down: str = "") -> list[Text]:
    """Bars from a zero in the middle, up and down; more values than columns are averaged."""
    columns = max(width - AXIS_COLUMNS, 0)
    binned = _binned(values, columns)
    top = max((abs(value) for value in known(binned)), default=0.0)
    if not top or height < 2:
        return [Text("") for _ in range(max(height, 0))]
    half = height // 2
    rows = []
    for number in range(half * 2):
        label = {0: f"{top:+.3f}", half * 2 - 1: f"{-top:+.3f}"}.get(number, "")
        text = Text(label.rjust(AXIS_COLUMNS - 1) + "│", "dim")
        for value in binned:
            text.append(*_bar_cell(value, number, half, top, up, down))
        rows.append(text)
    return rows


def _bar_cell(value: float | None, row: int, half: int, top: float, up: str, down: str) -> tuple[str, str]:
    """One cell of a bar. Below zero a cell is filled from its top: the block's complement, reversed."""
    if value is None or value == 0:
        return " ", ""
    eighths = round(abs(value) / top * half * 8)
    if value > 0 and row < half:
        return EIGHTHS[max(0, min(8, eighths - (half - 1 - row) * 8))], up
    if value < 0 and row >= half:
        filled = max(0, min(8, eighths - (row - half) * 8))
        return (EIGHTHS[8 - filled], f"{down} reverse") if 0 < filled < 8 else ("█" if filled else " ", down)
    return " ", ""


def _binned(values: Values, columns: int) -> list[float | None]:
    if len(values) <= columns:
        return list(values)
    found: list[float | None] = []
    for column in range(columns):
        part = known(values[column * len(values) // columns : (column + 1) * len(values) // columns])
        found.append(sum(part) / len(part) if part else None)
    return found


def rolling_mean(values: Values, window: int) -> list[float | None]:
    """The mean of the last `window` values, from the first window on; unknown ones are left out."""
    found: list[float | None] = []
    for end in range(1, len(values) + 1):
        part = known(values[max(0, end - window) : end])
        found.append(sum(part) / len(part) if end >= window and part else None)
    return found


def drawdown(levels: Values) -> list[float | None]:
    """How far below its highest so far a curve is, its start of 1.0 included."""
    highest, found = 1.0, list[float | None]()
    for level in levels:
        if level is None:
            found.append(None)
            continue
        highest = max(highest, level)
        found.append(level / highest - 1)
    return found


def compounded(returns: Values) -> list[float | None]:
    """The curve of daily returns from 1.0; an unknown return leaves it where it is."""
    level, found = 1.0, list[float | None]()
    for each in returns:
        level *= 1 + (each or 0.0)
        found.append(level)
    return found


def shade(share: float | None) -> str:
    """A share of one as a cell of a heat map; ` ` is nothing, `█` all of it."""
    if share is None or not math.isfinite(share):
        return "·"
    return SHADES[max(0, min(4, math.ceil(min(abs(share), 1.0) * 4 - 1e-9)))]


def hbar(value: float, top: float, width: int) -> str:
    """A horizontal bar in eighths of a column."""
    eighths = 0 if top <= 0 else round(min(abs(value) / top, 1.0) * width * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]
