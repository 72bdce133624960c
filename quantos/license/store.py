"""Every query of licence requests and licences."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, insert
from sqlmodel import Session, col, select

from quantos.license.core.terms import Status
from quantos.license.tables import IssuedLicense, LicenseRequest


def add(session: Session, row: LicenseRequest | IssuedLicense) -> None:
    """Insert without the ORM; `row.number` stays None."""
    session.connection().execute(insert(type(row)), row.model_dump(exclude={"number"}))


def has_pending(session: Session, user_id: str) -> bool:
    query = select(col(LicenseRequest.number)).where(
        col(LicenseRequest.user_id) == user_id, col(LicenseRequest.status) == Status.PENDING.value
    )
    return session.exec(query).first() is not None


def latest_request(session: Session, user_id: str) -> LicenseRequest | None:
    query = select(LicenseRequest).where(col(LicenseRequest.user_id) == user_id)
    return session.exec(query.order_by(col(LicenseRequest.number).desc()).limit(1)).first()


def request(session: Session, request_id: str) -> LicenseRequest | None:
    return session.exec(select(LicenseRequest).where(col(LicenseRequest.id) == request_id)).one_or_none()


def requests(
    session: Session, status: str | None, limit: int, offset: int
) -> tuple[Sequence[LicenseRequest], int]:
    """A page of everyone's, newest first, and how many there are."""
    page = select(LicenseRequest).order_by(col(LicenseRequest.number).desc()).limit(limit).offset(offset)
    count = select(func.count()).select_from(LicenseRequest)
    if status is not None:
        page = page.where(col(LicenseRequest.status) == status)
        count = count.where(col(LicenseRequest.status) == status)
    return session.exec(page).all(), session.exec(count).one()


def latest_license(session: Session, user_id: str) -> IssuedLicense | None:
    query = select(IssuedLicense).where(col(IssuedLicense.user_id) == user_id)
    return session.exec(query.order_by(col(IssuedLicense.number).desc()).limit(1)).first()
