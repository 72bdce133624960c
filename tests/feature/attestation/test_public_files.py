"""What anyone reads of the repository over HTTP, and what the operator is told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from quantos.attestation.service import SettlementDigest
from tests.support.attested import DAY, attested, git, hashes, receipt, strategy
from tests.support.platforms import Stage

NEXT = date(2024, 1, 3)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with attested(tmp_path) as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "attestation"


def raw(repository: Path, path: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(repository), "show", f"HEAD:{path}"], capture_output=True, check=True
    ).stdout


def test_the_file_of_a_date_is_served_byte_for_byte(on: Stage, repository: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta"):
        strategy(agent, slug)
        receipt(agent, slug)
        answer = on.public().call("GET", f"/public/attestations/{DAY}.json")
        assert answer.content == raw(repository, "attestations/2024-01-02.json")
        assert answer.headers["content-type"] == "application/json"
    digest = SettlementDigest(DAY, "alpha", 0, "aa" * 32, "bb" * 32, "rules-1")
    on.platform.attestation.commit_settlements({DAY: [digest]})
    answer = on.public().call("GET", f"/public/settlements/{DAY}.json")
    assert answer.content == raw(repository, "settlements/2024-01-02.json")


def test_pub_21_credentials_are_not_looked_at(on: Stage) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    wrong = on.public()
    wrong.token = "wrong"
    for path in (f"/public/attestations/{DAY}.json", "/public/attestation.bundle"):
        first, second = on.public().call("GET", path), wrong.call("GET", path)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert first.status_code == 200


@pytest.mark.parametrize("kind", ["attestations", "settlements"])
def test_a_date_without_a_file_is_unknown(on: Stage, kind: str) -> None:
    for day in (NEXT, date(1, 1, 1)):
        answer = on.public().call("GET", f"/public/{kind}/{day}.json")
        assert answer.status_code == 404
        assert f"{kind}/{day}.json" in answer.json()["detail"]
    for bad in ("2024-1-2", "x", "2024-02-30", "..%2f..%2fHEAD"):
        assert on.public().call("GET", f"/public/{kind}/{bad}.json").status_code in {404, 422}


def test_the_bundle_is_a_whole_repository(on: Stage, repository: Path, tmp_path: Path) -> None:
    assert on.public().call("GET", "/public/attestation.bundle").status_code == 404
    agent = on.agent()
    strategy(agent)
    made = receipt(agent)
    answer = on.public().call("GET", "/public/attestation.bundle")
    (tmp_path / "b.bundle").write_bytes(answer.content)
    git(tmp_path, "clone", "-q", "-b", "main", "b.bundle", "clone")
    assert hashes(tmp_path / "clone") == [made["signal_hash"]]
    assert git(tmp_path / "clone", "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
    assert answer.headers["content-disposition"] == 'attachment; filename="attestation.bundle"'


def test_the_bundle_holds_the_branch_and_nothing_else(on: Stage, repository: Path, tmp_path: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    git(
        repository,
        "update-ref",
        "refs/quantos/seen",
        git(repository, "commit-tree", "HEAD^{tree}", "-m", "theirs"),
    )
    (tmp_path / "b.bundle").write_bytes(on.public().call("GET", "/public/attestation.bundle").content)
    heads = git(tmp_path, "bundle", "list-heads", "b.bundle")
    assert heads == f"{git(repository, 'rev-parse', 'HEAD')} refs/heads/main"


def test_a_bundle_is_not_made_anew_for_every_call(on: Stage, tmp_path: Path) -> None:
    agent = on.agent()
    for slug in ("alpha", "beta", "gamma"):
        strategy(agent, slug)
    receipt(agent, "alpha")
    first = on.public().call("GET", "/public/attestation.bundle").content
    on.platform.attestation._running.bundles._not_before = float("inf")
    receipt(agent, "beta")
    assert on.public().call("GET", "/public/attestation.bundle").content == first
    on.platform.attestation._running.bundles._not_before = 0.0
    assert on.public().call("GET", "/public/attestation.bundle").content != first
    receipt(agent, "gamma")
    on.platform.attestation._running.bundles._not_before = 0.0
    on.public().call("GET", "/public/attestation.bundle")
    assert len(list((tmp_path / "data" / "cache").glob("*.bundle"))) == 2


def test_without_a_repository_every_route_says_so(tmp_path: Path) -> None:
    with attested(tmp_path, attestation_repo="") as on:
        for path in (
            f"/public/attestations/{DAY}.json",
            f"/public/settlements/{DAY}.json",
            "/public/attestation.bundle",
        ):
            answer = on.public().call("GET", path)
            assert answer.status_code == 404
            assert "QUANTOS_ATTESTATION_REPO" in answer.json()["detail"]
        assert on.operator.call("POST", "/admin/attestation/retry").status_code == 404


def test_ops_02_the_operators_view_is_the_operators(on: Stage) -> None:
    for method, path in (("GET", "/admin/attestation"), ("POST", "/admin/attestation/retry")):
        assert on.public().call(method, path).status_code == 401
        assert on.agent().call(method, path).status_code == 403


def test_the_status_says_how_it_stands(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent)
    receipt(agent)
    assert on.operator.get("/admin/attestation") == {
        "configured": True,
        "repository": str(repository),
        "branch": "main",
        "when": "submission",
        "lead_s": 60,
        "head": git(repository, "rev-parse", "HEAD"),
        "signing": {"kind": None, "key": None, "problem": None},
        "signals": {"waiting": 0, "in_commit": 0},
        "remote": None,
        "alarms": [],
    }


def test_pub_19_no_public_file_shows_a_signal_before_its_deadline(on: Stage, repository: Path) -> None:
    agent = on.agent()
    strategy(agent, is_public=False)
    receipt(agent, weights={"600519.SH": 0.123456})
    served = on.public().call("GET", f"/public/attestations/{DAY}.json").content
    with on.platform.records.read() as session:
        stored = on.platform.strategies.signal_on(session, 1, DAY)
        assert stored is not None
    for secret in ("600519", "0.123456", stored.nonce, "alpha"):
        assert secret.encode() not in served
    (entry,) = json.loads(served)["strategies"]
    assert entry["signal_hash"] == stored.signal_hash
