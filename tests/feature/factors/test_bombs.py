"""Files made to take the platform's memory: what they unpack to is known before they are unpacked."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantos.factors.uploads import unpacking
from tests.feature.factors.made import NAMES, SESSIONS, Owner

STREAM = "application/vnd.apache.arrow.stream"
DAYS = SESSIONS[:4]


def parquet(table: pa.Table, **more: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **more)
    return file.getvalue()


def a_batch(**columns: Any) -> pa.RecordBatch:
    return pa.record_batch({"date": pa.array([DAYS[0]], pa.date32()), **columns})


def stream_of(batch: pa.RecordBatch, codec: str | None = "zstd") -> bytes:
    file = io.BytesIO()
    with pa.ipc.new_stream(file, batch.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_batch(batch)
    return file.getvalue()


def repeated(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def peak_of_a_process_that_reads(folder: Path, content: bytes, kind: str) -> tuple[str, int]:
    """(what it is told, MiB that its memory grew by)."""
    (folder / "body").write_bytes(content)
    program = (
        "import resource, sys\n"
        "import pyarrow.parquet\n"
        "from quantos.factors.uploads.arrow_file import read_arrow\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "try: read_arrow(open(sys.argv[1], 'rb'), sys.argv[2])\n"
        "except Exception as error: print(type(error).__name__, peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "body"), kind],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    name, grown = done.stdout.split()
    return name, int(grown)


def one_long_text() -> pa.Array:
    return pa.array(["x" * 600_000_000])


def numbered(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(repeated(0, pa.int32(), rows), pa.array([text]))


def in_pages_that_say_less() -> bytes:
    """A Parquet file whose footer says that its column of 600 MB has a few bytes."""
    table = pa.table({"date": [DAYS[0]], NAMES[0]: one_long_text()})
    content = parquet(table, compression="zstd", use_dictionary=False, write_statistics=False)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    meta = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    for size in {meta.total_byte_size, meta.column(1).total_uncompressed_size}:
        said = zigzag_varint(size)
        assert content.count(said, footer) == 1
        content = content[:footer] + content[footer:].replace(
            said, b"\xe4" + b"\x80" * (len(said) - 2) + b"\0"
        )
    return content


def zigzag_varint(number: int) -> bytes:
    left, found = 2 * number, []
    while left > 127:
        found.append(128 | left & 127)
        left >>= 7
    return bytes([*found, left])


def deltas_of_one_long_text() -> bytes:
    """A text of 100 kB, and 5,000 times the same: in some bytes a text."""
    table = pa.table({"date": ["x" * 100_000] * 5_000, NAMES[0]: repeated(0.0, pa.float64(), 5_000)})
    encoding = {"date": "DELTA_BYTE_ARRAY"}
    return parquet(table, compression="zstd", use_dictionary=False, column_encoding=encoding)


BOMBS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a packed stream of 36 million rows in one batch": (
        lambda: stream_of(
            pa.record_batch(
                {
                    "date": repeated(DAYS[0], pa.date32(), 36_000_000),
                    "symbol": numbered(NAMES[0], 36_000_000),
                    "value": repeated(0.0, pa.float64(), 36_000_000),
                }
            )
        ),
        "stream",
        "UploadTooLarge",
    ),
    "a packed stream with a text in the place of a number": (
        lambda: stream_of(a_batch(**{NAMES[0]: one_long_text()})),
        "stream",
        "UploadTooLarge",
    ),
    "a Parquet file with one long name of many rows": (
        lambda: parquet(
            pa.table(
                {
                    "date": repeated(DAYS[0], pa.date32(), 5_000),
                    "symbol": numbered("x" * 100_000, 5_000),
                    "value": repeated(0.0, pa.float64(), 5_000),
                }
            ),
            compression="zstd",
            store_schema=False,
        ),
        "parquet",
        "Invalid",
    ),
    "a Parquet file with one long date of many rows": (
        lambda: parquet(
            pa.table({"date": numbered("x" * 100_000, 5_000), NAMES[0]: repeated(0.0, pa.float64(), 5_000)}),
            compression="zstd",
        ),
        "parquet",
        "Invalid",
    ),
    "a Parquet file with a list of 40 million numbers": (
        lambda: parquet(
            pa.table(
                {
                    "date": [DAYS[0]],
                    NAMES[0]: pa.LargeListArray.from_arrays(
                        pa.array([0, 40_000_000], pa.int64()), repeated(0.0, pa.float64(), 40_000_000)
                    ),
                }
            ),
            compression="zstd",
        ),
        "parquet",
        "Invalid",
    ),
    "a Parquet file whose footer says less than its pages hold": (
        in_pages_that_say_less,
        "parquet",
        "UploadTooLarge",
    ),
    "a Parquet file of texts that each repeat the one before": (
        deltas_of_one_long_text,
        "parquet",
        "Invalid",
    ),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_small_file_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(
    tmp_path: Path, what: str
) -> None:
    made, kind, refusal = BOMBS[what]
    content = made()
    assert len(content) < 2**20
    name, grown = peak_of_a_process_that_reads(tmp_path, content, kind)
    assert name == refusal
    assert grown < 256, f"{grown} MiB"


def with_a_column_that_contradicts_itself() -> bytes:
    """A Parquet file whose schema says `required` of a column that counts how many of its values are null."""
    content = bytearray(parquet(pa.table({"date": pa.array(DAYS, pa.date32()), NAMES[0]: [1.0] * len(DAYS)})))
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    optional = content.index(b"\x25\x02\x18\x04date", footer)  # repetition_type 1, then the name
    content[optional + 1] = 0
    return bytes(content)


def test_a_parquet_file_that_contradicts_itself_ends_no_process(tmp_path: Path, owner: Owner) -> None:
    """What pyarrow tells of such a column it tells by ending the process, which no exception handler sees."""
    content = with_a_column_that_contradicts_itself()
    name, _ = peak_of_a_process_that_reads(tmp_path, content, "parquet")
    assert name == "Invalid"
    factor = owner.create()
    answer = owner.send(factor, content, "application/vnd.apache.parquet")
    assert answer.status_code == 422
    assert "damaged" in answer.json()["detail"][0]["msg"]


TWICE = {
    "a field twice": b"\x15\x02\x05\x02\x04",  # the second time in the long form
    "a field of another type": b"\x16\x02",
}


@pytest.mark.parametrize("what", TWICE)
def test_a_struct_that_two_readers_may_read_in_two_ways_is_unreadable(what: str) -> None:
    with pytest.raises(unpacking.Unreadable):
        unpacking._Thrift(TWICE[what] + b"\x00", 0).struct({1: (5, 0), 2: (5, 0)})


def test_err_06_a_buffer_that_says_it_unpacks_to_a_terabyte_is_413(owner: Owner) -> None:
    content = stream_of(a_batch(**{NAMES[0]: [1.0]}), "lz4")
    eight, terabyte = (8).to_bytes(8, "little"), (2**40).to_bytes(8, "little")
    at = content.rfind(eight)  # of the one float64, before its packed bytes
    answer = owner.send(owner.create(), content[:at] + terabyte + content[at + 8 :], STREAM)
    assert answer.status_code == 413
    assert "parts" in answer.json()["detail"]


def test_a_batch_that_says_it_has_more_rows_than_its_buffers_hold_is_422(owner: Owner) -> None:
    """Arrow would read on behind them, in the platform's own memory."""
    batch = pa.record_batch({"date": list(DAYS), NAMES[0]: [1.0, 2.0, 3.0, 4.0]})
    content = bytearray(stream_of(batch, None))
    four = (4).to_bytes(8, "little")
    rows = [at for at in range(0, len(content), 8) if content[at : at + 8] == four]
    for at in rows[-3:]:  # of the batch, and of each of its columns
        content[at : at + 8] = (40).to_bytes(8, "little")
    factor = owner.create()
    answer = owner.send(factor, bytes(content), STREAM)
    assert answer.status_code == 422
    assert "damaged" in answer.json()["detail"][0]["msg"]
    assert owner.get(factor, "/values/status")["total_days"] == 0


def test_as_many_rows_as_an_upload_may_hold_are_read_in_a_part_of_a_gibibyte(tmp_path: Path) -> None:
    """A long file of 16 million cells, a few MB in all; its last row comes twice, so that all of it is read."""
    days, names = 3_200, 5_000
    day = np.repeat(np.arange(np.datetime64("2010-01-01"), np.datetime64("2010-01-01") + days), names)
    day[-1] = day[0]
    table = pa.table(
        {
            "date": day,
            "symbol": pa.DictionaryArray.from_arrays(
                pa.array(np.tile(np.arange(names, dtype=np.int32), days)),
                pa.array([f"{600000 + number}.SH" for number in range(names)]),
            ),
            "value": np.tile(np.arange(float(names)), days),
        }
    )
    file = tmp_path / "all.parquet"
    pq.write_table(table, file, compression="zstd")
    name, grown = peak_of_a_process_that_reads(tmp_path, file.read_bytes(), "parquet")
    assert name == "Invalid"
    assert grown < 700, f"{grown} MiB"
