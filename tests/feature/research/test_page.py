"""The Copilot's page in a real browser: Debian's chromium, without a window, against a served platform."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from quantos.app import Platform, build_app
from quantos.research.page_routes import FILES, FOLDER
from quantos.settings import Settings
from tests.feature.research.conftest import DAYS, START, SYMBOL, prices
from tests.support.platforms import made_up

WAIT_MS = 60_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Platform]]:
    platform = Platform.open(Settings(data_dir=tmp_path_factory.mktemp("page") / "data"), simulate=START)
    platform.start()
    platform.market.import_bars(
        made_up({(SYMBOL, day): row for day, row in zip(DAYS, prices(), strict=True)})
    )
    server = uvicorn.Server(uvicorn.Config(build_app(platform), port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", platform
    server.should_exit = True
    thread.join()
    platform.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "Debian's chromium is not here: ./install.sh --dev installs it"
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, served: tuple[str, Platform]) -> Iterator[Page]:
    """The page in English, its code written; whatever it reports as an error fails the test."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1400, "height": 900})
    opened, wrong, elsewhere = context.new_page(), [], []
    opened.set_default_timeout(WAIT_MS)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: elsewhere.append(request.url))
    opened.goto(f"{served[0]}/copilot")
    opened.fill("#ticker", SYMBOL)
    until(opened, f"document.getElementById('code').value.includes('{SYMBOL}')")
    yield opened
    assert wrong == []
    outside = [url for url in elsewhere if not url.startswith((served[0], "data:", "blob:"))]
    assert outside == []
    context.close()


def until(page: Page, expression: str) -> None:
    """The page's policy lets nothing be evaluated in it: it is asked from outside, again and again."""
    last = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < last, expression
        time.sleep(0.05)


def code_of(page: Page) -> str:
    return page.input_value("#code")


def test_a_rule_that_is_changed_changes_the_words_and_the_code_at_once(page: Page) -> None:
    page.fill("#entry .rule [name=lookback]", "33")
    until(page, "document.getElementById('code').value.includes('period=33')")
    assert "crosses above SMA(33)" in page.inner_text("#preview")
    page.click("#add-exit")
    until(page, "document.getElementById('code').value.includes('RSI_Safe')")
    page.fill("#entry .rule [name=lookback]", "0")
    page.wait_for_selector("#preview.wrong")
    assert "lookback" in page.inner_text("#preview")


def test_code_that_was_edited_is_not_overwritten_by_the_form(page: Page) -> None:
    page.fill("#code", "# mine\n" + code_of(page))
    assert page.is_visible("#edited")
    page.fill("#entry .rule [name=lookback]", "7")
    until(page, "document.getElementById('preview').textContent.includes('SMA(7)')")
    assert code_of(page).startswith("# mine\n")
    assert "period=7)" not in code_of(page)


def test_a_run_shows_figures_and_chart_that_are_the_apis(page: Page, served: tuple[str, Platform]) -> None:
    page.click("#run")
    page.wait_for_selector("#chart .main-svg")
    tiles = page.locator("#tiles .tile b").all_inner_texts()
    asked = {"strategy_code": code_of(page), "ticker": SYMBOL}
    answer = httpx.post(f"{served[0]}/backtest", json=asked, timeout=60, trust_env=False).json()
    assert tiles[:3] == [f"{answer[name]:,.2f}" for name in ("start_value", "end_value", "pnl")]
    drawn: Any = page.evaluate("document.getElementById('chart').data.map(trace => trace.type)")
    assert drawn == ["candlestick", "scatter", "scatter", "scatter", "scatter"]
    assert int(tiles[5]) > 1
    assert page.locator("#chart path.box").count() > 50


def test_a_refusal_is_shown_in_the_servers_words(page: Page) -> None:
    page.fill("#code", "import os\n" + code_of(page))
    page.click("#run")
    page.wait_for_selector("#message:not([hidden])")
    assert "import of os is not allowed" in page.inner_text("#message")


def test_a_sentence_becomes_code_that_is_explained(page: Page) -> None:
    page.fill("#sentence", "Buy when RSI(6) is below 25, sell when RSI(6) is above 80")
    page.click("#write")
    until(page, "document.getElementById('code').value.includes('period=6')")
    page.click("#explain")
    page.wait_for_selector("#explanation:not([hidden])")
    assert "RSI" in page.inner_text("#explanation")


def test_it_speaks_chinese_and_keeps_what_was_filled_in(page: Page) -> None:
    page.fill("#entry .rule [name=lookback]", "9")
    page.click("#language")
    assert page.inner_text("#run") == "回测"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.input_value("#entry .rule [name=lookback]") == "9"
    texts = page.evaluate("[Object.keys(TEXTS.en), Object.keys(TEXTS.zh)].map(keys => keys.sort().join())")
    assert texts[0] == texts[1]


def test_whoever_logs_in_saves_runs_and_stands_on_the_leaderboard(
    page: Page, served: tuple[str, Platform]
) -> None:
    page.click("#account")
    page.fill("#email", "page@example.com")
    page.click("#login-go")
    page.wait_for_selector("#otp-line:not([hidden])")
    waiting = served[1].accounts.otps.outbox().messages
    (message,) = [each for each in waiting if each.to == "page@example.com"]
    page.fill("#otp", re.findall(r"\b\d{6}\b", message.text)[0])
    page.click("#login-go")
    page.wait_for_selector("#login:not([open])", state="attached")
    page.on("dialog", lambda dialog: dialog.accept("<b>Mine</b>"))
    page.click("#save")
    page.wait_for_selector("#message.good")
    page.click("#run")
    page.wait_for_selector("#share:not([hidden])")
    page.click("#submit")
    until(page, "document.getElementById('message').textContent.includes('score')")
    page.click("#tab-board")
    page.wait_for_selector("#board-list td")
    cells = page.locator("#board-list td").all_inner_texts()
    assert cells[:3] == ["<b>Mine</b>", "page@example.com", "default"]
    page.click("#tab-saved")
    page.wait_for_selector("#saved-list td")
    assert page.locator("#saved-list td").all_inner_texts()[1] == "<b>Mine</b>"


def test_every_file_is_served_and_none_may_come_from_elsewhere(served: tuple[str, Platform]) -> None:
    with httpx.Client(base_url=served[0], trust_env=False) as http:
        for name in FILES:
            answer = http.get(f"/copilot/{name}")
            assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
        policy = http.get("/copilot").headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert {path.name for path in Path(FOLDER).iterdir()} == {*FILES, "index.html"}
    assert "MIT License" in (FOLDER / "plotly-LICENSE.txt").read_text()
