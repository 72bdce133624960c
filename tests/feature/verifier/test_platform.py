"""What the platform itself publishes, verified by the command that it ships."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantos.app import build_app
from quantos.attestation.signing import generate, key_path
from quantos.kit.clock import parse_instant
from tests.feature.verifier.conftest import ask
from tests.support.attested import attested, git, until
from tests.support.honest import DAYS, honest_packages, honest_world
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.restated import Bars, write_bars
from tests.support.tampering import VECTORS


def play(on: Stage) -> Stage:
    """The small honest market on a whole platform, ten days settled."""
    rows = {
        (symbol, day): (float(bar.open), float(bar.close), float(bar.pre_close or 0), bar.volume)
        for day, bars in honest_world().bars.items()
        for symbol, bar in bars.items()
    }
    on.platform.market.import_bars(made_up(rows))
    agent = on.agent()
    costs = {"commission_rate": 0.0003, "slippage_rate": 0.002}
    agent.post("/strategies", {"name": "A", "slug": "alpha", **costs})
    for package in honest_packages():
        day = date.fromisoformat(package["trade_date"])
        on.clock_to(day, "08:30")
        signal = package["verification"]["signal_attestation"]
        if signal is not None:
            on.submit(agent, "alpha", day, {t["symbol"]: t["weight"] for t in signal["signals"]})
        on.clock_to(day, "18:30")
    return on


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Without a repository."""
    folder = tmp_path_factory.mktemp("platform") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as on:
        yield play(on)


@dataclass
class Public:
    """A platform with a repository and a key, read over real HTTP."""

    on: Stage
    url: str
    repository: Path

    def bring_to_an_end(self) -> None:
        """Wait until every settled day's digest is committed: that is done after the settlement, apart from it."""
        public = self.on.public()
        until(lambda: all(self._committed(public, row["date"]) for row in self._record(public)["records"]))

    def _record(self, public: Caller) -> Any:
        return public.get("/public/strategies/alpha/track-record")

    def _committed(self, public: Caller, day: str) -> bool:
        package = public.get("/public/strategies/alpha/verify", date=day)
        return bool(package["verification"]["settlement_attestation"]["committed"])


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    folder = tmp_path_factory.mktemp("attested")
    with attested(folder) as on:
        generate(key_path(folder / "data"))
        play(on)
        app, turn = build_app(on.platform), threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                async def answer() -> httpx.Response:
                    transport = httpx.ASGITransport(app)
                    async with httpx.AsyncClient(transport=transport, base_url="http://platform") as client:
                        return await client.get(self.path)

                with turn:
                    found = asyncio.run(answer())
                self.send_response(found.status_code)
                self.send_header("Content-Length", str(len(found.content)))
                self.end_headers()
                self.wfile.write(found.content)

            def log_message(self, *_: Any) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/api/v1/public/strategies/alpha"
        made = Public(on, url, folder / "attestation")
        made.bring_to_an_end()
        yield made
        server.shutdown()
        server.server_close()


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
    assert answer.codes == {"real_record": ["simulated"] * 10}
    assert answer.notes("track_record") == ["simulated_throughout"]


@pytest.mark.parametrize("mark", ["simulated", "synthetic"])
def test_a_record_says_of_itself_what_its_packages_say(published: Path, mark: str) -> None:
    """Whichever of the two hides it."""
    file = published / "track-record.json"
    record = json.loads(file.read_text())
    record[mark] = not record.get(mark, False)
    file.write_text(json.dumps({name: value for name, value in record.items() if value is not False}))
    answer = ask(published, "--allow-unattested")
    assert answer.codes["track_record"] == ["mark_differs"]
    assert ask(published, "--allow-unattested", "--allow-simulated").code == 0


