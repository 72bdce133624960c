"""The last commit that this platform made, kept in its data directory: a repository that loses it is found out.

Written after the branch was moved and not synced: after a kill or a power cut it may name an earlier commit, which
is part of the same history, or nothing.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

FILE: Final = "attestation-head.json"


class LastMade:
    """Of one repository, by its path: another one begins anew."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self._file, self._repository = folder / FILE, str(repository)

    def read(self) -> str | None:
        """None where this platform has made none there, as far as it knows."""
        try:
            found = orjson.loads(self._file.read_bytes())
            return str(found["head"]) if found["repository"] == self._repository else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, sha: str) -> None:
        """What cannot be written is left: it guards, and decides nothing."""
        temporary = self._file.with_name(f".{FILE}.new")
        with suppress(OSError):
            temporary.write_bytes(orjson.dumps({"repository": self._repository, "head": sha}))
            temporary.replace(self._file)
