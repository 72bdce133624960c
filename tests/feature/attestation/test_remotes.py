"""Pushing: to a folder, over HTTP with a password, to remotes that are down, refuse, hang or were rewritten."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from quantos.attestation.remote import Remote
from tests.support.attested import (
    DAY,
    attested,
    bare,
    entries,
    git,
    hashes,
    history,
    receipt,
    strategy,
    subjects,
    until,
)
from tests.support.git_http import PASSWORD, USER, git_over_http, silent_server, with_credentials
from tests.support.platforms import Stage

NEXT = date(2024, 1, 3)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare(tmp_path / "remote.git")


@contextmanager
def pushing(tmp_path: Path, url: str, **settings: Any) -> Iterator[Stage]:
    """A platform with a strategy, a signal, and a remote."""
    with attested(tmp_path, attestation_remote=url, **settings) as on:
        agent = on.agent()
        strategy(agent)
        assert receipt(agent)["github_committed"] is True
        yield on


def status(on: Stage) -> Any:
    return on.operator.get("/admin/attestation")["remote"]


def state_of(on: Stage) -> Any:
    """How the last push ended, once one has."""
    return until(lambda: status(on)["state"], "a push")


def alarms(on: Stage) -> list[str]:
    return [alarm["code"] for alarm in on.operator.get("/admin/attestation")["alarms"]]


def head(repository: Path) -> str:
    return git(repository, "rev-parse", "--verify", "-q", "main", check=False)


def more(on: Stage, day: date = NEXT) -> None:
    """Another committed signal of the first agent's strategy."""
    agent = on.agent()
    strategy(agent, f"beta-{day}")
    assert receipt(agent, f"beta-{day}", day=day)["github_committed"] is True


def test_att_06_a_bare_repository_receives_every_commit(
    tmp_path: Path, repository: Path, remote: Path
) -> None:
    with pushing(tmp_path, str(remote)) as on:
        more(on)
        until(lambda: status(on)["pushed_head"] == head(repository), "the push")
        found = status(on)
        assert (found["state"], found["unpushed"], found["failures"]) == ("pushed", 0, 0)
        assert found["last_push"] == "2024-01-02T00:00:00Z"
        assert head(remote) == head(repository)
    assert hashes(remote) == hashes(repository)
    assert git(remote, "log", "-1", "--format=%ct") == "1704153600"


def test_the_remote_may_be_a_url_of_a_folder(tmp_path: Path, remote: Path) -> None:
    with pushing(tmp_path, f"file://{remote}"):
        until(lambda: head(remote), "the push")


