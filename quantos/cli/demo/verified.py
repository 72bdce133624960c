"""What the independent verifier says of the demo's records: a program of its own, that reads only what is public."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
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
    """Run the verifier on the public records of a server. Raises VerifierSilent."""
    addresses = [public_address(url, slug) for slug in slugs]
    command = [sys.executable, "-I", "-m", "quantos.verification.offline", *addresses]
    run = subprocess.run(  # noqa: S603 - a program of our own
        [*command, "--allow-simulated", "--json", "--lang", language],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    try:
        reports = json.loads(run.stdout)["reports"]
    except (ValueError, KeyError) as error:
        raise VerifierSilent(f"the verifier gave no report: {run.stderr.strip()[:500]}") from error
    return [_verified(report) for report in reports]


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
