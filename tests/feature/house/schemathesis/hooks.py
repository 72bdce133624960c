"""What schemathesis is told of the platform: `Idempotency-Key` is left to its own tests.

A key that was used for another request is refused, so whoever makes them up is refused for nothing else.
"""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_load_schema(_: Any, raw_schema: dict[str, Any]) -> None:
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [one for one in parameters if one["name"] != "Idempotency-Key"]
