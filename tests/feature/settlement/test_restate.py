"""Settled days that are settled again with corrected data: what changes, and what is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.market.core.calendar import shipped_calendar
from quantos.settlement import revisions
from tests.support.platforms import Caller, Stage, made_up
from tests.support.restated import (
    DAYS,
    FREE,
    A,
    B,
    Bars,
    C,
    bars,
    everything,
    in_force,
    market_rows,
    restate,
    superseded,
    write_actions,
    write_bars,
)


def day_navs(on: Stage, slug: str) -> dict[date, float]:
    return dict(zip(DAYS, on.navs(slug), strict=True))


def curve(on: Stage, slug: str) -> list[float]:
    """The backfilled days of a strategy."""
    with on.platform.records.read() as session:
        number = on.platform.strategies.by_slug(session, slug).number
    assert number is not None
    return [int(nav) / 1000 for nav in on.platform.settlement.backfilled(number).nav_mills]


class TestWhatChanges:
    def test_the_nav_of_the_corrected_day_and_the_return_of_the_day_after_it(
        self, on: Stage, corrected: Path
    ) -> None:
        # 50,000 shares of A at 10.20 are at 10.15 now: 2,500 CNY less, on the second day alone.
        before = day_navs(on, "holds-a")
        answer = restate(on, DAYS[1], corrected)
        assert day_navs(on, "holds-a") == {**before, DAYS[1]: before[DAYS[1]] - 2_500.0}
        assert answer["changed"] == {
            "strategy_days": 2,
            "strategies": 1,
            "days": 2,
            "market_rows": {"bars": 2, "corporate_actions": 0},
        }
        assert answer["largest_change"] == {
            "slug": "holds-a",
            "trade_date": DAYS[1],
            "nav_before": before[DAYS[1]],
            "nav_after": before[DAYS[1]] - 2_500.0,
            "change": -2_500.0,
        }

    def test_every_nav_that_comes_out_otherwise_is_named_from_what_to_what(
        self, on: Stage, tmp_path: Path
    ) -> None:
        # A dividend of 0.50 on the fourth day, of 25,000 shares each of `b` and, until the third day, `both`.
        before = {slug: day_navs(on, slug) for slug in ("holds-a", "holds-b", "holds-both")}
        dividend = write_actions(tmp_path, {(B, DAYS[3]): (0, 500_000_000)})
        told = restate(on, DAYS[1], dividend, dry_run=True)
        assert all(day_navs(on, slug) == navs for slug, navs in before.items())
        answer = restate(on, DAYS[1], dividend)
        expected = [
            (day.isoformat(), slug, before[slug][day], after)
            for day in DAYS
            for slug in before
            if (after := day_navs(on, slug)[day]) != before[slug][day]
        ]
        assert expected
        for each in (told, answer):
            assert each["navs_changed"] == len(expected)
            assert [
                (nav["trade_date"], nav["slug"], nav["nav_before"], nav["nav_after"]) for nav in each["navs"]
            ] == [(date.fromisoformat(day), *rest) for day, *rest in expected]

    def test_no_more_than_so_many_navs_are_named_and_all_are_counted(
        self, on: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dividend = write_actions(tmp_path, {(B, DAYS[3]): (0, 500_000_000)})
        whole = restate(on, DAYS[1], dividend, dry_run=True)
        monkeypatch.setattr(revisions, "NAVS_MAX", 2)
        part = restate(on, DAYS[1], dividend, dry_run=True)
        assert (part["navs_changed"], part["navs"]) == (whole["navs_changed"], whole["navs"][:2])

    def test_what_stood_before_is_kept_to_the_byte(self, on: Stage, corrected: Path) -> None:
        before = in_force(on)
        restate(on, DAYS[1], corrected)
        kept, now = superseded(on), in_force(on)
        for table, rows in before.items():
            replaced = [row[2:] for row in kept[table]]
            assert all(row[:2] == (0, 1) for row in kept[table])
            assert sorted(row for row in rows if row not in now[table]) == sorted(
                row for row in replaced if row not in now[table]
            )
            assert set(rows) <= {*replaced, *now[table]}
        assert [row[3] for row in kept["nav"]] == [DAYS[1], DAYS[2]]

    def test_strategy_days_that_come_out_the_same_keep_their_rows_and_their_snapshot(
        self, on: Stage, corrected: Path
    ) -> None:
        def untouched() -> list[Any]:
            moved = [DAYS[1], DAYS[2]]
            return [row for row in in_force(on)["nav"] if (row[0], row[1]) not in {(1, d) for d in moved}]

        before = untouched()
        restate(on, DAYS[1], corrected)
        assert untouched() == before
        assert len(before) == 16

    def test_a_correction_that_decides_nothing_changes_the_data_and_no_strategy_day(
        self, on: Stage, tmp_path: Path
    ) -> None:
        data = write_bars(tmp_path, {(B, DAYS[1]): (20.2, 20.4, 20.2, 7)})
        before = in_force(on)
        answer = restate(on, DAYS[1], data)
        assert (answer["restatement"], answer["changed"]["strategy_days"]) == (1, 0)
        assert in_force(on) == before
        (bar,) = market_rows(on, "bar_superseded")
        assert (bar["restatement"], bar["trade_date"], bar["volume"]) == (1, DAYS[1], 1_000_000)

    def test_a_row_that_a_settled_day_lacked_is_added(self, on: Stage, tmp_path: Path) -> None:
        data = write_bars(tmp_path, {(C, DAYS[1]): (5.0, 5.0, None, 0)})
        assert restate(on, DAYS[1], data)["changed"]["market_rows"]["bars"] == 1
        assert market_rows(on, "bar_superseded") == []

    def test_a_dividend_that_nobody_had_known_is_paid(self, on: Stage, tmp_path: Path) -> None:
        # 25,000 shares of B were bought on the first day; each brings 0.50 CNY.
        data = write_actions(tmp_path, {(B, DAYS[3]): (0, 500_000_000)})
        before = day_navs(on, "holds-b")
        restate(on, DAYS[3], data)
        after = {d: nav + (12_500.0 if d >= DAYS[3] else 0) for d, nav in before.items()}
        assert day_navs(on, "holds-b") == after

    def test_a_row_of_a_corporate_action_is_replaced_and_kept(self, on: Stage, tmp_path: Path) -> None:
        restate(on, DAYS[3], write_actions(tmp_path / "1", {(B, DAYS[3]): (0, 500_000_000)}))
        restate(on, DAYS[3], write_actions(tmp_path / "2", {(B, DAYS[3]): (0, 300_000_000)}))
        (row,) = market_rows(on, "corporate_action_superseded")
        assert (row["restatement"], row["cash_mills_per_million"]) == (2, 500_000_000)

    def test_an_order_that_a_corrected_price_makes_different_is_settled_again(
        self, on: Stage, tmp_path: Path
    ) -> None:
        # `both` bought A on the third day at 10.20; at 10.25 fewer lots are afforded.
        data = write_bars(tmp_path, {(A, DAYS[2]): (10.25, 10.3, 10.2, 1_000_000)})
        answer = restate(on, DAYS[2], data)
        assert answer["changed"]["strategies"] == 1
        old, new = superseded(on)["trade_order"], in_force(on)["trade_order"]
        assert [row[5] for row in old if row[4] == 0 and row[5] > 0] != []
        assert {row[7] for row in old if row[5] > 0} == {10_200}
        assert 10_250 in {row[5] for row in new}

    def test_without_any_correction_nothing_is_restated(self, on: Stage) -> None:
        before = in_force(on)
        answer = restate(on, DAYS[0])
        assert (answer["restatement"], answer["settled_again"]) == (None, 18)
        assert in_force(on) == before
        assert market_rows(on, "restatement") == []

    def test_a_symbol_that_became_known_since_makes_no_revision_of_the_order_it_was_refused_in(
        self, empty: Stage, agent: Caller, tmp_path: Path
    ) -> None:
        empty.platform.market.import_bars(made_up(bars()))
        agent.post("/strategies", {"name": "Early", "slug": "early"})
        empty.submit(agent, "early", DAYS[0], {A: 0.5, C: 0.3})
        empty.clock_to(DAYS[-1], "19:00")
        data = write_bars(tmp_path, {(C, DAYS[3]): (5.0, 5.0, 5.0, 0)})
        answer = restate(empty, DAYS[0], data)
        assert (answer["restatement"], answer["changed"]["strategy_days"]) == (1, 0)
        # With another price of the first day the order is written anew, under the number that C has now.
        data = write_bars(tmp_path, {(A, DAYS[0]): (10.05, 10.1, 10.0, 1_000_000)})
        assert restate(empty, DAYS[0], data)["changed"]["strategy_days"] > 0
        number = empty.platform.market.instruments().number_of[C]
        assert [row[2] for row in in_force(empty)["trade_order"] if row[3] == 0] == [number]
        assert [row[4] for row in superseded(empty)["trade_order"] if row[5] == 0] == [-1]

    def test_what_corrected_data_explain_is_final_and_no_row_may_explain_it_otherwise(
        self, empty: Stage, agent: Caller, tmp_path: Path
    ) -> None:
        """B is said to open the second day at 40 after a close of 20: its holder waits, the holder of A goes on."""
        days = DAYS[:2]
        said: Bars = {(A, day): (10.0, 10.0, 10.0, 1_000_000) for day in days}
        said |= {(B, days[0]): (20.0, 20.0, 20.0, 1_000_000), (B, days[1]): (40.0, 40.0, 40.0, 1_000_000)}
        empty.platform.market.import_bars(made_up(said))
        slugs = {"holds-a": A, "holds-b": B}
        for slug, symbol in slugs.items():
            agent.post("/strategies", {"name": slug, "slug": slug})
            empty.submit(agent, slug, days[0], {symbol: 0.5})
        empty.clock_to(days[1], "19:00")
        assert [len(empty.navs(slug)) for slug in slugs] == [2, 1]
        restate(empty, days[1], write_bars(tmp_path, {(B, days[1]): (20.0, 20.0, 20.0, 1_000_000)}))
        assert [len(empty.navs(slug)) for slug in slugs] == [2, 2]
        late = write_actions(tmp_path / "late", {(B, days[1]): (-500_000, 0)})
        (report,) = empty.platform.market.import_path(late).files
        assert (report.stored, report.settled.rows) == (0, 1)


class TestWhichDays:
    def test_retired_strategies_too(self, on: Stage, agent: Caller, corrected: Path) -> None:
        assert agent.call("PATCH", "/strategies/holds-a", {"status": "retired"}).status_code == 200
        assert restate(on, DAYS[1], corrected)["changed"]["strategies"] == 1

    def test_days_of_a_pause_too_and_its_signals_stay_without_effect(
        self, on: Stage, agent: Caller, tmp_path: Path
    ) -> None:
        later = shipped_calendar().between(date(2024, 3, 11), date(2024, 3, 13))
        flat: Bars = {(s, d): (p, p, p, 1_000_000) for s, p in ((A, 10.6), (B, 21.2)) for d in later}
        on.platform.market.import_bars(made_up(flat))
        on.submit(agent, "holds-a", later[1], {})
        agent.call("PATCH", "/strategies/holds-a", {"status": "paused"})
        on.clock_to(later[-1], "19:00")
        agent.call("PATCH", "/strategies/holds-a", {"status": "active"})
        before = on.navs("holds-a")
        assert len(before) == 9
        # 50,000 shares of A close the first of these days 0.10 higher, and open the second there.
        data: Bars = {(A, later[0]): (10.6, 10.7, 10.6, 1000), (A, later[1]): (10.7, 10.6, 10.7, 1000)}
        restate(on, later[0], write_bars(tmp_path, data))
        assert on.navs("holds-a") == [*before[:6], before[6] + 5_000.0, *before[7:]]

    def test_a_restatement_begins_where_it_is_told_to(self, on: Stage, corrected: Path) -> None:
        answer = restate(on, DAYS[3], corrected)
        assert (answer["restatement"], answer["settled_again"]) == (None, 9)
        (file,) = answer["data"]["files"]
        assert file["settled"]["days"] == ["2024-03-04", "2024-03-05"], "they stay as they were settled"

    def test_backfilled_curves_that_reach_into_it_are_made_anew(self, on: Stage, corrected: Path) -> None:
        other = on.agent()
        other.post("/strategies", {"name": "Later", "slug": "later", **FREE})
        on.submit(other, "later", shipped_calendar().next_after(DAYS[-1]), {B: 0.5})
        signals = [{"trade_date": DAYS[0].isoformat(), "signals": [{"symbol": A, "weight": 0.5}]}]
        on.operator.post("/admin/strategies/later/backfill", {"signals": signals})

        before = curve(on, "later")
        assert before == on.navs("holds-a")[:5], "up to the day before the activation"
        answer = restate(on, DAYS[1], corrected)
        assert (answer["backfilled_again"], answer["changed"]["strategies"]) == (1, 1)
        assert curve(on, "later") == on.navs("holds-a")[:5] != before
        assert {row[2] for row in superseded(on)["nav"]} == {1}, (
            "a curve apart is no record: none of it is kept"
        )

    def test_a_backfilled_curve_that_ends_before_it_is_left_alone(self, on: Stage, corrected: Path) -> None:
        other = on.agent()
        other.post("/strategies", {"name": "Later", "slug": "later", **FREE})
        on.submit(other, "later", shipped_calendar().next_after(DAYS[-1]), {B: 0.5})
        signals = [{"trade_date": DAYS[0].isoformat(), "signals": [{"symbol": A, "weight": 0.5}]}]
        on.operator.post("/admin/strategies/later/backfill", {"signals": signals})
        assert restate(on, DAYS[5])["backfilled_again"] == 0


class TestAgainAndAgain:
    def test_the_same_restatement_a_second_time_changes_nothing(self, on: Stage, corrected: Path) -> None:
        restate(on, DAYS[1], corrected)
        after_first = everything(on)
        answer = restate(on, DAYS[1], corrected)
        assert (answer["restatement"], answer["changed"]["strategy_days"]) == (None, 0)
        assert everything(on) == after_first

    def test_a_second_correction_is_a_second_revision(
        self, on: Stage, corrected: Path, tmp_path: Path
    ) -> None:
        first = on.navs("holds-a")
        restate(on, DAYS[1], corrected)
        second = on.navs("holds-a")
        rows: Bars = {(A, DAYS[1]): (10.1, 10.05, 10.1, 1000), (A, DAYS[2]): (10.2, 10.3, 10.05, 1000)}
        restate(on, DAYS[1], write_bars(tmp_path / "2", rows))
        history = [row[:2] + row[3:5] for row in superseded(on)["nav"] if row[3] == DAYS[1]]
        assert history == [(0, 1, DAYS[1], first[1] * 1000), (1, 2, DAYS[1], second[1] * 1000)]

    def test_a_correction_taken_back_gives_the_first_navs_and_the_first_snapshot(
        self, on: Stage, corrected: Path, tmp_path: Path
    ) -> None:
        before = in_force(on)
        restate(on, DAYS[1], corrected)
        restate(on, DAYS[1], write_bars(tmp_path / "back", {k: v for k, v in bars().items() if k[0] == A}))
        assert [row[:-1] for row in in_force(on)["nav"]] == [row[:-1] for row in before["nav"]]
        assert len(market_rows(on, "snapshot")) == 8

    def test_a_dry_run_tells_what_the_restatement_then_does(self, on: Stage, corrected: Path) -> None:
        before = everything(on)
        told = restate(on, DAYS[1], corrected, dry_run=True)
        assert everything(on) == before
        assert len(on.operator.get("/admin/settlement-runs")["settlement_runs"]) == 6
        done = restate(on, DAYS[1], corrected)
        for name in ("settled_again", "changed", "largest_change", "navs", "to"):
            assert told[name] == done[name]

    def test_the_days_after_a_restatement_are_settled_from_it(self, on: Stage, tmp_path: Path) -> None:
        # The dividend of the last settled day is in the cash of the next one.
        restate(on, DAYS[5], write_actions(tmp_path, {(B, DAYS[5]): (0, 500_000_000)}))
        monday = shipped_calendar().next_after(DAYS[5])
        on.platform.market.import_bars(
            made_up({(s, monday): (p, p, p, 1000) for s, p in ((A, 10.6), (B, 21.2))})
        )
        on.clock_to(monday, "19:00")
        navs = on.navs("holds-b")
        assert navs[6] == navs[5] == 1_000_000 - 5.0 + 25_000 * 1.7
