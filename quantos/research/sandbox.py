"""The program that runs strategies, and one run of it.

`strategy_worker` is a program of its own (see its README and docs/decisions/0010): it is started at the first
backtest, with an empty environment and no descriptor but its control socket, and forks a confined process for each
run. Nothing of it is imported here.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import orjson

from quantos.research.refusals import BacktestFailed, BacktestsUnavailable

PROGRAM: Final = "strategy_worker"
ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TZ": "UTC0",
}
"""All that the program is told; it clears even this before it runs anything."""

START_S_MAX: Final = 120.0
STOP_S_MAX: Final = 5.0
GRACE_S: Final = 10.0
"""How long after its time a run may take to be ended, before the program counts as hung."""

ANSWER_BYTES_MAX: Final = 16 * 2**20
FATE_BYTES: Final = 8
LOOK_S: Final = 0.2
"""How often a run that may become unwanted is asked for."""

Tell = Callable[[int, int], None]
"""Told of (done, total) days."""

FATES: Final = {b"QSW-DONE": "done", b"QSW-LATE": "late", b"QSW-DIED": "died"}


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one run may take. `memory_mb` counts beyond the libraries."""

    wall_s: float = 30.0
    memory_mb: int = 512

    def message(self) -> bytes:
        return orjson.dumps(
            {"wall_s": self.wall_s, "cpu_s": max(1, int(self.wall_s)), "memory_mb": self.memory_mb}
        )


class BacktestUnwanted(Exception):
    """A run that was ended because nobody wants its answer any more."""


class Sandbox:
    """Runs strategies, each in a process of its own. Every method may be called from any thread."""

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.namespaces = False
        """Whether its runs are in namespaces of their own too. Known once it has started."""

    def run(
        self,
        request: dict[str, Any],
        limits: RunLimits | None = None,
        tell: Tell | None = None,
        is_unwanted: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        """The answer of `strategy_worker.engine.backtest`.

        `limits`: where they are not the sandbox's own. `tell`: how far it is, of a request that asks for progress.
        `is_unwanted`: asked meanwhile; once it says yes the run is ended with BacktestUnwanted. Raises BacktestFailed
        for a run that did not come to its end, BacktestsUnavailable where none can begin.
        """
        limits = limits or self._limits
        to_run, from_run = self._begin(limits)
        try:
            with os.fdopen(to_run, "wb", buffering=0) as file, suppress(BrokenPipeError):
                _write(file.fileno(), orjson.dumps(request))
            body, fate = _read(from_run, limits, tell, is_unwanted)
        finally:
            os.close(from_run)
        if fate == "late":
            raise BacktestFailed(f"the strategy did not end within {limits.wall_s:g} seconds")
        if fate == "died":
            raise BacktestFailed(
                "the strategy was ended: it took more time or memory than it may, or crashed"
            )
        try:
            answer: dict[str, Any] = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise BacktestFailed("the strategy's process gave no answer that can be read") from None
        return answer

    def close(self) -> None:
        """End the program with every run."""
        with self._lock:
            self._end()

    def _begin(self, limits: RunLimits) -> tuple[int, int]:
        """Have a run begun: the pipe to its request, and that from its answer."""
        request, to_run = os.pipe()
        from_run, answer = os.pipe()
        try:
            with self._lock:
                try:
                    self._hand_over(limits, [request, answer])
                except OSError:  # it has just ended: the next one takes it
                    self._end()
                    try:
                        self._hand_over(limits, [request, answer])
                    except OSError:
                        self._end()
                        raise BacktestsUnavailable(
                            "the program that runs strategies has ended: try again"
                        ) from None
        except BaseException:
            os.close(to_run)
            os.close(from_run)
            raise
        finally:
            os.close(request)
            os.close(answer)
        return to_run, from_run

    def _hand_over(self, limits: RunLimits, pipes: list[int]) -> None:
        """Raises OSError where the program has ended."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        socket.send_fds(self._control or self._start(), [limits.message()], pipes)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-I", "-m", PROGRAM, str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                command,
                pass_fds=[theirs.fileno()],
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._control = ours
        ours.settimeout(START_S_MAX)
        try:
            said = orjson.loads(ours.recv(4096) or b"{}")
        except (OSError, orjson.JSONDecodeError):
            said = {}
        if not said.get("ready"):
            self._end()
            reason = said.get("reason") or "the program that runs strategies does not start"
            raise BacktestsUnavailable(f"strategies cannot be run on this machine: {reason}")
        ours.settimeout(None)
        self.namespaces = bool(said["namespaces"])
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _write(handle: int, text: bytes) -> None:
    left = memoryview(text)
    while left:
        left = left[os.write(handle, left) :]


def _read(
    from_run: int, limits: RunLimits, tell: Tell | None, is_unwanted: Callable[[], bool] | None
) -> tuple[bytes, str]:
    """The run's JSON and its fate. Whoever stops reading ends the run: its pipe is closed."""
    until_s = time.monotonic() + limits.wall_s + GRACE_S
    found = bytearray()
    while len(found) <= ANSWER_BYTES_MAX:
        left_s = max(0.0, until_s - time.monotonic())
        ready, _, _ = select.select([from_run], [], [], min(left_s, LOOK_S) if is_unwanted else left_s)
        if is_unwanted is not None and is_unwanted():
            raise BacktestUnwanted
        if not ready:
            if time.monotonic() < until_s:
                continue
            raise BacktestFailed("the strategy's process does not answer")
        part = os.read(from_run, 2**16)
        if not part:
            fate = FATES.get(bytes(found[-FATE_BYTES:]), "died")
            return bytes(found[:-FATE_BYTES]), fate
        found += part
        if tell is not None:
            _tell(found, tell)
    raise BacktestFailed("the strategy does so much that its record is too large")


def _tell(found: bytearray, tell: Tell) -> None:
    """Take the lines of progress off what was read. A strategy may write what it likes: what is no line ends there."""
    end = found.rfind(b"\n")
    if end < 0:
        return
    line = bytes(found[found.rfind(b"\n", 0, end) + 1 : end])
    with suppress(orjson.JSONDecodeError, TypeError, ValueError):
        done, total = orjson.loads(line)
        tell(int(done), int(total))
    del found[: end + 1]
