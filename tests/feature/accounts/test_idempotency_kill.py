"""A platform killed (SIGKILL) while it does a POST with an `Idempotency-Key` does not do it twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.feature.accounts.conftest import Site

KEY = "5f0b6b0e-6f1c-4a8e-9a53-3c8f4f1f1a77"
CHILD = """
import os, signal, sys
from pathlib import Path
import {module} as module
from tests.feature.accounts.conftest import Site

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

{patch} = die
site = Site(Path(sys.argv[1]))
site.call("POST", "/billing/api-keys", sys.argv[2], json={{"name": "agent"}}, headers={{"Idempotency-Key": sys.argv[3]}})
"""
ROOT = Path(__file__).parents[3]


def killed(folder: Path, access: str, module: str, patch: str) -> None:
    """Send the request to a platform of its own that is killed where it comes to `patch`."""
    code = CHILD.format(module=module, patch=f"module.{patch}")
    ended = subprocess.run(
        [sys.executable, "-c", code, str(folder), access, KEY], cwd=ROOT, capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def repeated(site: Site, access: str) -> tuple[Any, int]:
    """The same request again: its answer, and how many API keys there are now."""
    answer = site.call(
        "POST", "/billing/api-keys", access, json={"name": "agent"}, headers={"Idempotency-Key": KEY}
    )
    return answer, len(site.call("GET", "/billing/api-keys", access).json()["api_keys"])


@pytest.fixture
def account(tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "data"
    site = Site(folder)
    access: str = site.register()["access_token"]
    site.close()
    return folder, access


@pytest.mark.parametrize(
    ("module", "patch"),
    [
        ("quantos.accounts.store", "add"),  # before its work
        ("quantos.accounts.idempotency", "store.begin"),  # after its work, in the unit of work
    ],
)
def test_killed_before_the_commit_it_is_done_when_it_is_sent_again(
    account: tuple[Path, str], module: str, patch: str
) -> None:
    folder, access = account
    killed(folder, access, module, patch)
    site = Site(folder)
    answer, keys = repeated(site, access)
    site.close()
    assert (answer.status_code, keys) == (201, 1)
    assert "idempotency-replayed" not in answer.headers


@pytest.mark.parametrize(
    ("module", "patch"),
    [
        ("quantos.storage.records", "_answer"),  # nobody was told of the commit yet
        ("quantos.accounts.routes", "json_response"),  # it was committed
        ("quantos.accounts.idempotency", "rules.sealed"),  # it would be answered next
    ],
)
def test_killed_after_the_commit_it_is_not_done_again_and_says_so(
    account: tuple[Path, str], module: str, patch: str
) -> None:
    folder, access = account
    killed(folder, access, module, patch)
    site = Site(folder)
    answer, keys = repeated(site, access)
    assert (answer.status_code, keys) == (409, 1)
    assert "look whether what you wanted is there" in answer.json()["detail"]
    site.close()


def test_killed_once_the_answer_is_kept_it_is_given_again(account: tuple[Path, str]) -> None:
    folder, access = account
    killed(folder, access, "quantos.accounts.idempotency", "Idempotency._leave")
    site = Site(folder)
    answer, keys = repeated(site, access)
    site.close()
    assert (answer.status_code, keys) == (201, 1)
    assert answer.headers["idempotency-replayed"] == "true"
