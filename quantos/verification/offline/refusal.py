"""What makes it impossible to check anything: exit code 2."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """Input that cannot be read, by the key of its text."""

    def __init__(self, key: str, **values: Any) -> None:
        self.key, self.values = f"refused.{key}", values
        super().__init__(self.key)
