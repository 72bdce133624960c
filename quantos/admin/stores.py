"""Whether the stores are whole: all of them is read."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from fastapi import APIRouter
from starlette.responses import Response

from quantos.accounts.service import Accounts
from quantos.kit.routing import Routes
from quantos.kit.web import Answer, json_response, refusals
from quantos.storage.damage import Looked
from quantos.storage.records import Records
from quantos.storage.series import Series

_OPERATORS: Final = refusals(s401="missing or unknown credentials", s403="a user's credentials")


class StoreOut(Answer):
    """A store that was read from end to end. `detail`: what is wrong with it."""

    file: str
    state: Literal["whole", "damaged"]
    detail: str | None


class StoreList(Answer):
    stores: list[StoreOut]


def router(records: Records, series: Series, accounts: Accounts) -> APIRouter:
    """The operator's route."""
    operator = Routes(accounts.operator, "operator", _OPERATORS)
    turn = asyncio.Lock()

    def look() -> list[Looked]:
        return [records.look_through(), series.look_through()]

    @operator.get(
        "/admin/stores",
        operation_id="look_through_stores",
        summary="Whether both stores are whole; every value of them is read",
        response_model=StoreList,
    )
    async def look_through_stores() -> Response:
        """Seconds where they are large; everyone is served meanwhile. The series store keeps a checksum of each block."""
        async with turn:
            found = await asyncio.to_thread(look)
        shown = [
            {"file": each.file, "state": "whole" if each.detail is None else "damaged", "detail": each.detail}
            for each in found
        ]
        return json_response({"stores": shown})

    return operator
