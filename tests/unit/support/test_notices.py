"""What an event says to whom, in both languages."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any, Final

import pytest

from quantos.support.core.notices import RULES, Ending, Notice, of_event
from quantos.support.core.texts import TEXTS, Language

TICKET: Final = {
    "ticket_id": "t",
    "title": "T",
    "status_before": "open",
    "status": "closed",
    "admin_reply": None,
}
DAY: Final = {"strategy": 3, "slug": "one", "trade_date": "2024-01-03"}
VALUES: Final = {"portfolio_id": "p", "name": "mix", "trade_date": "2024-01-03", "factors": ["momentum"]}
LICENSE: Final = {"request_id": "r", "customer": "Acme Corp", "admin_reply": "The note is empty."}
EVENTS: Final[dict[str, dict[str, Any]]] = {
    "ticket_changed": TICKET,
    "tier_changed": {"before": "licensed", "after": "free"},
    "license_decided": {**LICENSE, "status": "rejected"},
    "settlement_missing": {**DAY, "reason": "it waits"},
    "settlement_mended": DAY,
    "signal_unattested": DAY,
    "signal_attested": DAY,
    "values_missing": VALUES,
    "values_arrived": VALUES,
    "factor_validated": {"factor_id": "f", "name": "alpha", "status": "active", "reasons": []},
    "portfolio_day_missed": {
        "portfolio_id": "p",
        "name": "mix",
        "trade_date": "2024-01-03",
        "reason": "none",
    },
    "portfolio_day_mended": {"portfolio_id": "p", "trade_date": "2024-01-03"},
    "deployment_day_missed": {
        "deployment_id": "d",
        "slug": "by-code",
        "trade_date": "2024-01-03",
        "reason": "it raised",
    },
    "deployment_day_mended": {"deployment_id": "d", "trade_date": "2024-01-03"},
}
ENDINGS: Final = {
    "settlement_mended",
    "portfolio_day_mended",
    "signal_attested",
    "values_arrived",
    "deployment_day_mended",
}
CHINESE = re.compile(r"[一-鿿]")


def notice(kind: str, language: Language = "en", **changes: Any) -> Notice:
    found = of_event(kind, {"user_id": "u", **EVENTS[kind], **changes}, language)
    assert isinstance(found, Notice)
    return found


def test_every_rule_is_tried_here() -> None:
    assert EVENTS.keys() == RULES.keys()


def test_both_languages_take_the_same_placeholders() -> None:
    for key, texts in TEXTS.items():
        english, chinese = ({name for _, name, *_ in Formatter().parse(text) if name} for text in texts)
        assert english == chinese, key


@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_speaks_both_languages(kind: str) -> None:
    for language, wanted in (("en", False), ("zh", True)):
        found = of_event(kind, {"user_id": "u", **EVENTS[kind]}, language)  # type: ignore[arg-type]
        assert found is not None
        texts = [found.addition] if isinstance(found, Ending) else [found.title, found.message]
        assert [bool(CHINESE.search(text)) for text in texts] == [wanted] * len(texts)


def test_a_kind_without_a_rule_is_nobodys_news() -> None:
    assert of_event("day_settled", {"trade_date": "2024-01-03"}, "en") is None


def test_a_notice_goes_to_the_user_of_the_event() -> None:
    assert {notice(kind).user_id for kind in EVENTS if kind not in ENDINGS} == {"u"}


def test_a_reply_alone_does_not_speak_of_the_status() -> None:
    assert notice("ticket_changed", status="open", admin_reply="Yes").message == "Reply: Yes"


def test_a_reply_with_braces_is_repeated_as_it_is() -> None:
    assert notice("ticket_changed", status="open", admin_reply="{x} {0}").message == "Reply: {x} {0}"


def test_the_tier_tells_how_many_strategies_one_may_have() -> None:
    assert (
        notice("tier_changed").message
        == "It was licensed. You may now have 3 strategies that are not retired."
    )


def test_an_approved_licence_says_where_it_is() -> None:
    found = notice("license_decided", status="approved", admin_reply=None)
    assert found.title == "Your licence request is approved"
    assert found.message == (
        "The licence for Acme Corp can be downloaded: GET /api/v1/deploy/my-license/download."
    )


def test_a_rejected_licence_says_why() -> None:
    assert "The note is empty." in notice("license_decided").message


def test_a_mended_day_ends_the_notice_of_that_strategy_and_day_alone() -> None:
    ending = of_event("settlement_mended", {"user_id": "u", **DAY}, "en")
    assert isinstance(ending, Ending)
    assert ending.subject == notice("settlement_missing").subject
    assert ending.subject != notice("settlement_missing", trade_date="2024-01-04").subject
    assert ending.subject != notice("settlement_missing", strategy=13).subject


def test_a_mended_portfolio_day_ends_the_notice_of_that_portfolio_and_day_alone() -> None:
    mended = {"user_id": "u", **EVENTS["portfolio_day_mended"]}
    ending = of_event("portfolio_day_mended", mended, "en")
    assert isinstance(ending, Ending)
    assert ending.subject == notice("portfolio_day_missed").subject
    assert ending.subject != notice("portfolio_day_missed", trade_date="2024-01-04").subject
    assert ending.subject != notice("portfolio_day_missed", portfolio_id="q").subject


def test_a_mended_day_of_a_deployment_ends_its_notice_alone() -> None:
    mended = {"user_id": "u", **EVENTS["deployment_day_mended"]}
    ending = of_event("deployment_day_mended", mended, "en")
    assert isinstance(ending, Ending)
    assert ending.subject == notice("deployment_day_missed").subject
    assert ending.subject != notice("deployment_day_missed", trade_date="2024-01-04").subject
    assert ending.subject != notice("deployment_day_missed", deployment_id="e").subject


def test_a_rejected_factor_says_which_checks_failed() -> None:
    assert "IC; decay" in notice("factor_validated", status="rejected", reasons=["IC", "decay"]).message


def test_an_event_without_its_fields_is_refused() -> None:
    with pytest.raises(KeyError):
        of_event("tier_changed", {"user_id": "u"}, "en")
