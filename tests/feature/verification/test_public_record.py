"""PUB-03 to PUB-11, PUB-20, PUB-21, CONV-05: what anyone reads of one strategy."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from tests.feature.verification.conftest import DAYS, Site

CAPITAL = 1_000_000_000  # mills of the default initial capital

# +1 %, -1 % of that, +2 %: chosen so that the levels are short decimals
NAVS = [1_010_000_000, 999_900_000, 1_019_898_000]
LAST_OF_2023 = date(2023, 12, 29)


def record(site: Site, slug: str = "alpha") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.get(f"/{slug}/track-record").json()["records"]
    return found


def test_nav_is_normalised_and_days_ascend(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    found = record(site)
    assert [day["date"] for day in found] == ["2024-01-02", "2024-01-03", "2024-01-04"]
    assert [day["nav"] for day in found] == [1.01, 0.9999, 1.019898]


def test_nav_is_normalised_by_the_strategys_own_capital(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha", initial_capital=200_000)] = [210_000_000]
    assert record(site)[0]["nav"] == 1.05


def test_returns_are_of_the_day_and_since_the_start(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    found = record(site)
    assert [day["daily_return"] for day in found] == pytest.approx([0.01, -0.01, 0.02], abs=1e-12)
    assert [day["cumulative_return"] for day in found] == pytest.approx([0.01, -0.0001, 0.019898], abs=1e-12)


def test_benchmark_return_is_that_days_from_the_close_before(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha", universe="csi500")] = NAVS
    site.market.closes["csi500"] = {LAST_OF_2023: 5000.0, DAYS[0]: 5050.0, DAYS[1]: 4999.5, DAYS[2]: 4999.5}
    site.market.closes["hs300"] = dict.fromkeys([LAST_OF_2023, *DAYS[:3]], 1.0)
    found = [day["benchmark_return"] for day in record(site)]
    assert found == pytest.approx([0.01, -0.01, 0.0], abs=1e-12)


def test_benchmark_return_is_null_without_data(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    site.market.closes["hs300"] = {DAYS[0]: 3000.0, DAYS[1]: 3030.0}
    found = [day["benchmark_return"] for day in record(site)]
    assert found == [None, pytest.approx(0.01), None]


def test_metrics_are_those_of_the_record(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    site.market.closes["hs300"] = {LAST_OF_2023: 100.0, DAYS[0]: 101.0, DAYS[1]: 101.0, DAYS[2]: 99.99}
    found = site.get("/alpha/performance").json()
    metrics = found["metrics"]
    assert list(metrics) == [
        "total_return",
        "annual_return",
        "volatility",
        "sharpe",
        "max_drawdown",
        "calmar",
        "excess_return",
        "excess_sharpe",
        "benchmark_return",
        "trading_days",
    ]
    # daily 1, -1, 2 %: mean 2/3 %, sample deviation sqrt((1/9 + 25/9 + 16/9) / 2) = sqrt(7/3) %
    deviation = (7 / 3) ** 0.5 / 100
    assert metrics["trading_days"] == 3
    assert metrics["total_return"] == pytest.approx(0.019898)
    assert metrics["annual_return"] == pytest.approx(1.019898**84 - 1)
    assert metrics["volatility"] == pytest.approx(deviation * 252**0.5)
    assert metrics["sharpe"] == pytest.approx(2 / 300 / deviation * 252**0.5)
    assert metrics["max_drawdown"] == pytest.approx(0.01)
    assert metrics["calmar"] == pytest.approx((1.019898**84 - 1) / 0.01)
    assert metrics["benchmark_return"] == pytest.approx(-0.0001)
    assert metrics["excess_return"] == pytest.approx(0.019998)
    # differences 0, -1, 3 %: mean 2/3 %, squares 4/9, 25/9, 49/9: sample deviation sqrt(13/3) %
    assert metrics["excess_sharpe"] == pytest.approx((2 / 3) / (13 / 3) ** 0.5 * 252**0.5)
    assert found["rolling_excess_sharpe"] == []


def test_the_first_rolling_value_is_of_the_20th_day(site: Site) -> None:
    navs = [CAPITAL + 1_000_000 * (day % 3) for day in range(22)]
    site.settlement.navs[site.strategy("alpha")] = navs
    site.market.closes["hs300"] = dict.fromkeys([LAST_OF_2023, *DAYS[:22]], 3000.0)
    found = site.get("/alpha/performance").json()["rolling_excess_sharpe"]
    assert [point["date"] for point in found] == [day.isoformat() for day in DAYS[19:22]]
    assert all(isinstance(point["value"], float) for point in found)


def test_undefined_metrics_are_null(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = [CAPITAL] * 20
    found = site.get("/alpha/performance").json()
    assert found["metrics"]["volatility"] == 0.0
    nulls = {name for name, value in found["metrics"].items() if value is None}
    assert nulls == {"sharpe", "calmar", "excess_return", "excess_sharpe", "benchmark_return"}
    assert found["rolling_excess_sharpe"] == [{"date": DAYS[19].isoformat(), "value": None}]


def test_a_pending_strategy_has_an_empty_record(site: Site) -> None:
    site.strategy("alpha", active=False)
    assert record(site) == []
    metrics = site.get("/alpha/performance").json()["metrics"]
    assert metrics.pop("trading_days") == 0
    assert set(metrics.values()) == {None}


def test_a_retired_strategy_stays_readable(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    site.change("alpha", status="retired")
    assert len(record(site)) == 3


@pytest.mark.parametrize("route", ["track-record", "performance"])
@pytest.mark.parametrize("slug", ["unknown", "UPPER", "x", "a" * 300, "%00", "%ED%A0%80", "a%0A"])
def test_an_unknown_slug_is_404(site: Site, route: str, slug: str) -> None:
    answer = site.get(f"/{slug}/{route}")
    assert answer.status_code == 404
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_strategy_that_is_not_public_is_404(site: Site, route: str) -> None:
    site.strategy("alpha", is_public=False)
    assert site.get(f"/alpha/{route}").status_code == 404


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_strategy_made_private_is_404_at_once_and_back_at_once(site: Site, route: str) -> None:
    site.strategy("alpha")
    for _ in range(3):
        assert site.get(f"/alpha/{route}").status_code == 200
        site.change("alpha", is_public=False)
        assert site.get(f"/alpha/{route}").status_code == 404
        site.change("alpha", is_public=True)


def test_a_change_by_a_job_is_seen_at_once(site: Site) -> None:
    site.strategy("alpha")
    assert site.get("/alpha/track-record").status_code == 200
    with site.records.write() as session:
        site.strategies.by_slug(session, "alpha").is_public = False
    assert site.get("/alpha/track-record").status_code == 404


def test_a_new_settled_day_is_seen_at_once(site: Site) -> None:
    number = site.strategy("alpha")
    site.settlement.navs[number] = NAVS[:2]
    assert len(record(site)) == 2
    site.settlement.navs[number] = NAVS
    assert len(record(site)) == 3
    assert site.get("/alpha/performance").json()["metrics"]["trading_days"] == 3


def test_a_benchmark_imported_later_is_seen_at_once(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    assert record(site)[1]["benchmark_return"] is None
    site.market.closes["hs300"] = {DAYS[0]: 100.0, DAYS[1]: 101.0}
    site.market.version += 1
    assert record(site)[1]["benchmark_return"] == pytest.approx(0.01)


def test_an_answer_is_made_once_for_all_who_ask(site: Site) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS

    async def together() -> set[bytes]:
        alpha = site.verification.public("alpha")
        asked = [site.verification.answer(alpha, "track-record") for _ in range(20)]
        asked += [site.verification.answer(alpha, "performance") for _ in range(20)]
        return set(await asyncio.gather(*asked))

    assert len(site.run(together())) == 2
    assert site.settlement.reads == 2, "one reading of each kind"


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_simulated_directory_says_so(site: Site, route: str) -> None:
    site.strategy("alpha")
    found = site.get(f"/alpha/{route}").json()
    assert found["simulated"] is True
    assert "synthetic" not in found


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_synthetic_market_says_so(site: Site, route: str) -> None:
    site.strategy("alpha")
    site.market.is_synthetic = True
    assert site.get(f"/alpha/{route}").json()["synthetic"] is True


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_live_directory_says_nothing_of_simulation(live_site: Site, route: str) -> None:
    live_site.strategy("alpha")
    found = live_site.get(f"/alpha/{route}").json()
    assert "simulated" not in found and "synthetic" not in found


@pytest.mark.parametrize("route", ["", "/alpha/track-record", "/alpha/performance"])
@pytest.mark.parametrize("token", ["Bearer wrong", "Basic x", "Bearer "])
def test_credentials_are_not_looked_at(site: Site, route: str, token: str) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    plain, with_token = site.get(route), site.get(route, headers={"Authorization": token})
    assert (with_token.status_code, with_token.content) == (200, plain.content)


def test_the_answer_is_json(site: Site) -> None:
    site.strategy("alpha")
    assert site.get("/alpha/track-record").headers["content-type"] == "application/json"


@pytest.mark.parametrize("route", ["track-record", "performance"])
def test_a_finished_answer_is_the_same_answer(site: Site, route: str) -> None:
    site.settlement.navs[site.strategy("alpha")] = NAVS
    made, finished = site.get(f"/alpha/{route}"), site.get(f"/alpha/{route}")
    assert site.verification.finished("alpha", route) == made.content
    assert (finished.status_code, finished.content) == (200, made.content)
    assert dict(finished.headers) == dict(made.headers)


@pytest.mark.parametrize(
    "path", ["/alpha/track-record/", "/alpha/track-record/x", "/alpha/", "/beta", "/a/b/c"]
)
def test_other_paths_are_unknown(site: Site, path: str) -> None:
    site.strategy("alpha")
    site.get("/alpha/track-record")
    assert site.get(path).status_code == 404


def test_other_methods_are_405(site: Site) -> None:
    site.strategy("alpha")
    site.get("/alpha/track-record")
    for method in ("POST", "PUT", "DELETE"):
        answer = site.run(site.http.request(method, "/api/v1/public/strategies/alpha/track-record"))
        assert answer.status_code == 405
