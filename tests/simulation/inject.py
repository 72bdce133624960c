"""Puts the faults of a plan between a process and its files, and writes down what it did to them."""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Final

from tests.simulation.plan import Fault
from tests.simulation.syscalls import BY_PATH, SYNCS, WRITES, Call, Listener

OTHER: Final = ""


def class_of(path: str, folder: str) -> str:
    """The class of a file below the folder of a seed; OTHER for those that nothing is done to."""
    if not path.startswith(folder):
        return OTHER
    inside = path[len(folder) + 1 :]
    top, _, rest = inside.partition("/")
    if top == "proofs":
        return "attestation"
    if top == "data":
        name = rest.removesuffix(" (deleted)")
        return name if name.startswith(("records.db", "series.duckdb")) else "data"
    return OTHER


class Injector:
    """Counts the calls by class of file, and lets the due fault fall."""

    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self._folder = str(folder)
        self._faults = list(faults)
        self._act = 0
        self._since: dict[Fault, int] = {}
        self._lasting: dict[Fault, int] = {}
        self.fell: list[Fault] = []
        self.is_disturbed = False
        """A call has failed since the process began."""
        self.trace: list[str] = []
        self._here: Counter[str] = Counter()

    def begin(self, act: int) -> None:
        """An act begins: the counts of the one before go to the trace."""
        self.end()
        self._act = act

    def end(self) -> None:
        if self._here:
            counts = " ".join(f"{name}={count}" for name, count in sorted(self._here.items()))
            self.trace.append(f"calls {self._act}: {counts}")
            self._here.clear()

    def calm(self) -> None:
        """No fault falls any more."""
        self._faults.clear()
        self._lasting.clear()

    def new_process(self) -> None:
        self.is_disturbed = False
        self._lasting.clear()

    def answer(self, listener: Listener, call: Call, killed: int) -> bool:
        """Let a call happen or not. `killed`: the process to be killed. Whether it was killed."""
        path = call.path()
        file = class_of(path, self._folder) if path.startswith("/") else OTHER
        if file == OTHER:
            listener.go_on(call)
            return False
        self._here[f"{file}:{_operation(call)}"] += 1
        fault = self._due(call, file)
        if fault is None:
            listener.go_on(call)
            return False
        if fault.kind in {"kill", "torn"}:
            if fault.kind == "torn":
                _half(call)
            os.kill(killed, signal.SIGKILL)
            return True
        self.is_disturbed = True
        listener.fail(call, errno.ENOSPC if fault.kind == "full" else errno.EIO)
        return False

    def _due(self, call: Call, file: str) -> Fault | None:
        for fault, left in list(self._lasting.items()):
            if _fits(fault, call, file):
                self._lasting[fault] = left - 1
                if left <= 1:
                    del self._lasting[fault]
                return fault
        for fault in self._faults:
            if fault.act > self._act or not _fits(fault, call, file):
                continue
            self._since[fault] = self._since.get(fault, 0) + 1
            if self._since[fault] >= fault.at:
                self._faults.remove(fault)
                self.fell.append(fault)
                self.trace.append(f"fault {fault.kind} {fault.file} in act {self._act} at {_operation(call)}")
                if fault.lasts > 1:
                    self._lasting[fault] = fault.lasts - 1
                return fault
        return None


def _operation(call: Call) -> str:
    if call.name in WRITES:
        return "write"
    if call.name in SYNCS:
        return "sync"
    return "name" if call.name in BY_PATH else "cut"


def _fits(fault: Fault, call: Call, file: str) -> bool:
    if fault.file != file:
        return False
    operation = _operation(call)
    if fault.kind == "kill":
        return True
    if fault.kind == "torn":
        return call.name in {"write", "pwrite64"}
    if fault.kind == "unsynced":
        return operation == "sync"
    return operation in ({"write", "cut"} if fault.kind == "full" else {"write"})


def _half(call: Call) -> None:
    """The first half of a write reaches the file."""
    data, offset = call.data(), call.offset()
    descriptor = os.open(f"/proc/{call.pid}/fd/{call.arguments[0]}", os.O_WRONLY)
    try:
        os.pwrite(descriptor, data[: len(data) // 2], offset)
    finally:
        os.close(descriptor)
