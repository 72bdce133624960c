"""The fetch runner: waits, journal, interruption, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from quantos.errors import Invalid
from quantos.market.core.normalised import NormalisedBars
from quantos.market.core.providers.provider import bars_of
from quantos.market.providers import fetch
from quantos.market.providers.fetch import FetchProgress, FetchReport, run, source_named
from quantos.market.providers.folder import FetchUnderWay, fetch_folder
from quantos.market.providers.journal import Journal
from quantos.market.providers.retry import Backoff
from quantos.market.providers.source import SourceRefused, SourceUnreachable, SymbolRefused

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 8)
SYMBOLS = ["606001.SH", "606002.SH", "606003.SH"]


class Recorded:
    """A source of two rows a symbol, whose connection can be made to fail."""

    name = "recorded"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures: dict[str, list[Exception]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def daily(self, symbol: str, first: date, last: date) -> NormalisedBars:
        self.asked.append(symbol)
        if self.failures.get(symbol):
            raise self.failures[symbol].pop(0)
        return bars_of(
            self.name,
            np.full(2, symbol, dtype=object),
            trade_date=np.array([first, last], dtype="datetime64[D]"),
        )


class Stored:
    def __init__(self) -> None:
        self.loads: list[list[str]] = []

    def __call__(self, bars: NormalisedBars) -> None:
        self.loads.append(list(dict.fromkeys(bars.symbol)))

    @property
    def symbols(self) -> list[str]:
        return [symbol for load in self.loads for symbol in load]


@pytest.fixture
def source() -> Recorded:
    return Recorded()


@pytest.fixture
def stored() -> Stored:
    return Stored()


def patient(waits: list[float] | None = None, chance: Callable[[], float] = lambda: 1.0) -> Backoff:
    return Backoff(attempts=4, sleep=(waits if waits is not None else []).append, random=chance)


def test_every_symbol_is_stored(source: Recorded, stored: Stored) -> None:
    report = run(source, SYMBOLS, FIRST, LAST, stored)
    assert stored.symbols == SYMBOLS
    assert report == FetchReport("recorded", FIRST, LAST, fetched=3, resumed=0, rows=6)


def test_a_symbol_named_twice_is_asked_for_once(source: Recorded, stored: Stored) -> None:
    assert run(source, [*SYMBOLS, SYMBOLS[0]], FIRST, LAST, stored).fetched == 3


def test_progress_is_told_after_each_symbol(source: Recorded, stored: Stored) -> None:
    told: list[FetchProgress] = []
    run(source, SYMBOLS, FIRST, LAST, stored, progress=told.append)
    assert told == [FetchProgress(k + 1, 3, symbol, 2) for k, symbol in enumerate(SYMBOLS)]


def test_a_failing_network_is_waited_for_ever_longer(source: Recorded, stored: Stored) -> None:
    source.failures["606002.SH"] = [SourceUnreachable("down") for _ in range(3)]
    waits: list[float] = []
    report = run(source, SYMBOLS, FIRST, LAST, stored, backoff=patient(waits))
    assert waits == [1.0, 2.0, 4.0]
    assert report.fetched == 3


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_chance_takes_up_to_half_of_a_wait(chance: float, wait: float) -> None:
    assert patient(chance=lambda: chance).wait_s(0) == wait


def test_a_wait_has_an_upper_bound() -> None:
    assert patient().wait_s(30) == 60.0


def test_a_network_that_stays_down_stops_with_what_to_do(source: Recorded, stored: Stored) -> None:
    source.failures["606002.SH"] = [SourceUnreachable("no route") for _ in range(4)]
    with pytest.raises(
        SourceUnreachable,
        match=r"no route; gave up after 4 attempts with 1 of 3 .*run the same command again",
    ):
        run(source, SYMBOLS, FIRST, LAST, stored, backoff=patient())
    assert stored.symbols == ["606001.SH"]


def test_an_interrupted_fetch_goes_on_where_it_stopped(
    source: Recorded, stored: Stored, tmp_path: Path
) -> None:
    path = tmp_path / "fetch.jsonl"
    source.failures["606003.SH"] = [SourceUnreachable("down") for _ in range(4)]
    with pytest.raises(SourceUnreachable):
        run(source, SYMBOLS, FIRST, LAST, stored, Journal(path), backoff=patient())
    source.asked.clear()
    report = run(source, SYMBOLS, FIRST, LAST, stored, Journal(path), backoff=patient())
    assert source.asked == ["606003.SH"]
    assert (report.resumed, report.fetched) == (2, 1)
    assert stored.symbols == SYMBOLS


def test_a_keyboard_interrupt_keeps_what_was_fetched(
    source: Recorded, stored: Stored, tmp_path: Path
) -> None:
    def interrupt(progress: FetchProgress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    journal = Journal(tmp_path / "fetch.jsonl")
    with pytest.raises(KeyboardInterrupt):
        run(source, SYMBOLS, FIRST, LAST, stored, journal, interrupt)
    assert stored.symbols == SYMBOLS[:2]
    assert run(source, SYMBOLS, FIRST, LAST, stored, journal).resumed == 2


def test_a_finished_fetch_asks_for_nothing(source: Recorded, stored: Stored, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fetch.jsonl")
    run(source, SYMBOLS, FIRST, LAST, stored, journal)
    source.asked.clear()
    assert run(source, SYMBOLS, FIRST, LAST, stored, journal).resumed == 3
    assert source.asked == []


def test_a_longer_range_is_asked_for_again(source: Recorded, stored: Stored, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fetch.jsonl")
    run(source, SYMBOLS, FIRST, LAST, stored, journal)
    assert run(source, SYMBOLS, FIRST, date(2024, 3, 11), stored, journal).fetched == 3


def test_a_failed_store_is_not_noted_as_finished(source: Recorded, tmp_path: Path) -> None:
    def full(_: NormalisedBars) -> None:
        raise OSError("disk full")

    journal = Journal(tmp_path / "fetch.jsonl")
    with pytest.raises(OSError, match="disk full"):
        run(source, SYMBOLS, FIRST, LAST, full, journal)
    assert not journal.covers("recorded", "606001.SH", FIRST, LAST)


def test_a_torn_line_of_the_journal_is_fetched_again(tmp_path: Path) -> None:
    path = tmp_path / "fetch.jsonl"
    Journal(path).finish("recorded", SYMBOLS, FIRST, LAST)
    path.write_bytes(path.read_bytes()[:-20])
    journal = Journal(path)
    assert [journal.covers("recorded", s, FIRST, LAST) for s in SYMBOLS] == [True, True, False]
    journal.finish("recorded", ["606003.SH"], FIRST, LAST)
    assert all(Journal(path).covers("recorded", s, FIRST, LAST) for s in SYMBOLS)


def test_a_journal_knows_each_source_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fetch.jsonl")
    journal.finish("recorded", SYMBOLS, FIRST, LAST)
    assert not journal.covers("another", SYMBOLS[0], FIRST, LAST)


def test_a_cleared_journal_knows_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fetch.jsonl")
    journal.finish("recorded", SYMBOLS, FIRST, LAST)
    journal.clear()
    assert not Journal(tmp_path / "fetch.jsonl").covers("recorded", SYMBOLS[0], FIRST, LAST)


def test_a_refused_symbol_is_reported_and_the_others_go_on(source: Recorded, stored: Stored) -> None:
    source.failures["606002.SH"] = [SymbolRefused("606002.SH: unknown")]
    report = run(source, SYMBOLS, FIRST, LAST, stored, backoff=patient())
    assert report.refused == {"606002.SH": "606002.SH: unknown"}
    assert stored.symbols == ["606001.SH", "606003.SH"]


def test_twenty_refusals_on_end_are_the_providers(source: Recorded, stored: Stored) -> None:
    symbols = [f"6060{k:02d}.SH" for k in range(25)]
    source.failures = {symbol: [SymbolRefused("blocked page")] for symbol in symbols[1:]}
    with pytest.raises(SourceRefused, match="20 symbols in a row were refused, the last with: blocked page"):
        run(source, symbols, FIRST, LAST, stored)
    assert stored.symbols == ["606000.SH"]


def test_rows_are_stored_in_loads_of_many_symbols(source: Recorded, stored: Stored) -> None:
    symbols = [f"60{k:04d}.SH" for k in range(fetch.BATCH + 1)]
    run(source, symbols, FIRST, LAST, stored)
    assert [len(load) for load in stored.loads] == [fetch.BATCH, 1]


def test_a_range_that_ends_before_it_starts_is_refused(source: Recorded, stored: Stored) -> None:
    with pytest.raises(Invalid, match="lies before"):
        run(source, SYMBOLS, LAST, FIRST, stored)


def test_a_symbol_that_is_none_is_refused_before_anything_is_asked(source: Recorded, stored: Stored) -> None:
    with pytest.raises(Invalid, match="600519"):
        run(source, ["606001.SH", "600519"], FIRST, LAST, stored)
    assert source.asked == []


@pytest.mark.parametrize(
    ("name", "source_name"),
    [
        ("baostock", "baostock"),
        ("akshare", "akshare_sina"),
        ("akshare-eastmoney", "akshare_eastmoney"),
    ],
)
def test_a_source_is_found_by_its_name(name: str, source_name: str) -> None:
    assert source_named(name).name == source_name


def test_an_unknown_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="baostock, akshare, akshare-eastmoney"):
        source_named("yahoo")


def test_a_folder_takes_one_fetch_at_a_time(tmp_path: Path) -> None:
    with fetch_folder(tmp_path / "fetched", tmp_path / "fetch.jsonl"):
        with (
            pytest.raises(FetchUnderWay, match="wait for its end"),
            fetch_folder(tmp_path / "fetched", tmp_path / "fetch.jsonl"),
        ):
            pytest.fail("two fetches wrote into one folder")
    with fetch_folder(tmp_path / "fetched", tmp_path / "fetch.jsonl") as free:
        assert not free.has_files()


def test_what_a_folder_has_finished_the_stores_journal_has_once_it_is_imported(
    source: Recorded, tmp_path: Path
) -> None:
    stored = tmp_path / "fetch.jsonl"
    with fetch_folder(tmp_path / "fetched", stored) as folder:
        run(source, SYMBOLS, FIRST, LAST, folder.store, folder.journal)
        assert not Journal(stored).covers("recorded", SYMBOLS[0], FIRST, LAST)
        folder.hand_over()
    assert all(Journal(stored).covers("recorded", symbol, FIRST, LAST) for symbol in SYMBOLS)
    assert not (tmp_path / "fetched").exists()


@pytest.mark.parametrize(("present", "finished"), [(date(2024, 3, 11), False), (date(2024, 3, 12), True)])
def test_a_bar_of_today_that_did_not_come_is_asked_for_again(
    stored: Stored, tmp_path: Path, present: date, finished: bool
) -> None:
    class Late(Recorded):
        def daily(self, symbol: str, first: date, last: date) -> NormalisedBars:
            return super().daily(symbol, first, LAST)

    journal, last = Journal(tmp_path / "fetch.jsonl"), date(2024, 3, 11)
    report = run(Late(), SYMBOLS, FIRST, last, stored, journal, present=present)
    assert report.late == (0 if finished else 3)
    assert journal.covers("recorded", SYMBOLS[0], FIRST, last) is finished
    assert journal.covers("recorded", SYMBOLS[0], FIRST, date(2024, 3, 10))
