"""What a platform does with its own licence: the gate, the marks, the operator's calls. By the system's time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from licensing.document import parse
from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from quantos.storage.restore import verify as verify_backup
from tests.feature.license.asking import HERE, PUBLIC_PEM, TRUSTS, Hands, put
from tests.support.platforms import Caller, Stage, made_up, stage
from tests.unit.licensing.makers import STRANGER, licence, public

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
A = "600001.SH"
DAYS = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 6))
BARS = {(A, day): (10.0, 10.0, 10.0, 1_000_000) for day in DAYS}
START = parse_instant("2024-03-01T08:00+08:00")
SIGNALS = {"trade_date": DAYS[2].isoformat(), "signals": [{"symbol": A, "weight": 0.5}]}


@pytest.fixture
def clock() -> Hands:
    return Hands(NOW)


@pytest.fixture
def on(tmp_path: Path, clock: Hands) -> Iterator[Stage]:
    """A strategy with a settled day, on a platform that has no licence yet; made at NOW by the system's time."""
    folder = tmp_path / "data"
    with stage(folder, START, **TRUSTS) as opened:
        standing = opened.platform.standing
        made = {"first_seen": NOW.isoformat(), "highest_seen": NOW.isoformat(), "licensed": False}
        (folder / "license-memory.json").write_text(
            json.dumps({**made, "failing_since": None, "newest_issue": None})
        )
        standing._memory = standing._look = None  # as if it had been made at NOW
        standing.system = clock
        opened.platform.market.import_bars(made_up(BARS))
        yield opened


@pytest.fixture
def agent(on: Stage) -> Caller:
    caller = on.agent()
    caller.post("/strategies", {"name": "One", "slug": "one", "initial_capital": 100_000})
    on.submit(caller, "one", DAYS[0], {A: 0.5})
    on.clock_to(DAYS[1], "08:00")
    return caller


def everything_new(caller: Caller) -> dict[str, httpx.Response]:
    """Each kind of submission, as the guide names them."""
    factor = caller.get("/factors")["factors"][0]["id"]
    curve = {"records": [{"date": "2020-01-02", "nav": 1.0}, {"date": "2020-01-03", "nav": 1.1}]}
    return {
        "a strategy": caller.call("POST", "/strategies", {"name": "Two", "slug": "two"}),
        "a signal": caller.call("POST", "/strategies/one/signals", SIGNALS),
        "a check": caller.call("POST", "/strategies/one/signals", SIGNALS, validate_only=True),
        "a claim": caller.call("PUT", "/strategies/one/claimed", curve),
        "a factor": caller.call("POST", "/factors", {"name": "Momentum", "universe": "hs300"}),
        "values": caller.call("POST", f"/factors/{factor}/values", {"values": {"2024-02-29": {A: 1.0}}}),
        "a validation": caller.call("POST", f"/factors/{factor}/submit"),
    }


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and answer.headers["QuantOS-Error-Code"] == "license_restricted"


def standing(on: Stage) -> dict[str, Any]:
    found: dict[str, Any] = on.operator.get("/admin/license")
    return found


def test_an_evaluation_takes_everything_in_and_then_nothing_new(
    on: Stage, agent: Caller, clock: Hands
) -> None:
    agent.post("/factors", {"name": "Value", "universe": "hs300"})
    assert not any(map(is_refused, everything_new(agent).values()))
    clock.at = NOW + timedelta(days=30)
    answers = everything_new(agent)
    assert [what for what, answer in answers.items() if not is_refused(answer)] == []
    assert "the evaluation is over" in answers["a signal"].json()["detail"]
    backfill = {"signals": [{"trade_date": "2024-02-29", "signals": []}]}
    assert is_refused(on.operator.call("POST", "/admin/strategies/one/backfill", backfill))


def test_a_simulated_clock_neither_ends_the_evaluation_nor_lengthens_it(
    on: Stage, agent: Caller, clock: Hands
) -> None:
    before = standing(on)["until"]
    on.clock_to(date(2024, 4, 12), "08:00")  # six weeks of the simulation
    assert (standing(on)["mode"], standing(on)["until"]) == ("evaluation", before)
    assert not is_refused(agent.call("POST", "/strategies", {"name": "Two", "slug": "two"}))
    clock.at = NOW + timedelta(days=30)  # a month of the system's time, in which the simulation stands still
    assert is_refused(agent.call("POST", "/strategies", {"name": "Three", "slug": "three"}))


