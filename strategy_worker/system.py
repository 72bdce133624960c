"""The few calls of Linux that Python has no names for: prctl, capset, unshare, Landlock."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Final

NUMBERS_OF_LANDLOCK: Final = (444, 445, 446)
"""create_ruleset, add_rule, restrict_self; the same on every architecture."""
ABI_VERSION: Final = 1
PR_SET_PDEATHSIG: Final = 1
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
SECCOMP_MODE_FILTER: Final = 2
CAPABILITY_VERSION_3: Final = 0x20080522
CAPSET: Final = {"x86_64": 126, "aarch64": 91}
NAMESPACES: Final = 0x10000000 | 0x40000000 | 0x08000000 | 0x04000000  # user, network, IPC, UTS

FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of Landlock knows; later ones know as many as the last."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.syscall.argtypes = [ctypes.c_long] * 4
_libc.prctl.argtypes = [ctypes.c_int, *([ctypes.c_ulong] * 4)]


class Unconfinable(Exception):
    """What this machine does not offer, in words for its operator."""


def machine() -> str:
    return platform.machine()


def no_new_privileges() -> None:
    _prctl(PR_SET_NO_NEW_PRIVS, 1, "no_new_privs")


def die_with_parent(signal: int) -> None:
    _prctl(PR_SET_PDEATHSIG, signal, "a signal at the parent's death")


def no_files_and_no_net() -> None:
    """Landlock without a single rule: nothing may be opened, listed, made, removed, connected or bound."""
    create, _, restrict = NUMBERS_OF_LANDLOCK
    version = _libc.syscall(create, 0, 0, ABI_VERSION)
    if version < 1:
        raise Unconfinable(f"Landlock does not answer: {os.strerror(ctypes.get_errno())}")
    files = (1 << FILE_RIGHTS.get(version, FILE_RIGHTS[5])) - 1
    ports = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    rules = struct.pack("QQQ", files, ports, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    buffer = ctypes.create_string_buffer(rules, 24)
    handle = _libc.syscall(create, ctypes.addressof(buffer), size, 0)
    if handle < 0:
        raise Unconfinable(f"Landlock takes no rules: {os.strerror(ctypes.get_errno())}")
    restricted = _libc.syscall(restrict, handle, 0, 0)
    os.close(handle)
    if restricted != 0:
        raise Unconfinable(f"Landlock does not confine: {os.strerror(ctypes.get_errno())}")


def filter_system_calls(program: bytes) -> None:
    """Install a filter of seccomp: 8 bytes an instruction."""
    instructions = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    buffer = ctypes.create_string_buffer(head, len(head))
    given = _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(buffer), 0, 0)
    if given != 0:
        raise Unconfinable(f"seccomp takes no filter: {os.strerror(ctypes.get_errno())}")


def drop_capabilities() -> None:
    """Also root's, which would lift limits."""
    header = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION_3, 0), 8)
    none = ctypes.create_string_buffer(24)
    given = _libc.syscall(CAPSET[machine()], ctypes.addressof(header), ctypes.addressof(none), 0)
    if given != 0:
        raise Unconfinable(f"capabilities cannot be dropped: {os.strerror(ctypes.get_errno())}")


def leave_namespaces() -> bool:
    """Into namespaces without a network and other processes' memory, where the machine lets us."""
    return bool(_libc.unshare(NAMESPACES) == 0)


def _prctl(option: int, value: int, name: str) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise Unconfinable(f"{name}: {os.strerror(ctypes.get_errno())}")
