"""`quantos tui` on a terminal, from start to quit."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.feature.cli.conftest import environment
from tests.support.served import ROOT, Served

PATIENCE_S = 60
COMMAND = [sys.executable, "-m", "quantos.cli", "tui"]


def test_it_opens_shows_today_and_q_leaves_with_0(served: Served, tmp_path: Path) -> None:
    with opened(served, tmp_path) as (program, terminal):
        os.write(terminal, b"q")
        _drain(terminal, program)
        assert program.wait(PATIENCE_S) == 0


def test_without_a_server_it_says_how_to_start_one(tmp_path: Path) -> None:
    (tmp_path / "directory.json").write_text('{"simulated": false}')
    done = subprocess.run(
        [*COMMAND, "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"quantos: no server runs on {tmp_path}: start it with quantos serve, or name another with --url\n"
    )


def test_the_token_is_on_no_command_line(served: Served, tmp_path: Path) -> None:
    with opened(served, tmp_path) as (program, _):
        line = Path(f"/proc/{program.pid}/cmdline").read_bytes()
        assert b"-m\0tui" in line
        assert served.operator_token.encode() not in line


@contextmanager
def opened(served: Served, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command on a terminal of its own, from when the first screen is there."""
    variables = environment(home, QUANTOS_OPERATOR_TOKEN=served.operator_token, TERM="xterm-256color")
    terminal, end = pty.openpty()
    program = subprocess.Popen(
        [*COMMAND, "--url", served.url], stdin=end, stdout=end, stderr=end, env=variables, cwd=ROOT
    )
    os.close(end)
    try:
        _read_until(terminal, b"trading day")
        yield program, terminal
    finally:
        program.kill()
        program.wait()
        os.close(terminal)


def _read_until(terminal: int, wanted: bytes) -> None:
    seen, deadline = b"", time.monotonic() + PATIENCE_S
    while wanted not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)


def _drain(terminal: int, program: subprocess.Popen[bytes]) -> None:
    """A program that leaves waits until what it wrote is read."""
    deadline = time.monotonic() + PATIENCE_S
    while program.poll() is None and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                return
