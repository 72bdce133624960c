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
from tests.feature.research.test_backtest import with_next
from tests.support.platforms import made_up

WAIT_MS = 60_000
OTHER = "600002.SH"
STUCK = with_next("if len(self) == 5:", "    while True: pass")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Platform]]:
    platform = Platform.open(Settings(data_dir=tmp_path_factory.mktemp("page") / "data"), simulate=START)
    platform.start()
    for symbol, seed in ((SYMBOL, 3), (OTHER, 4)):
        rows = {(symbol, day): row for day, row in zip(DAYS, prices(seed), strict=True)}
        platform.market.import_bars(made_up(rows))
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


def logged_in(page: Page, served: tuple[str, Platform], email: str) -> str:
    """By the code of an e-mail; the token."""
    page.click("#account")
    page.fill("#email", email)
    page.click("#login-go")
    page.wait_for_selector("#otp-line:not([hidden])")
    waiting = served[1].accounts.otps.outbox().messages
    (message,) = [each for each in waiting if each.to == email]
    page.fill("#otp", re.findall(r"\b\d{6}\b", message.text)[0])
    page.click("#login-go")
    page.wait_for_selector("#login:not([open])", state="attached")
    return str(page.evaluate("sessionStorage.getItem('copilot.token')"))


def api(served: tuple[str, Platform], token: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{served[0]}/api/v1{path}", headers=headers, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cells(page: Page, place: str) -> list[str]:
    return page.locator(f"{place} td").all_inner_texts()


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
    logged_in(page, served, "page@example.com")
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


def test_a_research_backtest_is_asked_for_followed_and_shown_as_the_api_has_it(
    page: Page, served: tuple[str, Platform]
) -> None:
    token = logged_in(page, served, "research@example.com")
    page.click("#tab-research")
    page.wait_for_selector("#study-list .empty")
    filled = {
        "name": "<i>long</i>", "tickers": f"{SYMBOL.lower()}, {OTHER}", "start": "2023-02-01", "end": "2023-11-30",
        "initial_capital": "500000", "commission_rate": "0.001", "minimum_commission": "5", "slippage_rate": "0",
    }  # fmt: skip
    for name, value in filled.items():
        page.fill(f"#study [name={name}]", value)
    page.select_option("#study [name=universe]", "csi500")
    page.click("#study-run")
    page.wait_for_selector("#study-result:not([hidden]) .main-svg")
    (asked,) = api(served, token, "/research/backtests")["backtests"]
    wanted = {
        **filled, "tickers": [SYMBOL, OTHER], "universe": "csi500", "initial_capital": 500_000,
        "commission_rate": 0.001, "minimum_commission": 5.0, "slippage_rate": 0.0, "status": "finished",
    }  # fmt: skip
    assert {name: asked[name] for name in wanted} == wanted
    found = api(served, token, f"/research/backtests/{asked['id']}")
    assert found["strategy_code"] == code_of(page)
    metrics, totals = found["result"]["metrics"], found["result"]["totals"]
    tiles = dict(each.inner_text().split("\n")[:2] for each in page.locator("#study-tiles .tile").all())
    assert tiles["At the end"] == f"{totals['end_value']:,.2f}"
    assert tiles["Return"] == f"{100 * metrics['total_return']:+.2f} %"
    assert tiles["Sharpe"] == f"{metrics['sharpe']:.2f}"
    assert tiles["Benchmark"] == "\u2013"  # a dash: no bars of an index here
    assert tiles["Costs"] == f"{totals['costs']:,.2f}"
    assert (tiles["Fills"], tiles["Trading days"]) == (str(totals["trades"]), str(metrics["trading_days"]))
    assert totals["trades"] > 1
    drawn: Any = page.evaluate("document.getElementById('study-chart').data[0].y")
    assert drawn == [each["value"] for each in found["result"]["equity"]]
    axes: Any = page.evaluate(
        "['xaxis', 'yaxis'].map(it => document.getElementById('study-chart')._fullLayout[it].type)"
    )
    assert axes == ["date", "linear"]
    above, below = (
        page.locator(place).bounding_box() for place in ("#study-chart .main-svg >> nth=0", "#study-trades")
    )
    assert above and below
    assert above["y"] + above["height"] <= below["y"] + 1
    assert len(cells(page, "#study-trades")) == 6 * totals["trades"]
    assert cells(page, "#study-list")[:2] == ["<i>long</i>", "finished"]
    page.click("#language")
    until(page, "document.querySelector('#study-list td:nth-child(2)').textContent === '已完成'")
    assert "夏普" in page.inner_text("#study-tiles")


def test_how_far_a_research_backtest_is_is_seen_and_it_is_cancelled(
    page: Page, served: tuple[str, Platform]
) -> None:
    logged_in(page, served, "slow@example.com")
    page.fill("#code", STUCK)
    page.click("#tab-research")
    page.fill("#study [name=tickers]", SYMBOL)
    page.click("#study-run")
    until(page, "document.querySelector('#study-list progress')?.value === 4")
    assert cells(page, "#study-list")[1].strip() == f"4 / {len(DAYS)}"
    page.locator("#study-list button", has_text="Cancel").click()
    until(page, "document.querySelector('#study-list td:nth-child(2)')?.textContent === 'cancelled'")
    assert page.locator("#study-list progress").count() == 0
    assert page.is_hidden("#study-result")


def test_what_a_research_backtest_is_refused_for_is_said(page: Page, served: tuple[str, Platform]) -> None:
    page.click("#tab-research")
    page.click("#study-run")
    page.wait_for_selector("#login[open]")  # whoever is not logged in is asked to
    page.click("#login button[value=cancel]")
    logged_in(page, served, "refused@example.com")
    page.fill("#study [name=tickers]", "RELIANCE.NS")
    page.click("#study-run")
    page.wait_for_selector("#message:not([hidden])")
    assert "RELIANCE.NS" in page.inner_text("#message")
    page.fill("#study [name=tickers]", SYMBOL)
    page.fill("#study [name=commission_rate]", "a lot")
    page.click("#study-run")
    until(page, "document.getElementById('message').textContent.includes('commission_rate')")
    page.fill("#study [name=commission_rate]", "0")
    page.click("#tab-build")
    page.fill("#code", with_next("1 / 0"))
    page.click("#tab-research")
    page.click("#study-run")
    until(page, "document.getElementById('study-list').textContent.includes('ZeroDivisionError')")
    assert cells(page, "#study-list")[1].startswith("failed: ")


def test_a_saved_strategy_is_tracked_and_its_days_are_seen(page: Page, served: tuple[str, Platform]) -> None:
    token = logged_in(page, served, "deploy@example.com")
    page.on("dialog", lambda dialog: dialog.accept("My Cross!"))
    page.click("#save")
    page.wait_for_selector("#message.good")
    page.click("#tab-saved")
    page.locator("#saved-list button", has_text="Track it").click()
    assert page.input_value("#deployment [name=slug]") == "my-cross"
    page.click("#deploy-go")  # without the first of its bars
    until(page, "document.getElementById('deploy-message').textContent.startsWith('start: ')")
    page.fill("#deployment [name=start]", "2023-06-01")
    page.fill("#deployment [name=initial_capital]", "300000")
    page.uncheck("#deployment [name=is_public]")
    page.click("#deploy-go")
    page.wait_for_selector("#deployed-list td")
    assert cells(page, "#deployed-list") == ["my-cross", "pending", SYMBOL, "2023-06-01"]
    assert page.inner_text("#message") == "Tracked as my-cross"
    (deployed,) = api(served, token, "/research/deployments")["deployments"]
    (tracked,) = api(served, token, "/strategies")["strategies"]
    assert (deployed["slug"], deployed["tickers"], deployed["start"]) == ("my-cross", [SYMBOL], "2023-06-01")
    assert (tracked["name"], tracked["initial_capital"], tracked["is_public"]) == (
        "My Cross!",
        300_000,
        False,
    )
    page.locator("#saved-list button", has_text="Track it").click()
    page.fill("#deployment [name=start]", "2023-06-01")
    page.click("#deploy-go")  # its slug is taken
    until(page, "document.getElementById('deploy-message').textContent.includes('my-cross')")
    page.click("#deploy button[value=cancel]")
    operator = {"Authorization": f"Bearer {served[1].accounts.operator_token()}"}
    moved = httpx.post(
        f"{served[0]}/api/v1/admin/clock", json={"now": "2024-01-02T09:05:00+08:00"}, headers=operator,
        timeout=60, trust_env=False,
    )  # fmt: skip
    assert moved.status_code == 200, moved.text
    page.locator("#deployed-list button").click()
    page.wait_for_selector("#deployed-days td")
    assert cells(page, "#deployed-days")[:2] == ["2024-01-02", "signalled"]


def test_every_file_is_served_and_none_may_come_from_elsewhere(served: tuple[str, Platform]) -> None:
    with httpx.Client(base_url=served[0], trust_env=False) as http:
        for name in FILES:
            answer = http.get(f"/copilot/{name}")
            assert (answer.status_code, answer.content) == (200, (FOLDER / name).read_bytes())
        policy = http.get("/copilot").headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert {path.name for path in Path(FOLDER).iterdir()} == {*FILES, "index.html"}
    assert "MIT License" in (FOLDER / "plotly-LICENSE.txt").read_text()
