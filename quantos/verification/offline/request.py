"""What somebody asks to be checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from quantos.verification.core.verdict import Waiver
from quantos.verification.offline.git import Keys

TIMEOUT_S: Final = 60.0
TIMEOUT_S_MIN: Final = 0.1
TIMEOUT_S_MAX: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Request:
    """The inputs in their order, and how they are to be judged and shown."""

    inputs: tuple[str, ...]
    attestations: str | None = None
    waived: frozenset[Waiver] = frozenset()
    keys: Keys = field(default_factory=Keys)
    save: Path | None = None
    as_json: bool = False
    language: str = "en"
    timeout_s: float = TIMEOUT_S
