"""What git said about a push, and what it means."""

from __future__ import annotations

import pytest

from quantos.attestation.core.push import PushState, outcome

REF = "refs/heads/main:refs/heads/main"


@pytest.mark.parametrize(
    ("code", "out", "err", "expected"),
    [
        (0, f"To /srv/x.git\n \t{REF}\t79020dc..0e6182d\nDone", "", PushState.PUSHED),
        (1, f"To x\n!\t{REF}\t[rejected] (fetch first)\nDone", "error: failed", PushState.DIVERGED),
        (1, f"To x\n!\t{REF}\t[rejected] (non-fast-forward)", "", PushState.DIVERGED),
        (1, f"!\t{REF}\t[remote rejected] (pre-receive hook declined)", "remote: no", PushState.REFUSED),
        (128, "", "fatal: Authentication failed for 'https://x/y.git/'", PushState.UNAUTHORISED),
        (128, "", "fatal: could not read Username for 'https://x'", PushState.UNAUTHORISED),
        (128, "", "git@github.com: Permission denied (publickey).", PushState.UNAUTHORISED),
        (128, "", "fatal: unable to access 'https://x/': Could not resolve host: x", PushState.UNREACHABLE),
        (128, "", "", PushState.UNREACHABLE),
    ],
)
def test_a_push_ends_as_git_says(code: int, out: str, err: str, expected: PushState) -> None:
    assert outcome(code, out, err).state is expected


def test_the_remotes_own_words_are_kept_on_one_line_and_bounded() -> None:
    found = outcome(
        1, f"!\t{REF}\t[remote rejected] (hook declined)", "remote: one\nremote: two\n" + "x" * 1000
    )
    assert found.detail.startswith("remote: one; remote: two; x")
    assert len(found.detail) == 300
