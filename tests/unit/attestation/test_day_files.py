"""The files of a trade date: what stands in them is kept byte for byte, and they stay JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.attestation.core.dayfile import ForeignFile, append, begin, entries, path_of
from quantos.attestation.core.entries import (
    Placed,
    SignalEntry,
    as_line,
    commit_time,
    entry_of,
    published_slug,
)
from tests.support.effort import tries

AT = datetime(2024, 1, 2, 1, 10, 0, 250_000, UTC)
DAY = date(2024, 1, 2)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ENTRY = st.dictionaries(st.sampled_from(["strategy_slug", "signal_hash", "universe"]), TEXT, min_size=1)


def test_a_file_of_signals_is_as_the_documents_show_it() -> None:
    entry = SignalEntry("alpha", "ab" * 32, "hs300", "open")
    data = append(begin("attestations", DAY, AT), [entry.line(AT)])
    assert json.loads(data) == {
        "date": "2024-01-02",
        "attested_at": "2024-01-02T01:10:00.250000+00:00",
        "strategies": [
            {
                "strategy_slug": "alpha",
                "signal_hash": "ab" * 32,
                "universe": "hs300",
                "execution_price": "open",
                "attested_at": "2024-01-02T01:10:00.250000+00:00",
            }
        ],
    }
    assert list(json.loads(data)) == ["date", "attested_at", "strategies"]


def test_each_entry_stands_on_a_line_of_its_own() -> None:
    data = append(append(begin("settlements", DAY, AT), [b'{"a": 1}', b'{"a": 2}']), [b'{"a": 3}'])
    lines = [b'{"date": "2024-01-02", "settlements": [', b'{"a": 1},', b'{"a": 2},', b'{"a": 3}', b"]}"]
    assert data == b"\n".join(lines) + b"\n"


@tries(60)
@given(st.lists(st.lists(ENTRY, min_size=1, max_size=4), min_size=1, max_size=5))
def test_a_grown_file_holds_every_entry_in_its_order_and_every_earlier_file_byte_for_byte(
    groups: Any,
) -> None:
    data = begin("attestations", DAY, AT)
    for group in groups:
        before = data
        data = append(data, [as_line(entry) for entry in group])
        kept = before[: before.rindex(b"]")].rstrip()
        assert data.startswith(kept)
    assert json.loads(data)["strategies"] == [entry for group in groups for entry in group]


@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_file_that_another_program_laid_out_is_continued_as_it_is(indent: Any, count: int) -> None:
    there = [{"strategy_slug": f"s{n}", "note": "ends with ]}"} for n in range(count)]
    foreign = json.dumps({"date": "2024-01-02", "strategies": there}, indent=indent).encode()
    grown = append(foreign, [b'{"strategy_slug": "new"}'])
    assert entries("attestations", grown) == [*there, {"strategy_slug": "new"}]
    assert grown.startswith(foreign[: foreign.rindex(b"]")].rstrip())


def test_nothing_to_add_changes_nothing() -> None:
    assert append(b"anything", []) == b"anything"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"strategies": [], "date": "2024-01-02"}',
        b'{"date": "2024-01-02", "strategies": {}}',
        b'{"date": "2024-01-02", "strategies": [1]}',
        b'{"date": "2024-01-02", "settlements": []}',
        b"\xff",
    ],
)
def test_a_file_of_another_form_is_not_read(data: bytes) -> None:
    with pytest.raises(ForeignFile):
        entries("attestations", data)


def test_a_file_that_ends_otherwise_is_not_continued() -> None:
    with pytest.raises(ForeignFile):
        append(b'{"strategies": [], "date": "2024-01-02"}', [b"{}"])


def test_files_lie_in_a_folder_of_their_kind() -> None:
    assert path_of("attestations", DAY) == "attestations/2024-01-02.json"
    assert path_of("settlements", DAY) == "settlements/2024-01-02.json"


def signal(**fields: Any) -> Placed:
    given_: dict[str, Any] = {
        "number": 1,
        "slug": "alpha",
        "universe": "hs300",
        "execution_price": "open",
        "is_public": True,
        "trade_date": DAY,
        "signal_hash": "ab" * 32,
        "nonce": "cd" * 32,
        "deadline": AT,
        **fields,
    }
    return Placed(**given_)


def test_att_02_an_entry_shows_a_slug_and_a_hash_and_nothing_of_the_signal() -> None:
    assert entry_of(signal())._asdict() == {
        "strategy_slug": "alpha",
        "signal_hash": "ab" * 32,
        "universe": "hs300",
        "execution_price": "open",
    }
    assert b"cd" * 32 not in entry_of(signal()).line(AT)


def test_att_02_the_slug_of_a_strategy_that_is_not_public_is_hidden() -> None:
    # printf 'alphasecret' | sha256sum
    hidden = "863f9b993a663c6d4a7c8c4df4cd01902444dcb062ccfc657bb985320b9908b9"
    assert published_slug("alpha", "secret", is_public=False) == hidden
    assert entry_of(signal(is_public=False, nonce="secret")).strategy_slug == hidden


def test_a_commit_keeps_whole_seconds() -> None:
    assert commit_time(datetime(2024, 1, 2, 9, 14, 59, 999_999, UTC)) == datetime(
        2024, 1, 2, 9, 14, 59, 0, UTC
    )
