"""How a command reaches the platform: through its running server, or by opening the storage here.

Either way a command speaks the operator's HTTP API with the directory's own token, so it says the same thing
to both and finds the same refusals. Where no server holds the directory, the same application answers within
this process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from quantos.cli import directories, logs
from quantos.cli.configuration import load
from quantos.cli.servers import server_of
from quantos.errors import NotFound, QuantosError, Unavailable
from quantos.kit.clock import SystemClock, parse_instant

if TYPE_CHECKING:
    import httpx

    from quantos.app import Platform
    from quantos.settings import Settings

API = "/api/v1"
MARKET_IMPORT = "/admin/market/import"

OnStage = Callable[[str, str, int], None]
"""Told of (source, stage, rows) while an import goes on; what it raises ends the import."""


class Refused(QuantosError):
    """What the platform answered."""

    code = "refused"


class ServerSilent(Unavailable):
    code = "server_silent"


class Notice(NamedTuple):
    """What every answer says of the licence; both empty where a standard one holds.

    edition: test, evaluation or none.  warning: why no licence holds.
    """

    edition: str = ""
    warning: str = ""


class Reach(Protocol):
    """The platform, wherever it runs."""

    url: str | None
    """Of its server; None where it runs within this process."""

    notice: Notice
    """What its last answer said of the licence."""

    def get(self, path: str, **params: Any) -> Any: ...

    def post(self, path: str, body: Any = None) -> Any: ...

    def delete(self, path: str) -> Any: ...

    def send(self, path: str, content: bytes, kind: str) -> Any:
        """POST a body of another kind than JSON."""
        ...

    def put(self, path: str, content: bytes, kind: str) -> Any:
        """PUT a body as it is."""
        ...

    def import_market(self, path: Path, on_stage: OnStage) -> Any:
        """What POST /admin/market/import answers; `on_stage` is called where the import runs here."""
        ...

    def settling(self) -> dict[str, Any] | None:
        """The settlement under way, {done, total} in strategy-days, where it runs here."""
        ...

    def wind_down(self) -> None:
        """Start no further job; the one under way goes on to its end."""
        ...


class _Calls(ABC):
    """The operator's calls, by whatever way they are sent."""

    notice = Notice()

    def get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=_given(params))

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("POST", path, json=body)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)

    def send(self, path: str, content: bytes, kind: str) -> Any:
        return self._send("POST", path, content=content, headers={"Content-Type": kind})

    def put(self, path: str, content: bytes, kind: str) -> Any:
        return self._send("PUT", path, content=content, headers={"Content-Type": kind})

    def _answered(self, response: httpx.Response) -> Any:
        named = response.headers
        self.notice = Notice(named.get("QuantOS-Edition", ""), named.get("QuantOS-License-Warning", ""))
        return _answer(response)

    @abstractmethod
    def _send(self, method: str, path: str, **options: Any) -> Any: ...


class ThroughServer(_Calls):
    """The platform of another process, by HTTP."""

    def __init__(self, url: str, token: str) -> None:
        import httpx  # noqa: PLC0415 - loaded where it is used

        self.url: str | None = url
        self._client = httpx.Client(
            base_url=url + API,
            headers=_bearer(token),
            timeout=httpx.Timeout(None, connect=5),
            trust_env=False,
        )

    def import_market(self, path: Path, on_stage: OnStage) -> Any:  # noqa: ARG002 - the server tells nothing
        return self.post(MARKET_IMPORT, {"path": str(path)})

    def settling(self) -> dict[str, Any] | None:
        return None

    def wind_down(self) -> None:
        """Another process's jobs are not stopped from here."""

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, path: str, **options: Any) -> Any:
        import httpx  # noqa: PLC0415

        try:
            return self._answered(self._client.request(method, path, **options))
        except httpx.TransportError as error:
            raise ServerSilent(
                f"the server at {self.url} holds the data directory and does not answer"
                f" ({type(error).__name__}): look at its output, or stop it"
            ) from None


class Here(_Calls):
    """The platform opened in this process; its application is called without a socket, from any thread."""

    url: str | None = None

    def __init__(self, platform: Platform, token: str = "") -> None:
        from quantos.app import build_app  # noqa: PLC0415

        self._platform = platform
        self._token = token or platform.accounts.operator_token()
        self._app = build_app(platform)

    def import_market(self, path: Path, on_stage: OnStage) -> Any:
        self._platform.room.admit_files(path)
        with self._platform.audit.of("market_imported", str(path)) as change:
            report = self._platform.market.take_in(path, on_stage)
            change.after = report.counts()
        return report.as_dict()

    def settling(self) -> dict[str, Any] | None:
        return self._platform.settlement.progress

    def wind_down(self) -> None:
        self._platform.scheduler.wind_down()

    def _send(self, method: str, path: str, **options: Any) -> Any:
        import asyncio  # noqa: PLC0415 - loaded where it is used

        return self._answered(asyncio.run(self._request(method, path, options)))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        import httpx  # noqa: PLC0415 - loaded where it is used

        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app),
            base_url="http://platform" + API,
            headers=_bearer(self._token),
            timeout=httpx.Timeout(None),
        ) as client:
            return await client.request(method, path, **options)


@contextmanager
def reach(data_dir: Path | None, *, create: bool = False, token: str = "") -> Iterator[Reach]:
    """The platform of a data directory. `create`: a directory that is not there yet is made (live).

    `token`: whose calls these are; without one, the operator's.

    Raises NoDataDirectory, DirectoryLocked.
    """
    settings = load(data_dir)
    url = server_of(settings.data_dir)
    if url is not None:
        through = ThroughServer(url, token or operator_token(settings.data_dir))
        try:
            yield through
        finally:
            through.close()
        return
    with opened_here(settings, create=create) as platform:
        yield Here(platform, token)


def platform_now(platform: Reach, directory: Path) -> datetime:
    """What time it is on the platform of this directory, to the second."""
    if directories.is_live(directory):
        return SystemClock().now().replace(microsecond=0)
    return parse_instant(platform.get("/admin/clock")["now"])


@contextmanager
def opened_here(settings: Settings, *, create: bool = False) -> Iterator[Platform]:
    """The platform in this process, for as long as the context lasts. Raises NoDataDirectory, DirectoryLocked."""
    path = settings.data_dir
    new = not directories.is_there(path)
    if create:
        directories.require_room(path)
    else:
        directories.require(path)
    from quantos.app import Platform  # noqa: PLC0415 - a second for nothing where a server runs

    logs.of_a_command()
    platform = Platform.open(settings, create=create)
    try:
        if new:
            directories.say_that_it_was_made(path)
        yield platform
    finally:
        platform.close()


def operator_token(directory: Path) -> str:
    """The token that its server knows. Raises NotFound."""
    file = directory / "secrets" / "operator-token"
    try:
        return file.read_text()
    except FileNotFoundError:
        raise NotFound(f"no operator token in {directory}: the server makes it when it starts") from None


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _answer(response: httpx.Response) -> Any:
    """The body of an answer. Raises Refused with the platform's own words."""
    if response.is_success:
        return response.json()
    raise Refused(_detail(response))


def _detail(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"the server answered {response.status_code}"
    if isinstance(detail, list):
        return "; ".join(f"{_field(item['loc'])}{item['msg']}" for item in detail)
    return str(detail)


def _field(loc: list[Any]) -> str:
    """Which field of a request was refused, without where the request had it."""
    names = [str(part) for part in loc if part not in {"body", "query", "path"}]
    return f"{'.'.join(names)}: " if names else ""
