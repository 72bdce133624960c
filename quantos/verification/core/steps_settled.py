"""Steps 17 to 19: does the published day follow from what went before, and was it fixed when it was settled?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, Final

from quantos.verification.core import resettlement, trading_days
from quantos.verification.core.dated_rules import PRESENT, RuleTable
from quantos.verification.core.evidence import DayEvidence, differs
from quantos.verification.core.exact import cny
from quantos.verification.core.history import Entry
from quantos.verification.core.package import Package
from quantos.verification.core.package_reader import BLOCKS
from quantos.verification.core.resettlement import NO_PRICE, Day, Settled, Terms, Unsettleable, settle
from quantos.verification.core.verdict import (
    Finding,
    Judgement,
    Step,
    Waiver,
    failed,
    judged,
    not_checked,
)

# 17. Settled again


def settles_again(evidence: DayEvidence) -> Judgement:
    """The specification, applied to yesterday's holdings, the signal and the bars, gives every published field."""
    package = evidence.package
    try:
        settled = settle(day_of(package, evidence.rules))
    except Unsettleable as error:
        return failed(Finding(error.code, error.facts))
    return judged(list(_differences(package, settled)))


def day_of(package: Package, rules: RuleTable = PRESENT) -> Day:
    """What decided the day, without what came of it."""
    settings = package.settings
    return Day(
        trade_date=package.trade_date,
        at_close=settings.execution_price == "close",
        commission_e8=settings.commission_e8,
        slippage_e8=settings.slippage_e8,
        minimum_commission=settings.minimum_commission,
        cash=package.previous.cash,
        holdings=dict(package.previous.positions),
        signal=None if package.signal is None else package.signal.signals,
        bars={bar.symbol: bar for bar in package.bars},
        terms={
            action.symbol: Terms(action.bonus_per_million, action.cash_mills_per_million, action.into_symbol)
            for action in package.corporate_actions
            if action.bonus_per_million is not None and action.cash_mills_per_million is not None
        },
        rules=rules,
    )


def published_orders(package: Package) -> list[resettlement.Order]:
    """The package's orders, each with what its fill cost."""
    trades, orders = iter(package.trades), []
    for order in package.orders:
        trade = next(trades, None) if order.filled else None
        paid = (
            (trade.price, trade.commission, trade.stamp_duty, trade.transfer_fee) if trade else (0, 0, 0, 0)
        )
        quantity = -order.quantity if order.side == "SELL" else order.quantity
        orders.append(resettlement.Order(order.symbol, quantity, order.filled, *paid, order.reason))
    return orders


_ORDER_FIELDS: Final = (
    "symbol",
    "quantity",
    "filled",
    "price",
    "commission",
    "stamp_duty",
    "transfer_fee",
    "reason",
)
_MONEY_FIELDS: Final = frozenset({"price", "commission", "stamp_duty", "transfer_fee", "cash", "close"})
_ACTION_FIELDS: Final = ("symbol", "kind", "quantity_before", "quantity_after", "cash", "into_symbol")


def _differences(package: Package, settled: Settled) -> Iterator[Finding]:
    yield from _compare("corporate action", _ACTION_FIELDS, settled.actions, package.corporate_actions)
    yield from _compare("order", _ORDER_FIELDS, settled.orders, published_orders(package))
    expected = {symbol: (shares, close) for symbol, shares, close in settled.positions}
    found = {held.symbol: (held.quantity, held.close) for held in package.positions}
    for symbol in sorted(expected.keys() | found.keys()):
        for name, right, wrong in zip(
            ("quantity", "close"), expected.get(symbol, (0, 0)), found.get(symbol, (0, 0)), strict=True
        ):
            if right != wrong:
                yield differs(f"{symbol} {name}", _plain(name, right), _plain(name, wrong))
    if settled.cash != package.nav.cash:
        yield differs("cash", cny(settled.cash), cny(package.nav.cash))
    if settled.nav != package.nav.reported_nav:
        yield differs("reported_nav", cny(settled.nav), cny(package.nav.reported_nav))


def _compare(
    kind: str, names: Sequence[str], expected: Sequence[Any], found: Sequence[Any]
) -> Iterator[Finding]:
    """Row by row, field by field."""
    for place, (right, wrong) in enumerate(zip_longest(expected, found), start=1):
        if right is None or wrong is None:
            code = "row_unexpected" if right is None else "row_missing"
            yield Finding(code, {"what": f"{kind} {place}", "symbol": (right or wrong).symbol})
            return
        for name in names:
            one, other = getattr(right, name), getattr(wrong, name)
            if one != other and not (one == NO_PRICE and other in BLOCKS):
                what = f"{kind} {place} ({right.symbol}) {name}"
                yield differs(what, _plain(name, one), _plain(name, other))
                if name == "symbol":
                    return


