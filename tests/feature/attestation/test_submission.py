"""A signal is committed with its submission: what is in the repository, what is answered, what stays hidden."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.attestation.committer import Committer
from quantos.attestation.failures import NotCommitted
from quantos.attestation.repository import Change, Repository
from quantos.attestation.terms import Terms
from quantos.kit.clock import SimulatedClock, SystemClock
from tests.support.attested import (
    DAY,
    MAOTAI,
    TUESDAY_EIGHT,
    WULIANGYE,
    NothingDue,
    attested,
    body,
    entries,
    everything_in,
    git,
    hashes,
    history,
    post,
    receipt,
    strategy,
    subjects,
    together,
    until,
)
from tests.support.platforms import Stage

ROOT = Path(__file__).parents[3]
NEXT = date(2024, 1, 3)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


def test_att_01_the_answer_names_a_commit_that_exists(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    made = receipt(agent)
    assert made["github_committed"] is True
    assert made["attestation"] == {"committed": True, "sha": git(repository, "rev-parse", "HEAD")}
    assert git(repository, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert history(agent)[0]["github_committed"] is True


def test_att_02_the_file_of_the_date_holds_the_entry(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent, universe="csi500", execution_price="close")
    made = receipt(agent)
    shown = json.loads(git(repository, "show", "HEAD:attestations/2024-01-02.json"))
    assert shown == {
        "date": "2024-01-02",
        "attested_at": "2024-01-02T00:00:00.000000+00:00",
        "strategies": [
            {
                "strategy_slug": "alpha",
                "signal_hash": made["signal_hash"],
                "universe": "csi500",
                "execution_price": "close",
                "attested_at": "2024-01-02T00:00:00.000000+00:00",
            }
        ],
    }


def test_att_02_a_strategy_that_is_not_public_is_hidden_in_file_and_message(
    on: Stage, repository: Path
) -> None:
    agent = on.agent()
    strategy(agent, is_public=False)
    receipt(agent)
    on.clock_to(DAY, "09:15")
    (shown,) = history(agent)
    hidden = hashlib.sha256(f"alpha{shown['nonce']}".encode()).hexdigest()
    assert [entry["strategy_slug"] for entry in entries(repository)] == [hidden]
    assert subjects(repository) == [f"signal attestation 2024-01-02 — {hidden}"]
    assert b"alpha" not in everything_in(repository)


def test_att_03_a_lone_signal_has_a_commit_of_its_own(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    made = receipt(agent)
    assert git(repository, "log", "-1", "--format=%B") == (
        f"signal attestation 2024-01-02 — alpha\n\nhash: {made['signal_hash']}"
    )


def test_att_03_signals_that_arrive_together_share_commits_of_their_date(on: Stage, repository: Path) -> None:
    agent = on.agent()
    slugs = [strategy(agent, f"alpha-{n}") for n in range(3)]
    requests = [
        ("POST", f"/strategies/{slug}/signals", body(day, MAOTAI)) for slug in slugs for day in (DAY, NEXT)
    ]
    answers = [answer.json() for answer in together([(agent, request) for request in requests])]
    assert all(answer["attestation"]["committed"] for answer in answers)
    committed = git(repository, "rev-list", "HEAD").splitlines()
    assert {answer["attestation"]["sha"] for answer in answers} == set(committed)
    for answer in answers:
        message = git(repository, "log", "-1", "--format=%B", answer["attestation"]["sha"])
        assert message.startswith(f"signal attestation {answer['trade_date']} — ")
        assert f"hash: {answer['signal_hash']}" in message
    for sha in committed:
        assert (
            len(git(repository, "show", "--format=", "--name-only", sha, "--", "attestations").split()) == 1
        )


def test_att_04_earlier_entries_are_kept_byte_for_byte(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta", "gamma"):
        strategy(agent, slug)
        receipt(agent, slug)
    assert [entry["strategy_slug"] for entry in entries(repository)] == ["alpha", "beta", "gamma"]
    for commit in ("HEAD~1", "HEAD"):
        changed = git(repository, "show", "--format=", "--unified=0", commit, "--", "attestations")
        removed = [line for line in changed.splitlines() if line.startswith("-") and "slug" in line]
        added = [line.rstrip(",") for line in changed.splitlines() if line.startswith("+")]
        assert all("+" + line[1:] in added for line in removed)


def test_att_05_commit_author_and_entry_have_the_platforms_time(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    on.clock_to(DAY, "09:14:59")
    receipt(agent)
    assert (
        git(repository, "log", "-1", "--format=%ct %at %cI")
        == "1704158099 1704158099 2024-01-02T01:14:59+00:00"
    )
    assert entries(repository)[0]["attested_at"] == "2024-01-02T01:14:59.000000+00:00"


def test_att_08_an_attested_signal_is_neither_replaced_nor_deleted(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    made = receipt(agent)
    refused = post(agent, weights=WULIANGYE)
    assert (refused.status_code, "attested" in refused.json()["detail"]) == (409, True)
    deleted = agent.call("DELETE", f"/strategies/alpha/signals/{DAY}")
    assert (deleted.status_code, "attested" in deleted.json()["detail"]) == (400, True)
    assert hashes(repository) == [made["signal_hash"]] == [shown["signal_hash"] for shown in history(agent)]


def test_of_submissions_of_one_signal_at_the_same_moment_one_is_kept_and_committed(
    on: Stage, repository: Path
) -> None:
    agent = on.agent()
    strategy(agent)
    weights = [{"600519.SH": n / 100} for n in range(1, 21)]
    answers = together([(agent, ("POST", "/strategies/alpha/signals", body(DAY, w))) for w in weights])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    (kept,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert hashes(repository) == [kept["signal_hash"]] == [shown["signal_hash"] for shown in history(agent)]


def test_of_submissions_and_deletions_at_the_same_moment_the_repository_has_what_the_store_has(
    on: Stage, repository: Path
) -> None:
    agent = on.agent()
    strategy(agent)
    requests: list[tuple[str, str, Any]] = []
    for n in range(1, 21):
        requests.append(("POST", "/strategies/alpha/signals", body(DAY, {"600519.SH": n / 100})))
        requests.append(("DELETE", f"/strategies/alpha/signals/{DAY}", None))
    answers = together([(agent, request) for request in requests])
    assert {answer.status_code for answer in answers} <= {201, 400, 404, 409}
    assert [answer.status_code for answer in answers].count(201) == 1
    assert hashes(repository) == [shown["signal_hash"] for shown in history(agent)]


def test_a_thousand_submissions_at_the_same_moment_are_each_answered_truthfully(
    on: Stage, repository: Path
) -> None:
    agents = [on.agent() for _ in range(17)]
    days = on.platform.market.calendar.between(DAY, date(2024, 3, 29))[:20]
    requests = [
        (agent, ("POST", f"/strategies/{slug}/signals", body(day, MAOTAI)))
        for n, agent in enumerate(agents)
        for slug in [strategy(agent, f"alpha-{n}-{m}") for m in range(3)]
        for day in days
    ][:1000]
    answers = together(requests)
    assert [answer.status_code for answer in answers] == [201] * 1000
    given = [answer.json() for answer in answers]
    commits = set(git(repository, "rev-list", "HEAD").splitlines())
    assert all(
        each["attestation"].get("sha", each["attestation"].get("reason")) in {*commits, "commit_pending"}
        for each in given
    )
    until(lambda: len(hashes(repository)) == 1000, "every commit")
    assert sorted(hashes(repository)) == sorted(each["signal_hash"] for each in given)
    assert len(commits) < 500


def test_pub_19_nothing_in_the_repository_shows_a_signal(on: Stage, repository: Path, caplog: Any) -> None:
    agent = on.agent()
    for slug, is_public in (("alpha", True), ("beta", False)):
        strategy(agent, slug, is_public=is_public)
        receipt(agent, slug, weights={"600519.SH": 0.123456})
    on.clock_to(DAY, "09:15")
    nonces = [history(agent, slug)[0]["nonce"] for slug in ("alpha", "beta")]
    held = everything_in(repository) + caplog.text.encode()
    for secret in (*nonces, "600519", "0.123456"):
        assert secret.encode() not in held


def test_the_folder_shows_what_is_committed_and_git_finds_it_clean(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta"):
        strategy(agent, slug)
        receipt(agent, slug)
    shown = (repository / "attestations" / "2024-01-02.json").read_text()
    assert shown.strip() == git(repository, "show", "HEAD:attestations/2024-01-02.json")
    until(lambda: git(repository, "status", "--porcelain") == "", "a clean folder")


def test_the_repository_is_its_owners_alone_and_nobodys_configuration_is_used(
    on: Stage, repository: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n name = Somebody Else\n[core]\n hooksPath = /nowhere\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    assert stat.S_IMODE(repository.stat().st_mode) == 0o700
    names = git(repository, "log", "--format=%an <%ae> %cn <%ce>")
    assert names == " ".join(["QuantOS attestation <attestation@quantos.invalid>"] * 2)
    assert not (tmp_path / "elsewhere").exists()


def test_git_finds_every_object_sound(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta"):
        strategy(agent, slug)
        receipt(agent, slug)
    assert git(repository, "fsck", "--strict", "--full") == ""


def test_a_repository_that_is_there_is_continued(tmp_path: Path, repository: Path) -> None:
    repository.mkdir()
    git(repository, "init", "-q", "-b", "trunk")
    (repository / "README.md").write_text("ours\n")
    (repository / "SIMULATED").write_text("a replay\n")
    (repository / "attestations").mkdir()
    older = json.dumps(
        {"date": "2024-01-02", "strategies": [{"strategy_id": 1, "hash": "sha256:ab"}]}, indent=2
    )
    (repository / "attestations" / "2024-01-02.json").write_text(older)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "by hand")
    with attested(tmp_path) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
    assert git(repository, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert git(repository, "show", "HEAD:README.md") == "ours"
    assert entries(repository)[0] == {"strategy_id": 1, "hash": "sha256:ab"}
    assert entries(repository)[1]["signal_hash"] == made["signal_hash"]


def test_conv_05_a_simulated_repository_says_so_from_its_first_commit_on(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta"):
        strategy(agent, slug)
        receipt(agent, slug)
    first = git(repository, "rev-list", "--max-parents=0", "HEAD")
    assert "proves nothing" in git(repository, "show", f"{first}:SIMULATED")
    assert git(repository, "diff", "--name-only", first, "HEAD") == "attestations/2024-01-02.json"


@pytest.mark.parametrize("marked", [True, False])
def test_conv_05_live_and_simulated_platforms_do_not_share_a_repository(
    tmp_path: Path, repository: Path, marked: bool
) -> None:
    """A live platform refuses a marked one; a simulated one refuses records without the mark."""
    (repository / "attestations").mkdir(parents=True)
    git(repository, "init", "-q", "-b", "main")
    (repository / "attestations" / "2024-01-02.json").write_text('{"strategies": []}')
    if marked:
        (repository / "SIMULATED").write_text("a replay\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "before")
    clock = SystemClock() if marked else SimulatedClock(TUESDAY_EIGHT)
    committer = Committer(
        repository,
        clock,
        NothingDue(),
        Terms(),
        data_dir=tmp_path,
        on_commit=lambda _: None,
    )
    try:
        with pytest.raises(NotCommitted) as refused:
            committer.call(committer.repository).result()
    finally:
        committer.stop()
        committer.close()
    assert refused.value.reason == "repository_of_other_mode"
    assert subjects(repository) == ["before"]


def test_a_bare_repository_serves_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "bare.git"
    folder.mkdir()
    git(folder, "init", "-q", "--bare", "-b", "main")
    with attested(tmp_path, attestation_repo=str(folder)) as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
    assert hashes(folder) == [made["signal_hash"]]


def test_sig_16_without_a_repository_a_signal_is_recorded_all_the_same(tmp_path: Path) -> None:
    with attested(tmp_path, attestation_repo="") as on:
        agent = on.agent()
        strategy(agent)
        made = receipt(agent)
        assert made["github_committed"] is False
        assert made["attestation"] == {"committed": False, "reason": "repo_not_configured"}
        assert receipt(agent, weights=WULIANGYE)["replaced"] is True
        assert on.operator.get("/admin/attestation") == {"configured": False, "alarms": []}


UNCONFIGURED = """
import sys, threading
from pathlib import Path
from tests.support.attested import attested, receipt, strategy
with attested(Path(sys.argv[1]), attestation_repo="") as on:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    on.operator.get("/admin/attestation")
    found = [name for name in sys.modules if name.split(".")[0] == "dulwich" or name.endswith("attestation.engine")]
    print(found, [thread.name for thread in threading.enumerate() if "attestation" in thread.name])
