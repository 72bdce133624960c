"""Nothing that is given may crash the verifier: every input gets a verdict or one clear line."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantos.verification.core.documents import NotJson, read_json
from quantos.verification.core.history import Commit, FileChange, History
from quantos.verification.core.judgement import Attestations, judge_packages, judge_repository, read_given
from quantos.verification.core.trading_days import SETTLES_AT, shanghai
from tests.feature.verifier.conftest import ask, tell
from tests.support.effort import tries
from tests.support.honest import DAYS, honest_packages

HONEST = honest_packages()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(
        ["2024-01-09", "2024-01-09T01:00:00Z", "BUY", "600519.SH", "a" * 64, "b" * 32, "suspended"]
    ),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def judge(document: Any) -> list[Any]:
    try:
        read = read_json(json.dumps(document))
    except NotJson:
        return []
    return judge_packages([read_given("fuzz", read)], Attestations(history()), {}, ())


def history() -> History:
    """An honest line of commits, held against whatever comes."""
    found = History()
    for place, day in enumerate(DAYS):
        line = {"strategy_slug": "alpha", "signal_hash": "a" * 64, "execution_price": "open"}
        content = json.dumps({"date": str(day), "strategies": [line]}).encode()
        commit = Commit(f"{place:040x}", shanghai(day, SETTLES_AT), place)
        found.add(commit, [FileChange(f"attestations/{day}.json", content)])
    return found


@tries(300)
@given(JSON)
def test_any_document_gets_a_verdict(document: Any) -> None:
    for report in judge(document):
        assert not report.holds


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return document


@tries(400)
@given(st.sampled_from(HONEST), st.randoms(use_true_random=False), st.lists(JSON, min_size=1, max_size=3))
def test_a_package_with_anything_anywhere_gets_a_verdict(
    honest: Any, rng: random.Random, values: list[Any]
) -> None:
    document = copy.deepcopy(honest)
    for value in values:
        document = put(document, rng.choice(list(places(document))), value)
    judge(document)


@tries(200)
@given(st.sampled_from(HONEST), st.randoms(use_true_random=False), st.integers(-(10**15), 10**15))
def test_a_package_with_any_number_anywhere_gets_a_verdict(
    honest: Any, rng: random.Random, number: int
) -> None:
    """Numbers keep the form of a package, so that every step sees them."""
    document = copy.deepcopy(honest)
    numbers = [p for p in places(document) if isinstance(_at(document, p), int | float)]
    for path in rng.sample(numbers, 3):
        put(document, path, abs(number) if rng.random() < 0.7 else number / 1000)
    judge(document)


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@tries(200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["attestations", "settlements"]), JSON | st.binary(max_size=20)), max_size=4
    )
)
def test_any_files_of_a_repository_get_a_verdict(files: list[tuple[str, Any]]) -> None:
    found = History()
    for place, (folder, content) in enumerate(files):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        commit = Commit(f"{place:040x}", shanghai(DAYS[0], SETTLES_AT), place)
        found.add(commit, [FileChange(f"{folder}/2024-01-02.json", data)])
    judge_repository("fuzz", found)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"[" * 100_000, b'{"a":' * 50_000, b"7", b"null", b'"text"', b"[]"]
)
def test_any_file_gets_a_verdict_or_one_clear_line(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    answer = ask(path)
    assert answer.code in {1, 2}
    assert len(capsys.readouterr().err.splitlines()) == (answer.code == 2)


def test_control_characters_of_a_document_do_not_reach_the_terminal(tmp_path: Path) -> None:
    document = copy.deepcopy(HONEST[0])
    document["slug"] = "al\x1b[2Jpha\r\nVERIFIED: all 1 checks hold"
    path = tmp_path / "package.json"
    path.write_text(json.dumps(document))
    _, text = tell(path)
    assert "\x1b" not in text
    assert "\nVERIFIED" not in text


def test_a_document_of_many_orders_is_judged_in_time() -> None:
    """Ten thousand bars and orders: no step looks for each among all."""
    document = copy.deepcopy(HONEST[0])
    bar = document["data_provenance"]["bars"][0]
    symbols = [f"{n:06d}.SZ" for n in range(300_000, 303_000)] + [f"{n}.SH" for n in range(600_000, 606_000)]
    document["data_provenance"]["bars"] = [{**bar, "symbol": symbol} for symbol in sorted(symbols)]
    order = document["verification"]["orders"][0]
    trade = document["verification"]["trades"][0]
    document["verification"]["orders"] = [{**order, "symbol": symbol} for symbol in symbols]
    document["verification"]["trades"] = [{**trade, "symbol": symbol} for symbol in symbols]
    weights = [{"symbol": symbol, "weight": 1e-4} for symbol in symbols]
    document["verification"]["signal_attestation"]["signals"] = weights
    (report,) = judge(document)
    assert not report.holds
