"""The last use of a key is written behind the request, and survives a stop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from quantos.accounts import key_uses
from quantos.accounts.service import Accounts
from quantos.storage.records import RecordsUnavailable

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site


def stored(site: Site) -> Any:
    with site.records.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT last_used_at FROM api_key").scalar()


def use(site: Site, key: str) -> None:
    assert site.call("GET", "/auth/me", key).status_code == 200


def test_a_clean_stop_writes_it(site: Site, api_key: str) -> None:
    use(site, api_key)
    site.accounts.close()
    assert stored(site) == "2024-01-02T00:00:00.000000+00:00"


def test_it_is_written_soon_after_the_request(
    site: Site, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_uses, "WRITE_AFTER_S", 0.0)
    use(site, api_key)
    site.run(asyncio.sleep(0.1))
    assert stored(site) == "2024-01-02T00:00:00.000000+00:00"


def test_the_request_does_not_wait_for_it(site: Site, api_key: str) -> None:
    use(site, api_key)
    assert stored(site) is None


def test_it_is_read_from_the_store_after_a_restart(site: Site, access: str, api_key: str) -> None:
    use(site, api_key)
    site.accounts.close()
    again = Accounts(site.records, site.clock, site.directory.secret)
    user_id = site.call("GET", "/auth/me", access).json()["id"]
    (key,) = again.keys(again._bearers.standing_of(user_id).caller).api_keys
    assert key.last_used_at == site.clock.now()


def test_a_store_that_cannot_be_written_loses_no_use(
    site: Site, api_key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(_: Any) -> None:
        raise RecordsUnavailable("the disk is full")

    caplog.set_level(logging.WARNING, logger="quantos")
    monkeypatch.setattr(key_uses, "WRITE_AFTER_S", 0.0)
    with monkeypatch.context() as failing:
        failing.setattr(site.records, "commit", full)
        use(site, api_key)
        site.run(asyncio.sleep(0.05))
    assert "not written yet" in caplog.text
    site.accounts.close()
    assert stored(site) == "2024-01-02T00:00:00.000000+00:00"


def test_a_use_during_the_write_of_an_earlier_one_is_kept(
    site: Site, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = site.records.commit

    async def slow(work: Any) -> Any:
        result = await commit(work)
        site.later(minutes=2)
        site.accounts._bearers.standing(api_key.encode())
        return result

    monkeypatch.setattr(key_uses, "WRITE_AFTER_S", 3600.0)
    with monkeypatch.context() as slowly:
        slowly.setattr(site.records, "commit", slow)
        use(site, api_key)
        site.run(site.accounts._uses._write())
    site.accounts.close()
    assert stored(site) == "2024-01-02T00:02:00.000000+00:00"
