"""The form of an SSH signature (OpenSSH PROTOCOL.sshsig), as git keeps it in a commit.

    signed      = "SSHSIG" string(namespace) string("") string(hash name) string(hash of the message)
    signature   = "SSHSIG" uint32(1) string(public key) string(namespace) string("") string(hash name)
                  string(string(key type) string(raw signature))

in base64 between its two lines; string(x) is its length as uint32, big-endian, and x.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

NAMESPACE: Final = b"git"
KEY_TYPE: Final = b"ssh-ed25519"

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_HASH: Final = b"sha512"
_LINE: Final = 70


def string(data: bytes) -> bytes:
    """Length and bytes."""
    return len(data).to_bytes(4, "big") + data


def public_blob(raw_key: bytes) -> bytes:
    """An Ed25519 public key of 32 bytes as SSH writes it."""
    return string(KEY_TYPE) + string(raw_key)


def to_be_signed(message: bytes) -> bytes:
    """What the key signs for a message."""
    digest = hashlib.sha512(message).digest()
    return _MAGIC + string(NAMESPACE) + string(b"") + string(_HASH) + string(digest)


def armored(raw_key: bytes, raw_signature: bytes) -> bytes:
    """The signature as text: of an Ed25519 key of 32 bytes, 64 bytes of signature."""
    blob = (
        _MAGIC
        + _VERSION.to_bytes(4, "big")
        + string(public_blob(raw_key))
        + string(NAMESPACE)
        + string(b"")
        + string(_HASH)
        + string(string(KEY_TYPE) + string(raw_signature))
    )
    text = base64.b64encode(blob)
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return b"\n".join([b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----"]) + b"\n"


def allowed_signer(email: str, public_key: str) -> str:
    """The line by which git and ssh-keygen know whose key it is. `public_key`: `ssh-ed25519 AAAA...`."""
    kind, blob = public_key.split()[:2]
    return f'{email} namespaces="git" {kind} {blob}'
