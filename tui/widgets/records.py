"""A table of records that keeps its place: the same rows stay selected and in view when new values come."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.coordinate import Coordinate
from textual.events import Key
from textual.fuzzy import Matcher
from textual.message import Message
from textual.widgets import DataTable, Input, Label

from tui.screens.report import Report
from tui.texts import say

Record = Mapping[str, Any]


def _plain(value: Any) -> Text:
    return Text("" if value is None else str(value))


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `of`: the value that is sorted, exported and shown; `shown`: how a person reads it."""

    key: str
    of: Callable[[Record], Any]
    shown: Callable[[Any], Text] = _plain
    right: bool = False


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
        self._placed: dict[str, Record] = {}
        self._sorted_by: tuple[Column, bool] | None = None
        self._filter = ""
        self._jumps = False

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="cell", zebra_stripes=True)
        yield Label("", classes="note")
        field = Input(placeholder=say("table.filter"), classes="filter")
        field.display = False
        yield field

    def on_mount(self) -> None:
        for column in self._columns:
            self.table.add_column(self._heading(column), key=column.key)

    @property
    def table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    @property
    def selected(self) -> Record | None:
        """The record under the cursor."""
        if not self.table.is_valid_row_index(self.table.cursor_row):
            return None
        key = self.table.coordinate_to_cell_key(Coordinate(self.table.cursor_row, 0)).row_key.value
        return None if key is None else self._placed[key]

    def draw_again(self) -> None:
        """The same records in other colours."""
        self._rebuild(self._placed)

    def focus_table(self) -> None:
        self.table.focus()

    def show(self, records: Sequence[Record]) -> None:
        """These are the records now."""
        self._records = list(records)
        self._place()

    # what stands where

    def _place(self) -> None:
        chosen = self._chosen()
        wanted = {str(record[self._identity]): record for record in chosen}
        if list(wanted) == list(self._placed):
            self._update(wanted)
        else:
            self._rebuild(wanted)
        self._placed = wanted
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

    def _line(self, record: Record) -> str:
        return " ".join(column.shown(column.of(record)).plain for column in self._columns)

    def _cells(self, record: Record) -> list[Text]:
        cells = [column.shown(column.of(record)) for column in self._columns]
        for column, cell in zip(self._columns, cells, strict=True):
            if column.right:
                cell.justify = "right"
        return cells

    def _update(self, wanted: Mapping[str, Record]) -> None:
        """The rows are the same: only what changed is written."""
        widths = {each.value: column.content_width for each, column in self.table.columns.items()}
        wider: dict[str, tuple[str, Text]] = {}
        for key, record in wanted.items():
            before = self._placed[key]
            if before == record:
                continue
            for column, cell in zip(self._columns, self._cells(record), strict=True):
                if column.of(before) != column.of(record):
                    self.table.update_cell(key, column.key, cell)
                if cell.cell_len > widths[column.key]:
                    widths[column.key], wider[column.key] = cell.cell_len, (key, cell)
        for column_key, (key, cell) in wider.items():  # once a column: all of it is measured
            self.table.update_cell(key, column_key, cell, update_width=True)

    def _rebuild(self, wanted: Mapping[str, Record]) -> None:
        table, before = self.table, self.selected
        at, scroll = table.cursor_coordinate, table.scroll_offset
        with self.app.batch_update():
            table.clear()
            for key, record in wanted.items():
                table.add_row(*self._cells(record), key=key)
            row = at.row
            if before is not None and (key := str(before[self._identity])) in wanted:
                row = table.get_row_index(key)
            table.move_cursor(row=min(row, max(len(wanted) - 1, 0)), column=at.column, scroll=False)
            table.scroll_to(*scroll, animate=False, force=True)

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

    def _heading(self, column: Column) -> Text:
        mark = ""
        if self._sorted_by is not None and self._sorted_by[0] is column:
            mark = " ▼" if self._sorted_by[1] else " ▲"
        return Text(say(f"column.{column.key}") + mark)

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
        for each in self._columns:
            self.table.columns[
                next(k for k in self.table.columns if k.value == each.key)
            ].label = self._heading(each)
        self._placed_anew()

    def _placed_anew(self) -> None:
        self._place()
        self.table.refresh()

    def action_filter(self) -> None:
        field = self.query_one(Input)
        field.display = True
        field.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the screen's, where there is no filter to take away."""
        if action == "unfilter":
            return bool(self._filter) or self.query_one(Input).display
        return super().check_action(action, parameters)

    def action_jump(self) -> None:
        """The next letter leads to the next row whose cell in this column begins with it."""
        self._jumps = True

    def on_key(self, event: Key) -> None:
        if self._jumps:
            self._jumps = False
            if event.character and event.character.isprintable():
                event.stop()
                event.prevent_default()
                self._jump(event.character.lower())

    def _jump(self, letter: str) -> None:
        table, count = self.table, self.table.row_count
        for step in range(1, count + 1):
            row = (table.cursor_row + step) % count
            if (
                table.get_cell_at(Coordinate(row, table.cursor_column))
                .plain.strip()
                .lower()
                .startswith(letter)
            ):
                table.move_cursor(row=row)
                return

    def action_show_row(self) -> None:
        """Every value of the row in full."""
        if (record := self.selected) is not None:
            lines = Text()
            for column, cell in zip(self._columns, self._cells(record), strict=True):
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

    @on(DataTable.HeaderSelected)
    def _heading_chosen(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        self.sort_by(self._columns[event.column_index])

    @on(DataTable.CellSelected)
    def _chosen_cell(self, event: DataTable.CellSelected) -> None:
        event.stop()
        if (record := self.selected) is not None:
            self.post_message(self.Opened(self, record))

    def action_copy_cell(self) -> None:
        if (record := self.selected) is not None:
            column = self._columns[self.table.cursor_column]
            self._copy(column.shown(column.of(record)).plain)

    def action_copy_row(self) -> None:
        if (record := self.selected) is not None:
            self._copy("\t".join(cell.plain for cell in self._cells(record)))

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
                writer.writerows(
                    [column.of(record) for column in self._columns] for record in self._placed.values()
                )
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
