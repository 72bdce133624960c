"""Of every route in the table of the whole application: who may call it, and what odd calls give.

The table is the framework's own, not the description, so a route that is not described is held too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette import routing
from starlette.responses import Response

from quantos.app import build_app
from quantos.kit.clock import parse_instant
from quantos.kit.deploy_kit import GUIDE, KIT
from quantos.kit.docs_page import FILES
from quantos.kit.handbook import GUIDES
from quantos.kit.route_index import RouteIndex
from quantos.kit.routing import API, ServedRoute
from quantos.kit.web import CODE_HEADER, Answer, ApiModel
from quantos.research.page_routes import FILES as COPILOT_FILES
from tests.docs.documents import error_classes, leaves
from tests.support.described import shape_of
from tests.support.effort import tries
from tests.support.platforms import Caller, Stage, stage

Route = tuple[str, str]
"""Method and path below the API's prefix, parameters in braces; of the Copilot's guide the whole address."""

ROOT: Final = "http://platform"
PUBLIC: Final = {
    ("POST", f"{ROOT}/auth/request-otp"),
    ("POST", f"{ROOT}/auth/verify-otp"),
    ("POST", f"{ROOT}/backtest"),
    ("POST", f"{ROOT}/builder/translate"),
    ("POST", f"{ROOT}/explain"),
    ("POST", f"{ROOT}/generate"),
    ("POST", f"{ROOT}/plot"),
    ("GET", f"{ROOT}/livez"),
    ("GET", f"{ROOT}/metrics"),
    ("GET", f"{ROOT}/readyz"),
    ("POST", "/auth/invite"),
    ("POST", "/auth/login"),
    ("POST", "/auth/refresh"),
    ("GET", "/calendar"),
    ("GET", "/health"),
}
"""With everything below /public/; the Copilot's while the server listens on loopback. Whoever adds another says so here."""

ODD: Final = ("%00", "%ff%fe", "%0a", "%F0%9F%98%80", "x" * 3000, "'%20or%201=1", "9" * 40, "2024-02-30")
DOCUMENTED: Final = {error.code for error in error_classes()}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("routes") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


@pytest.fixture(scope="module")
def agent(on_stage: Stage) -> Caller:
    return on_stage.agent()


@pytest.fixture(scope="module")
def routes(on_stage: Stage) -> list[Route]:
    found = [
        (method, path.removeprefix(API) if path.startswith(f"{API}/") else f"{ROOT}{path}")
        for path, route in leaves(build_app(on_stage.platform).router)
        for method in sorted(route.methods or ())
    ]
    assert len(found) > 40
    return found


def is_public(route: Route) -> bool:
    return route in PUBLIC or route[1].startswith("/public/")


def shapes_in(annotation: Any) -> set[type[BaseModel]]:
    """The models of an answer, with those below them."""
    if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
        return set().union(*map(shapes_in, get_args(annotation)))
    below = (shapes_in(field.annotation) for field in annotation.model_fields.values())
    return {annotation}.union(*below)


def with_token(caller: Caller, token: str) -> Caller:
    return Caller(caller.runner, caller.http, token)


def send(caller: Caller, method: str, path: str, **more: Any) -> httpx.Response:
    """As the caller, without what the caller's own `call` adds."""
    return caller.runner.run(caller.http.request(method, path, **more))


def is_refusal(answer: httpx.Response, status: int) -> bool:
    """In the guide's shape, with its code; a HEAD has no body."""
    if answer.headers.get(CODE_HEADER) not in DOCUMENTED:
        return False
    if answer.status_code != status or answer.request.method == "HEAD":
        return answer.status_code == status
    body: dict[str, Any] = answer.json()
    return body.keys() == {shape_of(answer.request.url.path)} and isinstance(
        body[shape_of(answer.request.url.path)], str
    )


def test_beside_the_api_stand_its_description_and_the_page_that_shows_it(on_stage: Stage) -> None:
    app = build_app(on_stage.platform)
    below = {path for path, _ in leaves(app.router)}
    beside = {getattr(route, "path", "") for route in app.routes} - below - {""}
    page = {"/", "/docs", "/docs/start.js", *(f"/docs/{name}" for name in FILES)}
    kit = {KIT, f"{KIT}/", f"{KIT}/{{name}}", f"{KIT}/images/{{name}}", GUIDE}
    handbook = {GUIDES, f"{GUIDES}/", f"{GUIDES}/{{name}}", f"{GUIDES}/examples/{{name}}"}
    copilot = {"/copilot", *(f"/copilot/{name}" for name in COPILOT_FILES)}
    assert beside == {"/openapi.json", "/llms.txt", *page, *kit, *handbook, *copilot}


