"""`quantos market`: what an operator sees of an import and of what is stored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from quantos.cli.layout import cells
from quantos.cli.market import SOURCES, _Import, _Stopped
from quantos.cli.market_tables import meaning, print_coverage
from quantos.cli.reach import reach
from quantos.cli.texts.market import REASONS
from quantos.market.core.reasons import SENTENCES, Finding, Refusal
from quantos.market.providers.fetch import SOURCES as PROVIDERS
from tests.feature.cli.conftest import Ended, Run, Terminal, on_a_terminal, serving

BARS = """\
symbol,date,open,high,low,close,volume,pre_close
600519.SH,2024-01-02,1700.00,1715.00,1690.00,1710.00,20000,1700.00
600519.SH,2024-01-03,1710.00,1720.00,1700.00,1705.005,20000,1710.00
600519.SH,2024-01-04,1710.00,1720.00,1700.00,1705.00,20000,1710.00
"""
LISTING = "symbol,list_date\n600519.SH,2001-08-27\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files that can be taken, one that cannot."""
    made = tmp_path / "market"
    made.mkdir()
    (made / "bars.csv").write_text(BARS)
    (made / "instruments.csv").write_text(LISTING)
    (made / "a-file-with-a-name-that-needs-most-of-a-line-of-the-terminal.csv").write_text("foo,bar\n1,2\n")
    return made


def wider_than(width: int, ended: Ended) -> list[str]:
    return [line for line in ended.out.splitlines() if cells(line) > width]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reports_fit_80_columns_and_show_no_raw_structure(
    run: Run, tmp_path: Path, folder: Path, language: str
) -> None:
    on_80 = {"COLUMNS": "80", "QUANTOS_LANG": language}
    imported = run("market", "import", folder, data_dir=tmp_path / "data", **on_80)
    stored = run("market", "status", data_dir=tmp_path / "data", **on_80)
    assert (imported.code, stored.code) == (0, 0), imported.err + stored.err
    for ended in (imported, stored):
        assert wider_than(80, ended) == []
        assert not set("{}[]") & set(ended.out)


def test_an_import_says_what_was_refused_and_what_was_not_taken(
    run: Run, tmp_path: Path, folder: Path
) -> None:
    said = run("market", "import", folder, data_dir=tmp_path / "data", COLUMNS="80").out.splitlines()
    assert ["bars.csv", "bars", "3", "2", "1"] in [line.split() for line in said]
    assert "  refused  1  a price is not a multiple of the tick (0.01 CNY for shares, 0.001" in said
    assert any("its columns (foo, bar) are none that" in line for line in said)
    assert not any(line.rstrip().endswith(" -") for line in said)


def test_the_sum_of_an_import_adds_up_and_a_refused_row_is_named(
    run: Run, tmp_path: Path, folder: Path
) -> None:
    data = tmp_path / "data"
    said = " ".join(run("market", "import", folder, data_dir=data, COLUMNS="80").out.split())
    assert "4 rows in" in said
    assert "3 stored, 0 as they were, 1 refused" in said
    assert "(600519.SH 2024-01-03 row 2)" in said
    assert "quantos market quarantine" in said
    bars = folder / "bars.csv"
    bars.write_text(bars.read_text().replace(",20000,", ",30001,"))
    again = " ".join(run("market", "import", folder, data_dir=data, COLUMNS="80").out.split())
    assert "0 stored, 2 changed, 1 as they were, 1 refused" in again


def test_the_status_has_a_table_for_each_subject(run: Run, tmp_path: Path, folder: Path) -> None:
    run("market", "import", folder, data_dir=tmp_path / "data")
    rows = [line.split() for line in run("market", "status", data_dir=tmp_path / "data").out.splitlines()]
    assert ["main", "1", "1", "2", "2024-01-02", "2024-01-04"] in rows
    assert ["hs300", "no", "data", "-", "-", "-"] in rows
    assert ["Rows", "in", "quarantine,", "refused"] in rows


def test_json_is_what_the_platform_answers(run: Run, tmp_path: Path, folder: Path) -> None:
    answer = run("market", "import", folder, "--json", data_dir=tmp_path / "data").json
    assert answer["quarantined"] == {"off_tick": 1}
    assert {file["source"]: file["kind"] for file in answer["files"]}["bars.csv"] == "bars"
    stored = run("market", "status", "--json", data_dir=tmp_path / "data").json
    assert (stored["bars"], stored["benchmarks"]["hs300"], stored["quarantine"]) == (2, None, {"off_tick": 1})


