"""What licences refuse."""

from __future__ import annotations

from quantos.errors import Conflict, Forbidden, NotFound, Unavailable, WrongState


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


class LicenseRestricted(Forbidden):
    """The platform's own licence takes no new submissions; what is there goes on."""

    code = "license_restricted"


class LicenseRefused(WrongState):
    """A licence that does not hold here is not installed; the one that is there stays."""

    code = "license_refused"


class LicenseNotWritten(Unavailable):
    """Where the licence file belongs, it cannot be written."""

    code = "license_not_written"


class VendorKeyUnusable(WrongState):
    """The vendor's signing key cannot be opened; the request stays pending."""

    code = "vendor_key_unusable"


class LicenseNotIssuable(WrongState):
    """A licence of these terms could not be read again; the request stays pending."""

    code = "license_not_issuable"
