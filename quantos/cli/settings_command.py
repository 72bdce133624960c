"""`quantos settings`: what the platform would run with here, secrets masked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from quantos.cli.configuration import from_env_file, load
from quantos.cli.layout import screen_width, wrapped
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_json, print_line, shown
from quantos.cli.texts import in_readers_language, say


def settings(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show every setting, its variable and what it is for; secrets are masked."""
    found = load(data_dir)
    from quantos.settings import listed  # noqa: PLC0415 - --help needs no pydantic

    rows = listed(found)
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
