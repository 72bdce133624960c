"""What a 422 says: plain words for each kind of finding, and never the rejected input (ERR-02, ERR-11).

The words stand here and not in the library that found it, whose texts speak of its own workings and repeat
what was sent. Bounds and permitted values are ours, so they may be named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

FINDINGS_MAX: Final = 100
NAME_CHARS_MAX: Final = 100

WORDS: Final = {
    "bool_type": "must be true or false",
    "enum": "must be one of {expected}",
    "extra_forbidden": "is no field of this request",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_parsing": "must be a whole number, written in digits alone",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_type": "must be a whole number",
    "json_invalid": "the body is not valid JSON: look at {error}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be one of {expected}",
    "missing": "is required",
    "model_attributes_type": "must be a JSON object, sent as application/json",
    "model_type": "must be a JSON object",
    "string_pattern_mismatch": "must have the form {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be a text",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "value_error": "{error}",  # our own validators', which name no input either
}
"""By kind. The tests hold that no schema of the API can produce another."""

UNKNOWN: Final = "is not valid"

_FORMS: Final[dict[str, str]] = {}
_MEANT: Final[dict[str, str]] = {}


def said_as(pattern: str, words: str) -> str:
    """The pattern, of which a finding says these words from now on: who sends a text does not read expressions."""
    _FORMS[pattern] = words
    return pattern


def explain(value: str, words: str) -> None:
    """Have findings that name a permitted value say what it is."""
    _MEANT[f"'{value}'"] = words


def findings(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items of a 422, of pydantic's errors: {type, loc, msg} each, and no more of them than one can read."""
    return [_finding(error) for error, _ in zip(errors, range(FINDINGS_MAX), strict=False)]


def _finding(error: Mapping[str, Any]) -> dict[str, Any]:
    kind: str = error["type"]
    terms = error.get("ctx", {})
    words = _FORMS.get(terms.get("pattern", "")) or WORDS.get(kind, UNKNOWN).format_map(terms)
    words += "".join(f"; {told}" for value, told in _MEANT.items() if value in terms.get("expected", ""))
    return {"type": kind, "loc": [_named(part) for part in error["loc"]], "msg": words}


def _named(part: Any) -> str | int:
    """A place in the input: a field's own name, bounded and fit for JSON."""
    if isinstance(part, int):
        return part
    return str(part)[:NAME_CHARS_MAX].encode("utf-8", "replace").decode()
