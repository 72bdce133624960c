"""When a remote received a commit, by the remote's own log of its branch.

A commit's time is its author's word; the log of a bare remote is written by the remote's host, with its clock,
at each push. It says more than the commit does exactly as far as that host is somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_LINE: Final = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40}) [^\t]*> ([0-9]{1,11}) [+-][0-9]{4}(?:\t(.*))?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Receipt(NamedTuple):
    """A line of the log: the branch went from `old` to `new`. `pushed`: it came over the wire."""

    old: str
    new: str
    at: datetime
    pushed: bool


def read_reflog(text: str) -> list[Receipt]:
    """The lines of a reflog, oldest first."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return [
        Receipt(
            match[1], match[2], _EPOCH + timedelta(seconds=int(match[3])), (match[4] or "").startswith("push")
        )
        for match in found
        if match
    ]


def received(line: Sequence[str], receipts: Iterable[Receipt]) -> tuple[dict[str, datetime], list[str]]:
    """When each commit of the first-parent line arrived, and the commits that the log names and the line lost."""
    places = {sha: place for place, sha in enumerate(line)}
    arrived: dict[str, datetime] = {}
    lost: list[str] = []
    for receipt in receipts:
        lost += [sha for sha in (receipt.old, receipt.new) if sha.strip("0") and sha not in places]
        if not receipt.pushed or receipt.new not in places:
            continue
        start = places.get(receipt.old, -1) + 1 if receipt.old.strip("0") else 0
        for sha in line[start : places[receipt.new] + 1]:
            arrived.setdefault(sha, receipt.at)
    return arrived, list(dict.fromkeys(lost))
