"""What a platform publishes of a strategy, fetched over HTTP, everything bounded."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from quantos.verification.core.documents import NotJson, read_json
from quantos.verification.core.evidence import TrackRecord
from quantos.verification.core.fields import Malformed
from quantos.verification.core.judgement import Given, read_given, read_track_record
from quantos.verification.offline.refusal import Refused

PACKAGE_BYTES_MAX: Final = 32 * 2**20
RECORD_BYTES_MAX: Final = 64 * 2**20
BUNDLE_BYTES_MAX: Final = 2**30
DAYS_MAX: Final = 20_000
REVISIONS_MAX: Final = 1000
BYTES_PER_S_MIN: Final = 16 * 1024
"""An answer that comes more slowly than this, once the time of a request is over, is given up."""
PIECE_BYTES: Final = 64 * 1024
CONNECTIONS: Final = 4
ATTEMPTS: Final = 5
WAIT_S_MAX: Final = 30
_PUBLIC: Final = "/public/strategies/"
_HOST_AND_PORT: Final = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}(?=/|$)")
_NOT_FOUND: Final = 404
_BUSY: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class StrategyUrl:
    """The parts of a strategy's public address."""

    api: str  # https://host/api/v1
    slug: str
    query: str  # of one package, else empty

    @property
    def strategy(self) -> str:
        return f"{self.api}{_PUBLIC}{urllib.parse.quote(self.slug, safe='')}"

    @property
    def bundle(self) -> str:
        return f"{self.api}/public/attestation.bundle"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered, as it came: (file name, content)."""

    given: list[Given]
    record: TrackRecord | None
    files: list[tuple[str, bytes]]


def is_web_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def lacks_a_scheme(text: str) -> bool:
    """host:8000, host:8000/api/v1 or host/api/v1/public/strategies/x: an address of the web, but for its beginning."""
    return "://" not in text and (_HOST_AND_PORT.match(text) is not None or _PUBLIC in text)


def strategy_url(text: str) -> StrategyUrl | None:
    """A strategy's public URL, or that of one of its packages; None where it is another one. Raises Refused."""
    try:
        parts = urllib.parse.urlsplit(text)
    except ValueError as error:
        raise Refused("not_fetched", path=text, reason=error) from None
    api, found, rest = parts.path.partition(_PUBLIC)
    slug, _, page = rest.partition("/")
    if not found or not slug:
        return None
    query = parts.query if page.strip("/") == "verify" else ""
    return StrategyUrl(f"{parts.scheme}://{parts.netloc}{api}", urllib.parse.unquote(slug), query)


