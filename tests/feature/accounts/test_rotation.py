"""Generated secrets: mode 0600, and another in the place of the one there is."""

from __future__ import annotations

import stat
from typing import Any

import pytest

from quantos.accounts.service import Accounts

NAMES = ("operator-token", "jwt-key", "idempotency")


def rotate(site: Any, name: str, token: str | None = None) -> Any:
    return site.call("POST", f"/admin/secrets/{name}/rotate", token or site.operator)


def restarted(site: Any) -> Accounts:
    """The service as the next start builds it."""
    return Accounts(site.records, site.clock, site.directory.secret)


def test_secrets_are_made_at_the_first_start_for_their_owner_alone(site: Any) -> None:
    folder = site.folder / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name for file in folder.iterdir()} == set(NAMES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert len({file.read_text() for file in folder.iterdir()}) == 3
    assert all(len(file.read_text()) == 64 for file in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_rotated_secret_is_another_one_in_the_same_place(site: Any, name: str) -> None:
    file = site.folder / "secrets" / name
    others = {other: (site.folder / "secrets" / other).read_text() for other in NAMES if other != name}
    before = file.read_text()
    answer = rotate(site, name)
    assert (answer.status_code, answer.json()) == (200, {"rotated": name})
    assert file.read_text() != before
    assert len(file.read_text()) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {other: (site.folder / "secrets" / other).read_text() for other in others} == others
    assert sorted(each.name for each in file.parent.iterdir()) == sorted(NAMES)


def test_a_reader_has_the_whole_of_one_secret_or_of_the_other(site: Any) -> None:
    file = site.folder / "secrets" / "operator-token"
    before = file.read_text()
    with file.open() as reader:
        rotate(site, "operator-token")
        assert reader.read() == before


def test_the_old_operators_token_is_refused_at_once_and_the_new_one_not(site: Any) -> None:
    before = site.operator
    rotate(site, "operator-token")
    assert site.call("GET", "/admin/users", before).status_code == 401
    assert site.operator != before
    assert site.call("GET", "/admin/users", site.operator).status_code == 200
    assert restarted(site).operator_token() == site.operator


def test_tokens_signed_before_are_refused_at_once_and_api_keys_go_on(site: Any, session: Any) -> None:
    access, refresh = session["access_token"], session["refresh_token"]
    key = site.key(access)["api_key"]
    assert site.call("GET", "/auth/me", access).status_code == 200
    rotate(site, "jwt-key")
    assert site.call("GET", "/auth/me", access).status_code == 401
    assert site.call("POST", "/auth/refresh", json={"refresh_token": refresh}).status_code == 401
    assert site.call("GET", "/auth/me", key).status_code == 200
    later = site.register()
    assert site.call("GET", "/auth/me", later["access_token"]).status_code == 200
    assert restarted(site).refresh(later["refresh_token"])


def test_answers_to_keys_used_before_are_forgotten(site: Any, access: str) -> None:
    headers = {"Idempotency-Key": "5f0b6b0e-6f1c-4a8e-9a53-3c8f4f1f1a77"}

    def create() -> Any:
        return site.call("POST", "/billing/api-keys", access, json={"name": "x"}, headers=headers)

    first = create()
    rotate(site, "idempotency")
    second = create()
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    assert create().content == second.content


@pytest.mark.parametrize("name", ["salts", "nothing", "..%2Fdirectory.json", "jwt-key%00"])
def test_what_is_not_rotated_is_404(site: Any, name: str) -> None:
    answer = rotate(site, name)
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)


def test_ops_02_only_the_operator_rotates(site: Any, access: str) -> None:
    before = (site.folder / "secrets" / "jwt-key").read_text()
    assert rotate(site, "jwt-key", access).status_code == 403
    assert site.call("POST", "/admin/secrets/jwt-key/rotate").status_code == 401
    assert (site.folder / "secrets" / "jwt-key").read_text() == before


def test_a_rotation_leaves_an_audit_row_without_the_secret(site: Any) -> None:
    before = site.operator
    rotate(site, "operator-token")
    with site.records.engine.connect() as connection:
        rows = connection.exec_driver_sql('SELECT action, target, "before", "after" FROM audit').all()
    assert tuple(rows[-1]) == ("secret_rotated", "operator-token", None, None)
    assert before not in str(rows) and site.operator not in str(rows)


def test_each_new_secret_is_told_to_whoever_masks_them(site: Any) -> None:
    told: list[str] = []
    site.accounts.after_renewal = told.append
    rotate(site, "operator-token")
    assert told == [site.operator]
