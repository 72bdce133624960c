"""The demo's own parts: signals that do not know the future, checks that find what is wrong."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from rich.console import Console

from quantos.cli import output
from quantos.cli.demo import stage
from quantos.cli.demo.agents import AGENTS, LOOKBACK, Agent
from quantos.cli.demo.identities import (
    Check,
    metrics_follow_from_records,
    metrics_of,
    no_day_is_missing,
    returns_follow_from_navs,
)
from quantos.cli.demo.ledger import Sums
from quantos.cli.demo.market import Loaded
from quantos.cli.demo.panel import Panel
from quantos.cli.demo.plot import Curve, drawn
from quantos.cli.demo.screen import Screen, program_to_type, running
from quantos.cli.demo.story import Record
from quantos.cli.demo.verified import Verified
from quantos.cli.layout import cells
from quantos.settings import Settings
from quantos.settlement.core.facts import Reason

FIRST = LOOKBACK + 2
DAYS, NAMES = FIRST + 30, 40


def a_panel() -> Panel:
    draw = np.random.default_rng(5)
    returns = draw.normal(0, 0.04, (DAYS, NAMES)).astype(np.float32)
    traded = draw.random((DAYS, NAMES)) > 0.1
    return Panel(
        dates=tuple(date(2024, 1, 1) + timedelta(days=t) for t in range(DAYS)),
        symbols=tuple(f"{600000 + i}.SH" for i in range(NAMES)),
        total_return=np.where(traded, returns, 0),
        amount=np.where(traded, draw.random((DAYS, NAMES)), 0).astype(np.float32),
        has_row=np.ones((DAYS, NAMES), np.bool_),
        traded=traded,
        suspended=~traded,
        share=np.arange(NAMES) > 3,
        limit_up=traded & (returns > 0.09),
    )


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.slug)
def test_a_signal_does_not_know_its_own_day_or_what_comes_after(agent: Agent) -> None:
    panel, t = a_panel(), FIRST + 12
    changed = replace(
        panel,
        total_return=np.vstack([panel.total_return[:t], panel.total_return[t:] + 1]),
        amount=np.vstack([panel.amount[:t], panel.amount[t:] * 3 + 7]),
        traded=np.vstack([panel.traded[:t], ~panel.traded[t:]]),
        suspended=np.vstack([panel.suspended[:t], ~panel.suspended[t:]]),
        limit_up=np.vstack([panel.limit_up[:t], ~panel.limit_up[t:]]),
    )
    upto = t - FIRST + 1  # the signal of session t is the last that may not have changed
    assert agent.decide(changed, FIRST)[:upto] == agent.decide(panel, FIRST)[:upto]
    assert agent.decide(changed, FIRST) != agent.decide(panel, FIRST)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.slug)
def test_a_signal_holds_shares_only_once_each_and_no_more_than_there_is(agent: Agent) -> None:
    for orders in agent.decide(a_panel(), FIRST):
        symbols = [str(order["symbol"]) for order in orders]
        assert len(set(symbols)) == len(symbols)
        assert all(int(symbol[:6]) > 600003 for symbol in symbols)
        assert sum(float(order["weight"]) for order in orders) <= 1


def a_record(day: str, nav: float, before: float, benchmark: float | None) -> dict[str, object]:
    return {
        "date": day,
        "nav": nav,
        "daily_return": nav / before - 1,
        "cumulative_return": nav - 1,
        "benchmark_return": benchmark,
    }


RECORDS = [a_record("2024-01-02", 0.9, 1.0, 0.01), a_record("2024-01-03", 0.99, 0.9, -0.02)]


def test_two_days_worked_by_hand() -> None:
    found = metrics_of(RECORDS)
    assert found["total_return"] == pytest.approx(-0.01)
    assert found["max_drawdown"] == pytest.approx(0.10)  # the first day's loss counts
    assert found["annual_return"] == pytest.approx(0.99**126 - 1)
    assert found["volatility"] == pytest.approx(0.2 / 2**0.5 * 252**0.5)  # of -10 % and +10 %
    assert found["benchmark_return"] == pytest.approx(1.01 * 0.98 - 1)


def test_a_metric_that_differs_is_found() -> None:
    metrics = {**metrics_of(RECORDS), "sharpe": 1.0}
    assert metrics_follow_from_records(metrics_of(RECORDS), RECORDS).holds
    assert metrics_follow_from_records(metrics, RECORDS).differing == 1


def test_a_return_that_does_not_follow_is_found() -> None:
    wrong = [RECORDS[0], {**RECORDS[1], "daily_return": 0.11}]
    assert returns_follow_from_navs(RECORDS).holds
    assert returns_follow_from_navs(wrong).differing == 1


def test_a_missing_day_is_found() -> None:
    sessions = ["2024-01-02", "2024-01-03"]
    assert no_day_is_missing(RECORDS, sessions).holds
    three = [*RECORDS, a_record("2024-01-05", 1.0, 0.99, 0.0)]
    assert not no_day_is_missing(three, [*sessions, "2024-01-04", "2024-01-05"]).holds


def test_nothing_compared_is_no_success() -> None:
    assert not returns_follow_from_navs([]).holds


def test_curves_are_told_apart_without_colour() -> None:
    curves = [Curve("up", "U", [1.0, 1.1, 1.2]), Curve("down", "D", [1.0, 0.9, 0.8])]
    plot = drawn(curves, ["2024-01-02", "2024-01-03"], 60, colour=False)
    assert "\x1b" not in plot
    rows = plot.splitlines()
    assert "U" in rows[0]
    assert any("D" in row for row in rows[8:])


# where it plays


def test_a_directory_that_holds_anything_is_not_played_in(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(stage.DirectoryTaken):
        stage.place(tmp_path, tmp_path / "demos")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_what_ends_early_is_taken_away_where_nobody_named_it(tmp_path: Path) -> None:
    place = stage.place(None, tmp_path)
    place.begun = True
    (place.path / "records.db").touch()
    place.leave()
    assert (place.removed, list(tmp_path.iterdir())) == (True, [])


def test_what_was_named_is_kept_once_it_had_begun(tmp_path: Path) -> None:
    begun, not_begun = (stage.place(tmp_path / name, tmp_path) for name in ("begun", "not-begun"))
    begun.begun = True
    for place in (begun, not_begun):
        place.leave()
    assert ([begun.removed, not_begun.removed], begun.path.exists(), not_begun.path.exists()) == (
        [False, True],
        True,
        False,
    )


def test_a_finished_demo_is_kept_and_counted(tmp_path: Path) -> None:
    first = stage.place(None, tmp_path)
    (first.path / "directory.json").touch()
    first.finish()
    first.leave()
    second = stage.place(None, tmp_path)
    assert (first.removed, first.path.exists(), second.earlier, second.swept) == (False, True, 1, 0)
    second.leave()


def test_what_a_kill_left_is_taken_away_and_what_plays_now_is_not(tmp_path: Path) -> None:
    playing = stage.place(None, tmp_path)
    killed = tmp_path / "run-killed"
    killed.mkdir()
    (killed / stage.UNFINISHED).touch()  # nobody holds it
    third = stage.place(None, tmp_path)
    assert (third.swept, third.earlier, killed.exists(), playing.path.exists()) == (1, 0, False, True)
    for place in (playing, third):
        place.leave()


def test_a_demo_is_attested_nowhere_but_in_its_own_directory(tmp_path: Path) -> None:
    real = Settings(
        data_dir=tmp_path / "real",
        attestation_repo=str(tmp_path / "proofs"),
        attestation_remote=SecretStr("https://me:secret@example.com/proofs.git"),
        minimum_commission=Decimal(5),
    )
    own = stage.settings_of(real, tmp_path / "demo")
    assert Path(own.attestation_repo).is_relative_to(tmp_path / "demo")
    assert own.attestation_remote.get_secret_value() == ""
    assert (own.data_dir, own.minimum_commission) == (tmp_path / "demo", Decimal(5))


# what it shows


def metrics(days: int, change: float) -> dict[str, Any]:
    return {
        "total_return": change,
        "annual_return": (1 + change) ** (252 / days) - 1,
        "volatility": 0.123,
        "sharpe": 12.345,
        "max_drawdown": 0.0,
        "excess_return": -0.00001,
        "benchmark_return": 0.1 + 0.2,
        "trading_days": days,
    }


def shown(days: int, change: float, monkeypatch: pytest.MonkeyPatch, language: str) -> str:
    """The table of three strategies on a terminal of 80 columns."""
    monkeypatch.setenv("QUANTOS_LANG", language)
    monkeypatch.setenv("COLUMNS", "80")
    nav = 10_000_000 * (1 + change)
    records = [
        Record(agent, {"nav": nav}, {"records": [a_record("2024-01-02", 1 + change, 1.0, None)]}, metrics(days, change))
        for agent in AGENTS
    ]  # fmt: skip
    screen = Screen()
    screen.console = Console(width=80, file=StringIO(), force_terminal=True, color_system=None)
    screen.results(records, synthetic=True)
    out = screen.console.file
    assert isinstance(out, StringIO)
    return out.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("days", "change"), [(242, -0.105), (20, 9.0), (2, 0.2)])
def test_no_number_is_cut_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, language: str, days: int, change: float
) -> None:
    lines = shown(days, change, monkeypatch, language).splitlines()
    table = lines[: next(k for k, line in enumerate(lines) if not line.strip())]
    assert "…" not in "".join(table)
    assert [line for line in table if cells(line) > 80] == []
    assert f"{10_000_000 * (1 + change):,.0f}" in "".join(table)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_checked_is_wrapped_under_itself(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    screen = Screen()
    screen.console = Console(width=60, file=StringIO(), force_terminal=True, color_system=None)
    screen.checks("store", [Check("demo.check.cash", 726, 0, 0.0)])
    lines = screen.console.file.getvalue().splitlines()[1:]  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert lines[0].startswith("     ✓ ")
    assert len(lines[1]) - len(lines[1].lstrip()) == 7
    assert max(map(cells, lines)) <= 60


@pytest.mark.parametrize(
    ("language", "ends", "found"),
    [
        ("en", "filled 7,835, delisted 146, t_plus_1 41", "the number of members of its index (44)"),
        ("zh", "成交 7,835、已退市 146、T+1 当日不可卖 41", "成分名单的数量与该指数的规定不符（44）"),
    ],
)
def test_what_was_found_and_how_orders_ended_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, ends: str, found: str
) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    screen, ended = Screen(), {Reason.NONE: 7_835, Reason.DELISTED: 146, Reason.T_PLUS_1: 41}
    screen.orders(Sums(242, 8_022, 7_835, 0, 0, 0, 0, ended))
    day = date(2024, 1, 2)
    report = {"files": [], "quarantined": {"off_tick": 1}, "findings": {"list_size": 44}}
    screen.market(Loaded(False, None, "here", report, 1, 1, day, day, a_panel(), 20, ()))
    out = capsys.readouterr().out
    assert ends in out
    assert found in out
    assert "list_size" not in out
    assert "off_tick" not in out


@pytest.mark.parametrize(("language", "shown"), [("en", "10.11m"), ("zh", "1011万")])
def test_the_progress_counts_as_its_reader_does(
    monkeypatch: pytest.MonkeyPatch, language: str, shown: str
) -> None:
    monkeypatch.setenv("QUANTOS_LANG", language)
    assert running(10_112_345.6) == shown


def said_at_the_end(capsys: pytest.CaptureFixture[str], *, keeps: bool) -> str:
    screen = Screen(keeps=keeps)
    screen.verified(Verified("demo-momentum", 242, 4361, 0, (), holds=True), "http://127.0.0.1:40717")
    screen.after(Path("/a folder/run"), "http://127.0.0.1:40717", "qgpt_1", 8010)
    return capsys.readouterr().out


def test_a_demo_that_leaves_names_no_address_that_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    assert "40717" in said_at_the_end(capsys, keeps=True)
    said = said_at_the_end(capsys, keeps=False)
    assert "40717" not in said
    assert " serve --port 8010 --data-dir '/a folder/run'" in said
    assert " verify http://127.0.0.1:8010/api/v1/public/strategies/demo-momentum --allow-simulated" in said


def test_commands_to_be_typed_are_found_by_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "environment" / "quantos"
    here.parent.mkdir()
    here.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(here.with_name("python")))
    monkeypatch.setenv("PATH", "/usr/bin")
    assert program_to_type() == str(here)
    monkeypatch.setenv("PATH", f"/usr/bin:{here.parent}")
    assert program_to_type() == "quantos"


def test_nothing_is_said_of_a_year_after_few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    few, enough = (shown(days, 0.2, monkeypatch, "en") for days in (19, 20))
    rows = {line.split()[0]: line.split()[1:] for line in few.splitlines()[:10] if line.split()}
    assert rows["volatility"] == rows["Sharpe"] == ["-", "-", "-"]
    assert rows["total"] == ["return", "+20.00%", "+20.00%", "+20.00%", "+30.00%"]
    assert "fewer than 20 trading days" in few
    assert "fewer than 20 trading days" not in enough
    assert "12.30%" in enough


def test_the_benchmark_is_named_as_one_also_where_it_is_synthetic(monkeypatch: pytest.MonkeyPatch) -> None:
    head = [line.strip() for line in shown(242, 0.2, monkeypatch, "en").splitlines()[:2]]
    assert head[0].endswith("benchmark")
    assert head[1].split()[-1] in {"synthetic", "300"}


def test_ratios_carry_no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line.split() for line in shown(242, 0.1, monkeypatch, "en").splitlines()]
    assert ["over", "benchmark", "0.00%", "0.00%", "0.00%"] in rows  # not -0.00%
    assert ["max", "drawdown", "0.00%", "0.00%", "0.00%"] in rows
    assert output.shown(0.1 + 0.2) == "0.3"
