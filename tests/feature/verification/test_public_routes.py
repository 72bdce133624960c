"""Of every public route that the application describes: PUB-04, PUB-19, PUB-20, PUB-21, and what is odd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.platforms import Caller, Stage, made_up, stage

A, B, HIDDEN = "600001.SH", "600002.SH", "600003.SH"
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 8))
FREE = {"commission_rate": 0, "slippage_rate": 0}
BASE = "http://platform/api/v1"
OF_ONE = "/public/strategies/{slug}"


@dataclass(frozen=True)
class Site:
    on: Stage
    agent: Caller

    def ask(self, path: str, token: str | None = None) -> httpx.Response:
        headers = {} if token is None else {"Authorization": token}
        http = self.on.operator.http
        return self.on.operator.runner.run(http.get(f"{BASE}{path}", headers=headers))

    def everything_public(self) -> str:
        """The text of every public answer."""
        slugs = [each["slug"] for each in self.ask("/public/strategies").json()["strategies"]]
        texts = []
        for path in public_paths(self.on):
            asked = [path.replace("{slug}", slug) for slug in slugs] if "{slug}" in path else [path]
            days = [*DAYS, "2024-03-11"] if "{date}" in path or "{trade_date}" in path else [""]
            for each in asked:
                for day in days:
                    filled = each.replace("{date}", str(day)).replace("{trade_date}", str(day))
                    texts.append(self.ask(filled).text)
                if each.endswith("/verify"):
                    texts += [self.ask(f"{each}?date={day}").text for day in DAYS]
        return "\n".join(texts)


def public_paths(on: Stage) -> list[str]:
    """Paths below the API's prefix that answer GET under /public, as the application describes them."""
    described = on.operator.runner.run(on.operator.http.get("http://platform/openapi.json")).json()["paths"]
    found = [
        path.removeprefix("/api/v1")
        for path, operations in described.items()
        if path.startswith("/api/v1/public/") and "get" in operations
    ]
    assert {f"{OF_ONE}/{name}" for name in ("track-record", "performance", "verify", "audit")} <= set(found)
    return found


@contextmanager
def two_days_settled(folder: Path, **settings: str) -> Iterator[Site]:
    """`one` is public and settled on two days, `two` is not public and settled as well."""
    rows = {
        (symbol, day): (10.0, 10.0, 10.0, 1_000_000)
        for symbol in (A, B, HIDDEN)
        for day in (date(2024, 2, 29), *DAYS)
    }
    with stage(folder, parse_instant("2024-03-01T08:00+08:00"), **settings) as on:
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        for slug, public in (("one", True), ("two", False)):
            agent.post("/strategies", {"name": slug, "slug": slug, "is_public": public, **FREE})
            on.submit(agent, slug, DAYS[0], {A: 0.5})
        on.clock_to(DAYS[1], "19:00")
        yield Site(on, agent)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with two_days_settled(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """For tests that only read."""
    with two_days_settled(tmp_path_factory.mktemp("still") / "data") as opened:
        yield opened


def of_one(site: Site, slug: str) -> Iterator[str]:
    for path in public_paths(site.on):
        if "{slug}" in path:
            yield path.replace("{slug}", slug)


def test_pub_20_an_unknown_slug_is_404_on_every_public_route(still: Site) -> None:
    for path in of_one(still, "nobody"):
        answer = still.ask(path)
        assert (answer.status_code, set(answer.json())) == (404, {"detail"}), path


def test_pub_04_a_strategy_that_is_not_public_is_404_on_every_public_route(still: Site) -> None:
    for path in of_one(still, "two"):
        assert still.ask(path).status_code == 404, path
        assert still.ask(path).json() == still.ask(path.replace("two", "nobody")).json(), path


def test_pub_04_a_strategy_that_ceases_to_be_public_is_404_at_once(site: Site) -> None:
    answered = [path for path in of_one(site, "one") if site.ask(path).status_code == 200]
    assert len(answered) >= 4
    assert site.agent.call("PATCH", "/strategies/one", {"is_public": False}).status_code == 200
    for path in answered:
        assert site.ask(path).status_code == 404, path
    assert site.agent.call("PATCH", "/strategies/one", {"is_public": True}).status_code == 200
    for path in answered:
        assert site.ask(path).status_code == 200, path


@pytest.mark.parametrize(
    "token", ["Bearer wrong", "Bearer ", "Basic abc", "x" * 5000, "Bearer eyJhbGciOiJub25lIn0.e30."]
)
def test_pub_21_credentials_are_not_looked_at(still: Site, token: str) -> None:
    for path in [*of_one(still, "one"), *of_one(still, "two"), "/public/strategies"]:
        without, given = still.ask(path), still.ask(path, token)
        assert (given.status_code, given.content) == (without.status_code, without.content), path


@pytest.mark.parametrize("attested", [False, True])
def test_pub_19_nothing_public_reveals_a_signal_before_its_deadline(tmp_path: Path, attested: bool) -> None:
    settings = {"attestation_repo": str(tmp_path / "attestation")} if attested else {}
    with two_days_settled(tmp_path / "data", **settings) as site:
        assert A in site.everything_public(), "a settled signal is public"
        site.on.clock_to(DAYS[2], "08:00")
        site.on.submit(site.agent, "one", DAYS[2], {HIDDEN: 0.123456})
        with site.on.platform.records.read() as session:
            strategies = site.on.platform.strategies
            row = strategies.signal_on(session, strategies.by_slug(session, "one").number or 0, DAYS[2])
        assert row is not None
        secrets = (HIDDEN, "0.123456", row.nonce)
        for at in ("08:30", "09:14"):
            site.on.clock_to(DAYS[2], at)
            text = site.everything_public()
            assert not [secret for secret in secrets if secret in text]
            assert (row.signal_hash in text) == attested, "committed, its hash is public at once"
        site.on.clock_to(DAYS[2], "19:00")
        text = site.everything_public()
        assert all(secret in text for secret in secrets), "settled, it is public"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?date=2024-03-01", 200),
        ("?date=2024-03-01&revision=0", 200),
        ("?revision=0", 200),
        ("", 200),
        ("?date=2024-02-29", 404),  # before the first settled day
        ("?date=2024-03-02", 404),  # a Saturday
        ("?date=2024-03-05", 404),  # not settled yet
        ("?date=9999-12-31", 404),
        ("?date=2024-03-01&revision=1", 404),
        ("?date=2024-03-01&revision=999999999999999999999", 404),
        ("?date=2024-3-1", 422),
        ("?date=2024-02-30", 422),
        ("?date=x", 422),
        ("?date=", 422),
        ("?revision=-1", 422),
        ("?revision=x", 422),
        ("?revision=1.5", 422),
    ],
)
def test_pub_12_what_a_package_is_asked_for(still: Site, query: str, status: int) -> None:
    for _ in range(2):  # as it is made, and as it is kept
        answer = still.ask(f"/public/strategies/one/verify{query}")
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"detail"} or status == 200


