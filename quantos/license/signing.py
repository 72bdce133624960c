"""Signing with the vendor's key, for the platform of who has it (LIC-14)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from licensing import License
from licensing.errors import NotALicense, UnusableKey
from licensing.issue import issue
from licensing.keys import private_key
from quantos.license.core.terms import LicenseTerms
from quantos.license.refusals import LicenseNotIssuable, VendorKeyUnusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PENDING = "the request stays pending"


class VendorKey:
    """The key of an encrypted PEM, opened at the first licence."""

    def __init__(self, given: str, passphrase: str) -> None:
        """`given`: the PEM, or the path of its file."""
        self._given, self._passphrase = given, passphrase
        self._key: Ed25519PrivateKey | None = None
        self._lock = threading.Lock()

    def open(self) -> Ed25519PrivateKey:
        """Raises VendorKeyUnusable."""
        with self._lock:
            if self._key is None:
                self._key = self._opened()
            return self._key

    def issue(self, terms: LicenseTerms) -> bytes:
        """license.json of these terms. Raises VendorKeyUnusable, LicenseNotIssuable."""
        wanted = License(
            license_id=terms.id,
            customer=terms.customer,
            fingerprint=terms.fingerprint,
            edition="standard",
            expires=terms.expires,
            max_cores=terms.max_cores,
            max_memory_gb=terms.max_memory_gb,
            created_at=terms.issued_at,
        )
        try:
            return issue(wanted, self.open())
        except NotALicense as error:
            raise LicenseNotIssuable(f"{error}: {PENDING}") from None

    def _opened(self) -> Ed25519PrivateKey:
        try:
            pem = self._given.encode()
            if b"-----BEGIN" not in pem:
                pem = Path(self._given).read_bytes()
            return private_key(pem, self._passphrase)
        except UnusableKey as error:
            raise VendorKeyUnusable(f"QUANTOS_VENDOR_SIGNING_KEY: {error}: {PENDING}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no path"
            raise VendorKeyUnusable(
                f"the file that QUANTOS_VENDOR_SIGNING_KEY names cannot be read ({reason}): {PENDING}"
            ) from None
