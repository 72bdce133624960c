"""`quantos secrets rotate`: through the running server, and without one."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from quantos.app import Platform
from quantos.settings import Settings
from tests.feature.cli.conftest import Run, Said, Serving


def status(server: Serving, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/api/v1/admin/jobs", headers=headers, trust_env=False).status_code


def test_the_running_server_takes_the_new_token_at_once(server: Serving, run: Run) -> None:
    before = run("operator", "token", data_dir=server.directory).out.strip()
    ended = run("secrets", "rotate", "operator-token", data_dir=server.directory)
    assert (ended.code, ended.err) == (0, "")
    assert "quantos operator token" in ended.out
    after = run("operator", "token", data_dir=server.directory).out.strip()
    assert (status(server, before), status(server, after)) == (401, 200)
    assert before not in ended.out and after not in ended.out


@pytest.mark.parametrize("name", ["operator-token", "jwt-key", "idempotency"])
def test_without_a_server_the_directory_has_another_secret(run: Run, tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / "data"
    Platform.open(Settings(data_dir=data_dir)).close()
    file = data_dir / "secrets" / name
    before = file.read_text()
    ended = run("secrets", "rotate", name, "--json", data_dir=data_dir)
    assert (ended.code, ended.json) == (0, {"rotated": name})
    assert file.read_text() != before


@pytest.mark.parametrize(
    ("language", "words"), [("en", "API keys go on working"), ("zh", "API 密钥不受影响")]
)
def test_it_says_what_ends_in_the_readers_language(
    server: Serving, run: Run, language: str, words: str
) -> None:
    ended = run("secrets", "rotate", "jwt-key", data_dir=server.directory, QUANTOS_LANG=language)
    assert words in re.sub(r"\s+", " ", ended.out)


def test_another_name_is_wrong_usage(said: Said) -> None:
    ended = said("secrets", "rotate", "salts")
    assert ended.code == 2
    assert "operator-token" in ended.err
