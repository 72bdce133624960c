"""Tables of licence requests and of the licences that were issued."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, LargeBinary, Text, text
from sqlmodel import Field

from quantos.storage.types import Instant, Record

_PENDING: Any = text("status = 'pending'")


class LicenseRequest(Record, table=True):
    """A user asks for a licence for one machine. The store itself holds that at most one of them is pending."""

    __tablename__: ClassVar[Any] = "license_request"
    __table_args__: ClassVar[Any] = (
        Index("ix_license_request_user_id", "user_id", "number"),
        Index(
            "uq_license_request_pending",
            "user_id",
            unique=True,
            sqlite_where=_PENDING,
        ),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    customer: str = Field(max_length=200)
    fingerprint: str = Field(max_length=64)
    note: str | None = Field(default=None, sa_column=Column(Text))
    status: str = Field(max_length=8)
    admin_reply: str | None = Field(default=None, sa_column=Column(Text))
    created_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)


class IssuedLicense(Record, table=True):
    """A licence, with its signed document to the byte."""

    __tablename__: ClassVar[Any] = "issued_license"
    __table_args__: ClassVar[Any] = (
        Index("ix_issued_license_user_id", "user_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    request_id: str = Field(foreign_key="license_request.id", unique=True, max_length=36)
    user_id: str = Field(foreign_key="user.id", max_length=36)
    customer: str = Field(max_length=200)
    fingerprint: str = Field(max_length=64)
    expires: date
    max_cores: int | None = None
    max_memory_gb: int | None = None
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=Instant)
