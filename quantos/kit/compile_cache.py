"""Where compiled code is kept: one folder, named after all the sources that are compiled.

Numba trusts a cached function as long as its own file has not changed; it does not look at the functions which
that one calls. After an upgrade it could so run an old formula. A folder per digest of all the sources leaves
nothing to trust.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parents[1]
SOURCES: Final = (
    "factors/core/compacting.py",
    "factors/core/growing.py",
    "factors/core/kernel.py",
    "settlement/core/exact.py",
    "settlement/core/facts.py",
    "settlement/core/kernel.py",
    "settlement/core/orders.py",
)
VARIABLE: Final = "NUMBA_CACHE_DIR"
PREFIX: Final = "quantos-compiled-"


def use_own_folder() -> None:
    """Point Numba at the folder of these sources, before it is imported."""
    digest = hashlib.sha256(b"".join((PACKAGE / name).read_bytes() for name in SOURCES)).hexdigest()[:16]
    name = f"{PREFIX}{digest}"
    given = os.environ.get(VARIABLE)
    if given is None:
        os.environ[VARIABLE] = str(_writable(PACKAGE / "__pycache__") / name)
    elif PREFIX not in given:  # a child process inherits the choice
        os.environ[VARIABLE] = str(Path(given) / name)
    elif not given.endswith(name):
        os.environ[VARIABLE] = str(Path(given).parent / name)


def _writable(beside_sources: Path) -> Path:
    """Beside the sources where that can be written, else the user's cache folder, else a temporary one."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (beside_sources, cache_home / "quantos"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir())
