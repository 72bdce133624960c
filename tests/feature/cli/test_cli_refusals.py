"""What is refused at the terminal is told in the reader's language, from the sentences that the platform says."""

from __future__ import annotations

import ast
import fcntl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from quantos.cli.texts.refusals import REFUSALS, refusal_in_chinese
from tests.feature.cli.conftest import Run
from tests.support.served import ROOT

ALL_TRANSLATED = (
    "cli/calendar.py",
    "cli/reach.py",
    "market/importing/bars.py",
    "market/importing/files.py",
    "market/importing/frame.py",
    "market/importing/lists.py",
    "market/importing/scales.py",
    "settlement/restate.py",
    "settlement/service.py",
    "storage/backup.py",
    "storage/directory.py",
    "storage/migrate.py",
    "storage/restore.py",
    "storage/series.py",
    "storage/series_schema.py",
)
"""Where what is refused is met at the terminal: every sentence of theirs has its Chinese."""

NO_SENTENCE = {"{}: {}"}


def sentence(node: ast.AST) -> str | None:
    """A text of the code, `{}` where a value comes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


@cache
def said() -> frozenset[str]:
    """Every text that stands in the platform's code."""
    files = [file for part in ("quantos", "licensing") for file in (ROOT / part).rglob("*.py")]
    others = [file for file in files if "texts" not in file.parts]
    return frozenset(
        found
        for file in others
        for node in ast.walk(ast.parse(file.read_text()))
        if (found := sentence(node)) is not None
    )


def refused_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if ast.unparse(node.exc.func) in {"ValueError", "TypeError", "AssertionError"}:
                continue
            yield from filter(None, map(sentence, node.exc.args))


def test_each_sentence_is_one_that_the_platform_says() -> None:
    assert [english for english in REFUSALS if english not in said()] == []


@pytest.mark.parametrize("name", ALL_TRANSLATED)
def test_whatever_is_refused_where_customers_meet_it_has_its_chinese(name: str) -> None:
    sentences = set(refused_in(ROOT / "quantos" / name)) - NO_SENTENCE
    assert sentences, "the gate looks at something"
    assert sentences - REFUSALS.keys() == set()


def test_each_sentence_keeps_all_its_values() -> None:
    for english, chinese in REFUSALS.items():
        places = [name for _, name, _, _ in Formatter().parse(chinese) if name is not None]
        assert sorted(places) == [str(number) for number in range(english.count("{}"))], english
        filled = english.format(*(f"v{number}" for number in range(english.count("{}"))))
        told = refusal_in_chinese(filled)
        assert told == chinese.format(*(f"v{number}" for number in range(english.count("{}")))), english
        assert not told.isascii()


def test_a_sentence_within_a_sentence_is_told_too() -> None:
    told = refusal_in_chinese(
        "the licence is not installed: the licence's last day was 2026-01-31: renew it, and drop the new file in"
    )
    assert told == "许可证未安装：许可证已于 2026-01-31 到期：请续期并放入新文件"
    several = (
        "a/cal.csv: line 2 has 1 cells, the first line names 2 columns: it is cut off, or a comma is missing or too many;"
        " fetch it again; b.csv: its columns (symbol, date, open) are none that the market stores"
    )
    assert refusal_in_chinese(several) == (
        "a/cal.csv：第 2 行有 1 个单元格，而首行有 2 列：文件不完整，或缺少或多出逗号；请重新获取；"
        "b.csv：其列（symbol, date, open）不属于任何一种行情数据"
    )
    half = f"{several}; and what nobody has translated"
    assert refusal_in_chinese(half) == half, "half a sentence is no sentence"
    known = refusal_in_chinese("reason: a reason has 1 to 500 characters")
    assert known == "reason：原因须为 1 至 500 个字符"
    assert refusal_in_chinese("what nobody has translated") == "what nobody has translated"


def test_a_directory_that_is_held_is_told_in_chinese(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = run("market", "status", data_dir=data, QUANTOS_LANG="zh")
    assert "没有数据目录" in made.err
    data.mkdir()
    with (data / "lock").open("w") as lock:
        lock.write("process 7 on here, since 2026-01-01T00:00:00Z")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        (tmp_path / "bars.csv").write_text("")
        told = run("market", "import", tmp_path / "bars.csv", data_dir=data, QUANTOS_LANG="zh")
    assert (told.code, told.out) == (1, "")
    assert "正由 进程 7（主机 here，自 2026-01-01T00:00:00Z 起） 使用：请先停止它" in told.err


def test_a_refused_import_a_closed_day_and_a_backup_in_the_way_are_told_in_chinese(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "bars.csv").write_text("")
    told = run("market", "import", tmp_path / "bars.csv", data_dir=tmp_path / "data", QUANTOS_LANG="zh")
    assert (told.code, "bars.csv 是空的：请重新获取" in told.err) == (1, True)
    told = run("settle", "--date", "2024-01-01", data_dir=tmp_path / "data", QUANTOS_LANG="zh")
    assert (told.code, "2024-01-01 不是交易日" in told.err) == (1, True)
    there = tmp_path / "there.zip"
    there.write_text("mine")
    told = run("backup", "create", there, data_dir=tmp_path / "data", QUANTOS_LANG="zh")
    assert (told.code, "已有同名文件：请换一个名称" in told.err) == (1, True)
