"""`/docs` shows the API in a browser that reaches nothing but this server."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from quantos.kit.clock import parse_instant
from tests.support.platforms import Stage, stage


class Links(HTMLParser):
    """Everything that a page has its browser load, and the scripts and styles that stand in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.inline: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.targets += [value or "" for name, value in attrs if name in {"src", "href", "action", "data"}]
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("docs") / "data"
    with stage(folder, parse_instant("2024-01-02T08:00+08:00")) as opened:
        yield opened


def get(on_stage: Stage, path: str) -> httpx.Response:
    caller = on_stage.public()
    return caller.runner.run(caller.http.get(f"http://platform{path}"))


def test_every_file_of_the_page_comes_from_this_server(on_stage: Stage) -> None:
    page = get(on_stage, "/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    targets = [target for target in Links(page.text).targets if target != "data:,"]
    assert [target for target in targets if ":" in target or target.startswith("/")] == []
    for target in targets:
        answer = get(on_stage, f"/{target}")
        assert answer.status_code == 200, target
        assert answer.headers["content-type"].split(";")[0] in {"text/javascript", "text/css"}
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert {target.rpartition("/")[2] for target in targets} == {
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "start.js",
    }


def test_the_root_leads_to_the_page_behind_a_prefix_too(on_stage: Stage) -> None:
    answer = get(on_stage, "/")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")
    assert (
        urljoin("https://proxy.example/quant/", answer.headers["location"])
        == "https://proxy.example/quant/docs"
    )


def test_it_starts_with_the_description_of_this_server_and_asks_nobody_to_validate_it(
    on_stage: Stage,
) -> None:
    start = get(on_stage, "/docs/start.js").text
    assert re.findall(r'url: "([^"]*)"', start) == ["openapi.json"]
    assert "validatorUrl: null" in start
    assert get(on_stage, "/openapi.json").status_code == 200


def test_the_policy_lets_the_page_reach_its_own_server_only(on_stage: Stage) -> None:
    page = get(on_stage, "/docs")
    assert Links(page.text).inline == []
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("img-src") == "'self' data:"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert {"script-src", "style-src", "connect-src", "base-uri", "frame-ancestors"} <= policy.keys()


@pytest.mark.parametrize("path", ["/redoc", "/docs/", "/docs/redoc.standalone.js", "/docs/../app.py"])
def test_nothing_else_is_served_beside_it(on_stage: Stage, path: str) -> None:
    answer = get(on_stage, path)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "there is nothing at this path: /openapi.json lists what there is"}


def test_the_page_is_no_part_of_the_api(on_stage: Stage) -> None:
    assert not [path for path in get(on_stage, "/openapi.json").json()["paths"] if "docs" in path]


def test_the_package_of_the_files_is_not_imported() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, quantos.app; print('fastapi_offline' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "False\n"
