"""A platform with its operator; one that has a vendor's key to sign with, and one that has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quantos.kit.clock import parse_instant
from quantos.license.service import LicenseTerms
from tests.support.platforms import Caller, Stage, stage

START = parse_instant("2024-01-02T08:00:00+08:00")
VENDOR: Final = Ed25519PrivateKey.generate()


def signed(terms: LicenseTerms) -> bytes:
    """A document of these terms that the vendor's key has signed, in a form of the tests' own."""
    told = json.dumps(asdict(terms), default=str, indent=1)
    return (
        json.dumps({"terms": told, "signature": VENDOR.sign(told.encode()).hex()}, indent=2).encode() + b"\n"
    )


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """As a platform is today: nothing to sign with."""
    folder: Path = tmp_path_factory.mktemp("keyless") / "data"
    with stage(folder, START) as opened:
        yield opened


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("license") / "data"
    with stage(folder, START) as opened:
        opened.platform.licenses.issue = signed
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    return on.agent()


@pytest.fixture
def other(on: Stage) -> Caller:
    return on.agent()
