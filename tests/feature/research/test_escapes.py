"""Attempts of a strategy to leave its process, with the judgement of its text switched off.

Each stands by itself, as code of the top level that must not reach its last line, `raise Escaped`; the test sees the run
end otherwise, and that nothing was left behind. What the policy says of the same text is held beside it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from quantos.research.core import policy
from quantos.research.refusals import BacktestFailed
from quantos.research.sandbox import RunLimits, Sandbox

TARGET: Final = "@TARGET@"
"""In an attempt: a file of the test's that must be neither read nor changed."""

READING: Final = {
    "open": "open('@TARGET@').read()",
    "open of os": "import os\nos.open('@TARGET@', os.O_RDONLY)",
    "open by path only": "import os\nos.open('@TARGET@', os.O_PATH)",
    "io.FileIO": "import io\nio.FileIO('@TARGET@')",
    "pathlib": "import pathlib\npathlib.Path('@TARGET@').read_text()",
    "through builtins": "import builtins\nbuiltins.open('@TARGET@')",
    "dunder walk to os": (
        "found = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]\n"
        "found.__init__.__globals__['open']('@TARGET@', 0)"
    ),
    "dunder walk to a loader": (
        "found = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'FileLoader'][0]\n"
        "found('x', '@TARGET@').get_data('@TARGET@')"
    ),
    "frame walk": "import sys\nsys._getframe(1).f_globals['__builtins__']['open']('@TARGET@')",
    "gc walk": (
        "import gc\n[m for m in gc.get_objects() if getattr(m, '__name__', '') == 'posix'][0].open('@TARGET@', 0)"
    ),
    "traceback walk": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    error.__traceback__.tb_frame.f_builtins['open']('@TARGET@')"
    ),
    "generator walk": "g = (x for x in ())\ng.gi_frame.f_builtins['open']('@TARGET@')",
    "NumPy's loader": (
        "import numpy, pickle\ntry:\n    numpy.load('@TARGET@', allow_pickle=True)\n"
        "except pickle.UnpicklingError:\n    pass  # it was read"
    ),
    "NumPy's memory map": "import numpy\nnumpy.memmap('@TARGET@')",
    "NumPy from a file": "import numpy\nnumpy.fromfile('@TARGET@')",
    "pandas' reader": "import pandas\npandas.read_csv('@TARGET@')",
    "pandas' pickles": (
        "import pandas, pickle\ntry:\n    pandas.read_pickle('@TARGET@')\nexcept pickle.UnpicklingError:\n    pass  # it was read"
    ),
    "the feed of CSV": "import backtrader as bt\nbt.feeds.GenericCSVData(dataname='@TARGET@').start()",
    "codecs": "import codecs\ncodecs.open('@TARGET@')",
    "linecache": "import tokenize\ntokenize.open('@TARGET@')",
    "sqlite": (
        "import sqlite3\ntry:\n    sqlite3.connect('@TARGET@').execute('SELECT 1 FROM sqlite_master')\n"
        "except sqlite3.DatabaseError as error:\n    if 'not a database' not in str(error):\n        raise  # else it was read"
    ),
    "mmap": "import mmap, os\nmmap.mmap(os.open('@TARGET@', os.O_RDONLY), 0, prot=mmap.PROT_READ)",
    "ctypes open": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.open(b'@TARGET@', 0) < 0:\n    raise PermissionError"
    ),
    "ctypes openat2": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nhow = (ctypes.c_uint64 * 3)()\n"
        "if libc.syscall(437, -100, b'@TARGET@', how, 24) < 0:\n    raise PermissionError"
    ),
    "stat": "import os\nos.stat('@TARGET@')",
    "listing": "import os\nos.listdir(os.path.dirname('@TARGET@'))",
    "a hard link": "import os\nos.link('@TARGET@', '/tmp/q-link')",
    "a symbolic link": "import os\nos.symlink('@TARGET@', '/tmp/q-symlink')",
    "through /proc": "open('/proc/self/root@TARGET@').read()",
    "inotify": "import ctypes\nif ctypes.CDLL(None).inotify_init() < 0:\n    raise PermissionError",
}
PROC: Final = {
    "own memory map": "open('/proc/self/maps').read()",
    "the parent's environment": "import os\nopen(f'/proc/{os.getppid()}/environ').read()",
    "the parent's memory": "import os\nopen(f'/proc/{os.getppid()}/mem', 'rb')",
    "every process": "import os\nos.listdir('/proc')",
    "descriptors": "import os\nos.listdir('/proc/self/fd')",
    "own memory": "open('/proc/self/mem', 'r+b')",
    "the machine's id": "open('/etc/machine-id').read()",
    "users": "open('/etc/passwd').read()",
}
WRITING: Final = {
    "over a file": "open('@TARGET@', 'w').write('x')",
    "into /tmp": "open('/tmp/q-written', 'w').write('x')",
    "into /dev/shm": "open('/dev/shm/q-written', 'w').write('x')",
    "a temporary file": "import tempfile\ntempfile.TemporaryFile()",
    "memory as a file": "import os\nos.memfd_create('x')",
    "a folder": "import os\nos.mkdir('/tmp/q-folder')",
    "removal": "import os\nos.unlink('@TARGET@')",
    "renaming": "import os\nos.rename('@TARGET@', '@TARGET@.x')",
    "mode": "import os\nos.chmod('@TARGET@', 0o777)",
    "truncation": "import os\nos.truncate('@TARGET@', 0)",
    "a table as CSV": "import pandas\npandas.DataFrame({'a': [1]}).to_csv('/tmp/q-written')",
    "an array": "import numpy\nnumpy.save('/tmp/q-written.npy', numpy.zeros(3))",
    "shared memory": "from multiprocessing import shared_memory\nshared_memory.SharedMemory('q', True, 10)",
    "a mount": "import ctypes\nif ctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None) != 0:\n    raise PermissionError",
    "another root": "import os\nos.chroot('/')",
    "a named pipe": "import os\nos.mkfifo('/tmp/q-fifo')",
    "a device": "import os\nos.mknod('/tmp/q-device')",
}
SOCKETS: Final = {
    family: f"import socket\nsocket.socket(socket.{family}, socket.{kind})"
    for family, kind in (
        ("AF_INET", "SOCK_STREAM"),
        ("AF_INET", "SOCK_DGRAM"),
        ("AF_INET6", "SOCK_STREAM"),
        ("AF_UNIX", "SOCK_STREAM"),
        ("AF_NETLINK", "SOCK_RAW"),
        ("AF_PACKET", "SOCK_RAW"),
        ("AF_VSOCK", "SOCK_STREAM"),
        ("AF_ALG", "SOCK_SEQPACKET"),
    )
} | {
    "a pair": "import socket\nsocket.socketpair()",
    "an inherited descriptor": (
        "import os\nfound = []\nfor number in range(3, 200):\n"
        "    try:\n        found.append(os.read(number, 1))\n    except OSError:\n        pass\n"
        "if not found:\n    raise PermissionError"
    ),
    "io_uring": "import ctypes\nif ctypes.CDLL(None).syscall(425, 8, None) < 0:\n    raise PermissionError",
    "a download": (
        "import urllib.request\ntry:\n    urllib.request.urlopen('http://127.0.0.1:1/')\nexcept OSError as error:\n"
        "    if not isinstance(error.reason, ConnectionRefusedError):\n        raise  # else a packet was sent"
    ),
    "name resolution": "import socket\nsocket.getaddrinfo('example.org', 80)",
}
PROCESSES: Final = {
    "a fork": "import os\nos.fork()",
    "a fork bomb": "import os\nwhile True:\n    os.fork()",
    "vfork": "import ctypes\nif ctypes.CDLL(None).vfork() < 0:\n    raise PermissionError",
    "a thread": "import threading\nthreading.Thread(target=print).start()",
    "a program": "import os\nos.execv('/bin/sh', ['sh', '-c', 'true'])",
    "a subprocess": "import subprocess\nsubprocess.run(['true'])",
    "a spawned program": "import os\nos.posix_spawn('/bin/true', ['true'], {})",
    "a shell": "import os\nif os.system('touch /tmp/q-shell') != 0:\n    raise PermissionError",
    "multiprocessing": "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=print).start()",
    "killing the parent": "import os\nos.kill(os.getppid(), 9)",
    "killing everyone": "import os\nos.kill(-1, 9)",
    "killing by pidfd": "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
    "tracing the parent": (
        "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), None, None) != 0:\n    raise PermissionError"
    ),
    "reading the parent's memory": (
        "import ctypes, os\nif ctypes.CDLL(None).process_vm_readv(os.getppid(), None, 0, None, 0, 0) < 0:\n"
        "    raise PermissionError"
    ),
    "new privileges": "import os\nos.setuid(0)",
    "a namespace": "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000) != 0:\n    raise PermissionError",
    "BPF": "import ctypes\nif ctypes.CDLL(None).syscall(321, 0, None, 0) < 0:\n    raise PermissionError",
    "higher limits": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "pickled call": "import pickle\npickle.loads(b'cposix\\nfork\\n(tR.')",
    "a formatted walk": "'{0.__class__.__base__.__subclasses__}'.format(0)\nimport os\nos.fork()",
    "an audit hook": "import sys, os\nsys.addaudithook(print)\nos.fork()",
    "executable memory": "import mmap\nmmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "a new keyring": "import ctypes\nif ctypes.CDLL(None).syscall(250, 1, None) < 0:\n    raise PermissionError",
    "priority": "import os\nos.nice(-5)",
}
ATTEMPTS: Final = [
    pytest.param(code, id=f"{kind}: {name}")
    for kind, attempts in (
        ("reading", READING),
        ("proc", PROC),
        ("writing", WRITING),
        ("socket", SOCKETS),
        ("process", PROCESSES),
    )
    for name, code in attempts.items()
]
PLACES: Final = (
    "/tmp/q-link", "/tmp/q-symlink", "/tmp/q-written", "/tmp/q-written.npy", "/dev/shm/q-written", "/dev/shm/q",
    "/tmp/q-folder", "/tmp/q-fifo", "/tmp/q-device", "/tmp/q-shell",
)  # fmt: skip
BY_THE_WALL_ALONE: Final = {"the feed of CSV"}
"""What the judgement of the text lets through."""


