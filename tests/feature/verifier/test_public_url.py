"""A strategy's public URL: what is fetched, what is kept, and what a platform cannot get past it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.feature.verifier.conftest import Record, ask
from tests.support.attestations import save, shanghai
from tests.support.honest import honest_packages
from tests.support.packages import Package


class Site:
    """What a platform publishes, as a test wants it, over real HTTP."""

    def __init__(self, record: Record) -> None:
        self.record, self.busy, self.retry_after, self.cut_by = record, 0, "0", 0
        self.asked: list[str] = []
        self.bundle: bytes | None = bundle_of(record)
        self.track: dict[str, Any] = track_record(record.packages)
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = site.answer(self.path)
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", site.retry_after)
                if status == 302:
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) - site.cut_by])

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v1/public/strategies/alpha"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        self.asked.append(path)
        if self.busy:
            self.busy -= 1
            return 429, b""
        if parts.path == "/api/v1/public/attestation.bundle":
            return (200, self.bundle) if self.bundle is not None else (404, b"")
        if parts.path == "/api/v1/public/strategies/alpha/track-record":
            return 200, json.dumps(self.track).encode()
        if parts.path == "/api/v1/public/strategies/alpha/verify":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self.package(query.get("date"), query.get("revision"))
        return 404, b'{"detail": "unknown"}'

    def package(self, date: str | None, revision: str | None) -> tuple[int, bytes]:
        found = [package for package in self.record.packages if package["trade_date"] == date]
        if revision is not None:
            found = [package for package in found if package["revision"] == int(revision)]
        return (200, json.dumps(found[-1]).encode()) if found else (404, b"")


def bundle_of(record: Record) -> bytes:
    path = record.folder / "published.bundle"
    record.repository.git("bundle", "create", "--quiet", str(path), "--all")
    return path.read_bytes()


def track_record(packages: list[Package]) -> dict[str, Any]:
    rows = []
    for package in packages:
        nav = package["verification"]["nav"]
        capital = package["data_provenance"]["settings"]["initial_capital"]
        shown = {name: nav[name] for name in ("daily_return", "cumulative_return")}
        rows.append(
            {"date": nav["date"], "nav": nav["reported_nav"] / capital, **shown, "benchmark_return": None}
        )
    return {"records": rows}


@pytest.fixture
def site(record: Record) -> Iterator[Site]:
    opened = Site(record)
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


def test_a_record_is_verified_from_its_url_alone(site: Site) -> None:
    answer = ask(site.url)
    assert (answer.code, answer.failed) == (0, {})
    (part,) = answer.report["reports"]
    assert (part["days"], part["times"]["self_dated"]) == (10, 5)
    assert not any("public URL" in limit for limit in part["not_shown"])


def test_what_was_answered_is_kept_and_holds_offline(site: Site, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert ask(site.url, "--save", kept).code == 0
    site.server.shutdown()
    answer = ask(kept)
    assert (answer.code, answer.failed) == (0, {})
    assert "track_record" not in answer.not_checked


def test_a_benchmark_that_the_packages_do_not_have_is_found(site: Site) -> None:
    assert site.track["records"][3]["benchmark_return"] is None
    site.track["records"][3]["benchmark_return"] = -0.01
    answer = ask(site.url)
    (message,) = answer.failed["track_record"]
    assert answer.code == 1
    assert f"{site.track['records'][3]['date']} benchmark_return" in message


def test_a_packages_benchmark_that_the_record_does_not_have_is_found(site: Site) -> None:
    beside = site.record.packages[3]["data_provenance"]["benchmark"]
    beside["return"] = site.track["records"][3]["benchmark_return"] = 0.012
    assert ask(site.url).code == 0
    beside["return"] = 0.021
    assert list(ask(site.url).failed) == ["track_record"]


def test_a_record_without_a_benchmark_is_held_against_nothing(site: Site) -> None:
    for row in site.track["records"]:
        del row["benchmark_return"]
    assert ask(site.url).code == 0


def test_that_no_digest_binds_the_benchmark_is_said(site: Site) -> None:
    (part,) = ask(site.url).report["reports"]
    assert any("no digest binds them" in limit for limit in part["not_shown"])


FORM = "https://HOST/api/v1/public/strategies/SLUG"


@pytest.mark.parametrize("page", ["", "/", "/api/v1", "/api/v1/public/strategies", "/docs"])
def test_another_url_of_a_platform_is_told_the_form_of_a_public_one(
    site: Site, capsys: pytest.CaptureFixture[str], page: str
) -> None:
    root = site.url.partition("/api/")[0]
    assert ask(root + page).code == 2
    assert (
        f"{root}{page} is neither a strategy's public URL, which has the form {FORM}"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "typed",
    [
        "127.0.0.1:8000",
        "localhost:8000/api/v1/public/strategies/alpha",
        "quant.example/api/v1/public/strategies/alpha",
    ],
)
def test_a_url_without_its_beginning_is_told_what_is_missing(
    capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert ask(typed).code == 2
    assert f"{typed} begins with neither http:// nor https://: a strategy's" in capsys.readouterr().err


def test_one_package_is_verified_from_its_own_url(site: Site) -> None:
    answer = ask(f"{site.url}/verify?date=2024-01-09")
    assert (answer.code, answer.report["reports"][0]["days"]) == (0, 1)


def test_a_curve_that_is_not_the_proved_one_is_caught(site: Site) -> None:
    site.track["records"][3]["nav"] += 0.001
    site.track["records"][4]["daily_return"] = 0.02
    assert ask(site.url).failed["track_record"] == [
        "2024-01-05 nav: expected 0.999232200, found 1.0002322",
        "2024-01-08 daily_return: expected 0.002878210, found 0.02",
    ]


def test_a_day_that_the_record_hides_is_caught(site: Site) -> None:
    del site.track["records"][5]
    answer = ask(site.url)
    assert answer.failed["no_day_missing"] == ["2024-01-09 is a trading day and has no package"]


def test_first_days_that_the_record_leaves_out_are_caught(site: Site) -> None:
    """A bad beginning, taken out of the record together with its packages."""
    site.bundle = None
    site.record.packages = site.record.packages[3:]
    site.track["records"] = site.track["records"][3:]
    assert ask(site.url, "--allow-unattested").failed == {
        "track_record": [
            (
                "the track record begins on 2024-01-05, and its package begins with holdings of the day before:"
                " days were left out"
            )
        ]
    }


def test_last_days_that_the_record_leaves_out_are_caught(site: Site) -> None:
    """The repository has their digests."""
    commits = [p["verification"]["settlement_attestation"]["commit_sha"] for p in site.record.packages[-2:]]
    site.record.packages = site.record.packages[:-2]
    site.track["records"] = site.track["records"][:-2]
    shown = "the track record does not show it"
    assert ask(site.url).failed == {
        "track_record": [
            f"{day} was settled (digest in commit {sha}); {shown}"
            for day, sha in zip(("2024-01-12", "2024-01-15"), commits, strict=True)
        ]
    }


def test_a_day_that_is_settled_while_it_is_fetched_is_fetched_too(site: Site) -> None:
    """The repository comes after the packages, and may have a day that the record did not have yet."""
    late, whole = site.track["records"].pop(), site.answer

    def answer(path: str) -> tuple[int, bytes]:
        answered = whole(path)
        if path.endswith("attestation.bundle") and len(site.track["records"]) == 9:
            site.track["records"].append(late)
        return answered

    site.answer = answer  # type: ignore[method-assign]
    found = ask(site.url)
    assert (found.code, found.failed) == (0, {})
    assert found.report["reports"][0]["days"] == 10


@pytest.mark.parametrize("order", [[0, 1, 1], [1, 0, 2]], ids=["twice", "backwards"])
def test_a_record_whose_days_do_not_ascend_is_unreadable(
    site: Site, capsys: pytest.CaptureFixture[str], order: list[int]
) -> None:
    """A day that stands twice would be shown twice and checked once."""
    site.track["records"] = [site.track["records"][place] for place in order]
    assert ask(site.url).code == 2
    assert "expected a date after" in capsys.readouterr().err


def test_a_day_without_a_package_is_caught(site: Site) -> None:
    site.record.packages = [p for p in site.record.packages if p["trade_date"] != "2024-01-15"]
    assert ask(site.url).failed["track_record"] == [
        "the track record shows 2024-01-15; there is no package of it"
    ]


def test_a_package_of_another_strategy_is_no_package_of_this_one(site: Site) -> None:
    site.record.packages[2]["slug"] = "beta"
    answer = ask(site.url)
    assert "slug: expected alpha, found 'beta'" in answer.failed["format"][0]


def test_a_platform_without_a_repository_proves_no_time(site: Site) -> None:
    site.bundle = None
    answer = ask(site.url)
    assert "the platform publishes no attestation repository" in answer.failed["attested"][0]
    allowed = ask(site.url, "--allow-unattested")
    assert "never_committed" not in str(allowed.codes)
    assert allowed.code == 0


def test_a_repository_of_ones_own_choice_takes_the_place_of_the_published_one(site: Site) -> None:
    site.bundle = b"nonsense"
    assert ask(site.url, "--attestations", site.record.repository.path).code == 0


def test_a_history_that_was_rewritten_since_the_last_visit_is_caught(site: Site, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert ask(site.url, "--save", kept).code == 0
    before = site.record.repository.git("rev-parse", "HEAD")
    site.record.repository.git(
        "commit", "--quiet", "--amend", "-m", "another", at=shanghai("2024-01-15", "18:30")
    )
    package = site.record.packages[-1]["verification"]["settlement_attestation"]
    package |= {"commit_sha": None, "committed_at": None}
    site.bundle = bundle_of(site.record)
    answer = ask(site.url, "--save", kept)
    told = {"history": [f"commit {before} was once in this history and is gone: the history was rewritten"]}
    assert answer.failed == told
    assert (
        ask(site.url, "--save", kept).failed == told
    )  # what was kept is not given up for what took its place


def test_older_revisions_are_fetched_and_checked_too(site: Site) -> None:
    from tests.feature.verifier.test_tampering import restate  # noqa: PLC0415

    restate(site.record)
    site.bundle = bundle_of(site.record)
    site.track = track_record([*site.record.packages[:-2], site.record.packages[-1]])
    answer = ask(site.url)
    assert (answer.code, answer.failed) == (0, {})
    assert answer.report["reports"][0]["superseded"] == 1
    assert any(asked.endswith("verify?date=2024-01-15&revision=0") for asked in site.asked)


def test_an_older_revision_that_is_not_published_is_missed(site: Site, tmp_path: Path) -> None:
    """What the day was before nobody could see any more, and the record could say of it what it likes."""
    from tests.feature.verifier.test_tampering import restate  # noqa: PLC0415

    restate(site.record)
    site.bundle = bundle_of(site.record)
    del site.record.packages[-2]
    site.track = track_record(site.record.packages)
    site.record.packages[-1]["restated"]["revisions"][0]["reported_nav"] += 1_000
    answer = ask(site.url, "--save", tmp_path)
    assert answer.codes == {"chain": ["revision_withheld"]}
    assert "2024-01-15 was settled again, and the package of its revision 0" in answer.failed["chain"][0]
    assert ask(tmp_path).codes == {"chain": ["revision_withheld"]}


def test_a_folder_is_kept_for_one_strategy(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The days of another one would take the place of those that are there."""
    save(honest_packages("beta"), tmp_path / "packages")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert ask(site.url, "--save", tmp_path).code == 2
    assert "beta" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_busy_platform_is_asked_again(site: Site) -> None:
    site.busy = 2
    assert ask(site.url).code == 0


