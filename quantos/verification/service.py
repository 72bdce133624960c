"""What anyone may read of a public strategy.

A strategy that is not public is unknown here, at once: whether it is public is asked of memory only as long
as no unit of work has been committed since. A pending strategy has an empty record and is not listed; a
retired one that has ever been active stays listed and readable for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Protocol

import orjson

from quantos.accounts.service import Accounts
from quantos.errors import NotFound, QuantosError
from quantos.kit.clock import rfc3339
from quantos.kit.money import MILLS_PER_CNY, cny
from quantos.kit.routing import API
from quantos.performance.service import Performance, number_of
from quantos.storage.records import Records
from quantos.strategies.service import Strategies
from quantos.verification.answers import Answers
from quantos.verification.binding import salt_of
from quantos.verification.marks import Marks
from quantos.verification.packages import Packages
from quantos.verification.publication import Publication

__all__ = ["Marks", "Packages", "Publication", "StrategyNotPublic", "Verification", "salt_of"]

HEADS_MAX: Final = 10_000
LISTED: Final = 50
"""Strategies of a page, unless `limit` says otherwise."""


class StrategyNotPublic(NotFound):
    code = "public_strategy_not_found"


class SettledDays(Protocol):
    """What settlement answers. `version` changes with every NAV row of the strategy, `backfill_revision` with
    its backfilled days, `writings` with the rows of any strategy.
    """

    @property
    def writings(self) -> int: ...

    def version(self, number: int) -> int: ...

    def backfill_revision(self, number: int) -> int: ...

    def latest(self, numbers: Sequence[int]) -> Mapping[int, tuple[date, int, int | None, int, int]]:
        """Of each strategy with a NAV: its last day, as (trade date, NAV, NAV before, settled days, stale), mills."""
        ...


class MarketFacts(Protocol):
    """What the market answers. `version` changes with every load, and so with every benchmark."""

    @property
    def version(self) -> int: ...


class Head(NamedTuple):
    """What of a public strategy decides its curves."""

    number: int
    initial_capital: int
    universe: str
    claim: int | None


def _track_record(performance: Performance, head: Head) -> dict[str, Any]:
    return {"records": performance.track_record(head), **performance.beside_record(head)}


def _metrics(performance: Performance, head: Head) -> dict[str, Any]:
    return performance.performance(head)


def _claimed(performance: Performance, head: Head) -> dict[str, Any]:
    return performance.claimed(head)


Kind = Literal["track-record", "performance", "claimed"]
_KINDS: Final[Mapping[str, Callable[[Performance, Head], dict[str, Any]]]] = {
    "track-record": _track_record,
    "performance": _metrics,
    "claimed": _claimed,
}


class Verification:
    """The public answers."""

    def __init__(
        self,
        records: Records,
        strategies: Strategies,
        settlement: SettledDays,
        performance: Performance,
        accounts: Accounts,
        market: MarketFacts,
        packages: Packages,
        marks: Marks,
    ) -> None:
        self._records, self._market, self._accounts = records, market, accounts
        self._packages, self._marks = packages, marks
        self._strategies, self._settlement, self._performance = strategies, settlement, performance
        self._answers = Answers()
        self._heads: dict[str, Head] = {}  # of public strategies alone: anyone may ask for any text
        self._generation = -1

    async def answer(self, head: Head, kind: Kind) -> bytes:
        """The answer of that kind as JSON."""
        key, stamp = (kind, head.number), self._stamp(head)

        def work() -> bytes:
            answer = _KINDS[kind](self._performance, head)
            if kind == "track-record":
                answer |= self._packages.restatements(head.number)
            is_word_alone = kind == "claimed" and "tracking" not in answer  # a person's: nothing was replayed
            return orjson.dumps(answer) if is_word_alone else self._json(answer)

        return self._answers.fresh(key, stamp) or await self._answers.make(key, stamp, work)

    async def index(self, slug: str) -> bytes:
        """What a public strategy is, and where the rest is read, as JSON. Raises StrategyNotPublic."""
        head = self.public(slug)
        key, stamp = ("index", head.number), (self._stamp_of_list(), head.claim, self._marks.edition)
        work = partial(self._index, slug)
        return self._answers.fresh(key, stamp) or await self._answers.make(key, stamp, work)

    def finished(self, slug: str, kind: str) -> bytes | None:
        """The same, where it is finished already; None for everything else, refusals too."""
        if kind not in _KINDS:
            return None
        try:
            head = self.public(slug)
        except QuantosError:
            return None  # the route says why
        return self._answers.fresh((kind, head.number), self._stamp(head))

    async def package(self, head: Head, trade_date: date | None, revision: int | None) -> bytes:
        """The verification package of a settled day as JSON. Raises SettledDayNotFound."""
        return await self._packages.package(head.number, trade_date, revision)

    def standings(self, limit: int, offset: int) -> dict[str, Any]:
        """Of everyone's strategies, in the order of their creation: the last settled day and the last signal."""
        with self._records.read() as session:
            page = self._strategies.page(session, limit, offset)
            numbers = [number_of(strategy) for strategy in page]
            signals = self._strategies.last_signals(session, numbers)
        latest = self._settlement.latest(numbers)
        found = []
        for strategy in page:
            number = number_of(strategy)
            day, attested = signals.get(number, (None, None))
            standing = _standing(latest.get(number), strategy.initial_capital * MILLS_PER_CNY)
            found.append({"slug": strategy.slug, **standing, "last_signal": day, "attested": attested})
        return {"standings": found}

    async def audit(self, head: Head, limit: int, offset: int) -> bytes:
        """A page of the audit log as JSON."""
        return await self._packages.audit(head.number, limit, offset)

    async def strategies(self, universe: str | None, limit: int, offset: int) -> bytes:
        """Public strategies that have ever been active, the latest created first, as JSON."""
        key, stamp = ("list", universe, limit, offset), self._stamp_of_list()
        work = partial(self._list, universe, limit, offset)
        return self._answers.fresh(key, stamp) or await self._answers.make(key, stamp, work)

    def finished_list(self) -> bytes | None:
        """The first page as it is without parameters, where it is finished already."""
        return self._answers.fresh(("list", None, LISTED, 0), self._stamp_of_list())

    def _stamp_of_list(self) -> Hashable:
        return self._records.generation, self._settlement.writings

    def _stamp(self, head: Head) -> Hashable:
        versions = self._settlement.version(head.number), self._settlement.backfill_revision(head.number)
        return (*versions, self._market.version, head.claim, self._marks.edition)

    def public(self, slug: str) -> Head:
        """A public strategy. Raises StrategyNotPublic."""
        generation = self._records.generation  # read before the store is
        if generation != self._generation or len(self._heads) >= HEADS_MAX:
            self._heads.clear()
            self._generation = generation
        head = self._heads.get(slug)
        if head is None:
            head = self._heads[slug] = self._find_public(slug)
        return head

    def _find_public(self, slug: str) -> Head:
        with self._records.read() as session:
            try:
                if not self._strategies.by_slug(session, slug).is_public:
                    raise _unknown()
            except NotFound:
                raise _unknown() from None
        return self.anyones(slug)

    def anyones(self, slug: str) -> Head:
        """Anyone's strategy, public or not. Raises StrategyNotPublic."""
        try:
            with self._records.read() as session:
                strategy = self._strategies.by_slug(session, slug)
                claim = self._performance.claim_number(session, number_of(strategy))
        except NotFound:
            raise _unknown() from None
        return Head(number_of(strategy), strategy.initial_capital, strategy.universe, claim)

    def _index(self, slug: str) -> bytes:
        with self._records.read() as session:
            (listed,) = self._listed(session, [self._strategies.by_slug(session, slug)])
        return self._json({**listed, "links": links_of(slug, claimed=listed["has_claimed"])})

    def _list(self, universe: str | None, limit: int, offset: int) -> bytes:
        with self._records.read() as session:
            listed = self._listed(session, self._strategies.public_page(session, universe, limit, offset))
        return orjson.dumps({"strategies": listed})

    def _listed(self, session: Any, strategies: Sequence[Any]) -> list[dict[str, Any]]:
        """Strategies with where they stand."""
        creators = self._accounts.nicknames(session, {strategy.user_id for strategy in strategies})
        claimants = self._performance.claimants(session, {strategy.number for strategy in strategies})
        latest = self._settlement.latest([strategy.number for strategy in strategies])
        return [
            {
                **_described(strategy),
                "creator": creators[strategy.user_id],
                "has_claimed": strategy.number in claimants,
                **_standing(latest.get(strategy.number), strategy.initial_capital * MILLS_PER_CNY),
            }
            for strategy in strategies
        ]

    def _json(self, answer: dict[str, Any]) -> bytes:
        """With the marks that keep a replay from passing for a record (CONV-05), and say of which edition it is."""
        return orjson.dumps({**answer, **self._marks.fields()})


