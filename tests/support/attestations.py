"""Attestation repositories made with the git program, each commit at the time that a test wants."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.support.packages import SHANGHAI, Package


class Repository:
    """A repository on disk; bare ones are only pushed to."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []))

    def git(self, *arguments: str, at: datetime | None = None, **options: str) -> str:
        """Run git; `at` is the time of what it writes."""
        stamp = {"GIT_AUTHOR_DATE": at.isoformat(), "GIT_COMMITTER_DATE": at.isoformat()} if at else {}
        people = {
            f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _NAMES.items()
        }
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        environment |= {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **people,
            **stamp,
            **options,
        }
        run = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"git {arguments}: {run.stderr}"
        return run.stdout.strip()

    def write(self, name: str, content: Any) -> None:
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))

    def read(self, name: str) -> Any:
        path = self.path / name
        return json.loads(path.read_text()) if path.exists() else None

    def commit(self, at: datetime, message: str, *options: str) -> str:
        """Commit everything; its name."""
        self.git("add", "--all")
        self.git(*options, "commit", "--quiet", "--allow-empty", "-m", message, at=at)
        return self.git("rev-parse", "HEAD")

    def signal(self, day: str, slug: str, digest: str, price: str, at: datetime, *options: str) -> str:
        """Commit an entry of a day's attestations."""
        name = f"attestations/{day}.json"
        file = self.read(name) or {"date": day, "strategies": []}
        entry = {"strategy_slug": slug, "signal_hash": digest, "universe": "hs300"}
        file["strategies"].append({**entry, "execution_price": price, "attested_at": at.isoformat()})
        file["attested_at"] = at.isoformat()
        self.write(name, file)
        return self.commit(at, f"signal attestation {day} — {slug}\n\nhash: {digest}", *options)

    def settlement(self, package: Package, at: datetime, *options: str) -> str:
        """Commit a package's digest."""
        day = package["trade_date"]
        name = f"settlements/{day}.json"
        file = self.read(name) or {"date": day, "settlements": []}
        file["settlements"].append(
            {
                "strategy_slug": package["slug"],
                "revision": package["revision"],
                "nav_sha256": package["verification"]["settlement_attestation"]["nav_sha256"],
                "snapshot_sha256": package["data_provenance"]["snapshot_sha256"],
                "rules_version": package["data_provenance"]["rules_version"],
                "committed_at": at.isoformat(),
            }
        )
        self.write(name, file)
        return self.commit(at, f"settlement digests {day}", *options)


_NAMES: Mapping[str, str] = {"NAME": "Attestation", "EMAIL": "attestation@quantos.example"}


def shanghai(day: str, at: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(at), SHANGHAI).astimezone(UTC)


def before_deadline(package: Package, minutes: int = 10) -> datetime:
    signal = package["verification"]["signal_attestation"]
    return datetime.fromisoformat(signal["deadline"]).astimezone(UTC) - timedelta(minutes=minutes)


def attest(packages: Sequence[Package], repository: Repository, *options: str) -> None:
    """Commit each day's signal before its deadline and its digest after its settlement, as the platform does."""
    for package in packages:
        body = package["verification"]
        signal, price = body["signal_attestation"], package["data_provenance"]["settings"]["execution_price"]
        if signal is not None:
            at = before_deadline(package)
            sha = repository.signal(
                package["trade_date"], package["slug"], signal["signal_hash"], price, at, *options
            )
            signal |= {
                "github_committed": True,
                "commit_sha": sha,
                "committed_at": at.isoformat(),
                "in_time": True,
            }
        at = shanghai(package["trade_date"], "18:15:03")
        sha = repository.settlement(package, at, *options)
        body["settlement_attestation"] |= {
            "committed": True,
            "commit_sha": sha,
            "committed_at": at.isoformat(),
        }


def save(packages: Sequence[Package], folder: Path) -> Path:
    """A folder of packages, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        revision = f"-revision-{package['revision']}" if package["revision"] else ""
        name = f"{package['slug']}-{package['trade_date']}{revision}.json"
        (folder / name).write_text(json.dumps(package, ensure_ascii=False))
    return folder
