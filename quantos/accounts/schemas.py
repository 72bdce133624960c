"""API shapes of accounts."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from quantos.accounts.core.credentials import API_KEY_PREFIX, INVITE_PREFIX, masked
from quantos.accounts.core.passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from quantos.accounts.core.tiers import Tier
from quantos.accounts.core.users import (
    ANONYMOUS_DOMAIN,
    EMAIL_CHARS_MAX,
    NICKNAME_CHARS_MAX,
    NICKNAME_CHARS_MIN,
    is_email,
    is_nickname,
    is_reserved,
    profile_complete,
)
from quantos.accounts.tables import ApiKey, Invite, User
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, PatchModel, Text, Timestamp

INVITE_USES_DEFAULT: Final = 100
INVITE_USES_MAX: Final = 1_000_000

ABSENT: Final[Any] = Field(default_factory=lambda: None)
"""A field that a change leaves alone; the documentation shows no default for it."""

KeyName = Annotated[str, Field(min_length=1, max_length=100), STORABLE]
InviteUses = Annotated[int, Field(ge=1, le=INVITE_USES_MAX), WHOLE]


class InviteRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"example": {"invite_code": "YOUR_CODE"}})

    invite_code: Text


def _nickname(text: str) -> str:
    if not is_nickname(text):
        raise ValueError("may have letters, digits, Chinese characters, underscores and hyphens")
    return text


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("must be an e-mail address, such as me@example.com")
    if is_reserved(text):
        raise ValueError(f"may not end in @{ANONYMOUS_DOMAIN}, which is reserved for anonymous accounts")
    return text


Nickname = Annotated[
    str, Field(min_length=NICKNAME_CHARS_MIN, max_length=NICKNAME_CHARS_MAX), AfterValidator(_nickname)
]
Email = Annotated[
    str,
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": EMAIL_CHARS_MAX}),
]
Password = Annotated[
    str,
    Field(
        min_length=PASSWORD_CHARS_MIN, max_length=PASSWORD_CHARS_MAX, json_schema_extra={"format": "password"}
    ),
    STORABLE,
]


class LoginRequest(ApiModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "you@example.com", "password": "mypassword"}}
    )

    email: Text
    password: Text


class ProfileChange(PatchModel):
    """What of its profile an account sets: any combination; what is absent stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"nickname": "my_username", "email": "me@example.com", "password": "mypassword"}
        }
    )

    nickname: Nickname = ABSENT
    email: Email = ABSENT
    password: Password = ABSENT


class RefreshRequest(ApiModel):
    refresh_token: Text


class ApiKeyRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"example": {"name": "my-agent"}})

    name: KeyName


class NewInvite(ApiModel):
    """What a new invite code may do; it may be used `max_uses` times, before `expires_at`."""

    max_uses: InviteUses = INVITE_USES_DEFAULT
    expires_at: Timestamp | None = None


def _without_default(schema: dict[str, Any]) -> None:
    """What is absent stays as it is: the schema must not promise a value."""
    del schema["default"]


class UserChange(PatchModel):
    """Read `model_fields_set`: a field that is absent is left as it is, and null is refused."""

    tier: Literal["free", "licensed"] = Field(default="free", json_schema_extra=_without_default)
    disabled: bool = Field(default=False, json_schema_extra=_without_default)


class UserOut(Answer):
    """The user object of the guide."""

    id: str
    nickname: str
    email: str
    tier: str
    profile_complete: bool
    has_password: bool

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            id=user.id,
            nickname=user.nickname,
            email=user.email,
            tier=user.tier,
            profile_complete=profile_complete(
                nickname_set=user.nickname_set,
                email_set=user.email_set,
                has_password=user.password_hash is not None,
            ),
            has_password=user.password_hash is not None,
        )


class Registered(Answer):
    access_token: str
    refresh_token: str
    user: UserOut


class ProfileOut(Answer):
    id: str
    nickname: str
    email: str
    has_password: bool
    profile_complete: bool

    @classmethod
    def of(cls, user: User) -> Self:
        shown = UserOut.of(user)
        return cls(**shown.model_dump(include=set(cls.model_fields)))


class AccessToken(Answer):
    access_token: str


class CodeRequest(ApiModel):
    model_config = ConfigDict(json_schema_extra={"example": {"email": "user@example.com"}})

    email: Email


class CodeEntry(ApiModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "user@example.com", "otp_code": "123456"}}
    )

    email: Text
    otp_code: Text


class CodeSent(Answer):
    message: str = "OTP sent to your email."


class CopilotToken(Answer):
    """Valid for 15 days."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a kind, no password


class OutboxMessage(Answer):
    to: str
    subject: str
    text: str
    at: datetime


class OutboxList(Answer):
    """`messages`: newest first; none where a mail server is configured."""

    messages: list[OutboxMessage]


class NewApiKey(Answer):
    """The only answer that ever shows the key."""

    id: str
    name: str
    api_key: str
    created_at: datetime


class ApiKeyOut(Answer):
    id: str
    name: str
    masked: str
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey, used_at: datetime | None) -> Self:
        """`used_at`: a use that is not written yet."""
        return cls(
            id=key.id,
            name=key.name,
            masked=masked(API_KEY_PREFIX, key.last4),
            created_at=key.created_at,
            last_used_at=used_at or key.last_used_at,
        )


class ApiKeyList(Answer):
    api_keys: list[ApiKeyOut]


class OwnedApiKey(ApiKeyOut):
    """With its owner's nickname, for the operator."""

    owner: str


class OwnedApiKeyList(Answer):
    api_keys: list[OwnedApiKey]
    total: int


class Revoked(Answer):
    revoked: Literal[True] = True


class Rotated(Answer):
    """The name of the secret that is another now."""

    rotated: str


class TierOut(Answer):
    tier: str
    max_strategies: int
    strategy_universes: list[str]

    @classmethod
    def of(cls, tier: Tier) -> Self:
        return cls(
            tier=tier.name, max_strategies=tier.max_strategies, strategy_universes=list(tier.universes)
        )


class TierList(Answer):
    tiers: list[TierOut]


class InviteCode(Answer):
    invite_code: str


class InviteOut(Answer):
    id: str
    masked: str
    max_uses: int
    uses: int
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, invite: Invite) -> Self:
        return cls(
            id=invite.id,
            masked=masked(INVITE_PREFIX, invite.last4),
            max_uses=invite.max_uses,
            uses=invite.uses,
            expires_at=invite.expires_at,
            created_at=invite.created_at,
        )


class InviteList(Answer):
    invites: list[InviteOut]
    total: int


class AccountOut(UserOut):
    """An account as the operator sees it."""

    number: int
    disabled: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        assert user.number is not None, "a stored user has a number"
        public = UserOut.of(user).model_dump()
        return cls(**public, number=user.number, disabled=user.disabled, created_at=user.created_at)


class AccountList(Answer):
    users: list[AccountOut]
    total: int
