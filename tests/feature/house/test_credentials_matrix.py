"""Every operation with every kind of credential gives the code that the specification says.

The operations are those of the route table. Each must stand in one of the groups below: whoever adds one says
whose it is, and the test calls it with everybody's credentials.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from quantos.accounts.core import tokens
from quantos.app import build_app
from quantos.kit.clock import parse_instant
from tests.support.described import Described, Operation, shape_of
from tests.support.platforms import Caller, Stage, stage
from tests.support.portfolios import standing_portfolio
from tests.support.studies import deployed, queued_study

ANYONES: Final = {
    "redeem_invite",
    "log_in",
    "refresh_token",
    "request_otp",
    "verify_otp",
    "copilot_backtest",
    "copilot_explain",
    "copilot_generate",
    "copilot_plot",
    "copilot_translate",
    "read_calendar",
    "get_health",
}
"""With everything below /public/."""

OF_THE_CALLER: Final = {
    "get_me",
    "change_profile",
    "get_tier",
    "list_tiers",
    "list_api_keys",
    "create_api_key",
    "list_strategies",
    "create_strategy",
    "list_tickets",
    "create_ticket",
    "list_notifications",
    "count_unread_notifications",
    "read_all_notifications",
    "get_license_request",
    "request_license",
    "get_my_license",
    "download_my_license",
    "download_image",
    "list_factors",
    "create_factor",
    "list_portfolios",
    "create_portfolio",
    "copilot_save_strategy",
    "copilot_list_strategies",
    "copilot_submit_run",
    "copilot_top",
    "create_deployment",
    "create_research_backtest",
    "list_deployments",
    "list_research_backtests",
}
"""Each user's call concerns that user alone."""

OF_AN_OWNER: Final = {
    "get_strategy",
    "change_strategy",
    "retire_strategy",
    "submit_signal",
    "list_signals",
    "delete_signal",
    "upload_claim",
    "get_claim",
    "delete_claim",
    "moved_claim_get",
    "moved_claim_put",
    "moved_claim_delete",
    "revoke_api_key",
    "get_ticket",
    "read_notification",
    "get_factor",
    "change_factor",
    "delete_factor",
    "upload_factor_values",
    "get_factor_values_status",
    "submit_factor",
    "get_factor_validation",
    "get_factor_ic_series",
    "get_factor_chart_data",
    "get_factor_diagnostics",
    "list_factor_correlations",
    "get_portfolio",
    "change_portfolio",
    "delete_portfolio",
    "add_portfolio_member",
    "remove_portfolio_member",
    "activate_portfolio",
    "pause_portfolio",
    "resume_portfolio",
    "list_portfolio_signals",
    "list_portfolio_days",
    "explain_portfolio_signal",
    "copilot_get_strategy",
    "copilot_delete_strategy",
    "copilot_export_code",
    "copilot_export_runs",
    "get_deployment",
    "get_research_backtest",
    "cancel_research_backtest",
}
"""The path names something that one user owns: 404 for every other."""

CODE: Final = "import backtrader as bt\n\n\nclass Owned(bt.Strategy):\n    pass\n"
SAVED: Final = {"name": "Owned", "prompt": "Nothing", "code": CODE}
FOR_THE_DISABLED_TOO: Final = {"create_ticket"}
BODIES: Final[dict[str, Any]] = {
    "copilot_submit_run": {
        "strategy_id": None,
        "strategy_name": "Owned",
        "code": CODE,
        "dataset": "default",
        "ticker": "600001.SH",
    },
    "create_deployment": {
        "strategy_id": 1,
        "tickers": ["600001.SH"],
        "slug": "deployed",
        "name": "Deployed",
        "start": "2024-01-02",
    },
    "create_research_backtest": {"strategy_code": CODE, "tickers": ["600001.SH"]},
    "submit_signal": {"trade_date": "2024-03-07", "signals": [{"symbol": "600001.SH", "weight": 0.5}]},
    "upload_claim": {
        "records": [{"date": "2024-01-02", "nav": 1000000.0}, {"date": "2024-01-03", "nav": 1005200.5}]
    },
    "upload_factor_values": {"data": [{"date": "2024-03-01", "values": {"600001.SH": 0.5}}]},
    "change_profile": {},
    "change_portfolio": {"name": "Renamed"},
}
"""Where an example of the description would be refused for its content."""


