"""A table that draws only the lines in view, however many there are: ten thousand scroll as ten do.

The heading stays above and the first column on the left; the rest moves beneath them. A line is drawn once and kept
until its record, its columns or its colours change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.cache import LRUCache
from textual.events import Click, Key
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.columns import Column, Record, width_of

KEPT: Final = 400
"""Lines that are kept drawn."""

WIDEST: Final = 60
"""No column is wider, but the last: the whole row is shown by a key."""


class Grid(ScrollView, can_focus=True):
    """Records as lines, a cursor on one cell."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("enter", "choose", show=False),
        Binding("up,k", "move(-1, 0)", show=False),
        Binding("down,j", "move(1, 0)", show=False),
        Binding("left,h", "move(0, -1)", show=False),
        Binding("right,l", "move(0, 1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--heading", "grid--heading-cursor", "grid--odd", "grid--row", "grid--cursor"
    }  # fmt: skip

    class Chosen(Message):
        """The cell under the cursor was chosen."""

    @dataclass
    class HeadingChosen(Message):
        """A heading was clicked."""

        column: int

    def __init__(
        self, columns: Sequence[Column], headings: Sequence[str], takes: Callable[[Key], bool]
    ) -> None:
        """`takes`: asked first of every key; says whether it took it."""
        super().__init__()
        self._takes = takes
        self._columns, self._headings = list(columns), list(headings)
        self._widths: list[int] = []
        self._records: list[Record] = []
        self._row = self._column = 0
        self._drawn: LRUCache[tuple[Any, ...], Strip] = LRUCache(KEPT)
        self._styles: dict[str, tuple[Style, Style]] = {}
        self._measure()

    @property
    def row_count(self) -> int:
        return len(self._records)

    @property
    def cursor_row(self) -> int:
        return self._row

    @property
    def cursor_column(self) -> int:
        return self._column

    def cells(self, row: int) -> list[Text]:
        """The cells of a row, as they are shown."""
        return [column.cell(self._records[row]) for column in self._columns]

    def show(self, records: Sequence[Record], row: int, headings: Sequence[str]) -> None:
        """These are the lines, with the cursor on one of them; what is in view stays there where it can."""
        grew = len(records) != len(self._records)
        above = self._row - round(self.scroll_y)
        changed = row != self._row
        self._records, self._headings = list(records), list(headings)
        self._row = max(0, min(row, len(self._records) - 1))
        self._measure()
        if grew or changed:
            self._settle(above if changed else None)

    def draw_again(self) -> None:
        """The same lines in other colours."""
        self._measure()

    def _settle(self, above: int | None) -> None:
        """Where the cursor's record has moved, the view moves with it."""
        if above is not None and self.size.height:
            self.scroll_to(y=max(0, self._row - above), animate=False, force=True)

    def _measure(self) -> None:
        widths = []
        for number, (column, heading) in enumerate(zip(self._columns, self._headings, strict=True)):
            wide = max(width_of(column, self._records), Text(heading).cell_len)
            widths.append(wide if number == len(self._columns) - 1 else min(wide, WIDEST))
        self._widths = widths
        self._forget()
        self.virtual_size = Size(sum(widths) + 2 * len(widths), len(self._records) + 1)
        self.refresh()

    def _forget(self) -> None:
        self._drawn.clear()
        self._styles.clear()

    # drawing

    def notify_style_update(self) -> None:
        """Another theme, or the focus came or went."""
        super().notify_style_update()
        self._forget()

    def render_line(self, y: int) -> Strip:
        """The heading, or a record. The first column and then what of the rest is in view."""
        row = None if y == 0 else y - 1 + round(self.scroll_y)
        width = self.scrollable_content_region.width
        if row is not None and row >= len(self._records):
            return Strip.blank(width, self.rich_style)
        on = row is None or row == self._row
        key = (row, self._column if on else None, width, round(self.scroll_x))
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = self._line(row, width)
        return found

    def _line(self, row: int | None, width: int) -> Strip:
        """Only the cells in view are made."""
        if not self._widths:
            return Strip.blank(width, self.rich_style)
        base, chosen = self._styles_of(row)
        fixed, x = self._widths[0] + 2, round(self.scroll_x)
        left, at, skipped = fixed + x, fixed, 0
        rest = list[Segment]()
        for number in range(1, len(self._widths)):
            end = at + self._widths[number] + 2
            if end > left and at < x + width:
                skipped = skipped if rest else left - at
                rest += self._cell(number, row, base, chosen)
            at = end
        strip = Strip(rest).crop(skipped, skipped + max(0, width - fixed))
        line = Strip([*self._cell(0, row, base, chosen), *strip])
        return line.crop(0, width).extend_cell_length(width, base)

    def _styles_of(self, row: int | None) -> tuple[Style, Style]:
        """Of a line, and of the cell under the cursor in it."""
        kind = "heading" if row is None else "row" if row == self._row else "odd" if row % 2 else "even"
        if kind not in self._styles:
            ground = Style.null() if row is None else self.rich_style
            named = Style.null() if kind == "even" else self.get_component_rich_style(f"grid--{kind}")
            over = "grid--heading-cursor" if row is None else "grid--cursor"
            self._styles[kind] = ground + named, ground + named + self.get_component_rich_style(over)
        return self._styles[kind]

    def _cell(self, number: int, row: int | None, base: Style, chosen: Style) -> list[Segment]:
        """One cell with a blank on either side."""
        width, column = self._widths[number], self._columns[number]
        cell = Text(self._headings[number]) if row is None else column.cell(self._records[row])
        wide = cell_len(cell.plain)
        if wide > width:
            cell = cell.copy()
            cell.truncate(width, overflow="ellipsis")
            wide = cell_len(cell.plain)
        under = number == self._column and row in (None, self._row)
        style = chosen if under else base
        blank = " " * (width - wide)
        before, after = (" " + blank, " ") if column.right else (" ", blank + " ")
        return [Segment(before, style), *_segments(cell, style, plain=under), Segment(after, style)]

    # what keys and the mouse do

    def action_move(self, down: int, right: int) -> None:
        self.move_to(self._row + down, self._column + right)

    def action_page(self, by: int) -> None:
        lines = max(1, self._lines - 1)
        top = max(0, min(round(self.scroll_y) + by * lines, self.max_scroll_y))
        self.scroll_to(y=top, animate=False, force=True)
        self.move_to(self._row + by * lines, self._column)

    def action_edge(self, to: int) -> None:
        self.move_to(0 if to < 0 else len(self._records) - 1, self._column)

    def action_choose(self) -> None:
        self.post_message(self.Chosen())

    def move_to(self, row: int, column: int | None = None) -> None:
        """Set the cursor, and bring it into view."""
        before, at = self._row, self._column
        self._row = max(0, min(row, len(self._records) - 1))
        if column is not None:
            self._column = max(0, min(column, len(self._columns) - 1))
        if not self._into_view():
            top, width = round(self.scroll_y) - 1, self.size.width
            lines = {before - top, self._row - top, *([0] if self._column != at else [])}
            self.refresh(*(Region(0, line, width, 1) for line in lines))

    @property
    def _lines(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _into_view(self) -> bool:
        """Whether it had to scroll: then everything is drawn anyway."""
        if not self._widths:
            return False
        y = min(max(round(self.scroll_y), self._row - self._lines + 1), self._row)
        x, fixed = round(self.scroll_x), self._widths[0] + 2
        if self._column > 0:
            left = sum(self._widths[1 : self._column]) + 2 * (self._column - 1)
            right = left + self._widths[self._column] + 2
            room = max(1, self.scrollable_content_region.width - fixed)
            x = left if left < x or right - left > room else max(x, right - room)
        else:
            x = 0
        if (x, y) != (round(self.scroll_x), round(self.scroll_y)):
            self.scroll_to(x, y, animate=False, force=True)
            return True
        return False

    def on_key(self, event: Key) -> None:
        if self._takes(event):
            event.stop()
            event.prevent_default()

    def on_click(self, event: Click) -> None:
        """A click sets the cursor; on the cursor it opens; on a heading it sorts."""
        at = event.get_content_offset(self)
        if at is None or not self._widths:
            return
        column = self._column_at(at.x)
        if at.y == 0:
            self.post_message(self.HeadingChosen(column))
            return
        row = at.y - 1 + round(self.scroll_y)
        if row >= len(self._records):
            return
        was = (self._row, self._column)
        self.move_to(row, column)
        if was == (row, column):
            self.action_choose()

    def _column_at(self, x: int) -> int:
        if x >= self._widths[0] + 2:
            x += round(self.scroll_x)
        end = 0
        for number, width in enumerate(self._widths):
            end += width + 2
            if x < end:
                return number
        return len(self._widths) - 1


def _segments(cell: Text, style: Style, *, plain: bool) -> list[Segment]:
    """A cell in its colours over a style; under the cursor without them, so that it is read on any ground."""
    if plain:
        return [Segment(cell.plain, style)]
    own = Style.parse(cell.style) if isinstance(cell.style, str) else cell.style
    if not cell.spans:
        return [Segment(cell.plain, style + own)]
    found, at = list[Segment](), 0
    for span in cell.spans:  # cells are put together by appending: their spans do not overlap
        over = Style.parse(span.style) if isinstance(span.style, str) else span.style
        found += [
            Segment(cell.plain[at : span.start], style + own),
            Segment(cell.plain[span.start : span.end], style + own + over),
        ]
        at = span.end
    return [*found, Segment(cell.plain[at:], style + own)]
