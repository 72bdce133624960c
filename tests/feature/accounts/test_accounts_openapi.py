"""The published description of the accounts' routes agrees with what they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.feature.accounts.conftest import Site

OF_ALL = {"413", "429", "503"}
OF_POSTS = {"400", "409", "422"}
"""Refusals that come before any route: the description adds them to each."""

ROUTES = {
    ("post", "/auth/invite", "201"): {"401", "422"},
    ("post", "/auth/refresh", "200"): {"401", "403", "422"},
    ("post", "/auth/login", "200"): {"401", "403", "422"},
    ("patch", "/auth/profile", "200"): {"401", "403", "409", "422"},
    ("get", "/auth/me", "200"): {"401", "403"},
    ("get", "/billing/tier", "200"): {"401", "403"},
    ("get", "/billing/tiers", "200"): {"401", "403"},
    ("get", "/billing/api-keys", "200"): {"401", "403"},
    ("post", "/billing/api-keys", "201"): {"401", "403", "422"},
    ("delete", "/billing/api-keys/{key_id}", "200"): {"401", "403", "404"},
    ("get", "/admin/api-keys", "200"): {"401", "403", "422"},
    ("get", "/admin/invites", "200"): {"401", "403", "422"},
    ("post", "/admin/invites", "201"): {"401", "403", "422"},
    ("get", "/admin/users", "200"): {"401", "403", "422"},
    ("post", "/admin/secrets/{name}/rotate", "200"): {"401", "403", "404"},
    ("patch", "/admin/users/{user_id}", "200"): {"401", "403", "404", "422"},
}


def described(site: Site) -> dict[str, Any]:
    schema: dict[str, Any] = site.app.openapi()
    return schema


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_success_and_refusals_are_described(site: Site, method: str, path: str, status: str) -> None:
    operation = described(site)["paths"][f"/api/v1{path}"][method]
    beside = OF_ALL | (OF_POSTS if method == "post" else set())
    assert operation["responses"].keys() - beside == ({status} | ROUTES[method, path, status]) - beside
    assert operation["responses"][status]["content"]["application/json"]["schema"]["$ref"]


def test_no_other_route_of_accounts_is_described(site: Site) -> None:
    found = {
        (method, path.removeprefix("/api/v1"))
        for path, operations in described(site)["paths"].items()
        for method in operations
    }
    assert found - {("post", "/tickets")} == {(method, path) for method, path, _ in ROUTES}


def test_operation_ids_are_unique_names(site: Site) -> None:
    ids = [op["operationId"] for ops in described(site)["paths"].values() for op in ops.values()]
    assert len(set(ids)) == len(ids)


def test_a_change_of_an_account_promises_no_default(site: Site) -> None:
    fields = described(site)["components"]["schemas"]["UserChange"]["properties"]
    assert not [name for name, field in fields.items() if "default" in field]
