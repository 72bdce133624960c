"""`quantos verify`: the independent verifier, which reads what is published and nothing of this directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from quantos.cli.options import Json
from quantos.cli.texts import language
from quantos.verification.offline.texts_screen import HELP

_HELP: Final = {key.removeprefix("help."): english for key, (english, _) in HELP.items()}


def verify(  # noqa: PLR0913, PLR0917 - one for each option
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH-OR-URL",
            help=_HELP["input"],
        ),
    ],
    attestations: Annotated[
        str | None,
        typer.Option("--attestations", metavar="REPO", help=_HELP["attestations"]),
    ] = None,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help=_HELP["allow_simulated"])
    ] = False,
    allow_unattested: Annotated[
        bool,
        typer.Option("--allow-unattested", help=_HELP["allow_unattested"]),
    ] = False,
    allowed_signers: Annotated[
        Path | None,
        typer.Option("--allowed-signers", metavar="FILE", help=_HELP["allowed_signers"], dir_okay=False),
    ] = None,
    gpg_keys: Annotated[
        Path | None,
        typer.Option("--gpg-keys", metavar="FILE", help=_HELP["gpg_keys"], dir_okay=False),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="DIR", help=_HELP["save"], file_okay=False),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help=_HELP["timeout"], min=0.1, max=86_400)
    ] = 60.0,
    lang: Annotated[str | None, typer.Option("--lang", metavar="LANG", help=_HELP["lang"])] = None,
    as_json: Json = False,
) -> None:
    """Check a record without trusting whoever publishes it; exit code 0 only if everything holds."""
    from quantos.verification.offline import program  # noqa: PLC0415 - loaded where it is used
    from quantos.verification.offline.git import Keys  # noqa: PLC0415
    from quantos.verification.offline.request import Request  # noqa: PLC0415
    from quantos.verification.offline.texts import LANGUAGES  # noqa: PLC0415

    if lang not in {None, *LANGUAGES}:
        raise typer.BadParameter(f"{lang!r} is no language of the report: en or zh")
    request = Request(
        inputs=tuple(inputs),
        attestations=attestations,
        waived=program.waivers(simulated=allow_simulated, unattested=allow_unattested),
        keys=Keys(allowed_signers, gpg_keys),
        save=save,
        as_json=as_json,
        language=lang or language(),
        timeout_s=timeout,
    )
    raise typer.Exit(program.run(request, sys.stdout))
