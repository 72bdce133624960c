"""The catalogue of texts: complete, in both languages, in the reader's."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import quantos.cli
from quantos.cli.demo.agents import AGENTS
from quantos.cli.texts import TEXTS, language, say
from quantos.market.core.boards import Board
from quantos.settlement.core.facts import Reason

SOURCES = [file.read_text() for file in Path(quantos.cli.__file__).parent.rglob("*.py")]


NO_NUMBER = {"demo.too_short"}
"""Where what stands before the plural is a path."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_take_the_same_values(key: str) -> None:
    english, chinese = TEXTS[key]
    assert placeholders(english) == placeholders(chinese)


def test_every_text_that_is_asked_for_exists() -> None:
    asked = {key for source in SOURCES for key in re.findall(r'say\(\s*"([a-z_.-]+)"', source)}
    assert asked
    assert asked - TEXTS.keys() == set()


def test_every_reason_and_every_strategy_has_its_words() -> None:
    wanted = {f"demo.reason.{reason.name}" for reason in Reason if reason is not Reason.NONE}
    wanted |= {f"demo.what.{agent.slug}" for agent in AGENTS}
    wanted |= {f"demo.sum.{reason.name}" for reason in Reason if reason is not Reason.NONE}
    wanted |= {f"market.board.{board.name.lower()}" for board in Board}
    assert wanted - TEXTS.keys() == set()


@pytest.mark.parametrize("count", [1, "1", 2, "1,001", 0])
def test_one_is_no_plural(english: None, count: int | str) -> None:
    said = say("restate.changed", days=count, strategies=count, bars=count, actions=count)
    one = str(count) == "1"
    assert said.startswith(
        f"{count} {'strategy-day comes' if one else 'strategy-days come'} out otherwise,"
        f" of {count} {'strategy' if one else 'strategies'}; {count} {'bar' if one else 'bars'} and "
    )


def test_no_english_text_says_one_of_several(english: None) -> None:
    """A number before a plural has both forms in the text."""
    things = (
        "strategies|rows|days|files|symbols|bars|instruments|jobs|signals|orders|curves|commits|steps|positions|actions"
        "|calls|shuffles|strategy-days"
    )
    plain = re.compile(rf"(?<!than )\{{[a-z_]+\}} (?:[a-z]+ )?(?:{things})\b")
    assert {key for key, (words, _) in TEXTS.items() if plain.search(words)} == NO_NUMBER


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"QUANTOS_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"QUANTOS_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_readers(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("QUANTOS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_a_text_carries_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTOS_LANG", "zh")
    assert say("serve.in_use", host="127.0.0.1", port=8000).startswith("127.0.0.1 的端口 8000 已被占用")
