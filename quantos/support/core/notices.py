"""Who is told what of which event.

An event of the log (docs/events.md) becomes a notice to one user, or the end of one: a missing settlement that
is made up marks its notice as read and adds that to it. Kinds without a rule here are nobody's news.

A feature that has news of a kind named here notes the event with the fields that the rule reads, in the unit
of work of the fact, and does nothing else:

    factor_validated            user_id, factor_id, name, status, reasons (texts; of a rejected one)
    portfolio_day_missed        user_id, portfolio_id, name, trade_date, reason
    portfolio_day_mended        user_id, portfolio_id, trade_date
    deployment_day_missed       user_id, deployment_id, slug, trade_date, reason
    deployment_day_mended       user_id, deployment_id, trade_date
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from quantos.accounts.core.tiers import TIERS
from quantos.support.core.texts import Language, say

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a user is told. `subject` names what it is about, where something may end it later."""

    user_id: str
    title: str
    message: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What the notice of `subject` told is over. `addition` is added to its message."""

    subject: str
    addition: str


def of_event(kind: str, payload: Payload, language: Language) -> Notice | Ending | None:
    """What an event says to whom; None where it is nobody's news. Raises KeyError for a field that is missing."""
    rule = RULES.get(kind)
    return rule(payload, language) if rule else None


def _ticket_changed(payload: Payload, language: Language) -> Notice:
    parts = []
    if payload["status"] != payload["status_before"]:
        word = say(f"ticket.status.{payload['status']}", language)
        parts.append(say("ticket.changed", language, status=word))
    if payload["admin_reply"] is not None:
        parts.append(say("ticket.reply", language, reply=payload["admin_reply"]))
    title = say("ticket.title", language, title=payload["title"])
    return Notice(payload["user_id"], title, " ".join(parts))


def _tier_changed(payload: Payload, language: Language) -> Notice:
    before, after = payload["before"], payload["after"]
    message = say("tier.message", language, before=before, count=TIERS[after].max_strategies)
    return Notice(payload["user_id"], say("tier.title", language, after=after), message)


def _license_decided(payload: Payload, language: Language) -> Notice:
    key = "license.approved" if payload["status"] == "approved" else "license.rejected"
    facts = {"customer": payload["customer"], "reply": payload["admin_reply"]}
    title, message = (say(f"{key}.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message)


def _settlement_missing(payload: Payload, language: Language) -> Notice:
    facts = {name: payload[name] for name in ("slug", "trade_date", "reason")}
    title, message = (say(f"settlement.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message, _strategy_day(payload))


def _settlement_mended(payload: Payload, language: Language) -> Ending:
    return Ending(_strategy_day(payload), say("settlement.mended", language))


def _factor_validated(payload: Payload, language: Language) -> Notice:
    key = "factor.active" if payload["status"] == "active" else "factor.rejected"
    facts = {"name": payload["name"], "reasons": "; ".join(payload["reasons"])}
    title, message = (say(f"{key}.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message)


def _portfolio_day_missed(payload: Payload, language: Language) -> Notice:
    facts = {name: payload[name] for name in ("name", "trade_date", "reason")}
    title, message = (say(f"portfolio.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message, _portfolio_day(payload))


def _portfolio_day_mended(payload: Payload, language: Language) -> Ending:
    return Ending(_portfolio_day(payload), say("portfolio.mended", language))


def _portfolio_day(payload: Payload) -> str:
    return f"{payload['portfolio_id']}/{payload['trade_date']}"


def _deployment_day_missed(payload: Payload, language: Language) -> Notice:
    facts = {name: payload[name] for name in ("slug", "trade_date", "reason")}
    title, message = (say(f"deployment.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message, _deployment_day(payload))


def _deployment_day_mended(payload: Payload, language: Language) -> Ending:
    return Ending(_deployment_day(payload), say("deployment.mended", language))


def _deployment_day(payload: Payload) -> str:
    return f"deployment/{payload['deployment_id']}/{payload['trade_date']}"


def _signal_unattested(payload: Payload, language: Language) -> Notice:
    facts = {name: payload[name] for name in ("slug", "trade_date")}
    title, message = (say(f"attestation.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message, f"signal/{_strategy_day(payload)}")


def _signal_attested(payload: Payload, language: Language) -> Ending:
    return Ending(f"signal/{_strategy_day(payload)}", say("attestation.mended", language))


def _values_missing(payload: Payload, language: Language) -> Notice:
    facts = {
        "name": payload["name"],
        "trade_date": payload["trade_date"],
        "factors": ", ".join(payload["factors"]),
    }
    title, message = (say(f"values.{part}", language, **facts) for part in ("title", "message"))
    return Notice(payload["user_id"], title, message, _values(payload))


def _values_arrived(payload: Payload, language: Language) -> Ending:
    return Ending(_values(payload), say("values.mended", language))


def _values(payload: Payload) -> str:
    return f"values/{payload['portfolio_id']}/{payload['trade_date']}"


def _strategy_day(payload: Payload) -> str:
    return f"{payload['strategy']}/{payload['trade_date']}"


RULES: Final[dict[str, Callable[[Payload, Language], Notice | Ending]]] = {
    "ticket_changed": _ticket_changed,
    "tier_changed": _tier_changed,
    "license_decided": _license_decided,
    "settlement_missing": _settlement_missing,
    "settlement_mended": _settlement_mended,
    "factor_validated": _factor_validated,
    "portfolio_day_missed": _portfolio_day_missed,
    "signal_unattested": _signal_unattested,
    "signal_attested": _signal_attested,
    "values_missing": _values_missing,
    "values_arrived": _values_arrived,
    "portfolio_day_mended": _portfolio_day_mended,
    "deployment_day_missed": _deployment_day_missed,
    "deployment_day_mended": _deployment_day_mended,
}