def test_every_route_is_analysed_once_and_stands_in_the_applications_own_table(on_stage: Stage) -> None:
    """One that is included in another router would be analysed again at the first request."""
    table = build_app(on_stage.platform).routes
    assert [route for route in table if not isinstance(route, routing.Route | RouteIndex)] == []
    below = [route for route in table if isinstance(route, routing.Route) and route.path.startswith(API)]
    assert [route.path for route in below if not isinstance(route, ServedRoute)] == []


def test_every_endpoint_answers_with_a_finished_response(on_stage: Stage) -> None:
    """What a route says of its answers describes them and does not make them."""
    for path, route in leaves(build_app(on_stage.platform).router):
        answer = get_type_hints(route.endpoint)["return"]
        assert issubclass(answer, Response), path


def test_the_shape_of_an_answer_is_built_where_it_is_used(on_stage: Stage) -> None:
    """Those that a body has too are built at start."""
    served = [route for _, route in leaves(build_app(on_stage.platform).router)]
    described = [route.described() for route in served if isinstance(route, ServedRoute)]
    shapes = {shape for route in described for shape in shapes_in(route.response_model)}
    assert len(shapes) > 40
    assert [shape for shape in shapes if not issubclass(shape, Answer | ApiModel)] == []


def test_sec_02_without_credentials_every_route_that_is_not_public_is_401(
    on_stage: Stage, routes: list[Route]
) -> None:
    nobody = on_stage.public()
    guarded = [route for route in routes if not is_public(route)]
    assert len(guarded) > 25
    assert [route for route in guarded if not is_refusal(nobody.call(*route), 401)] == []


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer qgpt_unknown", "Basic dTpw", "Bearer", ""],
)
def test_sec_02_nor_does_a_wrong_token_open_any(on_stage: Stage, routes: list[Route], header: str) -> None:
    nobody = on_stage.public()
    for route in routes:
        if not is_public(route):
            answer = send(nobody, *route, headers={"Authorization": header})
            assert is_refusal(answer, 401), (route, answer.text)


def test_sec_02_who_has_no_credentials_learns_nothing_of_a_body(on_stage: Stage, routes: list[Route]) -> None:
    nobody = on_stage.public()
    for route in routes:
        if not is_public(route):
            answer = send(nobody, *route, content=b"{", headers={"Content-Type": "application/json"})
            assert is_refusal(answer, 401), (route, answer.text)


def test_pub_21_a_public_route_answers_the_same_with_a_wrong_token(
    on_stage: Stage, routes: list[Route]
) -> None:
    nobody = on_stage.public()
    stranger = with_token(nobody, "nonsense")
    for route in routes:
        if is_public(route) and route != ("GET", f"{ROOT}/metrics"):  # it counts the requests before it
            without, with_wrong = nobody.call(*route), stranger.call(*route)
            assert (without.status_code, without.content) == (with_wrong.status_code, with_wrong.content)


def test_ops_02_every_operators_route_is_403_for_a_users_token_and_key(
    on_stage: Stage, agent: Caller, routes: list[Route]
) -> None:
    code = on_stage.operator.post("/admin/invites", {"max_uses": 1})["invite_code"]
    session = on_stage.public().post("/auth/invite", {"invite_code": code})
    operators = [route for route in routes if route[1].startswith("/admin/")]
    assert len(operators) > 15
    for token in (agent.token, session["access_token"]):
        user = with_token(agent, token)
        assert [route for route in operators if not is_refusal(user.call(*route), 403)] == []


def test_every_operators_route_lets_the_operator_in(on_stage: Stage, routes: list[Route]) -> None:
    for method, path in routes:
        if path.startswith("/admin/"):
            answer = send(
                on_stage.operator,
                method,
                path,
                content=b"{",
                headers={"Authorization": f"Bearer {on_stage.operator.token}", "Last-Event-ID": "none"},
            )
            assert answer.status_code not in {401, 403}, (method, path)


@pytest.mark.parametrize("odd", ODD)
def test_err_03_no_odd_path_gives_500(on_stage: Stage, agent: Caller, routes: list[Route], odd: str) -> None:
    for method, path in routes:
        if "{" in path and method != "HEAD":
            caller = on_stage.operator if path.startswith("/admin/") else agent
            filled = "/".join(odd if part.startswith("{") else part for part in path.split("/"))
            answer = caller.call(method, filled)
            assert 400 <= answer.status_code < 500, (method, filled, answer.text)
            assert set(answer.json()) == {shape_of(answer.request.url.path)}
            assert answer.headers.get(CODE_HEADER) in DOCUMENTED, (method, filled, answer.status_code)


def test_err_01_a_method_that_a_path_does_not_have_is_405_and_the_others_are_named(
    agent: Caller, routes: list[Route]
) -> None:
    for path in {path for _, path in routes}:
        served = {method for method, other in routes if matches(other, path)}
        for method in METHODS:
            if method not in served:
                answer = agent.call(method, path)
                assert is_refusal(answer, 405), (method, path, answer.text)
                assert answer.headers[CODE_HEADER] == "method_not_allowed"
                assert set(answer.headers["allow"].split(", ")) == served, (method, path)


