"""Text for a terminal: widths in columns, wrapping, colours where somebody looks."""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from typing import Final, TextIO

WIDTH_OF_A_PIPE: Final = 100
WIDTH_MIN: Final = 40
_COLOURS: Final = {"green": "32", "red": "31;1", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TOKENS: Final = re.compile(r"\s+|[^\s\u2e80-\u9fff\uff00-\uffef]+|.")


class Terminal:
    """Where the report is written. Nothing that a document says can reach it as a control sequence."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        is_terminal = stream.isatty()
        self._coloured = is_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        columns = shutil.get_terminal_size((WIDTH_OF_A_PIPE, 24)).columns if is_terminal else WIDTH_OF_A_PIPE
        self.width = max(columns, WIDTH_MIN)
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")

    def line(self, text: str = "") -> None:
        self._stream.write(text.rstrip() + "\n")

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self._coloured else text

    def mark(self, symbol: str, plain: str) -> str:
        """A symbol, or what stands for it where the terminal cannot show it."""
        try:
            symbol.encode(self._stream.encoding or "utf-8")
        except UnicodeEncodeError:
            return plain
        return symbol

    def paragraph(self, text: str, indent: int = 0, *, hang: int = 0, colour: str = "") -> None:
        """Wrapped text; its later lines stand `hang` columns further in."""
        for place, row in enumerate(wrapped(clean(text), self.width - indent - hang)):
            before = " " * (indent + (hang if place else 0))
            self.line(before + (self.paint(row, colour) if colour else row))

    def columns(self, cells: list[tuple[str, int]], colour: str = "") -> None:
        """One row of cells of fixed widths; a negative width aligns to the right."""
        row = "  ".join(_padded(clean(text), width) for text, width in cells)
        self.line(self.paint(row, colour) if colour else row)


def clean(text: str) -> str:
    """Text without control characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def width_of(text: str) -> int:
    """Columns that a text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def wrapped(text: str, width: int) -> Iterator[str]:
    """Rows of at most `width` columns: broken at spaces, in Chinese anywhere, in long words where they must."""
    row = ""
    for token in _TOKENS.findall(text):
        if width_of(row) + width_of(token.rstrip()) > width and row.strip():
            yield row.rstrip()
            row = ""
        piece = token if row else token.lstrip()
        while width_of(piece) > width:
            head = _fitting(piece, width)
            yield head
            piece = piece[len(head) :]
        row += piece
    if row.strip():
        yield row.rstrip()


def cut(text: str, width: int) -> str:
    """A text that fits, its end left out where it must be."""
    return text if width_of(text) <= width else _fitting(text, width - 1) + "…"


def _fitting(text: str, width: int) -> str:
    taken = ""
    for character in text:
        if width_of(taken) + width_of(character) > width:
            break
        taken += character
    return taken or text[:1]


def _padded(text: str, width: int) -> str:
    fill = " " * (abs(width) - width_of(text))
    return fill + text if width < 0 else text + fill


def progress(text: str) -> None:
    """A line on stderr that the next one overwrites, where somebody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{clean(text)}")
        sys.stderr.flush()
