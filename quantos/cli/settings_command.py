"""`quantos settings`: what the platform would run with here, secrets masked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from quantos.cli.configuration import PREFIX, from_env_file, load
from quantos.cli.layout import screen_width, wrapped
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_json, print_line, shown
from quantos.cli.texts import in_readers_language, say

if TYPE_CHECKING:
    from quantos.settings import Settings

MASK = "********"


def settings(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show every setting, its variable and what it is for; secrets are masked."""
    rows = listed(load(data_dir))
    if as_json:
        print_json({"settings": rows})
        return
    for row in rows:
        origin = say(f"settings.from.{origin_of(row, data_dir)}")
        value = row["value"] if isinstance(row["value"], int) else shown(row["value"])
        print_line(f"{row['variable']} = {value}  ({origin})")
        for line in wrapped(in_readers_language(row["meaning"]), screen_width() - 4):
            print_line(f"    {line}")


def origin_of(row: dict[str, Any], data_dir: Path | None) -> str:
    """Who set it: `option`, `environment`, `file`, or `default`."""
    if not row["given"]:
        return "default"
    if row["name"] == "data_dir" and data_dir is not None:
        return "option"
    in_file = row["variable"] in {name.upper() for name in from_env_file()}
    in_environment = row["variable"] in {name.upper() for name in os.environ}
    return "file" if in_file and not in_environment else "environment"


def listed(found: Settings) -> list[dict[str, Any]]:
    """One row per setting; `given`: set by the environment, `.env` or an option."""
    return [
        {
            "name": name,
            "variable": PREFIX + name.upper(),
            "value": masked(getattr(found, name)),
            "given": name in found.model_fields_set,
            "meaning": field.description or "",
        }
        for name, field in type(found).model_fields.items()
    ]


def masked(value: Any) -> Any:
    """A value that can be shown: secrets and passwords in URLs are not."""
    from pydantic import SecretStr  # noqa: PLC0415 - --help needs no pydantic

    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, int | float):
        return value
    return _without_password(str(value))


def _without_password(text: str) -> str:
    """`postgresql://user:password@host/name` with the password masked."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        if parts.password is None and not parts.query:
            return text
        user, _, host = parts.netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if parts.password is not None else parts.netloc
        return urlunsplit(parts._replace(netloc=netloc, query=MASK if parts.query else ""))
    except ValueError:
        return MASK
