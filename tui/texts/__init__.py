"""What the dashboard says, in English and Chinese. Every key stands in both tables."""

from __future__ import annotations

import os
from typing import Final

from tui.texts.chinese import CHINESE
from tui.texts.english import ENGLISH

TABLES: Final = {"en": ENGLISH, "zh": CHINESE}
DEFAULT: Final = "en"


def language() -> str:
    """`QUANTOS_LANG` where it names a language that is spoken here, else English."""
    wanted = os.environ.get("QUANTOS_LANG", "").strip().lower()[:2]
    return wanted if wanted in TABLES else DEFAULT


def say(key: str, /, **fields: object) -> str:
    """The text of a key in the present language; raises KeyError for one that is in no table."""
    return TABLES[language()][key].format(**fields)


def word(kind: str, value: str) -> str:
    """A word of the API, such as a state, as people read it; as it stands where it has no text."""
    return TABLES[language()].get(f"{kind}.{value}", value.replace("_", " "))
