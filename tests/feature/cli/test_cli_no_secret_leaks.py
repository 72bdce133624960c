"""Every secret that a day of use makes, looked for in everything that the platform leaves behind or shows.

A real server: its log, what it answers, the operator's views of logs, events, audit and settings, what the commands
print, the process list, a backup, and every file of the data directory while it runs and after it has stopped. KEY-02, KEY-10, AUTH-18, ERR-11.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import httpx
import pytest

from tests.feature.cli.conftest import Run, serving

KEY: Final = "e2b1a0c4-7a56-4d0f-9c7e-0f5f2b7d9a11"
PASSWORD: Final = "a-password-of-mine-1"
SECOND_PASSWORD: Final = "a-password-of-mine-2"
WRONG_PASSWORD: Final = "a-password-that-was-wrong"
VIEWS: Final = (
    "/admin/audit?limit=200",
    "/admin/logs?limit=200",
    "/admin/invites",
    "/admin/users",
    "/admin/settings",
    "/admin/overview",
    "/admin/jobs",
    "/admin/tickets",
    "/admin/strategies",
    "/admin/attestation",
)
COMMANDS: Final = (
    ("doctor", "--json"),
    ("doctor",),
    ("settings",),
    ("license", "status"),
    ("job", "list"),
    ("market", "status"),
    ("attestation", "status"),
)


@dataclass
class Day:
    """What was made, what was answered, and where the platform keeps its things."""

    api: httpx.Client
    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, httpx.Response]] = field(default_factory=list)

    def call(
        self, method: str, path: str, token: str = "", body: Any = None, **headers: str
    ) -> httpx.Response:
        given = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.api.request(method, path, json=body, headers={**given, **headers})
        self.answers.append((f"{method} {path}", answer))
        return answer

    def shown(self, method: str, path: str, token: str = "", body: Any = None, **headers: str) -> Any:
        """A call whose answer is the one that shows a secret."""
        answer = self.call(method, path, token, body, **headers)
        assert answer.is_success, answer.text
        self.answers.pop()
        return answer.json()


@dataclass
class Left:
    """What is left of the day."""

    day: Day
    directory: Path
    log: str
    processes: bytes
    while_running: dict[str, bytes]
    backup: dict[str, bytes]
    bundle: dict[str, bytes]
    metrics: bytes
    printed: dict[str, str]


def registered(day: Day, operator: str, number: int, **headers: str) -> Any:
    code = day.shown("POST", "/admin/invites", operator, {"max_uses": 5})["invite_code"]
    session = day.shown("POST", "/auth/invite", "", {"invite_code": code}, **headers)
    day.secrets |= {
        f"invite {number}": code,
        f"access {number}": session["access_token"],
        f"refresh {number}": session["refresh_token"],
    }
    return session


def use(day: Day, operator: str) -> None:
    """A day of use, right and wrong."""
    access = registered(day, operator, 1, **{"Idempotency-Key": KEY})["access_token"]
    replayed = {"Idempotency-Key": KEY[::-1]}
    day.secrets |= {"idempotency key 1": KEY, "idempotency key 2": KEY[::-1]}
    for name in ("first", "second"):
        headers = replayed if name == "first" else {}
        key = day.shown("POST", "/billing/api-keys", access, {"name": name}, **headers)
        day.secrets[f"api key {name}"] = key["api_key"]
    again = day.shown("POST", "/billing/api-keys", access, {"name": "first"}, **replayed)
    assert again["api_key"] == day.secrets["api key first"]
    day.call("POST", "/billing/api-keys", access, {"name": "other"}, **replayed)
    profile = {"nickname": "careful", "email": "me@example.com", "password": PASSWORD}
    day.secrets |= {
        "password": PASSWORD,
        "second password": SECOND_PASSWORD,
        "wrong password": WRONG_PASSWORD,
    }
    day.call("PATCH", "/auth/profile", access, profile)
    day.call("POST", "/auth/login", "", {"email": "me@example.com", "password": WRONG_PASSWORD})
    session = day.shown("POST", "/auth/login", "", {"email": "me@example.com", "password": PASSWORD})
    day.secrets |= {"access 2": session["access_token"], "refresh 2": session["refresh_token"]}
    renewed = day.shown("POST", "/auth/refresh", "", {"refresh_token": session["refresh_token"]})
    day.secrets["access 3"] = renewed["access_token"]
    day.call("PATCH", "/auth/profile", day.secrets["api key first"], {"password": SECOND_PASSWORD})
    key_id = day.call("GET", "/billing/api-keys", access).json()["api_keys"][0]["id"]
    day.call("DELETE", f"/billing/api-keys/{key_id}", access)
    misuse(day, access)
    day.call("PATCH", f"/admin/users/{session['user']['id']}", operator, {"disabled": True})
    day.call("GET", "/auth/me", access)


def misuse(day: Day, access: str) -> None:
    """Secrets where they do not belong."""
    for secret in list(day.secrets.values()):
        day.call("GET", f"/strategies/{secret}", access)
        day.call("GET", f"/public/strategies/{secret}/verify?date={secret}")
        day.call("GET", f"/calendar?date={secret}")
        day.call("GET", f"/{secret}")
        day.call("GET", "/auth/me", secret[:-1])
        day.call("POST", "/auth/refresh", "", {"refresh_token": secret[:-1]})
        day.call("POST", "/auth/login", "", {"email": secret, "password": [secret]})
        day.call("POST", "/strategies", access, {"name": "x", "slug": secret, "universe": secret})
        day.call("PATCH", "/auth/profile", access, {"nickname": secret * 3, "tier": secret})
        day.call("POST", "/billing/api-keys", access, {"name": 1}, **{"Idempotency-Key": f"{secret} x"})


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()
    }


def command_lines() -> bytes:
    """Of every process of this machine that can be read."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(process.read_bytes())
        except OSError:
            continue
    return b"\n".join(found)


