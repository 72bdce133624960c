"""An attestation repository, read with the git program.

A repository of somebody else's is never worked in: its one branch is fetched into an empty repository of our
own, so that nothing in its configuration runs here, and git checks every object by its name on the way.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final, Self

from quantos.verification.core.history import PATH, Commit, FileChange, History
from quantos.verification.core.receipts import read_reflog, received
from quantos.verification.offline.refusal import Refused

BLOB_BYTES_MAX: Final = 64 * 2**20
LOG_BYTES_MAX: Final = 2**30
BRANCH: Final = "refs/heads/checked"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX: Final = 10**11
_ABSENT: Final = "0" * 40
_RAW: Final = re.compile(rb":[0-7]{6} [0-7]{6} [0-9a-f]{40} ([0-9a-f]{40}) ([A-Z])[0-9]*\t(.*)")
_CONFIGURATION: Final = (
    '[safe]\n\tdirectory = *\n[core]\n\tquotePath = true\n[protocol "ext"]\n\tallow = never\n'
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys to check signatures with: an SSH allowed-signers file, a file of OpenPGP keys."""

    allowed_signers: Path | None = None
    gpg_keys: Path | None = None

    def __bool__(self) -> bool:
        return self.allowed_signers is not None or self.gpg_keys is not None


def read_history(source: str, folder: Path, keys: Keys, timeout: float) -> History:
    """The whole history of a repository: a path, a bundle or a URL. `folder` is empty. Raises Refused."""
    try:
        git = _Git(folder, timeout)
        git.fetch(source)
        return _history(git, _reflog_of(Path(source)), keys)
    except subprocess.CalledProcessError as error:
        raise Refused("no_repository", path=source, reason=_last_line(error.stderr)) from None
    except subprocess.TimeoutExpired:
        raise Refused("no_repository", path=source, reason=f"git took over {timeout:g} s") from None


def _history(git: _Git, reflog: str, keys: Keys) -> History:
    line = git.line()
    arrived, lost = received([raw.sha for raw in line], read_reflog(reflog))
    history = History(rewritten=lost)
    with _Blobs(git) as blobs:
        for place, raw in enumerate(line):
            commit = Commit(raw.sha, raw.at, place, arrived.get(raw.sha), raw.signed)
            history.add(commit, [FileChange(path, blobs.read(sha)) for path, sha in raw.files])
    if keys:
        history.signatures = git.signatures(keys)
    return history


@dataclass(slots=True)
class _RawCommit:
    sha: str
    at: datetime
    signed: bool
    files: list[tuple[str, str]]


