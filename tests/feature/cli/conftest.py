"""Real processes of `quantos`, each on directories of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quantos.cli import main

TIMEOUT_S = 300

Run = Callable[..., "Ended"]
Said = Callable[..., "Ended"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs."""

    process: subprocess.Popen[str]
    directory: Path
    url: str

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT_S)


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Nothing of the machine's own settings reaches the command."""
    kept = {name: os.environ[name] for name in ("PATH", "NUMBA_CACHE_DIR") if name in os.environ}
    return {**kept, "HOME": str(home), "QUANTOS_LANG": "en", "PYTHONWARNINGS": "error", **variables}


def quantos(*arguments: str | Path, home: Path, **variables: str) -> Ended:
    ended = subprocess.run(
        [sys.executable, "-m", "quantos.cli", *map(str, arguments)],
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def serving(home: Path, directory: Path, *arguments: str, log: Path | None = None) -> Serving:
    """A server that has said that it is ready; `log` takes what it writes to stderr."""
    command = [sys.executable, "-m", "quantos.cli", "serve", "--port", "0", "--data-dir", str(directory)]
    with nullcontext() if log is None else log.open("w") as errors:
        process = subprocess.Popen(
            [*command, *arguments],
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert "is ready at http://" in said, said
    return Serving(process, directory, json.loads((directory / "server.json").read_text())["url"])


@dataclass(slots=True)
class Terminal:
    """A command whose stderr is a terminal; stdout is a pipe."""

    process: subprocess.Popen[str]
    screen: int
    received: str = ""

    @property
    def seen(self) -> str:
        """What was written to the screen, without colours and movements."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", self.received)

    def read_until(self, pattern: str) -> None:
        """Wait until the pattern was on the screen."""
        while not re.search(pattern, self.seen):
            more = self._more()
            assert more, f"the command ended without {pattern!r}: {self.seen[-1000:]}"
            self.received += more

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> Ended:
        """Wait for the end of the command."""
        while more := self._more():
            self.received += more
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        return Ended(self.process.wait(TIMEOUT_S), out, self.seen)

    def _more(self) -> str:
        try:
            return os.read(self.screen, 65536).decode(errors="replace")
        except OSError:  # the other side is closed
            return ""


@contextmanager
def on_a_terminal(home: Path, *arguments: str | Path, **variables: str) -> Iterator[Terminal]:
    """A command that somebody looks at, 80 columns wide."""
    screen, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "quantos.cli", *map(str, arguments)],
        env=environment(home, TERM="xterm", COLUMNS="80", **variables),
        stdin=side,
        stdout=subprocess.PIPE,
        stderr=side,
        text=True,
    )
    os.close(side)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait(TIMEOUT_S)
        os.close(screen)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def run(home: Path) -> Run:
    """`run("market", "status", data_dir=...)`: the command to its end."""

    def command(*arguments: str | Path, data_dir: Path | None = None, **variables: str) -> Ended:
        where = () if data_dir is None else ("--data-dir", data_dir)
        return quantos(*arguments, *where, home=home, **variables)

    return command


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTOS_LANG", "en")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """`said("clock", "-h", COLUMNS="80")`: a command within this process, for what needs no other."""
    umask = os.umask(0o077)
    for name in ("QUANTOS_DATA_DIR", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: str | Path, **variables: str) -> Ended:
        for name, value in {"QUANTOS_LANG": "en", **variables}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return Ended(left.value.code, out, err)

    yield command
    os.umask(umask)


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A live platform that runs while the module's tests do."""
    started = serving(home, tmp_path_factory.mktemp("live") / "data")
    yield started
    if started.process.poll() is None:
        started.stop()
    assert started.process.stdout is not None
    started.process.stdout.close()


@pytest.fixture(scope="session")
def demo(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo on the synthetic market, played once: its directory and what it found."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    ended = run("demo", "--once", "--json", data_dir=directory)
    assert ended.code == 0, ended.err
    return directory, ended.json
