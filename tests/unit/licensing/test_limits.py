"""What of a machine a licence leaves unused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from licensing import verify
from licensing.limits import Machine
from licensing.machine import machine
from tests.unit.licensing.makers import HERE, KEYS, licence


@pytest.mark.parametrize(
    ("cores", "memory_gb", "said"),
    [
        (8, 64.0, []),
        (9, 64.0, ["9 cores"]),
        (8, 64.1, ["64.1 GB"]),
        (16, 128.0, ["16 cores", "128.0 GB"]),
        (1, 0.0, []),
    ],
)
def test_a_larger_machine_is_noted_and_no_reason_to_refuse(
    cores: int, memory_gb: float, said: list[str]
) -> None:
    verdict = verify(licence(max_memory_gb=64), KEYS, replace(HERE, machine=Machine(cores, memory_gb)))
    assert verdict.valid
    assert len(verdict.notes) == len(said)
    assert all(what in note for what, note in zip(said, verdict.notes, strict=True))


def test_without_limits_no_machine_is_too_large() -> None:
    content = licence(max_cores=None, max_memory_gb=None)
    assert verify(content, KEYS, replace(HERE, machine=Machine(10_000, 1e6))).notes == ()


def test_the_machine_is_as_large_as_what_this_process_is_given() -> None:
    found = machine()
    assert found.cores == len(os.sched_getaffinity(0))
    told = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    assert found.memory_gb == pytest.approx(int(told.split()[1]) / 2**20, rel=0.01)
