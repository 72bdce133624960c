"""The records store: what people said. SQLModel on SQLite (WAL, synchronous FULL, foreign keys).

One unit of work per request or job, committed as a whole. There is one writer: `write()` for jobs and
commands, `commit()` for requests. Requests that arrive together share one commit (and so one sync of the
disk), each in a savepoint of its own; a request is answered only after that commit.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from quantos.errors import Unavailable
from quantos.storage import damage
from quantos.storage.events import NOTED
from quantos.storage.slowly import Slowly

GROUP_MAX = 256
T = TypeVar("T")

ALONGSIDE: ContextVar[Callable[[Connection], None] | None] = ContextVar("alongside", default=None)
"""What is stored with whatever a request stores, in the same unit of work. Set around the request."""


class RecordsUnavailable(Unavailable):
    code = "records_unavailable"


@dataclass(slots=True)
class _Unit:
    work: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Records:
    """Sessions on the records store."""

    def __init__(self, path: Path, *, slow_s: float = 0) -> None:
        self.path, self._slowly = path, Slowly("records", slow_s)
        self._writer = _engine(path, begin="BEGIN IMMEDIATE", readers=0)
        self._reader = _engine(path, begin="BEGIN", readers=8)
        self._looking: list[Connection] = []
        self._write_lock = threading.Lock()
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._committer: threading.Thread | None = None
        self._generation = 0
        self._listeners: list[tuple[Callable[[], object], frozenset[str] | None]] = []
        self._noted: frozenset[str] = frozenset()
        event.listen(self._writer, "commit", self._see_whether_noted)

    def listen(self, woken: Callable[[], object], kinds: Collection[str] | None = None) -> None:
        """Have `woken` called after each commit that left events (of these kinds), before its caller is answered.

        It runs in the committing thread: it may only signal, and never raises.
        """
        self._listeners.append((woken, None if kinds is None else frozenset(kinds)))

    @property
    def generation(self) -> int:
        """Grows with every unit of work, before it is answered: what was read since is still what is stored."""
        return self._generation

    @property
    def engine(self) -> Engine:
        """The writer's engine, for migrations."""
        return self._writer

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing is written."""
        started = perf_counter()
        with _damage_named(self.path), Session(self._reader, autoflush=False) as session:
            yield session
        self._slowly.tell("read", started)

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For a `prepared` statement or two, without the price of a session; each sees what is stored when it runs.

        One connection is kept for whoever looks next: taking it from the pool and giving it back costs as much as
        a statement.
        """
        try:
            connection = self._looking.pop()
        except IndexError:
            connection = None
        with _storage_errors(self.path):
            if connection is None:
                connection = self._reader.connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
        if self._looking or connection.in_transaction():
            connection.close()
        else:
            self._looking.append(connection)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A unit of work: commits at the end, rolls back on any error. For jobs and commands."""
        with (
            self._write_lock,
            _storage_errors(self.path),
            Session(self._writer, expire_on_commit=False) as session,
        ):
            started = perf_counter()
            with session.begin():
                yield session
            self._slowly.tell("written", started)
            self._committed()

    async def commit(self, work: Callable[[Session], T]) -> T:
        """Run `work` as a unit of work on the writer's thread and return once it is on disk."""

        def in_session(connection: Connection) -> T:
            session = Session(
                connection, expire_on_commit=False, join_transaction_mode="conditional_savepoint"
            )
            try:
                result = work(session)
                session.flush()
                return result
            finally:
                session.expunge_all()

        return await self.commit_prepared(in_session)

    async def commit_prepared(self, work: Callable[[Connection], T]) -> T:
        """As `commit`, without the price of a session: for `prepared` statements."""
        if self._committer is None:
            self._committer = threading.Thread(target=self._commit_groups, name="records-writer", daemon=True)
            self._committer.start()
        alongside = ALONGSIDE.get()
        if alongside is not None:
            work = _together(work, alongside)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._units.put(_Unit(work, loop, future))
        return await future

    def look_through(self, *, thoroughly: bool = True) -> damage.Looked:
        """Read all of it; not `thoroughly`: without its indexes and references."""
        try:
            with self.look() as connection:
                found = damage.look_at_records(connection, thoroughly=thoroughly)
                connection.rollback()
        except damage.StoreDamaged as refusal:
            found = refusal.found
        except UnicodeDecodeError:
            found = "a text in it is none"
        return damage.Looked(self.path.name, found)

    def copy_to(self, path: Path) -> None:
        """One consistent state of the store as a file, beside whoever writes meanwhile."""
        source = self._reader.raw_connection()
        copy = sqlite3.connect(path)
        try:
            source.driver_connection.backup(copy)  # type: ignore[union-attr]
        finally:
            copy.close()
            source.close()

    def close(self) -> None:
        if self._committer is not None:
            self._units.put(None)
            self._committer.join()
            self._committer = None
        while self._looking:
            self._looking.pop().close()
        self._writer.dispose()
        self._reader.dispose()

    def _see_whether_noted(self, connection: Connection) -> None:
        self._noted = frozenset(connection.info.pop(NOTED, ()))

    def _committed(self) -> None:
        self._generation += 1
        if self._noted:
            noted, self._noted = self._noted, frozenset()
            for woken, kinds in self._listeners:
                if kinds is None or not kinds.isdisjoint(noted):
                    woken()

    def _commit_groups(self) -> None:
        """The writer's thread: take what has arrived, run it, commit once, answer all."""
        while True:
            first = self._units.get()
            if first is None:
                return
            group, stopping = self._drain(first)
            try:
                with self._write_lock:
                    started = perf_counter()
                    with self._writer.begin() as connection:
                        for unit in group:
                            _run_in_savepoint(unit, connection, self.path)
                    self._slowly.tell("written", started, f"{len(group)} requests")
                    self._committed()
            except Exception as error:  # noqa: BLE001 - every unit of the group is told
                for unit in group:
                    unit.error = _as_unavailable(error, self.path)
            _answer(group)
            if stopping:
                return

    def _drain(self, first: _Unit) -> tuple[list[_Unit], bool]:
        group = [first]
        while len(group) < GROUP_MAX:
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                return group, True
            group.append(unit)
        return group, False