@dataclass(frozen=True)
class Cast:
    """Who calls, by credential."""

    stage: Stage
    owner: Caller
    other: Caller
    refused: dict[str, str]
    disabled: dict[str, str]
    api: Described


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    folder: Path = tmp_path_factory.mktemp("matrix") / "data"
    with stage(folder, parse_instant("2024-03-01T08:00+08:00")) as opened:
        owner, other = opened.agent(), opened.agent()
        expired = joined(opened)
        opened.operator.post("/admin/clock", {"now": "2024-03-05T08:00:00+08:00"})
        known = owned_by(opened, owner)
        revoked = joined(opened)
        key = as_user(opened, revoked["access_token"]).post("/billing/api-keys", {"name": "gone"})
        as_user(opened, revoked["access_token"]).call("DELETE", f"/billing/api-keys/{key['id']}")
        out = joined(opened)
        disabled_key = as_user(opened, out["access_token"]).post("/billing/api-keys", {"name": "out"})
        opened.operator.call("PATCH", f"/admin/users/{out['user']['id']}", {"disabled": True})
        refused = {
            "forged": forged(revoked["user"]["id"], opened),
            "unsigned": unsigned(revoked["user"]["id"]),
            "expired": expired["access_token"],
            "revoked": key["api_key"],
            "a refresh token": revoked["refresh_token"],
            "nonsense": "nonsense",
            "a key's mask": "qgpt_...abcd",
        }
        disabled = {"a token": out["access_token"], "a key": disabled_key["api_key"]}
        api = Described(build_app(opened.platform).openapi(), known)
        yield Cast(opened, owner, other, refused, disabled, api)


def joined(opened: Stage) -> Any:
    code = opened.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    return opened.public().post("/auth/invite", {"invite_code": code})


def as_user(opened: Stage, token: str) -> Caller:
    return Caller(opened.operator.runner, opened.operator.http, token)


def forged(user_id: str, opened: Stage) -> str:
    return tokens.issue(user_id, tokens.Kind.ACCESS, "another key" * 6, opened.platform.clock.now())


def unsigned(user_id: str) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": user_id, "kind": "access", "iat": 0, "exp": 2**40})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"{'.'.join(encoded)}."


def owned_by(opened: Stage, owner: Caller) -> dict[str, Any]:
    """Something of each kind that a path can name, by the parameter that names it."""
    owner.post("/strategies", {"name": "Owned", "slug": "owned"})
    opened.submit(owner, "owned", date(2024, 3, 5), {"600001.SH": 0.5})
    claim = owner.call("PUT", "/strategies/owned/claimed", BODIES["upload_claim"])
    assert claim.status_code == 201, claim.text
    ticket = owner.post("/tickets", {"title": "Mine", "category": "other"})
    opened.operator.call("PATCH", f"/admin/tickets/{ticket['id']}", {"admin_reply": "Seen."})
    notification = owner.get("/notifications")["notifications"][0]
    return {
        "slug": "owned",
        "trade_date": "2024-03-05",
        "date": "2024-03-01",
        "month": "2024-03",
        "key_id": owner.post("/billing/api-keys", {"name": "another"})["id"],
        "ticket_id": ticket["id"],
        "notification_id": notification["id"],
        "factor_id": owner.post("/factors", {"name": "Owned", "universe": "hs300"})["id"],
        "portfolio_id": standing_portfolio(opened, owner, date(2024, 3, 4))["id"],
        "strategy_id": owner.post("http://platform/strategy/save", SAVED)["strategy_id"],
        "backtest_id": waiting_backtest(opened, owner),
        "deployment_id": deployment(opened, owner),
        "fingerprint": "f" * 64,
        "now": "2024-03-05T08:00:00+08:00",
        "path": "/nowhere/at/all",
        "expires_at": None,
        "status": "paused",
    }


def waiting_backtest(opened: Stage, owner: Caller) -> str:
    """A research backtest that nobody takes up, so that it can be cancelled."""
    with opened.platform.records.write() as session:
        study = queued_study(owner.get("/auth/me")["id"])
        session.add(study)
        session.flush()
        return study.id


def deployment(opened: Stage, owner: Caller) -> str:
    """Of the strategy that is there: without bars none is made by a call."""
    with opened.platform.records.write() as session:
        user = owner.get("/auth/me")["id"]
        made = deployed(user, opened.platform.strategies.by_slug(session, "owned").number or 0)
        session.add(made)
        session.flush()
        return made.id


def send(cast: Cast, operation: Operation, token: str | None) -> httpx.Response:
    target = operation.path
    for each in operation.parameters("path"):
        value = cast.api.example(each["schema"], each["name"])
        target = target.replace(f"{{{each['name']}}}", str(value))
    headers = {"Last-Event-ID": "none"}  # the stream of events has no end: it refuses to begin after this
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = None if operation.body is None else BODIES.get(operation.name)
    if body is None and operation.body is not None:
        body = cast.api.example(operation.body)
    anyone = cast.stage.operator
    return anyone.runner.run(anyone.http.request(operation.method, target, json=body, headers=headers))


def is_anyones(operation: Operation) -> bool:
    return operation.name in ANYONES or operation.path.startswith("/public/")


