"""Whatever is sent to whatever route: no 500, no word of the inside, and no answer that is not described.

Every parameter and every place in every body is filled with each of a list of hostile values, then bodies are
drawn at random. What is sent is made from the description, so a new route is tried without being named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.described import Described, Operation, replaced, shape_of, without
from tests.support.effort import tries
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.support.portfolios import standing_portfolio

ROOT: Final = Path(__file__).parents[3]
ODD: Final = "s3cr3t-input"
DAYS: Final = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 29))
NOW: Final = "2024-03-05T08:00:00+08:00"
TEXTS: Final = (
    "",
    " ",
    "a\0b",
    "x" * 3000,
    "'; DROP TABLE strategy; --",
    f"<script>{ODD}</script>",
    "../../etc/passwd",
    "%00%ff",
    "%s%n{0}{{7*7}}${7*7}",
    "\u202e\U0001f600\ufeff",
    "NaN",
    "null",
    "-1",
    "9" * 40,
    "1e999",
    "2024-02-30",
    "0000-00-00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    ODD,
)
VALUES: Final[tuple[Any, ...]] = (
    *TEXTS,
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    0.1,
    1e308,
    5e-324,
    [],
    {},
    [[]],
    [None, ODD],
    {ODD: None},
    {"": {"": []}},
)
BODIES: Final = (
    b"",
    b"{",
    b"null",
    b"NaN",
    b"[1e999]",
    b'{"a": "\\ud800"}',
    b"\xff\xfe",
    b"\x1f\x8b\x08",
    b"[" * 100_000,
    b'{"__proto__": {}}',
)
ON_THIS_MACHINE: Final = (
    "/nowhere/at/all",
    "/etc/passwd",
    "a\0b",
    "x" * 5000,
    "",
    "/dev/null/x",
    f"/nowhere/{ODD}",
)
"""All that is sent as a path, to read from or to write to: anything else might name real files and folders."""

TIMES: Final = (NOW, "2024-03-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", ODD, "")
"""All that is sent as a time to move the clock to: anything later is a long way."""

INSIDE: Final = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|\bSELECT\b|\bINSERT\b|\bUPDATE\b|\bFROM\b|sqlite|sqlalchemy"
    r"|duckdb|pydantic|msgspec|orjson|\wError\b|\wException\b|/tmp/|/home/|/root|/etc/|0x[0-9a-f]{6}|"
    + re.escape(str(ROOT)),
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A platform with a settled day."""
    folder: Path = tmp_path_factory.mktemp("hostile") / "data"
    with stage(folder, parse_instant("2024-03-01T08:00+08:00")) as opened:
        prices = {("600001.SH", day): (10.0, 10.0, 10.0, 1_000_000) for day in DAYS}
        opened.platform.market.import_bars(made_up(prices))
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    found = on_stage.agent()
    found.post("/strategies", {"name": "Alpha", "slug": "alpha"})
    on_stage.submit(found, "alpha", DAYS[0], {"600001.SH": 0.5})
    on_stage.operator.post("/admin/clock", {"now": NOW})
    return found


@pytest.fixture(scope="module")
def api(on_stage: Stage, agent: Caller) -> Described:
    known = {
        "slug": "alpha",
        "trade_date": "2024-03-05",
        "date": "2024-03-01",
        "from": "2024-03-01",
        "symbol": "600001.SH",
        "weight": 0.5,
        "month": "2024-03",
        "now": NOW,
        "path": "/nowhere/at/all",
        "data": None,
        "expires_at": None,
        "status": "active",
        "name": "settle_all_active_strategies",
    }
    known["factor_id"] = standing_factor(on_stage, agent)
    known["portfolio_id"] = standing_portfolio(on_stage, agent, date(2024, 3, 4))["id"]
    return Described(build_app(on_stage.platform).openapi(), known)


def standing_factor(on_stage: Stage, agent: Caller) -> str:
    """A factor that no call can delete."""
    found: str = agent.post("/factors", {"name": "Alpha", "universe": "hs300"})["id"]
    with on_stage.platform.records.write() as session:
        session.execute(sql("UPDATE factor SET status = 'validating' WHERE id = :id"), {"id": found})
    return found


