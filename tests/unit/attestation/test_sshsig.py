"""SSH signatures, judged by ssh-keygen itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quantos.attestation.core.sshsig import allowed_signer, armored, to_be_signed

MESSAGE = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nsignal attestation 2024-01-02\n"


def verified(folder: Path, key: Ed25519PrivateKey, signature: bytes, message: bytes) -> bool:
    """What ssh-keygen says of a signature by the owner of `key`."""
    encoding, form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    public = key.public_key().public_bytes(encoding, form).decode()
    (folder / "signers").write_text(allowed_signer("someone@example.org", public) + "\n")
    (folder / "signature").write_bytes(signature)
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "someone@example.org", "-n", "git"]
    ran = subprocess.run(
        [*command, "-s", "signature"], cwd=folder, input=message, capture_output=True, check=False
    )
    return ran.returncode == 0


def signed(key: Ed25519PrivateKey, message: bytes) -> bytes:
    return armored(key.public_key().public_bytes_raw(), key.sign(to_be_signed(message)))


def test_ssh_keygen_accepts_a_signature(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    assert verified(tmp_path, key, signed(key, MESSAGE), MESSAGE)


@pytest.mark.parametrize("message", [MESSAGE + b" ", b""])
def test_it_accepts_it_for_no_other_message(tmp_path: Path, message: bytes) -> None:
    key = Ed25519PrivateKey.generate()
    assert not verified(tmp_path, key, signed(key, MESSAGE), message)


def test_it_accepts_it_of_no_other_key(tmp_path: Path) -> None:
    assert not verified(
        tmp_path, Ed25519PrivateKey.generate(), signed(Ed25519PrivateKey.generate(), MESSAGE), MESSAGE
    )
