"""The client of a QuantOS platform, for agents and for the dashboard.

    from quantos.client import Client, calls

    with Client("http://127.0.0.1:8000", api_key) as send:
        for strategy in send.each(calls.list_strategies()):
            print(strategy["slug"], strategy["status"])

`calls` has one function for each operation of the API, `shapes` the types of what goes in and comes out, `refusals` an
error for each code. It needs httpx and nothing else of QuantOS.
"""

from __future__ import annotations

from quantos.client import calls, errors, refusals, shapes
from quantos.client.call import UNSET, Call
from quantos.client.client import AsyncClient, Client
from quantos.client.errors import ApiError, ClientError, NotTheApi, Unreachable
from quantos.client.events import Event
from quantos.client.retry import Patience

__all__ = [
    "UNSET",
    "ApiError",
    "AsyncClient",
    "Call",
    "Client",
    "ClientError",
    "Event",
    "NotTheApi",
    "Patience",
    "Unreachable",
    "calls",
    "errors",
    "refusals",
    "shapes",
]
