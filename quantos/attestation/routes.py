"""HTTP of the attestation: what anyone reads of the repository, and what the operator asks."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import FileResponse, Response

from quantos.accounts.service import Accounts
from quantos.attestation.core.dayfile import Kind
from quantos.attestation.schemas import AcknowledgeBody, Acknowledged, AttestationOut, RetryOut
from quantos.attestation.service import Attestation
from quantos.kit.routing import Routes
from quantos.kit.web import Date, json_response, refusals
from quantos.storage.audit import Audit

_NOTHING: Final = refusals(
    s404="no repository, or nothing in it for that date", s503="the repository cannot be read"
)
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_DAY: Final = Path(description="Trade date, YYYY-MM-DD.")


def router(attestation: Attestation) -> APIRouter:
    """The repository's files for anyone; credentials are not looked at (PUB-21)."""
    routes = Routes(None, "public verification")

    async def file(kind: Kind, day: Date) -> Response:
        data = await asyncio.to_thread(attestation.file, kind, day)
        return Response(data, media_type="application/json")

    @routes.get(
        "/public/attestations/{trade_date}.json",
        operation_id="get_attestations",
        summary="The signals committed for a trade date: the file of the repository's head, byte for byte",
        responses=_NOTHING | _json_file() | refusals(s422="malformed value"),
    )
    async def get_attestations(trade_date: Annotated[Date, _DAY]) -> Response:
        """Hashes alone: no symbol, weight or nonce."""
        return await file("attestations", trade_date)

    @routes.get(
        "/public/settlements/{trade_date}.json",
        operation_id="get_settlements",
        summary="The settlement digests of a trade date: the file of the repository's head, byte for byte",
        responses=_NOTHING | _json_file() | refusals(s422="malformed value"),
    )
    async def get_settlements(trade_date: Annotated[Date, _DAY]) -> Response:
        """One digest for each strategy that was settled."""
        return await file("settlements", trade_date)

    @routes.get(
        "/public/statuses/{trade_date}.json",
        operation_id="get_statuses",
        summary="The changes of status committed for a trade date: the file of the repository's head, byte for byte",
        responses=_NOTHING | _json_file() | refusals(s422="malformed value"),
    )
    async def get_statuses(trade_date: Annotated[Date, _DAY]) -> Response:
        """Strategies paused, resumed or retired since the deadline of the trade date before: why a signal is void."""
        return await file("statuses", trade_date)

    @routes.get(
        "/public/attestation.bundle",
        operation_id="get_attestation_bundle",
        summary="The whole attestation repository as a git bundle",
        response_class=FileResponse,
        responses=_NOTHING | {200: {"content": {"application/octet-stream": {}}}},
    )
    async def get_attestation_bundle() -> Response:
        """To be cloned and checked without this server."""
        path = await asyncio.to_thread(attestation.bundle)
        return FileResponse(path, media_type="application/octet-stream", filename="attestation.bundle")

    return routes


def admin_router(attestation: Attestation, accounts: Accounts, audit: Audit) -> APIRouter:
    """The operator's view."""
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/attestation",
        operation_id="get_attestation_status",
        summary="How the attestation stands: repository, key, remote, what waits, alarms",
        response_model=AttestationOut,
        responses=refusals(s422="malformed value"),
    )
    async def get_attestation_status(
        check_remote: Annotated[bool, Query(description="Ask the remote as well.")] = False,
    ) -> Response:
        """Without a repository: that there is none, and the alarms."""
        status = await asyncio.to_thread(attestation.status, check_remote=check_remote)
        return json_response(status)

    @routes.post(
        "/admin/attestation/retry",
        operation_id="retry_attestation",
        summary="Commit everything outstanding and push, now",
        response_model=RetryOut,
        responses=refusals(s404="no repository is configured"),
    )
    async def retry_attestation() -> Response:
        """What is left waits for the next attempt; the answer gives the reason."""
        return json_response(await asyncio.to_thread(attestation.retry))

    @routes.post(
        "/admin/attestation/acknowledge",
        operation_id="acknowledge_attestation_alarm",
        summary="Say that what an alarm names is known: it is told no more, another one is",
        response_model=Acknowledged,
        responses=refusals(
            s400="no such alarm stands", s404="no repository is configured", s422="malformed body"
        ),
    )
    async def acknowledge_attestation_alarm(body: AcknowledgeBody) -> Response:
        """For signals and settled days that the repository has otherwise for ever. They stay as unproven as they are."""

        def work() -> int:
            with audit.of("alarm_acknowledged", body.code, {"reason": body.reason}) as change:
                known = attestation.acknowledge(body.code)
                change.after = {"reason": body.reason, "acknowledged": known}
            return known

        known = await asyncio.to_thread(work)
        return json_response({"code": body.code, "acknowledged": known})

    return routes


def _json_file() -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {}}}}
