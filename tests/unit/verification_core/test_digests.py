"""The verifier's hashes, against the platform's and against a library of canonical JSON."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.core.signal import signal_hash as platforms
from quantos.verification.core.digests import canonical, nav_sha256, sha256_hex, signal_hash, symbols_hash
from quantos.verification.core.documents import read_json
from quantos.verification.core.package_reader import read_package
from tests.support.effort import tries
from tests.support.honest import honest_packages
from tests.support.packages import bound, seal, sha256

DAY = date(2024, 1, 2)
SYMBOLS = st.lists(
    st.sampled_from([f"{code}.SH" for code in range(600_000, 600_040)]), unique=True, max_size=20
)
WEIGHTS = st.floats(min_value=5e-324, max_value=1.0) | st.sampled_from([1, 1.0, 0.05, 1e-7, 0.1 + 0.2])


@tries(200)
@given(SYMBOLS, st.data())
def test_a_signal_hash_is_the_platforms_in_any_order(symbols: list[str], data: st.DataObject) -> None:
    signals = [(symbol, data.draw(WEIGHTS)) for symbol in symbols]
    expected = platforms("alpha", "2024-01-02", [TargetWeight(*pair) for pair in signals], "a" * 32)
    assert signal_hash("alpha", DAY, [(s, float(w)) for s, w in signals], "a" * 32) == expected


@pytest.mark.parametrize("slug", ["alpha", 'a "quoted" slug', "阿尔法", "line\nbreak\t\x01"])
def test_any_text_is_hashed_as_the_library_writes_it(slug: str) -> None:
    signals = [{"symbol": "600519.SH", "weight": 0.5}]
    content: Any = {"nonce": "n", "signals": signals, "slug": slug, "trade_date": "2024-01-02"}
    assert signal_hash(slug, DAY, [("600519.SH", 0.5)], "n") == sha256(rfc8785.dumps(content))
    assert canonical(content | {"signals": []}).encode() == rfc8785.dumps(content | {"signals": []})


def test_the_symbols_hash_is_of_the_sorted_symbols() -> None:
    joined = "000001.SZ,510300.SH,600519.SH"
    assert symbols_hash(["600519.SH", "000001.SZ", "510300.SH"]) == sha256_hex(joined)[:16]


@pytest.mark.parametrize("number", range(10))
def test_the_nav_digest_is_of_the_object_in_the_document(number: int) -> None:
    document = honest_packages()[number]
    document["data_provenance"]["accepted"] = {"by": "operator", "reason": "半天行情已核对 \U0001f600"}
    seal(document)
    package = read_package(read_json(json.dumps(document)))
    assert nav_sha256(package) == sha256(rfc8785.dumps(bound(document)))
    assert nav_sha256(package) == document["verification"]["settlement_attestation"]["nav_sha256"]
