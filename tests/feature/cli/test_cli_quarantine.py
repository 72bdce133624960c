"""`quantos market quarantine`: the rows that imports refused, to people and to programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from quantos.cli.layout import cells
from quantos.cli.quarantine import KINDS
from quantos.client import calls
from tests.feature.cli.conftest import Said, quantos

REFUSED = """\
symbol,date,open,high,low,close,volume,pre_close
600519.SH,2024-01-02,1700.00,1715.00,1690.00,1710.00,20000,1700.00
600519.SH,2024-01-03,1710.00,1720.00,1700.00,1705.005,20000,1710.00
600519.SH,2024-01-06,1710.00,1720.00,1700.00,1705.00,20000,1710.00
000001.SZ,2024-01-03,9.00,9.10,8.90,9.005,20000,9.00
"""
LISTING = "symbol,list_date\n600519.SH,2001-08-27\n60051,2001-08-27\n"


@pytest.fixture(scope="module")
def refusing(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with four refused rows of two files."""
    made = tmp_path_factory.mktemp("refused")
    (made / "bars.csv").write_text(REFUSED)
    (made / "instruments.csv").write_text(LISTING)
    ended = quantos("market", "import", made, "--data-dir", made / "data", home=home)
    assert ended.code == 0, ended.err
    return made / "data"


def test_refused_rows_are_shown_as_they_came_with_their_reasons(said: Said, refusing: Path) -> None:
    ended = said("market", "quarantine", "--data-dir", refusing, COLUMNS="80")
    assert ended.code == 0, ended.err
    assert max(map(cells, ended.out.splitlines())) <= 80
    assert "close 1705.005," in ended.out, "not rounded"
    assert "bars.csv, bars, import" in ended.out
    assert "a price is not a multiple of the tick" in ended.out
    assert ended.out.rstrip().endswith("4 of 4 rows")
    chinese = said("market", "quarantine", "--data-dir", refusing, QUANTOS_LANG="zh").out
    assert "当日休市：" in chinese
    assert chinese.rstrip().endswith("显示 4 行，共 4 行")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("--kind", "instruments"), [("60051", None)]),
        (("--symbol", "600519.SH"), [("600519.SH", "2024-01-03"), ("600519.SH", "2024-01-06")]),
        (("--date", "2024-01-06"), [("600519.SH", "2024-01-06")]),
        (
            ("--kind", "bars"),
            [("000001.SZ", "2024-01-03"), ("600519.SH", "2024-01-03"), ("600519.SH", "2024-01-06")],
        ),
        (("--reason", "off_tick", "--symbol", "000001.SZ"), [("000001.SZ", "2024-01-03")]),
        (("--symbol", "300750.SZ"), []),
    ],
)
def test_refused_rows_are_filtered_the_same_for_people_and_programs(
    said: Said, refusing: Path, given: tuple[str, ...], named: list[tuple[str, str | None]]
) -> None:
    found = said("market", "quarantine", *given, "--json", "--data-dir", refusing).json
    assert sorted((row["symbol"], row["trade_date"]) for row in found["quarantine"]) == named
    table = said("market", "quarantine", *given, "--csv", "--data-dir", refusing).out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["symbol"], row["trade_date"] or None) for row in rows] == [
        (row["symbol"], row["trade_date"]) for row in found["quarantine"]
    ]
    assert [json.loads(row["row"]) for row in rows] == [row["row"] for row in found["quarantine"]]
    shown = said("market", "quarantine", *given, "--data-dir", refusing).out
    assert all(f"{symbol} {day or ''}" in shown for symbol, day in named)
    assert ("4 rows lie there in all" in shown) == (not named)


def test_rows_beyond_the_limit_are_told_of(said: Said, refusing: Path) -> None:
    people = said("market", "quarantine", "--limit", "1", "--data-dir", refusing)
    assert "1 of 4 rows shown: name more with --limit" in " ".join(people.out.split())
    programs = said("market", "quarantine", "--limit", "1", "--json", "--data-dir", refusing)
    assert (len(programs.json["quarantine"]), programs.json["total"]) == (1, 4)
    assert "1 of 4 rows shown" in programs.err


def test_a_quarantine_without_rows_says_so(said: Said, tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text("\n".join(REFUSED.splitlines()[:2]) + "\n")
    said("market", "import", tmp_path / "bars.csv", "--data-dir", tmp_path / "data")
    ended = said("market", "quarantine", "--data-dir", tmp_path / "data")
    assert (ended.code, ended.out) == (0, "No rows in quarantine.\n")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--kind", "prices"),
        ("--reason", "bad luck"),
        ("--date", "today"),
        ("--limit", "0"),
        ("--json", "--csv"),
    ],
)
def test_a_question_about_the_quarantine_that_makes_no_sense_is_refused(
    said: Said, refusing: Path, wrong: tuple[str, ...]
) -> None:
    ended = said("market", "quarantine", *wrong, "--data-dir", refusing)
    assert ended.code != 0
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_the_kinds_that_may_be_asked_for_are_those_of_the_platform() -> None:
    asked = get_type_hints(calls.list_quarantine)["kind"]
    assert set(KINDS) == {kind for each in get_args(asked) for kind in get_args(each)}
