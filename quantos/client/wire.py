"""From a call to a request, and from a response to an answer or an error."""

from __future__ import annotations

import logging
from typing import Any, Final

import httpx

from quantos.client.call import Call, Unset
from quantos.client.errors import ApiError, NotTheApi, refusal
from quantos.client.refusals import BY_CODE
from quantos.client.retry import headers_of, retry_after_s

CODE_HEADER: Final = "QuantOS-Error-Code"
IGNORED_HEADER: Final = "QuantOS-Ignored-Fields"
AGENT: Final = "quantos-client"

log = logging.getLogger(__name__)


def request_of(client: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    """The request of all the attempts at a call."""
    query = {name: _in_query(value) for name, value in call.query.items() if value is not None}
    return client.build_request(
        call.method, call.path, params=query or None, headers=headers_of(call), **_body(call)
    )


def answer_of(call: Call[Any], response: httpx.Response) -> Any:
    """What the platform answered. Raises ApiError, NotTheApi."""
    if not response.is_success and not (response.is_redirect and call.raw):
        raise error_of(response)
    if unknown := response.headers.get(IGNORED_HEADER):
        log.warning("%s %s: the platform does not know these fields: %s", call.method, call.path, unknown)
    if call.raw:
        return response.headers["Location"].encode() if response.is_redirect else response.content
    return _json(response)


def error_of(response: httpx.Response) -> ApiError:
    """The refusal that a response is. Raises NotTheApi where its body is none of the platform's."""
    body = _json(response)
    detail = body.get("detail", body.get("error")) if isinstance(body, dict) else None
    if detail is None:
        raise NotTheApi(_stranger(response))
    return refusal(
        response.status_code,
        detail,
        response.headers.get(CODE_HEADER, ""),
        retry_after_s(response.headers),
        BY_CODE,
    )


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise NotTheApi(_stranger(response)) from None


def _stranger(response: httpx.Response) -> str:
    kind = response.headers.get("Content-Type", "no content type")
    return (
        f"{response.request.method} {response.request.url} was answered {response.status_code} with {kind}, which is"
        " not the platform's: is this the right address, and is there a proxy between?"
    )


def _in_query(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _body(call: Call[Any]) -> dict[str, Any]:
    if isinstance(call.body, Unset):
        return {}
    return {"content": call.body} if isinstance(call.body, bytes) else {"json": call.body}