def matches(route: str, path: str) -> bool:
    """Whether a route's path takes another's: both start with the same parts, braces take any."""
    ours, theirs = route.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        one == other or (one.startswith("{") and one.endswith("}"))
        for one, other in zip(ours, theirs, strict=True)
    )


def test_err_01_a_path_that_is_not_served_is_404(agent: Caller, routes: list[Route]) -> None:
    served = {path.removeprefix(ROOT) for _, path in routes if path.startswith(ROOT)}
    for method, path in ((method, path.removeprefix(ROOT)) for method, path in routes):
        odds = (f"{path}/", f"{path}/nothing/at/all", f"/{path}", path.upper(), f"/x{path}")
        below = "" if path in served else API
        for odd in {*(f"{below}{odd}" for odd in odds), path, f"/api/v2{path}"} - served:
            answer = agent.call(method, f"http://platform{odd}")
            assert is_refusal(answer, 404), (method, odd, answer.status_code, answer.text)
            assert answer.headers[CODE_HEADER] == "not_found"


def test_err_04_a_body_that_is_no_json_is_422_with_its_code_and_place(
    on_stage: Stage, agent: Caller, routes: list[Route]
) -> None:
    seen = 0
    for path in (path for method, path in routes if method == "POST" and "{" not in path):
        caller = on_stage.operator if path.startswith("/admin/") else agent
        headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
        answer = send(caller, "POST", path, content=b'{"name":\n oops}', headers=headers)
        if answer.status_code == 422:
            (found,) = answer.json()["detail"]
            assert answer.headers[CODE_HEADER] == "invalid", path
            if found["type"] == "json_invalid":
                seen += 1
                assert found["msg"] == "the body is not valid JSON: look at line 2, column 2"
    assert seen > 5


def test_err_09_nothing_is_limited_to_a_rate(on_stage: Stage, agent: Caller) -> None:
    nobody = on_stage.public()
    for _ in range(150):
        assert agent.call("GET", "/strategies").status_code == 200
        assert nobody.call("GET", "/public/strategies").status_code == 200
        assert nobody.call("POST", "/auth/invite", {"invite_code": "wrong"}).status_code == 401
        assert with_token(agent, "wrong").call("GET", "/auth/me").status_code == 401


STORABLE: Final = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=100
)
MARKUP: Final = "<b>&amp;\"'`\\ %41 {0} $x -- ;\r\n\t\u202e\ufeff\u0301é 中文 \U0001f600 ' OR 1=1"


@tries(60)
@given(name=STORABLE, description=STORABLE)
def test_err_07_a_text_comes_back_as_it_was_sent(agent: Caller, name: str, description: str) -> None:
    comes_back(agent, name, description)


def test_err_07_markup_quotes_and_marks_of_direction_are_texts_like_others(agent: Caller) -> None:
    comes_back(agent, MARKUP, MARKUP)


def comes_back(agent: Caller, name: str, description: str) -> None:
    if agent.call("GET", "/strategies/unchanged").status_code == 404:
        agent.post("/strategies", {"name": "A", "slug": "unchanged"})
    texts = {"name": name, "description": description}
    answers = [
        agent.call("PATCH", "/strategies/unchanged", texts).json(),
        agent.get("/strategies/unchanged"),
        next(each for each in agent.get("/strategies")["strategies"] if each["slug"] == "unchanged"),
    ]
    assert [{field: answer[field] for field in texts} for answer in answers] == [texts] * 3
    key = agent.post("/billing/api-keys", {"name": name})
    assert key["name"] == name
    assert name in [each["name"] for each in agent.get("/billing/api-keys")["api_keys"]]
    assert agent.call("DELETE", f"/billing/api-keys/{key['id']}").status_code == 200


def test_err_07_a_reason_of_the_operator_comes_back_as_it_was_sent(on_stage: Stage) -> None:
    reason = MARKUP.strip()
    on_stage.operator.post("/admin/market/accept", {"date": "2024-01-02", "reason": reason})
    (accepted,) = on_stage.operator.get("/admin/market/coverage")["accepted"]
    assert accepted["reason"] == reason


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800", "\\udfff\\ud800"])
def test_err_07_what_cannot_be_stored_unchanged_is_422(agent: Caller, text: str) -> None:
    headers = {"Authorization": f"Bearer {agent.token}", "Content-Type": "application/json"}
    body = f'{{"name": "{text}"}}'.encode()
    for method, path in (("POST", "/billing/api-keys"), ("PATCH", "/strategies/unchanged")):
        assert send(agent, method, path, content=body, headers=headers).status_code == 422
