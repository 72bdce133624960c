"""Tables of accounts.

`number` is the primary key, so that the database counts it and never gives one twice; `id` is the UUID that
the API and all other tables use.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Column, LargeBinary
from sqlmodel import Field

from quantos.storage.types import Instant, Record

_COUNTED: dict[str, Any] = {"sqlite_autoincrement": True}


class User(Record, table=True):
    """An account. `nickname_set`, `email_set`: the user chose them; until then they are generated."""

    __tablename__: ClassVar[Any] = "user"
    __table_args__: ClassVar[Any] = _COUNTED

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    nickname: str = Field(unique=True, max_length=30)
    email: str = Field(max_length=320)
    email_key: str = Field(unique=True, max_length=320)
    password_hash: str | None = Field(default=None, max_length=255)
    tier: str = Field(max_length=20)
    disabled: bool = False
    nickname_set: bool = False
    email_set: bool = False
    created_at: datetime = Field(sa_type=Instant)


class Invite(Record, table=True):
    """A code that makes accounts, up to `max_uses` of them."""

    __tablename__: ClassVar[Any] = "invite"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("uses BETWEEN 0 AND max_uses", name="invite_uses"),
        _COUNTED,
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    code_hash: str = Field(unique=True, max_length=64)
    last4: str = Field(max_length=4)
    max_uses: int
    uses: int = 0
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class ApiKey(Record, table=True):
    """A key of a user; revoked ones stay, so that their last use can be told."""

    __tablename__: ClassVar[Any] = "api_key"
    __table_args__: ClassVar[Any] = _COUNTED

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    user_id: str = Field(foreign_key="user.id", index=True, max_length=36)
    name: str = Field(max_length=100)
    key_hash: str = Field(unique=True, max_length=64)
    last4: str = Field(max_length=4)
    created_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class KeptAnswer(Record, table=True):
    """The answer to a request with an `Idempotency-Key`, sealed; null as long as it is not known.

    `place`, `request`: digests of caller and key, and of the request.
    """

    __tablename__: ClassVar[Any] = "kept_answer"

    place: str = Field(primary_key=True, max_length=64)
    request: str = Field(max_length=64)
    begun_at: datetime = Field(sa_type=Instant, index=True)
    answer: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class OneTimeCode(Record, table=True):
    """The code that an e-mail may log in with; `digest` is keyed."""

    __tablename__: ClassVar[Any] = "one_time_code"

    email_key: str = Field(primary_key=True, max_length=320)
    digest: str = Field(max_length=64)
    expires_at: datetime = Field(sa_type=Instant)
    attempts_left: int
