"""The market's panel, carried on or out of its file, is bit for bit the one that plain arrays make of all bars."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from quantos.factors.axes import Axes
from quantos.factors.core.measured import MarketPanel
from quantos.factors.panels import REDONE, Kept, Panels, Span
from quantos.kit.clock import SystemClock
from quantos.market.core.calendar import shipped_calendar
from quantos.market.core.normalised import NormalisedBars
from quantos.market.service import Market
from quantos.storage.series import Series
from tests.support.adjusted import adjusted_closes
from tests.support.plain_panels import market_panel

NAMES = ("000002.SZ", "300750.SZ", "600000.SH", "600519.SH", "688981.SH")
SUSPENDED = "600000.SH"
"""Has no bars from day 20 to day 49."""
LATE = "001979.SZ"
"""Between the others, and not yet in the market."""

SESSIONS = shipped_calendar().between(date(2024, 1, 2), date(2024, 6, 28))[:60]
KNOWN = 50
"""Days that are imported first."""

Cell = tuple[str, date]


def drawn() -> dict[Cell, tuple[float, float, float]]:
    """(close, reference or NaN, factor or NaN) of each name and day: suspensions, ex-dates, both ways to tell them."""
    random = np.random.default_rng(7)
    rows = {}
    for column, name in enumerate((*NAMES, LATE)):
        close, factor = 20.0 + column, 1.0
        for row, day in enumerate(SESSIONS):
            reference = close
            if random.random() < 0.05:
                reference, factor = round(close * 0.9, 2), round(factor / 0.9, 6)
            close = round(reference * float(random.uniform(0.97, 1.03)), 2)
            away = name == SUSPENDED and 20 <= row < KNOWN
            if not away and random.random() > 0.03:
                rows[name, day] = (
                    close,
                    reference if column % 2 else np.nan,
                    factor if column % 3 else np.nan,
                )
    return rows


ROWS = drawn()


def bars(rows: dict[Cell, tuple[float, float, float]]) -> NormalisedBars:
    count = len(rows)
    close, reference, factor = np.array(list(rows.values()), np.float64).reshape(count, 3).T
    return NormalisedBars(
        symbol=np.array([name for name, _ in rows], object),
        trade_date=np.array([day for _, day in rows], "datetime64[D]"),
        open=close,
        high=close,
        low=close,
        close=close,
        pre_close=reference,
        volume=np.full(count, 1_000, np.int64),
        amount=np.full(count, np.nan),
        adj_factor=factor,
        is_st=np.zeros(count, np.int8),
        trade_status=np.ones(count, np.int8),
        source="test",
    )


def of_days(first: int, last: int, names: tuple[str, ...] = NAMES) -> dict[Cell, tuple[float, float, float]]:
    return {cell: row for cell, row in ROWS.items() if cell[0] in names and cell[1] in SESSIONS[first:last]}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    series = Series(tmp_path / "series.duckdb")
    found = Market(series, SystemClock())
    found.import_bars(bars(of_days(0, KNOWN)))
    yield found
    series.close()


@pytest.fixture
def panels(market: Market, tmp_path: Path) -> Panels:
    return Panels(market, tmp_path / "cache" / "market.panel")


def span(market: Market, days: int, *more: str) -> Span:
    symbols = market.instruments().symbols
    sessions = np.array(SESSIONS[:days], "datetime64[D]")
    return Span(sessions, tuple(sorted({*symbols, *more})), symbols)


def in_plain_arrays(market: Market, wanted: Span) -> MarketPanel:
    close = np.full((len(wanted.sessions), len(wanted.axis)), np.nan)
    columns = [wanted.axis.index(symbol) for symbol in wanted.instruments]
    close[:, columns] = adjusted_closes(market, wanted.sessions)
    return market_panel(wanted.sessions, close)


def assert_same_bits(found: MarketPanel, wanted: MarketPanel) -> None:
    np.testing.assert_array_equal(found.dates, wanted.dates)
    for name in ("returns", "codes", "has_close"):
        mine, theirs = getattr(found, name), getattr(wanted, name)
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
        assert mine.dtype == theirs.dtype
        assert np.ascontiguousarray(mine).tobytes() == theirs.tobytes(), name


def of(kept: Kept | None) -> MarketPanel:
    assert kept is not None
    return kept.laid.sheet.market


def changed(name: str, row: int, close: float) -> NormalisedBars:
    """That day again, with another close."""
    return bars({(name, SESSIONS[row]): (close, *ROWS[name, SESSIONS[row]][1:])})


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def nothing() -> None:
    """Called when the bars are read."""


def test_made_of_all_bars(market: Market, panels: Panels) -> None:
    wanted = span(market, KNOWN, "888888.SH")
    found = of(panels.made(wanted, nothing))
    assert_same_bits(found, in_plain_arrays(market, wanted))
    assert 0.8 < np.isfinite(found.returns[:, :2]).mean() < 1.0


@pytest.mark.parametrize("first", [30, 48])
def test_where_a_panel_begins_decides_nothing_of_its_days(market: Market, panels: Panels, first: int) -> None:
    """A name that is suspended where it begins keeps its close, as in one that begins before its last bar."""
    market.import_bars(bars(of_days(KNOWN, 60)))
    late = span(market, 60)._replace(sessions=np.array(SESSIONS[first:60], "datetime64[D]"))
    short, long = of(panels.made(late, nothing)), of(panels.made(span(market, 60), nothing))
    assert short.has_close[: KNOWN - first, late.axis.index(SUSPENDED)].all()
    np.testing.assert_array_equal(short.has_close, long.has_close[first:])
    np.testing.assert_allclose(short.returns, long.returns[first:], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(short.codes, long.codes[first:])


def test_a_panel_is_made_anew_where_the_close_is_restated_that_a_name_carried_into_it(
    market: Market, panels: Panels
) -> None:
    market.import_bars(bars(of_days(KNOWN, 60)))
    late = span(market, 60)._replace(sessions=np.array(SESSIONS[30:60], "datetime64[D]"))
    kept = panels.made(late, nothing)
    market.import_bars(changed(SUSPENDED, 19, 23.45))
    assert panels.carried_on(kept, late) is None


def test_a_name_that_comes_back_to_a_panel_it_was_suspended_at_the_begin_of(
    market: Market, panels: Panels
) -> None:
    """Carried on over its return, and back again without it."""
    late = span(market, KNOWN)._replace(sessions=np.array(SESSIONS[30:KNOWN], "datetime64[D]"))
    alone = panels.made(late, nothing)
    column = late.axis.index(SUSPENDED)
    assert not of(alone).has_close[:, column].any()
    market.import_bars(bars(of_days(KNOWN, KNOWN + REDONE)))
    longer = late._replace(sessions=np.array(SESSIONS[30 : KNOWN + REDONE], "datetime64[D]"))
    carried = panels.carried_on(alone, longer)
    assert_same_bits(of(carried), of(panels.made(longer, nothing)))
    assert of(carried).has_close[:, column].all()
    with market.series.write() as cursor:
        cursor.execute("DELETE FROM bar WHERE trade_date >= ?", [SESSIONS[KNOWN]])
    assert carried is not None
    assert_same_bits(of(panels.carried_on(carried, late)), of(alone))


def test_carried_on_by_new_days_with_a_name_that_comes_back_after_long(
    market: Market, panels: Panels
) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    column = kept.axis.index(SUSPENDED)
    assert not of(kept).has_close[KNOWN - REDONE - 1, column], "nobody knows that it will be back"
    market.import_bars(bars(of_days(KNOWN, 60)))
    for days in (KNOWN + 1, KNOWN + 3, 60):
        wanted = span(market, days)
        following = panels.carried_on(kept, wanted)
        assert_same_bits(of(following), in_plain_arrays(market, wanted))
        assert of(following).has_close[20:, column].all()
        kept = following or kept


@pytest.mark.parametrize("row", [KNOWN - 1, KNOWN - REDONE])
def test_carried_on_over_a_late_bar_and_a_restated_one_of_the_last_days(
    market: Market, panels: Panels, row: int
) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    market.import_bars(changed("600519.SH", row, 23.45))
    market.import_bars(bars({(SUSPENDED, SESSIONS[row]): (22.0, 22.5, 1.2)}))
    found = of(panels.carried_on(kept, span(market, KNOWN)))
    assert_same_bits(found, in_plain_arrays(market, span(market, KNOWN)))
    assert not np.array_equal(found.returns, of(kept).returns, equal_nan=True)


def test_carried_on_with_a_new_instrument_and_a_new_name_between_the_others(
    market: Market, panels: Panels
) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    market.import_bars(bars(of_days(KNOWN, 60, (*NAMES, LATE))))
    wanted = span(market, 60, "301000.SZ")
    assert wanted.axis.index(LATE) == 1
    assert_same_bits(of(panels.carried_on(kept, wanted)), in_plain_arrays(market, wanted))


def test_a_day_that_comes_again_as_it_was_changes_nothing(market: Market, panels: Panels) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    market.import_bars(bars(of_days(10, 20)))
    assert_same_bits(of(panels.carried_on(kept, span(market, KNOWN))), of(kept))


def test_what_a_later_bar_filled_is_empty_again_without_it(market: Market, panels: Panels) -> None:
    """As after a restored backup: the suspended name's bars of its return are gone."""
    market.import_bars(bars(of_days(KNOWN, KNOWN + REDONE)))
    kept = panels.made(span(market, KNOWN + REDONE), nothing)
    assert of(kept).has_close[30, kept.axis.index(SUSPENDED)]
    with market.series.write() as cursor:
        cursor.execute("DELETE FROM bar WHERE trade_date >= ?", [SESSIONS[KNOWN]])
    for days in (KNOWN, KNOWN + REDONE):
        wanted = span(market, days)
        found = of(panels.carried_on(kept, wanted))
        assert_same_bits(found, in_plain_arrays(market, wanted))
        assert not found.has_close[30, kept.axis.index(SUSPENDED)]


