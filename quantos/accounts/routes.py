"""HTTP of accounts: registration, sessions, API keys, tiers; and the operator's part."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from quantos.accounts.otp import Otps
from quantos.accounts.schemas import (
    AccessToken,
    AccountList,
    AccountOut,
    ApiKeyList,
    ApiKeyRequest,
    CodeEntry,
    CodeRequest,
    CodeSent,
    CopilotToken,
    InviteCode,
    InviteList,
    InviteRequest,
    LoginRequest,
    NewApiKey,
    NewInvite,
    OutboxList,
    OwnedApiKeyList,
    ProfileChange,
    ProfileOut,
    RefreshRequest,
    Registered,
    Revoked,
    Rotated,
    TierList,
    TierOut,
    UserChange,
    UserOut,
)
from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes, joined
from quantos.kit.web import LIMIT_MAX, Offset, copilot_refusals, json_response, limit, refusals

_USERS: Final = refusals(s401="missing, malformed or expired credentials", s403="Account disabled")
_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")
_MALFORMED: Final = refusals(s422="malformed body or value")
_UNKNOWN: Final = refusals(s404="unknown id")

KeyId = Annotated[str, Path(description="As the list of keys gives it.")]
SecretName = Annotated[str, Path(description="operator-token, jwt-key or idempotency.")]
UserId = Annotated[str, Path(description="As the list of accounts gives it.")]

_LIMIT: Final = limit(LIMIT_MAX)
"""Both lists start with the newest, and by default give as much of it as one page may hold."""


def router(accounts: Accounts) -> APIRouter:
    """Public and user routes."""
    return joined(_public(accounts), _sessions(accounts), _keys(accounts))


def _public(accounts: Accounts) -> APIRouter:
    public = Routes(None, "accounts")

    @public.post(
        "/auth/invite",
        operation_id="redeem_invite",
        summary="Create an anonymous account with an invite code",
        status_code=201,
        response_model=Registered,
        responses=refusals(s401="the code is unknown, expired or used up") | _MALFORMED,
    )
    async def redeem_invite(body: InviteRequest) -> Response:
        """Each call makes a new account of tier `free`, also with the same code, up to the code's uses."""
        return _json(await accounts.register(body.invite_code), 201)

    @public.post(
        "/auth/login",
        operation_id="log_in",
        summary="Log in with e-mail and password",
        response_model=Registered,
        responses=refusals(
            s401="e-mail and password do not belong together, the same for every reason",
            s403="Account disabled",
        )
        | _MALFORMED,
    )
    async def log_in(request: Request, body: LoginRequest) -> Response:
        """For accounts whose profile has both. After five failures an answer takes longer, up to five seconds."""
        address = request.client.host if request.client else ""
        return _json(await accounts.log_in(body.email, body.password, address))

    @public.post(
        "/auth/refresh",
        operation_id="refresh_token",
        summary="A new access token for a refresh token",
        response_model=AccessToken,
        responses=_USERS | _MALFORMED,
    )
    async def refresh_token(body: RefreshRequest) -> Response:
        """An access token is valid for 24 hours, a refresh token for 7 days. The refresh token stays as it is."""
        return _json(accounts.refresh(body.refresh_token))

    return public


def _sessions(accounts: Accounts) -> APIRouter:
    users = Routes(accounts.user, "accounts", _USERS)

    @users.get("/auth/me", operation_id="get_me", summary="The caller's account", response_model=UserOut)
    async def get_me(request: Request) -> Response:
        """For access tokens and API keys alike."""
        return _json(accounts.me(request.state.caller))

    @users.patch(
        "/auth/profile",
        operation_id="change_profile",
        summary="Set nickname, e-mail and password, in any combination",
        response_model=ProfileOut,
        responses=_MALFORMED | refusals(s409="the nickname or the e-mail is in use"),
    )
    async def change_profile(request: Request, body: ProfileChange) -> Response:
        """A profile is optional: API keys work without. The same data again give the same result."""
        return _json(await accounts.change_profile(request.state.caller, body))

    @users.get("/billing/tier", operation_id="get_tier", summary="The caller's tier", response_model=TierOut)
    async def get_tier(request: Request) -> Response:
        """How many strategies that are not retired the caller may have, and of which universes."""
        return _json(accounts.tier(request.state.caller))

    @users.get("/billing/tiers", operation_id="list_tiers", summary="All tiers", response_model=TierList)
    async def list_tiers() -> Response:
        """The operator assigns a tier; new accounts are `free`."""
        return _json(accounts.tiers())

    return users


