"""Attestation repositories in every form in which they are handed over, and what a remote's own log adds."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.feature.verifier.conftest import Record, ask, tell
from tests.support.attestations import Repository, attest, before_deadline, save, shanghai
from tests.support.honest import honest_packages


def push(repository: Repository, remote: Path, at: datetime) -> None:
    """Push what is there; the remote's clock says `at`."""
    repository.git("push", "--quiet", "--force", str(remote), "HEAD:refs/heads/main", at=at)


@pytest.fixture
def remote(record: Record) -> Path:
    """A bare repository that logs what it receives."""
    path = record.folder / "remote.git"
    bare = Repository(path, bare=True)
    bare.git("config", "core.logAllRefUpdates", "true")
    return path


def pushed_day_by_day(record: Record, remote: Path, minutes: int) -> None:
    """Each commit pushed so many minutes before the deadline of the next day's signal, or after the settlement."""
    for package in record.packages:
        body = package["verification"]
        for part, at in (
            (
                body["signal_attestation"],
                before_deadline(package, minutes) if body["signal_attestation"] else None,
            ),
            (body["settlement_attestation"], shanghai(package["trade_date"], "18:20")),
        ):
            if part is not None and at is not None:
                record.repository.git(
                    "push", "--quiet", str(remote), f"{part['commit_sha']}:refs/heads/main", at=at
                )


@pytest.mark.parametrize("form", ["worktree", "bare", "bundle", "file URL"])
def test_a_repository_is_read_in_every_form(record: Record, form: str) -> None:
    source = str(record.repository.path)
    if form == "bare":
        source = str(record.folder / "bare.git")
        record.repository.git("clone", "--quiet", "--bare", ".", source)
    if form == "bundle":
        source = str(record.folder / "all.bundle")
        record.repository.git("bundle", "create", "--quiet", source, "--all")
    if form == "file URL":
        source = f"file://{source}"
    answer = ask(source)
    assert (answer.code, answer.failed) == (0, {})
    (part,) = answer.report["reports"]
    assert (part["kind"], part["entries"], part["in_time"], part["commits"]) == ("repository", 5, 5, 15)
    record.repository.path = Path(source) if form != "file URL" else record.repository.path
    assert record.verify().code == 0


def test_a_log_of_pushes_before_the_deadlines_makes_the_times_pushed(record: Record, remote: Path) -> None:
    pushed_day_by_day(record, remote, minutes=5)
    record.repository.path = remote
    answer = record.verify()
    assert answer.code == 0
    assert answer.report["reports"][0]["times"] == {"signals": 5, "pushed": 5, "self_dated": 0}
    assert not any("self-dated" in limit for limit in answer.report["reports"][0]["not_shown"])


def test_a_push_after_the_deadline_leaves_the_times_self_dated(record: Record, remote: Path) -> None:
    """The commit says that it is in time; the remote saw it an hour later. The verdict is the commit's word."""
    pushed_day_by_day(record, remote, minutes=-60)
    record.repository.path = remote
    answer = record.verify()
    assert answer.code == 0
    assert answer.report["reports"][0]["times"] == {"signals": 5, "pushed": 0, "self_dated": 5}


def test_a_clone_has_no_log_and_so_no_receipts(record: Record, remote: Path) -> None:
    pushed_day_by_day(record, remote, minutes=5)
    record.repository.git("clone", "--quiet", "--bare", str(remote), str(record.folder / "clone.git"))
    record.repository.path = record.folder / "clone.git"
    assert record.verify().report["reports"][0]["times"]["pushed"] == 0


def test_the_platforms_own_repository_is_no_remote(record: Record) -> None:
    """Its log is written by the platform's clock, at each commit: that is no receipt."""
    bare = record.folder / "own.git"
    shutil.copytree(record.repository.path / ".git", bare)
    Repository.git(record.repository, "-C", str(bare), "config", "core.bare", "true")
    assert (bare / "logs" / "refs" / "heads" / "main").is_file()
    record.repository.path = bare
    assert record.verify().report["reports"][0]["times"]["pushed"] == 0


