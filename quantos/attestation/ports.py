"""What attestation asks of the features above it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from quantos.attestation.core.batches import Window
from quantos.attestation.core.entries import Attested, Placed
from quantos.attestation.core.statuses import Noted, StatusChanged


class Outstanding(NamedTuple):
    """Signals without a commit: those that wait for one, and those being committed."""

    waiting: int
    claimed: int


class Claimed(NamedTuple):
    """What is claimed. `fresh` was waiting until now and so is not in git; of `before` that is not known."""

    fresh: Sequence[Placed]
    before: Sequence[Placed]


class Publishing(Protocol):
    """How handing over the digests of settled days ended. `reason`: why some are left; None where none are."""

    @property
    def digests(self) -> int: ...

    @property
    def reason(self) -> str | None: ...


class Outbox(Protocol):
    """The signals and changes of status that are to be committed, as their store has them.

    A signal that is claimed can be neither replaced nor deleted: what is in git, or may be, is never replaced.
    One that is void, its strategy being paused or retired, is not due.
    """

    def adopt(self, now: datetime) -> None:
        """Signals stored without a repository whose deadline is still ahead wait for a commit from here on."""
        ...

    def is_due(self, window: Window) -> bool:
        """Whether `claim` would find anything."""
        ...

    def claim(self, window: Window, limit: int) -> Claimed:
        """Claim the waiting signals that are due, oldest trade dates first, at most `limit`; and all claimed before."""
        ...

    def mark(self, attested: Sequence[tuple[Placed, Attested]]) -> None:
        """Note the commits of signals."""
        ...

    def release(self, signals: Sequence[Placed], *, again: bool) -> None:
        """These are not in git: they can be replaced again. `again`: they wait for the next attempt; else the repository
        has another hash in their place, which is remembered.
        """
        ...

    def refused(self, limit: int) -> tuple[int, Sequence[tuple[str, date]]]:
        """Signals in whose place the repository has another hash: how many, and the first of them, as (slug, date)."""
        ...

    def acknowledge(self) -> int:
        """Those of `refused` are known to the operator and no longer among them; how many they were."""
        ...

    def outstanding(self) -> Outstanding: ...

    def statuses(self, after: Noted | None) -> Sequence[StatusChanged]:
        """The changes of status after that one, by number; all where there is no such one (any more)."""
        ...
