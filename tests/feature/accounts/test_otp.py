"""Logging in by e-mail: COP-01 to COP-07, COP-33, with codes in the records and in a real Redis, and real mail servers."""

from __future__ import annotations

import asyncio
import itertools
import re
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import redis

from quantos.accounts.core.otp import ATTEMPTS_MAX, digest, drawn
from quantos.accounts.otp import BY_EMAIL
from quantos.kit.clock import parse_instant
from tests.support.platforms import Caller, Stage, stage
from tests.support.ports import free_port

START = parse_instant("2024-03-01T08:00+08:00")
NUMBERS = itertools.count()
ROOT = "http://platform"


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of the test's own, on loopback, that keeps nothing on disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ready to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A platform that keeps codes in its records."""
    with stage(tmp_path_factory.mktemp("recorded") / "data", START) as opened:
        yield opened


@pytest.fixture(scope="module")
def with_redis(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Stage]:
    """A platform that keeps codes in Redis."""
    with stage(tmp_path_factory.mktemp("redis") / "data", START, redis_url=redis_url) as opened:
        yield opened


@pytest.fixture(params=["recorded", "with_redis"])
def on_stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def email() -> str:
    """Somebody's who was never here."""
    return f"user{next(NUMBERS)}@example.com"


def ask(caller: Caller, email: Any) -> httpx.Response:
    return caller.call("POST", f"{ROOT}/auth/request-otp", {"email": email})


def enter(caller: Caller, email: Any, code: Any) -> httpx.Response:
    return caller.call("POST", f"{ROOT}/auth/verify-otp", {"email": email, "otp_code": code})


def code_for(on_stage: Stage, email: str) -> str:
    """Ask for a code, and read it where the operator does."""
    assert ask(on_stage.public(), email).status_code == 200
    newest = on_stage.operator.get("/admin/outbox")["messages"][0]
    assert newest["to"] == email
    return str(re.findall(r"\b\d{6}\b", newest["text"])[0])


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def later(on_stage: Stage, by: timedelta) -> None:
    now = parse_instant(on_stage.operator.get("/admin/clock")["now"])
    on_stage.operator.post("/admin/clock", {"now": (now + by).isoformat()})


def test_cop_01_a_code_is_asked_for_by_e_mail(on_stage: Stage, email: str) -> None:
    answer = ask(on_stage.public(), email)
    assert (answer.status_code, answer.json()) == (200, {"message": "OTP sent to your email."})


@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@example.com", "a@b", "x@example.com\r\nBcc: y@example.com", None]
)
def test_cop_01_a_malformed_e_mail_is_400_in_the_guides_shape(recorded: Stage, email: Any) -> None:
    answer = ask(recorded.public(), email)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}
    assert answer.json()["error"].startswith("email: ")


def test_an_anonymous_accounts_e_mail_gets_no_code(recorded: Stage) -> None:
    anonymous = recorded.agent().get("/auth/me")["email"]
    assert ask(recorded.public(), anonymous).status_code == 400
    assert anonymous not in [message["to"] for message in recorded.operator.get("/admin/outbox")["messages"]]


def test_cop_04_the_code_gives_a_token_once(on_stage: Stage, email: str) -> None:
    code, caller = code_for(on_stage, email), on_stage.public()
    answer = enter(caller, email, code)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type"}
    assert answer.json()["token_type"] == "bearer"
    again = enter(caller, email, code)
    assert again.status_code == 401
    assert again.json() == {"error": "the code is wrong, expired or used: ask for a new one"}


def test_cop_02_a_code_is_void_after_ten_minutes_of_the_platforms_clock(on_stage: Stage, email: str) -> None:
    code = code_for(on_stage, email)
    later(on_stage, timedelta(minutes=10))
    assert enter(on_stage.public(), email, code).status_code == 401


def test_cop_02_a_code_holds_up_to_ten_minutes(on_stage: Stage, email: str) -> None:
    code = code_for(on_stage, email)
    later(on_stage, timedelta(minutes=9, seconds=59))
    assert enter(on_stage.public(), email, code).status_code == 200


def test_cop_02_a_new_code_takes_the_place_of_the_one_before(on_stage: Stage, email: str) -> None:
    first, second = code_for(on_stage, email), code_for(on_stage, email)
    if first != second:
        assert enter(on_stage.public(), email, first).status_code == 401
    assert enter(on_stage.public(), email, second).status_code == 200


