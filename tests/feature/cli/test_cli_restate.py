"""`quantos settle --restate`, as a person and as a program use it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.feature.cli.conftest import Run, serving
from tests.support.platforms import stage
from tests.support.restated import DAYS, START, A, corrections, play, write_bars

SINCE = DAYS[1].isoformat()


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose six days are settled, and beside it the corrected data."""
    folder = tmp_path_factory.mktemp("settled")
    with stage(folder / "data", START) as on:
        play(on, on.agent())
    write_bars(folder / "corrected", corrections())
    return folder


@pytest.fixture
def data(settled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(settled / "data", tmp_path / "data")


def test_a_restatement_with_its_data_is_one_command(run: Run, settled: Path, data: Path) -> None:
    asked = (
        "settle",
        "--restate",
        "--from",
        SINCE,
        "--reason",
        "a late close",
        "--data",
        settled / "corrected",
    )
    dry = run(*asked, "--dry-run", data_dir=data, COLUMNS="100")
    assert dry.code == 0, dry.err
    assert "dry run: nothing was changed" in dry.out
    assert "2 strategy-days would come out otherwise, of 1 strategy" in dry.out
    would = dry.out.splitlines().index("1 NAV would change, in CNY:")
    assert dry.out.splitlines()[would + 3].split() == [
        *("2024-03-04", "holds-a", "1,009,995.00", "1,007,495.00", "-2,500.00")
    ]
    done = run(*asked, data_dir=data, COLUMNS="100")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert f"{SINCE} to {DAYS[-1]}: 15 strategy-days settled again" in lines
    assert any(
        line.startswith("2 strategy-days come out otherwise, of 1 strategy; 2 bars and 0") for line in lines
    )
    assert (
        "largest change of a NAV: holds-a on 2024-03-04, 1,009,995.00 to 1,007,495.00 CNY (-2,500.00)"
        in lines
    )
    assert lines[-1].startswith("restatement 1: what stood before is kept")
    again = run(*asked, data_dir=data)
    assert "nothing came out otherwise" in again.out


@pytest.mark.parametrize(
    ("close", "event", "told"),
    [(10.25, "inferred_cash", "a payment in cash"), (12.4, "inferred_shares", "new shares")],
)
def test_an_event_that_only_the_corrected_data_imply_is_told_before_it_stands(
    run: Run, data: Path, tmp_path: Path, close: float, event: str, told: str
) -> None:
    """The second close of A is corrected, the third day's reference (10.20) is not: the gap is taken for an event."""
    file = write_bars(tmp_path / "close", {(A, DAYS[1]): (10.1, close, 10.1, 1_000_000)})
    asked = ("settle", "--restate", "--from", SINCE, "--reason", "a late close", "--data", file)
    dry = run(*asked, "--dry-run", data_dir=data, COLUMNS="100")
    assert f"newly inferred from the data: {A} on {DAYS[2]}, {told}, held by 1 strategy" in " ".join(
        dry.out.split()
    )
    assert f"correct the pre_close of {A} on {DAYS[2]} too" in " ".join(dry.out.split())
    done = run(*asked, "--json", data_dir=data)
    new = {"trade_date": DAYS[2].isoformat(), "symbol": A, "event": event, "strategies": 1}
    assert done.json["new_inferred"] == [new]
    again = run(*asked, "--dry-run", "--json", data_dir=data)
    assert again.json["new_inferred"] == [], "what stands already is not new"


def test_a_correction_that_implies_no_event_tells_none(run: Run, settled: Path, data: Path) -> None:
    asked = ("settle", "--restate", "--from", SINCE, "--reason", "x", "--data", settled / "corrected")
    assert run(*asked, "--dry-run", "--json", data_dir=data).json["new_inferred"] == []


def test_in_chinese_and_as_json(run: Run, settled: Path, data: Path) -> None:
    asked = (
        "settle",
        "--restate",
        "--from",
        SINCE,
        "--reason",
        "更正收盘价",
        "--data",
        settled / "corrected",
    )
    shown = run(*asked, "--dry-run", data_dir=data, QUANTOS_LANG="zh")
    assert "试运行：未作任何更改" in shown.out
    answer = run(*asked, "--json", data_dir=data).json
    assert (answer["restatement"], answer["reason"], answer["changed"]["strategy_days"]) == (
        1,
        "更正收盘价",
        2,
    )


def test_through_a_running_server(run: Run, settled: Path, data: Path, home: Path) -> None:
    server = serving(home, data)
    try:
        asked = ("settle", "--restate", "--from", SINCE, "--reason", "late", "--data", settled / "corrected")
        assert run(*asked, "--json", data_dir=data).json["restatement"] == 1
    finally:
        server.stop()
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--restate",), "a restatement needs the first day and the reason"),
        (("--restate", "--from", SINCE), "a restatement needs the first day and the reason"),
        (("--from", SINCE), "--from belongs to a restatement"),
        (("--dry-run",), "--dry-run belongs to a restatement"),
        (
            ("--restate", "--from", SINCE, "--reason", "x", "--date", SINCE),
            "--date does not go with --restate",
        ),
    ],
)
def test_half_a_restatement_is_wrong_usage(run: Run, data: Path, asked: tuple[str, ...], told: str) -> None:
    ended = run("settle", *asked, data_dir=data)
    assert ended.code == 2
    assert told in " ".join(ended.err.split())


def test_refusals_say_that_nothing_was_changed(run: Run, settled: Path, data: Path, tmp_path: Path) -> None:
    no_day = run("settle", "--restate", "--from", "2024-03-11", "--reason", "x", data_dir=data)
    told = "no strategy is settled for 2024-03-11: a restatement begins on a settled day (2024-03-01 to 2024-03-08)"
    assert (no_day.code, no_day.err) == (1, f"quantos: {told}\n")
    reason = run("settle", "--restate", "--from", SINCE, "--reason", " ", data_dir=data)
    assert (reason.code, reason.err) == (1, "quantos: reason: a reason has 1 to 1000 characters\n")
    path = run(
        "settle", "--restate", "--from", SINCE, "--reason", "x", "--data", tmp_path / "no", data_dir=data
    )
    assert path.code == 1
    assert "there is nothing at" in path.err


def test_an_import_of_corrections_names_the_command_that_applies_them(
    run: Run, settled: Path, data: Path
) -> None:
    said = run("market", "import", settled / "corrected", data_dir=data)
    columns, _, *rows = said.out.splitlines()
    assert columns.split() == ["file", "kind", "rows", "stored", "held", "back"]
    assert [row.split()[-2:] for row in rows[:1]] == [["0", rows[0].split()[2]]], "all of it was held back"
    assert "quantos settle --restate" in said.out


def test_the_help_names_the_options_in_both_languages(run: Run) -> None:
    assert "--restate" in run("settle", "--help").out
    assert "重新结算的首日" in run("settle", "--help", QUANTOS_LANG="zh").out
