"""What a server of its own takes of the machine, as the kernel counts it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


class Watched:
    """The process that serves a data directory."""

    def __init__(self, folder: Path) -> None:
        wanted = str(folder).encode()
        self._folder = next(
            each.parent
            for each in Path("/proc").glob("[0-9]*/cmdline")
            if wanted in (text := each.read_bytes()).split(b"\0") and b"serve" in text.split(b"\0")
        )

    def processor_s(self) -> float:
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def peak_gib(self) -> float:
        lines = (self._folder / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20
