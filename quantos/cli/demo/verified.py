"""What the independent verifier says of the demo's records: a program of its own, that reads only what is public."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from quantos.errors import QuantosError

SECONDS_MAX: Final = 600
ADDRESS: Final = "/api/v1/public/strategies/"


class VerifierSilent(QuantosError):
    """The verifier ended without a report."""

    code = "demo_verifier_silent"


@dataclass(frozen=True, slots=True)
class Verified:
    """One strategy's record, as the verifier judged it."""

    slug: str
    days: int
    passed: int  # steps
    unchecked: (
        int  # steps for which the demo has no evidence: no keys were given, no remote of somebody else's
    )
    broken: tuple[str, ...]  # what does not hold, in words
    holds: bool


def public_address(url: str, slug: str) -> str:
    """What a stranger gives to `quantos verify`."""
    return f"{url}{ADDRESS}{slug}"


def verify(url: str, slugs: Sequence[str], language: str) -> list[Verified]:
    """Run the verifier on the public records of a server, all at a time. Raises VerifierSilent."""
    command = [sys.executable, "-I", "-m", "quantos.verification.offline"]
    options = ["--allow-simulated", "--json", "--lang", language]
    with ExitStack() as open_:
        runs = [
            open_.enter_context(
                subprocess.Popen(  # noqa: S603 - a program of our own
                    [*command, public_address(url, slug), *options],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for slug in slugs
        ]
        for run in runs:
            open_.callback(run.kill)  # one that has ended is left alone
        return [_verified(_report(*run.communicate(timeout=SECONDS_MAX))) for run in runs]


def _report(said: str, complained: str) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(said)["reports"][0]
    except (ValueError, KeyError, IndexError) as error:
        raise VerifierSilent(f"the verifier gave no report: {complained.strip()[:500]}") from error
    return report


def _verified(report: dict[str, Any]) -> Verified:
    outcomes = [verdict["outcome"] for verdict in report["verdicts"]]
    broken = tuple(verdict["title"] for verdict in report["verdicts"] if verdict["outcome"] == "failed")
    return Verified(
        report["slug"],
        report["days"],
        outcomes.count("passed"),
        outcomes.count("not_checked"),
        broken,
        report["holds"],
    )
