"""Whose signatures are accepted here, and which machine this is. Asked when there is a licence to judge, not before."""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from licensing import keyring
from licensing.errors import NoMachineId, UnusableKey
from licensing.fingerprint import fingerprint
from licensing.keys import PublicKey

TEST_KEY: Final = "QUANTOS_TEST_VENDOR_KEY"


class Accepted(NamedTuple):
    """`problem`: why a key that should be accepted is not."""

    keys: tuple[PublicKey, ...]
    problem: str


class ThisMachine(NamedTuple):
    """`fingerprint`: None where the machine has none, for `problem`."""

    fingerprint: str | None
    problem: str


class Trust:
    """The vendor's keys of this build, and a test key beside them."""

    def __init__(self, test_key: str = "") -> None:
        """`test_key`: PEM, or the path of a PEM file; what it signs reads `edition: test`."""
        self._test_key = test_key
        self._accepted: Accepted | None = None
        self._machine: ThisMachine | None = None
        self._lock = threading.Lock()

    def accepted(self) -> Accepted:
        """Read once."""
        with self._lock:
            if self._accepted is None:
                self._accepted = self._read()
            return self._accepted

    def machine(self) -> ThisMachine:
        """Asked once, but again as long as the machine does not say."""
        with self._lock:
            if self._machine is None or self._machine.fingerprint is None:
                self._machine = _this_machine()
            return self._machine

    def _read(self) -> Accepted:
        try:
            keys = keyring.vendor_keys()
        except UnusableKey as error:
            return Accepted((), f"the vendor's keys of this build cannot be read: {error}")
        if not self._test_key:
            return Accepted(keys, "")
        try:
            return Accepted((*keys, keyring.key_for_tests(self._test_key)), "")
        except UnusableKey as error:
            return Accepted(keys, f"{TEST_KEY}: {error}")


def _this_machine() -> ThisMachine:
    try:
        return ThisMachine(fingerprint(), "")
    except NoMachineId as error:
        return ThisMachine(None, str(error))
