"""Fetched bars as files, for a store that another process holds: fetched into a folder, imported from there.

    FOLDER/bars/*.parquet   one file per load, whole or not there
    FOLDER/fetch.jsonl      what of it is finished
    FOLDER/lock             held by the one fetch at a time

A fetch that is interrupted goes on in the same folder. Once the files are imported, the journal of the folder
goes over into the store's own, and the folder is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from quantos.errors import Conflict
from quantos.market.core.normalised import NormalisedBars
from quantos.market.providers.journal import Journal

_PART: Final = ".part"


class FetchUnderWay(Conflict):
    """One fetch at a time into a folder."""

    code = "fetch_under_way"


class FetchFolder:
    """A folder of fetched bars. `stored`: the journal of what the store has already."""

    def __init__(self, path: Path, stored: Journal) -> None:
        self.path = path
        self._stored = stored
        self.journal = Journal(path / "fetch.jsonl", stored)

    @property
    def bars(self) -> Path:
        return self.path / "bars"

    def has_files(self) -> bool:
        return any(self.bars.glob("*.parquet"))

    def store(self, bars: NormalisedBars) -> None:
        """One load as one file, on the disk when this returns."""
        import pyarrow as pa  # noqa: PLC0415 - loaded where it is used
        import pyarrow.parquet as pq  # noqa: PLC0415

        self.bars.mkdir(parents=True, exist_ok=True)
        file = self.bars / f"{bars.source}-{uuid4().hex}.parquet"
        part = file.with_name(file.name + _PART)
        columns = {
            name: pa.array(column, pa.string() if name == "symbol" else None)
            for name, column in bars.columns().items()
        }
        with part.open("wb") as out:
            pq.write_table(pa.table(columns), out)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)

    def hand_over(self) -> None:
        """The files are imported: the store's journal has what this one had, and the folder is gone."""
        self._stored.take_over(self.journal)
        shutil.rmtree(self.path)


@contextmanager
def fetch_folder(path: Path, stored: Path) -> Iterator[FetchFolder]:
    """The folder, for this process alone. Raises FetchUnderWay."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FetchUnderWay(f"another fetch into {path} is under way: wait for its end") from None
        yield FetchFolder(path, Journal(stored))
