"""The operator looks at anyone's portfolio and leads it in its owner's place, in the open."""

from __future__ import annotations

from tests.feature.factors.made import LAST
from tests.feature.portfolios.made import DAY, Manager
from tests.support.platforms import Stage

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_pausing_anyones_portfolio_leaves_a_row_in_the_trail(on_stage: Stage, manager: Manager) -> None:
    portfolio = manager.started(manager.pair())
    paused = on_stage.operator.post(f"/admin/portfolios/{portfolio}/pause", {})
    assert paused["status"] == "paused"
    assert manager.caller.get(f"/portfolios/{portfolio}")["strategy"]["status"] in {"paused", "pending"}
    resumed = on_stage.operator.post(f"/admin/portfolios/{portfolio}/resume", {})
    assert resumed["status"] == "active"
    trail = on_stage.operator.get("/admin/audit?action=portfolio_changed")["audit"]
    assert [(row["target"], row["before"], row["after"]) for row in trail] == [
        (portfolio, {"status": "paused"}, {"status": "active"}),
        (portfolio, {"status": "active"}, {"status": "paused"}),
    ]


def test_an_owners_own_change_leaves_none(on_stage: Stage, manager: Manager) -> None:
    portfolio = manager.started(manager.pair())
    manager.post(f"/portfolios/{portfolio}/pause")
    assert on_stage.operator.get("/admin/audit?action=portfolio_changed")["total"] == 0


def test_the_operator_reads_what_the_owner_reads(on_stage: Stage, manager: Manager) -> None:
    portfolio = manager.ready_portfolio()
    on_stage.clock_to(DAY, "07:00")
    manager.post(f"/portfolios/{portfolio}/activate")
    for part in ("signals", "days"):
        theirs = manager.caller.get(f"/portfolios/{portfolio}/{part}")
        assert theirs[part]
        assert on_stage.operator.get(f"/admin/portfolios/{portfolio}/{part}") == theirs


def test_a_portfolio_activated_in_its_owners_place_signals_and_is_explained_as_its_owner_reads_it(
    on_stage: Stage, manager: Manager
) -> None:
    portfolio = manager.ready_portfolio()
    on_stage.clock_to(DAY, "07:00")
    started = on_stage.operator.post(f"/admin/portfolios/{portfolio}/activate", {})
    assert started == {**manager.of(portfolio), "signal": started["signal"], "no_signal": None}
    assert started["signal"]["trade_date"] == str(DAY)
    explained = on_stage.operator.get(f"/admin/portfolios/{portfolio}/signals/{DAY}/explain")
    assert explained == manager.of(portfolio, f"/signals/{DAY}/explain")
    assert [each["symbol"] for each in explained["selected"]]


def test_an_unknown_portfolio_is_404(on_stage: Stage) -> None:
    for path in ("signals", "days", f"signals/{LAST}/explain"):
        assert on_stage.operator.call("GET", f"/admin/portfolios/{UNKNOWN}/{path}").status_code == 404
    assert on_stage.operator.call("POST", f"/admin/portfolios/{UNKNOWN}/activate", {}).status_code == 404
