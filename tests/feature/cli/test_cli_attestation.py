"""`quantos attestation` and what the doctor says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quantos.attestation.core.push import PushState
from quantos.attestation.failures import NO_GIT
from quantos.cli.texts import TEXTS
from tests.feature.cli.conftest import Ended, Said
from tests.support.attested import attested, bare, git, receipt, strategy, until
from tests.support.git_http import silent_server


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one attested signal; the commands run with its settings."""
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
    monkeypatch.setenv("QUANTOS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("QUANTOS_ATTESTATION_REPO", str(tmp_path / "attestation"))
    return tmp_path


def test_the_status_is_printed(said: Said, made: Path) -> None:
    ended = called(said, made, "status")
    head = git(made / "attestation", "rev-parse", "--short=12", "HEAD")
    assert ended.code == 0
    assert re.search(rf"newest commit +{head} \(main\)", ended.out)
    assert "none: the commit times are this platform's own word" in ended.out


def test_the_status_is_printed_in_chinese(said: Said, made: Path) -> None:
    ended = called(said, made, "status", QUANTOS_LANG="zh")
    assert "最新提交" in ended.out


def test_the_status_is_json_for_programs(said: Said, made: Path) -> None:
    found = json.loads(called(said, made, "status", "--json").out)
    assert (found["configured"], found["signals"]) == (True, {"waiting": 0, "in_commit": 0})


def test_without_a_repository_it_says_what_to_set(said: Said, made: Path) -> None:
    ended = called(said, made, "status", QUANTOS_ATTESTATION_REPO="")
    assert (ended.code, "QUANTOS_ATTESTATION_REPO" in ended.out) == (0, True)
    assert called(said, made, "retry", QUANTOS_ATTESTATION_REPO="").code == 1


def test_a_retry_commits_and_pushes(said: Said, made: Path) -> None:
    remote = bare(made / "remote.git")
    ended = called(said, made, "retry", QUANTOS_ATTESTATION_REMOTE=str(remote))
    assert ended.code == 0, ended.err
    assert "in step with the remote" in ended.out
    assert git(remote, "rev-parse", "main") == git(made / "attestation", "rev-parse", "main")


def test_a_retry_that_cannot_push_says_why_without_the_password(said: Said, made: Path) -> None:
    given = {"QUANTOS_ATTESTATION_REMOTE": "http://u:hunter2secret@127.0.0.1:9/x.git"}
    ended = called(said, made, "retry", **given)
    assert ended.code == 1
    assert "the remote does not answer" in ended.err
    for command in (
        ("attestation", "status", "--check"),
        ("attestation", "status", "--json"),
        ("settings",),
        ("doctor",),
    ):
        ended = said(*command, **given)
        assert "hunter2" not in ended.out + ended.err


def test_a_key_is_shown_made_once_and_shown(said: Said, made: Path) -> None:
    assert "quantos attestation key --generate" in called(said, made, "key").out
    ended = called(said, made, "key", "--generate")
    assert re.fullmatch(r'attestation@quantos\.invalid namespaces="git" ssh-ed25519 \S+\n', ended.out)
    assert called(said, made, "key").out == ended.out
    again = called(said, made, "key", "--generate")
    assert (again.code, "would not match the signatures" in again.err) == (1, True)
    found = json.loads(called(said, made, "key", "--json").out)
    assert (found["kind"], found["published"]) == ("ssh", ended.out)


def test_a_key_is_not_made_beside_one_that_a_setting_names(said: Said, made: Path) -> None:
    ended = called(said, made, "key", "--generate", QUANTOS_ATTESTATION_SIGNING_KEY="/etc/key")
    assert (ended.code, "/etc/key" in ended.err) == (1, True)
    assert not (made / "data" / "secrets" / "attestation-key").exists()


def test_a_key_that_cannot_be_used_is_one_line(said: Said, made: Path) -> None:
    ended = called(said, made, "key", QUANTOS_ATTESTATION_SIGNING_KEY=str(made / "none"))
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)


def test_the_doctor_has_a_note_without_a_repository_or_a_remote(said: Said, made: Path) -> None:
    assert finding(said, QUANTOS_ATTESTATION_REPO="")["state"] == "note"
    assert finding(said)["state"] == "note"


