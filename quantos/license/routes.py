"""HTTP of licences: the user's routes and the operator's."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined
from quantos.kit.web import Offset, json_response, limit, refusals
from quantos.license.schemas import (
    FIELDS,
    Approval,
    Arch,
    LatestRequest,
    LicenseDocument,
    LicenseRequested,
    LicenseRequestNew,
    MyLicense,
    NoLicense,
    NoRequest,
    OwnedRequest,
    OwnedRequestList,
    OwnLicenseOut,
    Rejection,
    RequestStatus,
)
from quantos.license.service import Licenses, OwnLicense

RequestId = Annotated[str, Path(description="As the list of requests gives it.")]
StatusFilter = Annotated[RequestStatus | None, Query(description="Only those in this status.")]
ImageArch = Annotated[Arch, Query(description="The machine's architecture.")]

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="no such request")
_NO_LICENSE: Final = refusals(s422="no license.json: not JSON, or not its fields")
_LICENSE_FILE: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": sorted(FIELDS),
                "properties": {name: {"type": FIELDS[name]} for name in sorted(FIELDS)},
                "additionalProperties": False,
                "title": "LicenseFile",
            }
        }
    },
}


def router(licenses: Licenses, accounts: Accounts) -> APIRouter:
    """The user's routes."""
    return joined(_requests(licenses, accounts), _downloads(licenses, accounts))


def _requests(licenses: Licenses, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "licences", _USERS)

    @routes.post(
        "/deploy/license-request",
        operation_id="request_license",
        summary="Apply for a licence for one machine",
        status_code=201,
        response_model=LicenseRequested,
        responses=_MALFORMED | refusals(s409="a request is pending already"),
    )
    async def request_license(request: Request, body: LicenseRequestNew) -> Response:
        """One request may be pending at a time; after a decision another one is taken."""
        return json_response(await licenses.ask(request.state.caller, body), 201)

    @routes.get(
        "/deploy/license-request",
        operation_id="get_license_request",
        summary="The caller's latest request, if there is one",
        response_model=LatestRequest | NoRequest,
    )
    async def get_license_request(request: Request) -> Response:
        """With the operator's reply, where it was rejected."""
        return json_response(licenses.request(request.state.caller))

    return routes


def _downloads(licenses: Licenses, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.user, "licences", _USERS)

    @routes.get(
        "/deploy/my-license",
        operation_id="get_my_license",
        summary="The caller's latest licence, if there is one",
        response_model=MyLicense | NoLicense,
    )
    async def get_my_license(request: Request) -> Response:
        """What it grants. The document itself is at `/deploy/my-license/download`."""
        return json_response(licenses.license(request.state.caller))

    @routes.get(
        "/deploy/my-license/download",
        operation_id="download_my_license",
        summary="license.json, as it was signed",
        response_model=LicenseDocument,
        responses=refusals(s404="no licence"),
    )
    async def download_my_license(request: Request) -> Response:
        """Save it unchanged: the signature covers its bytes."""
        document = licenses.document(request.state.caller)
        named = {"Content-Disposition": 'attachment; filename="license.json"'}
        return Response(document, headers=named, media_type="application/json")

    @routes.get(
        "/deploy/quantos-image/download",
        operation_id="download_image",
        summary="Leads to the container image",
        status_code=302,
        response_class=Response,
        responses={302: {"description": "to quantos-{arch}.tar.gz"}}
        | refusals(s403="Account disabled, or no licence")
        | _MALFORMED,
    )
    async def download_image(request: Request, arch: ImageArch = "amd64") -> Response:
        """Load it with `docker load -i quantos-{arch}.tar.gz`."""
        return RedirectResponse(licenses.image_url(request.state.caller, arch), 302)

    return routes


def admin_router(licenses: Licenses, own: OwnLicense, accounts: Accounts) -> APIRouter:
    """The operator's routes."""
    return joined(_decisions(licenses, accounts), _own(own, accounts))


def _own(own: OwnLicense, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/license",
        operation_id="get_own_license",
        summary="The licence of this platform: what holds, until when, and why",
        response_model=OwnLicenseOut,
    )
    async def get_own_license() -> Response:
        """Judged by the system's time, also where the platform's is simulated. A new file is seen at once."""
        return json_response(await asyncio.to_thread(own.shown))

    @routes.put(
        "/admin/license",
        operation_id="install_own_license",
        summary="Install a license.json that holds on this machine",
        response_model=OwnLicenseOut,
        openapi_extra={"requestBody": _LICENSE_FILE},
        responses=_NO_LICENSE | refusals(s400="a licence that does not hold here: which step, and why"),
    )
    async def install_own_license(request: Request) -> Response:
        """The body is the file. It takes effect at once; one that does not hold leaves what is there."""
        body = await request.body()
        return json_response(await asyncio.to_thread(own.install, body))

    return routes


def _decisions(licenses: Licenses, accounts: Accounts) -> APIRouter:
    routes = Routes(accounts.operator, "operator", _OPERATORS)

    @routes.get(
        "/admin/license-requests",
        operation_id="list_license_requests",
        summary="Everyone's licence requests, with their owners, newest first",
        response_model=OwnedRequestList,
        responses=_MALFORMED,
    )
    async def list_license_requests(
        status: StatusFilter = None, limit: int = limit(50), offset: Offset = 0
    ) -> Response:
        """`total` counts those that the filter leaves."""
        return json_response(licenses.requests(status, limit, offset))

    @routes.post(
        "/admin/license-requests/{request_id}/approve",
        operation_id="approve_license_request",
        summary="Approve a request: the licence is issued at once",
        response_model=OwnedRequest,
        responses=_UNKNOWN
        | _MALFORMED
        | refusals(s400="decided already, no vendor's key to sign with, or terms that cannot be signed"),
    )
    async def approve_license_request(request_id: RequestId, body: Approval) -> Response:
        """Its owner is notified and can download the licence. Whatever fails leaves the request pending."""
        return json_response(await licenses.approve(request_id, body))

    @routes.post(
        "/admin/license-requests/{request_id}/reject",
        operation_id="reject_license_request",
        summary="Reject a request, with the reason",
        response_model=OwnedRequest,
        responses=_UNKNOWN | _MALFORMED | refusals(s400="decided already"),
    )
    async def reject_license_request(request_id: RequestId, body: Rejection) -> Response:
        """Its owner is notified and may ask again."""
        return json_response(await licenses.reject(request_id, body.admin_reply))

    return routes
