"""The salt and the digest of a settled strategy-day, against a library of canonical JSON."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from quantos.settlement.core.record import (
    Action,
    ActionTerms,
    Bar,
    Before,
    DayRecord,
    Decided,
    Holding,
    Order,
    Position,
    Revision,
)
from quantos.verification.binding import Terms, bound, hidden_slug, nav_sha256, salt_of

DAY = date(2024, 1, 3)
TERMS = Terms(7, "alpha", "hs300", "open", 1_000_000_000, 30_000, 200_000)
SALT, HASH = "ab" * 16, "cd" * 32
RECORD = DayRecord(
    strategy=7,
    trade_date=DAY,
    revision=1,
    nav=999_900_000,
    cash=499_900_000,
    stale=0,
    rebalanced=True,
    run=3,
    decided=Decided("ef" * 32, "rules-1", 5_000, "operator", 'half "open"\n数据'),
    before=Before(date(2024, 1, 2), 1_000_000_000, 900_000_000),
    held_before=(Holding("600000.SH", 100),),
    actions=(Action("600000.SH", "corporate_action", 100, 110, 50, ActionTerms(100_000, 500, None)),),
    orders=(
        Order("600000.SH", -110, 110, 9_990, 330, 1_100, 10, None),
        Order("600519.SH", 300, 200, 1_700_000, 102_000, 0, 3_400, "insufficient_cash"),
    ),
    positions=(Position("600519.SH", 200, 1_690_000),),
    bars=(
        Bar("600000.SH", 10_000, 9_900, 9_950, 10_050, 12, 10_950, 8_960, None, "corporate_action", True),
        Bar(
            "600519.SH",
            1_690_000,
            1_690_000,
            0,
            0,
            0,
            None,
            None,
            "unexplained_reference",
            "unexplained",
            False,
        ),
    ),
    revisions=(Revision(0, 1), Revision(1, 999_900_000)),
    restated=None,
)

BOUND: dict[str, Any] = {
    "accepted": 'half "open"\n数据',
    "bars": [
        ["600000.SH", 10000, 9900, 9950, 10050, 12, 10950, 8960, None, "corporate_action"],
        ["600519.SH", 1690000, 1690000, 0, 0, 0, None, None, "unexplained_reference", "unexplained"],
    ],
    "cash": 499900000,
    "corporate_actions": [["600000.SH", "corporate_action", 100, 110, 50]],
    "execution_price": "open",
    "commission_e8": 30000,
    "slippage_e8": 200000,
    "initial_capital": 1000000000,
    "minimum_commission": 5000,
    "nav": 999900000,
    "orders": [
        ["600000.SH", -110, 110, 9990, 330, 1100, 10, None],
        ["600519.SH", 300, 200, 1700000, 102000, 0, 3400, "insufficient_cash"],
    ],
    "positions": [["600519.SH", 200, 1690000]],
    "previous": {"cash": 900000000, "positions": [["600000.SH", 100]]},
    "revision": 1,
    "rules_version": "rules-1",
    "salt": SALT,
    "signal_hash": HASH,
    "slug": "alpha",
    "snapshot_sha256": "ef" * 32,
    "trade_date": "2024-01-03",
}
"""The object of docs/verification.md, by hand."""


def test_the_digest_is_that_of_the_documented_object() -> None:
    assert nav_sha256(RECORD, TERMS, SALT, HASH) == hashlib.sha256(rfc8785.dumps(BOUND)).hexdigest()


def test_on_the_first_day_the_cash_before_is_the_initial_capital() -> None:
    first = replace(RECORD, before=None, held_before=())
    assert json.loads(bound(first, TERMS, SALT, None))["previous"] == {"cash": 1_000_000_000, "positions": []}


@given(reason=st.text(), symbol=st.text(min_size=1), quantity=st.integers(-(2**53) + 1, 2**53 - 1))
def test_the_bytes_are_canonical_whatever_the_texts(reason: str, symbol: str, quantity: int) -> None:
    record = replace(
        RECORD,
        decided=RECORD.decided._replace(accepted_reason=reason),
        orders=(Order(symbol, quantity, 0, 0, 0, 0, 0, None),),
    )
    content: dict[str, Any] = {
        **BOUND,
        "accepted": reason,
        "orders": [[symbol, quantity, 0, 0, 0, 0, 0, None]],
    }
    assert bound(record, TERMS, SALT, HASH) == rfc8785.dumps(content)


def test_an_amount_beyond_the_integers_of_json_has_no_digest() -> None:
    with pytest.raises(OverflowError, match="beyond"):
        nav_sha256(replace(RECORD, nav=2**53), TERMS, SALT, HASH)


CHANGES = {
    "nav": {"nav": RECORD.nav + 1},
    "cash": {"cash": RECORD.cash + 1},
    "revision": {"revision": 2},
    "day": {"trade_date": date(2024, 1, 4)},
    "share": {"positions": (Position("600519.SH", 201, 1_690_000),)},
    "holding before": {"held_before": (Holding("600000.SH", 101),)},
    "fee": {"orders": (RECORD.orders[0]._replace(commission=340), RECORD.orders[1])},
    "order of orders": {"orders": RECORD.orders[::-1]},
    "bar": {"bars": (RECORD.bars[0]._replace(volume=13), RECORD.bars[1])},
    "limit": {"bars": (RECORD.bars[0]._replace(upper=None), RECORD.bars[1])},
    "action": {"actions": (RECORD.actions[0]._replace(cash=51),)},
    "rules": {"decided": RECORD.decided._replace(rules_version="rules-2")},
    "minimum commission": {"decided": RECORD.decided._replace(minimum_commission=0)},
    "reason of the acceptance": {"decided": RECORD.decided._replace(accepted_reason=None)},
    "cash before": {"before": RECORD.before and RECORD.before._replace(cash=1)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_fact_that_decided_is_bound(change: str) -> None:
    changed = replace(RECORD, **CHANGES[change])  # type: ignore[arg-type]
    assert nav_sha256(changed, TERMS, SALT, HASH) != nav_sha256(RECORD, TERMS, SALT, HASH)


@pytest.mark.parametrize(
    "terms",
    [
        TERMS._replace(slug="beta"),
        TERMS._replace(execution_price="close"),
        TERMS._replace(initial_capital=1),
        TERMS._replace(commission_e8=1),
        TERMS._replace(slippage_e8=1),
    ],
    ids=str,
)
def test_the_terms_of_the_strategy_are_bound(terms: Terms) -> None:
    assert nav_sha256(RECORD, terms, SALT, HASH) != nav_sha256(RECORD, TERMS, SALT, HASH)


def test_the_signal_and_the_salt_are_bound() -> None:
    digests = {nav_sha256(RECORD, TERMS, *rest) for rest in ((SALT, HASH), (SALT, None), ("00" * 16, HASH))}
    assert len(digests) == 3


def test_the_salt_is_a_keyed_hash_of_slug_and_day() -> None:
    expected = hmac.new(b"secret", b"alpha\n2024-01-03", "sha256").hexdigest()[:32]
    assert salt_of(b"secret", "alpha", DAY) == expected
    others = {salt_of(b"other", "alpha", DAY), salt_of(b"secret", "alph", DAY)}
    others |= {salt_of(b"secret", "alpha", date(2024, 1, 4))}
    assert len(others | {expected}) == 4


def test_a_hidden_slug_is_the_hash_of_slug_and_salt() -> None:
    assert hidden_slug("alpha", SALT) == hashlib.sha256(b"alpha" + SALT.encode()).hexdigest()
