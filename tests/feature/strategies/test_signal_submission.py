"""Submitting and replacing signals over HTTP (SIG-01 to SIG-16)."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from tests.support.signals import DAY, MAOTAI, WULIANGYE, items, post, refused, send_raw, settle


def test_sig_01_and_16_the_receipt_of_a_first_submission(agent: Any) -> None:
    agent.strategy()
    answer = agent.signal("alpha", DAY, MAOTAI, WULIANGYE)
    receipt = answer.json()
    assert answer.status_code == 201
    number = receipt.pop("id")
    assert str(uuid.UUID(number)) == number, "in the form with hyphens"
    assert re.fullmatch("[0-9a-f]{64}", receipt.pop("signal_hash"))
    assert receipt.pop("submitted_at").startswith("2024-01-02T00:00:00")
    assert receipt == {
        "trade_date": DAY,
        "is_settled": False,
        "github_committed": False,
        "attestation": {"committed": False, "reason": "repo_not_configured"},
        "replaced": False,
    }


@pytest.mark.parametrize(
    "weight", [0, 0.0, -0.0, -0.1, 1.0000001, 2, 1e300, 10**30, True, False, "0.5", None, [], {}]
)
def test_sig_02_and_26_a_weight_is_a_number_in_0_to_1(agent: Any, weight: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": items(MAOTAI, ("000001.SZ", weight))}
    refused(post(agent, body), ["body", "signals", 1, "weight"])
    assert agent.history("alpha") == []
    assert agent.get("alpha")["status"] == "pending"


@pytest.mark.parametrize(
    "literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-400", "1" + "0" * 400]
)
def test_err_05_a_weight_beyond_the_floats_is_refused(agent: Any, literal: Any) -> None:
    agent.strategy()
    raw = f'{{"trade_date":"{DAY}","signals":[{{"symbol":"600519.SH","weight":{literal}}}]}}'
    assert send_raw(agent, raw.encode()).status_code == 422


@pytest.mark.parametrize("weight", [1, 1.0, 5e-324, 1e-7, 0.5])
def test_sig_02_weights_at_the_bounds_are_taken(agent: Any, weight: Any) -> None:
    agent.strategy()
    assert agent.signal("alpha", DAY, ("600519.SH", weight)).status_code == 201
    assert agent.history("alpha")[0]["signals"] == items(("600519.SH", weight))


@pytest.mark.parametrize(
    ("weights", "status"),
    [
        ((0.5, 0.5), 201),
        ((0.5, 0.500000001), 201),
        ((0.9, 0.100000001), 201),
        ((0.5, 0.5000000010001), 422),
        ((0.5, 0.6), 422),
        ((1, 1e-9), 201),
        ((1, 1.0000001e-9), 422),
        ((0.1,) * 10, 201),
        ((0.7, 0.2, 0.1), 201),
    ],
)
def test_sig_03_the_sum_may_exceed_1_by_1e_9_and_no_more(agent: Any, weights: Any, status: Any) -> None:
    agent.strategy()
    lines = [(f"{600000 + place}.SH", weight) for place, weight in enumerate(weights)]
    answer = agent.signal("alpha", DAY, *lines)
    assert answer.status_code == status
    if status == 422:
        refused(answer, ["body", "signals"])


def test_sig_04_a_symbol_that_stands_twice_is_refused_at_its_second_place(agent: Any) -> None:
    agent.strategy()
    refused(agent.signal("alpha", DAY, MAOTAI, WULIANGYE, MAOTAI), ["body", "signals", 2, "symbol"])


@pytest.mark.parametrize("symbol", ["600519.SH", "000001.SZ", "920002.BJ", "999999.SH"])
def test_sig_05_any_symbol_of_the_form_is_taken(agent: Any, symbol: Any) -> None:
    agent.strategy(universe="csi2000")
    assert agent.signal("alpha", DAY, (symbol, 1.0)).status_code == 201


@pytest.mark.parametrize(
    "symbol",
    [
        "600519",
        "600519.sh",
        "600519.SS",
        "60051.SH",
        "6005190.SH",
        "600519.SH\n",
        "٦٠٠٥١٩.SH",
        "",
        " 600519.SH",
        600519,
        None,
    ],
)
def test_sig_05_another_form_of_symbol_is_refused(agent: Any, symbol: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": items(MAOTAI, (symbol, 0.1))}
    refused(post(agent, body), ["body", "signals", 1, "symbol"])


def test_sig_06_an_empty_signal_is_all_cash(agent: Any) -> None:
    agent.strategy()
    assert agent.signal("alpha", DAY).status_code == 201
    assert agent.history("alpha")[0]["signals"] == []


@pytest.mark.parametrize("day", ["2024-01-06", "2024-02-12", "2024-01-01", "2023-12-31", "2999-01-04"])
def test_sig_07_a_day_without_trading_is_refused_by_name(agent: Any, day: Any) -> None:
    agent.strategy()
    answer = agent.signal("alpha", day, MAOTAI)
    assert answer.status_code == 400
    assert "not a trading day" in answer.json()["detail"]


@pytest.mark.parametrize(
    "day", ["2024-1-3", "2024-02-30", "20240103", "2024-01-03T00:00:00", "x", "", 20240103, None]
)
def test_sig_07_a_malformed_date_is_refused(agent: Any, day: Any) -> None:
    agent.strategy()
    refused(post(agent, {"trade_date": day, "signals": []}), ["body", "trade_date"])


@pytest.mark.parametrize("day", ["2023-12-29", "1991-01-02", "0001-01-01"])
def test_sig_08_a_past_date_is_refused(agent: Any, day: Any) -> None:
    agent.strategy()
    assert agent.signal("alpha", day, MAOTAI).status_code == 400


@pytest.mark.parametrize("day", ["2024-01-02", "2024-01-03", "2024-06-28"])
def test_sig_08_today_and_future_trading_days_are_taken(agent: Any, day: Any) -> None:
    agent.strategy()
    assert agent.signal("alpha", day, MAOTAI).status_code == 201


@pytest.mark.parametrize(
    ("execution", "last", "late"),
    [
        ("open", "2024-01-02T09:14:59.999999", "2024-01-02T09:15:00"),
        ("close", "2024-01-02T14:59:59.999999", "2024-01-02T15:00:00"),
    ],
)
def test_sig_09_and_10_the_instant_of_the_deadline_is_late(
    site: Any, agent: Any, execution: Any, last: Any, late: Any
) -> None:
    agent.strategy(execution_price=execution)
    site.at(last)
    assert agent.signal("alpha", DAY, MAOTAI).status_code == 201
    site.at(late)
    answer = agent.signal("alpha", DAY, MAOTAI)
    assert answer.status_code == 400
    assert "deadline passed" in answer.json()["detail"]


def test_sig_11_receipt_is_when_the_last_byte_of_the_body_was_read(site: Any, agent: Any) -> None:
    agent.strategy()
    text = json.dumps({"trade_date": DAY, "signals": []}).encode()

    async def slowly(last_byte_at: Any) -> Any:
        yield text[:-1]
        site.at(last_byte_at)
        yield text[-1:]

    def send(last_byte_at: Any) -> Any:
        return agent.call(
            "POST",
            "/strategies/alpha/signals",
            content=slowly(last_byte_at),
            headers={"content-type": "application/json"},
        )

    assert send("2024-01-02T09:14:59").status_code == 201
    assert send("2024-01-02T09:15:00").status_code == 400


def test_sig_12_a_second_submission_before_the_deadline_replaces(site: Any, agent: Any) -> None:
    agent.strategy()
    first = agent.signal("alpha", DAY, MAOTAI).json()
    site.at("2024-01-02T09:00:00")
    second = agent.signal("alpha", DAY, WULIANGYE)
    assert (second.status_code, second.json()["replaced"]) == (201, True)
    (kept,) = agent.history("alpha")
    assert kept["signals"] == items(WULIANGYE)
    assert kept["signal_hash"] == second.json()["signal_hash"] != first["signal_hash"]
    assert (kept["id"], kept["submitted_at"]) == (second.json()["id"], second.json()["submitted_at"])


def test_sig_13_an_attested_signal_is_not_replaced(attested_site: Any) -> None:
    agent = attested_site.agent()
    agent.strategy()
    receipt = agent.signal("alpha", DAY, MAOTAI).json()
    assert receipt["github_committed"] is True
    assert set(receipt["attestation"]) == {"committed", "sha"}
    assert agent.signal("alpha", DAY, WULIANGYE).status_code == 409
    (kept,) = agent.history("alpha")
    assert (kept["signals"], kept["github_committed"]) == (items(MAOTAI), True)


def test_sig_13_a_settled_signal_is_not_replaced(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", DAY, MAOTAI)
    settle(site, DAY)
    assert agent.signal("alpha", DAY, WULIANGYE).status_code == 409
    assert agent.history("alpha")[0]["signals"] == items(MAOTAI)


def test_sig_13_after_the_deadline_it_is_400_attested_or_not(attested_site: Any) -> None:
    site, agent = attested_site, attested_site.agent()
    agent.strategy()
    assert agent.signal("alpha", DAY, MAOTAI).json()["github_committed"] is True
    settle(site, DAY)
    site.at("2024-01-02T18:30:00")
    assert agent.signal("alpha", DAY, MAOTAI).status_code == 400


@pytest.mark.parametrize("status", ["paused", "retired"])
def test_sig_14_a_paused_or_retired_strategy_takes_no_signal_and_says_its_status(
    agent: Any, status: Any
) -> None:
    agent.active()
    agent.patch("alpha", status=status)
    answer = agent.signal("alpha", "2024-01-03", MAOTAI)
    assert answer.status_code == 400
    assert f"strategy status is {status}" in answer.json()["detail"]


def test_sig_15_and_strat_18_the_first_signal_activates(site: Any, agent: Any) -> None:
    agent.strategy()
    assert agent.patch("alpha", status="active").status_code == 400
    site.at("2024-01-02T08:30:00")
    agent.signal("alpha", "2024-01-05", MAOTAI)
    found = agent.get("alpha")
    assert (found["status"], found["activated_at"]) == ("active", "2024-01-02T00:30:00Z")


def test_strat_21_activated_at_never_moves(site: Any, agent: Any) -> None:
    agent.active()
    before = agent.get("alpha")["activated_at"]
    site.at("2024-01-03T08:00:00")
    agent.signal("alpha", "2024-01-03", MAOTAI)
    agent.patch("alpha", status="paused")
    agent.patch("alpha", status="active")
    agent.signal("alpha", "2024-01-04", MAOTAI)
    assert agent.get("alpha")["activated_at"] == before
