"""How much of a machine a licence lets the product use: up to its limits, never less than one core or 1 GB.

A machine that is larger than its licence is no reason to refuse it: what is beyond the limits is left unused.
"""

from __future__ import annotations

from dataclasses import dataclass

from licensing.document import License


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is. memory_gb: in GiB."""

    cores: int
    memory_gb: float


def notes(license_: License, machine: Machine) -> tuple[str, ...]:
    """One sentence for each limit that the machine goes beyond."""
    said = []
    if license_.max_cores is not None and machine.cores > license_.max_cores:
        said.append(
            f"the machine has {machine.cores} cores, the licence is for {license_.max_cores}: that many are used"
        )
    if license_.max_memory_gb is not None and machine.memory_gb > license_.max_memory_gb:
        said.append(
            f"the machine has {machine.memory_gb:.1f} GB of memory, the licence is for {license_.max_memory_gb}: that"
            " much is used"
        )
    return tuple(said)
