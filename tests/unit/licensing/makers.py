"""A vendor and the licences it signs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from licensing import Circumstances, License
from licensing.issue import issue
from licensing.keys import PublicKey, raw_of

VENDOR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NEXT_VENDOR = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))

MACHINE = "0f" * 32
ISSUED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HERE = Circumstances(MACHINE, ISSUED + timedelta(days=30))
TERMS = License(
    license_id="lic-0001",
    customer="Acme 量化 Corp",
    fingerprint=MACHINE,
    edition="standard",
    expires=date(2027, 11, 21),
    max_cores=8,
    max_memory_gb=None,
    created_at=ISSUED,
)


def public(key: Ed25519PrivateKey, *, test: bool = False) -> PublicKey:
    return PublicKey(raw_of(key.public_key()), test)


KEYS = (public(VENDOR),)


def licence(key: Ed25519PrivateKey = VENDOR, **changed: Any) -> bytes:
    """license.json of `TERMS`, with fields changed before it is signed."""
    return issue(replace(TERMS, **changed), key)


def written(fields: dict[str, Any]) -> bytes:
    """Fields in the form of a license.json."""
    return f"{json.dumps(fields, ensure_ascii=False, sort_keys=True, indent=2)}\n".encode()
