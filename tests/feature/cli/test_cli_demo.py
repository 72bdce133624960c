"""`quantos demo`, played once on the synthetic market."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from quantos.cli.demo import stage
from quantos.client import Client, calls
from tests.feature.cli.conftest import TIMEOUT_S, Run, environment, quantos, serving
from tests.support.served import ROOT, Served

Demo = tuple[Path, dict[str, Any]]


def test_every_identity_holds(demo: Demo) -> None:
    checks = [(name, check) for group in demo[1]["checks"].values() for name, check in group.items()]
    assert len(checks) == 10
    assert [name for name, check in checks if not check["holds"] or not check["compared"]] == []


def test_an_independent_program_verifies_every_record_from_what_is_public(demo: Demo) -> None:
    found = demo[1]["verified"]
    assert {slug: (record["holds"], record["days"], record["broken"]) for slug, record in found.items()} == {
        slug: (True, 242, []) for slug in demo[1]["strategies"]
    }


def test_a_year_of_three_strategies_is_played(demo: Demo) -> None:
    found = demo[1]
    assert (found["days"], found["signals"], len(found["strategies"])) == (242, 726, 3)
    assert {metrics["trading_days"] for metrics in found["strategies"].values()} == {242}


def test_the_synthetic_market_is_labelled(demo: Demo) -> None:
    assert (demo[1]["synthetic"], demo[1]["simulated"]) == (True, True)


def test_orders_meet_the_rules(demo: Demo) -> None:
    assert {"none", "suspended", "below_one_lot", "limit_up", "limit_down"} <= demo[1]["orders"].keys()


def test_the_demo_keeps_its_directory_for_serving(demo: Demo, run: Run) -> None:
    ended = run("market", "status", "--json", data_dir=demo[0])
    assert ended.json["synthetic"] is True
    assert ended.json["bars"] == demo[1]["market"]["bars"]


def test_the_doctor_finds_the_directory_sound(demo: Demo, run: Run) -> None:
    repository = str(stage.repository(demo[0]))
    ended = run("doctor", "--json", data_dir=demo[0], QUANTOS_ATTESTATION_REPO=repository)
    assert ended.code == 0, ended.out
    found = {check["check"]: check["state"] for check in ended.json["checks"] if check["state"] != "ok"}
    # no licence, which an evaluation needs none of; no remote: the demo's repository stays where it is; a simulation
    # can be played again instead of put back
    assert found == {"attestation": "note", "license": "note", "backups": "note"}


def test_an_agent_goes_on_where_the_demo_ends(demo: Demo, run: Run, home: Path, tmp_path: Path) -> None:
    """The loop of the guide: an evening, a signal for the next trading day, the day, its NAV, the next signal."""
    data = shutil.copytree(demo[0], tmp_path / "data")
    server = serving(home, data)
    try:
        key = Served(server.url, run("operator", "token", data_dir=data).out.strip()).agent_token()
        with Client(server.url, key) as agent:
            agent(calls.create_strategy(name="Loop", slug="goes-on", universe="hs300"))
        said = [looped(server.url, key)]
        for _ in range(3):
            assert run("clock", "advance", "1d", data_dir=data).code == 0
            said.append(looped(server.url, key))
    finally:
        server.stop()
        assert server.process.stdout is not None
        server.process.stdout.close()
    assert re.fullmatch(
        r"goes-on: submitted for \d{4}-\d\d-\d\d, hash \w{12}; nothing is settled yet\n", said[0]
    )
    navs = [float(nav) for line in said for nav in re.findall(r"NAV (\d\.\d{4}) on", line)]
    assert navs, "of four evenings in a row one is that of a trading day with a signal"
    assert 1.0 not in navs


def looped(url: str, key: str) -> str:
    """One pass of docs/examples/daily_loop.py over symbols of the synthetic market."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "docs/examples/daily_loop.py"), "606001.SH", "606002.SH", "003901.SZ"],
        env=environment(ROOT, QUANTOS_URL=url, QUANTOS_API_KEY=key),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return ran.stdout


