"""Ed25519 keys. A key's id is the first 16 hex digits of the SHA-256 of its 32 bytes.

The cryptography library is loaded where a signature is looked at: a platform without a licence starts without it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from licensing.errors import UnusableKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


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
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see the module docstring
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except InvalidSignature:
            return False
        return True


def key_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def raw_of(key: Ed25519PublicKey) -> bytes:
    """Its 32 bytes."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_key(pem: bytes, *, test: bool = False) -> PublicKey:
    """From PEM. Raises UnusableKey."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("the file is no public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey("the key is of another kind: licences are signed with Ed25519")
    return PublicKey(raw_of(key), test)


def private_key(pem: bytes, passphrase: str) -> Ed25519PrivateKey:
    """From an encrypted PEM. Raises UnusableKey; an unencrypted key is refused too."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

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