def test_cop_05_four_wrong_attempts_leave_the_code_and_the_fifth_voids_it(
    on_stage: Stage, email: str
) -> None:
    code, caller = code_for(on_stage, email), on_stage.public()
    assert [enter(caller, email, another(code)).status_code for _ in range(ATTEMPTS_MAX - 1)] == [401] * 4
    assert enter(caller, email, code).status_code == 200
    code = code_for(on_stage, email)
    assert [enter(caller, email, another(code)).status_code for _ in range(ATTEMPTS_MAX)] == [401] * 5
    assert enter(caller, email, code).status_code == 401


def test_a_new_code_has_all_its_attempts(on_stage: Stage, email: str) -> None:
    code, caller = code_for(on_stage, email), on_stage.public()
    for _ in range(ATTEMPTS_MAX - 1):
        enter(caller, email, another(code))
    code = code_for(on_stage, email)
    for _ in range(ATTEMPTS_MAX - 1):
        enter(caller, email, another(code))
    assert enter(caller, email, code).status_code == 200


def test_of_many_who_enter_the_code_at_once_one_is_let_in(on_stage: Stage, email: str) -> None:
    code, caller = code_for(on_stage, email), on_stage.public()

    async def all_at_once() -> list[int]:
        sent = {"email": email, "otp_code": code}
        answers = await asyncio.gather(
            *(caller.http.post(f"{ROOT}/auth/verify-otp", json=sent) for _ in range(8))
        )
        return sorted(answer.status_code for answer in answers)

    assert caller.runner.run(all_at_once()) == [200] + [401] * 7


def test_a_code_is_good_for_its_own_e_mail_alone(on_stage: Stage, email: str) -> None:
    code = code_for(on_stage, email)
    other = code_for(on_stage, f"other.{email}")
    if code != other:
        assert enter(on_stage.public(), f"other.{email}", code).status_code == 401


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦"])
def test_cop_04_what_is_no_code_is_401(recorded: Stage, code: str, email: str) -> None:
    code_for(recorded, email)
    answer = enter(recorded.public(), email, code)
    assert (answer.status_code, answer.json().keys()) == (401, {"error"})


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "user@example.com"}, {"email": "user@example.com", "otp_code": 123456}, [], "x", None],
)
def test_cop_33_a_malformed_body_is_400(recorded: Stage, body: Any) -> None:
    answer = recorded.public().call("POST", f"{ROOT}/auth/verify-otp", body)
    assert (answer.status_code, answer.json().keys()) == (400, {"error"})


def test_cop_33_an_unknown_path_of_the_guide_and_a_large_body_have_its_shape(recorded: Stage) -> None:
    caller = recorded.public()
    assert caller.call("GET", f"{ROOT}/auth/nothing").json().keys() == {"error"}
    large = caller.call("POST", f"{ROOT}/auth/request-otp", "x" * 2**23)
    assert (large.status_code, large.json().keys()) == (413, {"error"})
    assert caller.call("GET", f"{ROOT}/no/such/page").json().keys() == {"detail"}


def test_cop_06_the_token_is_valid_for_fifteen_days(recorded: Stage, email: str) -> None:
    token = enter(recorded.public(), email, code_for(recorded, email)).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 15 * 86_400
    caller = Caller(recorded.operator.runner, recorded.operator.http, token)
    later(recorded, timedelta(days=15) - timedelta(minutes=1))
    assert caller.call("GET", "/auth/me").status_code == 200
    later(recorded, timedelta(minutes=1))
    assert caller.call("GET", "/auth/me").status_code == 401


def test_cop_07_a_new_e_mail_gets_an_account_and_the_next_code_leads_back_to_it(
    recorded: Stage, email: str
) -> None:
    found = []
    for written in (email, email.upper()):
        token = enter(recorded.public(), written, code_for(recorded, written)).json()["access_token"]
        found.append(Caller(recorded.operator.runner, recorded.operator.http, token).get("/auth/me"))
    assert found[0]["id"] == found[1]["id"]
    assert re.fullmatch("user_[0-9a-f]{6}", found[0]["nickname"])
    assert (found[0]["email"], found[0]["tier"], found[0]["has_password"]) == (email, "free", False)