def test_pub_12_without_a_date_it_is_the_latest_settled_day(site: Site) -> None:
    path = "/public/strategies/one/verify"
    assert site.ask(path).content == site.ask(f"{path}?date={DAYS[1]}").content
    site.on.clock_to(DAYS[2], "18:15")
    assert site.ask(path).json()["trade_date"] == str(DAYS[2])


def test_a_strategy_without_a_settled_day_has_no_package_and_an_empty_log(site: Site) -> None:
    site.agent.post("/strategies", {"name": "new", "slug": "new"})
    assert site.ask("/public/strategies/new/verify").status_code == 404
    assert site.ask("/public/strategies/new/audit").json() == {"audit_log": [], "total": 0}


def test_the_address_of_a_strategy_says_what_it_is_and_leads_to_everything_public_of_it(still: Site) -> None:
    answer = still.ask("/public/strategies/one").json()
    links, marks = answer.pop("links"), {name: answer.pop(name) for name in ("simulated", "edition")}
    assert marks == {"simulated": True, "edition": "evaluation"}
    (listed,) = still.ask("/public/strategies").json()["strategies"]
    assert answer == listed
    moved = {"/public/strategies/one/backtest", "/public/strategies/one/claimed", "/public/strategies/one"}
    assert {link for link in links.values() if link} == {
        f"/api/v1{path}" for path in of_one(still, "one") if path not in moved
    } | {"/api/v1/public/quantos-verify.pyz"}
    assert links["claimed"] is None, "nothing is claimed"
    for link in filter(None, links.values()):
        assert still.ask(link.removeprefix("/api/v1")).status_code == 200, link


def test_the_address_of_a_strategy_follows_what_becomes_of_it(site: Site) -> None:
    path = "/public/strategies/one"
    assert site.ask(path).json()["trading_days"] == 2
    site.on.clock_to(DAYS[2], "18:15")
    assert site.ask(path).json()["trading_days"] == 3
    site.agent.call("PATCH", "/strategies/one", {"description": "momentum"})
    assert site.ask(path).json()["description"] == "momentum"
    site.agent.post("/strategies", {"name": "new", "slug": "new"})
    pending = site.ask("/public/strategies/new").json()
    assert (pending["status"], pending["activated_at"], pending["nav"]) == ("pending", None, None)


class TestAuditLog:
    """PUB-18, PAGE-01 to PAGE-03."""

    def test_newest_first_with_a_line_a_day(self, site: Site) -> None:
        site.on.clock_to(DAYS[-1], "19:00")
        found = site.ask("/public/strategies/one/audit").json()
        assert found["total"] == len(DAYS)
        assert [each["date"] for each in found["audit_log"]] == [str(day) for day in reversed(DAYS)]
        assert [each["type"] for each in found["audit_log"]] == ["HOLD"] * 5 + ["REBALANCE"]
        # 50,000 shares at 10.00 and the transfer fee of 0.001 %
        assert (
            found["audit_log"][-1]["detail"] == "1 order: 1 filled. Turnover 500,000.00 CNY, fees 5.00 CNY."
        )

    def test_pages_joined_give_the_whole(self, site: Site) -> None:
        site.on.clock_to(DAYS[-1], "19:00")
        path = "/public/strategies/one/audit"
        whole = site.ask(path).json()["audit_log"]
        pages = [site.ask(f"{path}?limit=2&offset={offset}").json() for offset in range(0, 8, 2)]
        assert [each for page in pages for each in page["audit_log"]] == whole
        assert {page["total"] for page in pages} == {len(DAYS)}
        assert site.ask(f"{path}?offset=99999999999999999999").json()["audit_log"] == []

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1e3"])
    def test_a_malformed_page_is_422(self, still: Site, query: str) -> None:
        assert still.ask(f"/public/strategies/one/audit?{query}").status_code == 422

    def test_it_grows_with_each_settlement(self, site: Site) -> None:
        path = "/public/strategies/one/audit"
        assert site.ask(path).json()["total"] == 2
        site.on.clock_to(DAYS[2], "19:00")
        assert site.ask(path).json()["total"] == 3
