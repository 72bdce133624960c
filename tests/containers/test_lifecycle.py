"""A platform on a customer's server from the first signal to its end: settlement, backups, versions, another machine."""

from __future__ import annotations

import json
import os
import shutil
import signal as signals
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from licensing.fingerprint import fingerprint_of
from tests.containers.appliance import ROOT, Appliance, docker, free_name, issue

SYMBOL, DAY, NEXT_DAY = "600519.SH", "2024-03-04", "2024-03-05"
BARS = f"""symbol,date,open,high,low,close,volume,pre_close
{SYMBOL},2024-03-01,10.00,10.00,10.00,10.00,100000000,10.00
{SYMBOL},{DAY},10.00,10.50,10.00,10.50,100000000,10.00
{SYMBOL},{NEXT_DAY},10.50,10.50,10.50,10.50,100000000,10.50
"""
OTHER_MACHINE = "0123456789abcdef0123456789abcdef"
FINGERPRINT = str(ROOT / "fingerprint.sh")
KEY = "/etc/quantos/vendor.pub.pem"


@pytest.fixture(scope="module")
def platform(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Installed, with a licence, a market, an agent, and one settled day."""
    with Appliance.at(tmp_path_factory.mktemp("lifecycle") / "a place", free_name()) as made:
        made.make_simulated(image, "2024-03-04T08:00+08:00")
        made.install(image, *licensed(made, tmp_path_factory.mktemp("keys")))
        load_market(made)
        agent = join(made)
        made.post("/strategies", {"name": "alpha", "slug": "alpha"}, agent)
        signal(made, agent, DAY, 0.5)
        made.quantos("clock", "advance", "12h")
        (made.place / "agent").write_text(agent)
        yield made


def licensed(on: Appliance, keys: Path) -> tuple[str, ...]:
    """The options of an installation with a licence for this machine; the vendor's key lies in its folder."""
    here = subprocess.run(["sh", FINGERPRINT], capture_output=True, text=True, check=True).stdout.strip()
    file = issue(keys, "license.json", here)
    (on.place / "etc").mkdir(parents=True)
    shutil.copy(keys / "vendor.pub.pem", on.place / "etc")
    return ("--env", f"QUANTOS_TEST_VENDOR_KEY={KEY}", "--license", str(file))


def load_market(on: Appliance) -> None:
    docker("exec", "-i", on.name, "mkdir", "-p", "/data/market")
    subprocess.run(
        ["docker", "exec", "-i", on.name, "sh", "-c", "cat >/data/market/bars.csv"],
        input=BARS,
        text=True,
        check=True,
    )
    on.quantos("market", "import", "/data/market")


def join(on: Appliance) -> str:
    code = json.loads(on.quantos("invite", "create", "--json"))["invite_code"]
    access = on.post("/auth/invite", {"invite_code": code})["access_token"]
    return str(on.post("/billing/api-keys", {"name": "agent"}, access)["api_key"])


def signal(on: Appliance, agent: str, day: str, weight: float) -> None:
    body = {"trade_date": day, "signals": [{"symbol": SYMBOL, "weight": weight}]}
    on.post("/strategies/alpha/signals", body, agent)


def record(on: Appliance) -> list[dict[str, Any]]:
    found = on.get("/public/strategies/alpha/track-record")
    return [row for row in found["records"] if row["date"] >= DAY]


def agent_of(on: Appliance) -> str:
    return (on.place / "agent").read_text()


def test_a_signal_is_settled_in_it(platform: Appliance) -> None:
    """Half of 1,000,000 buys 49,900 shares at 10.02 (10.00 and 0.2 % slippage), for 499,998; they close at 10.50.

    49,900 * 0.48 = 23,952, less 0.03 % commission (150.00) and 0.001 % transfer fee (5.00) is 23,797.
    """
    assert [(row["date"], row["nav"]) for row in record(platform)] == [(DAY, 1.023797)]


def test_it_is_licensed(platform: Appliance) -> None:
    found = json.loads(platform.quantos("license", "status", "--json"))
    assert (found["mode"], found["edition"]) == ("licensed", "test")


def test_the_backups_of_a_running_platform_lie_on_the_host(platform: Appliance) -> None:
    platform.quantos("backup", "create", "/backups/by-hand.zip")
    assert (platform.place / "backups" / "by-hand.zip").stat().st_size > 1000
    assert "by-hand.zip" in platform.quantos("backup", "verify", "/backups/by-hand.zip")


def test_a_licence_holds_on_its_machine_and_on_no_other(
    platform: Appliance, image: str, tmp_path: Path
) -> None:
    mounted = _licence_for(platform, tmp_path)
    judge = ("python3", "-m", "licensing", "verify", "/l/license.json", "--key", "/l/vendor.pub.pem")
    run = ("run", "--rm", "--network", "none", "-v", mounted, "--entrypoint", judge[0])
    here = ("-v", "/etc/machine-id:/etc/machine-id:ro")
    elsewhere = ("-v", f"{_machine(tmp_path)}:/etc/machine-id:ro")
    assert "other_machine" not in docker(*run, *here, image, *judge[1:])
    said = subprocess.run(
        ["docker", *run, *elsewhere, image, *judge[1:]], capture_output=True, text=True, check=False
    )
    assert said.returncode != 0
    assert "other_machine" in said.stdout + said.stderr


def _licence_for(on: Appliance, folder: Path) -> str:
    """A folder with a licence for this machine and the key that signed it, as a mount."""
    issue(folder, "license.json", docker("exec", on.name, "python3", "-m", "licensing", "fingerprint"))
    folder.chmod(0o755)  # the platform's user looks into it
    return f"{folder}:/l:ro"


def _machine(folder: Path) -> Path:
    file = folder / "another-machine-id"
    file.write_text(f"{OTHER_MACHINE}\n")
    return file


def test_a_failing_upgrade_is_undone_with_no_day_lost(
    platform: Appliance, failing_image: str, unhealthy_image: str
) -> None:
    before, running = record(platform), platform.image()
    for image in (failing_image, unhealthy_image):
        ended = platform.run("--upgrade", "--image", image, "--wait", "20")
        assert ended.returncode == 1
        assert "was undone" in ended.stderr
        assert platform.image() == running
        assert platform.state() == "running healthy unless-stopped"
        assert record(platform) == before
        assert platform.leftovers() == []


def test_an_upgrade_that_was_killed_is_undone_by_the_next_run(platform: Appliance, next_image: str) -> None:
    before, running = record(platform), platform.image()
    for stopped_at in ("stopping", "migrating"):
        _stop_at(platform, next_image, stopped_at)
        ended = platform.run()
        assert ended.returncode == 0, ended.stderr
        assert "broken off: it is undone first" in ended.stdout
        assert platform.image() == running
        assert record(platform) == before


def _stop_at(on: Appliance, image: str, phase: str) -> None:
    """Kill an upgrade as soon as it has come to this phase."""
    running = subprocess.Popen(
        on.command("--upgrade", "--image", image),
        env=on.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    pending = on.place / "upgrade.pending"
    for _ in range(3000):
        if pending.exists() and f"phase={phase}\n" in pending.read_text():
            break
        time.sleep(0.02)
    time.sleep(1.0)
    os.killpg(running.pid, signals.SIGKILL)
    running.wait()
    assert pending.exists()


def test_an_upgrade_migrates_and_goes_on_and_a_rollback_takes_the_data_only_when_told(
    platform: Appliance, image: str, next_image: str
) -> None:
    before = record(platform)
    upgraded = platform.run("--upgrade", "--image", next_image)
    assert upgraded.returncode == 0, upgraded.stderr
    assert platform.version() == "9.1"
    assert record(platform) == before
    signal(platform, agent_of(platform), NEXT_DAY, 0.2)  # the version before cannot read this store any more
    refused = platform.run("--rollback")
    assert refused.returncode == 1
    assert "--restore-backup" in refused.stderr
    assert platform.version() == "9.1"
    assert platform.state() == "running healthy unless-stopped"
    told = platform.run("--rollback", "--restore-backup")
    assert told.returncode == 0, told.stderr
    assert platform.version() != "9.1"
    assert record(platform) == before
    kept = sorted(file.name for file in (platform.place / "backups").glob("before-rollback-*.zip"))
    assert kept[-1] in told.stdout


def test_a_backup_comes_back_on_another_machine(platform: Appliance, image: str, tmp_path: Path) -> None:
    platform.quantos("backup", "create", "/backups/moved.zip")
    before = record(platform)
    with Appliance.at(tmp_path / "another", free_name()) as other:
        other.install(image)
        docker("stop", other.name)
        source = platform.place / "backups" / "moved.zip"
        subprocess.run(["cp", "-p", source, other.place / "backups"], check=True)
        machine = ("-v", f"{_machine(tmp_path)}:/etc/machine-id:ro")
        mounts = ("-v", f"{other.volume}:/data", "-v", f"{other.place}/backups:/backups")
        run = ("run", "--rm", "--network", "none", *machine, *mounts, image)
        docker(*run, "backup", "restore", "/backups/moved.zip", "--force")
        trusted = ("-e", f"QUANTOS_TEST_VENDOR_KEY={KEY}", "-v", f"{platform.place}/etc:/etc/quantos:ro")
        said = json.loads(docker(*run[:-1], *trusted, image, "license", "status", "--json"))
        assert (said["mode"], said["edition"]) == ("grace", "test")
        other_machine = fingerprint_of("linux", OTHER_MACHINE)
        assert other_machine in json.dumps(said)
        docker("start", other.name)
        assert other.run().returncode == 0
        assert record(other) == before


def test_the_host_is_told_of_its_service(platform: Appliance) -> None:
    told = subprocess.run(
        [ROOT / ".venv/bin/quantos", "appliance", "status", "--name", platform.name, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=platform.environment(),
    )
    found = json.loads(told.stdout)
    assert (found["state"], found["health"]) == ("running", "healthy")
    assert found["place"] == str(platform.place)
    assert found["address"] == f"http://127.0.0.1:{platform.port}"
