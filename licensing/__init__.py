"""QuantOS licences: what a license.json says, and whether it holds here.

Three things, usable without the platform:

    fingerprint   the 64 hex digits that name this machine          (licensing.fingerprint)
    verify        numbered steps from the file's bytes to a verdict (licensing.verify)
    issue         signing, for who holds the vendor's key           (licensing.issue)

`python -m licensing --help` is the same for a terminal. Nothing here imports the platform.
"""

from __future__ import annotations

from licensing.document import EDITIONS, License
from licensing.verify import Circumstances, State, Verdict, verify

__all__ = ["EDITIONS", "Circumstances", "License", "State", "Verdict", "verify"]
