"""A call of the API as a value: which method, which path, what goes along, and what comes back.

`quantos.client.calls` makes them, one function an operation; `Client` and `AsyncClient` send them:

    with Client(url, token) as send:
        strategy = send(calls.create_strategy(name="momentum", universe="hs300"))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

Answer = TypeVar("Answer")


class Unset:
    """The default of what may be left out: null is something else."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One request, and the type of its answer.

    items: the name of the list in an answer that comes in pages.  body: JSON, or bytes as they are.
    raw: the answer is bytes.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = UNSET
    headers: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    raw: bool = False

    def at(self, limit: int, offset: int) -> Call[Answer]:
        """The same list from another place."""
        return replace(self, query={**self.query, "limit": limit, "offset": offset})


def segment(value: object) -> str:
    """One part of a path."""
    return quote(str(_plain(value)), safe="")


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were set; dates and times as the API writes them. `from_` stands for `from`."""
    return {name.rstrip("_"): _plain(value) for name, value in fields.items() if not isinstance(value, Unset)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