def test_a_forced_push_shows_in_the_remotes_log(record: Record, remote: Path) -> None:
    push(record.repository, remote, shanghai("2024-01-15", "18:20"))
    lost = record.repository.git("rev-parse", "HEAD")
    record.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    record.repository.settlement(record.packages[-1], shanghai("2024-01-15", "18:30"))
    push(record.repository, remote, shanghai("2024-01-15", "18:31"))
    record.repository.path = remote
    answer = record.verify()
    message = f"commit {lost} was once in this history and is gone: the history was rewritten"
    assert answer.failed["history"] == [message]
    assert message in ask(remote).failed["history"][0]


def test_a_shallow_clone_is_refused(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    shallow = record.folder / "shallow"
    record.repository.git(
        "clone", "--quiet", "--depth", "1", f"file://{record.repository.path}", str(shallow)
    )
    assert ask(shallow).code == 2
    assert "is a shallow clone: its history is cut off" in capsys.readouterr().err


def test_merges_count_from_the_merge(record: Record) -> None:
    """What came in over a side branch counts from the commit that brought it to the line."""
    repository = record.repository
    repository.git("checkout", "--quiet", "-b", "side")
    at = shanghai("2024-01-16", "08:00")
    repository.signal("2024-01-16", "beta", "b" * 64, "open", at)
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge", "side", at=shanghai("2024-01-16", "10:00"))
    answer = ask(repository.path)
    assert answer.codes["all_in_time"] == ["entry_late"]


@pytest.mark.parametrize("content", [b"", b"# v2 git bundle\n", b"# v2 git bundle\nnonsense\n\nPACK"])
def test_a_broken_bundle_is_unreadable(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.bundle"
    path.write_bytes(content)
    assert ask(path).code == 2
    assert "broken.bundle" in capsys.readouterr().err


def test_an_empty_repository_is_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Repository(tmp_path / "empty")
    assert ask(tmp_path / "empty").code == 2
    assert "it has no commits" in capsys.readouterr().err


def test_a_repository_without_attestations_is_nothing_that_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any repository of programs has no entry that is late."""
    repository = Repository(tmp_path / "programs")
    repository.write("program.py", "print(1)\n")
    repository.commit(shanghai("2024-01-02", "08:00"), "A program")
    assert ask(repository.path).code == 2
    assert "there is nothing to check" in capsys.readouterr().err


def test_a_repository_with_chosen_times_never_passes_for_a_record(record: Record) -> None:
    """A simulated platform marks its repository; that the mark was taken away again does not help."""
    repository = record.repository
    repository.write("SIMULATED", "times were chosen")
    repository.commit(shanghai("2024-01-16", "19:00"), "mark")
    (repository.path / "SIMULATED").unlink()
    repository.commit(shanghai("2024-01-16", "19:01"), "no mark")
    answer = ask(repository.path)
    assert (answer.code, answer.codes) == (1, {"real_times": ["times_simulated"]})
    assert ask(repository.path, "--allow-simulated").code == 0
    assert record.verify().codes == {"real_record": ["times_simulated"] * len(record.packages)}
    assert record.verify("--allow-simulated").code == 0


def test_nothing_of_a_foreign_repositorys_configuration_runs_here(record: Record) -> None:
    """Hooks, programs and aliases that its owner put there."""
    witness = record.folder / "it-ran"
    path = record.repository.path
    for setting in (
        "core.fsmonitor",
        "core.sshCommand",
        "gpg.program",
        "uploadpack.packObjectsHook",
        "core.pager",
    ):
        record.repository.git("config", setting, f"touch {witness};")
    hook = path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {witness}\n")
    hook.chmod(0o755)
    assert ask(path).code == 0
    assert not witness.exists()


def test_without_git_there_is_one_clear_line(
    record: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(record.folder))
    assert ask(record.repository.path).code == 2
    assert "there is none on this machine: install git" in capsys.readouterr().err


def test_many_strategies_are_summed_up_in_one_row(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    lines = [
        {"strategy_slug": f"s{n:02d}", "signal_hash": f"{n:064x}", "execution_price": "open"}
        for n in range(43)
    ]
    repository.write("attestations/2024-01-02.json", {"date": "2024-01-02", "strategies": lines})
    repository.commit(shanghai("2024-01-02", "09:00"), "signal attestation 2024-01-02 — 43 strategies")
    code, text = tell(repository.path, "--lang", "en")
    assert code == 0
    rows = [row.split() for row in text.splitlines()]
    assert ["3", "others", "3", "3", "0", "0", "0", "0"] in rows
    assert ["together", "43", "43", "0", "0", "0", "0"] in rows


# The public repository


@pytest.fixture(scope="session")
def public_bundle() -> Path:
    shared = Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared")
    bundle = shared / "attestation" / "public-track-record.bundle"
    if not bundle.is_file():
        pytest.skip("no public track record: set QUANTOS_SHARED to the folder that has attestation/ in it")
    return bundle


def test_the_public_track_record_is_judged_as_it_is(public_bundle: Path) -> None:
    """Counted by hand from `git log`: one import of 1,073 entries, 102 in time, 13 late one by one."""
    answer = ask(public_bundle)
    (part,) = answer.report["reports"]
    assert answer.code == 1
    counted = {name: part[name] for name in ("commits", "entries", "in_time", "late", "imported", "unknown")}
    assert counted == {
        "commits": 124,
        "entries": 1188,
        "in_time": 102,
        "late": 1086,
        "imported": 1073,
        "unknown": 0,
    }
    assert part["judged_leniently"] == 1073
    assert set(answer.codes) == {"on_trading_days", "all_in_time", "unchanged", "hashes_unique"}
    assert sorted(set(answer.codes["hashes_unique"])) == ["hash_of_several", "hash_of_several_dates"]


def test_the_public_track_records_late_entries_are_those_of_git(public_bundle: Path, tmp_path: Path) -> None:
    """Each entry's first commit, found anew with `git log -S`, for the strategies that signed day by day."""
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", str(public_bundle), str(clone)], check=True, capture_output=True
    )
    lines = ask(public_bundle).report["reports"][0]["lines"]
    chosen = [
        line for line in lines if line["strategy"] in {"wmdpd_etf", "close-mode-test-v1", "demo-multifactor"}
    ]
    assert len(chosen) == 47
    for line in chosen:
        command = [
            "git",
            "-C",
            str(clone),
            "log",
            "--reverse",
            "--format=%H %cI",
            f"-S{line['signal_hash']}",
            "HEAD",
        ]
        command += ["--", f"attestations/{line['date']}.json"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        first = datetime.fromisoformat(printed[1])
        deadline = shanghai(line["date"], "09:15" if line["strategy"] == "demo-multifactor" else "15:00")
        assert line["commit"] == printed[0]
        assert (line["punctuality"] == "in_time") == (first < deadline)


def test_the_public_track_record_for_people(public_bundle: Path) -> None:
    code, text = tell(public_bundle, "--lang", "en")
    assert code == 1
    assert "1073 entries do not say at which price they execute and are judged leniently, by 15:00" in text
    assert text.rstrip().splitlines()[-1] == "NOT VERIFIED: 4 of 8 checks do not hold; 1 not checked"


def test_a_digest_from_before_the_settlement_is_too_early(tmp_path: Path) -> None:
    """At 18:14 of the day no platform has settled it."""
    package, repository = honest_packages()[0], Repository(tmp_path / "repository")
    at = shanghai(package["trade_date"], "18:14:59")
    attest([package], repository)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    settled = package["verification"]["settlement_attestation"]
    settled |= {"commit_sha": repository.settlement(package, at), "committed_at": at.isoformat()}
    folder = save([package], tmp_path / "packages")
    assert ask(folder, "--attestations", repository.path).codes == {"digest_committed": ["settled_too_early"]}
    assert ask(repository.path).codes == {"digests_kept": ["digest_too_early"]}
