"""What customers read, in English and Chinese. The language is QUANTOS_LANG, else the terminal's.

A text is found by its key; both languages take the same placeholders, which a test holds.
"""

from __future__ import annotations

import os
from typing import Any, Final

from quantos.cli.texts.demo import DEMO
from quantos.cli.texts.doctor import DOCTOR
from quantos.cli.texts.serve import SERVE

CHINESE: Final = "zh"
ENGLISH: Final = "en"

TEXTS: Final[dict[str, tuple[str, str]]] = SERVE | DOCTOR | DEMO


def language() -> str:
    """`zh` or `en`."""
    for variable in ("QUANTOS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return CHINESE if value.lower().startswith(CHINESE) else ENGLISH
    return ENGLISH


def say(key: str, /, **values: Any) -> str:
    """The text of a key in the reader's language."""
    english, chinese = TEXTS[key]
    return (chinese if language() == CHINESE else english).format(**values)
