"""Records of several strategies, of several platforms: each by itself."""

from __future__ import annotations

from pathlib import Path

from tests.feature.verifier.conftest import Record, ask
from tests.feature.verifier.test_public_url import bundle_of
from tests.support.attestations import Repository, attest, save
from tests.support.honest import honest_packages
from tests.support.packages import seal
from tests.support.tampering import price_changed_everywhere


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
