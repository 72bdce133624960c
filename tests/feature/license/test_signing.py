"""Approval signs with the vendor's key (LIC-14); what stands in its way leaves the request pending."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from licensing import Circumstances, verify
from tests.feature.license.asking import (
    PASSPHRASE,
    PRINT,
    START,
    VENDOR_PEM,
    approve,
    ask,
    latest,
    license_of,
)
from tests.support.platforms import Stage, stage
from tests.unit.licensing.makers import KEYS


def approved(
    folder: Path, *, customer: str = "Acme", **settings: Any
) -> tuple[httpx.Response, dict[str, Any]]:
    """What approval answers on a platform of these settings, and the request afterwards."""
    with stage(folder / "data", START, **settings) as on:
        agent = on.agent()
        answer = approve(on, ask(agent, customer=customer))
        if answer.status_code != 200:
            assert license_of(agent) == {"has_license": False}
        return answer, latest(agent)


def test_lic_14_the_key_may_be_named_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "vendor.pem"
    file.write_text(VENDOR_PEM)
    with stage(
        tmp_path / "data", START, vendor_signing_key=str(file), vendor_signing_passphrase=PASSPHRASE
    ) as on:
        agent = on.agent()
        assert approve(on, ask(agent)).status_code == 200
        content = agent.call("GET", "/deploy/my-license/download").content
    assert verify(content, KEYS, Circumstances(PRINT, datetime(2027, 1, 1, tzinfo=UTC))).valid


@pytest.mark.parametrize(
    ("key", "passphrase", "reason"),
    [
        (VENDOR_PEM, "not the one at all", "the passphrase does not fit"),
        (VENDOR_PEM, "", "no passphrase was given"),
        ("/nowhere/vendor.pem", PASSPHRASE, "cannot be read (No such file or directory)"),
        ("-----BEGIN NONSENSE-----", PASSPHRASE, "the file is damaged"),
    ],
)
def test_lic_14_a_key_that_cannot_be_opened_leaves_the_request_pending(
    tmp_path: Path, key: str, passphrase: str, reason: str
) -> None:
    settings = {"vendor_signing_key": key, "vendor_signing_passphrase": passphrase}
    answer, request = approved(tmp_path, **settings)
    assert answer.status_code == 400
    assert answer.headers["QuantOS-Error-Code"] == "vendor_key_unusable"
    assert reason in answer.json()["detail"]
    assert "the request stays pending" in answer.json()["detail"]
    assert passphrase == "" or passphrase not in answer.text
    assert request["status"] == "pending"


def test_a_customers_name_that_would_deceive_is_not_signed(tmp_path: Path) -> None:
    settings = {"vendor_signing_key": VENDOR_PEM, "vendor_signing_passphrase": PASSPHRASE}
    answer, request = approved(tmp_path, customer="Acme\u202eproC", **settings)
    assert (answer.status_code, request["status"]) == (400, "pending")
    assert answer.headers["QuantOS-Error-Code"] == "license_not_issuable"
    assert "customer" in answer.json()["detail"]


def test_the_last_day_there_is_can_be_signed_and_holds(on: Stage) -> None:
    agent = on.agent()
    assert approve(on, ask(agent), expires="9999-12-31").status_code == 200
    content = agent.call("GET", "/deploy/my-license/download").content
    assert verify(content, KEYS, Circumstances(PRINT, datetime(2999, 1, 1, tzinfo=UTC))).valid


def test_no_setting_of_the_vendors_is_shown(on: Stage) -> None:
    settings = {each["name"]: each["value"] for each in on.operator.get("/admin/settings")["settings"]}
    for name in ("vendor_signing_key", "vendor_signing_passphrase"):
        assert settings[name]
        assert settings[name] not in {VENDOR_PEM, PASSPHRASE}
