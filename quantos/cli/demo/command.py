"""`quantos demo`: parse, then play the story on a stage and show it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantos.cli.options import Json, number_option, port_option
from quantos.cli.texts import say
from quantos.errors import QuantosError

if TYPE_CHECKING:
    from quantos.cli.demo.play import Outcome


class IdentityBroken(QuantosError):
    """An accounting identity of the demo does not hold."""

    code = "identity_broken"


def demo(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            metavar="DIR",
            help="A new directory to play in and to keep; default: one in the user data folder.",
            file_okay=False,
        ),
    ] = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Leave at the end; without it, on a terminal, the demo keeps serving until Ctrl-C."
        ),
    ] = False,
    market: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Play on the bars of this folder or file, not on synthetic ones."),
    ] = None,
    seed: Annotated[
        int | None, number_option("--seed", 0, "Draw another synthetic market than the usual one.")
    ] = None,
    port: Annotated[int, port_option("Port to serve on; default: a free one.")] = 0,
    as_json: Json = False,
) -> None:
    """Play the main job end to end in simulation: a market, an agent, a year of signals, settlement, NAVs."""
    from quantos.cli.configuration import load  # noqa: PLC0415 - loaded where it is used
    from quantos.cli.demo.play import Wish, play  # noqa: PLC0415
    from quantos.cli.output import print_json  # noqa: PLC0415

    if market is not None and seed is not None:
        raise typer.BadParameter(say("demo.seed_alone"))
    wish = Wish(
        None if data_dir is None else data_dir.expanduser().absolute(),
        market,
        seed,
        port,
        once or as_json or not sys.stdout.isatty(),  # who reads a pipe or a file waits for its end
        as_json,
    )
    outcome = play(load(), wish)
    if as_json:
        print_json(as_document(outcome))
    if not outcome.holds:
        raise IdentityBroken(say("demo.broken"))


def as_document(outcome: Outcome) -> dict[str, Any]:
    """What the demo found out, for programs."""
    loaded = outcome.loaded
    return {
        "data_dir": outcome.directory,
        "simulated": True,
        "synthetic": loaded.synthetic,
        "market": {
            "source": loaded.source,
            "bars": loaded.bars,
            "instruments": loaded.instruments,
            "first": loaded.first,
            "last": loaded.last,
            "quarantined": loaded.report["quarantined"],
            "findings": loaded.report["findings"],
        },
        "days": outcome.played.days,
        "signals": outcome.played.signals,
        "jobs": outcome.played.jobs,
        "http_calls": outcome.calls,
        "strategies": {
            record.agent.slug: {"nav": record.listed["nav"], **record.metrics} for record in outcome.records
        },
        "orders": {reason.name.lower(): count for reason, count in outcome.sums.results.items()},
        "checks": {
            source: {
                check.key.rpartition(".")[2]: {
                    "holds": check.holds,
                    "compared": check.compared,
                    "differing": check.differing,
                }
                for check in checks
            }
            for source, checks in outcome.checks.items()
        },
        "verified": {
            record.slug: {
                "holds": record.holds,
                "days": record.days,
                "passed": record.passed,
                "unchecked": record.unchecked,
                "broken": record.broken,
            }
            for record in outcome.verified
        },
        "seconds": {name: round(value, 3) for name, value in outcome.seconds.items()},
    }
