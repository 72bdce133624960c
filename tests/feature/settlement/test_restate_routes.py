"""Restatements over the operator's API: who may, what is refused, and what everyone reads afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quantos.market.core.bars import Readiness
from quantos.settlement import store
from quantos.settlement.service import Settlement
from tests.support.platforms import Caller, Stage, stage
from tests.support.restated import DAYS, REASON, START, A, B, Bars, C, everything, play, restate, write_bars


def ask(on: Stage, caller: Caller | None = None, **changes: Any) -> Any:
    body = {"from": DAYS[1].isoformat(), "reason": REASON, **changes}
    return (caller or on.operator).call("POST", "/admin/settlement-runs/restate", body)


def refused(on: Stage, **changes: Any) -> str:
    """The refusal; nothing of the store has changed with it."""
    before = everything(on)
    answer = ask(on, **changes)
    assert answer.status_code == 400, answer.text
    assert everything(on) == before
    return str(answer.json()["detail"])


class TestRefusals:
    def test_a_user_gets_403_and_nobody_401(self, on: Stage, agent: Caller) -> None:
        assert ask(on, agent).status_code == 403
        assert ask(on, on.public()).status_code == 401

    @pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
    def test_a_reason_says_something_and_no_novel(self, on: Stage, reason: str) -> None:
        answer = ask(on, reason=reason)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "reason"]

    @pytest.mark.parametrize("day", ["2024-03-11", "2024-02-29", "2024-03-02", "2034-03-01"])
    def test_a_day_that_is_not_settled(self, on: Stage, day: str) -> None:
        told = refused(on, **{"from": day})
        assert (
            told
            == f"no strategy is settled for {day}: a restatement begins on a settled day (2024-03-01 to 2024-03-08)"
        )

    def test_where_nothing_is_settled_yet(self, tmp_path: Path) -> None:
        with stage(tmp_path / "data", START) as empty:
            assert "no day is settled yet" in refused(empty)

    def test_data_that_are_not_there(self, on: Stage, tmp_path: Path) -> None:
        assert "nothing was changed" in refused(on, data=str(tmp_path / "nowhere"))

    def test_one_file_that_cannot_be_taken_ends_it(self, on: Stage, corrected: Path) -> None:
        (corrected.parent / "more.parquet").write_bytes(b"no parquet")
        assert "more.parquet" in refused(on, data=str(corrected.parent))

    def test_a_value_that_is_none_in_the_second_file(self, on: Stage, corrected: Path) -> None:
        actions = corrected.parent / "corporate_actions.csv"
        actions.write_text("symbol,ex_date,bonus_per_million,cash_mills_per_million\n600001.SH,soon,0,0\n")
        assert "corporate_actions.csv" in refused(on, data=str(corrected.parent))

    def test_files_of_other_things(self, on: Stage, tmp_path: Path) -> None:
        (tmp_path / "other.csv").write_text("a,b\n1,2\n")
        assert "other.csv" in refused(on, data=str(tmp_path / "other.csv"))

    def test_a_day_whose_data_are_no_longer_complete(self, on: Stage, tmp_path: Path) -> None:
        data = write_bars(tmp_path, {(C, DAYS[1]): (5.0, 5.0, None, 1000)})
        told = refused(on, data=str(data))
        assert told.startswith(
            f"the market data of {DAYS[2]} are not complete: 2 of 3 instruments have a row, missing {C};"
        )
        assert told.endswith("; nothing was changed")

    def test_a_reference_that_nothing_explains(self, on: Stage, tmp_path: Path) -> None:
        data = write_bars(tmp_path, {(A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000)})
        told = refused(on, data=str(data))
        assert told.startswith(f"holds-a cannot be settled for {DAYS[2]}: unexplained_reference: {A} has")
        assert on.operator.get("/admin/settlement-runs")["settlement_runs"][0]["status"] == "refused"

    def test_while_a_settlement_is_under_way(self, on: Stage) -> None:
        market, answers = on.platform.market, []
        readiness = market.readiness

        def meanwhile(day: date) -> Readiness:
            if on.platform.settlement.progress is not None:  # others ask too, outside of settlements
                with pytest.raises(Exception, match="a settlement is under way"):
                    restate(on, DAYS[1])
                answers.append(day)
            return readiness(day)

        market.readiness = meanwhile  # type: ignore[method-assign]
        monday = market.calendar.next_after(DAYS[-1])
        on.clock_to(monday, "19:00")
        assert answers == [monday]

    def test_a_calendar_of_settled_days_does_not_change_even_here(self, on: Stage, tmp_path: Path) -> None:
        file = tmp_path / "calendar.csv"
        file.write_text(f"date,is_open\n{DAYS[2]},false\n")
        assert "are settled" in refused(on, data=str(file))


class TestWhatEveryoneReads:
    def test_the_public_record_that_was_read_before_is_made_anew(self, on: Stage, corrected: Path) -> None:
        public = on.public()
        path = "/public/strategies/holds-a/track-record"
        before = public.get(path)["records"]
        version = on.platform.settlement.version(1)
        restate(on, DAYS[1], corrected)
        after = public.get(path)["records"]
        assert [r["nav"] for r in after] == pytest.approx([nav / 1e6 for nav in on.navs("holds-a")])
        assert [a != b for a, b in zip(before, after, strict=True)] == [
            False,
            True,
            True,
            False,
            False,
            False,
        ]
        assert on.platform.settlement.version(1) != version
        assert on.platform.settlement.version(2) == on.platform.settlement.version(3)

    def test_the_list_shows_the_restated_last_day(self, on: Stage, tmp_path: Path) -> None:
        data: Bars = {(A, DAYS[-1]): (10.5, 10.7, 10.5, 1_000_000)}
        restate(on, DAYS[-1], write_bars(tmp_path, data))
        shown = {each["slug"]: each["nav"] for each in on.public().get("/public/strategies")["strategies"]}
        assert shown["holds-a"] == on.navs("holds-a")[-1] == 1_000_000 - 5.0 + 50_000 * 0.7

    def test_what_stands_in_memory_is_what_a_new_start_would_read(self, on: Stage, corrected: Path) -> None:
        restate(on, DAYS[1], corrected)
        platform, known = on.platform, on.platform.settlement
        anew = Settlement(platform.records, platform.series, platform.clock, platform.market)
        numbers = [1, 2, 3]
        assert known.latest(numbers) == anew.latest(numbers)
        assert [known.version(n) for n in numbers] == [anew.version(n) for n in numbers]
        assert len({known.version(n) for n in numbers}) == 2

    def test_past_restatements_newest_first(
        self, on: Stage, agent: Caller, corrected: Path, tmp_path: Path
    ) -> None:
        assert ask(on, data=str(corrected)).json()["restatement"] == 1
        restate(on, DAYS[-1], write_bars(tmp_path / "2", {(B, DAYS[-1]): (21.0, 21.3, 21.0, 1000)}))
        second, first = on.operator.get("/admin/restatements")["restatements"]
        assert (first["id"], first["from"], first["reason"], first["by"]) == (
            1,
            "2024-03-04",
            REASON,
            "operator",
        )
        assert (first["strategy_days"], first["strategies"], first["days"]) == (2, 1, 2)
        assert (second["id"], second["strategy_days"], second["days"]) == (2, 1, 1)
        assert on.operator.get("/admin/restatements", limit=1, offset=1)["restatements"] == [first]
        assert agent.call("GET", "/admin/restatements").status_code == 403

    def test_a_run_shows_what_it_settled_although_it_was_restated_since(
        self, on: Stage, corrected: Path
    ) -> None:
        def outcomes(number: int) -> list[Any]:
            runs = on.operator.get("/admin/settlement-runs")["settlement_runs"]
            found = on.operator.get(f"/admin/settlement-runs/{runs[-number]['id']}")
            return [(o["slug"], o["trade_date"]) for o in found["outcomes"]]

        before = outcomes(2)
        restate(on, DAYS[1], corrected)
        assert outcomes(2) == before
        assert outcomes(7) == [("holds-a", "2024-03-04"), ("holds-a", "2024-03-05")]

    def test_what_waits_for_data_goes_on_with_those_of_a_restatement(self, on: Stage, tmp_path: Path) -> None:
        monday = on.platform.market.calendar.next_after(DAYS[-1])
        on.clock_to(monday, "19:00")
        assert len(on.navs("holds-a")) == 6
        data: Bars = {(s, monday): (p, p, p, 1000) for s, p in ((A, 10.6), (B, 21.2))}
        restate(on, DAYS[-1], write_bars(tmp_path, data))
        assert len(on.navs("holds-a")) == 7

    def test_the_signals_and_the_terms_of_the_run_are_recorded(self, on: Stage, corrected: Path) -> None:
        answer = restate(on, DAYS[1], corrected)
        run = on.operator.get(f"/admin/settlement-runs/{answer['run']}")
        assert (run["status"], run["settled"], run["held"]) == ("done", 1, 14)
        assert run["detail"]["restatement"] == {
            "from": "2024-03-04",
            "reason": REASON,
            "id": 1,
            "strategy_days": 2,
        }


def test_a_restatement_whose_process_died_after_the_commit_was_done(on: Stage, corrected: Path) -> None:
    restate(on, DAYS[1], corrected)
    refused(on, data="/nowhere")
    with on.platform.records.write() as session:
        for run in store.runs(session, 2, 0):
            run.status, run.finished_at = "running", None
            session.add(run)
    assert on.platform.settlement.mark_interrupted() == 2
    states = [run["status"] for run in on.operator.get("/admin/settlement-runs")["settlement_runs"][:2]]
    assert states == ["interrupted", "done"]


def test_the_commission_that_was_charged_then_is_charged_again(tmp_path: Path, corrected: Path) -> None:
    """The platform's minimum commission is 5 CNY while six days are settled, and 9 when they are restated."""
    with stage(tmp_path / "data", START, minimum_commission=5) as on:
        play(on, on.agent(), commission_rate=0.000001, slippage_rate=0)
        navs = on.navs("holds-a")
    with stage(tmp_path / "data", START, minimum_commission=9) as on:
        assert restate(on, DAYS[0])["changed"]["strategy_days"] == 0
        assert restate(on, DAYS[1], corrected)["changed"]["strategy_days"] == 2
        assert on.navs("holds-a") == [navs[0], navs[1] - 2_500.0, *navs[2:]]
        with on.platform.series.read() as cursor:
            assert store.latest(cursor) == on.platform.settlement.latest([1, 2, 3])
