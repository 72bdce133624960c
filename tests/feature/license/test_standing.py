"""What holds, by the file that is there, the system's time, and what was seen before."""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from licensing.limits import Machine
from quantos.license.core.entitlement import Entitlement, Mode, Why
from quantos.license.memory import NAME
from quantos.license.service import Standing, Trust
from tests.feature.license.asking import HERE, PUBLIC_PEM, Hands
from tests.unit.licensing.makers import STRANGER, licence

MADE = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Open = Callable[[], Standing]


@pytest.fixture
def clock() -> Hands:
    return Hands(MADE + timedelta(hours=1))


@pytest.fixture
def opened(tmp_path: Path, clock: Hands) -> Open:
    """A data directory, opened anew as after a restart."""
    (tmp_path / "directory.json").write_text(json.dumps({"created_at": "2026-11-21T08:00:00Z"}))

    def open_() -> Standing:
        found = Standing(tmp_path, None, Trust(PUBLIC_PEM), Machine(4, 16.0))
        found.system = clock
        return found

    return open_


def drop(standing: Standing, **changed: Any) -> None:
    standing.file.write_bytes(licence(**{"fingerprint": HERE, **changed}))


def found(standing: Standing) -> Entitlement:
    return standing.look().entitlement


def test_an_evaluation_lasts_thirty_days_from_the_directorys_creation(opened: Open, clock: Hands) -> None:
    for after, mode in [(0, Mode.EVALUATION), (29, Mode.EVALUATION), (30, Mode.RESTRICTED)]:
        clock.at = MADE + after * DAY
        assert found(opened()).mode is mode, after


def test_removing_the_memory_begins_no_other_evaluation(opened: Open, clock: Hands, tmp_path: Path) -> None:
    clock.at = MADE + 31 * DAY
    assert found(opened()).mode is Mode.RESTRICTED
    (tmp_path / NAME).unlink()
    assert found(opened()).mode is Mode.RESTRICTED


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"first_seen": 1}', "\udcff"])
def test_a_damaged_memory_stops_nothing(opened: Open, tmp_path: Path, damage: str) -> None:
    opened().look()
    (tmp_path / NAME).write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert found(opened()).mode is Mode.EVALUATION
    assert json.loads((tmp_path / NAME).read_text())["first_seen"] == "2026-11-21T08:00:00Z"


def test_the_memory_is_for_its_owner_alone(opened: Open, tmp_path: Path) -> None:
    opened().look()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_file_dropped_in_holds_with_the_next_call(opened: Open) -> None:
    standing = opened()
    assert found(standing).mode is Mode.EVALUATION
    drop(standing)
    assert (found(standing).mode, found(standing).edition) == (Mode.LICENSED, "test")
    standing.file.unlink()
    assert (found(standing).mode, found(standing).why) == (Mode.GRACE, Why.REMOVED)


def test_a_licence_that_expires_while_the_platform_runs_is_noticed(opened: Open, clock: Hands) -> None:
    standing = opened()
    drop(standing, expires=MADE.date())
    assert found(standing).mode is Mode.LICENSED
    clock.at = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)  # in Shanghai a second before midnight
    assert found(standing).mode is Mode.LICENSED
    clock.at += timedelta(seconds=1)
    assert (found(standing).mode, found(standing).why) == (Mode.GRACE, Why.EXPIRED)
    clock.at += 14 * DAY
    assert found(standing).mode is Mode.RESTRICTED
    drop(standing, expires=MADE.date() + 365 * DAY, license_id="renewed")
    assert found(standing).mode is Mode.LICENSED


def test_a_removed_licence_counts_as_expired_also_after_a_restart(opened: Open, clock: Hands) -> None:
    standing = opened()
    drop(standing)
    standing.look()
    standing.file.unlink()
    clock.at += DAY
    assert found(opened()).mode is Mode.GRACE
    clock.at += 14 * DAY
    assert found(opened()).mode is Mode.RESTRICTED


def test_a_clock_set_back_is_told_by_the_highest_time_seen_also_after_a_restart(
    opened: Open, clock: Hands
) -> None:
    standing = opened()
    drop(standing)
    clock.at = MADE + 20 * DAY
    assert found(standing).mode is Mode.LICENSED
    clock.at = MADE + 10 * DAY
    assert (found(opened()).mode, found(opened()).why) == (Mode.GRACE, Why.CLOCK_SET_BACK)
    clock.at = MADE + 20 * DAY
    assert found(opened()).mode is Mode.LICENSED


