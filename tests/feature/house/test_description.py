"""The description at `/openapi.json`, walked whole: what a client is generated from lacks nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.openapi import EXAMPLES, OPERATOR_BEARER, TAGS, operations
from quantos.kit.routing import API, USER_BEARER
from quantos.settlement.service import OUTCOMES_MAX
from tests.docs.documents import caller_of, leaves
from tests.support.described import Described
from tests.support.platforms import Stage, stage

SCHEMES: Final[dict[str, list[dict[str, list[str]]] | None]] = {
    "anyone": None,
    "user": [{USER_BEARER: []}],
    "user, even disabled": [{USER_BEARER: []}],
    "operator": [{OPERATOR_BEARER: []}],
}
FOR_THE_DISABLED_TOO: Final = "create_ticket"
CREATIONS: Final = {
    "add_portfolio_member",
    "backfill_strategy",
    "create_api_key",
    "create_factor",
    "create_invite",
    "create_portfolio",
    "create_deployment",
    "create_research_backtest",
    "create_strategy",
    "create_ticket",
    "make_backup",
    "redeem_invite",
    "request_license",
    "submit_signal",
    "upload_claim",
}
"""Of which a replacement is 200: a claim; and what is only checked, a signal."""

ALSO_FILES: Final = {"upload_factor_values"}
"""Whose body may be JSON, or a file of another kind."""

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("description") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(on_stage: Stage) -> dict[str, Any]:
    caller = on_stage.public()
    found: dict[str, Any] = caller.runner.run(caller.http.get("http://platform/openapi.json")).json()
    return found


@pytest.fixture(scope="module")
def described(document: dict[str, Any]) -> list[Operation]:
    found = list(operations(document))
    assert len(found) > 30
    return found


def successes(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [answer for status, answer in operation["responses"].items() if status < "300"]


def moves(operation: dict[str, Any]) -> bool:
    """Whether it only leads elsewhere."""
    return bool(operation["responses"].keys() & {"301", "302", "308"})


def test_every_operation_has_a_summary_that_stands_in_one_line(described: list[Operation]) -> None:
    assert [path for _, path, each in described if not 5 <= len(each["summary"]) <= 110] == []
    names = [each["operationId"].replace("_", " ") for _, _, each in described]
    assert [each["summary"] for _, _, each in described if each["summary"].lower() in names] == []


def test_every_operation_has_a_description_that_adds_to_its_summary(described: list[Operation]) -> None:
    assert [
        each["operationId"]
        for _, _, each in described
        if len(each.get("description", "")) < 15 or each["description"] == each["summary"]
    ] == []


def test_every_operation_has_a_name_of_its_own_for_a_generated_client(described: list[Operation]) -> None:
    names = Counter(each["operationId"] for _, _, each in described)
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_every_operation_stands_under_one_tag_that_is_explained(described: list[Operation]) -> None:
    known = {tag["name"] for tag in TAGS}
    assert [path for _, path, each in described if len(each["tags"]) != 1] == []
    assert {tag for _, _, each in described for tag in each["tags"]} - known == set()


def test_an_operation_asks_for_the_credentials_that_its_guard_asks_for(
    on_stage: Stage, document: dict[str, Any], described: list[Operation]
) -> None:
    guards = {
        (method.lower(), path): caller_of(route)
        for path, route in leaves(build_app(on_stage.platform).router)
        for method in route.methods or ()
    }
    for method, path, each in described:
        assert each.get("security") == SCHEMES[guards[method, path]], path
    schemes = document["components"]["securitySchemes"]
    assert {name: (each["type"], each["scheme"]) for name, each in schemes.items()} == {
        USER_BEARER: ("http", "bearer"),
        OPERATOR_BEARER: ("http", "bearer"),
    }


def test_every_refusal_that_an_operation_can_give_is_described(described: list[Operation]) -> None:
    for _, path, each in described:
        needed = set() if "health" in each["tags"] else {"503"}
        parameters = each.get("parameters", [])
        if "security" in each:
            needed |= {"401"} if each["operationId"] == FOR_THE_DISABLED_TOO else {"401", "403"}
        malformed = "422" if path.startswith(API) else "400"
        if "requestBody" in each:
            needed |= {"413", malformed}
        if any(parameter["schema"] != plain(parameter) for parameter in parameters):
            needed.add(malformed)
        if "{" in path:
            needed.add("404")
        assert needed - each["responses"].keys() == set(), path


def plain(parameter: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that takes any text."""
    told = {name: parameter[name] for name in ("description",) if name in parameter}
    return {"type": "string", "title": parameter["schema"].get("title"), **told}


def test_no_refusal_of_the_framework_is_described(document: dict[str, Any]) -> None:
    assert "ValidationError" not in str(document)


