"""What the platform itself publishes, verified by the command that it ships."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from quantos.kit.clock import parse_instant
from tests.feature.verifier.conftest import ask
from tests.support.honest import DAYS, honest_packages, honest_world
from tests.support.platforms import Stage, made_up, stage
from tests.support.tampering import VECTORS


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The small honest market on a whole platform, ten days settled."""
    rows = {
        (symbol, day): (float(bar.open), float(bar.close), float(bar.pre_close or 0), bar.volume)
        for day, bars in honest_world().bars.items()
        for symbol, bar in bars.items()
    }
    folder = tmp_path_factory.mktemp("platform") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as on:
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        agent.post(
            "/strategies", {"name": "A", "slug": "alpha", "commission_rate": 0.0003, "slippage_rate": 0.002}
        )
        for package in honest_packages():
            day = date.fromisoformat(package["trade_date"])
            on.clock_to(day, "08:30")
            signal = package["verification"]["signal_attestation"]
            if signal is not None:
                on.submit(agent, "alpha", day, {t["symbol"]: t["weight"] for t in signal["signals"]})
            on.clock_to(day, "18:30")
        yield on


@pytest.fixture
def published(played: Stage, tmp_path: Path) -> Path:
    """Track record and packages as anyone fetches them."""
    (tmp_path / "packages").mkdir()
    public = played.public()
    record = public.get("/public/strategies/alpha/track-record")
    (tmp_path / "track-record.json").write_text(json.dumps(record))
    for row in record["records"]:
        answer = public.call("GET", "/public/strategies/alpha/verify", date=row["date"])
        (tmp_path / "packages" / f"{row['date']}.json").write_bytes(answer.content)
    return tmp_path


def test_what_the_platform_publishes_holds(published: Path) -> None:
    answer = ask(published, "--allow-simulated", "--allow-unattested")
    assert (answer.code, answer.failed) == (0, {})
    assert answer.report["reports"][0]["days"] == len(DAYS)


def test_a_replay_never_passes_for_a_record(published: Path) -> None:
    answer = ask(published, "--allow-unattested")
    assert answer.codes == {"real_record": ["simulated"] * 10, "track_record": ["simulated"]}


def test_the_platform_settles_what_the_tests_own_packages_show(published: Path) -> None:
    """The bonus of 2024-01-10 is announced there and inferred here; the days before are the same to the mill."""
    for package in honest_packages()[:6]:
        found = json.loads((published / "packages" / f"{package['trade_date']}.json").read_text())
        for part in ("orders", "trades", "previous", "corporate_actions"):
            assert found["verification"][part] == package["verification"][part], (package["trade_date"], part)
        for name in ("reported_nav", "cash", "positions_value"):
            assert found["verification"]["nav"][name] == package["verification"]["nav"][name]


def test_the_command_is_the_same_program(published: Path) -> None:
    """`quantos verify` says and exits as the single program does."""
    for arguments in (
        [str(published), "--allow-simulated", "--allow-unattested", "--lang", "en"],
        [str(VECTORS / "one-fee-a-cent-lower.json"), "--lang", "zh"],
        ["/nothing/here", "--lang", "en"],
    ):
        said = [
            subprocess.run(
                [sys.executable, "-m", *program, *arguments], capture_output=True, text=True, check=False
            )
            for program in (["quantos.cli", "verify"], ["quantos.verification.offline"])
        ]
        assert len({(ended.returncode, ended.stdout, ended.stderr) for ended in said}) == 1, said


def test_the_command_refuses_an_unknown_language() -> None:
    command = [sys.executable, "-m", "quantos.cli", "verify", str(VECTORS), "--lang", "de"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "no language of the report" in ended.stderr