def test_the_doctor_asks_the_remote(said: Said, made: Path) -> None:
    remote = bare(made / "remote.git")
    found = finding(said, QUANTOS_ATTESTATION_REMOTE=str(remote))
    assert (found["state"], f"pushed to {remote}, 1 commit to go" in found["detail"]) == ("ok", True)
    found = finding(said, QUANTOS_ATTESTATION_REMOTE=str(made / "nowhere.git"))
    assert (found["state"], "does not answer" in found["detail"]) == ("problem", True)
    with silent_server() as url:
        found = finding(said, QUANTOS_ATTESTATION_REMOTE=url, QUANTOS_ATTESTATION_PUSH_TIMEOUT_S="1")
    assert (found["state"], "in time" in found["detail"]) == ("problem", True)


def test_the_doctor_asks_the_remote_before_there_is_a_repository(said: Said, made: Path) -> None:
    given = {
        "QUANTOS_ATTESTATION_REPO": str(made / "new"),
        "QUANTOS_ATTESTATION_REMOTE": str(bare(made / "r.git")),
    }
    assert finding(said, **given)["state"] == "ok"
    assert not (made / "new").exists()


def test_the_doctor_remembers_that_a_remote_was_rewritten(said: Said, made: Path) -> None:
    remote = bare(made / "remote.git")
    given = {"QUANTOS_ATTESTATION_REMOTE": str(remote)}
    assert called(said, made, "retry", **given).code == 0
    work = made / "work"
    git(made, "clone", "-q", "-b", "main", str(remote), str(work))
    git(work, "commit", "-q", "--amend", "-m", "not ours")
    git(work, "push", "-qf", "origin", "main")
    with attested(made, attestation_remote=str(remote)) as on:
        agent = on.agent()
        strategy(agent, "beta")
        receipt(agent, "beta")
        until(lambda: on.operator.get("/admin/attestation")["alarms"], "the alarm")
    found = finding(said, **given)
    assert (found["state"], "history was rewritten" in found["detail"]) == ("problem", True)


def test_every_reason_has_its_words() -> None:
    import quantos.attestation.failures as failures  # noqa: PLC0415, PLR0402 - its constants are read

    reasons = {value for name, value in vars(failures).items() if name.isupper() and isinstance(value, str)}
    told = {"repo_not_configured", "batched_before_deadline", "commit_pending", "platform_stopping"}
    assert {f"attestation.why.{each}" for each in (reasons - told) | set(PushState)} <= TEXTS.keys()
    assert NO_GIT in reasons


def test_what_was_restated_is_listed_newest_first(said: Said, made: Path) -> None:
    assert "nothing was ever settled again" in called(said, made, "list").out
    with attested(made) as on:
        with on.platform.series.write() as cursor:
            for number, reason in ((1, "a close was corrected"), (2, "a dividend was missing")):
                cursor.execute(
                    "INSERT INTO restatement BY NAME (SELECT ? AS id, DATE '2024-01-02' AS from_date, ? AS reason,"
                    " 'operator' AS by_whom, TIMESTAMP '2024-01-03 10:00:00' AS \"at\", ? AS run)",
                    [number, reason, number],
                )
    text = " ".join(called(said, made, "list").out.split())
    assert text.index("a dividend was missing") < text.index("a close was corrected")
    assert "2024-01-03 18:00" in text
    found = json.loads(called(said, made, "list", "--json").out)["restatements"]
    assert [(each["id"], each["reason"]) for each in found] == [
        (2, "a dividend was missing"),
        (1, "a close was corrected"),
    ]
    assert "重新结算" in called(said, made, "list", "--help", QUANTOS_LANG="zh").out


def called(said: Said, made: Path, *arguments: str, **variables: str) -> Ended:
    assert (made / "data").is_dir()
    return said("attestation", *arguments, **variables)


def finding(said: Said, **variables: str) -> Any:
    found = json.loads(said("doctor", "--json", **variables).out)["checks"]
    return next(check for check in found if check["check"] == "attestation")
