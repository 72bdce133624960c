"""A repository put back from the bundle of a backup.

What is public is never taken back: a repository that is there stays as it is, if it holds everything that the
bundle does; one that does not is in the way, and is refused rather than changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from quantos.attestation import failures
from quantos.attestation.failures import NotCommitted
from quantos.attestation.git import Git, GitMissing, GitTimedOut, Ran
from quantos.attestation.repository import located

TIMEOUT_S: Final = 600.0


def check(repository: Path, bundle: Path) -> bool:
    """Whether the bundle is to be put there: False where its commits are there already. Raises NotCommitted."""
    ref, head = _head_of(bundle)
    there = located(repository)
    if there is None:
        if repository.exists() and (not repository.is_dir() or any(repository.iterdir())):
            raise NotCommitted(failures.BROKEN, f"{repository} is neither empty nor a git repository")
        return True
    if _run(Git(there.git_dir), "merge-base", "--is-ancestor", head, ref).code != 0:
        raise NotCommitted(
            failures.BROKEN,
            f"the repository at {repository} does not hold what the backup attests: move it away",
        )
    return False


def put(repository: Path, bundle: Path) -> None:
    """Make the repository, whole or not at all. Raises NotCommitted."""
    ref, _ = _head_of(bundle)
    branch = ref.removeprefix("refs/heads/")
    new = repository.with_name(f".{repository.name}.quantos-restored")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    git = Git(None, new.parent)
    cloned = _run(git, "clone", "--quiet", "--branch", branch, "--", str(bundle), str(new))
    if cloned.code == 0:
        cloned = _run(Git(new / ".git"), "remote", "remove", "origin")
    if cloned.code != 0:
        raise NotCommitted(failures.BROKEN, f"git clone: {cloned.err.strip()[:300]}")
    if repository.exists():
        repository.rmdir()
    new.replace(repository)


def _head_of(bundle: Path) -> tuple[str, str]:
    """The branch of a bundle, by its whole name, and where it stands."""
    ran = _run(Git(None, bundle.parent), "bundle", "list-heads", str(bundle))
    words = ran.out.decode(errors="replace").split()
    if ran.code != 0 or len(words) != 2:
        raise NotCommitted(failures.BROKEN, "the bundle in the backup cannot be read")
    return words[1], words[0]


def _run(git: Git, *arguments: str) -> Ran:
    try:
        return git.run(*arguments, timeout_s=TIMEOUT_S)
    except (GitMissing, GitTimedOut) as failed:
        raise NotCommitted(failures.BROKEN, str(failed)) from None
