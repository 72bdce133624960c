"""One-time codes: six digits that are sent to an e-mail and prove that whoever enters them reads it (COP-02, COP-05).

A code holds for ten minutes and for one log-in; five wrong attempts void it, and a new one takes its place. Kept is
a keyed digest: six digits can all be tried, so a plain digest would give the code away.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Final

DIGITS: Final = 6
LIFETIME: Final = timedelta(minutes=10)
ATTEMPTS_MAX: Final = 5
_BYTES: Final = 8
"""2^64 values over a million codes: none is likelier than another by more than one in 10^13."""


def drawn(random_bytes: Callable[[int], bytes]) -> str:
    """A code of six digits, leading zeros included."""
    return f"{int.from_bytes(random_bytes(_BYTES)) % 10**DIGITS:0{DIGITS}d}"


def digest(secret: str, email_key: str, code: str) -> str:
    """The form in which a code is kept: HMAC-SHA-256 over whose it is and what it is, as hex."""
    return hmac.new(secret.encode(), f"{email_key}\0{code}".encode(), hashlib.sha256).hexdigest()
