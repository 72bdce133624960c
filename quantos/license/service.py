"""Licence requests and licences as users and the operator see them.

The document itself is made and signed elsewhere: `issue` is the port for that, plugged by the composition root
on a platform that has the vendor's signing key. Without it nothing can be approved.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from licensing.machine import machine as this_machines_size
from quantos.accounts.service import Accounts, Caller
from quantos.kit.clock import Clock, SystemClock
from quantos.kit.ids import new_id
from quantos.license import store
from quantos.license.core.terms import LicenseTerms, Status
from quantos.license.limits import Limits
from quantos.license.marks import Marks
from quantos.license.own import OwnLicense
from quantos.license.refusals import (
    LicenseNotFound,
    LicenseRequestDecided,
    LicenseRequestNotFound,
    LicenseRequestPending,
    LicenseRequired,
    NoVendorKey,
)
from quantos.license.schemas import Approval, LicenseRequestNew, latest, licensed, owned, requested
from quantos.license.signing import VendorKey
from quantos.license.standing import Standing
from quantos.license.tables import IssuedLicense, LicenseRequest
from quantos.license.trust import Trust
from quantos.storage import audit, events
from quantos.storage.records import Records

__all__ = [
    "Issue",
    "LicenseTerms",
    "Licenses",
    "Limits",
    "Marks",
    "OwnLicense",
    "Standing",
    "Trust",
    "VendorKey",
    "this_machines_size",
]

Issue = Callable[[LicenseTerms], bytes]
"""The signed license.json of these terms. It is called inside the unit of work that approves: what it raises
leaves the request pending, and it should take milliseconds.
"""


class Licenses:
    """Requests, decisions, downloads."""

    def __init__(self, records: Records, clock: Clock, accounts: Accounts, image_url: str) -> None:
        """`image_url`: what `quantos-{arch}.tar.gz` is added to."""
        self._records, self._clock, self._accounts = records, clock, accounts
        self._image_url = image_url
        self.system: Clock = SystemClock()
        """What licences are dated by: they hold by the system's time, never by a simulated one."""
        self.issue: Issue | None = None

    # the user's

    async def ask(self, caller: Caller, new: LicenseRequestNew) -> dict[str, Any]:
        """Raises LicenseRequestPending."""
        row = LicenseRequest(
            id=new_id(),
            user_id=caller.user_id,
            customer=new.customer,
            fingerprint=new.fingerprint.lower(),
            note=new.note,
            status=Status.PENDING.value,
            created_at=self._clock.now(),
        )

        def work(session: Session) -> None:
            if store.has_pending(session, caller.user_id):
                raise LicenseRequestPending("a request of yours is pending: wait for its decision")
            store.add(session, row)

        await self._records.commit(work)
        return requested(row)

    def request(self, caller: Caller) -> dict[str, Any]:
        """The caller's latest."""
        with self._records.read() as session:
            return latest(store.latest_request(session, caller.user_id))

    def license(self, caller: Caller) -> dict[str, Any]:
        """The caller's latest."""
        with self._records.read() as session:
            return licensed(store.latest_license(session, caller.user_id))

    def document(self, caller: Caller) -> bytes:
        """license.json of the latest licence, as it was signed. Raises LicenseNotFound."""
        with self._records.read() as session:
            row = store.latest_license(session, caller.user_id)
        if row is None:
            raise LicenseNotFound("you have no licence: apply with POST /api/v1/deploy/license-request")
        return row.document

    def image_url(self, caller: Caller, arch: str) -> str:
        """Where the image is. Raises LicenseRequired without a licence; an expired one starts no image anyway."""
        with self._records.read() as session:
            if store.latest_license(session, caller.user_id) is None:
                raise LicenseRequired(
                    "the image is for licensed users: apply with POST /api/v1/deploy/license-request"
                )
        return f"{self._image_url.rstrip('/')}/quantos-{arch}.tar.gz"

    # the operator's

    def requests(self, status: str | None, limit: int, offset: int) -> dict[str, Any]:
        """Everyone's with the owners' nicknames, newest first, and how many there are."""
        with self._records.read() as session:
            found, total = store.requests(session, status, limit, offset)
            owners = self._accounts.nicknames(session, {row.user_id for row in found})
            shown = [owned(row, owners[row.user_id]) for row in found]
            return {"license_requests": shown, "total": total}

    async def approve(self, request_id: str, approval: Approval) -> dict[str, Any]:
        """Issue a licence and tell the owner. Raises LicenseRequestNotFound, LicenseRequestDecided, NoVendorKey,
        and what the signing raises; then the request stays pending.
        """

        def work(session: Session) -> dict[str, Any]:
            row, now = _pending(session, request_id), self._clock.now()
            if self.issue is None:
                raise NoVendorKey(
                    "licences are signed with the vendor's key (QUANTOS_VENDOR_SIGNING_KEY), which this platform"
                    " does not have: the request stays pending"
                )
            terms = LicenseTerms(
                new_id(),
                row.customer,
                row.fingerprint,
                approval.expires,
                approval.max_cores,
                approval.max_memory_gb,
                self.system.now().replace(microsecond=0),
            )
            store.add(session, _issued(row, terms, self.issue(terms)))
            return self._decide(session, row, Status.APPROVED, None, now)

        return await self._records.commit(work)

    async def reject(self, request_id: str, reply: str) -> dict[str, Any]:
        """Say no, with the reason, and tell the owner. Raises LicenseRequestNotFound, LicenseRequestDecided."""

        def work(session: Session) -> dict[str, Any]:
            row = _pending(session, request_id)
            return self._decide(session, row, Status.REJECTED, reply, self._clock.now())

        return await self._records.commit(work)

    def _decide(
        self, session: Session, row: LicenseRequest, status: Status, reply: str | None, now: datetime
    ) -> dict[str, Any]:
        row.status, row.admin_reply, row.decided_at = status.value, reply, now
        decided = {
            "user_id": row.user_id,
            "request_id": row.id,
            "customer": row.customer,
            "status": status.value,
            "admin_reply": reply,
        }
        events.note(session.connection(), now, "license_decided", decided)
        before, after = {"status": Status.PENDING.value}, {"status": status.value, "admin_reply": reply}
        audit.note(session.connection(), now, "license_decided", row.id, before, after)
        return owned(row, self._accounts.nicknames(session, {row.user_id})[row.user_id])


def _pending(session: Session, request_id: str) -> LicenseRequest:
    row = store.request(session, request_id)
    if row is None:
        raise LicenseRequestNotFound("there is no such licence request")
    if row.status != Status.PENDING.value:
        raise LicenseRequestDecided(f"the request is {row.status}: a decision is made once")
    return row


def _issued(row: LicenseRequest, terms: LicenseTerms, document: bytes) -> IssuedLicense:
    return IssuedLicense(
        id=terms.id,
        request_id=row.id,
        user_id=row.user_id,
        customer=terms.customer,
        fingerprint=terms.fingerprint,
        expires=terms.expires,
        max_cores=terms.max_cores,
        max_memory_gb=terms.max_memory_gb,
        document=document,
        created_at=terms.issued_at,
    )
