"""Uploads of factor values: 500 days of 5,000 names over HTTP, in each form that the route takes.

    python -m tests.bench.bench_uploads [ROUNDS]

A platform of its own process; each upload replaces the same days of one factor and is answered after its values are
ranked and synced; the processor time is the server's, with that of the other client's questions. Beside each, in the same run: the same bytes merely decoded, by orjson or by pyarrow. Meanwhile
another client asks for `/health` as often as it is answered: its worst wait tells whether an upload stalls others.
"""

from __future__ import annotations

import io
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from quantos.market.core.calendar import shipped_calendar
from tests.bench.watched import Watched
from tests.support.served import Served, served_platform

DAYS: Final = 500
NAMES: Final = 5_000
ROUNDS: Final = 3
EVENING: Final = "2024-03-01T20:00"


@dataclass(frozen=True)
class Form:
    """One way to send the same values."""

    name: str
    kind: str
    body: bytes
    decode: Callable[[bytes], Any]


@dataclass
class Waits:
    """Seconds that another client waited for each of its answers."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def asked(self, url: str) -> Iterator[None]:
        done = threading.Event()
        asking = threading.Thread(target=self._ask, args=(url, done))
        asking.start()
        try:
            yield
        finally:
            done.set()
            asking.join()

    def _ask(self, url: str, done: threading.Event) -> None:
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            while not done.is_set():
                begun = time.perf_counter()
                client.get("/api/v1/health").raise_for_status()
                self.seconds.append(time.perf_counter() - begun)


def forms() -> list[Form]:
    """The values are normal variates of 16 digits; every name has one on every day."""
    sessions = shipped_calendar().sessions
    days = sessions[sessions <= np.datetime64("2024-03-01")][-DAYS:]
    symbols = [f"{600000 + number:06d}.SH" for number in range(NAMES)]
    values = np.random.default_rng(7).normal(size=(DAYS, NAMES))
    entries = [
        {"date": str(day), "values": dict(zip(symbols, row, strict=True))}
        for day, row in zip(days, values.tolist(), strict=True)
    ]
    wide = pa.table({"date": pa.array(days)} | {name: values[:, at] for at, name in enumerate(symbols)})
    long = pa.table(
        {
            "date": pa.array(np.repeat(days, NAMES)),
            "symbol": pa.array(symbols * DAYS).dictionary_encode(),
            "value": values.ravel(),
        }
    )
    arrow, parquet = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"
    return [
        Form("JSON", "application/json", orjson.dumps({"data": entries}), orjson.loads),
        Form("Arrow, wide", arrow, _streamed(wide, None), _read_stream),
        Form("Arrow, wide, lz4", arrow, _streamed(wide, "lz4"), _read_stream),
        Form("Arrow, long", arrow, _streamed(long, None), _read_stream),
        Form("Parquet, long", parquet, _written(long), lambda body: pq.read_table(io.BytesIO(body))),
    ]


def upload_s(client: httpx.Client, path: str, form: Form) -> float:
    begun = time.perf_counter()
    answer = client.post(path, content=form.body, headers={"Content-Type": form.kind})
    assert answer.status_code == 200, answer.text
    return time.perf_counter() - begun


def decode_s(form: Form) -> float:
    begun = time.perf_counter()
    form.decode(form.body)
    return time.perf_counter() - begun


def measure(server: Served, watched: Watched, form: Form, rounds: int) -> str:
    """One line: the median upload, the bare decoding, and the worst wait of another client."""
    token, waits = server.agent_token(), Waits()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=300, headers=headers) as client:
        made = client.post("/api/v1/factors", json={"name": form.name, "universe": "csi500"}).json()
        path = f"/api/v1/factors/{made['id']}/values"
        upload_s(client, path, form)
        bare = statistics.median(decode_s(form) for _ in range(rounds))
        with waits.asked(server.url):
            worked = watched.processor_s()
            spent = statistics.median(upload_s(client, path, form) for _ in range(rounds))
    worked = (watched.processor_s() - worked) / rounds
    return (
        f"{form.name:18} {len(form.body) / 2**20:5.0f} MiB   uploaded in {spent:.2f} s"
        f" (server's processor {worked:.2f} s)   merely decoded in {bare:.3f} s"
        f"   another client waited {max(waits.seconds) * 1e3:.0f} ms at the most"
    )


def _streamed(table: pa.Table, compression: str | None) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _read_stream(body: bytes) -> pa.Table:
    return pa.ipc.open_stream(body).read_all()


def _written(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with TemporaryDirectory() as folder, served_platform(Path(folder) / "data", EVENING) as server:
        watched = Watched(Path(folder) / "data")
        for form in forms():
            print(measure(server, watched, form, rounds), flush=True)
        print(f"peak memory of the server {watched.peak_gib():.2f} GiB")
    print(f"load {Path('/proc/loadavg').read_text().split()[0]}")


if __name__ == "__main__":
    main()
