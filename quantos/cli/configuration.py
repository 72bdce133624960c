"""The settings a command runs with: environment and `.env`, then the command's own options."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from quantos.cli.texts import LANGUAGES, chosen_language, say, unfit
from quantos.errors import WrongState

if TYPE_CHECKING:
    from quantos.settings import Settings

PREFIX: Final = "QUANTOS_"
OF_AGENTS: Final = ("QUANTOS_URL", "QUANTOS_OPERATOR_TOKEN")
"""Not the platform's, but what programs that speak to it are told by."""

OF_THE_TESTS: Final = ("QUANTOS_SHARED", "QUANTOS_CI_REAL", "QUANTOS_HYPOTHESIS", "QUANTOS_BENCH_")
"""Variables that are no settings and mean something all the same."""

EMPTY: Final = "'', "
"""How pydantic begins the list of what is permitted, where that begins with nothing at all."""


class BadSettings(WrongState):
    code = "bad_settings"


def load(data_dir: Path | None = None, **options: Any) -> Settings:
    """Raises BadSettings naming each variable that cannot be used. Options that are None are not given.

    A variable that looks like a setting and is none is named on stderr, once.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - a third of the time that --help may take

    from quantos.settings import Settings  # noqa: PLC0415

    warn_of_unknown_variables()
    given = {name: value for name, value in {"data_dir": data_dir, **options}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        found = say("semicolon").join(
            f"{PREFIX}{str(item['loc'][0]).upper()}{say('colon')}{_in_words(item)}"
            for item in error.errors(include_url=False)
        )
        raise BadSettings(say("settings.bad", found=found)) from None


def refuse_unfit_language() -> None:
    """Raises BadSettings where QUANTOS_LANG names no language of ours: commands without settings speak one too."""
    if chosen_language() not in {"", *LANGUAGES}:
        load()


def _in_words(error: Any) -> str:
    """As the API says it, where it knows the kind."""
    from quantos.kit.findings import WORDS  # noqa: PLC0415 - see load

    kind, terms = error["type"], dict(error.get("ctx", {}))
    english = str(terms["error"]) if kind == "value_error" else WORDS.get(kind, str(error["msg"]))
    expected = str(terms.get("expected", ""))
    if not expected.startswith(EMPTY):
        return unfit(kind, english, terms)
    words = unfit(kind, english, {"expected": expected.removeprefix(EMPTY)})
    return say("settings.or_empty", words=words)


@cache
def warn_of_unknown_variables() -> None:
    """Name what is set and does nothing, with the setting that was probably meant; once a process."""
    from quantos.settings import Settings  # noqa: PLC0415 - see load

    known = [PREFIX + name.upper() for name in Settings.model_fields]
    known += OF_AGENTS
    for name, meant in unknown_variables({**os.environ, **from_env_file()}, known).items():
        hint = say("settings.meant", meant=meant) if meant else say("settings.see")
        sys.stderr.write(f"quantos: {say('settings.unknown', name=name)}{hint}\n")


def unknown_variables(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Each variable that begins like a setting and is none, with the nearest known name or nothing."""
    known = list(known)
    strange = sorted(
        name
        for name in names
        if name.upper().startswith(PREFIX)
        and name.upper() not in known
        and not name.upper().startswith(OF_THE_TESTS)
    )
    return {name: _nearest(name, known) for name in strange}


def _nearest(name: str, known: list[str]) -> str:
    """Nearness is that of what follows the prefix, which all have in common."""
    import difflib  # noqa: PLC0415 - loaded where it is used

    tails = [candidate.removeprefix(PREFIX) for candidate in known]
    found = difflib.get_close_matches(name.upper().removeprefix(PREFIX), tails, 1)
    return PREFIX + found[0] if found else ""


def from_env_file() -> dict[str, str]:
    """What the `.env` of the working directory sets."""
    if not Path(".env").is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - as pydantic-settings reads it

    return {name: value or "" for name, value in dotenv_values(".env").items()}
