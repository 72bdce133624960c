"""The public record of a strategy, handed to the verifier that the platform ships for strangers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quantos.verification.offline import program
from tests.simulation.check import END, attested_at, settled_days
from tests.simulation.model import Findings, Model, Order, Strategy

Ask = Callable[[list[Order]], list[dict[str, Any]]]


def chosen(model: Model, repository: Path) -> Strategy | None:
    """One public strategy of the seed with settled days, whose signals were all attested before their deadlines.

    What a kill or a full disk kept from being attested in time does not verify: the record says so.
    """
    at = attested_at(repository) if model.plan.attested else {}
    standing = [
        strategy
        for strategy in model.strategies.values()
        if strategy.plan.is_public
        and settled_days(strategy)
        and (not model.plan.attested or all(_is_in_time(strategy, at, day) for day in strategy.signals))
    ]
    return standing[model.plan.seed % len(standing)] if standing else None


def _is_in_time(strategy: Strategy, at: Mapping[str, datetime], day: date) -> bool:
    found = at.get(strategy.signals[day].hash or "")
    return strategy.deadline(day) > END or (found is not None and found < strategy.deadline(day))


def verified(model: Model, folder: Path, ask: Ask) -> Findings:
    """What the verifier holds against the packages of every day, older revisions too."""
    strategy = chosen(model, folder / "proofs")
    if strategy is None:
        return []
    address = f"/public/strategies/{strategy.plan.slug}"
    place = folder / "public"
    (place / "packages").mkdir(parents=True)
    days = settled_days(strategy)
    record, *packages = ask(
        [_text(f"{address}/track-record"), *(_text(f"{address}/verify?date={day}") for day in days)]
    )
    (place / "track-record.json").write_text(record["text"])
    wanted = []
    for day, package in zip(days, packages, strict=True):
        if package["code"] != 200:
            return [f"the package of {strategy.plan.slug} for {day} was answered {package['code']}"]
        (place / "packages" / f"{day}.json").write_text(package["text"])
        revisions = json.loads(package["text"]).get("revision") or 0
        wanted += [(day, revision) for revision in range(revisions)]
    older = ask([_text(f"{address}/verify?date={day}&revision={revision}") for day, revision in wanted])
    for (day, revision), package in zip(wanted, older, strict=True):
        (place / "packages" / f"{day}-revision-{revision}.json").write_text(package["text"])
    attestations = (
        ["--attestations", str(folder / "proofs")] if model.plan.attested else ["--allow-unattested"]
    )
    said = io.StringIO()
    code = program.run(program.parse([str(place), "--allow-simulated", "--lang", "en", *attestations]), said)
    return [] if code == 0 else [f"the record of {strategy.plan.slug} does not verify: {said.getvalue()}"]


def _text(path: str) -> Order:
    return {"do": "call", "who": "", "method": "GET", "path": path, "body": None, "as_text": True}
