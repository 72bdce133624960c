"""`QuantOS-Ignored-Fields`: the fields of a body that its call does not know.

They are ignored, as the guide's own examples want it; a field that is misspelt is then ignored too, and this header is
how its sender can tell. It names what lies in the body that was read anyway: nothing is parsed for it.

Who would rather be refused says so: with `Prefer: handling=strict` (RFC 7240) nothing is done, and the 422 names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final, get_args, get_origin
from urllib.parse import quote

from pydantic import BaseModel

from quantos.errors import Invalid
from quantos.kit.findings import WORDS

HEADER: Final = "QuantOS-Ignored-Fields"
NAMED_MAX: Final = 10
NAME_MAX: Final = 60
ITEMS_MAX: Final = 20
"""Of a list, so many are looked at: what one of them has, the others mostly have."""

KIND: Final = "extra_forbidden"

_PLAIN: Final = "[]/@:"
_STRICT: Final = re.compile(r"handling\s*=\s*\"?strict\"?", re.IGNORECASE)

Place = tuple[str | int, ...]
"""Where a field stands in a body: `("signals", 0, "weigth")`."""


def header_of(model: type[BaseModel], body: Any) -> str | None:
    """The value of the header, `note, signals.0.weigth`: the first names in ASCII, others percent-encoded; or None."""
    found = [".".join(map(str, place)) for place, _ in islice(_unknown(model, body, ()), NAMED_MAX + 1)]
    if not found:
        return None
    named = [quote(name[:NAME_MAX], safe=_PLAIN, errors="replace") for name in found[:NAMED_MAX]]
    return ", ".join(named + (["..."] if len(found) > NAMED_MAX else []))


def asked_strictly(preferences: Iterable[str]) -> bool:
    """Whether one of the `Prefer` headers asks for `handling=strict`."""
    return any(_STRICT.fullmatch(each.strip()) for header in preferences for each in re.split("[,;]", header))


def refuse(model: type[BaseModel], body: Any) -> None:
    """Raises Invalid, which names the fields of a body that its call does not know, and what they may have meant."""
    found = list(islice(_unknown(model, body, ()), NAMED_MAX))
    if found:
        refusal = Invalid((), WORDS[KIND])
        refusal.items = [
            {
                "type": KIND,
                "loc": ["body", *(part[:NAME_MAX] if isinstance(part, str) else part for part in place)],
                "msg": WORDS[KIND] + _meant(str(place[-1]), known),
            }
            for place, known in found
        ]
        raise refusal


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is refused

    near = get_close_matches(name[:NAME_MAX], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _unknown(model: type[BaseModel], body: Any, where: Place) -> Iterator[tuple[Place, Iterable[str]]]:
    """Each with the names that are known where it stands."""
    if not isinstance(body, Mapping):
        return
    known = _fields(model)
    for name, value in body.items():
        if name not in known:
            yield (*where, name), known
        elif (inner := known[name]) is not None:
            if isinstance(value, list):
                for place, item in enumerate(value[:ITEMS_MAX]):
                    yield from _unknown(inner, item, (*where, name, place))
            else:
                yield from _unknown(inner, value, (*where, name))


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
