"""Where keys are kept.

A build of the product places the vendor's public keys as PEM files in `licensing/vendor_keys/`; several stand there
while one is replaced by the next. The vendor's private key is an encrypted PEM, which no image or repository holds.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from licensing.errors import UnusableKey
from licensing.keys import PublicKey, public_key, raw_of

VENDOR_KEYS: Final = Path(__file__).parent / "vendor_keys"
PASSPHRASE_MIN: Final = 12


def vendor_keys(folder: Path = VENDOR_KEYS) -> tuple[PublicKey, ...]:
    """The keys that this build accepts, by file name. Raises UnusableKey, naming the file."""
    keys = []
    for file in sorted(folder.glob("*.pem")):
        try:
            keys.append(public_key(file.read_bytes()))
        except UnusableKey as error:
            raise UnusableKey(f"{file.name}: {error}") from None
    return tuple(keys)


def key_for_tests(given: str) -> PublicKey:
    """A test key by its PEM, or by the path of a PEM file. Raises UnusableKey."""
    if "-----BEGIN" in given:
        return public_key(given.encode(), test=True)
    try:
        return public_key(Path(given).read_bytes(), test=True)
    except (OSError, ValueError) as error:
        raise UnusableKey(f"the test key {given[:200]} cannot be read: {error}") from None
    except UnusableKey as error:
        raise UnusableKey(f"{given}: {error}") from None


def generate(private: Path, public: Path, passphrase: str) -> PublicKey:
    """A new pair: `private` encrypted and readable by its owner only. Never overwrites. Raises UnusableKey."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - loaded where it is used
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

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