def test_the_platform_settles_what_the_tests_own_packages_show(published: Path) -> None:
    """The bonus of 2024-01-10 is announced there and inferred here; the days before are the same to the mill."""
    for package in honest_packages()[:6]:
        found = json.loads((published / "packages" / f"{package['trade_date']}.json").read_text())
        for part in ("orders", "trades", "previous", "corporate_actions"):
            assert found["verification"][part] == package["verification"][part], (package["trade_date"], part)
        for name in ("reported_nav", "cash", "positions_value"):
            assert found["verification"]["nav"][name] == package["verification"]["nav"][name]


def test_a_public_record_is_verified_from_its_url_alone(public: Public) -> None:
    answer = ask(public.url, "--allow-simulated")
    assert (answer.code, answer.failed) == (0, {})
    (part,) = answer.report["reports"]
    assert (part["days"], part["times"]) == (10, {"signals": 5, "pushed": 0, "self_dated": 5})


def test_its_repository_holds_with_the_key_that_it_publishes(public: Public, tmp_path: Path) -> None:
    signers = tmp_path / "allowed_signers"
    signers.write_text(git(public.repository, "show", "HEAD:KEYS/allowed_signers") + "\n")
    assert ask(public.repository).codes == {"real_times": ["times_simulated"]}
    answer = ask(public.repository, "--allow-simulated", "--allowed-signers", signers)
    assert (answer.code, answer.failed) == (0, {})
    (part,) = answer.report["reports"]
    assert (part["entries"], part["in_time"], part["unsigned"]) == (5, 5, 0)
    answer = ask(
        public.url, "--allow-simulated", "--attestations", public.repository, "--allowed-signers", signers
    )
    assert (answer.code, answer.failed) == (0, {})
    assert "signatures" not in answer.not_checked


def test_a_restatement_in_the_open_holds_with_all_its_revisions(public: Public, tmp_path: Path) -> None:
    """The last day's close of one fund corrected: one day of two revisions, both committed."""
    day, symbol = DAYS[-1], "510300.SH"
    bar = honest_world().bars[day][symbol]
    rows: Bars = {
        (symbol, day): (float(bar.open), float(bar.close) + 0.01, float(bar.pre_close or 0), bar.volume)
    }
    public.on.platform.settlement.restate(
        day, "corrected", "operator", data=write_bars(tmp_path / "new", rows)
    )
    public.bring_to_an_end()
    answer = ask(public.url, "--allow-simulated", "--save", tmp_path / "kept")
    assert (answer.code, answer.failed) == (0, {})
    assert answer.report["reports"][0]["superseded"] == 1
    kept = json.loads((tmp_path / "kept" / "packages" / f"{day}.json").read_text())
    assert kept["restated"]["reason"] == "corrected"

    kept["revision"] = 0
    (tmp_path / "kept" / "packages" / f"{day}.json").write_text(json.dumps(kept))
    (tmp_path / "kept" / "packages" / f"{day}-revision-0.json").unlink()
    answer = ask(tmp_path / "kept", "--allow-simulated")
    assert "changed after it was settled: nav_sha256 was committed as" in str(
        answer.failed["digest_committed"]
    )


def test_a_pause_before_the_deadline_of_a_committed_signal_verifies(tmp_path: Path) -> None:
    """Private while it is paused: its name is unhidden by the salts of its packages."""
    days = DAYS[:4]
    with attested(tmp_path) as on:
        rows = {
            (symbol, day): (float(bar.open), float(bar.close), float(bar.pre_close or 0), bar.volume)
            for day in days
            for symbol, bar in honest_world().bars[day].items()
        }
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        agent.post("/strategies", {"name": "A", "slug": "alpha"})
        for day in days:
            on.submit(agent, "alpha", day, {"000001.SZ": 0.5})
        agent.call("PATCH", "/strategies/alpha", {"is_public": False})
        on.clock_to(days[1], "09:00")
        agent.call("PATCH", "/strategies/alpha", {"status": "paused"})
        on.clock_to(days[3], "09:00")
        agent.call("PATCH", "/strategies/alpha", {"status": "active", "is_public": True})
        on.clock_to(days[3], "18:30")
        (tmp_path / "packages").mkdir()
        for day in days:
            package = on.public().call("GET", "/public/strategies/alpha/verify", date=str(day))
            (tmp_path / "packages" / f"{day}.json").write_bytes(package.content)
    kept = [json.loads(file.read_text()) for file in sorted((tmp_path / "packages").iterdir())]
    signals = [package["verification"]["signal_attestation"] for package in kept]
    assert [signal is None for signal in signals] == [False, True, True, False]
    answer = ask(tmp_path / "packages", "--attestations", tmp_path / "attestation", "--allow-simulated")
    assert (answer.code, answer.failed) == (0, {})
    assert answer.notes("attested").count("hold_explained") == 2


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