def test_what_exists_is_settled_read_exported_backed_up_and_verified_all_the_same(
    on: Stage, agent: Caller, clock: Hands, tmp_path: Path
) -> None:
    clock.at = NOW + timedelta(days=300)
    before = on.navs("one")
    on.clock_to(DAYS[-1], "19:00")
    assert len(on.navs("one")) == len(before) + len(DAYS) - 1
    assert on.public().get("/public/strategies/one/verify", date=str(DAYS[-1]))["trade_date"] == str(DAYS[-1])
    assert agent.get("/strategies/one/signals")["signals"]
    file = tmp_path / "backup.zip"
    on.operator.post("/admin/backups", {"path": str(file)})
    assert verify_backup(file).strategies == 1
    for method, path, body in (
        ("PATCH", "/strategies/one", {"status": "paused"}),
        ("POST", "/tickets", {"category": "data", "title": "t", "description": "d"}),
        ("POST", "/billing/api-keys", {"name": "another"}),
        ("POST", "/deploy/license-request", {"customer": "Acme", "fingerprint": HERE}),
        ("DELETE", "/strategies/one", None),
    ):
        assert agent.call(method, path, body).is_success, path


def test_portfolios_signal_nothing_by_themselves_while_nothing_new_is_taken_in(on: Stage) -> None:
    def outcome() -> dict[str, Any]:
        found: dict[str, Any] = on.operator.post("/admin/jobs/portfolio_signal_generation/run")
        return found

    on.clock_to(DAYS[0], "09:00")
    on.platform.standing.file.write_bytes(b"{}")
    restricted = outcome()
    assert restricted["state"] == "skipped"
    assert "no new submissions are taken" in restricted["detail"]["reason"]
    put(on)
    assert outcome()["detail"]["portfolios"] == 0


def test_an_expired_licence_takes_submissions_for_fourteen_days_with_a_warning_everywhere(
    on: Stage, agent: Caller, clock: Hands
) -> None:
    put(on, expires=NOW.date())
    clock.at = NOW + timedelta(days=14)
    answer = agent.call("POST", "/strategies/one/signals", SIGNALS)
    assert answer.status_code == 201
    for path in ("/strategies", "/public/strategies", "/nowhere"):
        said = agent.call("GET", path).headers["QuantOS-License-Warning"]
        assert said == "the licence has expired: new submissions are taken until 2026-12-10 Shanghai time"
    assert [each["code"] for each in on.operator.get("/admin/overview")["alarms"]].count("license_grace") == 1
    clock.at = NOW + timedelta(days=15)
    assert is_refused(agent.call("POST", "/strategies/one/signals", SIGNALS))
    assert "license_restricted" in [each["code"] for each in on.operator.get("/admin/overview")["alarms"]]


def test_a_tampered_licence_takes_nothing_new_with_the_reason(on: Stage, agent: Caller) -> None:
    file = put(on)
    file.write_bytes(file.read_bytes().replace(b'"max_cores": 8', b'"max_cores": 9'))
    answer = agent.call("POST", "/strategies/one/signals", SIGNALS)
    assert is_refused(answer)
    assert "license.json is not as the vendor signed it" in answer.json()["detail"]
    found = standing(on)
    assert (found["mode"], found["why"], found["edition"]) == ("restricted", "tampered", "none")
    assert "a field was changed after it was signed" in found["reasons"][0]


def test_a_renewal_dropped_in_is_taken_with_the_next_call_without_a_restart(
    on: Stage, agent: Caller, clock: Hands
) -> None:
    clock.at = NOW + timedelta(days=40)
    assert is_refused(agent.call("POST", "/strategies/one/signals", SIGNALS))
    put(on)
    assert agent.call("POST", "/strategies/one/signals", SIGNALS).status_code == 201


def test_a_refused_submission_is_done_after_the_renewal_under_the_same_key(
    on: Stage, agent: Caller, clock: Hands
) -> None:
    headers = {"Authorization": f"Bearer {agent.token}", "Idempotency-Key": "signal-of-the-day-1"}

    def send() -> httpx.Response:
        path = "/strategies/one/signals"
        return agent.runner.run(agent.http.post(path, json=SIGNALS, headers=headers))

    clock.at = NOW + timedelta(days=40)
    assert is_refused(send())
    put(on)
    assert send().status_code == 201
    on.platform.standing.file.unlink()
    clock.at = NOW + timedelta(days=60)
    again = send()  # it was done: to ask for its answer again submits nothing
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")


