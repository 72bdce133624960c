"""Which system calls a strategy may make: those by which a program computes, and no other.

A list of what is allowed: no file is opened, no process is made, nothing is sent, nobody is signalled, and a call that
a later kernel brings is refused too. A refused call fails with EPERM, so that Python raises PermissionError. Memory
that is executable cannot be made. A call for another architecture ends the process.

The filter is a classic BPF program over `struct seccomp_data`: nr (u32), arch (u32), instruction pointer (u64), six
arguments (u64). Source: Linux, include/uapi/linux/{seccomp,filter,audit}.h.
"""

from __future__ import annotations

import struct
from typing import Final

from strategy_worker.system import Unconfinable

ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# fmt: off
COMPUTING: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "munmap": 11, "brk": 12, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35,
        "getpid": 39, "exit": 60, "gettimeofday": 96, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202,
        "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "exit_group": 231, "getrandom": 318,
    },
    "aarch64": {
        "close": 57, "lseek": 62, "read": 63, "write": 64, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98,
        "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_yield": 124,
        "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
        "gettimeofday": 169, "getpid": 172, "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216, "madvise": 233,
        "getrandom": 278,
    },
}
# fmt: on
MAPPING: Final = {"x86_64": (9, 10), "aarch64": (222, 226)}
"""mmap and mprotect, whose third argument says whether the memory is executable."""

PROT_EXEC: Final = 4
KILL: Final = 0x80000000
REFUSE: Final = 0x00050000 | 1  # errno EPERM
ALLOW: Final = 0x7FFF0000
LOAD: Final = 0x20
JUMP_IF_EQUAL: Final = 0x15
JUMP_IF_BITS: Final = 0x45
RETURN: Final = 0x06
AT_NUMBER: Final = 0
AT_ARCHITECTURE: Final = 4
AT_THIRD_ARGUMENT: Final = 32


def filter_program(machine: str) -> bytes:
    """The filter of an architecture. Raises Unconfinable for one whose calls are not listed."""
    if machine not in ARCHITECTURES:
        raise Unconfinable(f"the system calls of {machine} are not known")
    allowed, mapping = sorted(COMPUTING[machine].values()), MAPPING[machine]
    lines = [
        _line(LOAD, AT_ARCHITECTURE),
        _line(JUMP_IF_EQUAL, ARCHITECTURES[machine], 1, 0),
        _line(RETURN, KILL),
        _line(LOAD, AT_NUMBER),
    ]
    for number in allowed:
        lines += [_line(JUMP_IF_EQUAL, number, 0, 1), _line(RETURN, ALLOW)]
    lines += [
        _line(JUMP_IF_EQUAL, mapping[0], 2, 0),
        _line(JUMP_IF_EQUAL, mapping[1], 1, 0),
        _line(RETURN, REFUSE),
        _line(LOAD, AT_THIRD_ARGUMENT),
        _line(JUMP_IF_BITS, PROT_EXEC, 0, 1),
        _line(RETURN, REFUSE),
        _line(RETURN, ALLOW),
    ]
    return b"".join(lines)


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