def guarded(cast: Cast) -> list[Operation]:
    return [operation for operation in cast.api.operations if not is_anyones(operation)]


def users(cast: Cast) -> list[Operation]:
    return [operation for operation in guarded(cast) if not operation.is_operators]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body, said = answer.json(), shape_of(answer.request.url.path)
    assert body.keys() == {said}
    assert isinstance(body[said], str)
    return answer.status_code, body[said]


def test_every_operation_has_taken_its_stand(cast: Cast) -> None:
    for operation in cast.api.operations:
        stands = [
            is_anyones(operation),
            operation.is_operators,
            operation.name in OF_THE_CALLER,
            operation.name in OF_AN_OWNER,
        ]
        assert sum(stands) == 1, f"{operation.name}: say in this file whose it is"
        named = bool(operation.parameters("path")) and not is_anyones(operation)
        assert operation.is_operators or named == (operation.name in OF_AN_OWNER), operation.name
    names = {operation.name for operation in cast.api.operations}
    assert (ANYONES | OF_THE_CALLER | OF_AN_OWNER) - names == set()


def test_sec_02_without_credentials_it_is_401(cast: Cast) -> None:
    for operation in guarded(cast):
        status, detail = refusal(send(cast, operation, None))
        assert (status, "Authorization" in detail) == (401, True), operation.name


@pytest.mark.parametrize(
    "kind", ["forged", "unsigned", "expired", "revoked", "a refresh token", "nonsense", "a key's mask"]
)
def test_auth_23_a_credential_that_is_none_any_more_is_401(cast: Cast, kind: str) -> None:
    for operation in guarded(cast):
        answer = send(cast, operation, cast.refused[kind])
        status, detail = refusal(answer)
        assert (status, detail.startswith("Invalid token")) == (401, True), (operation.name, detail)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["a token", "a key"])
def test_auth_24_a_disabled_account_is_403_but_for_a_ticket(cast: Cast, kind: str) -> None:
    for operation in guarded(cast):
        answer = send(cast, operation, cast.disabled[kind])
        if operation.name in FOR_THE_DISABLED_TOO:
            assert answer.status_code == 201, answer.text
        else:
            assert refusal(answer) == (403, "Account disabled"), operation.name


def test_the_operators_token_is_no_users(cast: Cast) -> None:
    for operation in users(cast):
        status, _ = refusal(send(cast, operation, cast.stage.operator.token))
        assert status == 401, operation.name


def test_ops_02_a_user_is_403_on_every_call_of_the_operator(cast: Cast) -> None:
    operators = [operation for operation in cast.api.operations if operation.is_operators]
    assert len(operators) > 25
    for operation in operators:
        status, detail = refusal(send(cast, operation, cast.owner.token))
        assert (status, "operator" in detail) == (403, True), operation.name


def test_pub_21_what_anyone_may_call_answers_the_same_to_every_credential(cast: Cast) -> None:
    for operation in cast.api.operations:
        if not is_anyones(operation):
            continue
        without = send(cast, operation, None)
        for token in (*cast.refused.values(), *cast.disabled.values(), cast.other.token):
            answer = send(cast, operation, token)
            assert (answer.status_code, answer.content) == (without.status_code, without.content)


def everything_of(owner: Caller) -> list[Any]:
    lists = (
        "strategies",
        "billing/api-keys",
        "tickets",
        "notifications",
        "factors",
        "portfolios",
        "strategies/owned/signals",
    )
    return [owner.get(f"/{each}") for each in lists] + [owner.get("/strategies/owned/claimed")]


def test_sec_01_what_is_anothers_is_404_and_stays_as_it_is(cast: Cast) -> None:
    cast.owner.get("/auth/me")
    before = everything_of(cast.owner)
    for operation in users(cast):
        if operation.name in OF_AN_OWNER:
            status, _ = refusal(send(cast, operation, cast.other.token))
            assert status == 404, operation.name
    assert everything_of(cast.owner) == before


def test_sec_01_and_its_owner_is_let_in(cast: Cast) -> None:
    """Or the 404 above would be of a path that leads nowhere. What ends something comes last."""
    operations = [operation for operation in users(cast) if operation.name in OF_AN_OWNER]
    operations.sort(key=lambda operation: (operation.method == "DELETE", operation.name == "retire_strategy"))
    for operation in operations:
        answer = send(cast, operation, cast.owner.token)
        assert answer.status_code not in {401, 403, 404, 422}, (operation.name, answer.text)


def test_every_user_is_let_into_what_is_its_own(cast: Cast) -> None:
    for operation in users(cast):
        if operation.name in OF_THE_CALLER:
            answer = send(cast, operation, cast.other.token)
            absent = operation.name in {"download_my_license", "download_image"}  # there is no licence
            assert answer.status_code not in ({401, 422} if absent else {401, 403, 404, 422}), answer.text