@pytest.mark.usefixtures("agent")
def test_every_page_says_of_which_edition_it_is_unless_it_is_standard(on: Stage) -> None:
    paths = ("/public/strategies", "/public/strategies/one/track-record", "/calendar", "/nowhere")
    pages = [*paths, "http://platform/docs", "http://platform/openapi.json", "http://platform/llms.txt"]

    def said() -> set[str | None]:
        return {on.public().call("GET", page).headers.get("QuantOS-Edition") for page in pages}

    assert said() == {"evaluation"}
    put(on)
    assert said() == {"test"}
    on.platform.standing.trust._accepted = None
    on.platform.standing.trust._test_key = ""
    on.platform.standing._look = None
    assert said() == {"none"}
    on.platform.standing.trust._accepted = on.platform.standing.trust._read()._replace(keys=(_vendor(),))
    on.platform.standing._look = None
    assert said() == {None}


PAGES = ("/docs", "/deploy-kit/", "/guides/private-deploy", "/guides/private-deploy?lang=en")


def shown_on(on: Stage, page: str) -> str | None:
    """The line at the head of a page, as a reader sees it."""
    answer = on.public().call("GET", f"http://platform{page}")
    assert answer.status_code == 200
    found = re.search('<body>\n<p role="note" lang="(?:en|zh)"><mark>(.*?)</mark></p>\n', answer.text)
    assert found or "<mark>" not in answer.text
    return found and found.group(1)


def test_every_page_for_people_shows_the_edition_until_a_standard_licence_holds(
    on: Stage, clock: Hands
) -> None:
    def all_shown() -> list[str | None]:
        return [shown_on(on, page) for page in PAGES]

    day = "2026-12-25 12:00"
    evaluation = f"QuantOS evaluation edition · evaluation until {day} Shanghai time: no licence is installed"
    in_chinese = f"QuantOS 评估版 · 未安装许可证，有效至 {day}（上海时间）"
    assert all_shown() == [evaluation, evaluation, in_chinese, evaluation]
    trust = on.platform.standing.trust
    trust._test_key, trust._accepted = "", trust._read()._replace(keys=(_vendor(),))
    put(on, expires=date(2026, 12, 1))
    assert all_shown() == [None, None, None, None]
    clock.at = datetime(2026, 12, 3, tzinfo=UTC)
    lapsed = "the licence has expired: new submissions are taken until 2026-12-16 Shanghai time"
    in_chinese = "QuantOS 正式版 · 许可证已到期：新的提交接受至 2026-12-16（上海时间）"
    assert all_shown() == [f"QuantOS standard edition · {lapsed}"] * 2 + [
        in_chinese,
        f"QuantOS standard edition · {lapsed}",
    ]
    clock.at = datetime(2026, 12, 30, tzinfo=UTC)
    assert shown_on(on, PAGES[2]) == "QuantOS 正式版 · 许可证已到期：不再接受新的提交"


def test_a_test_licence_is_shown_as_one(on: Stage) -> None:
    put(on)
    said = shown_on(on, "/docs")
    assert said is not None
    assert said.startswith("QuantOS test edition · the licence holds")
    assert (shown_on(on, PAGES[2]) or "").startswith("QuantOS 测试版 · 许可证有效")


def _vendor() -> Any:
    from licensing.keys import public_key  # noqa: PLC0415

    return public_key(PUBLIC_PEM.encode())


@pytest.mark.usefixtures("agent")
def test_a_mark_stands_beside_what_is_attested_and_changes_no_digest(on: Stage) -> None:
    def package() -> dict[str, Any]:
        found: dict[str, Any] = on.public().get("/public/strategies/one/verify")
        return found

    def record() -> dict[str, Any]:
        found: dict[str, Any] = on.public().get("/public/strategies/one/track-record")
        return found

    of_evaluation, record_of_evaluation = package(), record()
    put(on)
    licensed, record_licensed = package(), record()
    assert (of_evaluation.pop("edition"), licensed.pop("edition")) == ("evaluation", "test")
    assert (record_of_evaluation.pop("edition"), record_licensed.pop("edition")) == ("evaluation", "test")
    assert of_evaluation == licensed
    assert record_of_evaluation == record_licensed
    assert licensed["data_provenance"]["snapshot_sha256"]


def test_the_operator_sees_the_whole_judgement(on: Stage) -> None:
    found = standing(on)
    assert (found["mode"], found["why"], found["edition"]) == ("evaluation", "none", "evaluation")
    assert (found["license"], found["steps"]) == (None, [])
    assert found["machine"]["fingerprint"] == HERE
    assert parse_instant(found["until"]) == NOW + timedelta(days=30)
    put(on)
    found = standing(on)
    assert (found["mode"], found["why"], found["edition"]) == ("licensed", "valid", "test")
    assert [step["holds"] for step in found["steps"]] == [True] * 8
    assert found["license"]["customer"] == "Acme 量化 Corp"
    assert found["license"]["edition"] == "standard"  # its own word; what counts stands above
    assert found["accepted_keys"] == [{"key_id": public(_vendor_private()).id, "test": True}]
    shown = on.operator.get("/admin/overview")
    assert (shown["edition"], shown["license"]["mode"]) == ("test", "licensed")


