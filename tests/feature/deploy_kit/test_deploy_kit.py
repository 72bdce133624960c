"""`/deploy-kit/` and `/guides/private-deploy`: what is served, to anyone, and what is not."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from quantos.kit.deploy_kit import add_deploy_kit
from tests.support.applications import application

ROOT = Path(__file__).parents[3]
KIT = {
    "Caddyfile": "deploy-kit",
    "compose.yaml": "deploy-kit",
    "fingerprint.bat": "deploy-kit",
    "fingerprint.sh": ".",
    "install.sh": ".",
    "nginx.conf": "deploy-kit",
    "private-deploy.en.md": "deploy-kit/guides",
    "private-deploy.zh.md": "deploy-kit/guides",
    "quantos-backup.service": "deploy-kit",
    "quantos-backup.timer": "deploy-kit",
    "quantos.service": "deploy-kit",
}
"""Name as served, and the folder of the checkout that holds it."""


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.titles: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._open = tag
        if "id" in found:
            self.anchors.add(found["id"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")

    def handle_data(self, data: str) -> None:
        if self._open == "h1":
            self.titles.append(data)
        self._open = ""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "quantos-amd64.tar.gz").write_bytes(b"an image")
    (folder / "SHA256SUMS").write_text("sums\n")
    (folder / "notes.txt").write_text("not for everyone\n")
    return folder


@pytest.fixture
def client(images: Path) -> httpx.AsyncClient:
    app = application()
    add_deploy_kit(app, images)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://platform", follow_redirects=True
    )


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("name", KIT)
async def test_a_file_of_the_kit_is_served_byte_by_byte(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/deploy-kit/{name}")
    assert answer.status_code == 200
    assert answer.content == (ROOT / KIT[name] / name).read_bytes()


async def test_the_kit_lists_its_files_and_the_images_that_are_there(client: httpx.AsyncClient) -> None:
    for path in ("/deploy-kit", "/deploy-kit/"):
        links = Page((await client.get(path)).text).links
        files = {link for link in links if not link.startswith("../")}
        assert files == {*KIT, "images/quantos-amd64.tar.gz", "images/SHA256SUMS"}


async def test_every_link_of_the_kit_and_of_the_guides_leads_somewhere(client: httpx.AsyncClient) -> None:
    for start in ("/deploy-kit/", "/guides/private-deploy", "/guides/private-deploy?lang=en"):
        page = Page((await client.get(start)).text)
        assert page.links
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.anchors
            elif not link.startswith("https://"):
                target = httpx.URL(f"http://platform{start}").join(link)
                assert (await client.get(target)).status_code == 200, link


async def test_an_image_is_served_under_its_name(client: httpx.AsyncClient) -> None:
    answer = await client.get("/deploy-kit/images/quantos-amd64.tar.gz")
    assert (answer.content, answer.headers["content-type"]) == (b"an image", "application/gzip")


@pytest.mark.parametrize(
    "path",
    [
        "/deploy-kit/images/quantos-arm64.tar.gz",  # not placed there
        "/deploy-kit/images/notes.txt",
        "/deploy-kit/images/..%2f..%2fetc%2fpasswd",
        "/deploy-kit/..%2fpyproject.toml",
        "/deploy-kit/pyproject.toml",
        "/deploy-kit/guides",
        "/guides/private-deploy?lang=fr",
        "/guides/private-deploy?lang=../../README",
        "/guides/another",
    ],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


async def test_the_guide_is_chinese_unless_english_is_asked_for(client: httpx.AsyncClient) -> None:
    chinese, english = [
        (await client.get(f"/guides/private-deploy{query}")).text for query in ("", "?lang=en")
    ]
    assert Page(chinese).titles == ["私有化部署指南"]
    assert Page(english).titles == ["Private deployment"]
    assert '<html lang="zh">' in chinese
    assert '<html lang="en">' in english


async def test_the_guide_begins_with_a_list_of_all_its_sections(client: httpx.AsyncClient) -> None:
    for lang in ("zh", "en"):
        text = (ROOT / f"deploy-kit/guides/private-deploy.{lang}.md").read_text()
        titles = [line.lstrip("# ") for line in text.splitlines() if line.startswith(("## ", "### "))]
        page = (await client.get(f"/guides/private-deploy?lang={lang}")).text
        contents = page.partition("<nav")[2].partition("</nav>")[0]
        assert [part.partition("</a>")[0].partition('">')[2] for part in contents.split("<a ")[1:]] == titles
        assert page.index("<nav") < page.index("<h2")


async def test_both_guides_have_the_same_sections_and_commands(client: httpx.AsyncClient) -> None:
    def shape(lang: str) -> list[str]:
        text = (ROOT / f"deploy-kit/guides/private-deploy.{lang}.md").read_text()
        return [line.partition(" ")[0] for line in text.splitlines() if line.startswith(("#", "```"))]

    assert shape("zh") == shape("en")


async def test_a_browser_runs_nothing_and_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/guides/private-deploy")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
