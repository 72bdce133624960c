"""`--help`, `-h` and `--version`: every command explains itself, in words, on 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from quantos import __version__
from quantos.cli.app import app
from quantos.cli.help import first_paragraph
from quantos.cli.layout import cells
from quantos.cli.texts.help import HELP
from quantos.settings import Settings
from tests.feature.cli.conftest import Said

COMMANDS = typer.main.get_command(app)


def paths(command: Any = COMMANDS, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from paths(child, (*path, name))


@pytest.mark.parametrize("path", list(paths()), ids=lambda path: " ".join(path) or "quantos")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_command_explains_itself_on_80_columns(
    said: Said, path: tuple[str, ...], language: str
) -> None:
    short = said(*path, "-h", QUANTOS_LANG=language, COLUMNS="80")
    assert (short.code, short.err) == (0, "")
    assert short.out == said(*path, "--help", QUANTOS_LANG=language, COLUMNS="80").out
    assert "-h, --help" in short.out
    assert [line for line in short.out.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize("path", list(paths()), ids=lambda path: " ".join(path) or "quantos")
def test_no_value_goes_by_the_name_of_a_python_type(said: Said, path: tuple[str, ...]) -> None:
    text = said(*path, "-h", COLUMNS="80").out
    assert re.findall(r"[<{][^>}]*[>}]|\[\[|<=|[a-z]\.\.\.", text) == []


def test_a_duration_and_a_timestamp_come_with_an_example(said: Said) -> None:
    assert "DURATION  Such as 1d, 2h30m" in said("clock", "advance", "-h").out
    assert "TIMESTAMP  Such as 2024-01-02T18:50, which is Shanghai time" in said("clock", "set", "-h").out


@pytest.mark.parametrize("arguments", [("--version",), ("version",)])
def test_the_version_is_printed(said: Said, arguments: tuple[str, ...]) -> None:
    ended = said(*arguments)
    assert (ended.code, ended.out) == (0, f"quantos {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("serve", "--port", "eighty"), "'eighty' is no port"),
        (("serve", "--port", "65536"), "'65536' is no port"),
        (("invite", "create", "--max-uses", "0"), "'0' is no whole number from 1 on"),
        (("settle", "--date", "2024-02-30"), "'2024-02-30' is no date"),
        (("clock", "set", "2024-01-02"), "'2024-01-02' is no timestamp"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_value_that_cannot_be_read_is_wrong_usage(
    said: Said, arguments: tuple[str, ...], complaint: str
) -> None:
    ended = said(*arguments)
    assert ended.code == 2
    assert complaint in ended.err


def test_every_help_text_has_its_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {field.description or "" for field in Settings.model_fields.values()}
    for path in paths():
        command: Any = COMMANDS
        for name in path:
            command = command.commands[name]
        texts |= {first_paragraph(command.help)} | {
            getattr(one, "help", None) or "" for one in command.params
        }
    monkeypatch.setenv("QUANTOS_LANG", "en")
    assert sorted(texts - {""} - HELP.keys()) == []


@pytest.mark.parametrize("path", list(paths()), ids=lambda path: " ".join(path) or "quantos")
def test_chinese_help_names_every_value_in_chinese(said: Said, path: tuple[str, ...]) -> None:
    """In the usage line and beside each option; a word in capitals in a sentence may be a name, such as CSV."""
    lines = said(*path, "-h", QUANTOS_LANG="zh", COLUMNS="100").out.splitlines()
    named = [re.match(r"  (?:-\w, )?--[\w-]+ (\S+)", line) for line in lines]
    values = lines[0].split()[1 + len(path) :] + [found[1] for found in named if found]
    assert [value for value in values if re.search("[A-Z]", value)] == []


def test_a_placeholder_within_a_sentence_is_the_one_of_the_usage_line(said: Said) -> None:
    text = said("factor", "upload", "-h", QUANTOS_LANG="zh", COLUMNS="100").out
    assert text.startswith("用法：quantos factor upload [选项] 文件\n")
    assert "上传文件中的因子值：Parquet、Feather、Arrow 或 CSV" in text
    assert "错误：缺少参数 文件" in said("factor", "upload", QUANTOS_LANG="zh").err


def test_chinese_help_is_chinese(said: Said) -> None:
    text = said("clock", "advance", "-h", QUANTOS_LANG="zh", COLUMNS="80").out
    assert text.startswith("用法：quantos clock advance [选项] 时长\n")
    assert "-h, --help       显示本帮助并退出。" in text
