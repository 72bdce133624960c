"""Which calls take in something new: those a platform refuses once its licence has run out, and no other.

Whoever adds a call that changes something says here which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.routing import API, takes_in
from tests.docs.documents import leaves
from tests.support.platforms import Stage, stage

SUBMISSIONS: Final = {
    "create_deployment",
    "create_strategy",
    "submit_signal",
    "upload_claim",
    "create_factor",
    "upload_factor_values",
    "submit_factor",
    "backfill_strategy",
    "create_portfolio",
    "add_portfolio_member",
    "activate_any_portfolio",
    "activate_portfolio",
    "resume_any_portfolio",
    "resume_portfolio",
}
ACCOUNTS: Final = {
    "request_otp",
    "verify_otp",
    "redeem_invite",
    "log_in",
    "refresh_token",
    "change_profile",
    "create_api_key",
    "revoke_api_key",
    "create_ticket",
    "read_notification",
    "read_all_notifications",
    "request_license",
}
CHANGES: Final = {
    "change_strategy",
    "retire_strategy",
    "delete_signal",
    "delete_claim",
    "moved_claim",
    "change_factor",
    "delete_factor",
    "change_portfolio",
    "delete_portfolio",
    "remove_portfolio_member",
    "pause_portfolio",
}
"""Of what is there: it is ended, withdrawn, described."""

OPERATORS: Final = {
    "accept_day",
    "acknowledge_attestation_alarm",
    "approve_license_request",
    "change_ticket",
    "change_user",
    "create_invite",
    "extend_calendar",
    "import_market",
    "install_own_license",
    "make_backup",
    "move_clock",
    "reject_license_request",
    "remove_backfill",
    "restate_settlement",
    "retry_attestation",
    "pause_any_portfolio",
    "rotate_secret",
    "run_job",
}
RESEARCH: Final = {
    "cancel_research_backtest",
    "create_research_backtest",
    "copilot_backtest",
    "copilot_delete_strategy",
    "copilot_explain",
    "copilot_generate",
    "copilot_plot",
    "copilot_save_strategy",
    "copilot_submit_run",
    "copilot_translate",
}
"""Nothing of it is tracked."""

GOES_ON: Final = ACCOUNTS | CHANGES | OPERATORS | RESEARCH


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("submissions") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def changing(on_stage: Stage) -> dict[tuple[str, str], tuple[str, Any]]:
    """By method and path: the operation's name, and its endpoint."""
    return {
        (method, path): (
            str(route.operation_id or route.name).replace("moved_claim_put", "moved_claim"),
            route.endpoint,
        )
        for path, route in leaves(build_app(on_stage.platform).router)
        for method in route.methods or ()
        if method not in {"GET", "HEAD"}
    }


def test_every_call_that_changes_something_is_a_submission_or_goes_on(
    changing: dict[tuple[str, str], tuple[str, Any]],
) -> None:
    moved = {name for name, _ in changing.values() if name.startswith("moved")}
    assert {name for name, _ in changing.values()} - SUBMISSIONS - GOES_ON - moved == set()
    assert len(changing) > 35
    marked = {name for name, endpoint in changing.values() if takes_in(endpoint)}
    assert marked == SUBMISSIONS & {name for name, _ in changing.values()}


def test_no_call_that_reads_is_a_submission(on_stage: Stage) -> None:
    reading = [
        route.operation_id
        for _, route in leaves(build_app(on_stage.platform).router)
        if "GET" in (route.methods or ()) and takes_in(route.endpoint)
    ]
    assert reading == []


def test_a_restricted_platform_refuses_every_submission_before_it_looks_at_it_and_nothing_else(
    on_stage: Stage, changing: dict[tuple[str, str], tuple[str, Any]]
) -> None:
    """Of things that are not there: whatever is no submission answers as ever."""
    agent, file = on_stage.agent(), on_stage.platform.standing.file
    file.write_bytes(b"{}")
    try:
        for (method, path), (name, _) in changing.items():
            if name in {"move_clock", "rotate_secret", "make_backup"}:
                continue  # they would change the stage
            caller = on_stage.operator if "/admin/" in path else agent
            filled = "/".join("nothing" if part.startswith("{") else part for part in path.split("/"))
            answer = caller.call(method, filled.removeprefix(API))
            refused = answer.headers.get("QuantOS-Error-Code") == "license_restricted"
            assert refused == (name in SUBMISSIONS), (name, answer.status_code, answer.text)
            assert answer.headers["QuantOS-License-Warning"].endswith("no new submissions are taken")
    finally:
        file.unlink()
