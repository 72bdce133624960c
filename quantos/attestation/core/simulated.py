"""The mark of a simulated platform's repository: a replay with chosen commit times must never pass for a record."""

from __future__ import annotations

from typing import Final

MARK: Final = "SIMULATED"
"""A file at the root, there from the first commit on."""

TEXT: Final = b"""\
This repository was written by a simulated platform: its clock was set by hand, and so was every commit time.
It proves nothing about what was known when.
"""


def is_of_other_mode(*, simulated: bool, marked: bool, has_records: bool) -> bool:
    """Whether a platform must not write here. `has_records`: there are attestations or settlements."""
    return (marked and not simulated) or (simulated and has_records and not marked)
