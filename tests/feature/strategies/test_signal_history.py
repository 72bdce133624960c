"""The history of signals, and taking one back, over HTTP (SIG-17 to SIG-25)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
import rfc8785

from tests.support.signals import DAY, MAOTAI, dates, items, refused, settle


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


def test_sig_22_an_attested_signal_is_not_deleted(attested_site: Any) -> None:
    agent = attested_site.agent()
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
