"""What the verifier says, in English and Chinese, found by key."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from quantos.verification.core.history import Fault
from quantos.verification.core.trading_days import SHANGHAI
from quantos.verification.offline.texts_findings import FINDINGS
from quantos.verification.offline.texts_repository import FAULTS
from quantos.verification.offline.texts_screen import SCREEN
from quantos.verification.offline.texts_steps import STEPS

TEXTS: Final[dict[str, tuple[str, str]]] = STEPS | FAULTS | FINDINGS | SCREEN
ENGLISH: Final = "en"
CHINESE: Final = "zh"
LANGUAGES: Final = (ENGLISH, CHINESE)
_SHOWN_OF: Final = {40: 12, 64: 16}
"""Digits that people compare of a commit's name and of a hash."""
_HEX: Final = re.compile(r"[0-9a-f]+")


def language(environment: Mapping[str, str] = os.environ) -> str:
    """`en` or `zh`: QUANTOS_LANG, else the terminal's."""
    for variable in ("QUANTOS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "")
        if value:
            return CHINESE if value.lower().startswith(CHINESE) else ENGLISH
    return ENGLISH


class Speaker:
    """Says texts in one language."""

    def __init__(self, spoken: str) -> None:
        self.language = spoken

    def say(self, key: str, /, **values: Any) -> str:
        """The text of a key, with values as people read them."""
        text = TEXTS[key][self.language == CHINESE]
        return text.format(**{name: self.shown(value) for name, value in values.items()})

    def name(self, kind: str, word: str) -> str:
        """The name of a word that a document uses; of one that is not known here, the word itself."""
        key = f"{kind}.{word}"
        return self.say(key) if key in TEXTS else word

    def shown(self, value: Any) -> str:
        """A value as a person reads it: instants in Shanghai, commits short."""
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, Fault):
            return self.say(f"fault.{value}")
        if isinstance(value, datetime):
            return _in_shanghai(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, timedelta):
            return self.duration(value)
        return str(value)

    def duration(self, span: timedelta) -> str:
        """The two largest units of a span: 12 d 3 h."""
        seconds = int(span.total_seconds())
        units = ((86_400, "d", "天"), (3_600, "h", "小时"), (60, "min", "分"), (1, "s", "秒"))
        parts: list[str] = []
        for size, english, chinese in units:
            count, seconds = divmod(seconds, size)
            if count or (parts and len(parts) < 2) or size == 1:
                parts.append(f"{count} {chinese if self.language == CHINESE else english}")
            if len(parts) == 2:
                break
        return " ".join(parts)


def _in_shanghai(instant: datetime) -> str:
    try:
        local = instant.astimezone(SHANGHAI)
    except OverflowError:  # in the last hours of the year 9999
        return instant.isoformat()
    fraction = f".{local:%f}"[:4] if local.microsecond else ""
    return f"{local:%Y-%m-%d %H:%M:%S}{fraction} +08:00"


def short(text: str) -> str:
    """The name of a commit, or a hash, as people compare it; any other text as it is."""
    if len(text) not in _SHOWN_OF or not _HEX.fullmatch(text):
        return text
    return text[: _SHOWN_OF[len(text)]] + ("…" if len(text) == 64 else "")
