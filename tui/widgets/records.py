"""A table of records that keeps its place: the same rows stay selected and in view when new values come."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Key
from textual.fuzzy import Matcher
from textual.message import Message
from textual.widgets import Input, Label

from tui.screens.report import Report
from tui.texts import say
from tui.widgets.columns import Column, Record
from tui.widgets.grid import Grid


class Records(Vertical):
    """Records in a table with sorting, a fuzzy filter, copying and export.

    `identity`: the field that tells a record from the others. `empty`: what is said where there are none.
    """

    BINDINGS: ClassVar[list[Any]] = [
        Binding("slash", "filter", say("key.filter"), key_display="/"),
        Binding("s", "sort", say("key.sort")),
        Binding("y", "copy_cell", say("key.copy_cell"), show=False),
        Binding("c", "copy_row", say("key.copy_row"), show=False),
        Binding("f", "jump", say("key.jump"), show=False),
        Binding("i", "show_row", say("key.show_row"), show=False),
        Binding("e", "export", say("key.export"), show=False),
        Binding("escape", "unfilter", show=False),
    ]

    @dataclass
    class Opened(Message):
        """A record was chosen."""

        records: Records
        record: Record

        @property
        def control(self) -> Records:
            return self.records

    def __init__(self, columns: Sequence[Column], identity: str, empty: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns, self._identity, self._empty = list(columns), identity, empty
        self._records: list[Record] = []
        self._placed: list[Record] = []
        self._sorted_by: tuple[Column, bool] | None = None
        self._filter = ""
        self._jumps = False

    def compose(self) -> ComposeResult:
        yield Grid(self._columns, self._headings(), self._takes)
        yield Label("", classes="note")
        field = Input(placeholder=say("table.filter"), classes="filter")
        field.display = False
        yield field

    @property
    def table(self) -> Grid:
        return self.query_one(Grid)

    @property
    def selected(self) -> Record | None:
        """The record under the cursor."""
        return self._placed[self.table.cursor_row] if self._placed else None

    @property
    def placed(self) -> Sequence[Record]:
        """The records that are shown, in their order."""
        return self._placed

    def draw_again(self) -> None:
        """The same records in other colours."""
        self.table.draw_again()

    def focus_table(self) -> None:
        self.table.focus()

    def show(self, records: Sequence[Record]) -> None:
        """These are the records now."""
        self._records = list(records)
        self._place()

    # what stands where

    def _place(self) -> None:
        """The record under the cursor stays under it, where it is still there."""
        before, row = self.selected, self.table.cursor_row
        self._placed = self._chosen()
        if before is not None:
            identity = before[self._identity]
            found = (n for n, record in enumerate(self._placed) if record[self._identity] == identity)
            row = next(found, row)
        self.table.show(self._placed, row, self._headings())
        self._note()

    def _chosen(self) -> list[Record]:
        """The records that fit the filter, in their order."""
        chosen = self._records
        if self._filter:
            matcher = Matcher(self._filter)
            rated = [(matcher.match(self._line(record)), record) for record in chosen]
            chosen = [record for score, record in rated if score > 0]
        if self._sorted_by is not None:
            column, descending = self._sorted_by
            there = [record for record in chosen if column.of(record) is not None]
            without = [record for record in chosen if column.of(record) is None]
            chosen = sorted(there, key=column.of, reverse=descending) + without
        return list(chosen)

    def _line(self, record: Record, between: str = " ") -> str:
        return between.join(column.cell(record).plain for column in self._columns)

    def _note(self) -> None:
        said = ""
        if not self._records:
            said = self._empty
        elif not self._placed:
            said = say("table.nothing_fits")
        elif self._filter:
            shown = say("table.shown", shown=len(self._placed), total=len(self._records))
            said = f"/{self._filter}   {shown}"
        note = self.query_one(".note", Label)
        note.update(said)
        note.display = bool(said)

    def _headings(self) -> list[str]:
        return [say(f"column.{column.key}") + self._mark(column) for column in self._columns]

    def _mark(self, column: Column) -> str:
        if self._sorted_by is None or self._sorted_by[0] is not column:
            return ""
        return " ▼" if self._sorted_by[1] else " ▲"

    # what keys do

    def action_sort(self) -> None:
        """By the column under the cursor: down, up, as it came."""
        column = self._columns[self.table.cursor_column]
        self.sort_by(column)

    def sort_by(self, column: Column) -> None:
        by = self._sorted_by
        if by is None or by[0] is not column:
            self._sorted_by = column, True
        else:
            self._sorted_by = (column, False) if by[1] else None
        self._place()

    def action_filter(self) -> None:
        field = self.query_one(Input)
        field.display = True
        self.screen.set_focus(field)

    def _takes(self, event: Key) -> bool:
        """Whether it is the table's own. Keys can come faster than the focus moves, as when a line is pasted: from `/`
        on they are the filter's, and none of them does what it does elsewhere.
        """
        field = self.query_one(Input)
        if field.display:
            field.post_message(copy(event))
        elif self._jumps:
            self._jumps = False
            if not event.is_printable:
                return False
            self._jump(str(event.character).lower())
        elif event.key == "slash":
            self.action_filter()
        elif event.key == "f":
            self.action_jump()
        else:
            return False
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the screen's, where there is no filter to take away."""
        if action == "unfilter":
            return bool(self._filter) or self.query_one(Input).display
        return super().check_action(action, parameters)

    def action_jump(self) -> None:
        """The next letter leads to the next row whose cell in this column begins with it."""
        self._jumps = True

    def _jump(self, letter: str) -> None:
        table, count = self.table, len(self._placed)
        column = self._columns[table.cursor_column]
        for step in range(1, count + 1):
            row = (table.cursor_row + step) % count
            if column.cell(self._placed[row]).plain.strip().lower().startswith(letter):
                table.move_to(row)
                return

    def action_show_row(self) -> None:
        """Every value of the row in full."""
        if (record := self.selected) is not None:
            lines = Text()
            for column in self._columns:
                cell = column.cell(record)
                lines.append(say(f"column.{column.key}") + "  ", "dim").append_text(cell).append("\n")
            self.app.push_screen(Report(say("key.show_row"), lines))

    def action_unfilter(self) -> None:
        field = self.query_one(Input)
        field.value, field.display = "", False
        self.table.focus()

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._filter = event.value.strip()
        self._place()

    @on(Input.Submitted)
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(Input).display = False
        self.table.focus()

    @on(Grid.HeadingChosen)
    def _heading_chosen(self, event: Grid.HeadingChosen) -> None:
        event.stop()
        self.sort_by(self._columns[event.column])

    @on(Grid.Chosen)
    def _chosen_cell(self, event: Grid.Chosen) -> None:
        event.stop()
        if (record := self.selected) is not None:
            self.post_message(self.Opened(self, record))

    def action_copy_cell(self) -> None:
        if (record := self.selected) is not None:
            column = self._columns[self.table.cursor_column]
            self._copy(column.cell(record).plain)

    def action_copy_row(self) -> None:
        if (record := self.selected) is not None:
            self._copy(self._line(record, "\t"))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(say("app.copied", what=text))

    def action_export(self) -> None:
        """The rows that are shown, with their whole values, to a file of the working directory."""
        path = _free(Path.cwd() / f"quantos-{self.id}.csv")
        try:
            with path.open("x", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(column.key for column in self._columns)
                writer.writerows([column.of(record) for column in self._columns] for record in self._placed)
        except OSError as error:
            self.notify(say("app.not_exported", path=path, reason=error.strerror), severity="error")
            return
        self.notify(say("app.exported", rows=len(self._placed), path=path))


def _free(path: Path) -> Path:
    """The path, or the first with a number that is not taken."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