def test_a_directory_is_not_played_twice(demo: Demo, run: Run) -> None:
    ended = run("demo", "--once", data_dir=demo[0])
    assert ended.code == 1
    assert "is not empty" in ended.err


def test_a_market_that_is_not_there_is_named_in_the_readers_language(run: Run) -> None:
    assert "there is nothing at /nowhere" in run("demo", "--market", "/nowhere").err
    assert "/nowhere 不存在" in run("demo", "--market", "/nowhere", QUANTOS_LANG="zh").err


@pytest.mark.parametrize("content", ["", "symbol,list_date\n600519.SH,2001-08-27\n"])
def test_a_market_without_bars_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "instruments.csv").write_text(content)
    ended = run("demo", "--once", "--market", tmp_path / "market", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "no bars were found" in ended.err
    assert "Traceback" not in ended.err


def test_a_seed_belongs_to_the_synthetic_market(run: Run, tmp_path: Path) -> None:
    ended = run("demo", "--once", "--seed", "3", "--market", tmp_path)
    assert ended.code == 2
    assert "--seed" in ended.err


def test_real_bars_without_an_index_are_played_without_a_benchmark(
    shared_market: Path, run: Run, tmp_path: Path
) -> None:
    bars = pq.read_table(shared_market / "sample_32_stocks_2020_2026.parquet")
    recent = bars.filter(pc.greater_equal(bars["date"], pa.scalar(date(2025, 12, 1))))
    pq.write_table(recent, tmp_path / "bars.parquet")
    ended = run("demo", "--json", "--market", tmp_path / "bars.parquet", data_dir=tmp_path / "data")
    assert ended.code == 0, ended.err
    found = ended.json
    sessions = len(set(recent["date"].to_pylist()))
    assert (found["synthetic"], found["simulated"], found["days"]) == (False, True, sessions - 62)
    assert {metrics["benchmark_return"] for metrics in found["strategies"].values()} == {None}


def test_a_day_that_lacks_bars_is_accepted_in_the_open_once_it_has_come(
    shared_market: Path, run: Run, tmp_path: Path
) -> None:
    bars = pq.read_table(shared_market / "sample_32_stocks_2020_2026.parquet")
    recent = bars.filter(pc.greater_equal(bars["date"], pa.scalar(date(2025, 12, 1))))
    last, few = pc.max(recent["date"]), pa.array(sorted(set(recent["symbol"].to_pylist()))[:16])
    thin = pc.or_(pc.less(recent["date"], last), pc.is_in(recent["symbol"], few))
    pq.write_table(recent.filter(thin), tmp_path / "bars.parquet")
    # without --once: what is read through a pipe ends by itself
    ended = run("demo", "--market", tmp_path / "bars.parquet", data_dir=tmp_path / "data")
    assert ended.code == 0, ended.err
    assert "Still serving" not in ended.out
    assert re.search(rf"{last.as_py()}: 16 of the \d+ instruments", ended.out), ended.out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_ended_early_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "quantos.cli", "demo", "--once"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    while "Day by day" not in (line := demo.stdout.readline()):
        assert line, "the demo ended before its first day"
    demo.send_signal(how)
    _, err = demo.communicate(timeout=TIMEOUT_S)
    assert demo.returncode == 130
    assert re.fullmatch(r"quantos: interrupted.* was removed; quantos demo plays it again.*\n", err)
    assert list((tmp_path / ".local/share/quantos-demo").iterdir()) == []
    assert not (tmp_path / ".local/share/quantos").exists()


def test_a_demo_that_fails_takes_away_what_it_made(tmp_path: Path) -> None:
    (tmp_path / "market").mkdir()
    (tmp_path / "market" / "instruments.csv").write_text("symbol,list_date\n600519.SH,2001-08-27\n")
    ended = quantos("demo", "--once", "--market", tmp_path / "market", home=tmp_path)
    assert ended.code == 1
    removed, refused = ended.err.splitlines()
    assert removed.endswith("which it had made, was removed")
    assert "no bars were found" in refused
    assert list((tmp_path / ".local/share/quantos-demo").iterdir()) == []
