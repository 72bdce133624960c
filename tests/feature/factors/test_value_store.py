"""Stored factor values: what is acknowledged is there, whole, whatever happens next."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from quantos.factors.core.panel import Dates, Panel
from quantos.factors.core.ranks import rank_codes
from quantos.factors.pairs import correlations
from quantos.factors.value_files import ValuesDamaged
from quantos.factors.value_index import Symbols
from quantos.factors.values import Batch, TooManySymbols, ValueStore
from quantos.storage.series import Series

NOON = datetime(2024, 3, 1, 4, 0, tzinfo=UTC)
LATER = datetime(2024, 3, 2, 4, 0, tzinfo=UTC)
SYMBOLS = tuple(f"{number:06d}.SZ" for number in range(11))


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Series]:
    opened = Series(tmp_path / "series.duckdb")
    yield opened
    opened.close()


@pytest.fixture
def values(tmp_path: Path) -> ValueStore:
    return ValueStore(tmp_path / "factors")


def days(count: int, first: str = "2024-01-01") -> Dates:
    return np.arange(np.datetime64(first), np.datetime64(first) + count)


def drawn(count: int, names: int = len(SYMBOLS), seed: int = 0) -> Panel:
    random = np.random.default_rng(seed)
    panel = random.standard_normal((count, names))
    panel[random.random(panel.shape) < 0.2] = np.nan
    panel[:, 0] = 1.5
    return panel


def put(
    values: ValueStore,
    series: Series,
    dates: Dates,
    panel: Panel,
    symbols: Symbols = SYMBOLS,
    factor: int = 1,
) -> int:
    with series.write() as cursor:
        return values.put(cursor, factor, Batch(dates, symbols, panel), NOON)


def read(
    values: ValueStore, series: Series, dates: Dates, symbols: Symbols = SYMBOLS, factor: int = 1
) -> Panel:
    with series.read() as cursor:
        return values.values(cursor, factor, dates, symbols)


def test_values_come_back_as_they_were(values: ValueStore, series: Series) -> None:
    panel = drawn(20)
    assert put(values, series, days(20), panel) == 20
    np.testing.assert_array_equal(read(values, series, days(20)), panel)
    with series.read() as cursor:
        np.testing.assert_array_equal(values.codes(cursor, 1, days(20), SYMBOLS), rank_codes(panel))
        stored = values.days(cursor, 1)
        assert values.symbols(cursor, 1) == SYMBOLS
    np.testing.assert_array_equal(stored.dates, days(20))
    np.testing.assert_array_equal(stored.covered, np.isfinite(panel).sum(axis=1))
    assert set(stored.received_at.astype(object)) == {NOON.replace(tzinfo=None)}


def test_days_and_symbols_are_read_as_they_are_asked_for(values: ValueStore, series: Series) -> None:
    panel = drawn(20)
    put(values, series, days(20), panel)
    asked = (SYMBOLS[7], "600000.SH", SYMBOLS[2])
    found = read(values, series, days(22, "2024-01-19"), asked)
    np.testing.assert_array_equal(found[:2], np.column_stack([panel[18:, 7], [np.nan] * 2, panel[18:, 2]]))
    assert np.isnan(found[2:]).all()
    assert np.isnan(read(values, series, days(3), factor=2)).all()


def test_a_day_is_replaced_whole(values: ValueStore, series: Series) -> None:
    panel = drawn(20)
    put(values, series, days(20), panel)
    with series.write() as cursor:
        values.put(cursor, 1, Batch(days(1, "2024-01-05"), SYMBOLS[3:5], np.array([[7.0, 8.0]])), LATER)
    panel[4] = np.nan
    panel[4, 3:5] = 7, 8
    np.testing.assert_array_equal(read(values, series, days(20)), panel)
    with series.read() as cursor:
        stored = values.days(cursor, 1)
    assert len(stored.dates) == 20
    assert stored.covered[4] == 2
    assert stored.received_at[4] == np.datetime64("2024-03-02T04:00")
    assert stored.received_at[5] == np.datetime64("2024-03-01T04:00")


def test_symbols_and_days_are_added_in_any_order(values: ValueStore, series: Series) -> None:
    panel = drawn(6)
    put(values, series, days(3, "2024-01-04"), panel[3:, 4:], SYMBOLS[4:])
    put(values, series, days(3), panel[:3, ::-1], SYMBOLS[::-1])
    panel[3:, :4] = np.nan
    np.testing.assert_array_equal(read(values, series, days(6)), panel)
    with series.read() as cursor:
        np.testing.assert_array_equal(values.codes(cursor, 1, days(6), SYMBOLS), rank_codes(panel))
        assert values.symbols(cursor, 1) == SYMBOLS


def test_factors_lie_apart(values: ValueStore, series: Series) -> None:
    one, other = drawn(5, seed=1), drawn(5, seed=2)
    put(values, series, days(5), one, factor=1)
    put(values, series, days(5), other, factor=2)
    np.testing.assert_array_equal(read(values, series, days(5), factor=1), one)
    np.testing.assert_array_equal(read(values, series, days(5), factor=2), other)


def test_what_is_rolled_back_was_never_there(values: ValueStore, series: Series) -> None:
    panel = drawn(5)
    put(values, series, days(5), panel)
    with pytest.raises(RuntimeError), series.write() as cursor:
        values.put(cursor, 1, Batch(days(9), ("600000.SH",), np.ones((9, 1))), LATER)
        raise RuntimeError
    np.testing.assert_array_equal(read(values, series, days(5)), panel)
    put(values, series, days(2, "2024-01-06"), drawn(2, seed=3))
    np.testing.assert_array_equal(read(values, series, days(7)), np.concatenate([panel, drawn(2, seed=3)]))


def test_a_removed_factor_gives_its_space_back(values: ValueStore, series: Series) -> None:
    put(values, series, days(5), drawn(5), factor=1)
    put(values, series, days(5), drawn(5, seed=2), factor=2)
    with series.write() as cursor:
        values.remove(cursor, 1)
    (values.folder / "an-upload.part").touch()
    with series.write() as cursor:
        assert values.sweep(cursor) == 2
    left = sorted(path.name for path in values.folder.iterdir())
    assert left == ["2-1.codes", "2-1.values", "an-upload.part"]
    assert np.isnan(read(values, series, days(5), factor=1)).all()
    np.testing.assert_array_equal(read(values, series, days(5), factor=2), drawn(5, seed=2))


def test_replaced_rows_are_cleared_away(
    values: ValueStore, series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantos.factors.values.COMPACT_FROM", 0)
    for seed in range(8):
        put(values, series, days(10), drawn(10, seed=seed))
        np.testing.assert_array_equal(read(values, series, days(10)), drawn(10, seed=seed))
    with series.read() as cursor:
        assert set(values.days(cursor, 1).received_at.astype(object)) == {NOON.replace(tzinfo=None)}
    assert sum(path.stat().st_size for path in values.folder.glob("*.values")) <= 5 * 10 * len(SYMBOLS) * 8
    with series.write() as cursor:
        values.sweep(cursor)
    assert len(list(values.folder.iterdir())) == 2


@pytest.mark.parametrize("part", ["values", "codes"])
def test_a_changed_byte_is_found_and_the_file_and_day_are_named(
    values: ValueStore, series: Series, part: str
) -> None:
    put(values, series, days(5), drawn(5))
    file = values.folder / f"1-1.{part}"
    data = bytearray(file.read_bytes())
    data[3 * len(data) // 5 + 1] ^= 1
    file.write_bytes(data)
    with (
        series.read() as cursor,
        pytest.raises(ValuesDamaged, match=rf"1-1\.{part} is damaged at 2024-01-04"),
    ):
        (values.values if part == "values" else values.codes)(cursor, 1, days(5), SYMBOLS)
    with series.read() as cursor:
        (values.values if part == "values" else values.codes)(cursor, 1, days(3), SYMBOLS)


def test_a_short_or_missing_file_is_named(values: ValueStore, series: Series) -> None:
    put(values, series, days(5), drawn(5))
    file = values.folder / "1-1.values"
    os.truncate(file, 100)
    with pytest.raises(ValuesDamaged, match=r"1-1\.values ends 340 bytes early"):
        read(values, series, days(5))
    file.unlink()
    with pytest.raises(ValuesDamaged, match=r"1-1\.values is missing"):
        read(values, series, days(5))


def test_symbols_are_bounded(values: ValueStore, series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantos.factors.values.NAMES_MAX", 10)
    with pytest.raises(TooManySymbols, match="10 symbols"):
        put(values, series, days(2), drawn(2))
    assert np.isnan(read(values, series, days(2))).all()


def test_pairs_are_those_of_the_values_in_memory(values: ValueStore, series: Series) -> None:
    import pandas as pd  # noqa: PLC0415 - an oracle

    one, two = drawn(30, seed=1), drawn(30, seed=2)
    put(values, series, days(30), one, factor=1)
    put(values, series, days(20, "2024-01-06"), two[5:25, 3:], SYMBOLS[3:], factor=2)
    put(values, series, days(4, "2025-01-06"), two[:4], factor=3)
    want = [
        pd.Series(one[t, 3:]).corr(pd.Series(two[t, 3:]), method="spearman", min_periods=2)
        for t in range(5, 25)
    ]
    assert correlations(values, series, 1, [2, 3, 1]) == [
        pytest.approx(np.nanmean(want), abs=1e-12),
        None,
        pytest.approx(1.0, abs=1e-15),
    ]
    assert correlations(values, series, 1, []) == []


def test_a_reader_sees_one_upload_whole_while_others_are_stored(
    values: ValueStore, series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantos.factors.values.COMPACT_FROM", 0)  # files change with every other upload
    put(values, series, days(5), np.zeros((5, 11)))
    stop = threading.Event()

    def write() -> None:
        for step in itertools.count(1):
            if stop.is_set():
                return
            put(values, series, days(5), np.full((5, 11), float(step)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [read(values, series, days(5)) for _ in range(150)]
    finally:
        stop.set()
        writer.join()
    assert all((panel == panel[0, 0]).all() for panel in seen)
    assert len({panel[0, 0] for panel in seen}) > 5


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import numpy as np
from quantos.factors.values import Batch, ValueStore
from quantos.storage.series import Series
import quantos.factors.values as module
module.COMPACT_FROM = 0
folder, start = Path(sys.argv[1]), int(sys.argv[2])
series, values = Series(folder / "series.duckdb"), ValueStore(folder / "factors")
symbols = tuple(f"{n:06d}.SZ" for n in range(300))
for step in range(start, start + 100000):
    first = np.datetime64("2024-01-01") + step % 7
    with series.write() as cursor:
        batch = Batch(np.arange(first, first + 3), symbols, np.full((3, 300), float(step)))
        values.put(cursor, 1, batch, datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=step))
    print(step, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    symbols = tuple(f"{number:06d}.SZ" for number in range(300))
    random = np.random.default_rng(0)
    last = dict.fromkeys(range(9), -1)  # the last committed step that wrote each day
    step = 0
    for _ in range(6):
        acknowledged = killed_writer(tmp_path, step, random.uniform(0.05, 0.4))
        series, values = Series(tmp_path / "series.duckdb"), ValueStore(tmp_path / "factors")
        found = read(values, series, days(9), symbols)
        with series.read() as cursor:
            stored = values.days(cursor, 1)
        series.close()
        under_way = acknowledged + 1
        for committed in range(step, under_way + (under_way in found)):
            last |= dict.fromkeys(range(committed % 7, committed % 7 + 3), committed)
        written = [day for day in range(9) if last[day] >= 0]
        assert stored.dates.tolist() == days(9)[written].tolist()
        np.testing.assert_array_equal(found[written], np.tile([[last[day]] for day in written], 300))
        seconds = (stored.received_at - np.datetime64("2024-01-01")) / np.timedelta64(1, "s")
        assert seconds.tolist() == [last[day] for day in written]
        step = under_way + 1


def killed_writer(folder: Path, step: int, after_s: float) -> int:
    """Start a writer at a step, kill it; the last step that it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(step)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(after_s)
    writer.send_signal(signal.SIGKILL)
    rest = writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    return int((first + rest).split("\n")[-2])


