"""The files of a trade date: JSON objects whose last member is a list that only ever grows.

`attestations/{date}.json`  {"date", "attested_at", "strategies": [entry, ...]}
`settlements/{date}.json`   {"date", "settlements": [entry, ...]}
`statuses/{date}.json`      {"date", "changes": [entry, ...]}

A file is written with one entry on a line. One that another program laid out otherwise is continued as it is:
what stands in it is kept byte for byte, and new entries go in before the end of the list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

from quantos.attestation.core.entries import precise

Kind = Literal["attestations", "settlements", "statuses"]

LIST: Final[dict[Kind, str]] = {
    "attestations": "strategies",
    "settlements": "settlements",
    "statuses": "changes",
}
"""The member of a file that is the list."""

_END: Final = re.compile(rb"\s*\]\s*\}\s*\Z")
_END_BYTES_MAX: Final = 64


class ForeignFile(ValueError):
    """A day file that is not of this form: it is left alone."""


def path_of(kind: Kind, trade_date: date) -> str:
    """Where the file of a date lies in the repository."""
    return f"{kind}/{trade_date.isoformat()}.json"


def begin(kind: Kind, trade_date: date, at: datetime) -> bytes:
    """An empty file. `attested_at` of the whole file is that of its first commit."""
    head = {"date": trade_date.isoformat()}
    if kind == "attestations":
        head["attested_at"] = precise(at)
    return json.dumps({**head, LIST[kind]: []}).encode() + b"\n"


def append(data: bytes, lines: Sequence[bytes]) -> bytes:
    """The file with more entries. Raises ForeignFile where the list does not end it."""
    if not lines:
        return data
    end = _END.search(data, max(0, len(data) - _END_BYTES_MAX))
    if end is None:
        raise ForeignFile("the file does not end with its list of entries")
    kept = data[: end.start()]
    comma = b"" if kept.endswith(b"[") else b","
    return kept + comma + b"\n" + b",\n".join(lines) + b"\n]}\n"


def entries(kind: Kind, data: bytes) -> list[dict[str, Any]]:
    """The entries of a file, in their order. Raises ForeignFile."""
    try:
        found = json.loads(data)
    except ValueError:
        raise ForeignFile("the file is no JSON") from None
    if not isinstance(found, dict) or not found or list(found)[-1] != LIST[kind]:
        raise ForeignFile(f"the file is no object that ends with its {LIST[kind]}")
    listed = found[LIST[kind]]
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise ForeignFile(f"{LIST[kind]} is no list of entries")
    return listed
