"""Signed commits, judged by git with the key that the repository publishes."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantos.attestation.service import SettlementDigest
from quantos.attestation.signing import KeyThere, generate, key_path
from tests.support.attested import DAY, attested, git, receipt, strategy, subjects
from tests.support.platforms import Stage


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


@pytest.fixture
def gpg_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A GPG home with a key; its path is short, for the agent's socket."""
    home = Path("/tmp") / f"gpg-{os.getpid()}"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    command = [
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "someone@example.org",
        "ed25519",
        "sign",
    ]
    subprocess.run(command, check=True, capture_output=True)
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


def submitted(on: Stage, *slugs: str) -> None:
    agent = on.agent()
    for slug in slugs:
        strategy(agent, slug)
        assert receipt(agent, slug)["github_committed"] is True


def judged(repository: Path) -> list[str]:
    """What git says of each commit's SSH signature (G is good), by the key in the repository itself."""
    signers = repository.with_name("signers")
    signers.write_text(git(repository, "show", "HEAD:KEYS/allowed_signers") + "\n")
    return git(repository, "-c", f"gpg.ssh.allowedSignersFile={signers}", "log", "--format=%G?").split()


def test_with_the_directorys_own_key_every_commit_is_signed(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        generate(key_path(tmp_path / "data"))
        submitted(on, "alpha", "beta")
        signing = on.operator.get("/admin/attestation")["signing"]
    assert judged(repository) == ["G", "G", "G"]
    assert subjects(repository)[0] == "public key of the attestations"
    published = git(repository, "show", "HEAD:KEYS/allowed_signers")
    assert published == f'attestation@quantos.invalid namespaces="git" {signing["key"]}'
    assert signing["kind"] == "ssh"
    assert git(repository, "fsck", "--strict") == ""


def test_another_key_does_not_pass(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        generate(key_path(tmp_path / "data"))
        submitted(on, "alpha")
    generate(tmp_path / "other")
    other = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(tmp_path / "other")], capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "signers").write_text(f'attestation@quantos.invalid namespaces="git" {other}')
    found = git(repository, "-c", f"gpg.ssh.allowedSignersFile={tmp_path / 'signers'}", "log", "--format=%G?")
    assert "G" not in found.split()


def test_a_key_that_comes_later_signs_from_then_on(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        submitted(on, "alpha")
        generate(key_path(tmp_path / "data"))
        submitted(on, "beta")
    assert judged(repository) == ["G", "G", "N"]


def test_a_generated_key_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = key_path(tmp_path)
    generate(path)
    made = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyThere):
        generate(path)
    assert path.read_bytes() == made
    assert [file.name for file in path.parent.iterdir()] == ["attestation-key"]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_an_ssh_key_of_the_operators(tmp_path: Path, repository: Path, kind: str) -> None:
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)
    with attested(tmp_path, attestation_signing_key=str(key)) as on:
        submitted(on, "alpha")
    assert judged(repository) == ["G", "G"]


def test_keys_of_before_stay_published(tmp_path: Path, repository: Path) -> None:
    for name in ("one", "two"):
        generate(tmp_path / name)
        with attested(tmp_path, attestation_signing_key=str(tmp_path / name)) as on:
            submitted(on, name * 2)
    assert judged(repository) == ["G"] * 4
    assert len(git(repository, "show", "HEAD:KEYS/allowed_signers").splitlines()) == 2


def test_a_key_that_cannot_be_used_is_a_reason_and_no_commit_is_made_unsigned(
    tmp_path: Path, repository: Path
) -> None:
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(locked)], check=True)
    for setting in (str(tmp_path / "none"), str(locked), "gpg:0000000000000000000000000000000000000000"):
        with attested(tmp_path, attestation_signing_key=setting) as on:
            agent = on.agent()
            slug = strategy(agent, f"s{abs(hash(setting))}")
            made = receipt(agent, slug)
            assert made["attestation"] == {"committed": False, "reason": "signing_failed"}
            (alarm,) = on.operator.get("/admin/attestation")["alarms"]
            assert alarm["code"] == "signing_failed"
    assert git(repository, "rev-parse", "-q", "--verify", "HEAD", check=False) == ""


def test_a_gpg_key(tmp_path: Path, repository: Path, gpg_home: Path) -> None:
    listed = subprocess.run(
        ["gpg", "--list-secret-keys", "--with-colons"], capture_output=True, text=True, check=True
    ).stdout
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    with attested(tmp_path, attestation_signing_key=f"gpg:{fingerprint}") as on:
        submitted(on, "alpha")
    assert git(repository, "log", "--format=%G?").split() in (["G", "G"], ["U", "U"])
    assert "BEGIN PGP PUBLIC KEY BLOCK" in git(repository, "show", "HEAD:KEYS/gpg.asc")
    assert gpg_home.exists()


def test_settlement_digests_are_signed_too(tmp_path: Path, repository: Path) -> None:
    with attested(tmp_path) as on:
        generate(key_path(tmp_path / "data"))
        given = SettlementDigest(DAY, "alpha", 0, "aa" * 32, "bb" * 32, "rules-1")
        (commit,) = on.platform.attestation.commit_settlements({DAY: [given]}).commits
    assert judged(repository) == ["G", "G"]
    assert commit.sha == git(repository, "rev-parse", "HEAD")