PRICES: Final = ("open", "high", "low", "close", "volume")
SECRET: Final = "QUANTOS_TEST_SECRET"
SOON: Final = RunLimits(wall_s=1, memory_mb=256)
"""For what never ends: all of it is ended by this clock."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One program for all attempts, started by a process that has a secret in its environment."""
    os.environ[SECRET] = "s3cret"
    opened = Sandbox(RunLimits(wall_s=3, memory_mb=256))
    try:
        run(opened, "raise ValueError")
    finally:
        del os.environ[SECRET]
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readable by all, as a licence and databases might be."""
    file = tmp_path_factory.mktemp("target") / "license.json"
    file.write_text("secret")
    file.chmod(0o666)
    return file


def run(sandbox: Sandbox, code: str, limits: RunLimits | None = None) -> dict[str, object]:
    """The error of a run without bars."""
    feed = {"name": "A", **{name: [] for name in ("day", "open", "high", "low", "close", "volume")}}
    answer = sandbox.run({"code": code, "cash": 100_000.0, "feeds": [feed]}, limits)
    found: dict[str, object] = answer["error"]
    return found


def how_it_ended(sandbox: Sandbox, code: str, limits: RunLimits | None = None) -> str:
    """The class of what it raised, or its kind; ended before: "late" or ""."""
    try:
        error = run(sandbox, code, limits)
    except BacktestFailed as ended:
        return "late" if "did not end" in str(ended) else ""
    return str(error["type"] or error["kind"])


@pytest.mark.parametrize("code", ATTEMPTS)
def test_the_process_alone_stops_it(sandbox: Sandbox, target: Path, code: str) -> None:
    ended = how_it_ended(sandbox, code.replace(TARGET, str(target)) + "\nraise AssertionError('escaped')\n")
    assert ended not in {"AssertionError", "no_strategy"}
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("secret", 0o666)
    assert [place for place in PLACES if os.path.lexists(place)] == []


def test_the_judgement_of_the_text_refuses_all_of_them_but_one_too() -> None:
    strategy = "\nimport backtrader as bt\nclass Strategy(bt.Strategy):\n    pass\n"
    passed = [str(each.id) for each in ATTEMPTS if not policy.findings(str(each.values[0]) + strategy)]
    assert {name.partition(": ")[2] for name in passed} == BY_THE_WALL_ALONE


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True:\n    pass", "did not end within 1 seconds"),
        ("import time\ntime.sleep(60)", "did not end within 1 seconds"),
        (
            "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass",
            "did not end",
        ),
        ("import ctypes\nctypes.string_at(0)", "crashed"),
        ("import os\nos._exit(0)", "no answer"),
        ("import os\nos.closerange(0, 256)", "crashed"),
    ],
)
def test_what_does_not_end_well_is_ended(sandbox: Sandbox, code: str, words: str) -> None:
    with pytest.raises(BacktestFailed, match=words):
        run(sandbox, code, SOON)


@pytest.mark.parametrize(
    "code",
    [
        "x = bytearray(2**30)",
        "x = []\nwhile True:\n    x.append(' ' * 2**20)",
        "import numpy\nnumpy.ones(2**28)",
        "9**9**9**9",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    return f()\nf()",
    ],
)
def test_a_memory_bomb_is_told_or_ended(sandbox: Sandbox, code: str) -> None:
    assert how_it_ended(sandbox, code, SOON) in {"MemoryError", "_ArrayMemoryError", "", "late"}


def test_an_answer_without_end_is_cut_off(sandbox: Sandbox) -> None:
    flood = "import os\nfor number in range(3, 16):\n    try:\n        while True:\n            os.write(number, b'x' * 65536)\n    except OSError:\n        pass"
    with pytest.raises(BacktestFailed, match=r"too large|did not end"):
        run(sandbox, flood)


def test_a_run_starts_with_an_empty_environment_though_the_server_had_a_secret_in_its_own(
    sandbox: Sandbox,
) -> None:
    assert run(sandbox, "import os\nraise ValueError(sorted(os.environ))")["message"] == "[]"


def test_a_run_has_no_descriptor_but_its_answers(sandbox: Sandbox) -> None:
    """0, 1 and 2 are /dev/null; a listening socket of the server's is none of them."""
    with socket.create_server(("127.0.0.1", 0)):
        look = (
            "import os\nfound = []\nfor number in range(1024):\n    try:\n        os.lseek(number, 0, 1)\n"
            "        found.append(number)\n    except OSError as error:\n        if error.errno != 9:\n"
            "            found.append(number)\nraise ValueError(len(found))"
        )
        assert run(sandbox, look)["message"] == "4"


def test_a_program_that_is_killed_in_the_middle_of_a_run_ends_it_and_the_next_run_has_another() -> None:
    other = Sandbox(RunLimits(wall_s=30, memory_mb=256))
    try:
        with ThreadPoolExecutor(1) as beside:
            begun = threading.Event()
            feed = {"name": "A", "day": [1, 2], **{name: [1.0, 1.0] for name in PRICES}}
            endless = "import backtrader as bt\nclass S(bt.Strategy):\n    def next(self):\n        if len(self) > 1:\n            while True: pass\n"
            request = {"code": endless, "cash": 1.0, "feeds": [feed], "progress": True}
            running = beside.submit(other.run, request, None, lambda *_: begun.set())
            assert begun.wait(60)
            assert other._process is not None
            killed = other._process.pid
            os.kill(killed, signal.SIGKILL)
            with pytest.raises(BacktestFailed, match="crashed"):
                running.result(20)
        assert run(other, "raise ValueError(1)")["message"] == "1"
        assert other._process.pid != killed
    finally:
        other.close()