def _vendor_private() -> Any:
    from tests.unit.licensing.makers import VENDOR  # noqa: PLC0415

    return VENDOR


def send_file(on: Stage, content: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {on.operator.token}", "Content-Type": "application/json"}
    return on.operator.runner.run(on.operator.http.put("/admin/license", content=content, headers=headers))


def test_a_licence_is_installed_to_the_byte_and_noted_in_the_audit(on: Stage) -> None:
    content = licence(fingerprint=HERE)
    answer = send_file(on, content)
    assert (answer.status_code, answer.json()["mode"]) == (200, "licensed")
    assert on.platform.standing.file.read_bytes() == content
    (row,) = on.operator.get("/admin/audit", action="license_installed")["audit"]
    assert (row["target"], row["state"], row["before"]) == ("lic-0001", "done", None)
    assert row["after"]["expires"] == "2027-11-21"


@pytest.mark.parametrize("layout", [{"indent": None}, {"sort_keys": False}, {"ensure_ascii": True}])
def test_json_in_another_layout_is_brought_into_the_one_form(on: Stage, layout: dict[str, Any]) -> None:
    content = licence(fingerprint=HERE)
    fields = dict(reversed(json.loads(content).items()))
    assert send_file(on, json.dumps(fields, **layout).encode()).status_code == 200
    assert on.platform.standing.file.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"", 422, "not JSON"),
        (b"[]", 422, "no JSON object"),
        (b"{}", 422, "misses"),
        (b"[" * 9000, 422, "nested too deeply"),
        (b" " * 20_000, 422, "at most 16384 bytes"),
        (licence(STRANGER, fingerprint=HERE), 400, "not accepted here"),
        (licence(fingerprint="ee" * 32), 400, "is for the machine"),
        (licence(fingerprint=HERE, expires=date(2026, 11, 24)), 400, "last day was 2026-11-24"),
        (licence(fingerprint=HERE, created_at=NOW + timedelta(days=2)), 400, "was issued at"),
        (licence(fingerprint=HERE).replace(b"8,", b"9,"), 400, "a field was changed"),
    ],
)
def test_what_does_not_hold_is_not_installed_and_leaves_what_is_there(
    on: Stage, content: bytes, status: int, reason: str
) -> None:
    file = put(on, license_id="the-one-before")
    answer = send_file(on, content)
    assert answer.status_code == status
    assert reason in answer.text
    assert parse(file.read_bytes()).license_id == "the-one-before"
    assert standing(on)["mode"] == "licensed"
    assert on.operator.get("/admin/audit", action="license_installed")["audit"] == []


def test_a_place_that_cannot_be_written_is_named(on: Stage) -> None:
    on.platform.standing.file = Path("/proc/nowhere/license.json")
    answer = send_file(on, licence(fingerprint=HERE))
    assert (answer.status_code, answer.headers["QuantOS-Error-Code"]) == (503, "license_not_written")
    assert "/proc/nowhere/license.json" in answer.json()["detail"]


def test_a_user_neither_sees_nor_changes_it(on: Stage, agent: Caller) -> None:
    assert agent.call("GET", "/admin/license").status_code == 403
    assert agent.call("PUT", "/admin/license", {}).status_code == 403


def test_a_backup_takes_the_licence_and_what_is_remembered_with_it(on: Stage, tmp_path: Path) -> None:
    put(on)
    standing(on)
    on.operator.post("/admin/backups", {"path": str(tmp_path / "backup.zip")})
    names = {each["name"] for each in verify_backup(tmp_path / "backup.zip").manifest["files"]}
    assert {"license.json", "license-memory.json"} <= names


def test_a_licence_may_lie_in_a_folder_that_becomes_a_data_directory(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "license.json").write_bytes(
        licence(fingerprint=HERE, created_at=datetime(2024, 1, 1, tzinfo=UTC))
    )
    with stage(folder, START, **TRUSTS) as on:
        assert standing(on)["why"] == "valid"


def test_the_setting_names_another_place(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.json"
    with stage(tmp_path / "data", START, license_file=str(file), **TRUSTS) as on:
        assert standing(on)["file"] == str(file)
        file.write_bytes(licence(fingerprint=HERE, created_at=datetime(2024, 1, 1, tzinfo=UTC)))
        assert standing(on)["why"] == "valid"
