"""The verifier run as a program, on an honest record that tests may copy and spoil."""

from __future__ import annotations

import copy
import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantos.verification.offline.program import parse, run
from tests.support.attestations import Repository, attest, save
from tests.support.honest import honest_packages
from tests.support.packages import Package


@dataclass(frozen=True)
class Answer:
    """What the program said with --json."""

    code: int
    report: dict[str, Any]

    @property
    def failed(self) -> dict[str, list[str]]:
        """The messages of each step that does not hold."""
        found: dict[str, list[str]] = {}
        for part in self.report["reports"]:
            for verdict in part["verdicts"]:
                if verdict["fails"]:
                    messages = [f"{verdict['about']} {f['message']}".strip() for f in verdict["findings"]]
                    found.setdefault(verdict["name"], []).extend(messages)
        return found

    @property
    def codes(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in self.report["reports"]:
            for verdict in part["verdicts"]:
                if verdict["fails"]:
                    found.setdefault(verdict["name"], []).extend(f["code"] for f in verdict["findings"])
        return found

    @property
    def not_checked(self) -> dict[str, set[str]]:
        """Of each step that was not run, and fails nothing by it: the codes of the reasons."""
        found: dict[str, set[str]] = {}
        for part in self.report["reports"]:
            for verdict in part["verdicts"]:
                if verdict["outcome"] == "not_checked" and not verdict["fails"]:
                    found.setdefault(verdict["name"], set()).update(f["code"] for f in verdict["findings"])
        return found

    def notes(self, step: str) -> list[str]:
        verdicts = [v for part in self.report["reports"] for v in part["verdicts"] if v["name"] == step]
        return [note["code"] for verdict in verdicts for note in verdict["notes"]]


def ask(*arguments: str | Path) -> Answer:
    """Run the program with --json."""
    said = io.StringIO()
    code = run(parse([*map(str, arguments), "--json", "--lang", "en"]), said)
    return Answer(code, json.loads(said.getvalue()) if said.getvalue() else {"reports": []})


def tell(*arguments: str | Path) -> tuple[int, str]:
    """Run the program for people."""
    said = io.StringIO()
    return run(parse(list(map(str, arguments))), said), said.getvalue()


@dataclass
class Record:
    """An honest record, its own to spoil: packages in memory, the repository on disk."""

    folder: Path
    packages: list[Package]
    repository: Repository

    def verify(self, *options: str | Path) -> Answer:
        target = self.folder / "packages"
        shutil.rmtree(target, ignore_errors=True)
        return ask(save(self.packages, target), "--attestations", self.repository.path, *options)

    def day(self, date: str) -> Package:
        return next(package for package in self.packages if package["trade_date"] == date)


@pytest.fixture(scope="session")
def honest_repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Package], Path]:
    path = tmp_path_factory.mktemp("honest") / "repository"
    packages = honest_packages()
    attest(packages, Repository(path))
    return packages, path


@pytest.fixture
def record(tmp_path: Path, honest_repository: tuple[list[Package], Path]) -> Record:
    packages, path = honest_repository
    copied = tmp_path / "repository"
    shutil.copytree(path, copied)
    repository = Repository.__new__(Repository)
    repository.path = copied
    return Record(tmp_path, copy.deepcopy(packages), repository)


def all_of(answer: Answer, steps: Sequence[str]) -> bool:
    return set(steps) <= set(answer.failed)


Ask = Callable[..., Answer]
