"""Passwords: their form, and how long somebody who guesses them waits.

    length      8 to 128 characters, as the user counts them
    compared    in NFKC, so that one typed on another keyboard is the same

Failed log-ins are counted per e-mail and address together. The first five are answered at once; each further
one is looked at a while after the last, twice as long each time, and never longer than five seconds:

    failures    0 .. 4   5     6     7     8     9     10    11 ..
    wait, s     0        0.1   0.2   0.4   0.8   1.6   3.2   5

The count ends with a success, or when nothing has failed for 15 minutes. Since the address is part of it,
whoever guesses from elsewhere makes the owner wait for nothing; and since the wait is bounded and nothing is
ever locked, an owner who shares the address gets in too.
"""

from __future__ import annotations

import unicodedata
from typing import Final

PASSWORD_CHARS_MIN: Final = 8
PASSWORD_CHARS_MAX: Final = 128
FAILURES_FREE: Final = 5
FIRST_WAIT_S: Final = 0.1
WAIT_S_MAX: Final = 5.0
FORGOTTEN_AFTER_S: Final = 900.0


def compared(password: str) -> str:
    """The form in which a password is hashed and checked."""
    return unicodedata.normalize("NFKC", password)


def wait_s(failures: int) -> float:
    """Seconds from the last failure until the next attempt is looked at."""
    if failures < FAILURES_FREE:
        return 0.0
    doublings = min(failures - FAILURES_FREE, 16)
    return min(FIRST_WAIT_S * 2.0**doublings, WAIT_S_MAX)
