"""An attestation repository, read with the git program.

A repository of somebody else's is never worked in: its one branch is fetched into an empty repository of our
own, so that nothing in its configuration runs here, and git checks every object by its name on the way. Whoever
wrote the objects may have meant harm: what they say is taken from git's own reading of them, or from bytes whose
end is known, and of a commit's tree nothing is opened but the two folders that count.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Self

from quantos.verification.core.history import FOLDERS, PATH, SIMULATED, Commit, FileChange, History
from quantos.verification.core.receipts import read_reflog, received
from quantos.verification.offline.refusal import Refused

BLOB_BYTES_MAX: Final = 64 * 2**20
BRANCH: Final = "refs/heads/checked"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX: Final = 10**11
_FOLDER: Final = b"40000"
_NO_OBJECT: Final = "0" * 40
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
    with _Objects(git) as objects:
        before: dict[str, _Folder] = {}
        for place, raw in enumerate(line):
            commit = Commit(raw.sha, raw.at, place, arrived.get(raw.sha), objects.is_signed(raw.sha))
            root = _by_name(objects.tree(raw.tree))
            history.simulated |= SIMULATED in root
            after = _folders(objects, root, before)
            history.add(commit, _changes(objects, before, after))
            before = after
    if keys:
        history.signatures = git.signatures(keys)
    return history


class _RawCommit(NamedTuple):
    sha: str
    at: datetime
    tree: str


class _Named(NamedTuple):
    """What stands under a name in a tree."""

    sha: str
    is_folder: bool


_TWICE: Final = _Named(_NO_OBJECT, is_folder=False)


class _Folder(NamedTuple):
    """A folder of a commit: its object, and its files' objects by their names."""

    sha: str
    files: Mapping[str, str]


def _folders(
    objects: _Objects, root: Mapping[str, _Named], before: Mapping[str, _Folder]
) -> dict[str, _Folder]:
    """The folders that count as a commit has them; what is as it was before is not read again.

    Of a folder whose name stands twice nothing can be read that was there before.
    """
    after: dict[str, _Folder] = {}
    for name in FOLDERS:
        there, known = root.get(name), before.get(name)
        if there == _TWICE:
            after[name] = _Folder(_NO_OBJECT, dict.fromkeys(known.files if known else (), _NO_OBJECT))
        elif there is not None and there.is_folder:
            same = known is not None and known.sha == there.sha
            after[name] = known if known and same else _Folder(there.sha, _files(objects.tree(there.sha)))
    return after


def _files(tree: Iterable[tuple[bytes, str, str]]) -> dict[str, str]:
    """The objects of a folder's files by their names."""
    return {name: there.sha for name, there in _by_name(tree).items() if not there.is_folder}


def _by_name(tree: Iterable[tuple[bytes, str, str]]) -> dict[str, _Named]:
    """A name that stands twice shows to one reader this and to another that: it has no object."""
    found: dict[str, _Named] = {}
    for mode, name, sha in tree:
        found[name] = _TWICE if name in found else _Named(sha, mode == _FOLDER)
    return found


def _changes(
    objects: _Objects, before: Mapping[str, _Folder], after: Mapping[str, _Folder]
) -> Iterator[FileChange]:
    for folder in FOLDERS:
        old = before[folder].files if folder in before else {}
        new = after[folder].files if folder in after else {}
        if old is new:
            continue
        for name in sorted(old.keys() | new.keys()):
            path, sha = f"{folder}/{name}", new.get(name)
            if old.get(name) != sha and PATH.fullmatch(path):
                yield FileChange(path, None if sha is None else objects.read(sha, b"blob"))


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
        """The first-parent line, oldest first. A commit without a time that can be read is of 1970."""
        printed = self.run("log", "--first-parent", "--reverse", "--format=%H %T %ct", BRANCH, "--").decode()
        commits = []
        for row in printed.splitlines():
            sha, tree, seconds = row.split(" ", 2)
            commits.append(_RawCommit(sha, _instant(seconds), tree))
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


def _instant(seconds: str) -> datetime:
    """The epoch where git could read no time."""
    if re.fullmatch(r"-?[0-9]{1,18}", seconds) is None:
        return _EPOCH
    return _EPOCH + timedelta(seconds=max(-_SECONDS_MAX // 2, min(int(seconds), _SECONDS_MAX)))


class _Objects:
    """Objects of the repository by their names, from two git processes: one says how large, one has the bytes."""

    def __init__(self, git: _Git) -> None:
        self._sizes, self._contents = _cat_file(git, "--batch-check"), _cat_file(git, "--batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._sizes, self._contents):
            process.stdin.close()  # type: ignore[union-attr]
            process.stdout.close()  # type: ignore[union-attr]
            process.wait()

    def read(self, sha: str, kind: bytes) -> bytes:
        """The content; nothing of one that is missing, of another kind, or larger than any day's file."""
        header = _ask(self._sizes, sha).split()
        if len(header) != 3 or header[1] != kind or int(header[2]) > BLOB_BYTES_MAX:
            return b""
        header = _ask(self._contents, sha).split()
        answers = self._contents.stdout
        assert answers is not None
        return answers.read(int(header[2]) + 1)[:-1] if len(header) == 3 else b""

    def tree(self, sha: str) -> Iterator[tuple[bytes, str, str]]:
        """The entries of a folder: (mode, name, object)."""
        content, at = self.read(sha, b"tree"), 0
        while at < len(content):
            space, end = content.find(b" ", at), content.find(b"\0", at)
            if not at < space < end:
                return
            yield (
                content[at:space].lstrip(b"0"),
                content[space + 1 : end].decode(errors="replace"),
                content[end + 1 : end + 21].hex(),
            )
            at = end + 21

    def is_signed(self, sha: str) -> bool:
        """Whether a commit carries a signature, whatever it is worth."""
        return b"\ngpgsig" in self.read(sha, b"commit").partition(b"\n\n")[0]


def _cat_file(git: _Git, how: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - git by its full path
        [git.program, "cat-file", how],
        cwd=git.folder,
        env=git.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _ask(process: subprocess.Popen[bytes], sha: str) -> bytes:
    """The line that git answers."""
    asked, answers = process.stdin, process.stdout
    assert asked is not None
    assert answers is not None
    asked.write(f"{sha}\n".encode())
    asked.flush()
    return answers.readline()


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


def _last_line(printed: bytes) -> str:
    rows: Sequence[str] = printed.decode(errors="replace").strip().splitlines()
    return rows[-1] if rows else "git said nothing"
