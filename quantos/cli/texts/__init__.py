"""What customers read, in English and Chinese. The language is QUANTOS_LANG, else the terminal's.

A text is found by its key; both languages take the same placeholders, which a test holds.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from quantos.cli.texts.appliance import APPLIANCE
from quantos.cli.texts.attestation import ATTESTATION
from quantos.cli.texts.backup import BACKUP
from quantos.cli.texts.commands import COMMANDS
from quantos.cli.texts.day import DAY
from quantos.cli.texts.demo import DEMO
from quantos.cli.texts.doctor import DOCTOR
from quantos.cli.texts.factors import FACTORS
from quantos.cli.texts.help import HELP
from quantos.cli.texts.license import LICENSE
from quantos.cli.texts.market import MARKET
from quantos.cli.texts.restate import RESTATE
from quantos.cli.texts.secrets import SECRETS
from quantos.cli.texts.serve import SERVE
from quantos.cli.texts.settings import SETTINGS, UNFIT

CHINESE: Final = "zh"
ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, CHINESE)

TEXTS: Final[dict[str, tuple[str, str]]] = (
    APPLIANCE
    | ATTESTATION
    | BACKUP
    | COMMANDS
    | LICENSE
    | MARKET
    | RESTATE
    | SECRETS
    | SERVE
    | SETTINGS
    | DOCTOR
    | DAY
    | DEMO
    | FACTORS
)


class _Counting(Formatter):
    """`{rows:row|rows}` is `1 row`, `2 rows`, `1,000 rows`."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, many, others = format_spec.partition("|")
        if not many:
            return str(super().format_field(value, format_spec))
        return f"{value} {one if str(value) == '1' else others}"


_COUNTING: Final = _Counting()


def language() -> str:
    """`zh` or `en`."""
    chosen = chosen_language()
    known = chosen if chosen.lower().startswith((CHINESE, ENGLISH)) else ""
    for value in (known, *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        if value:
            return CHINESE if value.lower().startswith(CHINESE) else ENGLISH
    return ENGLISH


def chosen_language() -> str:
    """QUANTOS_LANG as it is set, whether or not there is such a language."""
    return os.environ.get("QUANTOS_LANG", "") or _of_env_file()


@cache
def _of_env_file() -> str:
    """QUANTOS_LANG of the working directory's `.env`, read without what settings need to load."""
    file = Path(".env")
    if not file.is_file():
        return ""
    from dotenv import dotenv_values  # noqa: PLC0415 - only where there is a file

    return dotenv_values(file).get("QUANTOS_LANG") or ""


def say(key: str, /, **values: Any) -> str:
    """The text of a key in the reader's language."""
    english, chinese = TEXTS[key]
    return _COUNTING.vformat(chinese if language() == CHINESE else english, (), values)


def word(kind: str, name: str) -> str:
    """The reader's word for a name that the platform uses, `state.done`; the name itself where there is none."""
    key = f"{kind}.{name}"
    return say(key) if key in TEXTS else name


def unfit(kind: str, english: str, terms: dict[str, Any]) -> str:
    """Why a setting's value does not fit, in the reader's language: `english` is what is said of the kind."""
    chinese = UNFIT.get(english, UNFIT.get(kind)) if language() == CHINESE else None
    if chinese is None:
        return english.format_map(terms)
    listed = str(terms.get("expected", "")).replace(", ", "、").replace(" or ", " 或 ")
    return chinese.format_map({**terms, "expected": listed})


def refused(message: str) -> str:
    """A refusal, which the platform words in English, in the reader's language."""
    if language() != CHINESE:
        return message
    from quantos.cli.texts.refusals import refusal_in_chinese  # noqa: PLC0415 - only where something is refused

    return refusal_in_chinese(message)


def in_readers_language(help_text: str) -> str:
    """A help text, which stands in English beside its option, in the reader's language."""
    return HELP.get(help_text, help_text) if language() == CHINESE else help_text