@pytest.fixture(scope="module")
def left(home: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("secrets")
    directory, log = folder / "data", folder / "log"
    server = serving(home, directory, log=log)
    with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False, timeout=60) as http:
        day = Day(http)
        first = run("operator", "token", data_dir=directory).out.strip()
        day.secrets["first operator's token"] = first
        use(day, first)
        assert run("secrets", "rotate", "operator-token", data_dir=directory).code == 0
        operator = run("operator", "token", data_dir=directory).out.strip()
        day.secrets["operator's token"] = operator
        invited = run("invite", "create", data_dir=directory).out.strip()
        day.secrets["invite of the command"] = invited
        for view in VIEWS:
            assert day.call("GET", view, operator).status_code == 200, view
        assert day.call("GET", "/admin/users", first).status_code == 401
        events = day.api.stream("GET", "/admin/events", headers={"Authorization": f"Bearer {operator}"})
        day.answers += read_events(events)
        printed = {
            " ".join(command): f"{ended.out}{ended.err}"
            for command in COMMANDS
            for ended in [run(*command, data_dir=directory)]
        }
        (folder / "bars.csv").write_text("symbol,date,open,high,low,close,volume\n")
        run("market", "import", folder / "bars.csv", data_dir=directory)
        metrics = httpx.get(f"{server.url}/metrics", trust_env=False).content
        assert run("support-bundle", folder / "support.zip", data_dir=directory).code == 0
        day.call("POST", "/admin/backups", operator)
        running, processes = files(directory), command_lines()
        (backup,) = (directory / "backups").iterdir()
    assert server.stop() == 0
    assert server.process.stdout is not None
    said = server.process.stdout.read()
    server.process.stdout.close()
    return Left(
        day,
        directory,
        log.read_text() + said,
        processes,
        running,
        unpacked(backup),
        unpacked(folder / "support.zip"),
        metrics,
        printed,
    )


