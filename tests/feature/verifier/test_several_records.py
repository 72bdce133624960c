"""Records of several strategies, of several platforms, and a repository that is behind its packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feature.verifier.conftest import Record, ask
from tests.feature.verifier.test_public_url import Site, bundle_of
from tests.support.attestations import Repository, attest, save
from tests.support.honest import honest_packages
from tests.support.packages import seal
from tests.support.tampering import price_changed_everywhere

SLEEP = "quantos.verification.offline.inputs.sleep"


@pytest.fixture
def site(record: Record) -> Iterator[Site]:
    opened = Site(record)
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


def test_strategies_of_two_platforms_are_each_held_against_their_own_repository(
    record: Record, tmp_path: Path
) -> None:
    folders = []
    other = Record(tmp_path, honest_packages("beta"), Repository(tmp_path / "other"))
    attest(other.packages, other.repository)
    for name, each in (("alpha", record), ("beta", other)):
        save(each.packages, tmp_path / name / "packages")
        (tmp_path / name / "attestation.bundle").write_bytes(bundle_of(each))
        folders.append(tmp_path / name)
    for inputs in (folders, folders[::-1]):
        answer = ask(*inputs)
        assert (answer.code, answer.failed) == (0, {})
    both = ask(*folders, "--attestations", record.repository.path)
    assert set(both.codes["attested"]) == {"claimed_entry_missing"}  # of beta, which is not in alpha's


def test_a_repository_that_was_packed_a_moment_too_early_is_fetched_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last day was settled since; nothing was rewritten."""
    waited: list[float] = []
    whole, git = site.bundle, site.record.repository.git
    head = git("rev-parse", "HEAD")
    git("reset", "--quiet", "--hard", "HEAD~1")
    site.bundle = bundle_of(site.record)
    git("reset", "--quiet", "--hard", head)

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            site.bundle = whole

    monkeypatch.setattr(SLEEP, wait)
    assert ask(site.url).code == 0
    assert waited == [1.0, 4.0]


def test_a_repository_that_never_has_the_last_commit_is_not_waited_for_for_ever(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(SLEEP, waited.append)
    site.record.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    site.bundle = bundle_of(site.record)
    assert ask(site.url).codes == {"digest_committed": ["commit_unknown"]}
    assert len(waited) == 3


def test_bars_of_another_snapshot_may_be_others_and_it_is_noted(tmp_path: Path) -> None:
    """One strategy was settled again by corrected data. By the same data, two cannot have two prices."""
    alpha, beta = honest_packages("alpha")[-1], price_changed_everywhere()
    corrected, one = "5" * 64, alpha["data_provenance"]["snapshot_sha256"]
    beta["slug"] = "beta"
    for snapshot, found, noted in ((corrected, set(), {"bars_differ"}), (one, {"bars_differ"}, set())):
        beta["data_provenance"]["snapshot_sha256"] = snapshot
        seal(beta)
        answer = ask(save([alpha, beta], tmp_path / "packages"), "--allow-unattested")
        assert set(answer.codes.get("same_bars", [])) == found
        assert set(answer.notes("same_bars")) == noted