def links_of(slug: str, *, claimed: bool) -> dict[str, str | None]:
    """Where each part of a public record is read; `claimed`: whether there is a claimed curve."""
    base = f"{API}/public/strategies/{slug}"
    return {
        "track_record": f"{base}/track-record",
        "performance": f"{base}/performance",
        "claimed": f"{base}/claimed" if claimed else None,
        "verify": f"{base}/verify",
        "audit": f"{base}/audit",
        "verifier": f"{API}/public/quantos-verify.pyz",
    }


def _unknown() -> StrategyNotPublic:
    return StrategyNotPublic("there is no public strategy of this slug")


def _described(strategy: Any) -> dict[str, Any]:
    return {
        "slug": strategy.slug,
        "name": strategy.name,
        "description": strategy.description,
        "universe": strategy.universe,
        "holding_period": strategy.holding_period,
        "execution_price": strategy.execution_price,
        "status": strategy.status,
        "created_at": rfc3339(strategy.created_at),
        "activated_at": rfc3339(strategy.activated_at) if strategy.activated_at else None,
    }


def _standing(latest: tuple[date, int, int | None, int, int] | None, capital: int) -> dict[str, Any]:
    """The last settled day. A ratio is made as the track record makes it, so that both show the same number."""
    if latest is None:
        return {
            "trading_days": 0,
            "latest_date": None,
            "nav": None,
            "total_return": None,
            "daily_return": None,
        }
    day, nav, before, days, stale = latest
    level, previous = nav / capital, 1.0 if before is None else before / capital
    return {
        "trading_days": days,
        "latest_date": day,
        "nav": cny(nav),
        "total_return": level - 1.0,
        "daily_return": level / previous - 1.0 if previous > 0.0 else None,
        **({"stale": stale / nav} if stale else {}),
    }
