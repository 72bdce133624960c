"""Repositories that were made to deceive or to hurt whoever reads them, object by object where git would not."""

from __future__ import annotations

import io
import json
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from quantos.verification.offline.program import parse, run
from tests.feature.verifier.conftest import Record, ask
from tests.support.attestations import attest, before_deadline, save, shanghai

LATER = shanghai("2024-01-16", "09:00:00")


def written(record: Record, content: bytes, kind: str) -> str:
    """An object of any content; its name."""
    ran = subprocess.run(
        ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"],
        cwd=record.repository.path,
        input=content,
        capture_output=True,
        check=True,
    )
    return ran.stdout.decode().strip()


def crafted(record: Record, committer: str, tree: str | None = None) -> str:
    """A commit on top whose line of the committer, with whatever follows it, is this text; its name."""
    tree = tree or record.repository.git("rev-parse", "HEAD^{tree}")
    parent = record.repository.git("rev-parse", "HEAD")
    author = "author a <a> 1705370000 +0000"
    text = f"tree {tree}\nparent {parent}\n{author}\n{committer}\n\nx\n"
    sha = written(record, text.encode(), "commit")
    record.repository.git("update-ref", "refs/heads/main", sha)
    return sha


def entry_named(record: Record, name: str) -> bytes:
    """A file's entry of a tree, its object `{}`."""
    return b"100644 " + name.encode() + b"\0" + bytes.fromhex(written(record, b"{}", "blob"))


@pytest.mark.parametrize(
    "committer",
    [
        "committer",
        "committer foo",
        "committer a <a> xx +0000",
        "committer a <a> -5 +0000",
        "somebody a <a> 1 +0000",
    ],
)
def test_a_commit_without_a_time_is_older_than_all_before_it(record: Record, committer: str) -> None:
    sha = crafted(record, committer)
    (message,) = record.verify().failed["history"]
    assert message.startswith(f"commit {sha} says 19")


def test_a_header_cannot_pass_for_another_commit(record: Record) -> None:
    """A package names a commit that stands in a header of another one, and nowhere else."""
    made_up = "a" * 40
    lines = ["committer a <a> 1705370000 +0000", f"commit {made_up}", "committer b <b> 1705371000 +0000"]
    crafted(record, "\n".join(lines))
    record.day("2024-01-09")["verification"]["settlement_attestation"]["commit_sha"] = made_up
    (message,) = record.verify().failed["digest_committed"]
    assert f"the package names commit {made_up}" in message


def test_a_header_cannot_pass_for_a_change_of_a_file(record: Record) -> None:
    absent, blob = "0" * 40, written(record, b"{}", "blob")
    change = f":100644 100644 {absent} {blob} M\tattestations/2024-01-09.json"
    crafted(record, f"committer a <a> 1705370000 +0000\n{change}")
    assert record.verify().code == 0


def test_time_cannot_be_set_back_in_small_steps(record: Record) -> None:
    """A late signal on top of commits each of which lies less than a minute before the one that it follows."""
    tail = record.packages[5:]
    late = tail[0]
    record.repository.git("reset", "--quiet", "--hard", settled_before(record, late["trade_date"]))
    record.packages = record.packages[:5]
    at = shanghai(late["trade_date"], "09:40:00")
    while at > before_deadline(late, 1):
        record.repository.commit(at, "a note")
        at -= timedelta(seconds=55)
    attest(tail, record.repository)
    record.packages += tail
    failed = record.verify().failed
    assert set(failed) == {"history"}
    assert len(failed["history"]) > 20


def settled_before(record: Record, day: str) -> str:
    return record.repository.git("log", "-1", f"--before={day}T00:00:00+08:00", "--format=%H")


def test_an_entry_that_stands_twice_in_a_file_binds_nothing(record: Record) -> None:
    """Two hashes of one strategy in one file: each reader may take the one that he likes."""
    name = "attestations/2024-01-09.json"
    file = record.repository.read(name)
    file["strategies"].insert(0, {**file["strategies"][0], "signal_hash": "f" * 64})
    record.repository.write(name, file)
    sha = record.repository.commit(LATER, "another")
    own = record.day("2024-01-09")["verification"]["signal_attestation"]["signal_hash"]
    (message,) = record.verify().failed["attested"]
    twice = f"2024-01-09 the entry stands twice in one file: {'f' * 64} and {own} in commit {sha}"
    assert message.startswith(twice)
    assert ask(record.repository.path).codes["unchanged"] == ["line_doubled"]


