"""The dashboard against a running server: its first screen, what a key takes, scrolling, memory.

    python -m tests.bench.bench_dashboard [--strategies 1000] [--factors 500] [--rows 10000] [--data-dir DIR]

The platform has three years of settlement runs on the synthetic market; its factors' figures are made up. The
dashboard runs on a terminal of its own, 160 x 50. A key is answered at the first byte that it brings to the terminal,
and done at the last before the terminal is quiet. `--data-dir` keeps the platform, and takes it again the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median

import orjson
from sqlalchemy import text

from quantos.accounts.schemas import UserChange
from quantos.accounts.service import Caller
from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.kit.ids import new_id
from quantos.market.core.synthetic import synthetic_market
from quantos.settings import Settings
from quantos.strategies.core.signal import TargetWeight
from quantos.strategies.schemas import StrategyNew, Submission
from tests.support.served import ROOT, Served, served_platform

START, BEFORE, ENDED = "2023-01-03T08:00+08:00", "2025-12-31T08:00+08:00", "2025-12-31T19:00"
OF_A_USER = 20
SIZE = (50, 160)
QUIET_S, PATIENCE_S = 0.08, 60.0
KEYS = {"down": b"\x1b[B", "page down": b"\x1b[6~", "right": b"\x1b[C"}


def prepare(folder: Path, strategies: int, factors: int) -> None:
    """A platform of three years, on the morning of its last day."""
    platform = Platform.open(Settings(data_dir=folder), simulate=parse_instant(START))
    try:
        platform.start()
        made = synthetic_market(platform.market.calendar)
        platform.market.import_instruments(made.instruments, synthetic=True)
        platform.market.import_bars(made.bars, synthetic=True)
        asyncio.run(_strategies(platform, strategies))
        _factors(platform, factors)
        begun = time.perf_counter()
        platform.scheduler.advance_to(parse_instant(BEFORE))
        print(f"three years played in {time.perf_counter() - begun:.0f} s", flush=True)
    finally:
        platform.close()


async def _strategies(platform: Platform, count: int) -> None:
    """Each with one signal, which it holds for three years."""
    symbols = platform.market.instruments().symbols[:60]
    for number in range(count):
        if number % OF_A_USER == 0:
            joined = await platform.accounts.register(platform.accounts.create_invite(1))
            await platform.accounts.change_user(joined.user.id, UserChange(tier="licensed"))
            caller = Caller(joined.user.id, "licensed")
        slug = f"s-{number:05}"
        await platform.strategies.create(caller, StrategyNew(name=f"Strategy {number}", slug=slug))
        chosen = [TargetWeight(symbols[(number + 7 * k) % len(symbols)], 0.3) for k in range(3)]
        now = platform.clock.now()
        await platform.strategies.submit(caller, slug, Submission(date(2023, 1, 3), chosen), now)


def _factors(platform: Platform, count: int) -> None:
    """Rejected ones with every figure: nothing tracks them."""
    with platform.records.write() as session:
        user, made = session.execute(text("SELECT id, created_at FROM user LIMIT 1")).one()
        for number in range(count):
            ic = 0.01 + number % 40 / 1000
            measures = {
                "ic_mean": ic, "ic_ir": ic * 8, "turnover": 0.3, "sharpe": ic * 40, "fitness": ic * 30,
                "ic_decay": [ic / lag for lag in range(1, 6)], "coverage": 0.97, "data_days": 720,
                "max_correlation": number % 90 / 100,
            }  # fmt: skip
            checks = [
                {"name": name, "value": 0.1, "threshold": 0.15, "passed": number % 3 > 0}
                for name in ("IC_MEAN", "IC_IR", "HIGH_TURNOVER", "SELF_CORRELATION", "DATA_COVERAGE")
            ]
            session.execute(
                text(
                    "INSERT INTO factor (id, user_id, name, universe, status, ic_mean, ic_ir, measures, checks, created_at)"
                    " VALUES (:id, :user, :name, 'hs300', 'rejected', :ic, :ir, :measures, :checks, :made)"
                ),
                {
                    "id": new_id(), "user": user, "name": f"factor-{number:03}", "ic": ic, "ir": ic * 8,
                    "measures": orjson.dumps(measures).decode(), "checks": orjson.dumps(checks).decode(),
                    "made": made,
                },
            )  # fmt: skip


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list[str], token: str) -> None:
        self._end, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        variables = {
            **os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "QUANTOS_LANG": "en",
            "QUANTOS_OPERATOR_TOKEN": token, "XDG_CONFIG_HOME": tempfile.mkdtemp(),
        }  # fmt: skip
        self.begun = time.perf_counter()
        self.program = subprocess.Popen(
            command, stdin=end, stdout=end, stderr=end, env=variables, cwd=ROOT, start_new_session=True
        )
        os.close(end)

    def until(self, wanted: bytes) -> None:
        """Read until it was written."""
        seen, deadline = b"", time.monotonic() + PATIENCE_S
        while wanted not in seen:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{wanted!r} was not seen")
            seen += self._read(0.2)

    def _read(self, wait_s: float) -> bytes:
        return os.read(self._end, 1 << 20) if select.select([self._end], [], [], wait_s)[0] else b""

    def quiet(self) -> None:
        while self._read(QUIET_S):
            pass

    def press(self, key: bytes) -> tuple[float, float, float]:
        """(seconds until the first byte, until the last, of processor time)."""
        self.quiet()
        before, begun = self._cpu_s(), time.perf_counter()
        os.write(self._end, key)
        first = last = 0.0
        while chunk := self._read(QUIET_S if first else 2.0):
            last = time.perf_counter() - begun
            first = first or last
            del chunk
        return first, last, self._cpu_s() - before

    def _cpu_s(self) -> float:
        return int(Path(f"/proc/{self.program.pid}/schedstat").read_text().split()[0]) / 1e9

    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.program.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self._end)


@contextmanager
def opened(command: list[str], token: str = "") -> Iterator[Terminal]:
    terminal = Terminal(command, token)
    try:
        yield terminal
    finally:
        terminal.close()


def dashboard(on: Served) -> list[str]:
    return [sys.executable, "-m", "tui", "--url", on.url]


def first_screens(on: Served, count: int) -> list[tuple[float, float]]:
    """Seconds from the start of the program until the figures of today are on the terminal, and of processors."""
    found = []
    for _ in range(count):
        with opened(dashboard(on), on.operator_token) as terminal:
            terminal.until(b"trading day")
            found.append((time.perf_counter() - terminal.begun, terminal._cpu_s()))
    return found


def pressed(terminal: Terminal, what: str, key: bytes, times: int) -> None:
    taken = [terminal.press(key) for _ in range(times)]
    first, last, cpu = ([each[k] * 1000 for each in taken] for k in range(3))
    print(
        f"{what}, {times} times: answered in {median(first):.0f} ms (worst {max(first):.0f}), done in {median(last):.0f}"
        f" (worst {max(last):.0f}); {median(cpu):.1f} ms of processors"
    )


def on_the_platform(on: Served) -> None:
    """Every screen of the real dashboard, and its memory afterwards."""
    with opened(dashboard(on), on.operator_token) as terminal:
        terminal.until(b"trading day")
        for name, key, seen in (
            ("strategies", b"2", b"s-00"), ("factors", b"3", b"factor-"), ("portfolios", b"4", b"No portfolios"),
            ("settlement", b"5", b"2025-12-"), ("market data", b"6", b"whole to"), ("people", b"7", b"licensed"),
            ("appliance", b"8", b"Attestation"),
        ):  # fmt: skip
            terminal.quiet()
            begun = time.perf_counter()
            os.write(terminal._end, key)
            terminal.until(seen)
            print(f"{name}: shown with its data after {(time.perf_counter() - begun) * 1000:.0f} ms")
        visits = [terminal.press(key)[0] * 1000 for key in (b"2", b"3", b"5") * 4]
        print(
            f"to another screen, {len(visits)} times: answered in {median(visits):.0f} ms (worst {max(visits):.0f})"
        )
        for key in (b"2", b"3"):
            terminal.press(key)
            for what, code in KEYS.items():
                pressed(terminal, f"{what} on screen {key.decode()}", code, 15)
        print(f"memory, the most so far: {terminal.memory_mib():.0f} MiB")


def on_many_rows(rows: int) -> None:
    """The same table with many made up strategies, without a server."""
    with opened([sys.executable, "-m", "tests.bench.many_rows", str(rows)]) as terminal:
        terminal.until(b"s-00040")
        for what, code in KEYS.items():
            pressed(terminal, f"{what} in {rows:,} rows", code, 40)
        print(f"memory with {rows:,} rows: {terminal.memory_mib():.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--strategies", type=int, default=1000)
    parser.add_argument("--factors", type=int, default=500)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.data_dir or Path(made) / "data"
        if not folder.exists():
            prepare(folder, arguments.strategies, arguments.factors)
        with served_platform(folder, ENDED) as on:
            found = first_screens(on, 5)
            walls, cpus = zip(*found, strict=True)
            print(
                f"first screen: {median(walls):.2f} s (worst of {len(walls)}: {max(walls):.2f}); {median(cpus):.2f} s of"
                " processors"
            )
            on_the_platform(on)
    on_many_rows(arguments.rows)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