def test_the_days_of_several_factors_are_those_of_each(values: ValueStore, series: Series) -> None:
    """On an axis of all their symbols; a factor without the day, and one without values at all, have none."""
    dates, few = days(6), SYMBOLS[3:9]
    put(values, series, dates, drawn(6))
    put(values, series, dates[:4], drawn(4, len(few), seed=1), few, factor=2)
    put(values, series, dates, drawn(6, 2, seed=2), ("000099.SZ", "000002.SZ"), factor=3)
    with series.snapshot() as cursor:
        for day in dates:
            symbols, found = values.values_of_day(cursor, (3, 1, 2, 9), day)
            assert symbols == tuple(sorted({*SYMBOLS, "000099.SZ"}))
            for row, factor in enumerate((3, 1, 2, 9)):
                alone = values.values(cursor, factor, np.array([day]), symbols)[0]
                np.testing.assert_array_equal(found[row], alone)
        assert np.isnan(found[3]).all()
        together = values.codes_at_hand(cursor, (1, 2, 3, 9), dates[1:5])
        for factor in (1, 2, 3, 9):
            got = values.codes_at(cursor, factor, together.get(factor), dates[1:5], SYMBOLS)
            np.testing.assert_array_equal(got, values.codes(cursor, factor, dates[1:5], SYMBOLS))
        received = values.received_after(cursor, {1: dates[2].item(), 2: dates[3].item(), 3: dates[0].item()})
    expected = [(1, day) for day in dates[3:]] + [(3, day) for day in dates[1:]]
    assert list(zip(received.factor.tolist(), received.dates, strict=True)) == expected


def test_what_is_stored_of_some_days_is_what_is_stored_at_all(values: ValueStore, series: Series) -> None:
    dates = days(9)
    put(values, series, dates[[1, 2, 5, 7]], drawn(4))
    put(values, series, dates, drawn(9), factor=2)
    with series.read() as cursor:
        assert values.stored_among(cursor, 3, dates)[0] == 0
        for wanted in (dates[:1], dates[1:3], dates[[2, 7]], dates):
            count, there = values.stored_among(cursor, 1, wanted)
            known = values.days(cursor, 1).dates
            assert count == len(known)
            np.testing.assert_array_equal(np.isin(wanted, there), np.isin(wanted, known))
