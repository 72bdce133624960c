"""JSON read strictly: one meaning for every document, whoever reads it.

Refused are what JSON readers disagree about: a name that stands twice in an object, NaN and infinities, text
that is not Unicode. Numbers come as int or Decimal, exactly as written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


class NotJson(ValueError):
    """The text is no JSON document, or one that can be read in two ways."""


def read_json(content: bytes | str) -> Any:
    """The document. Raises NotJson."""
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant)
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ArithmeticError:
        raise NotJson("a number beyond all bounds") from None
    except ValueError as error:
        raise NotJson(str(error)) from None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise NotJson(f"{twice[:80]!r} stands twice in an object")
    return found


def _constant(text: str) -> Any:
    raise NotJson(f"{text} is no JSON number")
