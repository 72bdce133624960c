"""What a 422 of any route can say: plain words, a place, and nothing of what was sent (ERR-02, ERR-11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.findings import FINDINGS_MAX, NAME_CHARS_MAX, UNKNOWN, WORDS, findings
from quantos.strategies.schemas import SignalNew
from tests.docs.documents import leaves
from tests.support.described import shape_of, target
from tests.support.platforms import Caller, Stage, stage

ODD: Final = "s3cr3t-input"
CAN_PRODUCE: Final[dict[str, set[str]]] = {
    "any": set(),
    "bool": {"bool_type"},
    "date": set(),  # what reaches it has been read by our validator
    "datetime": set(),
    "default": set(),
    "enum": {"enum"},
    "float": {"float_type", "finite_number"},
    "function-after": {"value_error"},
    "function-before": {"value_error", "int_parsing"},
    "function-wrap": set(),  # a quicker way to read what the schema inside reads, and refuses
    "int": {"int_type", "int_parsing", "int_parsing_size"},
    "list": {"list_type"},
    "literal": {"literal_error"},
    "model": {"model_type", "model_attributes_type"},
    "model-field": {"missing"},
    "model-fields": {"extra_forbidden", "model_type", "model_attributes_type"},
    "no-info": set(),
    "nullable": set(),
    "str": {"string_type"},
    "union": set(),
}
"""The kinds of finding of each kind of core schema, by pydantic's documentation of its errors."""

BOUNDS: Final = {
    ("int", "ge"): "greater_than_equal",
    ("int", "gt"): "greater_than",
    ("int", "le"): "less_than_equal",
    ("int", "lt"): "less_than",
    ("float", "ge"): "greater_than_equal",
    ("float", "gt"): "greater_than",
    ("float", "le"): "less_than_equal",
    ("float", "lt"): "less_than",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
}
FRAMEWORK: Final = {"json_invalid", "missing", "model_attributes_type"}


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("findings") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    found = on_stage.agent()
    found.post("/strategies", {"name": "Alpha", "slug": "alpha"})
    return found


def core_schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for name, below in node.items():
            if name not in {"metadata", "serialization", "default"}:
                yield from core_schemas(below)
    elif isinstance(node, list | tuple):
        for below in node:
            yield from core_schemas(below)


def read_by(app: FastAPI) -> Iterator[Any]:
    """The core schema of everything that any route reads from a request."""
    yield SignalNew.__pydantic_core_schema__  # read by the endpoint itself
    for _, route in leaves(app.router):
        needs = route.dependant
        for field in (*needs.path_params, *needs.query_params, *needs.header_params, *needs.body_params):
            yield field._type_adapter.core_schema


def test_there_are_words_for_every_kind_of_finding_that_the_schemas_can_produce(on_stage: Stage) -> None:
    kinds = set(FRAMEWORK)
    for schema in read_by(build_app(on_stage.platform)):
        for part in core_schemas(schema):
            kinds |= CAN_PRODUCE[part["type"]]
            if part["type"] == "no-info":
                ours = part["function"].__module__.startswith("quantos")
                assert ours, (
                    "a bound stands after a validator, where its finding does not name what is bounded"
                )
            kinds |= {kind for (of, bound), kind in BOUNDS.items() if of == part["type"] and bound in part}
    assert kinds - WORDS.keys() == set()
    assert WORDS.keys() - kinds - {"less_than"} == set()


STRATEGY: Final = {"name": "Beta", "slug": "beta"}
LINE: Final = {"symbol": "600519.SH", "weight": 0.5}
SIGNALS: Final = "/strategies/alpha/signals"


