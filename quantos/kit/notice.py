"""A line at the head of every page for people: what the platform says of its edition, where it has to.

A page asks with each request, so that it says what holds now.
"""

from __future__ import annotations

import html
from collections.abc import Callable

Notice = Callable[[str], str | None]
"""From a page's language to the line; None: nothing is said."""


def silent(_: str) -> None:
    """Of a platform that has nothing to say."""


def shown(notice: Notice, lang: str) -> str:
    """The line, to stand first in a body; nothing where nothing is said. It needs no style, which policies forbid."""
    said = notice(lang)
    return "" if said is None else f'<p role="note" lang="{lang}"><mark>{html.escape(said)}</mark></p>\n'