def test_a_platform_that_says_when_to_ask_again_in_no_number_is_asked_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantos.verification.offline import fetch  # noqa: PLC0415

    monkeypatch.setattr(fetch, "WAIT_S_MAX", 0)
    site.busy, site.retry_after = 2, "\xb2"  # a digit, and no number
    assert ask(site.url).code == 0


class Trickle:
    """A server that sends a byte now and then, and never ends."""

    def __init__(self, head: bytes) -> None:
        self._head, self._ended = head, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api/v1/public/strategies/alpha"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError), self._socket.accept()[0] as asked:
            asked.sendall(self._head)
            while not self._ended.wait(0.02):
                asked.sendall(b"x")

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Name: ", b"HTTP"],
    ids=["in the body", "in a header", "before it"],
)
def test_an_answer_that_trickles_is_given_up(capsys: pytest.CaptureFixture[str], head: bytes) -> None:
    server = Trickle(head)
    try:
        assert ask(server.url, "--timeout", "0.3").code == 2
    finally:
        server.close()
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "could not be fetched" in line


def test_an_answer_that_breaks_off_is_no_answer(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.cut_by = 5
    assert ask(site.url).code == 2
    assert "could not be fetched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("track", "message"),
    [
        ({"records": []}, "the strategy has no settled day yet"),
        ({"records": 7}, "is no JSON document: records: expected a list"),
        ([], "is no JSON document"),
    ],
)
def test_a_record_that_cannot_be_read_is_unreadable(
    site: Site, capsys: pytest.CaptureFixture[str], track: Any, message: str
) -> None:
    site.track = track
    assert ask(site.url).code == 2
    assert message in capsys.readouterr().err


def test_an_answer_beyond_all_bounds_is_not_read(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantos.verification.offline import fetch  # noqa: PLC0415

    monkeypatch.setattr(fetch, "PACKAGE_BYTES_MAX", 1000)
    assert ask(site.url).code == 2
    assert "is larger than" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_leads_to_the_web_alone(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    monkeypatch.setattr(site, "answer", lambda _: (302, other.encode()))
    assert ask(site.url).code == 2
    assert "could not be fetched" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/api/v1/public/strategies/alpha",
        "http://nowhere.invalid/api/v1/public/strategies/alpha",
        "http://[::1/api/v1/public/strategies/alpha",
    ],
)
def test_a_platform_that_does_not_answer_is_one_clear_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(url, "--timeout", "5").code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("quantos verify: ")


def test_an_unknown_strategy_is_one_clear_line(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(site.url.replace("alpha", "nobody")).code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "there is no public strategy of this name, nobody" in line