def _keys(accounts: Accounts) -> APIRouter:
    keys = Routes(accounts.user, "accounts", _USERS)

    @keys.post(
        "/billing/api-keys",
        operation_id="create_api_key",
        summary="A new API key, shown in this answer only",
        status_code=201,
        response_model=NewApiKey,
        responses=_MALFORMED,
    )
    async def create_api_key(request: Request, body: ApiKeyRequest) -> Response:
        """A key does not expire and works for every call of its user. Each call makes a new one."""
        return _json(await accounts.create_key(request.state.caller, body.name), 201)

    @keys.get(
        "/billing/api-keys",
        operation_id="list_api_keys",
        summary="The caller's active API keys, newest first",
        response_model=ApiKeyList,
    )
    async def list_api_keys(request: Request) -> Response:
        """Keys are shown by their last four characters; revoked ones are not listed."""
        return _json(accounts.keys(request.state.caller))

    @keys.delete(
        "/billing/api-keys/{key_id}",
        operation_id="revoke_api_key",
        summary="Revoke an API key",
        response_model=Revoked,
        responses=_UNKNOWN,
    )
    async def revoke_api_key(request: Request, key_id: KeyId) -> Response:
        """From this answer on the key is refused with 401."""
        return _json(await accounts.revoke_key(request.state.caller, key_id))

    return keys


def copilot_router(otps: Otps) -> APIRouter:
    """Logging in by e-mail, as the Copilot guide has it."""
    copilot = Routes(None, "copilot", prefix="")

    @copilot.post(
        "/auth/request-otp",
        operation_id="request_otp",
        summary="Send a log-in code to an e-mail",
        response_model=CodeSent,
        responses=copilot_refusals(s400="malformed e-mail"),
    )
    async def request_otp(request: Request, body: CodeRequest) -> Response:
        """Six digits, valid for ten minutes and for one log-in; a new code takes the place of the one before."""
        address = request.client.host if request.client else ""
        await otps.send(body.email, address)
        return _json(CodeSent())

    @copilot.post(
        "/auth/verify-otp",
        operation_id="verify_otp",
        summary="Log in with the code",
        response_model=CopilotToken,
        responses=copilot_refusals(
            s400="malformed body",
            s401="the code is wrong, expired or used, the same for every reason",
            s403="Account disabled",
        ),
    )
    async def verify_otp(body: CodeEntry) -> Response:
        """The e-mail's account gets a token for 15 days, good for every call; an e-mail without account gets one.

        After five wrong attempts a code is void.
        """
        return _json(await otps.log_in(body.email, body.otp_code))

    return copilot


def outbox_router(accounts: Accounts) -> APIRouter:
    """What the operator passes on by hand where no mail server is configured."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.get(
        "/admin/outbox",
        operation_id="list_outbox",
        summary="Messages that no mail server took, newest first",
        response_model=OutboxList,
    )
    async def list_outbox() -> Response:
        """Without `QUANTOS_SMTP_URL` messages, log-in codes among them, wait here and in the data directory."""
        return _json(await asyncio.to_thread(accounts.otps.outbox))

    return operator


def admin_router(accounts: Accounts) -> APIRouter:
    """The operator's routes over accounts."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)

    @operator.post(
        "/admin/invites",
        operation_id="create_invite",
        summary="A new invite code, shown in this answer only",
        status_code=201,
        response_model=InviteCode,
        responses=_MALFORMED,
    )
    async def create_invite(body: NewInvite) -> Response:
        """It may be used `max_uses` times, before `expires_at`."""
        code = await accounts.issue_invite(body.max_uses, body.expires_at)
        return _json(InviteCode(invite_code=code), 201)

    @operator.get(
        "/admin/invites",
        operation_id="list_invites",
        summary="Invite codes, newest first",
        response_model=InviteList,
        responses=_MALFORMED,
    )
    async def list_invites(limit: int = _LIMIT, offset: Offset = 0) -> Response:
        """With their uses so far; a code is shown by its last four characters."""
        return _json(accounts.invites(limit, offset))

    @operator.get(
        "/admin/users",
        operation_id="list_users",
        summary="Accounts, newest first",
        response_model=AccountList,
        responses=_MALFORMED,
    )
    async def list_users(limit: int = _LIMIT, offset: Offset = 0) -> Response:
        """Every account with its tier and whether it is disabled."""
        return _json(accounts.users(limit, offset))

    @operator.get(
        "/admin/api-keys",
        operation_id="list_all_api_keys",
        summary="Everyone's active API keys, newest first",
        response_model=OwnedApiKeyList,
        responses=_MALFORMED,
    )
    async def list_all_api_keys(limit: int = _LIMIT, offset: Offset = 0) -> Response:
        """With their owners and last uses; a key is shown by its last four characters."""
        return _json(accounts.all_keys(limit, offset))

    @operator.patch(
        "/admin/users/{user_id}",
        operation_id="change_user",
        summary="Assign a tier, disable or enable an account; at once",
        response_model=AccountOut,
        responses=_UNKNOWN | _MALFORMED,
    )
    async def change_user(user_id: UserId, body: UserChange) -> Response:
        """A disabled account is refused with 403 on every call but `POST /tickets`."""
        return _json(await accounts.change_user(user_id, body))

    @operator.post(
        "/admin/secrets/{name}/rotate",
        operation_id="rotate_secret",
        summary="Another secret of the data directory in the place of this one; at once",
        response_model=Rotated,
        responses=_UNKNOWN,
    )
    async def rotate_secret(name: SecretName) -> Response:
        """No answer shows a secret: the operator's new token is printed by `quantos operator token`."""
        return _json(await accounts.rotate(name))

    return operator


def _json(content: BaseModel, status: int = 200) -> Response:
    body: dict[str, Any] = content.model_dump()
    return json_response(body, status)
