"""What is remembered of licences between two looks: a small file in the data directory, which backups take with them.

Without it, the evaluation began when the directory was made, so that nothing is gained by removing it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Final

from quantos.kit.clock import parse_instant, rfc3339
from quantos.kit.durable import put_private
from quantos.license.core.entitlement import Memory

NAME: Final = "license-memory.json"
_FLAG: Final = "licensed"


def read(directory: Path, now: datetime) -> tuple[Memory, Memory | None]:
    """What to go by, and what is written; None where nothing is that can be read, and the directory's age tells."""
    found = _written(directory / NAME)
    if found is not None:
        return found, found
    began = _created_at(directory) or now
    return Memory(first_seen=began, highest_seen=max(began, now)), None


def write(directory: Path, memory: Memory) -> None:
    """Put it in the place of what was remembered. Raises OSError."""
    told = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in asdict(memory).items()
    }
    put_private(directory / NAME, json.dumps(told, indent=2).encode())


def _written(file: Path) -> Memory | None:
    try:
        told = json.loads(file.read_text())
        instants = {
            each.name: None if told[each.name] is None else parse_instant(told[each.name])
            for each in fields(Memory)
            if each.name != _FLAG
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None
    first_seen, highest_seen = instants.pop("first_seen"), instants.pop("highest_seen")
    if first_seen is None or highest_seen is None:
        return None
    return Memory(first_seen, highest_seen, licensed=told[_FLAG] is True, **instants)


def _created_at(directory: Path) -> datetime | None:
    try:
        return parse_instant(json.loads((directory / "directory.json").read_text())["created_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