def test_a_file_name_that_stands_twice_in_a_folder_has_no_content(record: Record) -> None:
    """Git shows the one, another program the other."""
    folder = record.repository.git("rev-parse", "HEAD:attestations")
    raw = subprocess.run(
        ["git", "cat-file", "tree", folder], cwd=record.repository.path, capture_output=True, check=True
    ).stdout
    doubled = written(record, raw + entry_named(record, "2024-01-15.json"), "tree")
    settlements = record.repository.git("rev-parse", "HEAD:settlements")
    root = b"".join(
        b"40000 " + name + b"\0" + bytes.fromhex(sha)
        for name, sha in ((b"attestations", doubled), (b"settlements", settlements))
    )
    crafted(record, "committer a <a> 1705370000 +0000", written(record, root, "tree"))
    assert record.verify().codes["attested"] == ["entry_removed"]


@pytest.mark.parametrize("kind", ["100644", "40000"])
def test_a_folder_that_stands_twice_at_the_root_has_no_content(record: Record, kind: str) -> None:
    """Git shows the first one, in which an entry is another; the second one is as it always was."""
    git = record.repository.git
    file = record.repository.read("attestations/2024-01-09.json")
    file["strategies"][0]["signal_hash"] = "f" * 64
    known = bytes.fromhex(git("rev-parse", "HEAD:attestations/2024-01-09.json"))
    exchanged = bytes.fromhex(written(record, json.dumps(file).encode(), "blob"))
    first = tree_of(record, "HEAD:attestations").replace(known, exchanged)
    name = written(record, first, "tree") if kind == "40000" else written(record, b"{}", "blob")
    root = f"{kind} attestations".encode() + b"\0" + bytes.fromhex(name) + tree_of(record, "HEAD^{tree}")
    crafted(record, "committer a <a> 1705370000 +0000", written(record, root, "tree"))
    assert set(record.verify().codes["attested"]) == {"entry_removed"}
    assert set(ask(record.repository.path).codes) == {"readable", "unchanged"}


def test_what_no_text_can_carry_is_told_all_the_same(record: Record) -> None:
    """Half a character in a name, which UTF-8 cannot say and JSON can."""
    file = record.repository.read("attestations/2024-01-09.json")
    file["strategies"].append({**file["strategies"][0], "strategy_slug": "x\ud800", "signal_hash": "e" * 64})
    record.repository.write("attestations/2024-01-09.json", file)
    record.repository.commit(LATER, "another")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert run(parse([str(record.repository.path), "--json"]), stream) == 1
    report = json.loads(stream.buffer.getvalue())
    assert "x\ud800" in {line["strategy"] for line in report["reports"][0]["lines"]}


def tree_of(record: Record, name: str) -> bytes:
    return subprocess.run(
        ["git", "cat-file", "tree", name], cwd=record.repository.path, capture_output=True, check=True
    ).stdout


def as_symbolic_link(record: Record) -> None:
    file = record.repository.path / "attestations" / "2024-01-09.json"
    file.unlink()
    file.symlink_to("2024-01-04.json")


def as_submodule(record: Record) -> None:
    record.repository.git("rm", "-r", "--quiet", "--cached", "attestations")
    record.repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},attestations")
    (record.repository.path / "attestations").rename(record.folder / "away")
    (record.repository.path / "attestations").mkdir()


def as_file(record: Record) -> None:
    (record.repository.path / "attestations").rename(record.folder / "away")
    (record.repository.path / "attestations").write_text("{}")


@pytest.mark.parametrize("change", [as_symbolic_link, as_submodule, as_file])
def test_what_is_no_file_any_more_is_taken_away(record: Record, change: Callable[[Record], None]) -> None:
    change(record)
    record.repository.git("add", "--all", "--ignore-errors") if change is not as_submodule else None
    record.repository.git("commit", "--quiet", "-m", "another", at=LATER)
    assert set(record.verify().codes["attested"]) == {"entry_removed"}


