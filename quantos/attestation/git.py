"""The git program: for what is off the path of a submission (push, packing, bundles, looking up history).

It runs without anything of the user's: no configuration but ours, no hooks, no `GIT_*` or `QUANTOS_*` of the
environment, no question on the terminal; and it is killed with all its children when its time is over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

AUTHOR: Final = "QuantOS attestation"
EMAIL: Final = "attestation@quantos.invalid"

_CONFIG: Final[Mapping[str, str]] = {
    "core.hooksPath": os.devnull,
    "core.fsync": "all",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "gc.packRefs": "false",  # the branch stays a file of its own: only the committer ever locks it
    "credential.helper": "",
    "push.recurseSubmodules": "no",
    "advice.pushNonFFCurrent": "false",
}
_KEPT: Final = frozenset({"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH"})


class GitMissing(Exception):
    """The program is not installed."""


class GitTimedOut(Exception):
    """It did not finish in its time, and was killed."""


class GitStopped(GitTimedOut):
    """The platform stops; the next start goes on."""


class Ran(NamedTuple):
    """How a run ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode(errors="replace").strip()


def environment(config: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a git process."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "QUANTOS_", "LC_")) or name in _KEPT
    }
    settings = {**_CONFIG, **config}
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        numbered[f"GIT_CONFIG_KEY_{number}"] = name
        numbered[f"GIT_CONFIG_VALUE_{number}"] = value
    return {
        **kept,
        **numbered,
        "LC_ALL": "C",
        "LANGUAGE": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh:git",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=15",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_AUTHOR_NAME": AUTHOR,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": EMAIL,
        **more,
    }


class Git:
    """Runs git on one repository, or on none, in a folder. `stop` ends what runs, from any thread."""

    def __init__(self, git_dir: Path | None, folder: Path | None = None) -> None:
        self._git_dir, self._folder = git_dir, folder or git_dir
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        *arguments: str,
        timeout_s: float,
        config: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        work_tree: Path | None = None,
        is_patient: bool = False,
    ) -> Ran:
        """Run to the end; a patient one gives way to everyone else. Raises GitMissing, GitTimedOut."""
        where = [] if self._git_dir is None else [f"--git-dir={self._git_dir}"]
        if work_tree is not None:
            where.append(f"--work-tree={work_tree}")
        program = ["nice", "-n", "15", "git"] if is_patient else ["git"]
        process = self._start([*program, *where, *arguments], environment(config or {}, env or {}), work_tree)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise GitTimedOut(f"git {arguments[0]} did not finish in {timeout_s:g} seconds") from None
        finally:
            self._end(process)
        if self._stopped:
            raise GitStopped("the platform is stopping")
        return Ran(process.returncode, out, err.decode(errors="replace"))

    def stop(self) -> None:
        """Kill what runs and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def _start(
        self, command: list[str], env: dict[str, str], work_tree: Path | None
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise GitStopped("the platform is stopping")
            try:
                process = subprocess.Popen(  # noqa: S603 - git, with arguments of our own
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=env,
                    cwd=work_tree or self._folder,
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise GitMissing("git is not installed: install it (apt-get install git)") from None
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing of it is left behind."""
        _kill(process)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        with self._lock:
            self._running.discard(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With its helpers; one that has ended has none, and its number may be another's by now."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
