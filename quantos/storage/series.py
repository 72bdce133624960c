"""The series store: what was loaded in bulk or computed. DuckDB, one file, one process.

A write is one DuckDB transaction: `write()` commits at its end or leaves nothing. Readers get a cursor of
their own and see the last committed state.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol

import duckdb

from quantos.errors import Unavailable
from quantos.storage import damage
from quantos.storage.confined import CONFINED
from quantos.storage.series_schema import migrate
from quantos.storage.slowly import Slowly

CHECKPOINT_THRESHOLD: Final = "128MB"
"""Size of the write-ahead log at which DuckDB folds it into the file; at its default of 16 MB half of a
settlement's time goes into folding. It bounds what a start after a kill replays."""

logger = logging.getLogger(__name__)


class SeriesUnavailable(Unavailable):
    code = "series_unavailable"


class SeriesStore(Protocol):
    """Where cursors come from: the store itself, or one open transaction on it."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...

    def write(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...


class Series:
    """Cursors on the series store."""

    def __init__(
        self, path: Path, *, memory_limit: str = "2GB", threads: int | None = None, slow_s: float = 0
    ) -> None:
        self.path, self._slowly = path, Slowly("series", slow_s)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            **CONFINED,
            "preserve_insertion_order": False,
            "checkpoint_threshold": CHECKPOINT_THRESHOLD,
        }
        if threads is not None:
            config["threads"] = threads
        self._memory_limit, self._threads, self._config = memory_limit, threads, config
        self._limits: tuple[int | None, float | None] | None = None
        self._write_lock = threading.RLock()
        self._turn = threading.Lock()  # of whoever takes a cursor, or opens the file again
        self._is_given_up = False
        self.damage: str | None = None
        """What was found wrong with the file since it was opened."""
        self._listeners: list[Callable[[], object]] = []
        self._connection = self._open()
        migrate(self._connection)

    def limit(self, *, threads: int | None, memory_gib: float | None) -> None:
        """Compute with no more than this from now on; None: as it was opened, beyond which it never goes."""
        wanted = threads or self._threads
        self._limits = threads, memory_gib
        with self.read() as cursor:
            cursor.execute("RESET threads" if wanted is None else f"SET threads = {wanted:d}")
            cursor.execute("SET memory_limit = ?", [self._memory_limit])
            if memory_gib is not None and memory_gib < _memory_gib(cursor):
                cursor.execute("SET memory_limit = ?", [f"{memory_gib:.3f}GiB"])

    def listen(self, woken: Callable[[], object]) -> None:
        """Have `woken` called after each commit; it runs in the committing thread, only signals and never raises."""
        self._listeners.append(woken)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on the last committed state. Raises SeriesUnavailable, StoreDamaged."""
        cursor, started = self._cursor(), perf_counter()
        try:
            yield cursor
        except duckdb.Error as error:
            self._judge(error)
            raise
        finally:
            cursor.close()
            self._slowly.tell("read", started)

    @contextmanager
    def snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose queries all see the same committed state, whatever is committed between them."""
        with self.read() as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            try:
                yield cursor
            finally:
                _rollback(cursor)

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction: the one commit point of what is written in it."""
        with self._write_lock:
            cursor, started = self._cursor(), perf_counter()
            try:
                cursor.execute("BEGIN TRANSACTION")
                try:
                    yield cursor
                    _commit(cursor)
                except BaseException:
                    _rollback(cursor)
                    raise
            except (duckdb.FatalException, duckdb.SerializationException) as error:
                self._judge(error)
                raise
            except (duckdb.IOException, duckdb.OutOfMemoryException, _CommitFailed) as error:
                if isinstance(error, duckdb.Error):
                    self._judge(error)
                raise SeriesUnavailable(
                    f"the series store could not be written ({_first_line(error)}): nothing was stored; "
                    "free disk space or memory and run it again"
                ) from error
            finally:
                cursor.close()
                self._slowly.tell("written", started)
            for woken in self._listeners:
                woken()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Nothing is written until the end of this; reading goes on."""
        with self._write_lock:
            yield

    def fold(self) -> None:
        """Fold the write-ahead log into the file, where those who read allow it."""
        with suppress(duckdb.TransactionException):
            self.checkpoint()

    def look_through(self) -> damage.Looked:
        """Read all of it."""
        try:
            with self.snapshot() as cursor:
                damage.read_all_series(cursor)
        except damage.StoreDamaged:
            return damage.Looked(self.path.name, self.damage)
        return damage.Looked(self.path.name, None)

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file."""
        with self._write_lock, self.read() as cursor:
            cursor.execute("CHECKPOINT")

    def close(self) -> None:
        self._connection.close()

    # inside

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self.path), config=self._config)
        except duckdb.Error as error:
            if damage.in_series(error):
                raise damage.damaged(self.path.name, _first_line(error)) from error
            raise SeriesUnavailable(
                f"the series store {self.path.name} cannot be opened ({_first_line(error)}): run quantos doctor"
            ) from error

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._turn:
            is_new = self._is_given_up
            if is_new:
                self._connection.close()
                self._connection, self._is_given_up = self._open(), False
            cursor = self._connection.cursor()
        if is_new:
            self._begin_again()
        return cursor

    def _judge(self, error: duckdb.Error) -> None:
        """Raises what a refusal of DuckDB's means, where it is the file that is the matter."""
        if damage.in_series(error):
            self.damage = _first_line(error)
            raise damage.damaged(self.path.name, self.damage) from error
        if isinstance(error, duckdb.FatalException):
            raise self._given_up(error) from error

    def _given_up(self, error: duckdb.FatalException) -> SeriesUnavailable:
        """DuckDB uses a file no more whose sync has failed: what the disk has is known by opening it anew.

        Whoever still has a cursor on it keeps it as it is; the next use after the last of them opens it.
        """
        self._is_given_up = True
        return SeriesUnavailable(
            f"the disk failed the series store ({_first_line(error)}): it is opened anew with the next use; look there"
            " whether it was stored, and do it again if not"
        )

    def _begin_again(self) -> None:
        """What was set holds for the file that was opened anew, and what was read before is read again."""
        logger.warning("the series store was opened anew: the disk had failed it")
        if self._limits is not None:
            threads, memory_gib = self._limits
            self.limit(threads=threads, memory_gib=memory_gib)
        for woken in self._listeners:
            woken()


def _memory_gib(cursor: duckdb.DuckDBPyConnection) -> float:
    """What it may use, as it says itself: `1.8 GiB`."""
    found = cursor.execute("SELECT current_setting('memory_limit')").fetchone()
    assert found is not None, "DuckDB has the setting"
    number, unit = str(found[0]).split()
    return float(number) * 1024.0 ** (("KiB", "MiB", "GiB", "TiB").index(unit) - 2)


class Joined:
    """The store as one open transaction sees it: reads see what it has written, writes become part of it.

    Whoever opened the transaction commits it, or rolls all of it back. It stays in the thread that opened it.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        yield self._cursor

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        yield self._cursor


class _CommitFailed(Exception):
    """DuckDB could not write the transaction: it reports so as an error of the transaction."""


def _commit(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("COMMIT")
    except duckdb.TransactionException as error:
        raise _CommitFailed(_first_line(error)) from error


def _rollback(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:
        return  # the transaction is gone already: a failed COMMIT ends it


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
