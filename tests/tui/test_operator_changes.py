"""The operator's rarer changes: licences, backups, restatements, imports, the verifier."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from quantos.client import Client, calls
from tests.feature.license.asking import HERE, PUBLIC_PEM, SIGNS
from tests.support import restated
from tests.support.platforms import stage
from tests.support.served import Served, served_platform
from tests.tui.conftest import lines, on_dashboard, shows, until
from tests.tui.pictures import opened, settled
from tests.tui.test_screens import WIDE
from tui.screens.strategy import verifier


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A platform that signs licences and trusts its own."""
    folder: Path = tmp_path_factory.mktemp("vendor") / "data"
    variables = {f"QUANTOS_{name.upper()}": value for name, value in SIGNS.items()}
    variables["QUANTOS_TEST_VENDOR_KEY"] = PUBLIC_PEM
    with served_platform(folder, variables=variables) as running:
        yield running


async def fill(pilot: Pilot[None], *values: str) -> None:
    for field, value in zip(pilot.app.screen.query(Input), values, strict=False):
        field.value = value
    await pilot.press(*["enter"] * len(values))


def test_a_licence_is_approved_fetched_and_installed(vendor: Served, tmp_path: Path) -> None:
    with Client(vendor.url, vendor.agent_token()) as user:
        user(calls.request_license(customer="Meridian", fingerprint=HERE))

        async def approve(pilot: Pilot[None]) -> None:
            await pilot.press("8", "A")
            await until(pilot, lambda: shows(pilot, "Meridian"))
            await pilot.press("A")
            await until(pilot, lambda: shows(pilot, "A licence for Meridian"))
            await fill(pilot, "2027-06-30", "8", "")
            await until(pilot, lambda: shows(pilot, "licence decided"))
            await pilot.press("enter")
            await until(pilot, lambda: shows(pilot, "✓ approved"))

        on_dashboard(vendor, approve, WIDE)
        file = tmp_path / "license.json"
        file.write_text(json.dumps(user(calls.download_my_license())), encoding="utf-8")

    async def install(pilot: Pilot[None]) -> None:
        await pilot.press("8", "I")
        await until(pilot, lambda: shows(pilot, "Install a licence") and shows(pilot, "license.json"))
        await fill(pilot, str(file))
        await until(pilot, lambda: shows(pilot, "licence installed"))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "Licensed to Meridian until 2027-06-30"))

    on_dashboard(vendor, install, WIDE)


def test_a_licence_request_is_rejected_with_a_reason(vendor: Served) -> None:
    with Client(vendor.url, vendor.agent_token()) as user:
        user(calls.request_license(customer="Nobody", fingerprint="ab" * 32))

        async def script(pilot: Pilot[None]) -> None:
            await pilot.press("8", "X")
            await until(pilot, lambda: shows(pilot, "Nobody"))
            await pilot.press("X")
            await until(pilot, lambda: shows(pilot, "is told why"))
            await pilot.press("enter")
            await until(pilot, lambda: shows(pilot, "Reply is missing"))
            await fill(pilot, "not known here")
            await until(pilot, lambda: shows(pilot, "licence decided"))

        on_dashboard(vendor, script, WIDE)
        found = user(calls.get_license_request())
    assert (found.get("status"), found.get("admin_reply")) == ("rejected", "not known here")


def test_a_file_that_is_no_licence_is_refused_and_the_question_stays(vendor: Served, tmp_path: Path) -> None:
    file = tmp_path / "license.json"
    file.write_text("{}")

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("8", "I")
        await until(pilot, lambda: shows(pilot, "Install a licence") and shows(pilot, "license.json"))
        await fill(pilot, str(file))
        await until(pilot, lambda: shows(pilot, "missing"))
        assert pilot.app.screen.query_one(Input).value == str(file)

    on_dashboard(vendor, script, WIDE)


def test_a_backup_is_made_and_stands_in_the_list(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("8", "K")
        await until(pilot, lambda: shows(pilot, "consistent copy"))
        await pilot.press("enter")
        await until(pilot, lambda: shows(pilot, "backup made"))
        assert shows(pilot, "sha256")
        await pilot.press("enter")
        pilot.app.screen.visit_tab("backups")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, "/backu"))

    on_dashboard(world, script, WIDE)


