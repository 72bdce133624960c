"""What a process gives up before it runs a strategy, and the proof that it did.

In this order: descriptors but its answer's, memory, processor time, files and processes (rlimits), capabilities, the
way to new privileges, files and ports (Landlock), system calls but those of computing (seccomp). Each that this
machine does not offer raises Unconfinable: nothing runs half confined.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from strategy_worker import syscalls, system
from strategy_worker.system import Unconfinable

PAGE_BYTES: Final = resource.getpagesize()
DESCRIPTORS_MAX: Final = 16


class Limits(NamedTuple):
    """Of one run. `memory_mb` counts beyond what the program itself takes."""

    wall_s: float
    cpu_s: int
    memory_mb: int


def confine(limits: Limits, answer: int) -> None:
    """Give up everything but computing, and writing to the descriptor `answer`. There is no way back."""
    system.die_with_parent(signal.SIGKILL)
    os.closerange(3, answer)
    os.closerange(answer + 1, 1024)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * PAGE_BYTES + limits.memory_mb * 2**20
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS_MAX),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    filter_program = syscalls.filter_program(system.machine())
    system.drop_capabilities()
    system.no_new_privileges()
    system.no_files_and_no_net()
    system.filter_system_calls(filter_program)


def prove(limits: Limits) -> None:
    """Confine a child and have it try what it must not. Raises Unconfinable with what is missing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            confine(limits, writing)
            told = _what_still_works()
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is told and ends the child)
            told = str(error) or type(error).__name__
        os.write(writing, told.encode()[:1000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        told = file.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise Unconfinable(f"a confined process cannot live here: it ended with {status}")
    if told:
        raise Unconfinable(told)


def _what_still_works() -> str:
    attempts: dict[str, Callable[[], object]] = {
        "a file can be opened": lambda: os.open("/proc/self/status", os.O_RDONLY),
        "a folder can be read": lambda: list(Path("/").iterdir()),
        "a socket can be made": lambda: socket.socket(socket.AF_INET),
        "a process can be made": os.fork,
        "a process can be signalled": lambda: os.kill(os.getppid(), 0),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except PermissionError:
            continue
        return f"confined, {name} all the same"
    return ""
