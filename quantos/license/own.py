"""The platform's own licence, as its operator sees it and puts another in its place."""

from __future__ import annotations

from typing import Any

from licensing import License, Verdict
from licensing.document import in_issued_form
from licensing.errors import NotALicense
from quantos.errors import Invalid
from quantos.kit.clock import rfc3339
from quantos.kit.durable import put_private
from quantos.license.core.entitlement import SOON
from quantos.license.core.words import warning
from quantos.license.limits import Limits
from quantos.license.refusals import LicenseNotWritten, LicenseRefused
from quantos.license.standing import Look, Standing
from quantos.storage.audit import Audit


class OwnLicense:
    """For threads, not for the event loop."""

    def __init__(self, standing: Standing, limits: Limits, audit: Audit) -> None:
        self._standing, self._limits, self._audit = standing, limits, audit

    def shown(self) -> dict[str, Any]:
        """As in `OwnLicenseOut`."""
        standing = self._standing
        look, machine, accepted = standing.look(), standing.trust.machine(), standing.trust.accepted()
        verdict = look.verdict
        return {
            **self._in_short(look),
            "reasons": list(look.entitlement.reasons),
            "notes": list(verdict.notes if verdict else ()),
            "steps": _steps(verdict),
            "license": None if verdict is None or verdict.license is None else _fields(verdict.license),
            "machine": {
                "fingerprint": machine.fingerprint,
                "problem": machine.problem or None,
                "cores": standing.size.cores,
                "memory_gb": round(standing.size.memory_gb, 1),
            },
            "used": self._limits.used(),
            "accepted_keys": [{"key_id": key.id, "test": key.test} for key in accepted.keys],
            "file": str(standing.file),
            "file_problem": look.absent or None,
            "key_problem": accepted.problem or None,
        }

    def in_short(self) -> dict[str, Any]:
        """As in `LicenseStanding`, for the overview."""
        return self._in_short(self._standing.look())

    def install(self, content: bytes) -> dict[str, Any]:
        """Put a licence that holds here in the place of the one there is; as `shown`. JSON in any layout is taken.

        Raises Invalid, LicenseRefused, LicenseNotWritten; then nothing changes.
        """
        try:
            content = in_issued_form(content)
        except NotALicense as error:
            raise Invalid(("body",), str(error)) from None
        before, verdict = self._standing.look().verdict, self._standing.judged(content)
        if verdict.license is None:
            raise Invalid(("body",), "; ".join(verdict.reasons))
        if not verdict.valid:
            raise LicenseRefused(f"the licence is not installed: {'; '.join(verdict.reasons)}")
        with self._audit.of("license_installed", verdict.license.license_id) as change:
            change.before, change.after = _named(before), _named(verdict)
            try:
                put_private(self._standing.file, content)
            except OSError as error:
                raise LicenseNotWritten(
                    f"{self._standing.file} cannot be written ({error.strerror}): make its folder writable, or put the"
                    " file there by hand"
                ) from error
        return self.shown()

    def _in_short(self, look: Look) -> dict[str, Any]:
        found = look.entitlement
        left = None if found.until is None else found.until - self._standing.system.now()
        return {
            "edition": found.edition,
            "mode": found.mode.value,
            "why": found.why.value,
            "accepts_submissions": found.accepts_submissions,
            "until": None if found.until is None else rfc3339(found.until),
            "ends_soon": left is not None and left < SOON[found.mode],
            "message": warning(found),
        }


def _steps(verdict: Verdict | None) -> list[dict[str, Any]]:
    steps = () if verdict is None else verdict.steps
    return [
        {"number": each.number, "name": each.name, "holds": each.holds, "reason": each.reason or None}
        for each in steps
    ]


def _fields(found: License) -> dict[str, Any]:
    return {
        "license_id": found.license_id,
        "customer": found.customer,
        "fingerprint": found.fingerprint,
        "edition": found.edition,
        "expires": found.expires,
        "max_cores": found.max_cores,
        "max_memory_gb": found.max_memory_gb,
        "created_at": rfc3339(found.created_at),
        "key_id": found.key_id,
    }


def _named(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None or verdict.license is None:
        return None
    found = verdict.license
    return {"license_id": found.license_id, "customer": found.customer, "expires": found.expires}
