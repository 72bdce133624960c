"""How a licence is asked for, decided, signed and looked at."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quantos.kit.clock import parse_instant
from quantos.license.service import LicenseTerms
from tests.support.platforms import Caller, Stage

START = parse_instant("2024-01-02T08:00:00+08:00")
VENDOR: Final = Ed25519PrivateKey.generate()
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PRINT = "0123456789abcdef" * 4
BODY = {"customer": "Acme Corp", "fingerprint": PRINT}
TERMS = {"expires": "2027-01-31", "max_cores": 8, "max_memory_gb": 64}
DECIDE = "/admin/license-requests/{}/{}"


def signed(terms: LicenseTerms) -> bytes:
    """A document of these terms that the vendor's key has signed, in a form of the tests' own."""
    told = json.dumps(asdict(terms), default=str, indent=1)
    return (
        json.dumps({"terms": told, "signature": VENDOR.sign(told.encode()).hex()}, indent=2).encode() + b"\n"
    )


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