def _together(
    work: Callable[[Connection], T], alongside: Callable[[Connection], None]
) -> Callable[[Connection], T]:
    def both(connection: Connection) -> T:
        result = work(connection)
        alongside(connection)
        return result

    return both


def _run_in_savepoint(unit: _Unit, connection: Connection, path: Path) -> None:
    cursor = connection.connection.cursor()  # the driver's own: two statements per unit add up
    cursor.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(connection)
    except BaseException as error:  # noqa: BLE001 - handed to the one who waits for it
        cursor.execute("ROLLBACK TO unit")
        unit.error = _as_unavailable(error, path)
    finally:
        cursor.execute("RELEASE unit")
        cursor.close()


def _answer(group: list[_Unit]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
    for unit in group:
        by_loop.setdefault(unit.loop, []).append(unit)
    for loop, units in by_loop.items():
        with suppress(RuntimeError):  # a loop that was closed meanwhile has nobody waiting
            loop.call_soon_threadsafe(_resolve, units)


def _resolve(units: list[_Unit]) -> None:
    for unit in units:
        if unit.future.cancelled():
            continue
        if unit.error is not None:
            unit.future.set_exception(unit.error)
        else:
            unit.future.set_result(unit.result)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:  # the latter of prepared statements
        told = _as_unavailable(error, path)
        if told is error:
            raise
        raise told from error


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Of a reader: a defect of a query stays what it is."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = getattr(error, "orig", error)
        if damage.in_records(cause):
            raise damage.damaged(path.name, str(cause)) from error
        raise


def _as_unavailable(error: BaseException, path: Path) -> BaseException:
    """A full disk, a lock or a broken file, in words that say what to do."""
    cause = getattr(error, "orig", error)
    if damage.in_records(cause):
        return damage.damaged(path.name, str(cause))
    if not isinstance(cause, sqlite3.OperationalError):
        return error
    reason = str(cause)
    if "full" in reason:
        return RecordsUnavailable("the disk of the records store is full: free space, nothing was stored")
    if "locked" in reason:
        return RecordsUnavailable(
            "the records store is locked by another program: close it, nothing was stored"
        )
    if "readonly" in reason:
        return RecordsUnavailable(
            "the records store cannot be written: check its owner and mode, nothing was stored"
        )
    return RecordsUnavailable(f"the records store {path.name} does not answer ({reason}): run quantos doctor")


def _engine(path: Path, *, begin: str, readers: int) -> Engine:
    """An engine whose transactions start with `begin` (IMMEDIATE: no upgrade from read to write can fail)."""
    options: dict[str, Any] = {
        "poolclass": QueuePool,
        "pool_size": max(1, readers),
        "max_overflow": 8 if readers else 0,
    }
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": 10},
        hide_parameters=True,  # of a statement that failed: they may be what somebody keeps secret
        **options,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")
        if readers:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
