"""Every call of docs/operator.md is made as it stands, and answers in the form that is shown; its tables are whole."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import httpx
import pytest

from quantos.admin.core import alarms
from quantos.admin.trail import Action
from tests.docs.documents import DOCS
from tests.support.backed_up import DAYS, START, begun, play
from tests.support.platforms import Stage, stage
from tests.support.sse import Listening

GUIDE: Final = (DOCS / "operator.md").read_text()
BLOCK: Final = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


EVENTS: Final = 10
"""At least so many have happened there."""


class Example(NamedTuple):
    """A curl command and the answer shown below it, if any."""

    command: str
    answer: Any


def examples() -> list[Example]:
    found: list[Example] = []
    for kind, text in BLOCK.findall(GUIDE):
        if kind == "json":
            found[-1] = Example(found[-1].command, json.loads(text))
        else:
            lines = text.replace("\\\n", " ").splitlines()
            found += [Example(line, None) for line in lines if line.startswith("curl ")]
    return found


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("guide") / "data"
    with stage(folder, START) as opened:
        agent = begun(opened)
        play(opened, agent, "alpha", 0, 2)
        opened.clock_to(DAYS[2], "08:30:00")
        agent.post("/tickets", {"title": "no NAV", "category": "data"})
        user = agent.get("/auth/me")["id"]
        assert opened.operator.call("PATCH", f"/admin/users/{user}", {"tier": "licensed"}).status_code == 200
        yield opened


def filled(command: str, on: Stage) -> list[str]:
    """The words of a command, its variables replaced as a shell would."""
    values = {
        "TOKEN": on.operator.token,
        "ADMIN": "http://platform/api/v1/admin",
        "USER_ID": on.operator.get("/admin/users")["users"][0]["id"],
        "TICKET_ID": on.operator.get("/admin/tickets")["tickets"][0]["id"],
        "FOLDER": str(on.platform.directory.path.parent),
    }
    return [re.sub(r"\$(\w+)", lambda name: values[name[1]], word) for word in shlex.split(command)]


def sent(words: list[str], on: Stage) -> httpx.Response:
    """What curl would send: -s and -N are its own business."""
    method, headers, body, url = "GET", {}, None, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(rest)
        elif word.startswith("http"):
            url = word
        else:
            assert word in {"-s", "-sN"}, word
    return on.operator.runner.run(on.operator.http.request(method, url, headers=headers, content=body))


def form(value: Any) -> Any:
    """The names of the fields, and of a list its first item's."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return None


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.command[-40:])
def test_a_call_of_the_guide_answers_as_it_is_shown(on: Stage, example: Example) -> None:
    words = filled(example.command, on)
    if "-sN" in words:
        follow(words, on)
        return
    answer = sent(words, on)
    assert answer.is_success, answer.text
    if example.answer is not None:
        assert form(answer.json()) == form(example.answer)


def follow(words: list[str], on: Stage) -> None:
    async def story() -> Listening:
        transport: Any = on.operator.http._transport
        reader = await Listening(transport.app, on.operator.token, query=words[-1].partition("?")[2]).open()
        await reader.read(EVENTS)
        await reader.leave()
        return reader

    reader = on.operator.runner.run(story())
    assert reader.status == 200
    assert {"operator_changed", "run_finished", "day_settled"} <= {event.kind for event in reader.events}


def test_the_guide_has_examples() -> None:
    assert len(examples()) > 15
    assert sum(example.answer is not None for example in examples()) >= 3


def table(section: str) -> list[str]:
    """The names in the first column of a section's table."""
    text = GUIDE.split(f"## {section}\n")[1].split("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_alarm_is_explained() -> None:
    source = Path(alarms.__file__).read_text()
    raised = set(re.findall(r'Alarm\(\s*f?"(\w+)', source))
    assert {code.rstrip("…") for code in table("Alarms")} == raised


def test_every_action_of_the_audit_is_explained() -> None:
    assert table("What was changed") == list(get_args(Action))
