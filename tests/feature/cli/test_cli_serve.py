"""`quantos serve` as a process: ready, found, refused, stopped, killed."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from quantos.cli.serve import bind, shown_url, warn_of_exposure
from quantos.settings import Settings
from tests.feature.cli.conftest import TIMEOUT_S, Run, Serving, environment, serving


def test_health_answers_once_the_server_has_said_that_it_is_ready(server: Serving) -> None:
    answer = httpx.get(f"{server.url}/api/v1/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00" * 9]
)
def test_what_is_no_http_is_refused_in_the_shape_of_every_error(server: Serving, sent: bytes) -> None:
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port or 0), timeout=30) as line:
        line.sendall(sent)
        head, _, body = b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n")
    assert json.loads(body) == {"detail": "Invalid HTTP request received."}


def test_the_directory_names_the_running_server(server: Serving) -> None:
    announced = json.loads((server.directory / "server.json").read_text())
    assert announced["pid"] == server.process.pid


def test_the_api_is_described_where_the_server_says(server: Serving) -> None:
    assert "<title>" in httpx.get(f"{server.url}/docs", trust_env=False).text
    paths = httpx.get(f"{server.url}/openapi.json", trust_env=False).json()["paths"]
    assert "/api/v1/health" in paths


def test_a_second_server_is_told_who_holds_the_directory(server: Serving, run: Run) -> None:
    ended = run("serve", "--port", "0", data_dir=server.directory)
    assert ended.code == 1
    assert f"process {server.process.pid}" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_port_in_use_is_named_with_the_way_out(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port, data_dir=tmp_path / "data")
    assert ended.code == 1
    assert port in ended.err
    assert "--port" in ended.err
    assert "Traceback" not in ended.err


def test_an_address_of_another_machine_is_refused(run: Run, tmp_path: Path) -> None:
    ended = run("serve", "--host", "192.0.2.1", "--port", "0", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "192.0.2.1 is no address of this machine" in ended.err


@pytest.mark.parametrize("timestamp", ["2024-01-02", "yesterday", "2024-13-01T08:00+08:00"])
def test_a_simulation_starts_at_a_timestamp(run: Run, tmp_path: Path, timestamp: str) -> None:
    ended = run("serve", "--simulate", timestamp, data_dir=tmp_path / "data")
    assert ended.code == 2
    assert "write for example 2024-01-02T08:00, which is Shanghai time" in ended.err
    assert not (tmp_path / "data").exists()


def test_sigterm_ends_the_server_cleanly_and_a_live_directory_is_never_simulated(
    home: Path, run: Run, tmp_path: Path
) -> None:
    started = serving(home, tmp_path / "data")
    assert started.stop() == 0
    assert started.process.stdout is not None
    with started.process.stdout as out:
        made, evaluation, stopped = out.read().splitlines()
    assert made == f"a new live data directory was made: {tmp_path / 'data'}"
    assert evaluation.startswith("Evaluation until ")
    assert stopped == "stopped"
    assert not (tmp_path / "data" / "server.json").exists()
    ended = run("serve", "--simulate", "2024-01-02T08:00+08:00", data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "is a live data directory and stays one" in ended.err


SWALLOWED = """
import os, signal, sys
from quantos.cli import directories, main
def is_there(path):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except SystemExit:
        pass
    return False