class Sender:
    """Sends to one operation what a test says, the rest as it should be, and judges each answer."""

    def __init__(self, on_stage: Stage, agent: Caller, api: Described, operation: Operation) -> None:
        self.on_stage, self.api, self.operation = on_stage, api, operation
        self.caller = on_stage.operator if operation.is_operators else agent
        self.path = {
            each["name"]: api.example(each["schema"], each["name"]) for each in operation.parameters("path")
        }
        self.body: Any = None if operation.body is None else api.example(operation.body)
        if operation.name == "upload_factor_values":  # the operator's `data` is another
            self.body = {"data": [{"date": "2024-03-01", "values": {"600001.SH": 0.5}}]}
        self.statuses: set[int] = set()

    def send(self, *, path: Any = None, query: Any = None, body: Any = ..., raw: bytes | None = None) -> None:
        target = self.operation.path
        for name, value in {**self.path, **(path or {})}.items():
            target = target.replace(f"{{{name}}}", quote(str(value), safe=""))
        headers = {"Authorization": f"Bearer {self.caller.token}", "Content-Type": "application/json"}
        headers["Last-Event-ID"] = "none"  # the stream of events has no end: it refuses to begin after this
        content = raw
        if raw is None and self.operation.body is not None:
            content = json.dumps(self.body if body is ... else body).encode()
        request = self.caller.http.request(
            self.operation.method, target, params=query, content=content, headers=headers
        )
        answer = self.caller.runner.run(request)
        self.judge(answer, whole=not any("/" in str(value) or value == "" for value in (path or {}).values()))

    def judge(self, answer: httpx.Response, *, whole: bool) -> None:
        """`whole`: the path leads to this operation."""
        said = f"{self.operation.method} {answer.request.url!s:.300} {answer.request.content[:300]!r}"
        told = f"{said} -> {answer.status_code} {answer.text[:500]}"
        self.statuses.add(answer.status_code)
        assert answer.status_code < 500, told
        described = self.operation.described["responses"].get(str(answer.status_code))
        assert described is not None or not whole, told
        if answer.status_code >= 400:
            well_refused(answer, told)
        elif answer.status_code < 300:
            assert described is not None, told
            kind = answer.headers["content-type"]
            assert kind in described["content"], told
            if kind == "application/json":
                schema = described["content"][kind]["schema"]
                assert self.api.departures(schema, answer.json()) == [], told


def well_refused(answer: httpx.Response, told: str) -> None:
    assert answer.headers["content-type"] == "application/json", told
    body = answer.json()
    said = shape_of(answer.request.url.path)
    assert body.keys() == {said}, told
    if answer.status_code == 422:
        assert body["detail"], told
        for item in body["detail"]:
            assert item.keys() == {"type", "loc", "msg"}, told
            assert item["loc"][0] in {"body", "query", "path"}, told
        messages = " | ".join(item["msg"] for item in body["detail"])
    else:
        assert isinstance(body[said], str), told
        messages = body[said]
    assert not INSIDE.search(messages), told
    assert ODD not in messages, told
    assert len(messages) < 20_000, told


def values_for(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    return {"path": ON_THIS_MACHINE, "data": ON_THIS_MACHINE, "now": TIMES}.get(name, values)


def test_every_operation_answers_as_described_when_it_is_called_as_described(
    on_stage: Stage, agent: Caller, api: Described
) -> None:
    succeeded = set()
    for operation in api.operations:
        sender = Sender(on_stage, agent, api, operation)
        sender.send()
        if min(sender.statuses) < 400:
            succeeded.add(operation.name)
    refused = {operation.name for operation in api.operations} - succeeded
    assert len(succeeded) > 20, refused


def test_no_parameter_brings_a_route_to_fall(on_stage: Stage, agent: Caller, api: Described) -> None:
    for operation in api.operations:
        sender = Sender(on_stage, agent, api, operation)
        for where in ("path", "query"):
            for parameter in operation.parameters(where):
                for text in TEXTS:
                    if where == "query":
                        sender.send(query={parameter["name"]: text})
                    elif text:
                        sender.send(path={parameter["name"]: text})
        for name in ("x", "limit[]", "a\0b", "x" * 3000, ""):
            sender.send(query={name: ODD})


def test_no_place_of_a_body_brings_a_route_to_fall(on_stage: Stage, agent: Caller, api: Described) -> None:
    for operation in api.operations:
        if operation.body is None:
            continue
        sender = Sender(on_stage, agent, api, operation)
        numbers = count()
        for place in api.places(sender.body):
            name = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
            for value in values_for(name, VALUES):
                fresh = sender.body
                if operation.name == "create_strategy":
                    fresh = {**sender.body, "slug": f"slug{next(numbers)}"}
                sender.send(body=replaced(fresh, place, value))
            if place:
                sender.send(body=without(sender.body, place))
        sender.send(body={**sender.body, ODD: ODD, "": "", "x" * 3000: 1})
        for raw in BODIES:
            sender.send(raw=raw)
        assert (400 if operation.is_copilots else 422) in sender.statuses, operation.name


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@tries(300)
@given(data=st.data())
def test_no_body_drawn_at_random_brings_a_route_to_fall(
    on_stage: Stage, agent: Caller, api: Described, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from([each for each in api.operations if each.body is not None]))
    sender = Sender(on_stage, agent, api, operation)
    places = [place for place in api.places(sender.body) if not {"path", "data", "now"} & set(place)]
    place = data.draw(st.sampled_from(places))
    by = data.draw(anything)
    if not place and {"path", "data", "now"} & set(sender.body) and isinstance(by, dict):
        by = list(by)
    sender.send(body=replaced(sender.body, place, by))
