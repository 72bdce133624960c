"""The published description of strategies and signals agrees with what they answer."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

USERS = {"401", "403"}
OF_ALL = {"413", "429", "503"}
OF_POSTS = {"400", "409", "422"}
"""Refusals that come before any route: the description adds them to each."""

ROUTES = {
    ("post", "/strategies", "201"): {"409", "422"},
    ("get", "/strategies", "200"): {"422"},
    ("get", "/strategies/{slug}", "200"): {"404"},
    ("patch", "/strategies/{slug}", "200"): {"400", "404", "422"},
    ("delete", "/strategies/{slug}", "200"): {"400", "404"},
    ("post", "/strategies/{slug}/signals", "201"): {"200", "400", "404", "409", "422"},
    ("get", "/strategies/{slug}/signals", "200"): {"404", "422"},
    ("delete", "/strategies/{slug}/signals/{trade_date}", "200"): {"400", "404", "422"},
    ("get", "/admin/strategies", "200"): {"422"},
}


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_success_and_refusals_are_described(site: Any, method: Any, path: Any, status: Any) -> None:
    operation = site.app.openapi()["paths"][f"/api/v1{path}"][method]
    beside = OF_ALL | (OF_POSTS if method == "post" else set())
    assert (
        operation["responses"].keys() - beside == ({status} | USERS | ROUTES[method, path, status]) - beside
    )
    assert operation["responses"][status]["content"]["application/json"]["schema"]["$ref"]


def test_every_reference_of_the_description_resolves(site: Any) -> None:
    description = site.app.openapi()
    references = set(re.findall(r'"\$ref":"([^"]*)"', orjson.dumps(description).decode()))
    known = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    assert references <= known
    assert "#/components/schemas/SignalLine" in references


def test_a_lines_description_is_the_one_that_bodies_are_read_by(site: Any) -> None:
    line = site.app.openapi()["components"]["schemas"]["SignalLine"]["properties"]
    assert line["symbol"]["pattern"] == "^[0-9]{6}\\.(SH|SZ|BJ)$"
    assert [(each["exclusiveMinimum"], each["maximum"]) for each in line["weight"]["anyOf"]] == [(0, 1)] * 2