def _plain(name: str, value: Any) -> Any:
    return cny(value) if name in _MONEY_FIELDS else value


# 18. and 19. The digest


def digest_recomputes(evidence: DayEvidence) -> Judgement:
    """nav_sha256 binds what the package shows."""
    expected, found = evidence.nav_sha256, evidence.package.settlement.nav_sha256
    return judged(
        [] if expected == found else [Finding("digest_differs", {"expected": expected, "found": found})]
    )


def digest_committed(evidence: DayEvidence) -> Judgement:
    """The repository carries this digest for this revision, never changed, and every revision before it."""
    package, history, settlement = evidence.package, evidence.history, evidence.package.settlement
    if history is None:
        return not_checked(evidence.unattested)
    revisions = history.revisions(package.trade_date, evidence.settled_names)
    entry = revisions.get(package.revision)
    if settlement.commit_sha is not None and settlement.commit_sha not in history.commits:
        head = history.head.sha if history.head else "an empty repository"
        return failed(Finding("commit_unknown", {"found": settlement.commit_sha, "expected": head}))
    missing = [number for number in range(package.revision) if number not in revisions]
    findings = [Finding("changed_in_silence", {"revision": number}) for number in missing]
    findings += _about_revisions(package, max(revisions, default=package.revision))
    if entry is None:
        waiver = None if settlement.committed else Waiver.UNATTESTED
        code = "digest_claimed_missing" if settlement.committed else "digest_never_committed"
        findings.append(Finding(code, {"found": package.trade_date, "revision": package.revision}, waiver))
        return failed(*findings)
    findings += _about_entry(evidence, entry)
    return judged(findings, Finding("digest_dated", {"found": entry.first.at}))


def _about_entry(evidence: DayEvidence, entry: Entry) -> Iterator[Finding]:
    """The entry was never changed, says what the package says, and came after the settlement."""
    package, settlement = evidence.package, evidence.package.settlement
    for change in entry.changes:
        facts = {
            "commit": change.commit.sha,
            "at": change.commit.at,
            "expected": change.before,
            "found": change.after or "",
        }
        yield Finding(f"entry_{change.kind}", facts)
    committed = {
        "nav_sha256": (entry.digest, settlement.nav_sha256),
        "snapshot_sha256": (entry.text("snapshot_sha256"), package.snapshot_sha256),
        "rules_version": (entry.text("rules_version"), package.rules_version),
    }
    for name, (expected, found) in committed.items():
        if expected != found:
            yield Finding("committed_differs", {"what": name, "expected": expected, "found": found})
    if entry.digest != evidence.nav_sha256 and entry.digest == settlement.nav_sha256:
        facts = {"what": "nav_sha256", "expected": entry.digest, "found": evidence.nav_sha256}
        yield Finding("committed_differs", facts)
    if settlement.commit_sha not in {None, entry.first.sha}:
        yield differs("commit_sha", entry.first.sha, settlement.commit_sha)
    at = settlement.committed_at
    if at is not None and at.replace(microsecond=0) != entry.first.at:
        yield differs("committed_at", entry.first.at, at)
    if entry.first.at < trading_days.shanghai(package.trade_date, trading_days.SETTLES_AT):
        yield Finding("settled_too_early", {"found": entry.first.at})


def _about_revisions(package: Package, latest: int) -> Iterator[Finding]:
    """A restated day says so, and a package of an older revision says which one is in force."""
    shown = [number for number, _ in package.restated.revisions] if package.restated else [0]
    newest = max(shown, default=0)
    if shown != list(range(newest + 1)) or package.revision > newest or latest > newest:
        yield Finding("revisions_differ", {"expected": latest, "found": newest})
    told = dict(package.restated.revisions).get(package.revision) if package.restated else None
    if told not in {None, package.nav.reported_nav}:
        yield differs("restated.revisions, its own", cny(package.nav.reported_nav), cny(told or 0))


SETTLED_STEPS: Final[tuple[Step[DayEvidence], ...]] = (
    Step(17, "settled_again", settles_again),
    Step(18, "nav_digest", digest_recomputes),
    Step(19, "digest_committed", digest_committed),
)