def test_a_tree_that_unfolds_without_end_is_not_unfolded(record: Record) -> None:
    """Ten folders of ten folders ... of ten files, 10^12 paths in a few objects, beside what is looked at and in it."""
    tree = written(record, b"".join(entry_named(record, f"f{n}") for n in range(10)), "tree")
    for _ in range(11):
        folders = (b"40000 d%d\0" % n + bytes.fromhex(tree) for n in range(10))
        tree = written(record, b"".join(folders), "tree")
    kept = {
        name: record.repository.git("rev-parse", f"HEAD:{name}") for name in ("attestations", "settlements")
    }
    raw = subprocess.run(
        ["git", "cat-file", "tree", kept["attestations"]],
        cwd=record.repository.path,
        capture_output=True,
        check=True,
    ).stdout
    kept["attestations"] = written(record, raw + b"40000 zz\0" + bytes.fromhex(tree), "tree")
    root = b"".join(
        b"40000 " + name.encode() + b"\0" + bytes.fromhex(sha) for name, sha in (*kept.items(), ("zz", tree))
    )
    crafted(record, "committer a <a> 1705370000 +0000", written(record, root, "tree"))
    with memory_of_children(2 * 2**30):
        answer = record.verify("--timeout", "20")
    assert (answer.code, answer.failed) == (0, {})


@contextmanager
def memory_of_children(bytes_max: int) -> Iterator[None]:
    """What this process starts meanwhile gets no more memory than so much."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + bytes_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_file_larger_than_any_days_is_unreadable(record: Record) -> None:
    (record.repository.path / "attestations" / "2024-02-01.json").write_bytes(b" " * (64 * 2**20 + 1))
    record.repository.commit(LATER, "another")
    assert ask(record.repository.path).codes == {"readable": ["file_unreadable"]}


def test_an_entry_that_hides_its_name_may_be_one_of_several(record: Record) -> None:
    """Two hidden commitments for one day, one of which is shown afterwards: the note says that nothing forbids it."""
    from hashlib import sha256  # noqa: PLC0415

    for package in record.packages:
        signal = package["verification"]["signal_attestation"]
        if signal is not None:
            name = f"attestations/{package['trade_date']}.json"
            file = record.repository.read(name)
            hidden = sha256(f"alpha{signal['nonce']}".encode()).hexdigest()
            file["strategies"][0]["strategy_slug"] = hidden
            record.repository.write(name, file)
    rewritten(record)
    answer = record.verify()
    assert (answer.code, answer.failed) == (0, {})
    assert answer.notes("attested").count("hidden_entry") == 5


def rewritten(record: Record) -> None:
    """A repository with these files from their first commits on, and packages that name its commits."""
    files = {
        path.relative_to(record.repository.path): json.loads(path.read_text())
        for path in sorted(record.repository.path.glob("attestations/*.json"))
    }
    record.repository.git("checkout", "--quiet", "--orphan", "anew")
    record.repository.git("rm", "-r", "--quiet", "--force", ".")
    for package in record.packages:
        body, day = package["verification"], package["trade_date"]
        if body["signal_attestation"] is not None:
            file = next(content for path, content in files.items() if path.stem == day)
            record.repository.write(f"attestations/{day}.json", file)
            at = before_deadline(package)
            body["signal_attestation"] |= {
                "commit_sha": record.repository.commit(at, "signal"),
                "committed_at": at.isoformat(),
            }
        at = shanghai(day, "18:15:03")
        body["settlement_attestation"] |= {"commit_sha": record.repository.settlement(package, at)}
    record.repository.git("branch", "--quiet", "--force", "main", "anew")
    record.repository.git("checkout", "--quiet", "main")


def test_the_honest_record_holds(record: Record, tmp_path: Path) -> None:
    """What the other tests spoil."""
    answer = ask(save(record.packages, tmp_path / "p"), "--attestations", record.repository.path)
    assert (answer.code, answer.failed) == (0, {})
