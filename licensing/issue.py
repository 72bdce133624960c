"""Signing licences: for who holds the vendor's private key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from licensing.document import License, check
from licensing.keys import key_id, raw_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def issue(terms: License, key: Ed25519PrivateKey) -> bytes:
    """license.json of these terms, signed. Raises NotALicense where a field is not what the format allows."""
    check(terms)
    unsigned = replace(terms, key_id=key_id(raw_of(key.public_key())), signature=b"")
    return replace(unsigned, signature=key.sign(unsigned.signed_bytes())).to_file()