def test_the_highest_time_is_kept_while_nothing_else_changes(
    opened: Open, clock: Hands, tmp_path: Path
) -> None:
    standing = opened()
    for _ in range(49):
        standing.look()
        clock.at += timedelta(hours=1)
    kept = json.loads((tmp_path / NAME).read_text())["highest_seen"]
    assert kept >= "2026-11-23T08:00:00Z"


def test_a_clock_that_once_ran_ahead_is_set_right_by_a_newly_issued_licence(
    opened: Open, clock: Hands
) -> None:
    standing = opened()
    drop(standing)
    clock.at = datetime(2099, 1, 1, tzinfo=UTC)
    assert found(standing).mode is Mode.RESTRICTED
    clock.at = MADE + 3 * DAY
    assert found(standing).why is Why.CLOCK_SET_BACK
    drop(standing, created_at=MADE + 2 * DAY, license_id="issued-anew")
    assert found(standing).mode is Mode.LICENSED
    clock.at = MADE + 40 * DAY
    standing.look()
    clock.at = MADE + 3 * DAY  # the same licence again: it told the time once
    assert found(standing).why is Why.CLOCK_SET_BACK


def test_a_licence_of_another_machine_has_grace_and_names_both(opened: Open, clock: Hands) -> None:
    standing = opened()
    drop(standing, fingerprint="ee" * 32)
    assert (found(standing).mode, found(standing).why) == (Mode.GRACE, Why.OTHER_MACHINE)
    assert "ee" * 32 in found(standing).reasons[0] and HERE in found(standing).reasons[0]
    clock.at += 14 * DAY
    assert found(standing).mode is Mode.RESTRICTED


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff" * 2**20, licence(STRANGER)])
def test_a_tampered_file_restricts_with_the_reason(opened: Open, content: bytes) -> None:
    standing = opened()
    standing.file.write_bytes(content)
    assert (found(standing).mode, found(standing).why) == (Mode.RESTRICTED, Why.TAMPERED)
    assert found(standing).reasons[0]


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a broken link"])
def test_what_is_no_file_is_never_waited_for(opened: Open, kind: str) -> None:
    standing = opened()
    make: dict[str, Callable[[], object]] = {
        "a folder": standing.file.mkdir,
        "a pipe": lambda: os.mkfifo(standing.file),
        "a broken link": lambda: standing.file.symlink_to("nowhere"),
    }
    make[kind]()
    assert found(standing).mode is Mode.EVALUATION
    assert (kind == "a broken link") == (standing.look().absent == "")


def test_a_test_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    standing = Standing(tmp_path, None, Trust("/nowhere.pem"), Machine(4, 16.0))
    assert (
        "QUANTOS_TEST_VENDOR_KEY: the test key /nowhere.pem cannot be read"
        in standing.trust.accepted().problem
    )
    drop(standing)
    assert found(standing).why is Why.TAMPERED


def test_a_directory_that_cannot_be_written_stops_nothing(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    caplog.set_level(logging.WARNING, "quantos")
    monkeypatch.setattr("quantos.license.memory.put_private", full)
    assert found(opened()).mode is Mode.EVALUATION
    assert "No space left on device" in caplog.text


def test_limits_that_cannot_be_applied_stop_nothing(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: Entitlement) -> None:
        raise OSError(12, "Cannot allocate memory")

    standing = opened()
    standing.after_change = refuse
    assert found(standing).mode is Mode.EVALUATION
    assert "Cannot allocate memory" in caplog.text


def test_an_end_is_warned_of_in_the_log_once(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "quantos")
    standing = opened()
    drop(standing, expires=MADE.date() - DAY)
    for _ in range(3):
        standing.look()
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "licence: the licence has expired: new submissions are taken until 2026-12-05 Shanghai time"
    ]


def test_nothing_of_the_crypto_library_is_loaded_where_there_is_no_licence(tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = (
        "import sys; from pathlib import Path; from licensing.limits import Machine;"
        "from quantos.license.service import Standing, Trust;"
        f"Standing(Path({str(tmp_path)!r}), None, Trust(), Machine(4, 16.0)).look();"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
