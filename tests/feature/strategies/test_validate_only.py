"""`POST /strategies/{slug}/signals?validate_only=true`: every check of a submission, and nothing is stored."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.feature.strategies.conftest import Site
from tests.support.platforms import made_up, stage
from tests.support.signals import DAY, MAOTAI, WULIANGYE, items, refused, settle


def check(agent: Any, body: Any, slug: str = "alpha", asked: str = "validate_only=true") -> Any:
    return agent.call("POST", f"/strategies/{slug}/signals?{asked}", body)


def body_of(day: str, *pairs: Any) -> Any:
    return {"trade_date": day, "signals": items(*pairs)}


def everything(site: Any) -> Any:
    """All rows of the records store."""
    with site.records.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        return {
            name: connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()
            for name in tables.all()
            if name != "api_key"  # its last use is noted a little later
        }


def test_it_says_what_would_be_stored_and_stores_nothing(site: Any, agent: Any) -> None:
    agent.strategy()
    before = everything(site)
    answer = check(agent, body_of(DAY, MAOTAI, WULIANGYE))
    assert answer.status_code == 200
    assert answer.json() == {
        "valid": True,
        "trade_date": DAY,
        "deadline": "2024-01-02T01:15:00Z",
        "signals": items(MAOTAI, WULIANGYE),
        "cash_weight": 0.91,
        "would_replace": False,
        "would_activate": True,
        "would_attest": None,
        "warnings": [],
    }
    assert everything(site) == before
    assert agent.get("alpha")["status"] == "pending"


def test_a_symbol_that_would_not_be_bought_is_warned_of_and_taken(agent: Any, site: Any) -> None:
    agent.strategy()
    index, unheard_of = ("000001.SH", 0.1), ("600999.SH", 0.1)
    body = body_of(DAY, MAOTAI, index, unheard_of)
    warned = check(agent, body)
    assert warned.status_code == 200
    assert [(each["symbol"], each["code"]) for each in warned.json()["warnings"]] == [
        ("000001.SH", "no_share_or_fund")
    ], "nothing is known of a market without instruments"
    assert warned.json()["warnings"][0]["message"].startswith("000001.SH is no share and no fund")
    taken = agent.call("POST", "/strategies/alpha/signals", body)
    assert taken.status_code == 201
    assert set(taken.json()) == {
        "id",
        "trade_date",
        "signal_hash",
        "submitted_at",
        "is_settled",
        "github_committed",
        "attestation",
        "replaced",
    }, "SIG-01"


def test_it_says_that_a_signal_would_be_replaced(agent: Any) -> None:
    agent.active()
    stored = agent.history("alpha")
    found = check(agent, body_of(DAY)).json()
    assert (found["would_replace"], found["would_activate"], found["cash_weight"]) == (True, False, 1.0)
    assert agent.history("alpha") == stored


def test_the_deadline_of_a_close_strategy_is_at_15(agent: Any) -> None:
    agent.strategy(execution_price="close")
    assert check(agent, body_of(DAY)).json()["deadline"] == "2024-01-02T07:00:00Z"


def test_with_a_repository_it_says_when_the_signal_would_be_attested(tmp_path: Any) -> None:
    site = Site(tmp_path / "attested", attested=True)
    agent: Any = site.agent()
    agent.strategy()
    assert check(agent, body_of(DAY)).json()["would_attest"] == "at_submission"
    assert not (tmp_path / "attested" / "attestation" / "attestations").exists()
    site.close()


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (body_of(DAY, MAOTAI, MAOTAI), ["body", "signals", 1, "symbol"]),
        (body_of(DAY, ("600519.SH", 0.6), ("000858.SZ", 0.6)), ["body", "signals"]),
        (body_of(DAY, ("600519.SH", 0)), ["body", "signals", 0, "weight"]),
        (body_of("2024-02-30"), ["body", "trade_date"]),
        ({"trade_date": DAY}, ["body", "signals"]),
    ],
)
def test_a_malformed_signal_is_422_as_in_a_submission(agent: Any, body: Any, loc: Any) -> None:
    agent.strategy()
    submitted = agent.call("POST", "/strategies/alpha/signals", body)
    refused(check(agent, body), loc)
    assert check(agent, body).json() == submitted.json()


@pytest.mark.parametrize("day", ["2024-01-01", "2024-01-06", "2023-12-29"])
def test_a_date_that_takes_no_signal_is_400_as_in_a_submission(agent: Any, day: str) -> None:
    agent.strategy()
    checked, submitted = (
        check(agent, body_of(day)),
        agent.call("POST", "/strategies/alpha/signals", body_of(day)),
    )
    assert (checked.status_code, checked.json()) == (400, submitted.json())


def test_after_the_deadline_it_is_400(site: Any, agent: Any) -> None:
    agent.strategy()
    site.at("2024-01-02T09:14:59.999999")
    assert check(agent, body_of(DAY)).status_code == 200
    site.at("2024-01-02T09:15:00")
    answer = check(agent, body_of(DAY))
    assert answer.status_code == 400
    assert "deadline passed" in answer.json()["detail"]


def test_a_strategy_that_takes_no_signals_is_400_and_another_ones_404(site: Any, agent: Any) -> None:
    agent.active()
    agent.call("PATCH", "/strategies/alpha", {"status": "paused"})
    assert "paused" in check(agent, body_of(DAY)).json()["detail"]
    assert check(site.agent(), body_of(DAY)).status_code == 404
    assert check(agent, body_of(DAY), slug="nothing").status_code == 404


def test_a_settled_signal_is_409(site: Any, agent: Any) -> None:
    agent.active()
    settle(site, DAY)
    answer = check(agent, body_of(DAY))
    assert answer.status_code == 409
    assert "settled" in answer.json()["detail"]


@pytest.mark.parametrize("asked", ["", "validate_only=false", "validate_only=FALSE", "other=true"])
def test_unless_it_is_asked_for_a_submission_is_one(agent: Any, asked: str) -> None:
    agent.strategy()
    assert check(agent, body_of(DAY), asked=asked).status_code == 201
    assert len(agent.history("alpha")) == 1


@pytest.mark.parametrize("asked", ["validate_only=", "validate_only=1", "validate_only=yes"])
def test_another_word_is_422_and_stores_nothing(agent: Any, asked: str) -> None:
    agent.strategy()
    refused(check(agent, body_of(DAY), asked=asked), ["query", "validate_only"])
    assert agent.history("alpha") == []


def test_many_weights_leave_the_cash_that_is_left(agent: Any) -> None:
    agent.strategy()
    tenths = [(f"{number:06}.SZ", 0.1) for number in range(10)]
    assert check(agent, body_of(DAY, *tenths)).json()["cash_weight"] == 0
    assert check(agent, body_of(DAY, *tenths[:3])).json()["cash_weight"] == 0.7
    assert check(agent, body_of(DAY, *tenths[:9], ("600519.SH", 0.1000000009))).json()["cash_weight"] == 0


def test_a_symbol_without_bars_near_the_trade_date_is_warned_of(tmp_path: Path) -> None:
    days = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 19))
    gone, there, new = "600001.SH", "600002.SH", "600003.SH"
    rows = {(there, day): (10.0, 10.0, 10.0, 100) for day in days}
    rows |= {(gone, days[1]): (10.0, 10.0, 10.0, 100), (new, days[-1]): (10.0, 10.0, 10.0, 100)}
    with stage(tmp_path / "data", parse_instant(f"{days[11]}T08:00+08:00")) as on_stage:
        on_stage.platform.market.import_bars(made_up(rows))
        agent = on_stage.agent()
        agent.post("/strategies", {"name": "Alpha", "slug": "alpha"})

        def warned(day: date) -> list[tuple[str, str]]:
            body = body_of(str(day), (gone, 0.1), (there, 0.1), (new, 0.1))
            answer = agent.post("/strategies/alpha/signals?validate_only=true", body)
            return [(each["symbol"], each["code"]) for each in answer["warnings"]]

        # Its bar lies on the tenth trading day before; the bar of the third one is of a day that has not come.
        assert warned(days[11]) == [(new, "no_recent_bars")]
        on_stage.clock_to(days[12], "08:00")
        assert warned(days[12]) == [(gone, "no_recent_bars"), (new, "no_recent_bars")]
