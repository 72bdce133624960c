"""How a command reaches the platform: through its running server, or by opening the storage here.

Either way a command speaks the operator's HTTP API with the directory's own token, so it says the same thing
to both and finds the same refusals. Where no server holds the directory, the same application answers within
this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from quantos.cli.configuration import load
from quantos.errors import NotFound, QuantosError, Unavailable
from quantos.storage.directory import running_server

if TYPE_CHECKING:
    import httpx

    from quantos.app import Platform
    from quantos.settings import Settings

API = "/api/v1"


class Refused(QuantosError):
    """What the platform answered."""

    code = "refused"


class ServerSilent(Unavailable):
    code = "server_silent"


class Reach(Protocol):
    """The platform, wherever it runs."""

    def get(self, path: str, **params: Any) -> Any: ...

    def post(self, path: str, body: Any = None) -> Any: ...


class ThroughServer:
    """The platform of another process, by HTTP."""

    def __init__(self, url: str, token: str) -> None:
        import httpx  # noqa: PLC0415 - loaded where it is used

        self._url = url
        self._client = httpx.Client(
            base_url=url + API,
            headers=_bearer(token),
            timeout=httpx.Timeout(None, connect=5),
            trust_env=False,
        )

    def get(self, path: str, **params: Any) -> Any:
        return self._send("GET", path, params=_given(params))

    def post(self, path: str, body: Any = None) -> Any:
        return self._send("POST", path, json=body)

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, path: str, **options: Any) -> Any:
        import httpx  # noqa: PLC0415

        try:
            return _answer(self._client.request(method, path, **options))
        except httpx.TransportError as error:
            raise ServerSilent(
                f"the server at {self._url} holds the data directory and does not answer"
                f" ({type(error).__name__}): look at its output, or stop it"
            ) from None


class Here:
    """The platform opened in this process; its application is called without a socket."""

    def __init__(self, platform: Platform) -> None:
        import asyncio  # noqa: PLC0415

        import httpx  # noqa: PLC0415

        from quantos.app import build_app  # noqa: PLC0415

        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_app(platform)),
            base_url="http://platform" + API,
            headers=_bearer(platform.accounts.operator_token()),
            timeout=httpx.Timeout(None),
        )

    def get(self, path: str, **params: Any) -> Any:
        return _answer(self._runner.run(self._client.get(path, params=_given(params))))

    def post(self, path: str, body: Any = None) -> Any:
        return _answer(self._runner.run(self._client.post(path, json=body)))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@contextmanager
def reach(data_dir: Path | None, *, create: bool = False) -> Iterator[Reach]:
    """The platform of a data directory. `create`: a directory that is not there yet is made (live)."""
    settings = load(data_dir)
    url = running_server(settings.data_dir)
    if url is not None:
        through = ThroughServer(url, _token(settings.data_dir))
        try:
            yield through
        finally:
            through.close()
        return
    with opened_here(settings, create=create) as platform:
        here = Here(platform)
        try:
            yield here
        finally:
            here.close()


@contextmanager
def opened_here(settings: Settings, *, create: bool = False) -> Iterator[Platform]:
    """The platform in this process, for as long as the context lasts. Raises DirectoryLocked, NotFound."""
    from quantos.app import Platform  # noqa: PLC0415 - a second for nothing where a server runs

    platform = Platform.open(settings, create=create)
    try:
        yield platform
    finally:
        platform.close()


def _token(directory: Path) -> str:
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
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in detail)
    return str(detail)
