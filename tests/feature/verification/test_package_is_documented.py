"""What the documentation of the API says of packages and of the audit log is what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from quantos.verification.package_schemas import AuditLog, Package
from tests.support.platforms import Stage, stage
from tests.support.restated import DAYS, START, A, play, restate, write_bars

MARKS = {"simulated", "synthetic", "edition"}


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Three strategies through six days, the second of which was settled again."""
    folder: Path = tmp_path_factory.mktemp("documented")
    with stage(folder / "data", START) as opened:
        play(opened, opened.agent(), commission_rate=0.0003, slippage_rate=0.001)
        corrected = {
            (A, DAYS[1]): (10.1, 10.15, 10.1, 1_000_000),
            (A, DAYS[2]): (10.2, 10.3, 10.15, 1_000_000),
        }
        restate(opened, DAYS[1], write_bars(folder, corrected))
        yield opened


def paths(value: Any, at: str = "") -> set[str]:
    """Every key that occurs, by the way to it."""
    if isinstance(value, dict):
        below = [paths(each, f"{at}.{name}") for name, each in value.items()]
        return {f"{at}.{name}" for name in value}.union(*below)
    if isinstance(value, list):
        return set().union(*(paths(each, f"{at}[]") for each in value))
    return set()


def documented(model: type[BaseModel], answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as its schema reads it. Raises where a value is not as documented."""
    return model.model_validate(answer).model_dump(mode="json", by_alias=True, exclude_unset=True)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("slug", ["holds-a", "holds-both"])
def test_every_key_of_a_package_is_documented(on: Stage, slug: str, day: Any) -> None:
    found = on.public().get(f"/public/strategies/{slug}/verify", date=str(day))
    assert found["simulated"] is True
    answer = {name: value for name, value in found.items() if name not in MARKS}
    assert paths(documented(Package, answer)) == paths(answer)
    assert ("restated" in found) == (slug == "holds-a" and day in DAYS[1:3])


def test_every_key_of_the_audit_log_is_documented(on: Stage) -> None:
    answer = on.public().get("/public/strategies/holds-a/audit")
    assert paths(documented(AuditLog, answer)) == paths(answer)


def test_the_description_of_the_api_has_both(on: Stage) -> None:
    paths = on.operator.runner.run(on.operator.http.get("http://platform/openapi.json")).json()["paths"]
    for name, model in (("verify", "Package"), ("audit", "AuditLog")):
        answers = paths[f"/api/v1/public/strategies/{{slug}}/{name}"]["get"]["responses"]
        schema = answers["200"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{model}"}
        assert {"404", "422"} <= answers.keys()
