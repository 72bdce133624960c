"""What a server's garbage collection leaves alone; in a process of its own, whose heap nobody else has frozen."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

PROGRAM: Final = """
import gc, sys, types
from quantos.kit.heap import Heap
Heap()
before = gc.get_freeze_count()
sys.modules |= {f"made{n}": types.ModuleType("made") for n in range(int(sys.argv[1]))}
kept = [[n] for n in range(10_000)]
gc.collect(0); gc.collect(1)
print(gc.get_freeze_count() > before + 9_000)
gc.collect()
print(gc.get_freeze_count() > before + 9_000)
more = [[n] for n in range(10_000)]
gc.collect()
print(gc.get_freeze_count() > before + 19_000)
"""


def frozen(modules: int) -> list[str]:
    """Whether there was a freeze: after small collections, after a full one, after another with nothing loaded."""
    command = [sys.executable, "-c", PROGRAM, str(modules)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_what_is_left_of_a_full_collection_is_frozen_once_libraries_were_loaded() -> None:
    assert frozen(modules=200) == ["False", "True", "False"]


def test_without_libraries_nothing_is_frozen() -> None:
    assert frozen(modules=10) == ["False", "False", "False"]
