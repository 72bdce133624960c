"""Random identifiers and secrets."""

from __future__ import annotations

import secrets
import uuid


def new_id() -> str:
    """A random UUID as text, the form of every id in the API."""
    return str(uuid.uuid4())


def new_nonce() -> str:
    """32 random bytes as hex."""
    return secrets.token_hex(32)
