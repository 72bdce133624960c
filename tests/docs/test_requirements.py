"""Every requirement of the specification is held by a test that exists."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.docs import requirements
from tests.docs.requirements import ROOT, held, ids, named, table


def test_every_requirement_is_held_by_a_test_or_measured() -> None:
    assert [each for each, tests in held().items() if not tests and each not in table()["measured"]] == []


def test_no_test_names_a_requirement_that_there_is_not() -> None:
    assert {each: held()[each] for each in held().keys() - set(ids())} == {}


def test_a_file_that_the_table_names_exists() -> None:
    assert [file for file in table()["held_by"] if not (ROOT / "tests" / file).exists()] == []
    assert [file for file in table()["measured"].values() if not (ROOT / file).exists()] == []


def test_a_test_that_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"docs/test_requirements.py": {"AUTH-01": ["test_that_was_here_before"]}}
    monkeypatch.setattr(requirements, "table", lambda: {**table(), "held_by": gone})
    with pytest.raises(AssertionError, match="test_that_was_here_before"):
        held.__wrapped__()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_sig_09_and_10_the_instant_is_late", ["SIG-09", "SIG-10"]),
        ("test_claim_16_to_18_the_numbers", ["CLAIM-16", "CLAIM-17", "CLAIM-18"]),
        ("test_port_04_09_12_each_action", ["PORT-04", "PORT-09", "PORT-12"]),
        ("test_sig_20_and_pub_19_the_nonce", ["SIG-20", "PUB-19"]),
        ("TestLog::test_factor_17_119_days_are_a_draft", ["FACTOR-17"]),
        ("test_os_02_03_means_of_30_60_days", ["OS-02", "OS-03"]),
        ("test_days_os_2_and_monkey_01", []),
    ],
)
def test_a_name_tells_its_ids(name: str, expected: list[str]) -> None:
    assert list(named(name)) == expected


def test_the_ids_are_those_of_the_specification() -> None:
    shared = Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared")
    specification = shared / "spec/requirements.md"
    if not specification.exists():
        pytest.skip("no specification beside the project")
    assert ids() == re.findall(r"^- \[.\] ([A-Z]+-\d\d) ", specification.read_text(), re.MULTILINE)