def restated(market: Market) -> None:
    market.import_bars(changed("600519.SH", 12, 23.45))


def late_by_weeks(market: Market) -> None:
    market.import_bars(bars({(SUSPENDED, SESSIONS[30]): (22.0, 22.5, 1.2)}))


def factors_on_another_base(market: Market) -> None:
    rows = of_days(0, KNOWN, ("300750.SZ", "688981.SH"))
    market.import_bars(
        bars({cell: (close, reference, 2 * factor) for cell, (close, reference, factor) in rows.items()})
    )


def another_reference(market: Market) -> None:
    close, reference, factor = ROWS["300750.SZ", SESSIONS[25]]
    market.import_bars(bars({("300750.SZ", SESSIONS[25]): (close, round(reference * 0.95, 2), factor)}))


def listed_with_its_past(market: Market) -> None:
    market.import_bars(bars(of_days(0, KNOWN, (LATE,))))


def gone(market: Market) -> None:
    with market.series.write() as cursor:
        cursor.execute("DELETE FROM bar WHERE trade_date = ? AND instrument = 3", [SESSIONS[9]])


@pytest.mark.parametrize(
    "change",
    [restated, late_by_weeks, factors_on_another_base, another_reference, listed_with_its_past, gone],
)
def test_earlier_bars_that_change_have_it_made_anew(market: Market, tmp_path: Path, change: object) -> None:
    axes = Axes(market, SystemClock(), tmp_path / "cache" / "market.panel")
    first, last = SESSIONS[0], SESSIONS[KNOWN - 1]
    before = axes.window("hs300", first, last)
    assert before is not None
    kept = Panels(market, tmp_path / "cache" / "market.panel").stored()
    assert kept is not None
    assert callable(change)
    change(market)
    market.refresh()
    symbols = market.instruments().symbols
    wanted = Span(kept.laid.sheet.dates, tuple(sorted(symbols)), symbols)
    assert Panels(market, tmp_path / "elsewhere").carried_on(kept, wanted) is None
    after = axes.window("hs300", first, last)
    assert after is not None
    whole = in_plain_arrays(market, wanted)
    rows = np.isin(whole.dates, after.dates)
    parts = replace(
        whole,
        dates=whole.dates[rows],
        returns=whole.returns[rows],
        codes=whole.codes[rows],
        has_close=whole.has_close[rows],
    )
    assert_same_bits(after.market, parts)


