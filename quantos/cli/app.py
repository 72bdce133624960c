"""The tree of commands. Only Typer is imported to show it; each command loads what it needs when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from quantos.cli import (
    appliance,
    attestation,
    backup,
    calendar,
    clock,
    day,
    doctor,
    factors,
    jobs,
    license_command,
    market,
    operator,
    quarantine,
    secrets,
    serve,
    settings_command,
    support_bundle,
    tui,
    verify,
)
from quantos.cli.demo import command as demo
from quantos.cli.help import Commands
from quantos.cli.options import Json
from quantos.cli.output import print_json, print_line

app = Commands(name="quantos", no_args_is_help=True)


def _print_version(asked: bool) -> None:
    if asked:
        version()
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from; anywhere on the line.")
    ] = False,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Self-hosted quant platform for Chinese A-shares: daily signals, settlement, verifiable track records."""
    assert not debug  # taken out by main(), wherever it stands
    assert not show_version  # the command ended there


@app.command()
def version(as_json: Json = False) -> None:
    """Print the version."""
    from quantos import __version__  # noqa: PLC0415 - read where it is printed

    if as_json:
        print_json({"version": __version__})
    else:
        print_line(f"quantos {__version__}")


app.command()(serve.serve)
app.command()(demo.demo)
app.command()(doctor.doctor)
app.command("support-bundle")(support_bundle.support_bundle)
market.market.command()(quarantine.quarantine)
app.add_typer(market.market, name="market")
app.command()(jobs.settle)
app.add_typer(jobs.job, name="job")
app.add_typer(calendar.calendar, name="calendar")
app.add_typer(clock.clock, name="clock")
app.command()(day.day)
app.add_typer(operator.operator, name="operator")
app.add_typer(operator.invite, name="invite")
app.add_typer(secrets.secrets, name="secrets")
app.add_typer(attestation.attestation, name="attestation")
app.add_typer(backup.backup, name="backup")
app.add_typer(license_command.license_commands, name="license")
app.add_typer(factors.factor, name="factor")
app.add_typer(appliance.appliance, name="appliance")
app.command()(verify.verify)
app.command()(tui.tui)
app.command()(settings_command.settings)
