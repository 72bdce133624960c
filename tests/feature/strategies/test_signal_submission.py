"""Submitting, replacing, deleting and reading signals over HTTP (SIG)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import uuid
from datetime import date
from typing import Any

import pytest
import rfc8785

MAOTAI, WULIANGYE = ("600519.SH", 0.05), ("000858.SZ", 0.04)
DAY = "2024-01-02"


def post(agent: Any, body: Any, slug: Any = "alpha") -> Any:
    return agent.call("POST", f"/strategies/{slug}/signals", body)


def items(*pairs: Any) -> Any:
    return [{"symbol": symbol, "weight": weight} for symbol, weight in pairs]


def refused(answer: Any, loc: Any) -> None:
    assert answer.status_code == 422, answer.text
    found = answer.json()["detail"]
    assert all(set(item) == {"type", "loc", "msg"} for item in found)
    assert loc in [item["loc"] for item in found]


def test_sig_01_and_16_the_receipt_of_a_first_submission(agent: Any) -> None:
    agent.strategy()
    answer = agent.signal("alpha", DAY, MAOTAI, WULIANGYE)
    receipt = answer.json()
    assert answer.status_code == 201
    assert str(uuid.UUID(receipt.pop("id")))
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


def test_sig_13_an_attested_signal_is_not_replaced(site: Any, agent: Any) -> None:
    agent.strategy()
    site.sha = "a" * 40
    receipt = agent.signal("alpha", DAY, MAOTAI).json()
    assert receipt["github_committed"] is True
    assert receipt["attestation"] == {"committed": True, "sha": "a" * 40}
    assert agent.signal("alpha", DAY, WULIANGYE).status_code == 409
    (kept,) = agent.history("alpha")
    assert (kept["signals"], kept["github_committed"]) == (items(MAOTAI), True)


def test_sig_13_a_settled_signal_is_not_replaced(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", DAY, MAOTAI)
    settle(site, DAY)
    assert agent.signal("alpha", DAY, WULIANGYE).status_code == 409
    assert agent.history("alpha")[0]["signals"] == items(MAOTAI)


def test_sig_13_after_the_deadline_it_is_400_attested_or_not(site: Any, agent: Any) -> None:
    agent.strategy()
    site.sha = "a" * 40
    agent.signal("alpha", DAY, MAOTAI)
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


def test_sig_17_the_history_is_newest_first_with_its_fields(agent: Any) -> None:
    agent.strategy()
    for day in ("2024-01-04", "2024-01-02", "2024-01-03"):
        agent.signal("alpha", day, MAOTAI)
    found = agent.history("alpha")
    assert [each["trade_date"] for each in found] == ["2024-01-04", "2024-01-03", "2024-01-02"]
    assert sorted(found[0]) == sorted(
        [
            "id",
            "trade_date",
            "signals",
            "signal_hash",
            "submitted_at",
            "is_settled",
            "github_committed",
            "nonce",
        ]
    )


def test_page_03_pages_of_the_history_join_to_the_whole_and_default_to_30(site: Any, agent: Any) -> None:
    agent.strategy()
    days = [str(day) for day in site.strategies._days.between(*dates("2024-01-02", "2024-03-01"))][:35]
    for day in days:
        agent.signal("alpha", day, MAOTAI)
    newest_first = days[::-1]
    assert [each["trade_date"] for each in agent.history("alpha")] == newest_first[:30]
    pages = [agent.history("alpha", f"?limit=10&offset={offset}") for offset in (0, 10, 20, 30, 40)]
    assert [each["trade_date"] for page in pages for each in page] == newest_first
    assert pages[-1] == []


def test_sig_18_the_history_shows_order_and_weights_as_submitted(agent: Any) -> None:
    agent.strategy()
    lines = [("600519.SH", 0.1 + 0.2), ("000001.SZ", 1e-7), ("600000.SH", 1 / 3), ("000002.SZ", 5e-324)]
    agent.signal("alpha", DAY, *lines)
    text = agent.call("GET", "/strategies/alpha/signals").text
    assert json.loads(text)["signals"][0]["signals"] == items(*lines)
    assert '"weight":0.30000000000000004' in text


def test_sig_19_the_hash_recomputes_from_what_the_history_shows(site: Any, agent: Any) -> None:
    agent.strategy()
    lines = [("600519.SH", 0.25), ("000001.SZ", 1e-7), ("300750.SZ", 0.1), ("000002.SZ", 1e-6)]
    receipt = agent.signal("alpha", DAY, *lines).json()
    site.at("2024-01-02T09:15:00")
    (shown,) = agent.history("alpha")
    by_hand = (
        f'{{"nonce":"{shown["nonce"]}","signals":[{{"symbol":"000001.SZ","weight":1e-7}},'
        '{"symbol":"000002.SZ","weight":0.000001},{"symbol":"300750.SZ","weight":0.1},'
        '{"symbol":"600519.SH","weight":0.25}],"slug":"alpha","trade_date":"2024-01-02"}'
    )
    assert receipt["signal_hash"] == hashlib.sha256(by_hand.encode()).hexdigest()
    content = {
        "slug": "alpha",
        "trade_date": DAY,
        "signals": sorted(shown["signals"], key=lambda each: each["symbol"]),
        "nonce": shown["nonce"],
    }
    assert rfc8785.dumps(content) == by_hand.encode()


def test_sig_20_equal_content_twice_gives_different_hashes(agent: Any) -> None:
    agent.strategy()
    hashes = {agent.signal("alpha", DAY, MAOTAI).json()["signal_hash"] for _ in range(5)}
    assert len(hashes) == 5


def test_sig_20_and_pub_19_the_nonce_is_null_until_the_deadline(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", DAY, MAOTAI)
    agent.signal("alpha", "2024-01-03", MAOTAI)
    site.at("2024-01-02T09:14:59.999")
    assert [each["nonce"] for each in agent.history("alpha")] == [None, None]
    site.at("2024-01-02T09:15:00")
    future, today = agent.history("alpha")
    assert future["nonce"] is None
    assert re.fullmatch("[0-9a-f]{64}", today["nonce"])


def test_sig_21_and_23_delete_before_the_deadline_and_404_the_second_time(agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", DAY, MAOTAI)
    answer = agent.call("DELETE", f"/strategies/alpha/signals/{DAY}")
    assert (answer.status_code, answer.json()) == (200, {"deleted": True})
    assert agent.history("alpha") == []
    assert agent.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 404
    assert agent.signal("alpha", DAY, MAOTAI).json()["replaced"] is False


def test_sig_22_a_settled_signal_is_not_deleted(site: Any, agent: Any) -> None:
    agent.active()
    settle(site, DAY)
    assert agent.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 400
    assert len(agent.history("alpha")) == 1


def test_sig_22_an_attested_signal_is_not_deleted(site: Any, agent: Any) -> None:
    site.sha = "a" * 40
    agent.active()
    assert agent.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 400
    assert len(agent.history("alpha")) == 1


def test_sig_22_after_the_deadline_a_signal_is_locked(site: Any, agent: Any) -> None:
    agent.active()
    site.at("2024-01-02T09:15:00")
    answer = agent.call("DELETE", f"/strategies/alpha/signals/{DAY}")
    assert answer.status_code == 400
    assert "deadline passed" in answer.json()["detail"]
    assert len(agent.history("alpha")) == 1


@pytest.mark.parametrize("day", ["2024-02-30", "x", "2024-1-2"])
def test_conv_02_a_malformed_date_in_the_path_is_422(agent: Any, day: Any) -> None:
    agent.strategy()
    refused(agent.call("DELETE", f"/strategies/alpha/signals/{day}"), ["path", "trade_date"])


def test_sig_24_is_settled_follows_settlement(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", "2024-01-02", MAOTAI)
    agent.signal("alpha", "2024-01-03", MAOTAI)
    assert [each["is_settled"] for each in agent.history("alpha")] == [False, False]
    settle(site, "2024-01-02")
    assert [each["is_settled"] for each in agent.history("alpha")] == [False, True]


def test_sig_24_a_signal_without_effect_is_never_settled(site: Any, agent: Any) -> None:
    agent.active()
    agent.signal("alpha", "2024-01-03", MAOTAI)
    site.at("2024-01-03T09:00:00")
    agent.patch("alpha", status="paused")
    settle(site, "2024-01-05")
    assert [each["is_settled"] for each in agent.history("alpha")] == [False, True]


def test_sig_25_signals_of_another_users_strategy_are_404(site: Any, agent: Any) -> None:
    agent.active()
    other = site.agent()
    assert other.signal("alpha", DAY, MAOTAI).status_code == 404
    assert other.call("GET", "/strategies/alpha/signals").status_code == 404
    assert other.call("DELETE", f"/strategies/alpha/signals/{DAY}").status_code == 404
    assert agent.history("alpha")[0]["signals"] == items(("600519.SH", 0.5))


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"trade_date": DAY}, ["body", "signals"]),
        ({"signals": []}, ["body", "trade_date"]),
        ({"trade_date": DAY, "signals": None}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": {}}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": "x"}, ["body", "signals"]),
        ({"trade_date": DAY, "signals": [1]}, ["body", "signals", 0]),
        ({"trade_date": DAY, "signals": [[]]}, ["body", "signals", 0]),
        ({"trade_date": DAY, "signals": [{}]}, ["body", "signals", 0, "symbol"]),
        ({"trade_date": DAY, "signals": [{"symbol": "600519.SH"}]}, ["body", "signals", 0, "weight"]),
    ],
)
def test_sig_26_missing_and_misshapen_parts_are_named(agent: Any, body: Any, loc: Any) -> None:
    agent.strategy()
    refused(post(agent, body), loc)


def test_sig_27_at_most_5000_items(agent: Any) -> None:
    agent.strategy()
    lines = [(f"{number:06d}.SZ", 0.0001) for number in range(5001)]
    refused(agent.signal("alpha", DAY, *lines), ["body", "signals"])
    assert agent.signal("alpha", DAY, *lines[:5000]).status_code == 201
    assert len(agent.history("alpha")[0]["signals"]) == 5000


def test_unknown_fields_of_a_body_are_ignored(agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": [{"symbol": "600519.SH", "weight": 0.5, "note": "x"}], "more": [1]}
    assert post(agent, body).status_code == 201
    assert agent.history("alpha")[0]["signals"] == items(("600519.SH", 0.5))


def send_raw(agent: Any, content: Any, content_type: Any = "application/json") -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    return agent.call("POST", "/strategies/alpha/signals", content=content, headers=headers)


GOOD = b'{"trade_date":"2024-01-02","signals":[]}'


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (GOOD[:-1], "application/json"),
        (GOOD + b"x", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"trade_date":"2024-01-02","signals":' + b"[" * 50_000, "application/json"),
        (b'{"trade_date":"\\ud800","signals":[]}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":1e999}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":NaN}', "application/json"),
        (b'{"trade_date":"2024-01-02","signals":[],"x":"\\udfff"}', "application/json"),
        (GOOD, "text/plain"),
        (GOOD, "application/x-www-form-urlencoded"),
        (GOOD, None),
    ],
)
def test_err_04_a_body_that_is_not_json_is_422(agent: Any, content: Any, content_type: Any) -> None:
    agent.strategy()
    answer = send_raw(agent, content, content_type)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
def test_err_04_json_by_its_other_names_is_taken(agent: Any, content_type: Any) -> None:
    agent.strategy()
    assert send_raw(agent, GOOD, content_type).status_code == 201


def test_of_a_repeated_key_the_last_counts_in_both_readers(agent: Any) -> None:
    agent.strategy()
    line = b'{"symbol":"600519.SH","weight":%b,"weight":0.25}'
    for first in (b"0.5", b'"x"'):
        raw = b'{"trade_date":"2024-01-02","signals":[%b]}' % (line % first)
        assert send_raw(agent, raw).status_code == 201
        assert agent.history("alpha")[0]["signals"] == items(("600519.SH", 0.25))


def test_err_06_a_body_beyond_the_limit_is_413(agent: Any) -> None:
    agent.strategy()
    answer = send_raw(agent, b" " * 2**21)
    assert answer.status_code == 413
    assert isinstance(answer.json()["detail"], str)


def test_err_07_text_comes_back_unchanged(agent: Any) -> None:
    texts = ["茅台 <b>\"'; DROP TABLE strategy;--", "👩‍🔬 \\ \t\n", "\u202e\u200f"]
    for number, text in enumerate(texts):
        agent.strategy(f"text-{number}", name=text, description=text)
        found = agent.get(f"text-{number}")
        assert (found["name"], found["description"]) == (text, text)


def test_err_11_an_error_does_not_repeat_the_input(agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": "SECRETDATE", "signals": items(("SECRETSYM", "SECRETWEIGHT"))}
    assert "SECRET" not in post(agent, body).text
    assert "SECRET" not in agent.patch("alpha", SECRETSTATUSES="SECRETVALUE").json()["detail"][0]["msg"]


def test_sec_02_every_route_needs_credentials_before_the_body_is_read(site: Any, agent: Any) -> None:
    agent.strategy()
    calls = [
        ("POST", "/strategies"),
        ("GET", "/strategies"),
        ("GET", "/strategies/alpha"),
        ("PATCH", "/strategies/alpha"),
        ("DELETE", "/strategies/alpha"),
        ("POST", "/strategies/alpha/signals"),
        ("GET", "/strategies/alpha/signals"),
        ("DELETE", "/strategies/alpha/signals/2024-01-02"),
    ]
    for method, path in calls:
        answer = site.run(site.http.request(method, f"/api/v1{path}", content=b"{"))
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)


def test_idem_03_simultaneous_identical_signals_store_one(site: Any, agent: Any) -> None:
    agent.strategy()
    body = {"trade_date": DAY, "signals": items(MAOTAI)}

    async def together() -> Any:
        return await asyncio.gather(
            *[agent.send("POST", "/strategies/alpha/signals", body) for _ in range(12)]
        )

    answers = [answer.json() for answer in site.run(together())]
    assert sorted(answer["replaced"] for answer in answers) == [False] + [True] * 11
    (kept,) = agent.history("alpha")
    assert kept["signal_hash"] in {answer["signal_hash"] for answer in answers}
    assert {answer["id"] for answer in answers} == {kept["id"]}


def test_err_10_a_refused_first_signal_leaves_the_strategy_pending(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", "2024-01-06", MAOTAI)
    site.at("2024-01-02T09:15:00")
    agent.signal("alpha", DAY, MAOTAI)
    assert agent.get("alpha")["status"] == "pending"
    assert agent.history("alpha") == []


def test_a_commit_that_comes_after_a_replacement_marks_nothing(site: Any, agent: Any) -> None:
    agent.strategy()
    agent.signal("alpha", DAY, MAOTAI)
    agent.signal("alpha", DAY, WULIANGYE)
    old, new = site.placed
    with site.records.write() as session:
        assert site.strategies.record_commit(session, old, "a" * 40) is False
        assert site.strategies.record_commit(session, new, "b" * 40) is True


def test_the_documentation_shows_the_body_of_a_signal(site: Any) -> None:
    operation = site.app.openapi()["paths"]["/api/v1/strategies/{slug}/signals"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert sorted(schema["required"]) == ["signals", "trade_date"]
    assert "slug" in [parameter["name"] for parameter in operation["parameters"]]


def settle(site: Any, day: Any) -> None:
    number, (until, _) = 1, dates(day, day)
    site.settlement.until[number] = until


def dates(*days: Any) -> Any:
    return tuple(date.fromisoformat(day) for day in days)
