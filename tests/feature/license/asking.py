"""How a licence is asked for, decided, signed and looked at; and a platform's own, as it is put in its place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import serialization

from licensing.fingerprint import fingerprint
from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage
from tests.unit.licensing.makers import VENDOR, licence

START = parse_instant("2024-01-02T08:00:00+08:00")
PASSPHRASE: Final = "correct horse battery"
VENDOR_PEM: Final = VENDOR.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(PASSPHRASE.encode()),
).decode()
PUBLIC_PEM: Final = (
    VENDOR.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
HERE: Final = fingerprint()
"""Of the machine that runs the tests."""

SIGNS: Final = {"vendor_signing_key": VENDOR_PEM, "vendor_signing_passphrase": PASSPHRASE}
"""Settings of a platform that signs licences."""

TRUSTS: Final = {"test_vendor_key": PUBLIC_PEM}
"""Settings of a platform that accepts them, as test ones."""

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PRINT = "0123456789abcdef" * 4
BODY = {"customer": "Acme Corp", "fingerprint": PRINT}
TERMS = {"expires": "2027-01-31", "max_cores": 8, "max_memory_gb": 64}
DECIDE = "/admin/license-requests/{}/{}"


class Hands:
    """A system's clock that stands where it is put."""

    simulated = False

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def put(on: Stage, **changed: Any) -> Path:
    """A licence for this machine where the platform looks for its own, as an operator drops one in."""
    file = on.platform.standing.file
    file.write_bytes(licence(**{"fingerprint": HERE, **changed}))
    return file


def ask(caller: Caller, **fields: Any) -> dict[str, Any]:
    answer = caller.call("POST", "/deploy/license-request", {**BODY, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def latest(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.get("/deploy/license-request")
    return found


def approve(on: Stage, request: dict[str, Any], **changes: Any) -> httpx.Response:
    return on.operator.call("POST", DECIDE.format(request["id"], "approve"), {**TERMS, **changes})


def reject(on: Stage, request: dict[str, Any], reply: str = "The customer is unknown.") -> httpx.Response:
    return on.operator.call("POST", DECIDE.format(request["id"], "reject"), {"admin_reply": reply})


def license_of(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.get("/deploy/my-license")
    return found


def image(caller: Caller, **params: Any) -> httpx.Response:
    return caller.call("GET", "/deploy/quantos-image/download", **params)


def notices(caller: Caller) -> list[tuple[str, str]]:
    return [(each["title"], each["message"]) for each in caller.get("/notifications")["notifications"]]
