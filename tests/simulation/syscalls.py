"""A process whose writing system calls wait for an answer: seccomp's user notification, by ctypes alone.

`watched()` is called in a process that has one thread; from then on each of `OPERATIONS` that it (or a program that it
starts) makes is told to whoever reads the descriptor that it returns, and waits. `Listener` reads there: each `Call` is
answered with `go_on`, or with a result of one's own. Source: seccomp_unotify(2).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_X86_64: Final = {
    "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "pwritev2": 328, "fsync": 74, "fdatasync": 75,
    "ftruncate": 77, "fallocate": 285, "rename": 82, "renameat": 264, "renameat2": 316, "unlink": 87, "unlinkat": 263,
    "link": 86, "linkat": 265,
}  # fmt: skip
_AARCH64: Final = {
    "write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "pwritev2": 287, "fsync": 82, "fdatasync": 83,
    "ftruncate": 46, "fallocate": 47, "renameat": 38, "renameat2": 276, "unlinkat": 35, "linkat": 37,
}  # fmt: skip
_MACHINES: Final = {
    "x86_64": (0xC000003E, 317, _X86_64),
    "aarch64": (0xC00000B7, 277, _AARCH64),
}
"""Audit number of the machine, number of seccomp(2), numbers of the calls that are watched."""

WRITES: Final = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "fallocate"})
SYNCS: Final = frozenset({"fsync", "fdatasync"})
BY_PATH: Final = {
    "rename": 0, "renameat": 1, "renameat2": 1, "unlink": 0, "unlinkat": 1, "link": 0, "linkat": 1,
}  # fmt: skip
"""Which argument of a call that takes a path is the (first) path."""

_SET_MODE_FILTER: Final = 1
_FILTER_FLAG_NEW_LISTENER: Final = 1 << 3
_RET_ALLOW, _RET_USER_NOTIF = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_WAKE_SYNC: Final = 1
_CONTINUE: Final = 1
_NO_NEW_PRIVILEGES: Final = 38
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
_ANSWER: Final = struct.Struct("=QqiI")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _instructions(audit: int, numbers: list[int]) -> bytes:
    """A classic BPF program: calls of another machine pass, a number of the list is told, everything else passes."""
    load, jump_equal, give = 0x20, 0x15, 0x06
    count = len(numbers)
    program = [(load, 0, 0, 4), (jump_equal, 0, count + 1, audit), (load, 0, 0, 0)]
    program += [(jump_equal, count - k, 0, number) for k, number in enumerate(numbers)]
    program += [(give, 0, 0, _RET_ALLOW), (give, 0, 0, _RET_USER_NOTIF)]
    return b"".join(struct.pack("=HBBI", *each) for each in program)


def watched() -> int:
    """From now on this process is watched, and all that it starts; the descriptor to be read. Raises OSError."""
    audit, seccomp, numbers = _MACHINES[platform.machine()]
    code = ctypes.create_string_buffer(_instructions(audit, list(numbers.values())))
    program = _Program(len(numbers) + 5, ctypes.cast(code, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    listener = libc.syscall(seccomp, _SET_MODE_FILTER, _FILTER_FLAG_NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that waits. `pid`: the thread that makes it."""

    id: int
    pid: int
    name: str
    arguments: tuple[int, ...]

    def path(self) -> str:
        """The file that it is about, as far as it can be told."""
        try:
            place = BY_PATH.get(self.name)
            if place is None:
                return str(Path(f"/proc/{self.pid}/fd/{self.arguments[0]}").readlink())
            return _text_at(self.pid, self.arguments[place])
        except OSError:
            return ""

    def data(self) -> bytes:
        """What a `write` or `pwrite64` is to write."""
        return _memory(self.pid, self.arguments[1], self.arguments[2])

    def offset(self) -> int:
        """Where it writes."""
        if self.name == "pwrite64":
            return self.arguments[3]
        with open(f"/proc/{self.pid}/fdinfo/{self.arguments[0]}") as told:  # noqa: PTH123
            return int(told.readline().split()[1])


class Listener:
    """Reads the calls of a watched process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        _, _, numbers = _MACHINES[platform.machine()]
        self._names = {number: name for name, number in numbers.items()}
        fcntl.ioctl(descriptor, _SET_FLAGS, _WAKE_SYNC)

    def receive(self) -> Call | None:
        """The next call; None where whoever made it is gone."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self.descriptor, _RECEIVE, notice)
        except OSError:
            return None
        number, pid, _, name, _, _, *arguments = _NOTICE.unpack(notice)
        return Call(number, pid, self._names[name], tuple(arguments))

    def go_on(self, call: Call) -> None:
        self._send(_ANSWER.pack(call.id, 0, 0, _CONTINUE))

    def fail(self, call: Call, error: int) -> None:
        self._send(_ANSWER.pack(call.id, 0, -error, 0))

    def give(self, call: Call, result: int) -> None:
        """It is not made; its caller sees this result."""
        self._send(_ANSWER.pack(call.id, result, 0, 0))

    def _send(self, answer: bytes) -> None:
        try:
            fcntl.ioctl(self.descriptor, _SEND, answer)
        except FileNotFoundError:
            return  # it was killed meanwhile


def _memory(pid: int, address: int, size: int) -> bytes:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        return os.pread(memory.fileno(), size, address)


def _text_at(pid: int, address: int) -> str:
    page = 4096 - address % 4096
    text = _memory(pid, address, page)
    if b"\0" not in text:
        text += _memory(pid, address + page, 4096)
    return os.fsdecode(text.split(b"\0", 1)[0])
