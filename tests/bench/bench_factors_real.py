"""Five plain factors on real bars, csi500 and csi1000, 2023 to 2026: the table of docs/factors.md.

    python -m tests.bench.bench_factors_real [--write]

Everything goes the way of a user: bars are imported, values uploaded as an Arrow stream, factors submitted over the
API of a simulated platform on the evening of the last bar. Each universe has a user of its own, who submits in the
order of the table, so that SELF_CORRELATION compares with the active ones above. `--write` puts the table into
docs/factors.md.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import resource
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quantos.kit.clock import parse_instant
from quantos.market.service import BENCHMARKS
from tests.support.adjusted import adjusted_closes
from tests.support.platforms import Caller, Stage, stage

ROOT: Final = Path(__file__).parents[2]
FIRST, LAST = np.datetime64("2023-01-03"), np.datetime64("2026-05-08")
SNAPSHOT: Final = "2026-05-27"
UNIVERSES: Final = ("csi500", "csi1000")
MARK: Final = re.compile(r"(<!-- real factors -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD: Final = (
    "| universe | factor | ICs | IC mean | IC IR | t | turnover | Sharpe | verdict |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"
)

Panel = NDArray[np.float64]


def market_folder() -> Path:
    return Path(os.environ.get("QUANTOS_SHARED") or ROOT.parent / "shared") / "market"


def load(on_stage: Stage, folder: Path) -> None:
    for name in (
        "instruments",
        "bars_stock_2023_2026_all",
        "index_members_spells",
        "index_members_snapshots",
    ):
        begun = perf_counter()
        report = on_stage.platform.market.import_path(folder / f"{name}.parquet")
        print(f"import {name}: {perf_counter() - begun:.1f} s", flush=True)
        assert report.lines(), name


def volumes(on_stage: Stage, sessions: Any, count: int) -> Panel:
    found = np.full((len(sessions), count), np.nan)
    bars = on_stage.platform.market.day_bars(sessions[0].astype(object), sessions[-1].astype(object))
    for row, day in enumerate(bars):
        found[row, day.has_row[:count]] = day.volume[:count][day.has_row[:count]]
    return found


def book(folder: Path, symbols: tuple[str, ...], price: Panel) -> Panel:
    """Book value a share on the day of the snapshot over each day's adjusted close, up to a factor a share."""
    table = pq.read_table(folder / "daily_basic_snapshot.parquet")
    date_name = next(name for name in table.column_names if "date" in name)
    table = table.filter(pc.equal(table[date_name].cast(pa.string()), SNAPSHOT))
    key = "symbol" if "symbol" in table.column_names else "ts_code"
    pb = dict(zip(table[key].to_pylist(), table["pb"].to_pylist(), strict=True))
    known = np.array([pb.get(symbol) or np.nan for symbol in symbols], np.float64)
    last = np.array(
        [column[np.isfinite(column)][-1] if np.isfinite(column).any() else np.nan for column in price.T]
    )
    return last / known / price


def factors_of(price: Panel, volume: Panel, value: Panel) -> Mapping[str, Panel]:
    """By name; NaN where the past does not reach."""
    ret = np.full_like(price, np.nan)
    ret[1:] = price[1:] / price[:-1] - 1

    def over(days: int) -> Panel:
        found = np.full_like(price, np.nan)
        found[days:] = price[days:] / price[:-days] - 1
        return found

    def windows(panel: Panel, days: int, statistic: Any) -> Panel:
        found = np.full_like(panel, np.nan)
        view = np.lib.stride_tricks.sliding_window_view(panel, days, axis=0)
        for row in range(len(view)):
            found[row + days - 1] = statistic(view[row], axis=-1)
        return found

    return {
        "momentum, 20 days": over(20),
        "reversal, 5 days": -over(5),
        "volatility, 20 days": windows(ret, 20, np.std),
        "turnover, 20 days over 120": windows(volume, 20, np.mean) / windows(volume, 120, np.mean),
        "value, book to price": value,
    }


def stream(dates: Any, symbols: tuple[str, ...], values: Panel) -> bytes:
    valued = np.isfinite(values)
    rows, columns = valued.any(axis=1), np.flatnonzero(valued.any(axis=0))
    cells = np.where(valued, values, np.nan)[rows]
    table = {"date": pa.array(dates[rows])}
    table |= {symbols[column]: pa.array(cells[:, column], from_pandas=True) for column in columns}
    sink = io.BytesIO()
    made = pa.table(table)
    with pa.ipc.new_stream(sink, made.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(made, max_chunksize=128)
    return sink.getvalue()


def send(caller: Caller, path: str, content: bytes) -> Any:
    headers = {
        "Authorization": f"Bearer {caller.token}",
        "Content-Type": "application/vnd.apache.arrow.stream",
    }
    answer = caller.runner.run(caller.http.post(path, content=content, headers=headers))
    assert answer.status_code == 200, answer.text
    return answer.json()


def row_of(universe: str, name: str, found: Mapping[str, Any]) -> str:
    figures, more = found["is"], found["diagnostics"]

    def shown(value: float | None, digits: int) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    verdict = "active" if found["status"] == "active" else found["reject_reason"]
    return (
        f"| {universe} | {name} | {len(found['ic_series'])} | {shown(figures['ic_mean'], 4)} |"
        f" {shown(figures['ic_ir'], 3)} | {shown(more['t_stat'], 2)} | {shown(figures['turnover'], 3)} |"
        f" {shown(figures['sharpe'], 2)} | {verdict} |\n"
    )


def run(folder: Path) -> str:
    lines = []
    with (
        TemporaryDirectory() as data,
        stage(Path(data) / "data", parse_instant("2026-05-08T20:00+08:00")) as opened,
    ):
        load(opened, folder)
        market = opened.platform.market
        sessions = market.calendar.sessions
        sessions = sessions[(sessions >= FIRST) & (sessions <= LAST)]
        symbols = market.instruments().symbols
        price = adjusted_closes(market, sessions)
        volume = volumes(opened, sessions, len(symbols))
        made = factors_of(price, volume, book(folder, symbols, price))
        for universe in UNIVERSES:
            caller = opened.agent()
            index = BENCHMARKS[universe]
            known = np.array([market.members(index, day) is not None for day in sessions.astype(object)])
            print(f"{universe}: constituents are known on {known.sum()} of {len(known)} days", flush=True)
            for name, values in made.items():
                content = stream(sessions[known], symbols, values[known])
                factor = caller.post("/factors", {"name": name, "universe": universe})["id"]
                begun = perf_counter()
                send(caller, f"/factors/{factor}/values", content)
                uploaded = perf_counter()
                found = caller.post(f"/factors/{factor}/submit")
                done = perf_counter()
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
                print(
                    f"{universe} {name}: {len(content) / 2**20:.0f} MB, upload {uploaded - begun:.2f} s,"
                    f" validation {done - uploaded:.2f} s, peak {peak:.2f} GiB",
                    flush=True,
                )
                lines.append(row_of(universe, name, found))
                print(lines[-1], end="", flush=True)
    return HEAD + "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    table = run(market_folder())
    print(table)
    if given.write:
        page = ROOT / "docs" / "factors.md"
        page.write_text(MARK.sub(lambda match: f"{match[1]}{table}{match[2]}", page.read_text()))


if __name__ == "__main__":
    main()
