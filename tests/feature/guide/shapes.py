"""Whether an answer looks like an example of the guide."""

from __future__ import annotations

import re
from typing import Any

_NUMBERS = (int, float)


def departures(actual: Any, example: Any, at: str = "$") -> list[str]:
    """Where the answer lacks what the example shows, or has another JSON type. Null on either side fits anything;
    `...` in a text or a list stands for whatever comes; an answer may hold more than the example.
    """
    if actual is None or example is None or example == "...":
        return []
    if isinstance(example, dict):
        if not isinstance(actual, dict):
            return [f"{at}: {type(actual).__name__} for an object"]
        missing = [f"{at}.{name}: missing" for name in example if name not in actual]
        return missing + [
            found
            for name, value in example.items()
            if name in actual
            for found in departures(actual[name], value, f"{at}.{name}")
        ]
    if isinstance(example, list):
        if not isinstance(actual, list):
            return [f"{at}: {type(actual).__name__} for a list"]
        shown = [one for one in example if one != "..."]
        return [
            found
            for place, one in enumerate(actual)
            for found in (departures(one, shown[0], f"{at}[{place}]") if shown else [])
        ]
    alike = (
        isinstance(actual, _NUMBERS) and not isinstance(actual, bool)
        if isinstance(example, _NUMBERS) and not isinstance(example, bool)
        else type(actual) is type(example)
    )
    return [] if alike else [f"{at}: {actual!r} for {example!r}"]


def names(text: str) -> set[str]:
    """The names of a shape that the guide only lists: `{ "date", "nav" }` or `{ id, status: pending }`."""
    inside = text[text.index("{") + 1 : text.rindex("}")]
    plain = re.sub(r":\s*(\"[^\"]*\"|[\w.\[\]]+)", "", inside)
    return set(re.findall(r"[A-Za-z_]\w*", plain))
