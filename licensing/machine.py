"""How large this machine is."""

from __future__ import annotations

import os

from licensing.limits import Machine


def machine() -> Machine:
    """The one that runs this, or as much of it as this process is given."""
    return Machine(_cores(), _memory_bytes() / 2**30)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0  # Windows does not say: no limit is noted
