"""The strategies that users keep."""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from quantos.accounts.service import Caller
from quantos.kit.clock import Clock
from quantos.research import store
from quantos.research.core import policy
from quantos.research.refusals import SavedStrategyNotFound, TooManySaved
from quantos.research.schemas import StrategyNew
from quantos.research.tables import SavedStrategy
from quantos.storage.records import Records

SAVED_MAX: Final = 200


class Saved:
    """A user sees and changes the own ones alone: another's is not found."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records, self._clock = records, clock

    async def save(self, caller: Caller, new: StrategyNew) -> int:
        """Its id. Raises StrategyCodeRefused, TooManySaved."""
        policy.admit(new.code)

        def work(session: Session) -> int:
            if store.count(session, caller.user_id) >= SAVED_MAX:
                raise TooManySaved(f"you have {SAVED_MAX} saved strategies: delete one first")
            fields = new.model_dump()
            kept = SavedStrategy(user_id=caller.user_id, created_at=self._clock.now(), **fields)
            return store.add(session, kept)

        return await self._records.commit(work)

    def all(self, caller: Caller, number: int | None) -> list[dict[str, Any]]:
        with self._records.read() as session:
            return [_shown(each) for each in store.of_user(session, caller.user_id, number)]

    def one(self, caller: Caller, number: int) -> dict[str, Any]:
        """Raises SavedStrategyNotFound."""
        with self._records.read() as session:
            return _shown(owned(session, caller, number))

    async def delete(self, caller: Caller, number: int) -> None:
        """Raises SavedStrategyNotFound."""
        await self._records.commit(lambda session: session.delete(owned(session, caller, number)))


def owned(session: Session, caller: Caller, number: int) -> SavedStrategy:
    """Raises SavedStrategyNotFound."""
    found = store.of_user(session, caller.user_id, number)
    if not found:
        raise SavedStrategyNotFound("there is no such strategy among yours")
    return found[0]


def _shown(kept: SavedStrategy) -> dict[str, Any]:
    return {
        "id": kept.number,
        "name": kept.name,
        "prompt": kept.prompt,
        "code": kept.code,
        "created_at": kept.created_at,
    }
