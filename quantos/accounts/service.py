"""Accounts as the rest of the platform sees them: guards, registration, keys, tiers, the operator's calls.

A change of an account or a key takes effect before its call returns: the commit and the forgetting of what
the guards remember run as one task, which a caller that goes away does not cut short.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import ClassVar, Final, TypeVar

from sqlmodel import Session
from starlette.requests import HTTPConnection

from quantos.accounts import store
from quantos.accounts.bearer import Bearers, Caller, bearer_token
from quantos.accounts.core import credentials, tiers, tokens, users
from quantos.accounts.core.tiers import UNIVERSES
from quantos.accounts.idempotency import Idempotency
from quantos.accounts.key_uses import KeyUses
from quantos.accounts.otp import Otps, OtpTerms
from quantos.accounts.profiles import Profiles
from quantos.accounts.refusals import (
    AccountDisabled,
    ApiKeyNotFound,
    InvalidToken,
    InviteRefused,
    NicknamesExhausted,
    OperatorOnly,
    SecretNotFound,
    UserNotFound,
)
from quantos.accounts.schemas import (
    INVITE_USES_DEFAULT,
    AccessToken,
    AccountList,
    AccountOut,
    ApiKeyList,
    ApiKeyOut,
    CopilotToken,
    InviteList,
    InviteOut,
    NewApiKey,
    OwnedApiKey,
    OwnedApiKeyList,
    ProfileChange,
    ProfileOut,
    Registered,
    Revoked,
    Rotated,
    TierList,
    TierOut,
    UserChange,
    UserOut,
)
from quantos.accounts.tables import ApiKey, Invite, User
from quantos.errors import QuantosError
from quantos.kit.clock import Clock
from quantos.kit.ids import new_id
from quantos.storage import audit, events
from quantos.storage.records import Records

__all__ = ["UNIVERSES", "Accounts", "Caller", "OtpTerms"]

NICKNAME_DRAWS_MAX: Final = 64
T = TypeVar("T")


class Accounts:
    """Users, their credentials and what they may do."""

    UNIVERSES: ClassVar[tuple[str, ...]] = UNIVERSES

    def __init__(
        self,
        records: Records,
        clock: Clock,
        secret_of: Callable[[str], str],
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        renewed: Callable[[str], str] | None = None,
        codes: OtpTerms | None = None,
    ) -> None:
        """`secret_of`, `renewed`: a generated secret of the data directory, the one there is or another from now on.

        `codes`: None where nobody logs in by e-mail.
        """
        self._records = records
        self._clock = clock
        self._random_bytes = random_bytes
        self._renewed = renewed
        self._jwt_key = secret_of("jwt-key")
        self._operator_token = secret_of("operator-token")
        self._operator_bytes = self._operator_token.encode()
        self._uses = KeyUses(records)
        self._bearers = Bearers(records, clock, self._jwt_key, self._uses)
        self._profiles = Profiles(records)
        self._otps: Otps | None = None
        if codes is not None:
            store, secret = codes.store(records), secret_of("one-time-codes")
            self._otps = Otps(store, codes.mail(), clock, secret, enter=self._enter)
        self.idempotency = Idempotency(records, clock, secret_of("idempotency"))
        self._takers: dict[str, Callable[[str], None]] = {
            "operator-token": self._take_operator_token,
            "jwt-key": self._take_jwt_key,
            "idempotency": self.idempotency.renew,
        }
        self.after_renewal: Callable[[str], object] = lambda secret: secret  # told of each new secret

    def close(self) -> None:
        """Write the last uses of keys; call it before the records store closes."""
        if self._otps is not None:
            self._otps.close()
        self._profiles.close()
        self._uses.close()

    @property
    def otps(self) -> Otps:
        """Logging in by e-mail."""
        assert self._otps is not None, "built without"
        return self._otps

    # guards

    def user(self, request: HTTPConnection) -> Caller:
        """The caller. Raises InvalidToken (401) or AccountDisabled (403)."""
        standing = self._bearers.standing(bearer_token(request))
        if standing.disabled:
            raise AccountDisabled("Account disabled")
        return standing.caller

    def user_even_disabled(self, request: HTTPConnection) -> Caller:
        """The caller, for the one call that a disabled account may still make. Raises InvalidToken (401)."""
        return self._bearers.standing(bearer_token(request)).caller

    def operator(self, request: HTTPConnection) -> None:
        """Nothing for the operator. Raises InvalidToken (401), or for a user AccountDisabled, OperatorOnly."""
        token = bearer_token(request)
        if hmac.compare_digest(token, self._operator_bytes):
            return
        if self._bearers.standing(token).disabled:
            raise AccountDisabled("Account disabled")
        raise OperatorOnly("this call is the operator's: use the operator's token")

    def limited_as(self, request: HTTPConnection) -> str | None:
        """Whose calls are counted where a rate is limited: the user's id, "" for the operator, None for nobody known."""
        try:
            token = bearer_token(request)
            if hmac.compare_digest(token, self._operator_bytes):
                return ""
            return self._bearers.standing(token).caller.user_id
        except QuantosError:
            return None  # the route says why

    def operator_token(self) -> str:
        return self._operator_token

    # registration and sessions

    async def register(self, invite_code: str) -> Registered:
        """A new anonymous account. Raises InviteRefused; then there is no account and no use is spent."""
        code_hash, now = credentials.digest(invite_code), self._clock.now()
        user = await self._records.commit(lambda session: self._join(session, code_hash, now))
        return self._session(user, now)

    async def log_in(self, email: str, password: str, address: str) -> Registered:
        """Raises LoginRefused (401) or AccountDisabled (403); LoginsWaiting where too many were tried."""
        user = await self._profiles.logged_in(email, password, address)
        if user.disabled:
            raise AccountDisabled("Account disabled")
        return self._session(user, self._clock.now())

    async def change_profile(self, caller: Caller, change: ProfileChange) -> ProfileOut:
        """Raises NicknameTaken, EmailTaken; then nothing is changed."""
        return await self._profiles.change(caller.user_id, change)

    async def _enter(self, email: str) -> CopilotToken:
        """A session of the account that has this e-mail, which is made where there is none: for whoever has shown that
        the e-mail is theirs (COP-06, COP-07). Raises AccountDisabled.
        """
        now = self._clock.now()
        user = await self._records.commit(lambda session: self._of_email(session, email, now))
        if user.disabled:
            raise AccountDisabled("Account disabled")
        token = tokens.issue(
            user.id, tokens.Kind.ACCESS, self._jwt_key, now, tokens.COPILOT_LIFETIME, token_id=new_id()
        )
        return CopilotToken(access_token=token)

    def refresh(self, refresh_token: str) -> AccessToken:
        """Raises InvalidToken (401) or AccountDisabled (403)."""
        now = self._clock.now()
        try:
            grant = tokens.read(refresh_token, tokens.Kind.REFRESH, self._jwt_key, now)
        except tokens.TokenRefused as refused:
            raise InvalidToken(str(refused)) from None
        standing = self._bearers.standing_of(grant.user_id)
        if standing.disabled:
            raise AccountDisabled("Account disabled")
        return AccessToken(access_token=self._token(grant.user_id, tokens.Kind.ACCESS, now))

    def me(self, caller: Caller) -> UserOut:
        with self._records.read() as session:
            return UserOut.of(_user(session, caller.user_id))

    def _session(self, user: User, now: datetime) -> Registered:
        return Registered(
            access_token=self._token(user.id, tokens.Kind.ACCESS, now),
            refresh_token=self._token(user.id, tokens.Kind.REFRESH, now),
            user=UserOut.of(user),
        )

    def _token(self, user_id: str, kind: tokens.Kind, now: datetime) -> str:
        return tokens.issue(user_id, kind, self._jwt_key, now, token_id=new_id())

    def _join(self, session: Session, code_hash: str, now: datetime) -> User:
        if not store.spend_use(session, code_hash, now):
            raise InviteRefused("Invalid invite code: it is unknown, expired or used up")
        return self._new_user(session, None, now)

    def _of_email(self, session: Session, email: str, now: datetime) -> User:
        return store.user_of_email(session, users.email_key(email)) or self._new_user(session, email, now)

    def _new_user(self, session: Session, email: str | None, now: datetime) -> User:
        nickname = self._free_nickname(session)
        shown = email or users.anonymous_email(nickname)
        user = User(
            id=new_id(),
            nickname=nickname,
            email=shown,
            email_key=users.email_key(shown),
            email_set=email is not None,
            tier=tiers.NEW_ACCOUNT.name,
            created_at=now,
        )
        store.add(session, user)
        return user

    def _free_nickname(self, session: Session) -> str:
        for _ in range(NICKNAME_DRAWS_MAX):
            nickname = users.anonymous_nickname(self._random_bytes(users.NICKNAME_BYTES))
            if not store.name_taken(session, nickname, users.email_key(users.anonymous_email(nickname))):
                return nickname
        raise NicknamesExhausted("almost every generated nickname is in use: no account was created")

    # API keys

    async def create_key(self, caller: Caller, name: str) -> NewApiKey:
        secret = credentials.api_key(self._random_bytes(credentials.API_KEY_BYTES))
        key = ApiKey(
            id=new_id(),
            user_id=caller.user_id,
            name=name,
            key_hash=credentials.digest(secret),
            last4=credentials.last4(secret),
            created_at=self._clock.now(),
        )
        await self._records.commit(lambda session: store.add(session, key))
        return NewApiKey(id=key.id, name=key.name, api_key=secret, created_at=key.created_at)

    def keys(self, caller: Caller) -> ApiKeyList:
        """Active keys, newest first."""
        with self._records.read() as session:
            rows = store.active_keys(session, caller.user_id)
            return ApiKeyList(api_keys=[ApiKeyOut.of(row, self._uses.unwritten(row.id)) for row in rows])

    async def revoke_key(self, caller: Caller, key_id: str) -> Revoked:
        """Raises ApiKeyNotFound for a key that is unknown, another's or revoked already."""
        now = self._clock.now()

        def revoke(session: Session) -> str:
            key_hash = store.revoke_key(session, caller.user_id, key_id, now)
            if key_hash is None:
                raise ApiKeyNotFound("no active API key has this id")
            return key_hash

        await self._change(revoke, self._bearers.forget_key)
        return Revoked()

    # tiers and names, for other features

    def max_strategies(self, tier: str) -> int:
        return tiers.TIERS[tier].max_strategies

    def tier_of(self, session: Session, user_id: str) -> str:
        """Raises UserNotFound."""
        return _user(session, user_id).tier

    def nicknames(self, session: Session, user_ids: Collection[str]) -> dict[str, str]:
        """By user id; unknown ids are left out."""
        return store.nicknames(session, user_ids)

    def numbers_and_emails(self, session: Session, user_ids: Collection[str]) -> dict[str, tuple[int, str]]:
        """By user id, the number by which the Copilot's guide knows the account; unknown ids are left out."""
        return store.numbers_and_emails(session, user_ids)

    def tier(self, caller: Caller) -> TierOut:
        return TierOut.of(tiers.TIERS[caller.tier])

    def tiers(self) -> TierList:
        return TierList(tiers=[TierOut.of(tier) for tier in tiers.TIERS.values()])

    # the operator

    def create_invite(self, max_uses: int = INVITE_USES_DEFAULT, expires_at: datetime | None = None) -> str:
        """A new invite code, in the calling thread: for commands."""
        code, invite = self._new_invite(max_uses, expires_at)
        with self._records.write() as session:
            _add_invite(session, invite)
        return code

    async def issue_invite(self, max_uses: int, expires_at: datetime | None) -> str:
        """A new invite code, for requests."""
        code, invite = self._new_invite(max_uses, expires_at)
        await self._records.commit(lambda session: _add_invite(session, invite))
        return code

    def invites(self, limit: int, offset: int) -> InviteList:
        with self._records.read() as session:
            rows, total = store.invites(session, limit, offset)
            return InviteList(invites=[InviteOut.of(row) for row in rows], total=total)

    def all_keys(self, limit: int, offset: int) -> OwnedApiKeyList:
        """Everyone's active keys, newest first."""
        with self._records.read() as session:
            rows, total = store.all_active_keys(session, limit, offset)
            owners = store.nicknames(session, {row.user_id for row in rows})
            shown = [
                OwnedApiKey(
                    **ApiKeyOut.of(row, self._uses.unwritten(row.id)).model_dump(), owner=owners[row.user_id]
                )
                for row in rows
            ]
            return OwnedApiKeyList(api_keys=shown, total=total)

    def users(self, limit: int, offset: int) -> AccountList:
        with self._records.read() as session:
            rows, total = store.users(session, limit, offset)
            return AccountList(users=[AccountOut.of(row) for row in rows], total=total)

    async def change_user(self, user_id: str, change: UserChange) -> AccountOut:
        """Set the fields that `change` has. Raises UserNotFound."""
        given = change.model_fields_set

        def set_fields(session: Session) -> AccountOut:
            user, now = _user(session, user_id), self._clock.now()
            before = {"tier": user.tier, "disabled": user.disabled}
            if "tier" in given and user.tier != change.tier:
                changed = {"user_id": user.id, "before": user.tier, "after": change.tier}
                events.note(session.connection(), now, "tier_changed", changed)
                user.tier = change.tier
            if "disabled" in given:
                user.disabled = change.disabled
            after = {"tier": user.tier, "disabled": user.disabled}
            if after != before:
                audit.note(session.connection(), now, "user_changed", user.id, before, after)
            return AccountOut.of(user)

        return await self._change(set_fields, lambda account: self._bearers.forget_user(account.id))

    async def rotate(self, name: str) -> Rotated:
        """Another secret in the place of this one, at once. Raises SecretNotFound.

        operator-token: the old token is refused. jwt-key: all access and refresh tokens are, API keys stay.
        idempotency: answers to earlier Idempotency-Keys are forgotten.
        """
        if name not in self._takers or self._renewed is None:
            raise SecretNotFound(f"no secret of this name is rotated: there are {', '.join(self._takers)}")
        renewed = self._renewed

        async def renew() -> None:
            secret = await asyncio.to_thread(renewed, name)
            self.after_renewal(secret)
            self._takers[name](secret)
            now = self._clock.now()
            await self._records.commit(
                lambda session: audit.note(session.connection(), now, "secret_rotated", name, None, None)
            )

        await asyncio.shield(asyncio.ensure_future(renew()))
        return Rotated(rotated=name)

    def _take_operator_token(self, token: str) -> None:
        self._operator_token, self._operator_bytes = token, token.encode()

    def _take_jwt_key(self, key: str) -> None:
        self._jwt_key = key
        self._bearers.renew(key)

    def _new_invite(self, max_uses: int, expires_at: datetime | None) -> tuple[str, Invite]:
        code = credentials.invite_code(self._random_bytes(credentials.INVITE_BYTES))
        invite = Invite(
            id=new_id(),
            code_hash=credentials.digest(code),
            last4=credentials.last4(code),
            max_uses=max_uses,
            expires_at=expires_at,
            created_at=self._clock.now(),
        )
        return code, invite

    async def _change(self, work: Callable[[Session], T], forget: Callable[[T], None]) -> T:
        async def commit_and_forget() -> T:
            result = await self._records.commit(work)
            forget(result)
            return result

        return await asyncio.shield(asyncio.ensure_future(commit_and_forget()))


def _add_invite(session: Session, invite: Invite) -> None:
    store.add(session, invite)
    shown = {name: getattr(invite, name) for name in ("last4", "max_uses", "expires_at")}
    audit.note(session.connection(), invite.created_at, "invite_created", invite.id, None, shown)


def _user(session: Session, user_id: str) -> User:
    user = store.user(session, user_id)
    if user is None:
        raise UserNotFound("no account has this id")
    return user
