"""Room on the disk of the data directory: what is large is refused early, so that what must go on has its place.

Settlement, signals, status changes and whatever else is small need room too, and cannot choose when: below the reserve
they alone are stored. What was accepted is never given up for room.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Final

from quantos.errors import Unavailable

MIB: Final = 2**20
SMALL_FILES_MAX: Final = 16 * MIB
"""Market files up to this size in all come in below the reserve too: the bars of a day, which its settlement waits for."""


class DiskNearlyFull(Unavailable):
    """Uploads and other large things are refused until there is room; settlement and signals go on."""

    code = "disk_nearly_full"


class Room:
    """What is free beside `folder`. `reserve`: bytes that uploads leave free; 0: none."""

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder, self.reserve = folder, reserve

    def refused(self) -> str | None:
        """Why uploads are refused now; None where they are taken."""
        if not self.reserve:
            return None
        free = shutil.disk_usage(self._folder).free
        if free >= self.reserve:
            return None
        return (
            f"the disk of the platform is nearly full ({free // MIB:,} MiB are free, {self.reserve // MIB:,} are kept):"
            " uploads are refused until the operator makes room, signals and settlement go on"
        )

    async def admit(self) -> None:
        """The one gate of uploads. Raises DiskNearlyFull."""
        if (said := await asyncio.to_thread(self.refused)) is not None:
            raise DiskNearlyFull(said)

    def admit_files(self, path: Path) -> None:
        """Of files to import: those of a day are small, and settlement waits for them. Raises DiskNearlyFull."""
        said = self.refused()
        if said is not None and _is_larger(path, SMALL_FILES_MAX):
            raise DiskNearlyFull(
                f"{said}; files of up to {SMALL_FILES_MAX // MIB} MiB in all, such as the bars of a day, are imported"
            )


def _is_larger(path: Path, bytes_max: int) -> bool:
    """Whether a file, or all below a folder, is larger; what cannot be read is for the import to say."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else (path,):
        try:
            total += file.stat().st_size
        except OSError:
            continue
        if total > bytes_max:
            return True
    return False