"""


def test_without_a_repository_nothing_of_git_is_loaded_or_started(tmp_path: Path) -> None:
    command = [sys.executable, "-c", UNCONFIGURED, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[0] == "[] []"


def test_a_repository_that_is_configured_later_takes_the_signals_whose_deadline_is_ahead(
    tmp_path: Path, repository: Path
) -> None:
    with attested(tmp_path, attestation_repo="") as on:
        agent = on.agent()
        strategy(agent)
        receipt(agent, day=DAY)
        on.clock_to(DAY, "09:15")
        ahead = receipt(agent, day=NEXT)["signal_hash"]
        token = agent.token
    with attested(tmp_path) as on:
        until(lambda: hashes(repository), "the commit")
        assert hashes(repository) == [ahead]
        agent = on.public()
        agent.token = token
        until(lambda: [each["github_committed"] for each in history(agent)] == [True, False], "the mark")


def test_one_client_alone_is_not_waited_with_for_company(on: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("quantos.attestation.committer.GATHER_FROM_S", 0.0)
    monkeypatch.setattr("quantos.attestation.committer.sleep", waited.append)
    agent = on.agent()
    slugs = [strategy(agent, slug) for slug in ("alpha", "beta", "gamma")]
    for slug in slugs:
        receipt(agent, slug)
    assert waited == []
    sent = [(agent, ("POST", f"/strategies/{slug}/signals", body(NEXT, MAOTAI))) for slug in slugs]
    assert [answer.status_code for answer in together(sent)] == [201] * 3
    receipt(agent, "alpha", date(2024, 1, 4))
    assert waited, "those who were answered together come back together"


@pytest.mark.parametrize("synced", [True, False])
def test_only_what_is_thrown_away_is_not_synced_and_is_whole_all_the_same(
    repository: Path, monkeypatch: pytest.MonkeyPatch, synced: bool
) -> None:
    opened = Repository.open(repository, synced=synced)
    syncs: list[int] = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    try:
        for text in (b"1", b"2"):
            opened.refresh()
            opened.commit([Change({"attestations/2024-01-02.json": text}, "one more")], TUESDAY_EIGHT)
    finally:
        opened.close()
    if synced:
        assert len(syncs) >= 2 * len(("blob", "folder", "root", "commit", "their folders", "branch"))
    else:
        assert len(syncs) <= 2, "the branch alone, by the library"
    assert git(repository, "fsck", "--strict") == ""
    assert git(repository, "show", "HEAD:attestations/2024-01-02.json") == "2"
