"""Files of factor values, in parts that one upload may hold: each an Arrow IPC stream of whole days."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from quantos.cli.factor_cells import bad_cell, told
from quantos.cli.texts import say
from quantos.errors import NotFound, WrongState

CELLS_A_PART: Final = 4_000_000
"""Values of a part: 32 MB before it is packed."""

ROWS_MAX: Final = 500
"""Days of a wide part, as of one upload in the guide's JSON."""

PICKLES: Final = (".pkl", ".pickle", ".pck", ".p")
PICKLE_STARTS: Final = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
DATE_NAMES: Final = ("date", "trade_date", "__index_level_0__")


class FileNotTaken(WrongState):
    code = "factor_file_not_taken"


class FactorFileNotFound(NotFound):
    code = "factor_file_not_found"


class Parts:
    """A file, read; iterate for (content, rows) of each part."""

    def __init__(self, name: str, table: Any, cuts: list[int]) -> None:
        self.name, self.rows = name, int(table.num_rows)
        self._table, self._cuts = table, cuts

    def __len__(self) -> int:
        return len(self._cuts) - 1

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        import pyarrow as pa  # noqa: PLC0415 - --help needs none of it

        for first, last in zip(self._cuts[:-1], self._cuts[1:], strict=True):
            sink = io.BytesIO()
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.ipc.new_stream(sink, self._table.schema, options=options) as writer:
                writer.write_table(self._table.slice(first, last - first))
            yield sink.getvalue(), last - first


def opened(path: Path) -> Parts:
    """A file by its name's ending. Raises FactorFileNotFound, FileNotTaken."""
    if not path.is_file():
        raise FactorFileNotFound(say("factor.no_file", path=path))
    with path.open("rb") as file:
        start = file.read(2)
    if path.suffix.lower() in PICKLES or start in PICKLE_STARTS:
        raise FileNotTaken(say("factor.pickle", name=path.name))
    table = _read(path)
    names = [name for name in DATE_NAMES if name in table.column_names]
    if not names:
        raise FileNotTaken(say("factor.no_date", name=path.name))
    if not table.num_rows:
        raise FileNotTaken(say("factor.empty", name=path.name))
    if bad := bad_cell(table, names[0]):
        raise FileNotTaken(told(path.name, table, names[0], bad))
    if "symbol" in table.column_names:
        return _long(path.name, table, names[0])
    step = max(1, min(ROWS_MAX, CELLS_A_PART // table.num_columns))
    return Parts(path.name, table, [*range(0, table.num_rows, step), table.num_rows])


def _read(path: Path) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - --help needs none of it

    kind = path.suffix.lower()
    try:
        if kind in {".parquet", ".pq"}:
            import pyarrow.parquet as pq  # noqa: PLC0415

            return pq.ParquetFile(path).read()
        if kind in {".feather", ".arrow", ".ipc"}:
            return pa.ipc.open_file(path.open("rb")).read_all()
        if kind == ".csv":
            import pyarrow.csv  # noqa: PLC0415

            return pa.csv.read_csv(path)
    except (pa.ArrowException, OSError) as error:
        raise FileNotTaken(say("factor.unreadable", name=path.name)) from error
    raise FileNotTaken(say("factor.unknown_kind", name=path.name))


def _long(name: str, table: Any, date_name: str) -> Parts:
    """Rows in the order of days, cut between two of them: a day is stored whole."""
    table = table.sort_by(date_name).combine_chunks()
    import numpy as np  # noqa: PLC0415 - the commands are shown without it

    codes = table[date_name].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    first_rows = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])).tolist()
    cuts = [0]
    for row, following in zip(first_rows, [*first_rows[1:], table.num_rows], strict=True):
        if following - cuts[-1] > CELLS_A_PART and row > cuts[-1]:
            cuts.append(row)
    return Parts(name, table, [*cuts, table.num_rows])
