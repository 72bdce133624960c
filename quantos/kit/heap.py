"""Garbage collection of a server: what was loaded for good is not searched for garbage again and again.

A full collection looks at every object that was made since the last freeze. Libraries that are loaded with the first
settlement, numba above all, make a hundred thousand that never go: each full collection then stops the platform for
70 ms. So what is left after a full collection is frozen, if modules were loaded since the last time. It is not frozen
otherwise: what lives by chance at that moment would never be freed.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

MODULES_MIN: Final = 50
FULL: Final = 2


class Heap:
    """Watches full collections, from its making on."""

    def __init__(self) -> None:
        self._modules = len(sys.modules)
        gc.freeze()
        gc.callbacks.append(self._collected)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if phase != "stop" or info["generation"] != FULL or len(sys.modules) < self._modules + MODULES_MIN:
            return
        self._modules = len(sys.modules)
        gc.freeze()
