"""The remote: where commits are pushed, and what its URL may show of itself.

Credentials in the URL are taken out of it at once. Git asks for them by a credential helper that reads them from
its environment, so that they stand in no argument list, no file, no message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from quantos.attestation.core.push import PushOutcome, PushState, outcome
from quantos.attestation.git import Git, GitMissing, GitTimedOut

NAME: Final = "quantos"
TOKEN_CHARS_MIN: Final = 8
"""A user of at least that length without a password is taken for a token."""
_SEEN: Final = "refs/quantos/seen"
_HELPER: Final = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
    ' "$QUANTOS_REMOTE_USER" "$QUANTOS_REMOTE_PASSWORD"; }; f'
)
_GITHUB: Final = re.compile(
    r"^(?:https?://github\.com/|ssh://(?:[^@/]+@)?github\.com(?::\d+)?/|(?:[^@/]+@)?github\.com:)"
    r"/?(?P<owner>[^/]+)/(?P<repo>[^/]+?)(?:\.git)?/?$",
    re.IGNORECASE,
)


def tracking(branch: str) -> str:
    """The reference that says what has been pushed."""
    return f"refs/remotes/{NAME}/{branch}"


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote without its credentials; these apart."""

    url: str
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, text: str) -> Remote:
        """From a URL, a path, or `user@host:path`."""
        if "://" not in text:
            return cls(text)
        parts = urlsplit(text)
        login, _, host = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        if parts.scheme in {"http", "https"}:
            bare = urlunsplit(parts._replace(netloc=host))
            return cls(bare, unquote(user), unquote(password))
        if not password:
            return cls(text)
        return cls(urlunsplit(parts._replace(netloc=f"{user}@{host}")), "", unquote(password))

    @property
    def shown(self) -> str:
        """For people: without credentials, query and fragment."""
        return re.split(r"[?#]", self.url, maxsplit=1)[0] if "://" in self.url else self.url

    @property
    def github_raw(self) -> str | None:
        """Where GitHub serves the files of a commit: `{sha}` stands for it."""
        found = _GITHUB.match(self.url)
        return found and f"https://raw.githubusercontent.com/{found['owner']}/{found['repo']}/{{sha}}"

    def redact(self, text: str) -> str:
        """A text of git without anything secret that the URL holds."""
        lone_token = self.user if not self.password and len(self.user) >= TOKEN_CHARS_MIN else ""
        for secret in filter(None, (self.password, lone_token)):
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, "********")
        return text.replace(self.url, self.shown)

    @property
    def config(self) -> dict[str, str]:
        """What makes git know it, for one run."""
        found = {
            f"remote.{NAME}.url": self.url,
            f"remote.{NAME}.fetch": f"+refs/heads/*:refs/remotes/{NAME}/*",
        }
        if self.user:
            parts = urlsplit(self.url)
            found[f"credential.{parts.scheme}://{parts.netloc}.helper"] = _HELPER
        return found

    @property
    def env(self) -> dict[str, str]:
        return (
            {"QUANTOS_REMOTE_USER": self.user, "QUANTOS_REMOTE_PASSWORD": self.password} if self.user else {}
        )


def push(git: Git, remote: Remote, branch: str, timeout_s: float) -> PushOutcome:
    """Push the branch as it is; never with force. What had been pushed is compared where the remote rejects it."""
    try:
        ref = f"refs/heads/{branch}"
        ran = git.run(
            "push", "--porcelain", "--no-verify", NAME, f"{ref}:{ref}",
            timeout_s=timeout_s, config=remote.config, env=remote.env,
        )  # fmt: skip
        found = outcome(ran.code, ran.text, ran.err)
        if found.state is PushState.DIVERGED:
            found = PushOutcome(_how_diverged(git, remote, branch, timeout_s), found.detail)
    except GitTimedOut as late:
        return PushOutcome(PushState.TIMED_OUT, str(late))
    except GitMissing as missing:
        return PushOutcome(PushState.NO_GIT, str(missing))
    return found._replace(detail=remote.redact(found.detail))


def reach(git: Git, remote: Remote, branch: str, timeout_s: float) -> tuple[PushOutcome, str | None]:
    """Whether the remote answers, and the commit at which its branch stands."""
    try:
        ran = git.run(
            "ls-remote", NAME, f"refs/heads/{branch}",
            timeout_s=timeout_s, config=remote.config, env=remote.env,
        )  # fmt: skip
    except GitTimedOut as late:
        return PushOutcome(PushState.TIMED_OUT, str(late)), None
    except GitMissing as missing:
        return PushOutcome(PushState.NO_GIT, str(missing)), None
    found = outcome(ran.code, "", ran.err)
    return found._replace(detail=remote.redact(found.detail)), ran.text.split("\t")[0] or None


def _how_diverged(git: Git, remote: Remote, branch: str, timeout_s: float) -> PushState:
    """Whether what was pushed last is still part of the remote's branch."""
    fetched = git.run(
        "fetch", "--quiet", "--no-tags", "--refmap=", NAME, f"+refs/heads/{branch}:{_SEEN}",
        timeout_s=timeout_s, config=remote.config, env=remote.env,
    )  # fmt: skip
    if fetched.code != 0:
        return PushState.DIVERGED
    pushed = git.run("rev-parse", "--verify", "--quiet", tracking(branch), timeout_s=timeout_s)
    if pushed.code != 0:
        return PushState.DIVERGED
    kept = git.run("merge-base", "--is-ancestor", tracking(branch), _SEEN, timeout_s=timeout_s)
    return PushState.AHEAD if kept.code == 0 else PushState.REWRITTEN
