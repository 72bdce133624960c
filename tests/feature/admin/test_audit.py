"""What operators changed: each change leaves one row with before and after, a refused one none, a killed one a trace."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from quantos.admin.trail import Action
from quantos.errors import Unavailable
from quantos.storage import audit as audits
from quantos.storage import events
from tests.support.backed_up import DAYS, START, SYMBOLS, begun, play
from tests.support.platforms import Stage, stage

ROOT = Path(__file__).parents[3]
BEGIN_AND_WAIT = """
import sys, time
from datetime import datetime
from pathlib import Path
from tests.support.platforms import stage
with stage(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])) as on:
    with on.platform.audit.of("market_imported", "/srv/bars", {"files": 3}):
        print("begun", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path / "data", START) as opened:
        yield opened


def trail(on: Stage, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = on.operator.get("/admin/audit", **filters)["audit"]
    return rows


def the_row(on: Stage, action: str) -> dict[str, Any]:
    (row,) = trail(on, action=action)
    assert (row["by"], row["state"]) == ("operator", "done")
    return row


def send(on: Stage, method: str, path: str, body: Any, status: int) -> Any:
    answer = on.operator.call(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_change_of_an_account(on: Stage) -> None:
    user = on.agent().get("/auth/me")["id"]
    send(on, "PATCH", f"/admin/users/{user}", {"tier": "licensed", "disabled": True}, 200)
    row = the_row(on, "user_changed")
    assert (row["target"], row["at"]) == (user, "2024-03-01T00:00:00Z")
    assert row["before"] == {"tier": "free", "disabled": False}
    assert row["after"] == {"tier": "licensed", "disabled": True}
    send(on, "PATCH", f"/admin/users/{user}", {"tier": "licensed"}, 200)
    assert len(trail(on, action="user_changed")) == 1, "nothing was changed"


def test_an_invite_code_without_the_code(on: Stage) -> None:
    body = {"max_uses": 3, "expires_at": "2024-06-01T00:00:00Z"}
    code = send(on, "POST", "/admin/invites", body, 201)["invite_code"]
    row = the_row(on, "invite_created")
    (invite,) = on.operator.get("/admin/invites")["invites"]
    assert (row["target"], row["before"]) == (invite["id"], None)
    assert row["after"] == {"last4": code[-4:], "max_uses": 3, "expires_at": "2024-06-01T00:00:00Z"}
    assert code not in str(trail(on))


def test_a_reply_to_a_ticket(on: Stage) -> None:
    ticket = on.agent().post("/tickets", {"title": "no NAV", "category": "data"})
    send(on, "PATCH", f"/admin/tickets/{ticket['id']}", {"status": "resolved", "admin_reply": "done"}, 200)
    row = the_row(on, "ticket_changed")
    assert row["target"] == ticket["id"]
    assert row["before"] == {"status": "open", "admin_reply": None}
    assert row["after"] == {"status": "resolved", "admin_reply": "done"}


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_on_a_licence(on: Stage, decision: str) -> None:
    on.platform.licenses.issue = lambda _: b"{}"
    request = on.agent().post("/deploy/license-request", {"customer": "Acme", "fingerprint": "0" * 64})
    body = {"expires": "2027-01-01"} if decision == "approve" else {"admin_reply": "no"}
    send(on, "POST", f"/admin/license-requests/{request['id']}/{decision}", body, 200)
    row = the_row(on, "license_decided")
    assert (row["target"], row["before"]) == (request["id"], {"status": "pending"})
    assert row["after"]["status"] == {"approve": "approved", "reject": "rejected"}[decision]


def test_an_import(on: Stage, tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("symbol,date,open,high,low,close,volume\n600001.SH,2024-03-01,10,10,10,10,1000\n")
    send(on, "POST", "/admin/market/import", {"path": str(file)}, 200)
    row = the_row(on, "market_imported")
    assert row["target"] == str(file)
    assert (row["after"]["rows"], row["after"]["stored"]) == (1, 1)


def test_an_acceptance(on: Stage) -> None:
    send(on, "POST", "/admin/market/accept", {"date": "2024-03-01", "reason": "the source is down"}, 200)
    row = the_row(on, "day_accepted")
    assert (row["target"], row["after"]) == ("2024-03-01", {"reason": "the source is down"})


def test_a_longer_calendar(on: Stage) -> None:
    last = on.platform.market.calendar.last
    days = [last + timedelta(days=k) for k in range(1, 8)]
    body = {"days": [{"date": day.isoformat(), "is_open": day.weekday() < 5} for day in days]}
    send(on, "POST", "/admin/calendar", body, 200)
    row = the_row(on, "calendar_extended")
    assert row["before"]["last"] == last.isoformat()
    assert row["after"]["last"] == days[-1].isoformat()
    assert row["after"]["sessions"] == row["before"]["sessions"] + 5


def test_a_job_and_a_move_of_the_clock(on: Stage) -> None:
    on.clock_to(DAYS[0], "19:00:00")
    moved = the_row(on, "clock_moved")
    assert moved["before"] == {"now": "2024-03-01T00:00:00Z"}
    assert moved["after"]["now"] == "2024-03-01T11:00:00Z"
    assert moved["after"]["jobs"] > 0
    send(on, "POST", "/admin/jobs/settlement_watchdog/run", {"date": "2024-03-01"}, 200)
    row = the_row(on, "job_run")
    assert (row["target"], row["after"]) == ("settlement_watchdog", {"date": "2024-03-01", "state": "done"})


def test_a_backfill_and_a_restatement(on: Stage) -> None:
    agent = begun(on)
    play(on, agent, "alpha", 3, 5)
    signals = [{"trade_date": DAYS[1].isoformat(), "signals": [{"symbol": SYMBOLS[0], "weight": 0.5}]}]
    send(on, "POST", "/admin/strategies/alpha/backfill", {"signals": signals}, 201)
    row = the_row(on, "strategy_backfilled")
    assert (row["target"], row["after"]["signals"], row["after"]["first"]) == (
        "alpha",
        1,
        DAYS[1].isoformat(),
    )
    send(on, "DELETE", "/admin/strategies/alpha/backfill", None, 200)
    assert the_row(on, "strategy_backfill_removed")["after"] == {"signals": 1}
    send(on, "POST", "/admin/strategies/alpha/backfill", {"signals": signals}, 201)
    order = {"from": DAYS[3].isoformat(), "reason": "a test of it", "dry_run": True}
    send(on, "POST", "/admin/settlement-runs/restate", order, 200)
    assert trail(on, action="settlement_restated") == [], "a dry run changes nothing"
    send(on, "POST", "/admin/settlement-runs/restate", {**order, "dry_run": False}, 200)
    row = the_row(on, "settlement_restated")
    assert (row["target"], row["after"]["reason"]) == (DAYS[3].isoformat(), "a test of it")
    assert row["after"]["restatement"] is None, "nothing came out otherwise"


REFUSED: list[tuple[str, str, Any]] = [
    ("PATCH", "/admin/users/nobody", {"tier": "free"}),
    ("PATCH", "/admin/tickets/none", {"status": "closed"}),
    ("POST", "/admin/license-requests/none/reject", {"admin_reply": "no"}),
    ("POST", "/admin/invites", {"max_uses": 0}),
    ("POST", "/admin/market/import", {"path": "/nowhere/at/all"}),
    ("POST", "/admin/market/accept", {"date": "2024-03-02", "reason": "a Saturday"}),
    ("POST", "/admin/calendar", {"days": [{"date": "2099-01-01", "is_open": True}]}),
    ("POST", "/admin/jobs/none/run", {}),
    ("POST", "/admin/clock", {"now": "2024-01-01T00:00:00Z"}),
    ("POST", "/admin/strategies/none/backfill", {"signals": [{"trade_date": "2024-02-29", "signals": []}]}),
    ("POST", "/admin/settlement-runs/restate", {"from": "2024-03-01", "reason": "nothing is settled"}),
    ("POST", "/admin/backups", {"path": "/nowhere/at/all.zip"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_what_is_refused_leaves_no_row(on: Stage, method: str, path: str, body: Any) -> None:
    answer = on.operator.call(method, path, body)
    assert 400 <= answer.status_code < 500, answer.text
    assert trail(on) == []


def test_a_user_changes_nothing_of_it(on: Stage) -> None:
    agent = on.agent()
    before = on.operator.get("/admin/audit")["total"]
    agent.call("POST", "/admin/invites", {"max_uses": 1})
    agent.post("/strategies", {"name": "alpha", "slug": "alpha"})
    assert on.operator.get("/admin/audit")["total"] == before


def test_rows_are_paged_and_filtered(on: Stage) -> None:
    for k in range(1, 6):
        on.clock_to(date(2024, 3, 1), f"0{k + 4}:00:00") if k > 3 else None
        send(on, "POST", "/admin/invites", {"max_uses": k}, 201)
    rows = trail(on)
    numbers = [row["number"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    pages = [trail(on, limit=2, offset=offset) for offset in range(0, len(rows) + 2, 2)]
    assert [row for page in pages for row in page] == rows
    assert on.operator.get("/admin/audit", action="invite_created")["total"] == 5
    assert trail(on, target=rows[0]["target"]) == [row for row in rows if row["target"] == rows[0]["target"]]
    cut = "2024-03-01T00:00:00.000001Z"
    late, early = trail(on, since=cut), trail(on, until=cut)
    assert late + early == rows
    assert late and early
    for bad in ({"action": "x"}, {"since": "2024"}, {"limit": 201}, {"offset": -1}):
        assert on.operator.call("GET", "/admin/audit", **bad).status_code == 422


def test_each_row_comes_with_an_event_that_names_it(on: Stage) -> None:
    send(on, "POST", "/admin/invites", {"max_uses": 1}, 201)
    on.clock_to(DAYS[0], "10:00:00")
    with on.platform.records.read() as session:
        told = [event.payload for event in events.after(session, 0, 100, {"operator_changed"})]
    assert [(each["audit"], each["action"]) for each in told] == [
        (row["number"], row["action"]) for row in reversed(trail(on))
    ]


def test_a_change_and_its_row_are_one_unit_of_work(on: Stage) -> None:
    """The row fails, and so does the change."""
    user = on.agent().get("/auth/me")["id"]
    with on.platform.records.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE audit RENAME TO audit_gone")
    assert on.operator.call("PATCH", f"/admin/users/{user}", {"tier": "licensed"}).status_code == 503
    with on.platform.records.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE audit_gone RENAME TO audit")
    (found,) = on.operator.get("/admin/users")["users"]
    assert found["tier"] == "free"


def test_what_failed_half_way_stays_with_its_reason(on: Stage) -> None:
    with pytest.raises(Unavailable), on.platform.audit.of("market_imported", "/srv/bars", {"files": 3}):
        raise Unavailable("the disk is full")
    with pytest.raises(ZeroDivisionError), on.platform.audit.of("market_imported", "/srv/bars"):
        raise ZeroDivisionError
    found = [(row["state"], row["after"]) for row in trail(on)]
    assert found == [
        ("failed", {"reason": "ZeroDivisionError"}),
        ("failed", {"files": 3, "reason": "the disk is full"}),
    ]


def test_what_was_killed_half_way_says_that_nobody_saw_its_end(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN_AND_WAIT, str(tmp_path / "data"), START.isoformat()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with stage(tmp_path / "data", START) as on:
        (row,) = trail(on)
    assert (row["state"], row["target"], row["after"]) == ("interrupted", "/srv/bars", {"files": 3})


def test_a_very_long_value_is_left_out_and_says_so(on: Stage) -> None:
    ticket = on.agent().post("/tickets", {"title": "t", "category": "bug"})
    reply = "x" * audits.VALUE_CHARS_MAX
    send(on, "PATCH", f"/admin/tickets/{ticket['id']}", {"admin_reply": reply}, 200)
    assert list(the_row(on, "ticket_changed")["after"]) == ["left_out"]


def test_every_action_that_is_noted_is_one_that_the_route_declares_and_the_other_way_round() -> None:
    noted = set()
    for file in (ROOT / "quantos").rglob("*.py"):
        text = file.read_text()
        if "audit" in text:
            noted |= _actions(ast.parse(text))
    assert noted == set(get_args(Action))


def _actions(module: ast.Module) -> set[str]:
    """The first words given to `audit.of` and `audit.note`, as they stand or as a name of the module."""
    words = {
        node.target.id: node.value
        for node in module.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and _of_the_audit(node.func)]
    given = [
        words.get(word.id, word) if isinstance(word, ast.Name) else word
        for call in calls
        for word in call.args
    ]
    return {word.value for word in given if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def _of_the_audit(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in ("of", "note")
        and "audit" in ast.unparse(called.value)
    )
