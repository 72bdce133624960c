"""Verifying one year of one strategy of 50 names, offline: `python tests/bench/bench_verify.py [--others 100]`.

Real bars of 2024, rebalanced every day at the open, every signal and digest committed. What is timed is the single
file as anyone runs it: a fresh, isolated interpreter, from its start to its exit. `--others`: how many more
strategies share the attestation repository, all in the commits of the same days.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))

from quantos.verification.offline.pack import pack
from tests.conftest import ROOT
from tests.oracle.ledger import Terms
from tests.support.attestations import Repository, before_deadline, save, shanghai
from tests.support.packages import Package, packages_of, sha256
from tests.support.real import LATE, real_world
from tests.support.worlds import Strategy, Weights

FIRST, LAST = date(2024, 1, 2), date(2024, 12, 31)
NAMES, POOL = 50, 80


def year(shared: Path) -> list[Package]:
    """A strategy that holds 50 of 80 large names, its weights drawn anew every day."""
    rng = random.Random(20240102)
    listed = [f"{code}.SH" for code in range(600_000, 600_400)]
    world = real_world(shared / "market", LATE, FIRST - timedelta(days=20), LAST, listed)
    pool = [symbol for symbol in listed if all(symbol in bars for bars in world.bars.values())][:POOL]
    days = [day for day in world.sessions if FIRST <= day <= LAST]
    signals: dict[date, Weights] = {}
    for day in days:
        raw = [rng.randint(1, 10**6) for _ in range(NAMES)]
        weights = [r / sum(raw) * 0.99 for r in raw]
        signals[day] = dict(zip(rng.sample(pool, NAMES), (Decimal(repr(w)) for w in weights), strict=True))
    terms = Terms(10_000_000, "open", Decimal("0.0003"), Decimal("0.001"))
    return list(packages_of(world, Strategy(terms, signals), days))


def repository(folder: Path, packages: list[Package], others: int) -> Path:
    """Every day two commits: the signals of all strategies, their digests; as a bundle."""
    made = Repository(folder / "repository")
    for package in packages:
        day, body = package["trade_date"], package["verification"]
        at, signal = before_deadline(package), body["signal_attestation"]
        hashes = {"alpha": signal["signal_hash"]} | {
            f"other-{n}": sha256(f"{day}{n}".encode()) for n in range(others)
        }
        stamp = {"universe": "hs300", "execution_price": "open", "attested_at": at.isoformat()}
        entries = [{"strategy_slug": slug, "signal_hash": value, **stamp} for slug, value in hashes.items()]
        made.write(
            f"attestations/{day}.json", {"date": day, "attested_at": at.isoformat(), "strategies": entries}
        )
        sha = made.commit(at, f"signal attestation {day}")
        signal |= {
            "github_committed": True,
            "commit_sha": sha,
            "committed_at": at.isoformat(),
            "in_time": True,
        }
        at = shanghai(day, "18:15:03")
        provenance = package["data_provenance"]
        common = {name: provenance[name] for name in ("snapshot_sha256", "rules_version")}
        digests = [
            {
                "strategy_slug": slug,
                "revision": 0,
                "nav_sha256": value,
                **common,
                "committed_at": at.isoformat(),
            }
            for slug, value in (hashes | {"alpha": body["settlement_attestation"]["nav_sha256"]}).items()
        ]
        made.write(f"settlements/{day}.json", {"date": day, "settlements": digests})
        sha = made.commit(at, f"settlement digests {day}")
        body["settlement_attestation"] |= {
            "committed": True,
            "commit_sha": sha,
            "committed_at": at.isoformat(),
        }
    made.git("gc", "--quiet")
    made.git("bundle", "create", "--quiet", str(folder / "attestation.bundle"), "--all")
    return folder / "attestation.bundle"


WATCH = """
import json, os, subprocess, sys, time
start = time.perf_counter()
program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
said = program.stdout.read()
_, status, used = os.wait4(program.pid, 0)
seconds = time.perf_counter() - start
computed, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(json.dumps([seconds, computed, peak, status, said.rstrip().splitlines()[-1]]))
"""
"""A small parent: what a large one holds would count as the child's memory."""


def timed(command: list[str]) -> tuple[float, float, float, str]:
    """Seconds from start to exit, of them computed, peak memory in MiB, the last line."""
    watched = [sys.executable, "-I", "-S", "-c", WATCH, *command]
    ended = subprocess.run(watched, capture_output=True, text=True, check=True)
    seconds, computed, peak, status, last = json.loads(ended.stdout)
    assert status == 0, last
    return seconds, computed, peak, last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, default=0, help="More strategies in the same repository.")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    shared = Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared")
    with TemporaryDirectory() as name:
        folder = Path(name)
        packages = year(shared)
        bundle = repository(folder, packages, given.others)
        where = save(packages, folder / "packages")
        archive = folder / "quantos-verify.pyz"
        pack(archive)
        size = sum(path.stat().st_size for path in where.iterdir()) / 2**20
        orders = sum(len(package["verification"]["orders"]) for package in packages)
        trades = sum(len(package["verification"]["trades"]) for package in packages)
        print(f"{len(packages)} days, {orders} orders, {trades} trades, {size:.1f} MiB of packages")
        print(
            f"{given.others + 1} strategies in the repository, bundle {bundle.stat().st_size / 2**20:.1f} MiB"
        )
        command = [
            sys.executable,
            "-I",
            "-S",
            str(archive),
            str(where),
            "--attestations",
            str(bundle),
            "--lang",
            "en",
        ]
        runs = [timed(command) for _ in range(given.runs)]
        seconds = sorted(run[0] for run in runs)
        computed, peak = min(run[1] for run in runs), max(run[2] for run in runs)
        print(
            f"best {seconds[0]:.2f} s, median {seconds[len(seconds) // 2]:.2f} s, computing {computed:.2f} s"
        )
        print(f"peak {peak:.0f} MiB: {runs[0][3]}")
        print(f"load {os.getloadavg()[0]:.1f}, {datetime.now(UTC):%Y-%m-%d}")


if __name__ == "__main__":
    main()
