"""Ed25519 keys: which ones are the vendor's, and how they are read and kept.

A key's id is the first 16 hex digits of the SHA-256 of its 32 bytes. A build of the product places the vendor's
public keys as PEM files in `licensing/vendor_keys/`; several stand there while one is replaced by the next.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from licensing.errors import UnusableKey

VENDOR_KEYS: Final = Path(__file__).parent / "vendor_keys"
PASSPHRASE_MIN: Final = 12


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key whose licences are accepted. `test`: they read `edition: test`, whatever they say."""

    raw: bytes
    test: bool = False

    @property
    def id(self) -> str:
        return key_id(self.raw)

    def signed(self, signature: bytes, content: bytes) -> bool:
        """Whether this key made the signature of the content."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except InvalidSignature:
            return False
        return True


def key_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def raw_of(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_key(pem: bytes, *, test: bool = False) -> PublicKey:
    """From PEM. Raises UnusableKey."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("the file is no public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey("the key is of another kind: licences are signed with Ed25519")
    return PublicKey(raw_of(key), test)


def vendor_keys(folder: Path = VENDOR_KEYS) -> tuple[PublicKey, ...]:
    """The keys that this build accepts, by file name. Raises UnusableKey, naming the file."""
    keys = []
    for file in sorted(folder.glob("*.pem")):
        try:
            keys.append(public_key(file.read_bytes()))
        except UnusableKey as error:
            raise UnusableKey(f"{file.name}: {error}") from None
    return tuple(keys)


def test_key(given: str) -> PublicKey:
    """A test key by its PEM, or by the path of a PEM file. Raises UnusableKey."""
    if "-----BEGIN" in given:
        return public_key(given.encode(), test=True)
    try:
        return public_key(Path(given).read_bytes(), test=True)
    except (OSError, ValueError) as error:
        raise UnusableKey(f"the test key {given[:200]} cannot be read: {error}") from None
    except UnusableKey as error:
        raise UnusableKey(f"{given}: {error}") from None


test_key.__test__ = False  # type: ignore[attr-defined]  # its name looks like a test's


def private_key(pem: bytes, passphrase: str) -> Ed25519PrivateKey:
    """From an encrypted PEM. Raises UnusableKey; an unencrypted key is refused too."""
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode())
    except TypeError:
        raise UnusableKey(
            "the private key is not encrypted, or no passphrase was given: make one with `python -m licensing keygen`"
        ) from None
    except ValueError:
        raise UnusableKey(
            "the private key cannot be opened: the passphrase does not fit, or the file is damaged"
        ) from None
    except UnsupportedAlgorithm as error:
        raise UnusableKey(f"the private key is of a kind that cannot be read: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey("the private key is of another kind: licences are signed with Ed25519")
    return key


def generate(private: Path, public: Path, passphrase: str) -> PublicKey:
    """A new pair: `private` encrypted and readable by its owner only. Never overwrites. Raises UnusableKey."""
    if len(passphrase) < PASSPHRASE_MIN:
        raise UnusableKey(f"a passphrase of at least {PASSPHRASE_MIN} characters protects the key")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    open_ = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for path, content, mode in ((private, secret, 0o600), (public, open_, 0o644)):
        _write_new(path, content, mode)
    return PublicKey(raw_of(key.public_key()))


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise UnusableKey(f"{path} exists already: a key is never overwritten") from None
    except OSError as error:
        raise UnusableKey(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
