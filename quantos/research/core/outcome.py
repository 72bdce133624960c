"""What a run's own report says went wrong, in words for whoever wrote the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

UNCONFINED: Final = "a strategy has no files, no network and no other processes"


def told(error: Mapping[str, Any]) -> str:
    """Of the `error` of an answer of the sandbox; its texts may be anything."""
    kind, name, message = error.get("kind"), str(error.get("type", "")), str(error.get("message", ""))
    line = error.get("line")
    where = f"line {line}: " if isinstance(line, int) else ""
    if kind in {"memory", "no_strategy", "arithmetic"}:
        return where + message
    if name == "PermissionError":
        return f"{where}this is not possible here: {UNCONFINED}"
    if kind == "import":
        return f"{where}the import failed: {_printable(message)}"
    return f"{where}the strategy raised {_printable(name)}: {_printable(message)}".removesuffix(": ")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text).strip()
