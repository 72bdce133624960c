"""`QuantOS-Ignored-Fields`: the fields of a body that its call does not know.

They are ignored, as the guide's own examples want it; a field that is misspelt is then ignored too, and this header is
how its sender can tell. It names what lies in the body that was read anyway: nothing is parsed for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final, get_args, get_origin
from urllib.parse import quote

from pydantic import BaseModel

HEADER: Final = "QuantOS-Ignored-Fields"
NAMED_MAX: Final = 10
NAME_MAX: Final = 60
ITEMS_MAX: Final = 20
"""Of a list, so many are looked at: what one of them has, the others mostly have."""

_PLAIN: Final = "[]/@:"


def header_of(model: type[BaseModel], body: Any) -> str | None:
    """The value of the header, `note, signals.0.weigth`: the first names in ASCII, others percent-encoded; or None."""
    found = list(islice(_unknown(model, body, ""), NAMED_MAX + 1))
    if not found:
        return None
    named = [quote(name[:NAME_MAX], safe=_PLAIN, errors="replace") for name in found[:NAMED_MAX]]
    return ", ".join(named + (["..."] if len(found) > NAMED_MAX else []))


def _unknown(model: type[BaseModel], body: Any, where: str) -> Iterator[str]:
    if not isinstance(body, Mapping):
        return
    known = _fields(model)
    for name, value in body.items():
        if name not in known:
            yield f"{where}{name}"
        elif (inner := known[name]) is not None:
            if isinstance(value, list):
                for place, item in enumerate(value[:ITEMS_MAX]):
                    yield from _unknown(inner, item, f"{where}{name}.{place}.")
            else:
                yield from _unknown(inner, value, f"{where}{name}.")


@cache
def _fields(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """The names that a body may have, and the shape of what stands there, where it has one."""
    return {
        each.validation_alias if isinstance(each.validation_alias, str) else each.alias or name: _shape(
            each.annotation
        )
        for name, each in model.model_fields.items()
    }


def _shape(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        return annotation
    return next((found for each in get_args(annotation) if (found := _shape(each)) is not None), None)
