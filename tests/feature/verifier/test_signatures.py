"""Signatures of commits, checked by git itself with the keys that were given and no others."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feature.verifier.conftest import Answer, ask
from tests.support.attestations import Repository, attest, save
from tests.support.honest import honest_packages


class SshKey:
    """A key pair and the file that allows it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.path)]
        subprocess.run(command, check=True)
        self.allowed = folder / f"{name}.signers"
        self.allowed.write_text(f"attestation@quantos.example {self.path.with_suffix('.pub').read_text()}")

    @property
    def options(self) -> tuple[str, ...]:
        signing = ("gpg.format=ssh", f"user.signingkey={self.path}", "commit.gpgsign=true")
        return tuple(part for setting in signing for part in ("-c", setting))


@pytest.fixture
def key(tmp_path: Path) -> SshKey:
    return SshKey(tmp_path, "platform")


def signed(tmp_path: Path, *options: str) -> tuple[Repository, Path]:
    """Two days, every commit made with these options."""
    packages, repository = honest_packages()[:2], Repository(tmp_path / "repository")
    attest(packages, repository, *options)
    return repository, save(packages, tmp_path / "packages")


def check(repository: Repository, packages: Path, key: SshKey) -> Answer:
    return ask(packages, "--attestations", repository.path, "--allowed-signers", key.allowed)


def test_commits_signed_by_the_platforms_key_hold(tmp_path: Path, key: SshKey) -> None:
    repository, packages = signed(tmp_path, *key.options)
    assert check(repository, packages, key).failed == {}


def test_commits_without_a_signature_do_not(tmp_path: Path, key: SshKey) -> None:
    repository, packages = signed(tmp_path)
    assert check(repository, packages, key).codes == {"signatures": ["signature_missing"] * 3}


def test_a_signature_by_another_key_does_not_count(tmp_path: Path, key: SshKey) -> None:
    repository, packages = signed(tmp_path, *SshKey(tmp_path, "stranger").options)
    answer = check(repository, packages, key)
    assert answer.codes == {"signatures": ["signature_of_unknown_key"] * 3}
    assert "by a key that is not among those given" in answer.failed["signatures"][0]


def test_a_forged_signature_is_called_that(tmp_path: Path, key: SshKey) -> None:
    """The last commit with another message, the signature of the true one left on it."""
    repository, packages = signed(tmp_path, *key.options)
    true = repository.git("cat-file", "commit", "HEAD")
    false = true.replace("settlement digests", "settlement figures") + "\n"
    (repository.path / ".git" / "forged").write_text(false)
    forged = repository.git("hash-object", "-t", "commit", "-w", ".git/forged")
    repository.git("update-ref", "HEAD", forged)
    answer = check(repository, packages, key)
    assert answer.codes["signatures"] == ["signature_bad"]
    assert f"commit {forged}: the signature is forged or broken" in answer.failed["signatures"]


def test_a_repository_is_checked_commit_by_commit(tmp_path: Path, key: SshKey) -> None:
    repository, _ = signed(tmp_path, *key.options)
    repository.write("README.md", "hello")
    repository.commit(at=_later(repository), message="unsigned")
    answer = ask(repository.path, "--allowed-signers", key.allowed)
    assert answer.codes == {"all_signed": ["signature_missing"]}
    assert answer.report["reports"][0]["unsigned"] == 1


def _later(repository: Repository):  # type: ignore[no-untyped-def]
    from datetime import datetime, timedelta  # noqa: PLC0415

    return datetime.fromisoformat(repository.git("log", "-1", "--format=%cI")) + timedelta(minutes=1)


def test_without_keys_signatures_are_counted_and_not_believed(tmp_path: Path, key: SshKey) -> None:
    repository, packages = signed(tmp_path, *key.options)
    answer = ask(packages, "--attestations", repository.path)
    assert answer.not_checked["signatures"] == {"no_keys"}
    answer = ask(repository.path)
    assert "who wrote the commits: no keys were given" in answer.report["reports"][0]["not_shown"]


@pytest.fixture
def gpg_home() -> Iterator[Path]:
    """In a short path: the agent's socket lies in it."""
    if shutil.which("gpg") is None:
        pytest.skip("no gpg on this machine")
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
    shutil.rmtree(home, ignore_errors=True)


def test_openpgp_signatures_are_checked_with_the_keys_of_a_file(
    tmp_path: Path, gpg_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gpg(*arguments: str) -> str:
        command = ["gpg", "--homedir", str(gpg_home), "--batch", "--passphrase", "", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    who = "Attestation <attestation@quantos.example>"
    gpg("--quick-gen-key", who, "ed25519", "sign", "never")
    key = tmp_path / "key.asc"
    key.write_text(gpg("--armor", "--export", who))
    monkeypatch.setenv("GNUPGHOME", str(gpg_home))
    repository, packages = signed(
        tmp_path, "-c", "commit.gpgsign=true", "-c", "user.signingkey=attestation@quantos.example"
    )
    monkeypatch.setenv("GNUPGHOME", os.devnull)  # the verifier takes nothing from the user's own keyring
    assert ask(packages, "--attestations", repository.path, "--gpg-keys", key).failed == {}

    other = tmp_path / "other.signers"
    other.write_text("")
    answer = ask(packages, "--attestations", repository.path, "--allowed-signers", other)
    assert set(answer.codes["signatures"]) == {"signature_unchecked"}


@pytest.mark.parametrize("option", ["--allowed-signers", "--gpg-keys"])
def test_a_file_of_keys_that_is_not_there_is_wrong_usage(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repository, packages = signed(tmp_path)
    answer = ask(packages, "--attestations", repository.path, option, tmp_path / "nothing")
    assert answer.code == 2
    assert "has no key that can be read" in capsys.readouterr().err
