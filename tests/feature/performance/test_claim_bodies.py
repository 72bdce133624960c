"""A curve that is well formed is read quickly; what is not is told in the same words as ever."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from quantos.kit.web import ApiModel
from quantos.performance.schemas import NAV_MAX, RECORDS_MAX, RECORDS_MIN, ClaimedPoint, ClaimUpload

GOOD = [{"date": "2024-01-02", "nav": 1}, {"date": "2024-01-03", "nav": 1.5}]


class Authority(ApiModel):
    """The same shape without a short cut."""

    records: Annotated[list[ClaimedPoint], Field(min_length=RECORDS_MIN, max_length=RECORDS_MAX)]


def errors(model: type[ApiModel], body: Any) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return refused.value.errors(include_url=False, include_context=False)


def with_second(**fields: Any) -> list[Any]:
    return [GOOD[0], {**GOOD[1], **fields}]


BAD: list[Any] = [
    with_second(nav=True),
    with_second(nav="1.5"),
    with_second(nav=None),
    with_second(nav=0),
    with_second(nav=-1.0),
    with_second(nav=NAV_MAX * 1.01),
    with_second(nav=10**30),
    with_second(nav=float("nan")),
    with_second(nav=float("inf")),
    with_second(nav=[1.0]),
    with_second(date="2024-1-3"),
    with_second(date="2024-02-30"),
    with_second(date="20240103"),
    with_second(date="2024-W01-3"),
    with_second(date="2024-01-03T00:00:00"),
    with_second(date="\uff12024-01-03"),
    with_second(date=20240103),
    with_second(date=date(2024, 1, 3)),
    with_second(date=None),
    [GOOD[0], {"date": "2024-01-03"}],
    [GOOD[0], {"nav": 1.0}],
    [GOOD[0], ["2024-01-03", 1.0]],
    [GOOD[0], None],
    GOOD[:1],
    [],
    {},
    None,
    "records",
]


@pytest.mark.parametrize("records", BAD)
def test_claim_04_to_06_what_is_malformed_is_refused_as_by_the_authority(records: Any) -> None:
    body = {"records": records}
    assert errors(ClaimUpload, body) == errors(Authority, body)


def curve(count: int) -> list[dict[str, Any]]:
    first = date(2000, 1, 1)
    return [{"date": str(first + timedelta(k)), "nav": 1 + k / 7} for k in range(count)]


def test_one_record_too_many_is_refused_as_by_the_authority() -> None:
    body = {"records": curve(RECORDS_MAX + 1)}
    assert errors(ClaimUpload, body) == errors(Authority, body)


@pytest.mark.parametrize("records", [GOOD, curve(RECORDS_MAX), with_second(nav=NAV_MAX, note="ignored")])
def test_a_curve_that_is_well_formed_is_the_same_and_no_model_is_made_of_its_records(records: Any) -> None:
    found, expected = (
        ClaimUpload.model_validate({"records": records}),
        Authority.model_validate({"records": records}),
    )
    assert [(each.date, each.nav) for each in found.records] == [
        (each.date, each.nav) for each in expected.records
    ]
    assert all(type(each.nav) is float for each in found.records)
    assert not any(isinstance(each, ClaimedPoint) for each in found.records)
