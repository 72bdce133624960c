"""`quantos appliance` where there is no engine and no container: one line, and what to do."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from quantos.cli.appliance import facts_of
from tests.feature.cli.conftest import Run, Said


@pytest.mark.parametrize(
    "command", [("status",), ("logs",), ("upgrade", "quantos:2"), ("rollback",)], ids=lambda c: c[0]
)
def test_an_engine_that_does_not_answer_is_said(run: Run, command: tuple[str, ...]) -> None:
    ended = run("appliance", *command, DOCKER_HOST="unix:///nowhere/docker.sock", PYTHONWARNINGS="")
    assert ended.code == 1
    assert "the Docker engine does not answer" in ended.err


def test_the_optional_part_that_is_missing_is_named(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    ended = said("appliance", "status")
    assert ended.code == 1
    assert "./install.sh --extra appliance" in ended.err


class Stopped:
    """What an engine tells of a container that has ended."""

    name = "quantos"
    attrs: dict[str, Any] = {  # noqa: RUF012 - never changed
        "State": {
            "Status": "exited",
            "StartedAt": "2026-11-20T01:00:00Z",
            "FinishedAt": "2026-11-21T01:00:00Z",
        },
        "Config": {"Image": "quantos-image:1", "Labels": {"quantos.place": "/opt/quantos"}},
        "HostConfig": {"PortBindings": {"8000/tcp": [{"HostIp": "", "HostPort": "80"}]}},
        "RestartCount": 3,
    }


def test_a_container_that_has_ended_has_no_memory_and_says_since_when() -> None:
    found = facts_of(Stopped())
    assert (found["state"], found["health"], found["memory_bytes"]) == ("exited", None, None)
    assert found["since"] == "2026-11-21T01:00:00Z"
    assert found["address"] == "http://0.0.0.0:80"