class Web:
    """HTTP and HTTPS alone, with a limit on every answer."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler,
            _Http,
            _Https,
            urllib.request.HTTPRedirectHandler,
            urllib.request.HTTPErrorProcessor,
            urllib.request.HTTPDefaultErrorHandler,
            urllib.request.UnknownHandler,
        ):
            self._opener.add_handler(handler())

    def get(self, url: str, bytes_max: int) -> bytes | None:
        """The body; None where there is none (404). Raises Refused."""
        for attempt in range(ATTEMPTS):
            try:
                request = urllib.request.Request(url, headers={"User-Agent": "quantos-verify"})  # noqa: S310 - http and https handlers alone
                with self._opener.open(request, timeout=self._timeout) as answer:
                    body = self._read(answer, bytes_max + 1)
            except urllib.error.HTTPError as error:
                if error.code == _NOT_FOUND:
                    return None
                if error.code not in _BUSY or attempt == ATTEMPTS - 1:
                    raise Refused("not_fetched", path=url, reason=f"HTTP {error.code}") from None
                time.sleep(_wait_of(error.headers.get("Retry-After"), attempt))
                continue
            except (OSError, http.client.HTTPException, ValueError) as error:
                reason = getattr(error, "reason", None) or error
                raise Refused("not_fetched", path=url, reason=str(reason) or type(error).__name__) from None
            if len(body) > bytes_max:
                raise Refused("too_large", path=url, limit=bytes_max // 2**20)
            return body
        raise AssertionError("the last attempt returns or raises")

    def _read(self, answer: http.client.HTTPResponse, bytes_max: int) -> bytes:
        """The body, or its beginning. Raises TimeoutError on one that trickles."""
        begun, body = time.monotonic(), bytearray()
        while len(body) < bytes_max:
            piece = answer.read1(min(PIECE_BYTES, bytes_max - len(body)))
            if not piece:
                break
            body += piece
            if time.monotonic() - begun > self._timeout + len(body) / BYTES_PER_S_MIN:
                raise TimeoutError(f"slower than {BYTES_PER_S_MIN // 1024} KiB a second")
        if answer.length and len(body) < bytes_max:
            raise http.client.IncompleteRead(bytes(body), answer.length)
        return bytes(body)


class _Connection(http.client.HTTPConnection):
    """The head of an answer has to come in the time of a request, however it trickles."""

    def getresponse(self) -> http.client.HTTPResponse:
        is_late = threading.Event()
        late = threading.Timer(self.timeout or 0, _hang_up, [self.sock, is_late])
        late.daemon = True
        late.start()
        try:
            answer = super().getresponse()
        finally:
            late.cancel()
        if is_late.is_set():
            answer.close()
            raise TimeoutError("timed out")
        return answer


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    pass


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req, context=self._context)  # type: ignore[attr-defined]


def _hang_up(connected: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _wait_of(stated: str | None, attempt: int) -> float:
    """How long to wait before asking again."""
    is_seconds = stated is not None and re.fullmatch(r"[0-9]{1,9}", stated) is not None
    return min(float(stated or 0) if is_seconds else 2.0**attempt, WAIT_S_MAX)


def fetch_strategy(web: Web, url: StrategyUrl, on_day: Callable[[int, int], None]) -> Fetched:
    """The track record and the package of each of its days, older revisions too. Raises Refused."""
    body = web.get(f"{url.strategy}/track-record", RECORD_BYTES_MAX)
    if body is None:
        raise Refused("no_strategy", path=url.strategy, slug=url.slug)
    try:
        record = read_track_record(read_json(body))
    except (NotJson, Malformed) as error:
        raise Refused("not_json", path=f"{url.strategy}/track-record", reason=str(error)) from None
    if not record.rows:
        raise Refused("no_days", path=url.strategy)
    days = [row.date for row in record.rows][:DAYS_MAX]
    files, given = [("track-record.json", body)], []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done, found in enumerate(pool.map(lambda day: list(_of_day(web, url, day)), days), start=1):
            on_day(done, len(days))
            for name, content in found:
                files.append((f"packages/{name}", content))
                given.append(read_package_of(url.slug, name, content))
    return Fetched(given, record, files)


def fetch_package(web: Web, url: StrategyUrl) -> Fetched:
    """One package. Raises Refused."""
    address = f"{url.strategy}/verify?{url.query}"
    body = web.get(address, PACKAGE_BYTES_MAX)
    if body is None:
        raise Refused("not_fetched", path=address, reason="HTTP 404")
    return Fetched([read_package_of(url.slug, address, body)], None, [("packages/package.json", body)])


def _of_day(web: Web, url: StrategyUrl, day: date) -> Iterator[tuple[str, bytes]]:
    """The package of a day, then those of its older revisions."""
    body = web.get(f"{url.strategy}/verify?date={day}", PACKAGE_BYTES_MAX)
    if body is None:
        return
    yield f"{day}.json", body
    for revision in range(min(_revision_of(body), REVISIONS_MAX)):
        older = web.get(f"{url.strategy}/verify?date={day}&revision={revision}", PACKAGE_BYTES_MAX)
        if older is not None:
            yield f"{day}-revision-{revision}.json", older


def _revision_of(body: bytes) -> int:
    try:
        document: Any = read_json(body)
    except NotJson:
        return 0
    revision = document.get("revision") if isinstance(document, dict) else 0
    return revision if isinstance(revision, int) else 0


def read_package_of(slug: str, name: str, content: bytes) -> Given:
    """A package as it was answered for a strategy: it has to be that strategy's."""
    try:
        given = read_given(name, read_json(content))
    except NotJson as error:
        return Given(name, None, Malformed(name, "a JSON document", str(error)))
    if given.package is not None and given.package.slug != slug:
        return Given(name, None, Malformed("slug", slug, given.package.slug))
    return given