def test_an_import_says_that_it_made_a_directory_and_only_then(
    run: Run, tmp_path: Path, folder: Path
) -> None:
    made = f"quantos: made a new live data directory: {tmp_path / 'data'}\n"
    assert run("market", "import", folder, data_dir=tmp_path / "data").err == made
    assert run("market", "import", folder, data_dir=tmp_path / "data").err == ""


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("x.csv", "foo,bar\n1,2\n", "its columns (foo, bar) are none that the market stores"),
        (
            "x.csv",
            "symbol,trade_date,open,high,low,close,volume\n",
            "its columns are those of bars and of indices: put `bars`",
        ),
    ],
)
def test_where_nothing_can_be_taken_the_files_that_are_understood_are_listed(
    run: Run, tmp_path: Path, name: str, text: str, why: str
) -> None:
    (tmp_path / name).write_text(text)
    ended = run("market", "import", tmp_path / name, data_dir=tmp_path / "data")
    assert (ended.code, ended.out) == (1, "")
    assert f"{name}: {why}" in ended.err
    for kind in ("bars", "indices", "constituents", "instruments", "corporate actions", "calendar"):
        assert kind in ended.err


def test_a_fetch_into_a_new_directory_needs_symbols_and_a_first_day(run: Run, tmp_path: Path) -> None:
    ended = run("market", "fetch", "600519.SH", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "--from" in ended.err
    assert not (tmp_path / "data").exists()


def test_a_source_that_is_none_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    ended = run("market", "fetch", "--source", "wind", data_dir=tmp_path / "data")
    assert ended.code == 2
    assert "there are baostock, akshare, akshare-eastmoney" in ended.err


def test_the_sources_named_are_those_that_exist() -> None:
    assert set(SOURCES) == PROVIDERS.keys()


@pytest.mark.parametrize(("language", "sentence"), [("en", "high is below low"), ("zh", "最高价低于最低价")])
def test_every_reason_is_a_sentence_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, language: str, sentence: str
) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    assert meaning("high_below_low") == sentence
    assert REASONS.keys() == {str(code) for code in SENTENCES}


# Ctrl-C