def unpacked(backup: Path) -> dict[str, bytes]:
    with ZipFile(backup) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def read_events(stream: Any) -> list[tuple[str, httpx.Response]]:
    """What the stream of events says at once."""
    text = b""
    with stream as answer:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            text += piece
            break
    return [("GET /admin/events", httpx.Response(200, content=text))]


def told(text: bytes, secrets: dict[str, str], among: set[str] | None = None) -> list[str]:
    """The names of the secrets that stand in a text."""
    return [
        name
        for name, secret in secrets.items()
        if (among is None or name in among) and secret.encode() in text
    ]


def test_the_day_made_secrets_of_every_kind(left: Left) -> None:
    assert len(left.day.secrets) == 16
    assert all(len(secret) >= 20 for secret in left.day.secrets.values())
    assert len(left.day.answers) > 150


def test_no_answer_but_the_one_that_shows_it_has_a_secret(left: Left) -> None:
    for what, answer in left.day.answers:
        whole = answer.content + repr(answer.headers.raw).encode()
        found = told(whole, left.day.secrets)
        assert found == [], (re.sub(r"[\w.-]{25,}", "...", what), found)


def test_the_log_has_none(left: Left) -> None:
    assert told(left.log.encode(), left.day.secrets) == []


def test_what_is_sent_to_a_helper_has_none_not_even_a_generated_one(left: Left) -> None:
    generated = {
        name: line.decode()
        for name, content in left.while_running.items()
        if name.startswith("secrets/")
        for line in content.splitlines()
        if len(line) >= 20
    }
    assert len(left.bundle) > 10
    assert "import: bars.csv" in str(json.loads(left.bundle["log.json"]))
    for name, content in left.bundle.items():
        assert told(content, left.day.secrets | generated) == [], name


def test_the_metrics_have_none(left: Left) -> None:
    assert b"quantos_requests_total" in left.metrics
    assert told(left.metrics, left.day.secrets) == []


def test_the_process_list_has_none(left: Left) -> None:
    assert b"quantos.cli\0serve" in left.processes
    assert told(left.processes, left.day.secrets) == []


@pytest.mark.parametrize("when", ["while it runs", "after it has stopped"])
def test_of_the_data_directory_only_the_secrets_folder_has_one(left: Left, when: str) -> None:
    found = left.while_running if when == "while it runs" else files(left.directory)
    assert {"records.db", "series.duckdb", "secrets/operator-token"} <= found.keys()
    assert told(found["secrets/operator-token"], left.day.secrets) == ["operator's token"]
    holders = {name: told(content, left.day.secrets) for name, content in found.items()}
    assert {name for name, secrets in holders.items() if secrets} == {"secrets/operator-token"}


def test_nor_do_the_generated_secrets_stand_anywhere_else(left: Left) -> None:
    found = files(left.directory)
    kept = {name: content for name, content in found.items() if name.startswith("secrets/")}
    assert kept.keys() >= {
        "secrets/jwt-key",
        "secrets/operator-token",
        "secrets/idempotency",
        "secrets/salts",
    }
    shown = b"".join(answer.content for _, answer in left.day.answers) + left.log.encode() + left.processes
    for name, secret in kept.items():
        assert secret not in shown, name
        assert [other for other, content in found.items() if secret in content] == [name]


def test_of_a_backup_only_the_secrets_folder_has_one(left: Left) -> None:
    assert {"records.db", "series.duckdb", "secrets/operator-token"} <= left.backup.keys()
    holders = {name for name, content in left.backup.items() if told(content, left.day.secrets)}
    assert holders == {"secrets/operator-token"}


def test_no_command_prints_one_but_the_one_that_is_asked_for_it(left: Left) -> None:
    assert all(left.printed.values())
    assert [what for what, text in left.printed.items() if told(text.encode(), left.day.secrets)] == []


def test_the_names_of_files_have_none(left: Left) -> None:
    assert told("\n".join(files(left.directory)).encode(), left.day.secrets) == []
