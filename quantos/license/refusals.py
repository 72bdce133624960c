"""What licences refuse."""

from __future__ import annotations

from quantos.errors import Conflict, Forbidden, NotFound, WrongState


class LicenseRequestPending(Conflict):
    code = "license_request_pending"


class LicenseRequestNotFound(NotFound):
    code = "license_request_not_found"


class LicenseRequestDecided(WrongState):
    """A decision is made once."""

    code = "license_request_decided"


class NoVendorKey(WrongState):
    """Licences cannot be signed on this platform; the request stays pending."""

    code = "vendor_key_missing"


class LicenseNotFound(NotFound):
    code = "license_not_found"


class LicenseRequired(Forbidden):
    code = "license_required"
