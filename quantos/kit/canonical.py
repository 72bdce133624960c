"""Canonical JSON (RFC 8785): one byte string per JSON value, so that a hash of it can be recomputed by anyone."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Raises ValueError on NaN, infinities, surrogates, ints past 2**53."""
    return rfc8785.dumps(value)


def sha256_hex(data: bytes) -> str:
    """64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