def signal(**changes: Any) -> dict[str, Any]:
    return {"trade_date": "2024-01-02", "signals": [LINE | changes]}


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "msg"),
    [
        ("POST", "/strategies", {"slug": "beta"}, "missing", "is required"),
        ("POST", "/strategies", None, "missing", "is required"),
        ("POST", "/strategies", [ODD], "model_attributes_type", "must be a JSON object, sent as application/json"),
        ("POST", "/strategies", STRATEGY | {"name": 7}, "string_type", "must be a text"),
        ("POST", "/strategies", STRATEGY | {"name": ""}, "string_too_short", "must have at least 1 characters"),
        ("POST", "/strategies", STRATEGY | {"name": ODD * 9}, "string_too_long", "must have at most 100 characters"),
        ("POST", "/strategies", STRATEGY | {"name": f"{ODD}\0"}, "value_error", "a text may not contain the NUL character"),
        (
            "POST", "/strategies", STRATEGY | {"slug": f"-{ODD}"}, "string_pattern_mismatch",
            "must be 3 to 49 characters, small letters, digits, - and _, and begin with a letter or a digit",
        ),
        (
            "POST", "/strategies", STRATEGY | {"universe": ODD}, "literal_error",
            "must be one of 'hs300', 'csi500', 'csi1000', 'csi2000' or 'etf_all'; hs300 is the CSI 300",
        ),
        ("POST", "/strategies", STRATEGY | {"holding_period": ODD}, "int_type", "must be a whole number"),
        ("POST", "/strategies", STRATEGY | {"holding_period": 2.5}, "int_type", "must be a whole number"),
        ("POST", "/strategies", STRATEGY | {"holding_period": 61}, "less_than_equal", "must be at most 60"),
        ("POST", "/strategies", STRATEGY | {"holding_period": 0}, "greater_than_equal", "must be at least 1"),
        ("POST", "/strategies", STRATEGY | {"slippage_rate": ODD}, "float_type", "must be a number"),
        ("POST", "/strategies", STRATEGY | {"slippage_rate": 1e-9}, "value_error", "the rate has more than 8 decimals"),
        ("POST", "/strategies", STRATEGY | {"is_public": ODD}, "bool_type", "must be true or false"),
        ("PATCH", "/strategies/alpha", {"universe": ODD}, "extra_forbidden", "is no field of this request"),
        ("POST", SIGNALS, ODD, "model_type", "must be a JSON object"),
        ("POST", SIGNALS, {"trade_date": "2024-01-02", "signals": ODD}, "list_type", "must be a list"),
        ("POST", SIGNALS, {"trade_date": "2024-01-02", "signals": [ODD]}, "model_type", "must be a JSON object"),
        (
            "POST", SIGNALS, {"trade_date": "2024-01-02", "signals": [LINE] * 5001}, "too_long",
            "must have at most 5000 items",
        ),
        ("POST", SIGNALS, signal(weight=0), "greater_than", "must be greater than 0.0"),
        ("POST", SIGNALS, signal(weight=1.5), "less_than_equal", "must be at most 1.0"),
        ("POST", SIGNALS, signal(weight=ODD), "float_type", "must be a number"),
        (
            "POST", SIGNALS, signal(symbol=ODD), "string_pattern_mismatch",
            "must be six digits, a dot and the exchange SH, SZ or BJ, such as 600519.SH",
        ),
        ("POST", SIGNALS, signal() | {"trade_date": ODD}, "value_error", "a date is written YYYY-MM-DD"),
        (
            "PUT", "/strategies/alpha/claimed", {"records": [{"date": "2023-01-02", "nav": 1.0}]}, "too_short",
            "must have at least 2 items",
        ),
        ("GET", f"/strategies?limit={ODD}", None, "int_parsing", "must be a whole number, written in digits alone"),
        ("GET", f"/strategies?limit={'7' * 5000}", None, "int_parsing_size", "must be a whole number of fewer digits"),
        (
            "GET", f"/strategies?status={ODD}", None, "literal_error",
            "must be one of 'pending', 'active', 'paused' or 'retired'",
        ),
        ("DELETE", f"{SIGNALS}/2024-02-30", None, "value_error", "there is no such day in the calendar"),
        ("GET", f"/calendar?month={ODD}", None, "string_too_long", "must have at most 7 characters"),
        ("GET", "/calendar?month=2024-13", None, "value_error", "a month is written YYYY-MM"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_in_plain_words(
    agent: Caller, method: str, path: str, body: Any, kind: str, msg: str
) -> None:
    answer = agent.call(method, path, body)
    assert answer.status_code == 422, answer.text
    assert (kind, msg) in [(item["type"], item["msg"]) for item in answer.json()["detail"]]
    assert ODD not in answer.text
    assert not [item for item in answer.json()["detail"] if "after validation" in item["msg"]]


def test_the_operators_routes_speak_the_same_words(on_stage: Stage) -> None:
    answer = on_stage.operator.call("GET", f"/admin/quarantine?reason={ODD}")
    (item,) = answer.json()["detail"]
    assert item["type"] == "enum"
    assert item["msg"].startswith("must be one of 'malformed'") or "' or '" in item["msg"]
    assert ODD not in answer.text


def test_a_body_that_is_no_json_is_told_so(agent: Caller) -> None:
    for path in ("/strategies", SIGNALS):
        headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
        answer = agent.runner.run(agent.http.request("POST", path, content=b"{s3cr3t", headers=headers))
        (item,) = answer.json()["detail"]
        assert (answer.status_code, item["type"], item["msg"]) == (
            422,
            "json_invalid",
            "the body is not valid JSON: look at line 1, column 2",
        )


def test_a_finding_of_a_kind_without_words_says_no_more_than_that() -> None:
    error = {"type": "new_kind", "loc": ("body", "x"), "msg": f"repeats {ODD}", "input": ODD}
    assert findings([error]) == [{"type": "new_kind", "loc": ["body", "x"], "msg": UNKNOWN}]


def test_no_more_findings_are_told_than_one_can_read(agent: Caller) -> None:
    answer = agent.call("PATCH", "/strategies/alpha", {f"field{k}": k for k in range(300)})
    assert len(answer.json()["detail"]) == FINDINGS_MAX


def test_a_name_that_was_sent_is_repeated_in_its_place_but_not_at_length(agent: Caller) -> None:
    answer = agent.call("PATCH", "/strategies/alpha", {"x" * 100_000: 1})
    (item,) = answer.json()["detail"]
    assert item["loc"] == ["body", "x" * NAME_CHARS_MAX]


@pytest.mark.parametrize(
    "text", ["1.0", "+1", " 1", "1 ", "1_0", "1e0", "0x1", "\uff11", "", "1\n", "--1", "true"]
)
def test_an_integer_of_a_query_or_path_is_written_in_digits_alone(
    on_stage: Stage, agent: Caller, text: str
) -> None:
    app = build_app(on_stage.platform)
    asked = 0
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if '"integer"' not in json.dumps(parameter["schema"]):
                    continue
                asked += 1
                caller = on_stage.operator if "/admin/" in path else agent
                below = target(path).replace("{slug}", "alpha")
                if parameter["in"] == "path":
                    if not text:  # another path
                        continue
                    below = below.replace(f"{{{parameter['name']}}}", quote(text))
                    answer = caller.call(method.upper(), below)
                else:
                    answer = caller.call(method.upper(), below, **{parameter["name"]: text})
                if shape_of(path) == "error":
                    said = f"{parameter['name']}: must be a whole number, written in digits alone"
                    assert (answer.status_code, answer.json()["error"]) == (400, said), (method, below)
                    continue
                (item,) = answer.json()["detail"]
                assert (answer.status_code, item["type"], item["loc"]) == (
                    422,
                    "int_parsing",
                    [parameter["in"], parameter["name"]],
                ), (method, below)
    assert asked >= 10


def test_the_bounds_of_a_page_are_described(on_stage: Stage) -> None:
    (limit,) = [
        parameter["schema"]
        for parameter in build_app(on_stage.platform).openapi()["paths"]["/api/v1/strategies"]["get"][
            "parameters"
        ]
        if parameter["name"] == "limit"
    ]
    assert (limit["type"], limit["minimum"], limit["maximum"]) == ("integer", 1, 200)
