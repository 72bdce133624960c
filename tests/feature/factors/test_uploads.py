"""Values as they arrive: every form gives the same values, and whatever is wrong is refused whole, at its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantos.kit.clock import parse_instant
from tests.feature.factors.made import LAST, NAMES, SESSIONS, Owner, load
from tests.feature.factors.made import owner as new_owner
from tests.support.platforms import Stage, stage

PARQUET = "application/vnd.apache.parquet"
STREAM = "application/vnd.apache.arrow.stream"
FILE = "application/vnd.apache.arrow.file"
DAYS = SESSIONS[:4]
INFINITY = float("inf")


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("uploads") / "data"
    with stage(folder, parse_instant(f"{LAST}T20:00+08:00"), body_bytes_max=2**20) as opened:
        load(opened.platform.market)
        yield opened


@pytest.fixture(scope="module")
def owner(on_stage: Stage) -> Owner:
    return new_owner(on_stage)


def number_of(on_stage: Stage, factor: str) -> int:
    with on_stage.platform.records.read() as session:
        connection = session.connection()
        found: int = connection.exec_driver_sql(
            "SELECT number FROM factor WHERE id = ?", (factor,)
        ).scalar_one()
        return found


def stored(on_stage: Stage, factor: str) -> dict[date, dict[str, float]]:
    number = number_of(on_stage, factor)
    found = {day: on_stage.platform.factors.values_on(number, day) for day in DAYS}
    return {day: values for day, values in found.items() if values}


def frame() -> pd.DataFrame:
    """Wide, with a hole in each row but the last."""
    values = np.random.default_rng(3).normal(size=(len(DAYS), 5))
    values[[0, 1, 2], [1, 2, 3]] = np.nan
    return pd.DataFrame(values, index=list(DAYS), columns=list(NAMES[:5]))


def expected() -> dict[date, dict[str, float]]:
    return {day: row.dropna().to_dict() for day, row in frame().iterrows()}


def wide(dates: Any = DAYS, kind: Any = None) -> pa.Table:
    columns = {"date": pa.array(list(dates), kind)}
    return pa.table(columns | {name: pa.array(frame()[name].to_numpy()) for name in frame()})


def long() -> pa.Table:
    rows = [(day, name, value) for day, row in expected().items() for name, value in row.items()]
    rows.reverse()
    day, name, value = zip(*rows, strict=True)
    return pa.table({"symbol": list(name), "value": list(value), "date": pa.array(list(day), pa.date32())})


def parquet(table: pa.Table, **more: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **more)
    return file.getvalue()


def ipc(table: pa.Table, opened: Callable[..., Any], codec: str | None = None) -> bytes:
    file = io.BytesIO()
    with opened(file, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table, max_chunksize=2)
    return file.getvalue()


def of_pandas() -> bytes:
    """As a user has it: dates in the index, which pandas names by itself."""
    file = io.BytesIO()
    frame().set_axis(pd.DatetimeIndex(DAYS)).to_parquet(file)
    return file.getvalue()


def of_rows_left_over(table: pa.Table) -> bytes:
    """As a user has it who left rows out with `dropna`: pandas writes their numbers as a column of its own."""
    file = io.BytesIO()
    table.to_pandas().set_axis(np.arange(table.num_rows) ** 2).to_parquet(file)
    assert "__index_level_0__" in pq.ParquetFile(file).schema_arrow.names
    return file.getvalue()


FORMS: dict[str, tuple[bytes, str]] = {
    "wide Parquet": (parquet(wide()), PARQUET),
    "wide Parquet in row groups": (parquet(wide(), row_group_size=1, compression="zstd"), PARQUET),
    "wide Parquet of pandas": (of_pandas(), PARQUET),
    "wide Parquet of pandas, some rows left out": (of_rows_left_over(wide()), PARQUET),
    "long Parquet of pandas, some rows left out": (of_rows_left_over(long()), PARQUET),
    "long Parquet": (parquet(long()), PARQUET),
    "long Parquet, symbols in a dictionary": (
        parquet(long().set_column(0, "symbol", long()["symbol"].dictionary_encode())),
        PARQUET,
    ),
    "wide, dates as texts": (parquet(wide([day.isoformat() for day in DAYS])), PARQUET),
    "wide, dates as timestamps": (
        parquet(wide([datetime.combine(day, datetime.min.time()) for day in DAYS], pa.timestamp("ns"))),
        PARQUET,
    ),
    "wide, last day first": (parquet(wide().take(pa.array([3, 0, 2, 1]))), PARQUET),
    "wide Arrow stream": (ipc(wide(), pa.ipc.new_stream), STREAM),
    "wide Arrow stream, compressed": (ipc(wide(), pa.ipc.new_stream, "zstd"), STREAM),
    "long Arrow stream": (ipc(long(), pa.ipc.new_stream), STREAM),
    "wide Arrow file": (ipc(wide(), pa.ipc.new_file), FILE),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_stores_the_same_values(owner: Owner, on_stage: Stage, form: str) -> None:
    factor = owner.create()
    answer = owner.send(factor, *FORMS[form])
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"uploaded": 4, "total_days": 4, "status": "draft"}
    assert stored(on_stage, factor) == expected()


def test_a_column_of_doubles_is_read_as_any_other_column_of_numbers(owner: Owner, on_stage: Stage) -> None:
    """All doubles are read at a time, mixed columns one by one: empty cells, NaN and several batches among them."""
    values = np.random.default_rng(4).normal(size=(len(DAYS), 3)).astype(np.float32).astype(np.float64)
    names = NAMES[:3]
    cells = [
        [None if (row + column) % 3 == 0 else float(values[row, column]) for row in range(4)]
        for column in range(3)
    ]
    cells[1][2] = float("nan")

    def sent(kinds: tuple[Any, ...]) -> dict[date, dict[str, float]]:
        columns = {name: pa.array(cell, kind) for name, cell, kind in zip(names, cells, kinds, strict=True)}
        table = pa.table({"date": pa.array(list(DAYS), pa.date32()), **columns})
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
        factor = owner.create()
        assert owner.send(factor, sink.getvalue(), STREAM).status_code == 200
        return stored(on_stage, factor)

    double, single = pa.float64(), pa.float32()
    together = sent((double, double, double))
    assert together == sent((double, single, double))
    assert together[DAYS[1]] == {names[0]: cells[0][1], names[1]: cells[1][1]}


def test_json_stores_the_same_values_as_a_file(owner: Owner, on_stage: Stage) -> None:
    factor = owner.create()
    data = [{"date": day.isoformat(), "values": values} for day, values in expected().items()]
    assert owner.upload(factor, data).status_code == 200
    assert stored(on_stage, factor) == expected()


def test_whole_numbers_in_a_file_are_values_too(owner: Owner, on_stage: Stage) -> None:
    factor = owner.create()
    table = pa.table({"date": list(DAYS), NAMES[0]: [1, 2, 3, None], NAMES[1]: pa.array([4] * 4, pa.int8())})
    assert owner.send(factor, parquet(table), PARQUET).status_code == 200
    assert stored(on_stage, factor)[DAYS[0]] == {NAMES[0]: 1.0, NAMES[1]: 4.0}
    assert stored(on_stage, factor)[DAYS[3]] == {NAMES[1]: 4.0}


def columns(**given: Any) -> bytes:
    return parquet(pa.table(given))


def changed(row: int, column: str, value: Any) -> bytes:
    table = wide().to_pylist()
    table[row][column] = value
    return parquet(pa.Table.from_pylist(table))


BAD_FILES: dict[str, tuple[bytes, str, list[Any], str]] = {
    "cut off": (parquet(wide())[:-40], PARQUET, ["body"], "cut off"),
    "cut in the middle": (parquet(wide())[:300], PARQUET, ["body"], "cut off"),
    "no Parquet at all": (b"date,600000.SH\n2024-01-02,1\n", PARQUET, ["body"], "Parquet"),
    "a stream sent as a file": (FORMS["wide Arrow stream"][0], FILE, ["body"], "Arrow IPC file"),
    "a stream cut off": (FORMS["wide Arrow stream"][0][:-400], STREAM, ["body"], "cut off"),
    "damaged": (
        parquet(wide(), compression="zstd")[:100] + b"\0" * 200 + parquet(wide(), compression="zstd")[300:],
        PARQUET,
        ["body"],
        "damaged",
    ),
    "empty": (b"", PARQUET, ["body"], "required"),
    "infinite": (changed(2, NAMES[1], INFINITY), PARQUET, ["body", 2, NAMES[1]], "finite"),
    "a day without values": (
        parquet(pa.table({"date": list(DAYS), NAMES[0]: pa.array([1.0, None, 1.0, 1.0])})),
        PARQUET,
        ["body", 1],
        "no value",
    ),
    "no date column": (columns(day=list(DAYS), **{NAMES[0]: [1.0] * 4}), PARQUET, ["body"], "date"),
    "dates as numbers": (columns(date=[20240102], **{NAMES[0]: [1.0]}), PARQUET, ["body", "date"], "dates"),
    "a date that is missing": (
        columns(date=[DAYS[0], None], **{NAMES[0]: [1.0, 2.0]}),
        PARQUET,
        ["body", 1, "date"],
        "no date",
    ),
    "a day of no calendar": (
        columns(date=["2024-01-02", "2024-02-30"], **{NAMES[0]: [1.0, 2.0]}),
        PARQUET,
        ["body", 1, "date"],
        "no such day",
    ),
    "a time of the day": (
        columns(date=[datetime(2024, 1, 2, 15)], **{NAMES[0]: [1.0]}),  # noqa: DTZ001 - as pandas writes it
        PARQUET,
        ["body", 0, "date"],
        "time of the day",
    ),
    "a column that is no symbol": (
        columns(date=list(DAYS), close=[1.0] * 4),
        PARQUET,
        ["body", "close"],
        "symbol",
    ),
    "texts for values": (
        columns(date=[DAYS[0]], **{NAMES[0]: ["1.0"]}),
        PARQUET,
        ["body", NAMES[0]],
        "numbers",
    ),
    "truth for values": (
        columns(date=[DAYS[0]], **{NAMES[0]: [True]}),
        PARQUET,
        ["body", NAMES[0]],
        "numbers",
    ),
    "the same day twice": (
        columns(date=[DAYS[0], DAYS[1], DAYS[0]], **{NAMES[0]: [1.0] * 3}),
        PARQUET,
        ["body", 2],
        "earlier row",
    ),
    "the same symbol twice": (
        parquet(pa.table([list(DAYS), [1.0] * 4, [1.0] * 4], names=["date", NAMES[0], NAMES[0]])),
        PARQUET,
        ["body"],
        "same name",
    ),
    "no rows": (parquet(wide().slice(0, 0)), PARQUET, ["body"], "no rows"),
    "long, unknown symbol": (
        columns(date=[DAYS[0]] * 2, symbol=[NAMES[0], "AAPL"], value=[1.0, 2.0]),
        PARQUET,
        ["body", 1, "symbol"],
        "symbol",
    ),
    "long, a value that is missing": (
        columns(date=[DAYS[0]] * 2, symbol=[NAMES[0], NAMES[1]], value=[1.0, None]),
        PARQUET,
        ["body", 1, "value"],
        "finite",
    ),
    "long, the same cell twice": (
        columns(date=[DAYS[0]] * 3, symbol=[NAMES[0], NAMES[1], NAMES[0]], value=[1.0, 2.0, 3.0]),
        PARQUET,
        ["body", 2],
        "earlier row",
    ),
    "long, without values": (
        columns(date=[DAYS[0]], symbol=[NAMES[0]]),
        PARQUET,
        ["body"],
        "value",
    ),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_one_clear_message_and_nothing_is_stored(
    owner: Owner, on_stage: Stage, what: str
) -> None:
    content, kind, place, word = BAD_FILES[what]
    factor = owner.create()
    answer = owner.send(factor, content, kind)
    assert answer.status_code == 422, answer.text
    (item,) = answer.json()["detail"]
    assert item["loc"] == place
    assert word in item["msg"]
    assert owner.get(factor, "/values/status")["total_days"] == 0


ENTRY: dict[str, Any] = {"date": "2024-01-02", "values": {NAMES[0]: 1.0}}
BAD_JSON: list[tuple[Any, list[Any]]] = [
    ({}, ["data"]),
    ({"data": {}}, ["data"]),
    ({"data": [5]}, ["data", 0]),
    ({"data": [{}]}, ["data", 0, "date"]),
    ({"data": [{**ENTRY, "date": "2024-02-30"}]}, ["data", 0, "date"]),
    ({"data": [{**ENTRY, "date": "20240102"}]}, ["data", 0, "date"]),
    ({"data": [{**ENTRY, "date": None}]}, ["data", 0, "date"]),
    ({"data": [ENTRY, {**ENTRY, "values": {}}]}, ["data", 1, "values"]),
    ({"data": [{**ENTRY, "values": []}]}, ["data", 0, "values"]),
    ({"data": [{**ENTRY, "values": {"600519": 1.0}}]}, ["data", 0, "values", "600519"]),
    ({"data": [{**ENTRY, "values": {"600519.SH\n": 1.0}}]}, ["data", 0, "values", "600519.SH\n"]),
    ({"data": [{**ENTRY, "values": {NAMES[0]: "1.0"}}]}, ["data", 0, "values", NAMES[0]]),
    ({"data": [{**ENTRY, "values": {NAMES[0]: True}}]}, ["data", 0, "values", NAMES[0]]),
    ({"data": [{**ENTRY, "values": {NAMES[0]: None}}]}, ["data", 0, "values", NAMES[0]]),
]


@pytest.mark.parametrize(("body", "place"), BAD_JSON)
def test_factor_15_bad_json_is_refused_at_its_place_and_nothing_is_stored(
    owner: Owner, body: Any, place: list[Any]
) -> None:
    factor = owner.create()
    answer = owner.send(factor, json.dumps(body).encode(), "application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", *place]
    assert owner.get(factor, "/values/status")["total_days"] == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "0x1", "01"])
def test_factor_15_what_is_no_finite_number_in_json_is_422(owner: Owner, number: str) -> None:
    factor = owner.create()
    body = '{"data": [{"date": "2024-01-02", "values": {"600519.SH": NUMBER}}]}'.replace("NUMBER", number)
    answer = owner.send(factor, body.encode(), "application/json")
    assert answer.status_code == 422
    assert owner.get(factor, "/values/status")["total_days"] == 0


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ('"date": "{day}", "values": {"600519.SH": 1.0, "000001.SZ": 2, "600519.SH": 3.0}', "600519.SH"),
        ('"date": "{day}", "values": {"600519.SH": 1}, "values": {"600519.SH": 3}', "values"),
        ('"date": "{day}", "note": {"a": 1, "a": 2}, "values": {"600519.SH": 1}', "a"),
    ],
)
def test_a_name_that_stands_twice_is_refused_and_no_value_of_it_guessed(
    owner: Owner, on_stage: Stage, day: str, name: str
) -> None:
    factor = owner.create()
    body = '{"data": [{' + day.replace("{day}", str(DAYS[0])) + "}]}"
    answer = owner.send(factor, body.encode(), "application/json")
    assert answer.status_code == 422
    (finding,) = answer.json()["detail"]
    assert finding["loc"] == ["body", "data", 0]
    assert f"{name} stands twice" in finding["msg"]
    assert stored(on_stage, factor) == {}


def test_a_field_that_is_not_known_does_not_make_a_day_suspect(owner: Owner, on_stage: Stage) -> None:
    factor = owner.create()
    body = f'{{"data": [{{"date": "{DAYS[0]}", "note": "a: b", "values": {{"600519.SH": 1.5}}}}]}}'
    assert owner.send(factor, body.encode(), "application/json").is_success
    assert stored(on_stage, factor) == {DAYS[0]: {"600519.SH": 1.5}}


def test_factor_15_a_symbol_need_not_be_known_to_the_market(owner: Owner) -> None:
    factor = owner.create()
    body = [{"date": "2024-01-02", "values": {"999999.BJ": 1.0}}]
    assert owner.upload(factor, body).json()["uploaded"] == 1


@pytest.mark.parametrize("kind", ["text/csv", "application/octet-stream", "", "application/x-pickle"])
def test_err_04_another_content_type_is_422_and_names_those_that_are_taken(owner: Owner, kind: str) -> None:
    answer = owner.send(owner.create(), b"whatever", kind)
    assert answer.status_code == 422
    (item,) = answer.json()["detail"]
    assert "application/json" in item["msg"]
    assert PARQUET in item["msg"]


@pytest.mark.parametrize("kind", ["application/json", PARQUET, STREAM])
def test_err_06_a_body_beyond_the_limit_is_413(owner: Owner, on_stage: Stage, kind: str) -> None:
    factor = owner.create()

    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 2**15

    for content in (b"x" * (2**20 + 1), endless()):
        headers = {"Authorization": f"Bearer {owner.caller.token}", "Content-Type": kind}
        request = owner.caller.http.post(f"/factors/{factor}/values", content=content, headers=headers)
        answer = owner.caller.runner.run(request)
        assert answer.status_code == 413
        assert isinstance(answer.json()["detail"], str)
    assert list(on_stage.platform.factors.spool_folder.glob("tmp*")) == [], "what had arrived is gone"


def test_a_file_that_unpacks_to_more_than_one_upload_may_hold_is_413(owner: Owner) -> None:
    many = 17_000_000
    zeros = pa.repeat(pa.scalar(0.0), many)
    table = pa.table(
        {
            "date": pa.repeat(pa.scalar(DAYS[0], pa.date32()), many),
            "symbol": pa.repeat(pa.scalar(NAMES[0]), many),
            "value": zeros,
        }
    )
    content = parquet(table, compression="zstd")
    assert len(content) < 2**20
    answer = owner.send(owner.create(), content, PARQUET)
    assert answer.status_code == 413
    assert "parts" in answer.json()["detail"]


def test_err_06_500_days_of_1000_symbols_are_taken(tmp_path: Path) -> None:
    now = parse_instant("2025-06-02T20:00+08:00")
    with stage(tmp_path / "data", now) as opened:
        owner = new_owner(opened)
        days = opened.platform.market.calendar.between(date(2023, 5, 4), date(2025, 5, 30))[-500:]
        names = [f"{600000 + k}.SH" for k in range(1000)]
        values = np.random.default_rng(1).normal(size=(len(days), len(names)))
        data = [
            {"date": day.isoformat(), "values": dict(zip(names, row.tolist(), strict=True))}
            for day, row in zip(days, values, strict=True)
        ]
        body = json.dumps({"data": data}).encode()
        assert len(body) > 12_000_000
        answer = owner.send(owner.create(), body, "application/json")
        assert answer.json() == {"uploaded": 500, "total_days": 500, "status": "ready"}
