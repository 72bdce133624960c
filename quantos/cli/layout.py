"""Text that fits the terminal: Chinese characters are two cells wide, and may be parted anywhere.

Without Rich, because `--help` is shown without it.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

WIDTH_OF_A_PIPE: Final = 160
"""Nobody looks at a pipe through a window: wide lines, so that nothing is parted that a program may look for."""

NARROW: Final = 40
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_JOINTS: Final = re.compile(r"[^/_.-]*[/_.-]+|[^/_.-]+")
GAP: Final = 2
CLOSING: Final = "，。、；：！？）」%,.;:!?)"
OPENING: Final = "（「("
"""What may not begin a line, and what may not end one."""


def clean(text: str) -> str:
    """The text without control characters but line ends: it may quote a file or a person, and they move no cursor."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def screen_width() -> int:
    """Cells of a line: COLUMNS, else the terminal's, else those of a pipe."""
    if os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty():
        return max(NARROW, shutil.get_terminal_size().columns)
    return WIDTH_OF_A_PIPE


def cells(text: str) -> int:
    """How many cells a text takes."""
    return sum(_cells(character) for character in text)


def padded(text: str, width: int) -> str:
    """The text with spaces after it, up to `width` cells."""
    return text + " " * max(0, width - cells(text))


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, none wider than `width` cells unless a single word is."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def parted(name: str, width: int) -> str:
    """The name of a file on lines of at most `width` cells, parted where it has a joint; a longer piece stays whole."""
    lines = [""]
    for piece in _JOINTS.findall(name):
        if lines[-1] and cells(lines[-1] + piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def listed(pairs: Sequence[tuple[str, str]], width: int, *, indent: int = 2, name_max: int = 30) -> list[str]:
    """Names and what they mean, in two columns; a name that is too long has a line to itself."""
    first = max((cells(name) for name, _ in pairs if cells(name) <= name_max), default=name_max)
    column = indent + first + GAP
    lines = []
    for name, meaning in pairs:
        texts = wrapped(meaning, max(NARROW // 2, width - column))
        head = " " * indent + name
        if cells(name) > first:
            lines.append(head)
            head = ""
        lines.append((padded(head, column) + texts[0]).rstrip())
        lines += [" " * column + text for text in texts[1:]]
    return lines


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _pieces(text: str) -> Iterable[str]:
    """Where a line may end: after a space, and beside a wide character, but not before what closes."""
    piece = ""
    for character in text:
        if piece and _may_end(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _may_end(last: str, following: str) -> bool:
    if following == " " or following in CLOSING or last in OPENING:
        return False
    return last == " " or _cells(last) == 2 or _cells(following) == 2