def test_the_command_refuses_a_time_that_no_clock_can_wait_for() -> None:
    command = [sys.executable, "-m", "quantos.cli", "verify", str(VECTORS), "--timeout", "inf"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "--timeout" in ended.stderr


def test_the_command_refuses_an_unknown_language() -> None:
    command = [sys.executable, "-m", "quantos.cli", "verify", str(VECTORS), "--lang", "de"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "no language of the report" in ended.stderr


def test_a_pause_that_ended_while_the_strategy_was_hidden_is_known_to_have_ended(tmp_path: Path) -> None:
    """Resumed before its first settled day: the day of the change has no package, whose salt would unhide it."""
    first, second = DAYS[2], DAYS[3]
    with attested(tmp_path) as on:
        bars = honest_world().bars
        rows = {
            (symbol, day): (float(bar.open), float(bar.close), float(bar.pre_close or 0), bar.volume)
            for day in DAYS[:4]
            for symbol, bar in bars[day].items()
        }
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        agent.post("/strategies", {"name": "A", "slug": "alpha"})
        on.submit(agent, "alpha", first, {"000001.SZ": 0.5})

        def change(**fields: object) -> None:
            assert agent.call("PATCH", "/strategies/alpha", fields).status_code == 200

        change(status="paused")
        change(is_public=False)
        on.clock_to(DAYS[0], "16:00")
        change(status="active")
        change(is_public=True)
        on.clock_to(second, "08:00")
        on.submit(agent, "alpha", second, {"000001.SZ": 0.4})
        on.clock_to(second, "19:00")
        for day in (first, second):
            answer = on.public().call("GET", "/public/strategies/alpha/verify", date=day.isoformat())
            (tmp_path / f"{day}.json").write_bytes(answer.content)
            shown = answer.json()["verification"]["status_salts"]
            assert [each["date"] for each in shown] == [str(DAYS[0]), str(DAYS[1])]
    repository = tmp_path / "attestation"
    for alone in (first, second):
        judged = ask(tmp_path / f"{alone}.json", "--attestations", repository, "--allow-simulated")
        assert (judged.code, judged.failed) == (0, {})


def test_restatements_in_a_row_over_corporate_actions_hold_with_all_their_revisions(
    public: Public, tmp_path: Path
) -> None:
    """The open of one fund corrected twice, on a day before a dividend and a bonus: eight days of three revisions."""
    day, symbol = DAYS[2], "510300.SH"
    bar = honest_world().bars[day][symbol]
    for cents in (1, 2):
        opened = float(bar.open) + cents / 100
        rows: Bars = {(symbol, day): (opened, float(bar.close), float(bar.pre_close or 0), bar.volume)}
        data = write_bars(tmp_path / f"corrected-{cents}", rows)
        public.on.platform.settlement.restate(day, f"corrected {cents}", "operator", data=data)
    public.bring_to_an_end()
    answer = ask(public.url, "--allow-simulated")
    assert (answer.code, answer.failed) == (0, {})
    assert answer.report["reports"][0]["superseded"] >= 2 * len(DAYS[2:])
    assert ask(public.repository, "--allow-simulated").code == 0
