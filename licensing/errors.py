"""What this package refuses; each message says what was wrong and what to do."""

from __future__ import annotations


class LicensingError(Exception):
    """Anything below, with a message for people."""


class NotALicense(LicensingError):
    """The bytes are no license.json as it was issued."""


class NoMachineId(LicensingError):
    """The machine does not say which one it is."""


class UnusableKey(LicensingError):
    """A key cannot be read, is of another kind, or its passphrase does not fit."""
