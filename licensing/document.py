"""license.json: its fields, its one form on disk, and the bytes that are signed.

The file is JSON with sorted names, two spaces of indentation and a newline at its end. There is one such form of a
licence, and only that form is read: a licence that was edited in any place is told apart from one that was issued,
even where the edit would change no value. What transport does to text files (a byte order mark, CR LF, a lost last
newline) is undone before.

Signed are `LABEL` and the canonical JSON (sorted names, no spaces, UTF-8) of all fields but `signature`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from licensing.errors import NotALicense

FORMAT: Final = "quantos-license/1"
LABEL: Final = b"quantos-license/1\n"
EDITIONS: Final = ("standard", "test")
SIZE_MAX: Final = 16_384
SIGNATURE_BYTES: Final = 64

CUSTOMER_MAX: Final = 200
CORES_MAX: Final = 65_536
MEMORY_GB_MAX: Final = 1_048_576

UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that show nothing, or turn round what others show: none of them is in a name."""

_AGAIN: Final = "download it again and copy it unchanged"


@dataclass(frozen=True, slots=True)
class License:
    """One licence. A limit of None is none.

    fingerprint: 64 lower-case hex digits of the machine.
    expires: the last day, through its end in Shanghai.  created_at: UTC, whole seconds.
    key_id: which key signed.  signature: 64 bytes of Ed25519; empty before it is signed.
    """

    license_id: str
    customer: str
    fingerprint: str
    edition: str
    expires: date
    max_cores: int | None
    max_memory_gb: int | None
    created_at: datetime
    key_id: str = ""
    signature: bytes = b""

    def signed_bytes(self) -> bytes:
        """What the signature is made over."""
        fields = _written(self)
        del fields["signature"]
        return LABEL + json.dumps(
            fields, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        ).encode("utf-8")

    def to_file(self) -> bytes:
        """license.json."""
        text = json.dumps(_written(self), ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2)
        return f"{text}\n".encode()


def parse(content: bytes) -> License:
    """The licence of a license.json. Raises NotALicense; says nothing of signatures, machines or dates."""
    if len(content) > SIZE_MAX:
        raise NotALicense(f"a license.json has at most {SIZE_MAX} bytes, this file has {len(content)}")
    plain = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"
    fields = _object(plain)
    if set(fields) != set(_READERS):
        raise NotALicense(_names_differ(set(fields)))
    values = {name: read(fields[name]) for name, read in _READERS.items()}
    del values["format"]
    found = License(**values)
    if found.to_file() != plain:
        raise NotALicense(f"the file is not in the form in which it was issued: {_AGAIN}")
    return found


def in_issued_form(content: bytes) -> bytes:
    """The same values as a license.json has them, from JSON in any layout. Raises NotALicense.

    For what came through a program that read the file and wrote it anew: the signature is over the values.
    """
    if len(content) > SIZE_MAX:
        raise NotALicense(f"a license.json has at most {SIZE_MAX} bytes")
    fields = _object(content.removeprefix(b"\xef\xbb\xbf"))
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=2)
        return f"{text}\n".encode()
    except (ValueError, RecursionError):
        raise NotALicense("the file holds what no licence holds") from None


def check(license_: License) -> License:
    """The same licence, if it may be issued. Raises NotALicense where it could not be read again."""
    return parse(replace(license_, key_id="0" * 16, signature=bytes(SIGNATURE_BYTES)).to_file())


def _written(license_: License) -> dict[str, Any]:
    return {
        **asdict(license_),
        "format": FORMAT,
        "expires": license_.expires.isoformat(),
        "created_at": license_.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "signature": base64.b64encode(license_.signature).decode("ascii"),
    }


def _object(content: bytes) -> dict[str, Any]:
    def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise NotALicense("the file names a field twice")
        return fields

    def no_floats(number: str) -> Any:
        raise NotALicense(f"the file holds the number {number[:20]}: a licence has whole numbers only")

    try:
        fields = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=no_doubles,
            parse_float=no_floats,
            parse_constant=no_floats,
        )
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NotALicense(f"the file is not JSON in UTF-8 ({reason[:100]}): {_AGAIN}") from None
    if not isinstance(fields, dict):
        raise NotALicense(f"the file holds no JSON object: {_AGAIN}")
    return fields


def _names_differ(names: set[str]) -> str:
    missing, unknown = sorted(set(_READERS) - names), names - set(_READERS)
    parts = [f"misses {', '.join(missing)}"] if missing else []
    parts += [f"has {len(unknown)} more than a licence has"] if unknown else []
    return f"this is no license.json as issued: it {' and '.join(parts)}"


def _matching(name: str, pattern: str, what: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or re.fullmatch(pattern, value, re.ASCII) is None:
            raise NotALicense(f"{name} must be {what}, not {_shown(value)}")
        return value

    return read


def _customer(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= CUSTOMER_MAX or not _is_seen(value):
        raise NotALicense(f"customer must be 1 to {CUSTOMER_MAX} printable characters, not {_shown(value)}")
    return value


def _is_seen(text: str) -> bool:
    return not any(unicodedata.category(character) in UNSEEN for character in text)


def _one_of(name: str, allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise NotALicense(f"{name} must be {' or '.join(allowed)}, not {_shown(value)}")
        return value

    return read


def _limit(name: str, largest: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        if value is None:
            return None
        if type(value) is not int or not 1 <= value <= largest:
            raise NotALicense(
                f"{name} must be a whole number from 1 to {largest} or null, not {_shown(value)}"
            )
        return value

    return read


def _day(value: Any) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotALicense(f"expires must be a date as 2027-11-21, not {_shown(value)}") from None
    return day


def _instant(value: Any) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise NotALicense(f"created_at must be a time as 2026-11-21T08:00:00Z, not {_shown(value)}") from None


def _signature(value: Any) -> bytes:
    try:
        signature = base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        signature = b""
    if len(signature) != SIGNATURE_BYTES:
        raise NotALicense(f"signature must be {SIGNATURE_BYTES} bytes in base64, not {_shown(value)}")
    return signature


def _shown(value: Any) -> str:
    """Of what kind a value is, not the value: whoever sent the file may be shown on a page what it says."""
    kinds = {
        str: "this text",
        bool: "true or false",
        int: "this number",
        float: "this number",
        list: "a list",
    }
    return "null" if value is None else kinds.get(type(value), "an object")


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "format": _one_of("format", (FORMAT,)),
    "license_id": _matching("license_id", r"[0-9A-Za-z_-]{1,64}", "1 to 64 letters, digits, - or _"),
    "customer": _customer,
    "fingerprint": _matching("fingerprint", r"[0-9a-f]{64}", "64 lower-case hex digits"),
    "edition": _one_of("edition", EDITIONS),
    "expires": _day,
    "max_cores": _limit("max_cores", CORES_MAX),
    "max_memory_gb": _limit("max_memory_gb", MEMORY_GB_MAX),
    "created_at": _instant,
    "key_id": _matching("key_id", r"[0-9a-f]{16}", "16 lower-case hex digits"),
    "signature": _signature,
}