class _Git:
    """The git program in an empty bare repository, with a configuration of its own."""

    def __init__(self, folder: Path, timeout: float) -> None:
        program = shutil.which("git")
        if program is None:
            raise Refused("no_git")
        self.program, self.folder, self._timeout = program, folder / "repository.git", timeout
        configuration = folder / "gitconfig"
        configuration.write_text(_CONFIGURATION)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.environment = {
            **kept,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(configuration),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GNUPGHOME": str(folder / "gnupg"),
            "LC_ALL": "C",
        }
        self.run("init", "--quiet", "--bare", str(self.folder), at=folder)

    def run(self, *arguments: str, at: Path | None = None) -> bytes:
        """What git prints. Raises subprocess.CalledProcessError and TimeoutExpired."""
        return subprocess.run(  # noqa: S603 - git by its full path, options of our own, paths made absolute
            [self.program, *arguments],
            cwd=at or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=self._timeout,
            check=True,
        ).stdout

    def fetch(self, source: str) -> None:
        """Bring the head of `source` here. Raises Refused, and what `run` raises."""
        place = str(Path(source).resolve()) if Path(source).exists() else source
        branch = _head_of(source, self.run("ls-remote", "--", place).decode(errors="replace"))
        self.run("fetch", "--quiet", "--no-tags", "--update-shallow", "--", place, f"+{branch}:{BRANCH}")
        if self.run("rev-parse", "--is-shallow-repository").strip() != b"false":
            raise Refused("shallow", path=source)

    def line(self) -> list[_RawCommit]:
        """The first-parent line, oldest first, with the files of interest that each commit changed."""
        printed = self.run(
            *("log", "--first-parent", "-m", "--reverse", "--no-renames", "--raw", "--no-abbrev"),
            *("--pretty=raw", BRANCH, "--"),
        )
        commits: list[_RawCommit] = []
        for row in printed.split(b"\n"):
            if row.startswith(b"commit "):
                commits.append(_RawCommit(row[7:47].decode(), _EPOCH, False, []))
            elif row.startswith(b"committer "):
                seconds = int(row.split()[-2])
                commits[-1].at = _EPOCH + timedelta(
                    seconds=max(-_SECONDS_MAX // 2, min(seconds, _SECONDS_MAX))
                )
            elif row.startswith(b"gpgsig"):
                commits[-1].signed = True
            elif row.startswith(b":") and (match := _RAW.fullmatch(row)):
                path = match[3].decode(errors="replace")
                if PATH.fullmatch(path):
                    commits[-1].files.append((path, match[1].decode()))
        return commits

    def signatures(self, keys: Keys) -> dict[str, str]:
        """git's word on the signature of each commit, by the keys that were given and no others."""
        home = Path(self.environment["GNUPGHOME"])
        home.mkdir(mode=0o700)
        (home / "gpg.conf").write_text("trust-model always\nno-auto-key-retrieve\n")
        if keys.gpg_keys is not None:
            self._import(keys.gpg_keys)
        empty = self.folder / "no-signers"
        empty.touch()
        signers = empty if keys.allowed_signers is None else keys.allowed_signers.resolve()
        options = ("-c", f"gpg.ssh.allowedSignersFile={signers}")
        printed = self.run(*options, "log", "--first-parent", "--format=%H %G?", BRANCH, "--").decode()
        return dict(row.split(" ", 1) for row in printed.splitlines())

    def _import(self, keys: Path) -> None:
        program = shutil.which("gpg")
        if program is None:
            raise Refused("no_gpg")
        run = subprocess.run(  # noqa: S603 - gpg by its full path
            [program, "--batch", "--quiet", "--import", str(keys.resolve())],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=self._timeout,
            check=False,
        )
        if run.returncode != 0:
            raise Refused("keys", path=keys, reason=_last_line(run.stderr))


class _Blobs:
    """Files of the repository by their object names, from one git process."""

    def __init__(self, git: _Git) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - git by its full path
            [git.program, "cat-file", "--batch"],
            cwd=git.folder,
            env=git.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.stdout.close()  # type: ignore[union-attr]
        self._process.wait()

    def read(self, sha: str) -> bytes | None:
        """The content; None where the file was deleted; nothing of one that is larger than any day's file."""
        if sha == _ABSENT:
            return None
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(f"{sha}\n".encode())
        asked.flush()
        header = answers.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            _skip(answers, int(header[2]) + 1 if len(header) == 3 else 0)
            return b""
        size = int(header[2])
        if size > BLOB_BYTES_MAX:
            _skip(answers, size + 1)
            return b""
        content = answers.read(size)
        answers.read(1)
        return content


def looks_like_a_repository(path: Path) -> bool:
    """A bundle, a bare repository, or a working tree of attestations."""
    if path.is_file():
        with path.open("rb") as file:
            return file.read(16).startswith((b"# v2 git bundle", b"# v3 git bundle"))
    bare = (path / "HEAD").is_file() and (path / "objects").is_dir()
    return bare or ((path / ".git").exists() and not any(path.glob("*.json")))


def bundle_head(path: Path, folder: Path, timeout: float) -> str | None:
    """The head of a bundle; None where it has none."""
    try:
        printed = _Git(folder, timeout).run("ls-remote", "--", str(path.resolve())).decode(errors="replace")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return printed[:40] or None


def _head_of(source: str, listed: str) -> str:
    """The branch to read: HEAD, else main or master, else the only one. Raises Refused."""
    names = [row.split("\t", 1)[1] for row in listed.splitlines() if "\t" in row]
    branches = [name for name in names if name.startswith("refs/heads/")]
    for name in ("HEAD", "refs/heads/main", "refs/heads/master"):
        if name in names:
            return name
    if len(branches) == 1:
        return branches[0]
    if branches:
        raise Refused("branches", path=source, names=", ".join(branches))
    raise Refused("no_repository", path=source, reason="it has no commits")


def _reflog_of(path: Path) -> str:
    """The log that a bare repository keeps of its own branch; empty where it keeps none."""
    try:
        if "bare = true" not in (path / "config").read_text(errors="replace"):
            return ""
        head = (path / "HEAD").read_text(errors="replace").strip().removeprefix("ref: ")
        if not re.fullmatch(r"refs/heads/[\w./-]+", head) or ".." in head:
            return ""
        return (path / "logs" / head).read_text(errors="replace")
    except OSError:
        return ""


def _skip(stream: IO[bytes], size: int) -> None:
    for _ in _pieces(size):
        stream.read(_)


def _pieces(size: int) -> Iterator[int]:
    while size > 0:
        piece = min(size, 2**20)
        yield piece
        size -= piece


def _last_line(printed: bytes) -> str:
    rows: Sequence[str] = printed.decode(errors="replace").strip().splitlines()
    return rows[-1] if rows else "git said nothing"