def test_cop_07_the_e_mail_of_an_account_leads_into_that_account(recorded: Stage, email: str) -> None:
    agent = recorded.agent()
    assert agent.call("PATCH", "/auth/profile", {"email": email}).status_code == 200
    token = enter(recorded.public(), email, code_for(recorded, email)).json()["access_token"]
    by_mail = Caller(recorded.operator.runner, recorded.operator.http, token)
    assert by_mail.get("/auth/me")["id"] == agent.get("/auth/me")["id"]


def test_a_disabled_account_is_not_let_in(recorded: Stage, email: str) -> None:
    agent = recorded.agent()
    agent.call("PATCH", "/auth/profile", {"email": email})
    recorded.operator.call("PATCH", f"/admin/users/{agent.get('/auth/me')['id']}", {"disabled": True})
    answer = enter(recorded.public(), email, code_for(recorded, email))
    assert (answer.status_code, answer.json()) == (403, {"error": "Account disabled"})


def test_codes_may_be_asked_for_ten_times_in_ten_minutes(recorded: Stage, email: str) -> None:
    caller = recorded.public()
    assert [ask(caller, email).status_code for _ in range(BY_EMAIL[0].calls)] == [200] * 10
    refused = ask(caller, email)
    assert (refused.status_code, refused.json().keys()) == (429, {"error"})
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert ask(caller, f"other.{email}").status_code == 200


def test_cop_03_without_a_mail_server_the_message_waits_in_the_outbox(recorded: Stage, email: str) -> None:
    code = code_for(recorded, email)
    folder = recorded.platform.directory.path / "outbox"
    file = max(folder.iterdir())
    assert code in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    message = recorded.operator.get("/admin/outbox")["messages"][0]
    assert (message["to"], message["at"]) == (email, recorded.operator.get("/admin/clock")["now"])
    assert recorded.agent().call("GET", "/admin/outbox").status_code == 403


def test_the_code_is_kept_as_a_keyed_digest_alone(recorded: Stage, email: str) -> None:
    code = code_for(recorded, email)
    records = recorded.platform.directory.path / "records.db"
    kept = b"".join(file.read_bytes() for file in records.parent.glob("records.db*"))
    secret = recorded.platform.directory.secret("one-time-codes")
    assert digest(secret, email, code).encode() in kept
    assert code.encode() not in kept


def test_codes_have_six_digits_zeros_in_front_included() -> None:
    assert drawn(bytes) == "000000"
    assert drawn((10**6 + 42).to_bytes) == "000042"
    assert drawn((2**64 - 1).to_bytes) == "551615"


def test_where_redis_does_not_answer_the_refusal_says_so_without_its_password(
    tmp_path: Path, email: str
) -> None:
    url = f"redis://:a-secret-of-redis@127.0.0.1:{free_port()}/0"
    with stage(tmp_path / "data", START, redis_url=url) as opened:
        for answer in (ask(opened.public(), email), enter(opened.public(), email, "123456")):
            assert answer.status_code == 503
            assert "Redis at redis://" in answer.json()["error"]
            assert "a-secret-of-redis" not in answer.text


def test_a_code_in_redis_goes_by_itself_within_a_day(redis_url: str, tmp_path: Path, email: str) -> None:
    with (
        stage(tmp_path / "data", START, redis_url=redis_url) as opened,
        redis.Redis.from_url(redis_url) as client,
    ):
        before = set(client.keys())
        code_for(opened, email)
        (key,) = set(client.keys()) - before
        assert 0 < client.ttl(key) <= 86_400
        assert email.encode() not in key
        assert (
            client.hgetall(key)[b"expires_us"]
            == str(int((START + timedelta(minutes=10)).astimezone(UTC).timestamp() * 1_000_000)).encode()
        )


def test_the_outbox_keeps_the_newest(recorded: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantos.accounts.mail.KEPT_MAX", 3)
    for number in range(5):
        ask(recorded.public(), f"user{number}@example.com")
    found = [message["to"] for message in recorded.operator.get("/admin/outbox")["messages"]]
    assert found == [f"user{number}@example.com" for number in (4, 3, 2)]
