"""`/guides/`: the documents that messages name, served where no checkout is."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from quantos.kit.deploy_kit import add_deploy_kit
from quantos.kit.handbook import PAGES, add_handbook
from tests.feature.deploy_kit.test_deploy_kit import Page
from tests.support.applications import application

ROOT = Path(__file__).parents[3]
SHIPPED = ("quantos", "tui", "licensing", "strategy_worker")
INTERNAL = {"architecture", "benchmarks", "reliability", "requirements"}
"""On how the platform is built, for those who have the checkout."""

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    app = application()
    add_deploy_kit(app, tmp_path)
    add_handbook(app)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://platform", follow_redirects=True)


def shipped_texts() -> dict[Path, str]:
    files = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / "install.sh", *(ROOT / "deploy-kit").rglob("*.*")]
    return {path: path.read_text(encoding="utf-8") for path in files}


def test_every_document_is_served_or_is_about_how_the_platform_is_built() -> None:
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} == {*PAGES} | INTERNAL


async def test_what_a_message_refers_to_is_served(client: httpx.AsyncClient) -> None:
    named = {name for text in shipped_texts().values() for name in re.findall(r"(/guides/[a-z-]+)", text)}
    assert "/guides/attestation" in named
    for path in named:
        assert (await client.get(path)).status_code == 200, path


def test_no_message_sends_a_reader_to_a_file_of_the_checkout() -> None:
    """A docstring and a comment may: who reads them has it."""
    said = re.compile(r"""^[^#\n]*["'].*docs/[a-z-]+\.md""", re.MULTILINE)
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path, text in shipped_texts().items()
        for line in said.findall(text)
        if '"""' not in line
    }
    assert found == set()


async def test_every_link_of_every_page_leads_somewhere(client: httpx.AsyncClient) -> None:
    for start in ("/guides", *(f"/guides/{name}" for name in PAGES)):
        answer = await client.get(start)
        page = Page(answer.text)
        assert len(page.titles) == 1
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.anchors
            elif not link.startswith("https://") and link != "../docs":
                assert (await client.get(answer.url.join(link))).status_code == 200, (start, link)


async def test_a_link_to_a_page_that_is_not_served_is_its_words(client: httpx.AsyncClient) -> None:
    assert "decisions/0008" in (ROOT / "docs/api.md").read_text()
    page = (await client.get("/guides/api")).text
    assert "decisions/0008" not in page.replace("<code>", "")
    assert page.count("<a ") == page.count("</a>")


async def test_the_list_names_every_page_by_its_title(client: httpx.AsyncClient) -> None:
    page = (await client.get("/guides/")).text
    for name in PAGES:
        title = (ROOT / f"docs/{name}.md").read_text().splitlines()[0].removeprefix("# ")
        assert f'<a href="{name}">{title}</a>' in page


@pytest.mark.parametrize(
    "path",
    ["/guides/requirements", "/guides/..%2fREADME", "/guides/attestation.md", "/guides/examples/..%2fapi.md"],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_an_example_is_served_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/guides/examples/daily_loop.py")
    assert answer.content == (ROOT / "docs/examples/daily_loop.py").read_bytes()