def test_an_import_that_is_stopped_keeps_the_files_before(tmp_path: Path, folder: Path) -> None:
    class StopAtTheBars(_Import):
        def on_stage(self, source: str, stage: str, rows: int) -> None:
            self.stopping = source == "bars.csv" and stage != "reading"
            super().on_stage(source, stage, rows)

    with reach(tmp_path / "data", create=True) as platform:
        stopped = StopAtTheBars(folder)
        with pytest.raises(_Stopped):
            platform.import_market(folder, stopped.on_stage)
        assert stopped.sources == ["instruments.csv", "bars.csv"]
        stored = platform.get("/admin/market/coverage")
        assert (stored["instruments"], stored["bars"]) == (1, 0)
        assert platform.import_market(folder, _Import(folder).on_stage)["stored"] == 2


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A folder with a file whose lines come when the test writes them."""
    made = tmp_path / "slow"
    made.mkdir()
    os.mkfifo(made / "instruments.csv")
    return made


@contextmanager
def fed(slow: Path, terminal: Terminal) -> Iterator[IO[str]]:
    """The writing end of the file, once the command reads it."""
    while terminal.process.poll() is None:
        try:
            end = os.open(slow / "instruments.csv", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it yet
            continue
        with os.fdopen(end, "w") as pipe:
            yield pipe
        return
    pytest.fail(f"the command ended: {terminal.seen}")


def in_place_of(slow: Path) -> Path:
    """The file's name, free for another: the import opens it twice, and a pipe that its first reader has not closed
    yet takes what is meant for the second, which then waits for ever.
    """
    (slow / "instruments.csv").unlink()
    return slow / "instruments.csv"


def test_on_a_terminal_an_import_shows_where_it_is(home: Path, tmp_path: Path, slow: Path) -> None:
    with on_a_terminal(home, "market", "import", slow, "--json", "--data-dir", tmp_path / "data") as terminal:
        with fed(slow, terminal) as pipe:
            terminal.read_until("looking through slow")
            os.mkfifo(in_place_of(slow))
            pipe.write(LISTING)
        with fed(slow, terminal) as pipe:
            terminal.read_until("file 1, instruments.csv: reading")
            pipe.write(LISTING)
        ended = terminal.end()
    assert (ended.code, ended.json["stored"]) == (0, 1)


def test_ctrl_c_ends_an_import_with_what_stands(home: Path, tmp_path: Path, slow: Path, run: Run) -> None:
    with on_a_terminal(home, "market", "import", slow, "--data-dir", tmp_path / "data") as terminal:
        with fed(slow, terminal) as pipe:
            terminal.interrupt()
            terminal.read_until("Ctrl-C again leaves at once")
            pipe.write(LISTING)
        ended = terminal.end()
    assert (ended.code, ended.out) == (130, "")
    last = ended.err.splitlines()[-1]
    assert last.startswith(
        "quantos: interrupted: 0 files were taken in before, nothing of instruments.csv is stored"
    )
    assert run("market", "status", "--json", data_dir=tmp_path / "data").json["instruments"] == 0


def test_a_second_ctrl_c_leaves_at_once_and_the_directory_is_whole(
    home: Path, tmp_path: Path, slow: Path, run: Run
) -> None:
    with on_a_terminal(home, "market", "import", slow, "--data-dir", tmp_path / "data") as terminal:
        with fed(slow, terminal):
            terminal.interrupt()
            terminal.read_until("Ctrl-C again leaves at once")
            terminal.interrupt()
            ended = terminal.end()
    assert ended.code == 130
    assert "quantos: left at once" in ended.err
    assert "Traceback" not in ended.err
    assert run("market", "status", "--json", data_dir=tmp_path / "data").code == 0


def test_ctrl_c_leaves_an_import_to_the_server_that_does_it(
    home: Path, tmp_path: Path, slow: Path, run: Run
) -> None:
    server = serving(home, tmp_path / "data", log=tmp_path / "log")
    with on_a_terminal(home, "market", "import", slow, "--data-dir", tmp_path / "data") as terminal:
        with fed(slow, terminal) as pipe:
            terminal.interrupt()
            ended = terminal.end()
            in_place_of(slow).write_text(LISTING)
            pipe.write(LISTING)
    assert ended.code == 130
    assert ended.err.splitlines()[-1].startswith(f"quantos: interrupted: the server at {server.url} goes on")
    assert server.stop() == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    assert run("market", "status", "--json", data_dir=tmp_path / "data").json["instruments"] == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_subject_of_the_status_has_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    monkeypatch.setenv("COLUMNS", "80")
    span = {
        "series": "000300.SH",
        "computed": False,
        "days": 242,
        "first": "2024-01-02",
        "last": "2024-12-31",
    }
    row = {"rows": 12_345_678, "first": "1990-12-19", "last": "2026-12-31"}
    print_coverage({
        "synthetic": False, "first_date": "1990-12-19", "last_date": "2026-12-31",
        "instruments": 5_432, "bars": 12_345_678, "corporate_actions": 54_321,
        "boards": [{"board": "main", "instruments": 3_000, "with_bars": 2_999, "bars": 12_345_678, **row},
                   {"board": "chinext", "instruments": 1, "with_bars": 0, "bars": 0, **row}],
        "benchmarks": {"hs300": span, "etf_all": {**span, "series": "etf_all", "computed": True}, "csi500": None},
        "indices": [{"symbol": "000300.SH", **row}, {"symbol": "399006.SZ", **row}],
        "constituents": [{"index_symbol": "000300.SH", "source": "csindex", "symbols": 300, **row}],
        "calendar": {"first": "1990-12-19", "last": "2026-12-31", "sessions": 8_797, "days_left": -3, "ends_soon": True},
        "quarantine": {str(code): 1_234_567 for code in Refusal},
        "findings": {str(code): 1_234_567 for code in Finding},
        "accepted": [{"date": "2024-01-02", "reason": "the source ends there " * 5, "by": "operator"}],
        "loads": [{"source": "a-long-name-" * 5, "kind": "bars (quote_site)", "loaded_at": "2026-11-21T12:02:58.870675+00:00", **row, "stored": 1}],
    })  # fmt: skip
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if cells(line) > 80] == []
    assert "12,345,678" in shown
    heading = " ".join(shown.split())
    assert (
        "12,345,678 bars of 2,999 instruments," if language == "en" else "12,345,678 条日线，2,999 个标的，"
    ) in heading
    assert "399006.SZ" in shown
    assert ("chinext" if language == "en" else "创业板") in shown
    rows = shown.splitlines()
    (first,) = (k for k, line in enumerate(rows) if "a-long-name-" in line and "2026-11-21" in line)
    named = [line[: line.find("  ")] if "  " in line else line for line in rows[first:]]
    assert {name[-1] for name in named if name} == {"-"}, "the name of a file is parted at its joints"
    assert "3" in shown.splitlines()[3]  # the calendar ended three days ago
    assert "2026-11-21 20:02" in shown