def test_att_06_over_http_with_a_password_that_nobody_sees(
    tmp_path: Path, repository: Path, remote: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with git_over_http(remote) as url:
        secret = quote(PASSWORD, safe="")
        with pushing(tmp_path, with_credentials(url, USER, secret)) as on:
            until(lambda: head(remote) == head(repository), "the push")
            seen = str(on.operator.call("GET", "/admin/attestation", check_remote=True).json()) + caplog.text
            assert status(on)["url"] == url
    kept = b"".join(file.read_bytes() for file in (repository / ".git").rglob("*") if file.is_file())
    for shown in (PASSWORD, secret):
        assert shown not in seen
        assert shown.encode() not in kept


def test_a_wrong_password_is_said_without_showing_it(
    tmp_path: Path, remote: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with git_over_http(remote) as url, pushing(tmp_path, with_credentials(url, USER, "hunter2-wrong")) as on:
        assert state_of(on) == "remote_unauthorised"
        assert "hunter2" not in str(status(on)) + caplog.text
    assert head(remote) == ""


def test_no_password_at_all_asks_nobody(tmp_path: Path, remote: Path) -> None:
    with git_over_http(remote) as url, pushing(tmp_path, url) as on:
        assert state_of(on) == "remote_unauthorised"


def test_credentials_stand_in_no_argument_of_a_process(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, seen = tmp_path / "bin" / "git", tmp_path / "arguments"
    spy.parent.mkdir()
    real = next(
        Path(folder) / "git" for folder in os.environ["PATH"].split(":") if (Path(folder) / "git").exists()
    )
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {seen}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    with git_over_http(remote) as url:
        monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
        with pushing(tmp_path, with_credentials(url, USER, quote(PASSWORD, safe=""))):
            until(lambda: head(remote), "the push")
    assert "push" in seen.read_text()
    assert PASSWORD not in seen.read_text()
    assert quote(PASSWORD, safe="") not in seen.read_text()


def test_a_remote_that_is_down_delays_no_commit_and_gets_all_once_it_is_back(
    tmp_path: Path, repository: Path, remote: Path
) -> None:
    away = remote.with_name("away.git")
    remote.rename(away)
    with pushing(tmp_path, str(remote)) as on:
        assert state_of(on) == "remote_unreachable"
        more(on)
        assert status(on)["unpushed"] == 2
        away.rename(remote)
        until(lambda: head(remote) == head(repository), "the push")
        until(lambda: status(on)["failures"] == 0, "the state")


def test_a_remote_that_is_down_for_long_is_an_alarm(tmp_path: Path) -> None:
    with pushing(tmp_path, str(tmp_path / "nowhere.git")) as on:
        for _ in range(3):
            on.operator.post("/admin/attestation/retry")
        assert alarms(on) == ["remote_unreachable"]


def test_a_remote_that_hangs_is_given_up_and_delays_nobody(tmp_path: Path, repository: Path) -> None:
    with silent_server() as url, pushing(tmp_path, url, attestation_push_timeout_s=1) as on:
        more(on)
        assert state_of(on) == "remote_timed_out"
        assert len(hashes(repository)) == 2


def test_a_platform_stops_at_once_while_a_push_hangs(tmp_path: Path) -> None:
    with (
        silent_server() as url,
        attested(tmp_path, attestation_remote=url, attestation_push_timeout_s=3600) as on,
    ):
        agent = on.agent()
        strategy(agent)
        assert receipt(agent)["github_committed"] is True
        keeper = on.platform.attestation._running.keeper
        until(lambda: keeper._repository and keeper._repository.git._running, "a push under way")


def test_a_remote_that_refuses_says_why(tmp_path: Path, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'only on weekdays' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pushing(tmp_path, str(remote)) as on:
        assert state_of(on) == "remote_refused"
        assert "only on weekdays" in status(on)["detail"]
        hook.unlink()
        until(lambda: head(remote), "the push")


def test_a_remote_that_says_the_password_aloud_is_not_repeated(tmp_path: Path, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho 'no entry with {PASSWORD}' >&2\nexit 1\n")
    hook.chmod(0o755)
    with git_over_http(remote) as url:
        with pushing(tmp_path, with_credentials(url, USER, quote(PASSWORD, safe=""))) as on:
            assert state_of(on) == "remote_refused"
            assert "no entry with ********" in status(on)["detail"]


def test_no_hook_of_the_repository_is_run(tmp_path: Path, repository: Path, remote: Path) -> None:
    ran = tmp_path / "ran"
    with attested(tmp_path, attestation_remote=str(remote)) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=NEXT)
        until(lambda: head(remote), "the first push")
        for name in ("pre-push", "reference-transaction", "post-index-change", "pre-commit", "post-commit"):
            hook = repository / ".git" / "hooks" / name
            hook.write_text(f"#!/bin/sh\necho {name} >> {ran}\n")
            hook.chmod(0o755)
        receipt(agent)
        until(lambda: status(on)["pushed_head"] == head(repository), "the push")
    assert not ran.exists()


def rewritten(tmp_path: Path, remote: Path, *, from_root: bool) -> str:
    """Somebody changes what was pushed, or adds to it; where the remote stands then."""
    work = tmp_path / f"work-{from_root}"
    git(tmp_path, "clone", "-q", "-b", "main", str(remote), str(work))
    if from_root:
        git(work, "checkout", "-q", "--orphan", "other")
    (work / "README.md").write_text("someone was here\n")
    git(work, "add", ".")
    git(work, "commit", "-qm", "not ours")
    git(work, "push", "-q", "--force", "origin", "HEAD:main")
    return head(remote)


def test_a_rewritten_remote_is_an_alarm_and_is_never_overwritten(
    tmp_path: Path, repository: Path, remote: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pushing(tmp_path, str(remote)) as on:
        until(lambda: status(on)["state"] == "pushed", "the first push")
        theirs = rewritten(tmp_path, remote, from_root=True)
        more(on)
        until(lambda: status(on)["state"] == "remote_rewritten", "the alarm")
        assert alarms(on) == ["remote_rewritten"]
        for _ in range(2):
            assert on.operator.post("/admin/attestation/retry")["push"]["state"] == "remote_rewritten"
        assert head(remote) == theirs
        assert len(hashes(repository)) == 2
        more(on, date(2024, 1, 4))
        assert status(on)["unpushed"] == 2
    assert head(remote) == theirs
    assert "remote_rewritten" in caplog.text


def test_an_alarm_is_there_after_a_restart_and_goes_when_the_remote_is_put_right(
    tmp_path: Path, repository: Path, remote: Path
) -> None:
    with pushing(tmp_path, str(remote)) as on:
        until(lambda: status(on)["state"] == "pushed", "the first push")
        ours = head(repository)
        rewritten(tmp_path, remote, from_root=True)
        more(on)
        until(lambda: alarms(on) == ["remote_rewritten"], "the alarm")
    with attested(tmp_path, attestation_remote=str(remote)) as on:
        until(lambda: alarms(on) == ["remote_rewritten"], "the alarm of before")
        git(remote, "update-ref", "refs/heads/main", ours)
        assert on.operator.post("/admin/attestation/retry")["push"]["state"] == "pushed"
        assert alarms(on) == []
    assert head(remote) == head(repository)


def test_somebody_elses_commit_on_top_is_another_alarm(tmp_path: Path, remote: Path) -> None:
    with pushing(tmp_path, str(remote)) as on:
        until(lambda: status(on)["state"] == "pushed", "the first push")
        theirs = rewritten(tmp_path, remote, from_root=False)
        more(on)
        until(lambda: status(on)["state"] == "remote_ahead", "the alarm")
        assert alarms(on) == ["remote_ahead"]
    assert head(remote) == theirs


def test_a_remote_that_was_set_back_gets_its_commits_again(
    tmp_path: Path, repository: Path, remote: Path
) -> None:
    with pushing(tmp_path, str(remote)) as on:
        more(on)
        until(lambda: head(remote) == head(repository), "the push")
        git(remote, "update-ref", "refs/heads/main", git(remote, "rev-parse", "main~1"))
        more(on, date(2024, 1, 4))
        until(lambda: head(remote) == head(repository), "the push of everything")


def test_a_rewritten_remote_is_noticed_by_the_daily_retry_when_nothing_is_new(
    tmp_path: Path, remote: Path
) -> None:
    with pushing(tmp_path, str(remote)) as on:
        until(lambda: status(on)["state"] == "pushed", "the first push")
        rewritten(tmp_path, remote, from_root=True)
        on.clock_to(DAY, "09:10")
        until(lambda: alarms(on) == ["remote_rewritten"], "the alarm")


def test_a_remote_that_is_configured_later_receives_the_whole_history(
    tmp_path: Path, repository: Path, remote: Path
) -> None:
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent)
        assert on.operator.get("/admin/attestation")["remote"] is None
    with attested(tmp_path, attestation_remote=str(remote)):
        until(lambda: head(remote) == head(repository) != "", "the push at the start")


def test_the_check_asks_the_remote(tmp_path: Path, repository: Path, remote: Path) -> None:
    with pushing(tmp_path, str(remote)) as on:
        until(lambda: head(remote) == head(repository), "the push")
        checked = on.operator.get("/admin/attestation", check_remote=True)["remote"]["check"]
        assert checked == {"state": "reachable", "detail": "", "head": head(repository)}


def test_many_commits_are_pushed_in_few_pushes(tmp_path: Path, remote: Path) -> None:
    log = tmp_path / "pushes"
    hook = remote / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho once >> {log}\n")
    hook.chmod(0o755)
    with pushing(tmp_path, str(remote)) as on:
        agent = on.agent()
        strategy(agent, "gamma")
        for day in on.platform.market.calendar.between(NEXT, date(2024, 3, 15))[:40]:
            receipt(agent, "gamma", day=day)
        until(lambda: status(on)["unpushed"] == 0, "the pushes")
        assert len(history(agent, "gamma")) == 40
    assert len(subjects(remote)) == 41
    assert len(log.read_text().split()) < 20
    assert len(entries(remote)) == 1


@pytest.mark.parametrize(
    ("text", "url", "user", "password"),
    [
        ("/srv/x.git", "/srv/x.git", "", ""),
        ("git@github.com:o/r.git", "git@github.com:o/r.git", "", ""),
        ("https://github.com/o/r.git", "https://github.com/o/r.git", "", ""),
        ("https://u:p%40w@h:1/o/r?x=1", "https://h:1/o/r?x=1", "u", "p@w"),
        ("https://ghp_0123456789@github.com/o/r", "https://github.com/o/r", "ghp_0123456789", ""),
        ("ssh://git@h/o/r", "ssh://git@h/o/r", "", ""),
        ("ssh://git:pw@h/o/r", "ssh://git@h/o/r", "", "pw"),
    ],
)
def test_credentials_are_taken_out_of_a_url(text: str, url: str, user: str, password: str) -> None:
    found = Remote.parse(text)
    assert (found.url, found.user, found.password) == (url, user, password)
    for secret in filter(None, (password, user if len(user) > 8 else "")):
        assert secret not in found.shown
        assert secret not in found.redact(f"fatal: could not read from {text}: {secret}")


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/owner/repo.git",
        "https://token@github.com/owner/repo",
        "git@github.com:owner/repo.git",
        "ssh://git@github.com/owner/repo.git",
    ],
)
def test_the_raw_address_of_a_remote_on_github(text: str) -> None:
    assert Remote.parse(text).github_raw == "https://raw.githubusercontent.com/owner/repo/{sha}"


@pytest.mark.parametrize(
    "text", ["https://gitlab.com/o/r.git", "/srv/github.com/o/r", "https://notgithub.com/o/r"]
)
def test_other_remotes_have_none(text: str) -> None:
    assert Remote.parse(text).github_raw is None
