"""The log's last lines and the settings, as the operator reads them: bounded, and without a secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from quantos.kit import log_tail
from quantos.kit.log_tail import LogTail
from quantos.kit.masking import MASK, Redaction
from quantos.settings import Settings
from tests.support.backed_up import DAYS, START, begun, play
from tests.support.platforms import Stage, stage

REMOTE = "https://me:gh-password-77@git.example/repo.git"
LOG = logging.getLogger("quantos.tests")


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    settings = {"attestation_repo": str(tmp_path / "attestation"), "attestation_remote": SecretStr(REMOTE)}
    with stage(tmp_path / "data", START, **settings) as opened:
        yield opened


@pytest.fixture(autouse=True)
def spoken() -> Iterator[None]:
    before = LOG.level
    LOG.setLevel(logging.DEBUG)
    yield
    LOG.setLevel(before)


def lines(on: Stage, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = on.operator.get("/admin/logs", **query)["logs"]
    return [line for line in found if line["logger"] == LOG.name]


def messages(on: Stage, **query: Any) -> list[str]:
    return [line["message"] for line in lines(on, **query)]


def test_the_last_lines_are_told_oldest_first(on: Stage) -> None:
    for k in range(150):
        LOG.info("line %d", k)
    assert messages(on, limit=3) == ["line 147", "line 148", "line 149"]
    assert len(messages(on, limit=200)) == 150
    assert len(on.operator.get("/admin/logs")["logs"]) == 100


def test_what_came_since_is_read_on(on: Stage) -> None:
    LOG.info("first")
    seen = lines(on)[-1]["number"]
    for k in range(5):
        LOG.info("line %d", k)
    page = lines(on, after=seen, limit=2)
    assert [line["message"] for line in page] == ["line 0", "line 1"]
    assert messages(on, after=page[-1]["number"]) == ["line 2", "line 3", "line 4"]
    assert on.operator.get("/admin/logs", after=2**50) == {"logs": []}


def test_lines_are_chosen_by_their_level(on: Stage) -> None:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        LOG.log(level, "at %d", level)
    assert messages(on, level="WARNING") == ["at 30", "at 40"]
    assert {line["level"] for line in lines(on, level="ERROR")} == {"ERROR"}
    for bad in ({"level": "LOUD"}, {"after": -1}, {"limit": 0}, {"limit": 201}):
        assert on.operator.call("GET", "/admin/logs", **bad).status_code == 422


def test_memory_is_bounded(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_tail, "LINE_CHARS_MAX", 50)
    LOG.info("x" * 10_000)
    assert messages(on) == ["x" * 50 + " ..."]
    for k in range(log_tail.LINES_MAX + 10):
        LOG.info("line %d", k)
    tail = on.platform.operations.log.tail(10**6)
    assert len(tail) == log_tail.LINES_MAX
    assert tail[-1].message == f"line {log_tail.LINES_MAX + 9}"


def test_a_traceback_is_told_with_its_line(on: Stage) -> None:
    try:
        int("of a test")
    except ValueError:
        LOG.exception("it failed")
    (found,) = messages(on)
    assert found.startswith("it failed\nTraceback")
    assert "ValueError: invalid literal" in found


def test_sec_no_secret_of_this_platform_is_in_its_log(on: Stage, tmp_path: Path) -> None:
    agent = begun(on)
    invite = on.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    joined = on.public().post("/auth/invite", {"invite_code": invite})
    generated = [file.read_text() for file in (tmp_path / "data" / "secrets").iterdir()]
    secrets = [
        *generated,
        agent.token,
        invite,
        joined["access_token"],
        joined["refresh_token"],
        "gh-password-77",
        REMOTE,
    ]
    assert len(secrets) >= 9
    for secret in secrets:
        LOG.info("somebody logged %s in the middle", secret)
        LOG.info("%s", {"authorization": f"Bearer {secret}"})
        LOG.info("at the end %s", secret)
    play(on, agent, "alpha", 0, 1)
    said = str(on.operator.get("/admin/logs", limit=200))
    assert said.count(MASK) >= 3 * len(secrets)
    assert [secret for secret in secrets if secret in said] == []
    assert "settle_all_active_strategies" in said or LOG.name in said


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a settlement up to 2024-03-01: done", "a settlement up to 2024-03-01: done"),
        ("key qgpt_AbCdEf0123456789 used", f"key {MASK} used"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln", MASK),
        ("https://user:pass@host/path", f"https://{MASK}@host/path"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {MASK}"),
        ("the known s3cret-of-ours stands here", f"the known {MASK} stands here"),
        ("short ones like abc stay", "short ones like abc stay"),
        ("", ""),
    ],
)
def test_secrets_are_cut_out_of_a_line_and_nothing_else(text: str, left: str) -> None:
    assert Redaction(["s3cret-of-ours", "abc", ""])(text) == left


def test_a_longer_secret_is_cut_out_whole() -> None:
    assert Redaction(["password", "password-and-more"])("is password-and-more") == f"is {MASK}"


def test_the_log_of_a_closed_platform_takes_no_more(tmp_path: Path) -> None:
    with stage(tmp_path / "data", START) as on:
        tail: LogTail = on.platform.operations.log
        LOG.info("open")
    count = len(tail.tail(10**6))
    LOG.info("closed")
    assert len(tail.tail(10**6)) == count
    assert tail not in logging.getLogger().handlers


def test_settings_are_those_that_it_runs_with_without_secrets(on: Stage, tmp_path: Path) -> None:
    found = {each["name"]: each for each in on.operator.get("/admin/settings")["settings"]}
    assert found.keys() == Settings.model_fields.keys()
    assert found["data_dir"]["value"] == str(tmp_path / "data")
    assert found["data_dir"]["variable"] == "QUANTOS_DATA_DIR"
    assert found["attestation_repo"]["given"]
    assert not found["port"]["given"]
    assert found["attestation_remote"]["value"] == MASK
    assert "gh-password-77" not in on.operator.call("GET", "/admin/settings").text


def test_no_secret_is_in_events_audit_or_overview(on: Stage, tmp_path: Path) -> None:
    agent = begun(on)
    on.submit(agent, "alpha", DAYS[0], {"600001.SH": 0.375})
    with on.platform.records.read() as session:
        from sqlalchemy import text  # noqa: PLC0415 - this test alone reads the table as it is

        events = str(session.execute(text("SELECT payload FROM event")).all())
        nonce, signal_hash = session.execute(text("SELECT nonce, signal_hash FROM signal")).one()
    said = events + str(on.operator.get("/admin/audit")) + str(on.operator.get("/admin/overview"))
    secrets = [file.read_text() for file in (tmp_path / "data" / "secrets").iterdir()]
    hidden = [*secrets, agent.token, nonce, signal_hash, "600001.SH", "0.375", "gh-password-77"]
    assert "signal_submitted" not in said  # the kind stands beside the payload
    assert "'alpha'" in said or '"alpha"' in said
    assert [each for each in hidden if each in said] == []
