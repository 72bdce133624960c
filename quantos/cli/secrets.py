"""`quantos secrets`: the generated secrets of a data directory."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json
from quantos.cli.output import print_json, print_text
from quantos.cli.reach import reach
from quantos.cli.texts import say

secrets = Commands(help="The generated secrets of the data directory.", no_args_is_help=True)


class Secret(StrEnum):
    """Those that may be rotated; what was published depends on the others."""

    OPERATOR_TOKEN = "operator-token"  # noqa: S105 - a name
    JWT_KEY = "jwt-key"
    IDEMPOTENCY = "idempotency"


@secrets.command()
def rotate(
    name: Annotated[Secret, typer.Argument(metavar="NAME", help="operator-token, jwt-key or idempotency.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Replace a secret by another, at once: operator-token, jwt-key or idempotency."""
    with reach(data_dir) as platform:
        done = platform.post(f"/admin/secrets/{name.value}/rotate")
    if as_json:
        print_json(done)
    else:
        print_text(say(f"secrets.rotated.{name.value}"))
