"""`quantos operator`, `quantos invite`: the operator's token and invite codes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from quantos.cli import directories
from quantos.cli.configuration import load
from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json, instant_option, number_option
from quantos.cli.output import in_shanghai, print_json, print_line
from quantos.cli.reach import platform_now, reach
from quantos.cli.texts import say
from quantos.kit.clock import rfc3339

operator = Commands(help="The operator's credentials.", no_args_is_help=True)
invite = Commands(help="Invite codes.", no_args_is_help=True)

TOKEN = "operator-token"  # noqa: S105 - the name of the secret


@operator.command()
def token(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Print the operator's bearer token."""
    from quantos.cli.servers import server_of  # noqa: PLC0415 - beside its use
    from quantos.storage.directory import DataDirectory  # noqa: PLC0415

    settings = load(data_dir)
    directories.require(settings.data_dir)
    if server_of(settings.data_dir) is not None:
        text = (settings.data_dir / "secrets" / TOKEN).read_text()
    else:
        directory = DataDirectory.open(settings.data_dir, create=False)
        try:
            text = directory.secret(TOKEN)
        finally:
            directory.close()
    if as_json:
        print_json({"operator_token": text})
    else:
        print_line(text)


@invite.command("create")
def create_invite(
    max_uses: Annotated[
        int | None,
        number_option("--max-uses", 1, "Accounts that may join with it; default: 100."),
    ] = None,
    expires_at: Annotated[
        datetime | None,
        instant_option(
            "--expires-at", "When it stops working, such as 2026-12-31T18:00 (Shanghai); default: never."
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Print a new invite code."""
    path = load(data_dir).data_dir
    directories.require(path)
    body: dict[str, Any] = {}
    if max_uses is not None:
        body["max_uses"] = max_uses
    if expires_at is not None:
        body["expires_at"] = expires_at.isoformat()
    with reach(data_dir) as platform:
        if expires_at is not None and expires_at <= (now := platform_now(platform, path)):
            given, present = in_shanghai(rfc3339(expires_at)), in_shanghai(rfc3339(now))
            raise typer.BadParameter(say("given.past", given=given, now=present))
        made = platform.post("/admin/invites", body)
    if as_json:
        print_json(made)
    else:
        print_line(made["invite_code"])