def test_the_file_gives_back_the_panel(market: Market, panels: Panels) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    stored = panels.stored()
    assert_same_bits(of(stored), of(kept))
    market.import_bars(bars(of_days(KNOWN, 60)))
    assert stored is not None
    assert_same_bits(
        of(panels.carried_on(stored, span(market, 60))), in_plain_arrays(market, span(market, 60))
    )
    assert_same_bits(of(stored), of(kept))
    assert of(panels.stored()).dates[-1] == np.datetime64(SESSIONS[59])


def test_a_damaged_file_is_none(market: Market, panels: Panels, tmp_path: Path) -> None:
    panels.made(span(market, KNOWN), nothing)
    path = tmp_path / "cache" / "market.panel"
    whole = path.read_bytes()
    for place in (3, 20, 40, 70, len(whole) // 2, len(whole) - 20_000 % len(whole), len(whole) - 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert panels.stored() is None, place
    for length in (0, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert panels.stored() is None, length
    path.write_bytes(whole)
    assert panels.stored() is not None


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from quantos.factors.panels import Panels, Span
from quantos.kit.clock import SystemClock
from quantos.market.service import Market
from quantos.storage.series import Series
from tests.support.adjusted import adjusted_closes
from tests.support.plain_panels import market_panel

def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)

folder, moment = Path(sys.argv[1]), sys.argv[2]
market = Market(Series(folder / "series.duckdb"), SystemClock())
panels = Panels(market, folder / "cache" / "market.panel")
symbols = market.instruments().symbols
if moment == "named":
    Path.replace = die
span = Span(np.array(sys.argv[3:], "datetime64[D]"), tuple(sorted(symbols)), symbols)
panels.made(span, die if moment == "made" else lambda: None)
"""


@pytest.mark.parametrize("moment", ["made", "named"])
def test_a_kill_while_it_is_written_leaves_the_one_before(
    market: Market, panels: Panels, tmp_path: Path, moment: str
) -> None:
    kept = panels.made(span(market, KNOWN), nothing)
    other = tmp_path / "other"
    other.mkdir()
    assert isinstance(market.series, Series)
    market.series.checkpoint()
    shutil.copy(tmp_path / "series.duckdb", other)
    shutil.copytree(tmp_path / "cache", other / "cache")
    days = [day.isoformat() for day in SESSIONS[5:KNOWN]]
    done = subprocess.run([sys.executable, "-c", KILLED, str(other), moment, *days], check=False)
    assert done.returncode == -signal.SIGKILL
    assert names_in(other / "cache") == [".market.panel.new", "market.panel"], "it was writing"
    left = Panels(market, other / "cache" / "market.panel")
    assert_same_bits(of(left.stored()), of(kept))
    left.made(span(market, KNOWN), nothing)
    assert names_in(other / "cache") == ["market.panel"]


def test_without_room_on_disk_it_stands_in_memory(market: Market, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")
    panels = Panels(market, tmp_path / "taken" / "market.panel")
    wanted = span(market, KNOWN)
    assert_same_bits(of(panels.made(wanted, nothing)), in_plain_arrays(market, wanted))
    assert panels.stored() is None


def test_a_platform_that_starts_again_reads_the_file(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "market.panel"
    first = Axes(market, SystemClock(), path).window("hs300", SESSIONS[0], SESSIONS[KNOWN - 1])
    written = path.stat().st_ino
    again = Axes(market, SystemClock(), path).window("hs300", SESSIONS[0], SESSIONS[KNOWN - 1])
    assert first is not None
    assert again is not None
    assert_same_bits(again.market, first.market)
    assert path.stat().st_ino == written, "what nothing was added to is not written again"