def test_settled_days_are_restated_for_a_reason(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await until(pilot, lambda: shows(pilot, "✓ done"))
        await pilot.press("Z")
        await until(pilot, lambda: shows(pilot, "Every settled day from this one on"))
        await fill(pilot, pilot.app.screen.query(Input).first().value, "a late correction", "")
        await until(pilot, lambda: shows(pilot, "settled again"))
        await until(pilot, lambda: shows(pilot, "settlement restated"))

    on_dashboard(world, script, WIDE)
    with Client(world.url, world.operator_token) as operator:
        row = operator(calls.list_audit(action="settlement_restated"))["audit"][0]
    assert "a late correction" in str(row)


def test_a_restatement_that_changes_days_stands_in_its_tab(tmp_path: Path) -> None:
    """Three strategies on five days; A closed at 10.15 and not at 10.20: one that held it has another NAV on that day,
    and another return on the next.
    """
    with stage(tmp_path / "data", restated.START) as on:
        restated.play(on, on.agent())
    corrected = restated.write_bars(tmp_path, restated.corrections())
    first = restated.DAYS[1].isoformat()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await until(pilot, lambda: shows(pilot, "✓ done"))
        await pilot.press("Z")
        await until(pilot, lambda: shows(pilot, "Every settled day from this one on"))
        await fill(pilot, first, restated.REASON, str(corrected))
        await until(pilot, lambda: shows(pilot, "15 strategy-days settled again, 2 of them changed"))
        await until(pilot, lambda: shows(pilot, "settlement restated"))
        await pilot.press("enter")
        pilot.app.screen.visit_tab("restatements")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, restated.REASON))
        (row,) = [line for line in lines(pilot) if restated.REASON in line]
        assert row.split()[0] == first
        assert row.split(restated.REASON)[1].split()[:4] == ["2", "1", "2", "operator"]

    with served_platform(tmp_path / "data", "2024-03-08T19:00") as running:
        on_dashboard(running, script, WIDE)


def test_a_public_record_is_verified_now(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "strategies", "strategies")
        await until(pilot, lambda: shows(pilot, "Orders"))
        await settled(pilot)
        await pilot.press("v")
        await until(pilot, lambda: shows(pilot, "erified: alpha"))
        assert any("alpha" in line for line in lines(pilot))

    on_dashboard(world, script, WIDE)


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_time_is_allowed_only_where_time_is_simulated(simulated: bool) -> None:
    command = verifier("http://127.0.0.1/api/v1/public/strategies/alpha", simulated=simulated)
    assert ("--allow-simulated" in command) is simulated


def test_an_upgrade_names_the_version_and_the_hosts_command(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("8", "U")
        await until(pilot, lambda: shows(pilot, "install.sh --upgrade --image"))
        assert shows(pilot, "version 0.")
        assert pilot.app.clipboard.startswith("sudo /opt/quantos/install.sh --upgrade")

    on_dashboard(world, script, WIDE)


def test_keys_notices_calendar_and_the_board_are_shown(world: Served) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("7", "right_square_bracket")
        await until(pilot, lambda: shows(pilot, "qgpt_..."))
        pilot.app.screen.visit_tab("notices")  # type: ignore[attr-defined]
        await until(pilot, lambda: shows(pilot, "Factor drift is active"))
        await pilot.press("6", "right_square_bracket")
        await until(pilot, lambda: shows(pilot, "Mo Tu We Th Fr Sa Su"))
        await until(pilot, lambda: shows(pilot, "2024-08"))
        await pilot.press("9")
        await until(pilot, lambda: shows(pilot, "alpha"))
        await pilot.press("p")
        await until(pilot, lambda: shows(pilot, "the last day"))

    on_dashboard(world, script, WIDE)


def test_an_import_tells_what_came_of_it(world: Served, tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text(
        "symbol,trade_date,open,high,low,close,pre_close,volume\n600000.SH,2024-08-22,x,9,11,10,10,1\n"
    )

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("6", "I")
        await until(pilot, lambda: shows(pilot, "A file or folder on the server"))
        await fill(pilot, str(file))
        await until(pilot, lambda: shows(pilot, "rows read"))
        assert shows(pilot, "market imported")

    on_dashboard(world, script, WIDE)
