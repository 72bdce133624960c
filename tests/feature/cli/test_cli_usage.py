"""A command line that is wrong: exit code 2, told in the reader's language."""

from __future__ import annotations

import re

import pytest

from quantos.cli.texts.usage import wrong_usage_in_chinese
from tests.feature.cli.conftest import Said

WRONG = [
    ("settle --nothing", "没有选项 --nothing"),
    ("settle --jsn", "没有选项 --jsn，相近的选项：--json"),
    ("market import", "缺少参数 路径"),
    ("factor report x", "缺少选项 --html"),
    ("settle --date", "选项 --date 需要一个值"),
    ("demo --once=3", "选项 --once 不带值"),
    ("market import a b c", "多余的参数：b c"),
    ("nonsense", "没有命令 nonsense"),
    ("setle", "没有命令 setle，相近的命令：'settle'"),
    ("settle --date x", "--date 的值不可用：'x' 不是日期"),
    ("settle --data-dir /etc/passwd", "--data-dir 的值不可用：/etc/passwd 是文件"),
    ("demo --seed 3 --market /tmp", "--seed 仅用于合成行情"),
]


@pytest.mark.parametrize(("line", "told"), WRONG)
def test_wrong_usage_is_told_in_chinese(said: Said, line: str, told: str) -> None:
    ended = said(*line.split(), QUANTOS_LANG="zh")
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not re.search("Error|Usage|Try|Invalid|Missing|No such", ended.err)


@pytest.mark.parametrize(("line", "told"), WRONG)
def test_and_in_english(said: Said, line: str, told: str) -> None:
    ended = said(*line.split())
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err
    assert told not in ended.err


def test_a_sentence_that_is_not_known_stays_as_it_is() -> None:
    assert wrong_usage_in_chinese("The moon is in the way.") == "The moon is in the way."


def test_a_group_without_a_command_shows_its_help_in_chinese(said: Said) -> None:
    ended = said("market", QUANTOS_LANG="zh")
    assert ended.code == 2
    assert "选项：" in ended.out + ended.err