def test_refusals_have_the_shapes_of_their_guide(described: list[Operation]) -> None:
    for _, path, each in described:
        for status, answer in each["responses"].items():
            if status < "400":
                continue
            shape = "Findings" if status == "422" else "ErrorMessage"
            if not path.startswith(API):
                shape = "CopilotError"
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": f"#/components/schemas/{shape}"}, (path, status)
            assert len(answer["description"]) > 5


def test_every_answer_has_a_shape(described: list[Operation]) -> None:
    for _, path, each in described:
        if moves(each) or path.endswith((".json", ".bundle", ".pyz")):  # a file as it stands
            continue
        content = each["responses"].get("200", {}).get("content", {})
        if content.keys() & {"text/event-stream", "text/csv", "text/x-python"}:
            continue
        assert successes(each), path
        for answer in successes(each):
            schema = answer["content"]["application/json"]["schema"]
            schema = schema.get("items", schema)
            assert "$ref" in schema or all("$ref" in one for one in schema["anyOf"]), path


def test_every_answer_has_an_example_that_is_as_its_shape_says(
    document: dict[str, Any], described: list[Operation]
) -> None:
    shapes = Described(document, {})
    without = set()
    for _, path, each in described:
        for answer in successes(each):
            shown = answer.get("content", {}).get("application/json")
            if shown is None:
                continue
            if "example" not in shown:
                without.add(each["operationId"])
                continue
            assert shapes.departures(shown["schema"], shown["example"]) == [], path
    assert without == set(), "tests.docs.examples writes down what is answered"


def test_conv_01_a_creation_is_201_and_every_other_success_200(described: list[Operation]) -> None:
    created = {each["operationId"] for _, _, each in described if "201" in each["responses"]}
    assert created == CREATIONS
    others = {status for _, _, each in described for status in each["responses"] if "201" < status < "300"}
    assert others == set()


def test_conv_03_every_instant_of_an_example_is_in_utc_with_its_offset() -> None:
    instants = re.findall(r'"(\d{4}-\d\d-\d\dT[^"]*)"', EXAMPLES.read_text())
    assert len(instants) > 50
    assert [one for one in instants if not re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?(Z|\+00:00)", one)] == []


def test_no_example_shows_a_credential_or_a_folder_of_somebodys(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert re.findall(r"(?:qgpt|qinv)_[\w-]{8,}|eyJ[\w-]{4,}\.[\w-]{8,}|/(?:tmp|root|home)/", text) == []


def test_every_example_is_of_an_operation(described: list[Operation]) -> None:
    known = {each["operationId"]: each["responses"].keys() for _, _, each in described}
    examples = json.loads(EXAMPLES.read_text())
    assert {name for name, shown in examples.items() if not shown.keys() <= known.get(name, set())} == set()


def test_every_body_has_a_shape(described: list[Operation]) -> None:
    for method, path, each in described:
        if method in {"get", "delete"} or moves(each) or not each.get("requestBody"):
            assert "requestBody" not in each
            continue
        kinds = set(each["requestBody"]["content"])
        assert kinds >= {"application/json"}, path
        assert kinds == {"application/json"} or each["operationId"] in ALSO_FILES, path


def test_every_reference_leads_to_a_shape(document: dict[str, Any]) -> None:
    used = set(re.findall(r"'\$ref': '#/components/schemas/([^']*)'", str(document)))
    assert len(used) > 50
    assert used - document["components"]["schemas"].keys() == set()


def test_the_description_is_the_same_for_a_server_that_is_asked_twice(
    on_stage: Stage, document: dict[str, Any]
) -> None:
    caller = on_stage.agent()
    assert caller.runner.run(caller.http.get("http://platform/openapi.json")).json() == document


def test_every_post_takes_an_idempotency_key_and_nothing_else_does(described: list[Operation]) -> None:
    for method, path, each in described:
        headers = {
            parameter["name"] for parameter in each.get("parameters", []) if parameter["in"] == "header"
        }
        assert ("Idempotency-Key" in headers) == (method == "post"), path
        if method == "post":
            needed = {"400", "409", "422"} if path.startswith(API) else {"400", "409"}
            assert needed <= each["responses"].keys(), path


def test_whatever_anyone_may_read_has_an_entity_tag(described: list[Operation]) -> None:
    for method, path, each in described:
        if method != "get" or moves(each):
            continue
        headers = {
            parameter["name"] for parameter in each.get("parameters", []) if parameter["in"] == "header"
        }
        tagged = path.startswith(("/api/v1/public/", "/api/v1/calendar"))
        assert ("If-None-Match" in headers) == tagged, path
        assert ("304" in each["responses"]) == tagged, path


def test_where_outcomes_of_a_settlement_run_are_cut_the_summary_says_so(described: list[Operation]) -> None:
    (run,) = (each for _, _, each in described if each["operationId"] == "get_settlement_run")
    assert f"first {OUTCOMES_MAX:,} strategy-days" in run["summary"]
