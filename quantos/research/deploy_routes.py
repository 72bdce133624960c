"""HTTP of deployed strategies: from a saved one to a tracked one by one call."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, submission
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.research.deploy_schemas import DeploymentDetail, DeploymentList, DeploymentNew, DeploymentOut
from quantos.research.deployments import Deployments

DeploymentId = Annotated[str, Path(description="As the answer to its creation gives it.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_MALFORMED: Final = refusals(s422="malformed body or value")


def router(deployments: Deployments, accounts: Accounts) -> APIRouter:
    """The owner's routes."""
    routes = Routes(accounts.user, "research", _USERS)

    @routes.post(
        "/research/deployments",
        operation_id="create_deployment",
        summary="Have a saved strategy tracked: it runs each trading day, and signals by itself",
        status_code=201,
        response_model=DeploymentOut,
        responses=_MALFORMED
        | refusals(
            s400="a ticker without bars, or a start beyond them; the tier's limit of strategies",
            s403="Account disabled, or the platform's licence takes nothing new",
            s404="no such saved strategy of the caller's",
            s409="the slug is taken",
        ),
    )
    @submission
    async def create_deployment(request: Request, body: DeploymentNew) -> Response:
        """Its first signal is that of the next 09:00 of a trading day. Retiring the tracked strategy ends it."""
        return json_response(await deployments.create(request.state.caller, body), 201)

    @routes.get(
        "/research/deployments",
        operation_id="list_deployments",
        summary="The caller's deployed strategies, newest first",
        response_model=DeploymentList,
        responses=_MALFORMED,
    )
    async def list_deployments(request: Request, limit: int = limit(50), offset: Offset = 0) -> Response:
        """With the status of the strategy that is tracked."""
        return json_response(deployments.list(request.state.caller, limit, offset))

    @routes.get(
        "/research/deployments/{deployment_id}",
        operation_id="get_deployment",
        summary="A deployed strategy with its code and its newest days",
        response_model=DeploymentDetail,
        responses=refusals(s404="unknown, or another user's"),
    )
    async def get_deployment(request: Request, deployment_id: DeploymentId) -> Response:
        """Of each day what became of it, and why there was no signal."""
        return json_response(deployments.one(request.state.caller, deployment_id))

    return routes
