"""Keys and signatures of commits.

An Ed25519 key of OpenSSH without a passphrase signs within this process; any other SSH key (of another kind, in an
agent) through ssh-keygen, a GPG key through gpg. No program may ask for a passphrase: nobody is there to answer.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quantos.attestation import failures
from quantos.attestation.core import sshsig
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import EMAIL
from quantos.errors import Conflict
from quantos.kit.durable import create_private

KEY_FILE: Final = "attestation-key"
"""Its name in the directory's `secrets/`."""
GPG: Final = "gpg:"
SSH_SIGNERS: Final = "KEYS/allowed_signers"
GPG_KEYS: Final = "KEYS/gpg.asc"

_TIMEOUT_S: Final = 20.0
_OPENSSH: Final = serialization.PublicFormat.OpenSSH


class KeyThere(Conflict):
    """A key is there already: whoever replaces it makes every signature of before unverifiable."""

    code = "attestation_key_exists"


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs commits. `published`: the line or key block by which anyone checks, `file` where it is kept."""

    kind: Literal["ssh", "gpg"]
    name: str
    file: str
    published: str
    sign: Callable[[bytes], bytes]


def key_path(data_dir: Path) -> Path:
    """Where the directory's own key is, or would be."""
    return data_dir / "secrets" / KEY_FILE


def generate(path: Path) -> None:
    """A new Ed25519 key, mode 0600, whole or not at all. Raises KeyThere."""
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        create_private(path, text)
    except FileExistsError:
        raise KeyThere(f"{path} exists: a new key would not match the signatures made so far") from None


def signer_of(setting: str, own_key: Path) -> Signer | None:
    """The signer of a setting: `gpg:FINGERPRINT`, the path of an SSH key, or empty: the directory's own, if any.

    Raises NotCommitted where there is a key that cannot be used.
    """
    if setting.startswith(GPG):
        return _gpg(setting.removeprefix(GPG))
    if setting:
        return _ssh(Path(setting).expanduser())
    return _ssh(own_key) if own_key.exists() else None


def _ssh(path: Path) -> Signer:
    try:
        key = serialization.load_ssh_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise NotCommitted(failures.SIGNING, f"{path}: {error.strerror or error}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _ssh_elsewhere(path)
    if not isinstance(key, Ed25519PrivateKey):
        return _ssh_elsewhere(path)
    raw = key.public_key().public_bytes_raw()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, _OPENSSH).decode()

    def sign(message: bytes) -> bytes:
        return sshsig.armored(raw, key.sign(sshsig.to_be_signed(message)))

    return _of_ssh(public, sign)


def _ssh_elsewhere(path: Path) -> Signer:
    """A key that ssh-keygen reads: of another kind, with its passphrase in an agent, or on a token."""
    public_file = path.with_name(f"{path.name}.pub")
    with suppress(OSError):
        public = public_file.read_text().strip()
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", sshsig.NAMESPACE.decode(), "-f", str(path)]
        return _of_ssh(public, lambda message: _through(command, message))
    raise NotCommitted(
        failures.SIGNING,
        f"{path} is no Ed25519 key without a passphrase, and there is no {public_file} beside it",
    )


def _of_ssh(public: str, sign: Callable[[bytes], bytes]) -> Signer:
    line = sshsig.allowed_signer(EMAIL, public)
    return Signer("ssh", " ".join(public.split()[:2]), SSH_SIGNERS, line + "\n", sign)


def _gpg(key: str) -> Signer:
    block = _through(["gpg", "--batch", "--no-tty", "--armor", "--export", key], b"").decode()
    if not block:
        raise NotCommitted(failures.SIGNING, f"gpg knows no key {key}")
    command = ["gpg", "--batch", "--no-tty", "--pinentry-mode", "error", "-bsau", key]
    return Signer("gpg", key, GPG_KEYS, block, lambda message: _through(command, message))


def _through(command: list[str], message: bytes) -> bytes:
    """What a program makes of a message. Raises NotCommitted."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUANTOS_")}
    env = {**kept, "SSH_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    try:
        ran = subprocess.run(  # noqa: S603 - ssh-keygen or gpg, with a key of the operator's setting
            command,
            input=message,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
            env=env,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise NotCommitted(failures.SIGNING, f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise NotCommitted(failures.SIGNING, f"{command[0]} did not sign in {_TIMEOUT_S:g} seconds") from None
    except subprocess.CalledProcessError as failed:
        said = "; ".join(failed.stderr.decode(errors="replace").split("\n")).strip("; ")
        raise NotCommitted(failures.SIGNING, f"{command[0]}: {said[:300]}") from None
    return ran.stdout