directories.is_there = is_there
sys.argv = ["quantos", "serve", "--port", "0"]
main()
"""


def test_sigterm_while_starting_is_obeyed_even_where_its_exception_was_swallowed(
    home: Path, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SWALLOWED],
        env=environment(home, QUANTOS_DATA_DIR=str(tmp_path / "data")),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")


def test_a_server_killed_at_once_leaves_a_directory_that_starts_again(home: Path, tmp_path: Path) -> None:
    first = serving(home, tmp_path / "data")
    first.process.kill()
    first.process.wait()
    assert (tmp_path / "data" / "server.json").exists()
    second = serving(home, tmp_path / "data")
    assert second.stop() == 0
    for started in (first, second):
        assert started.process.stdout is not None
        started.process.stdout.close()


def test_a_move_of_the_clock_ends_with_the_job_under_way_when_the_server_is_asked_to_stop(
    home: Path, tmp_path: Path
) -> None:
    server = serving(home, tmp_path / "data", "--simulate", "1991-01-02T08:00+08:00")
    token = (server.directory / "secrets" / "operator-token").read_text()
    with (
        httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=None, trust_env=False
        ) as operator,
        ThreadPoolExecutor() as pool,
    ):
        moved = pool.submit(operator.post, "/api/v1/admin/clock", json={"now": "2026-12-01T08:00:00+08:00"})
        while operator.get("/api/v1/admin/clock").json()["now"].startswith("1991-01-0"):
            assert not moved.done()
        asked = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - asked < 10, "the jobs of 35 years take minutes"
        assert moved.result().json()["ran"][-1]["date"] < "2020"
    assert server.process.stdout is not None
    server.process.stdout.close()


def test_the_log_says_in_one_line_each_what_was_done(home: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text(
        "symbol,date,open,high,low,close,volume,pre_close\n"
        "600519.SH,2024-01-02,10.00,10.00,10.00,10.00,100,10.00\n"
        "600519.SH,2024-01-03,10.00,10.00,10.00,10.005,100,10.00\n"
    )
    log = tmp_path / "log"
    server = serving(home, tmp_path / "data", "--simulate", "2024-01-02T08:00", log=log)
    token = run("operator", "token", data_dir=server.directory).out.strip()
    assert run("market", "import", tmp_path / "bars.csv", data_dir=server.directory).code == 0
    assert run("clock", "advance", "1d", data_dir=server.directory).code == 0
    assert run("settle", "--date", "2024-01-03", data_dir=server.directory).code == 1  # not before 18:15
    assert server.stop() == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    lines = log.read_text().splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} (INFO   |WARNING) "
    assert [line for line in lines if not re.match(stamp, line)] == []
    said = [re.sub(stamp, "", line) for line in lines]
    assert "import: refused 1: a price is not a multiple of the tick" in " ".join(said)
    assert any(line.startswith("import: bars.csv: bars, 2 rows: 1 stored") for line in said)
    settled = "settlement up to 2024-01-02: done, 0 strategy-days with a signal, 0 without, 0 failed"
    belongs = r"\[request [0-9a-f]{6}-\d+, job settle_all_active_strategies, trade_date 2024-01-02\]"
    assert any(re.fullmatch(rf"{re.escape(settled)} {belongs}", line) for line in said)
    assert any(line.startswith("settle_all_active_strategies for 2024-01-02: done, run ") for line in said)
    assert any(
        line.startswith("settle_all_active_strategies for 2024-01-03: failed, reason ") for line in said
    )
    assert any(line.startswith("settlement_watchdog for 2024-01-02: done, missing none") for line in said)
    assert token not in log.read_text()


@pytest.mark.parametrize(
    ("published", "container", "said"),
    [
        ("", False, "the server listens on 0.0.0.0, other machines can reach it"),
        ("", True, "who reaches it is decided by where the host publishes the port"),
        ("127.0.0.1:8010", True, ""),
        ("[::1]:8010", True, ""),
        ("192.168.1.5:8010", True, "the server listens on 192.168.1.5, other machines can reach it"),
        ("0.0.0.0:8010", True, "the server listens on 0.0.0.0, other machines can reach it"),
    ],
)
def test_in_a_container_it_is_the_hosts_address_that_is_warned_of(
    published: str,
    container: bool,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("quantos.cli.serve.CONTAINER_MARKS", (tmp_path,) if container else ())
    with bind("0.0.0.0", 0) as listening:
        warn_of_exposure(listening, published)
    warned = capsys.readouterr().err
    assert said in warned
    assert bool(said) is bool(warned)
    assert ("TLS" in warned) is bool(said)


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("", "http://127.0.0.1:8000"),
        ("127.0.0.1:8010", "http://127.0.0.1:8010"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::1]:81", "http://[::1]:81"),
        ("10.0.0.5:8000", "http://10.0.0.5:8000"),
    ],
)
def test_the_address_that_is_shown_is_the_hosts_own(published: str, shown: str) -> None:
    assert shown_url(published, "http://127.0.0.1:8000") == shown


@pytest.mark.parametrize("wrong", ["8000", "localhost:8000", "127.0.0.1:", "1.2.3:80", ":80"])
def test_where_a_port_is_published_is_an_address_and_a_port(wrong: str) -> None:
    with pytest.raises(ValueError, match="an address and a port"):
        Settings(published=wrong)


@pytest.mark.parametrize(("host", "exposed"), [("0.0.0.0", True), ("127.0.0.1", False), ("localhost", False)])
def test_whoever_listens_beyond_this_machine_is_warned(
    home: Path, tmp_path: Path, host: str, exposed: bool
) -> None:
    log = tmp_path / "log"
    server = serving(home, tmp_path / "data", "--host", host, log=log)
    assert server.stop() == 0
    assert server.process.stdout is not None
    server.process.stdout.close()
    assert ("no TLS" in log.read_text()) is exposed
    assert ("reverse proxy" in log.read_text()) is exposed
