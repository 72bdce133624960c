"""The dashboard's two languages say the same things."""

from __future__ import annotations

from string import Formatter

from tui.texts.chinese import CHINESE
from tui.texts.english import ENGLISH


def test_every_text_stands_in_both_languages_with_the_same_fields() -> None:
    assert set(CHINESE) == set(ENGLISH)
    for key, english in ENGLISH.items():
        assert _fields(CHINESE[key]) == _fields(english), key


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
