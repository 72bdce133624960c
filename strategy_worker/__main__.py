"""The program: `python -I -m strategy_worker CONTROL`, with the number of a SOCK_SEQPACKET socket it inherits.

It loads backtrader, NumPy and pandas once, proves that it can confine, says so in its first message,
{"ready": true, "namespaces": ...} or {"ready": false, "reason": ...}, and then forks a process for every run:

    message  {"wall_s", "cpu_s", "memory_mb"} with two descriptors: a pipe to read the request from, which ends with
             its text, and a pipe to write the answer to
    answer   lines [done, total] where the request asks for them, the run's JSON, then FATE: 8 bytes from this
             program, which the run cannot come after

The run's process is clean: nothing that a strategy did is in the memory it starts from. It is killed when its time is
over, when nobody reads its answer any more, and when this program dies; this program ends with its control socket.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from typing import Any, Final, NamedTuple

from strategy_worker import system
from strategy_worker.confinement import Limits, confine, prove
from strategy_worker.system import Unconfinable

FATE: Final = {"done": b"QSW-DONE", "late": b"QSW-LATE", "died": b"QSW-DIED"}
PROBE: Final = Limits(wall_s=5, cpu_s=5, memory_mb=256)
POLITENESS: Final = 10
LOADED: Final = (
    "_strptime", "bisect", "calendar", "collections.abc", "copy", "csv", "decimal", "encodings.idna", "enum",
    "fractions", "functools", "heapq", "itertools", "linecache", "math", "numbers", "numpy", "operator", "pandas",
    "random", "re", "statistics", "string", "textwrap", "traceback", "typing", "unicodedata", "warnings", "zoneinfo",
)  # fmt: skip
LOADED_WHOLE: Final = (
    "numpy.fft",
    "numpy.linalg",
    "numpy.polynomial",
    "numpy.random",
    "pandas.core",
    "pandas.io.formats",
)
"""A confined process opens no file: what a strategy may import is in memory before."""


class Run(NamedTuple):
    """A process of a strategy."""

    process: int  # its pid
    watched: int  # its pidfd
    answer: int
    until_s: float


def load() -> Any:
    """Everything a strategy may use. Returns the function that runs one."""
    from strategy_worker.engine import backtest  # noqa: PLC0415 (seconds of work, after the first checks)

    for name in LOADED:
        importlib.import_module(name)
    for name in LOADED_WHOLE:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".tests" not in found.name and "numba" not in found.name:
                _load_if_possible(found.name)
    return backtest


def _load_if_possible(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        return  # a part that needs what is not installed


def rehearse(backtest: Any) -> None:
    """Run a first strategy, so that what is made on first use is made before the fork."""
    days = list(range(738000, 738060))
    prices = [10.0 + 0.1 * (day % 7) for day in days]
    feed = {"name": "A", "day": days, **dict.fromkeys(("open", "high", "low", "close", "volume"), prices)}
    code = (
        "import backtrader as bt\n\n\nclass Strategy(bt.Strategy):\n    def __init__(self):\n"
        "        self.a = bt.ind.CrossOver(self.data.close, bt.ind.EMA(period=3))\n"
        "        self.b = bt.ind.RSI_Safe(period=3), bt.ind.MACD(period_me1=2, period_me2=4, period_signal=2)\n"
        "        self.c = bt.ind.ATR(self.data, period=3), bt.ind.BollingerBands(period=3)\n\n"
        "    def next(self):\n        self.close() if self.position else self.buy(size=100)\n"
    )
    told = backtest({"code": code, "cash": 100_000.0, "feeds": [feed]})
    if "error" in told:
        raise RuntimeError(told["error"]["message"])
    sys.modules.pop("strategy", None)


def main(control: socket.socket) -> None:
    with_namespaces = system.leave_namespaces()
    try:
        prove(PROBE)
        backtest = load()
        rehearse(backtest)
    except (Unconfinable, ImportError, OSError, RuntimeError) as error:
        _say(control, {"ready": False, "reason": f"{type(error).__name__}: {error}"})
        return
    os.nice(POLITENESS)  # whoever asks for little is answered first
    os.environ.clear()
    gc.collect()
    gc.freeze()
    _say(control, {"ready": True, "namespaces": with_namespaces})
    serve(control, backtest)


def serve(control: socket.socket, backtest: Any) -> None:
    """Fork for each message, until the socket closes."""
    runs: dict[int, Run] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        due_s = min((run.until_s for run in runs.values()), default=None)
        wait_ms = None if due_s is None else max(0, int((due_s - time.monotonic()) * 1000) + 1)
        events = poll.poll(wait_ms)
        for handle, _ in events:
            if handle == control.fileno():
                begun = _begin(control, backtest)
                if begun is None:
                    _end_all(runs)
                    return
                runs[begun.watched] = begun
                poll.register(begun.watched, select.POLLIN)
                poll.register(begun.answer, 0)  # an error alone: nobody reads any more
            elif handle in runs:
                _finish(runs.pop(handle), poll, "died")
            else:
                for run in [run for run in runs.values() if run.answer == handle]:
                    _finish(runs.pop(run.watched), poll, "died")
        now_s = time.monotonic()
        for run in [run for run in runs.values() if run.until_s <= now_s]:
            _finish(runs.pop(run.watched), poll, "late")


def _begin(control: socket.socket, backtest: Any) -> Run | None:
    message, handles, _, _ = socket.recv_fds(control, 4096, 2)
    if not message:
        return None
    request, answer = handles
    limits = Limits(**json.loads(message))
    process = os.fork()
    if process == 0:
        _run(request, answer, limits, backtest)
    os.close(request)
    return Run(process, os.pidfd_open(process), answer, time.monotonic() + limits.wall_s)


def _run(request: int, answer: int, limits: Limits, backtest: Any) -> None:
    """In the process of the run; it does not return."""
    status = 1
    try:
        with os.fdopen(request, "rb") as file:
            asked = json.loads(file.read())
        confine(limits, answer)

        def tell(done: int, total: int) -> None:
            os.write(answer, b"[%d,%d]\n" % (done, total))

        told = memoryview(json.dumps(backtest(asked, tell)).encode())
        while told:
            told = told[os.write(answer, told) :]
        status = 0
    finally:
        os._exit(status)


def _finish(run: Run, poll: select.poll, fate: str) -> None:
    """Reap it, killed if need be, and say how it ended."""
    poll.unregister(run.watched)
    poll.unregister(run.answer)
    signal.pidfd_send_signal(run.watched, signal.SIGKILL)  # nothing to one that has ended
    _, status = os.waitpid(run.process, 0)
    os.close(run.watched)
    told = FATE["done" if status == 0 and fate == "died" else fate]
    _write_if_there_is_room(run.answer, told)
    os.close(run.answer)


def _write_if_there_is_room(answer: int, told: bytes) -> None:
    """An answer that lacks its fate was none: the program waits for nobody who does not read."""
    room = select.poll()
    room.register(answer, select.POLLOUT)
    if all(event == select.POLLOUT for _, event in room.poll(0)):
        with contextlib.suppress(OSError):
            os.write(answer, told)


def _end_all(runs: dict[int, Run]) -> None:
    for run in runs.values():
        signal.pidfd_send_signal(run.watched, signal.SIGKILL)
        os.waitpid(run.process, 0)


def _say(control: socket.socket, message: dict[str, Any]) -> None:
    control.send(json.dumps(message).encode()[:4000])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; the socket's end is ours
    with socket.socket(fileno=int(sys.argv[1])) as inherited:
        main(inherited)
