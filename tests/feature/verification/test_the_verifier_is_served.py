"""The verifier as one file, from the platform itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from quantos.verification.offline.pack import pack
from tests.feature.verification.conftest import Site


@pytest.fixture
def answer(site: Site) -> httpx.Response:
    return site.run(site.http.get("/api/v1/public/quantos-verify.pyz"))


def test_it_is_the_file_that_anyone_can_make_from_the_sources(answer: httpx.Response, tmp_path: Path) -> None:
    digest = pack(tmp_path / "own.pyz")
    assert answer.headers["etag"] == f'"{digest}"'
    assert hashlib.sha256(answer.content).hexdigest() == digest


def test_it_runs(answer: httpx.Response, tmp_path: Path) -> None:
    file = tmp_path / "quantos-verify.pyz"
    file.write_bytes(answer.content)
    command = [sys.executable, "-I", "-S", str(file), "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "quantos-verify")
