"""`quantos market fetch`: into the store of this process, or by way of a folder into that of the server that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from quantos.cli.attend import attended
from quantos.cli.interruption import Interrupted, ends_with, on_a_terminal
from quantos.cli.output import print_text
from quantos.cli.progress import counting, spinning
from quantos.cli.reach import MARKET_IMPORT, Reach, platform_now
from quantos.cli.sessions import day_of
from quantos.cli.texts import say, word
from quantos.errors import QuantosError, WrongState
from quantos.kit.clock import today

if TYPE_CHECKING:
    from quantos.market.providers.fetch import FetchProgress, FetchReport
    from quantos.market.providers.journal import Journal
    from quantos.market.service import Market

JOURNAL: Final = "fetch.jsonl"
FOLDER: Final = "fetched"
"""In the data directory."""

PAGE: Final = 200
LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. No symbols: all that are known; no first day: what is missing after the last bar."""

    source: str
    symbols: tuple[str, ...]
    first: date | None
    last: date | None

    @property
    def is_the_rest(self) -> bool:
        """Whether whatever is missing is asked for."""
        return not self.symbols and self.first is None

    def span(self, known: date | None, last_whole: date, journal: Journal) -> tuple[date, date]:
        """First and last day, in this order unless there is nothing to fetch.

        `known`: the last day with a bar; `last_whole`: the last one whose bars can be whole. Raises WrongState.
        """
        if self.first is None and known is None:
            raise WrongState(say("fetch.no_first"))
        first = self.first or (known or date.min) + timedelta(days=1)
        if self.is_the_rest and journal.open_since is not None:
            first = min(first, journal.open_since)
        return first, self.last or last_whole


@dataclass(frozen=True, slots=True)
class Fetched:
    """`report`: None where there was nothing to fetch. `imported`, `settlement`: what a server answered."""

    known: date | None
    report: FetchReport | None
    imported: dict[str, Any] | None = None
    settlement: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        report = {"fetched": 0, "rows": 0} if self.report is None else asdict(self.report)
        return {**report, "imported": self.imported, "settlement": self.settlement}


def fetched_here(market: Market, directory: Path, wanted: Wanted) -> Fetched:
    """Into the store, load by load."""
    from quantos.market.providers import fetch  # noqa: PLC0415 - --help needs no market
    from quantos.market.providers.folder import fetch_folder  # noqa: PLC0415
    from quantos.market.providers.journal import Journal  # noqa: PLC0415

    if (directory / FOLDER).exists():
        with fetch_folder(directory / FOLDER, directory / JOURNAL) as left:
            if left.has_files():
                market.take_in(left.bars)
            left.hand_over()
    journal, known = Journal(directory / JOURNAL), market.last_date()
    first, last = wanted.span(known, market.last_whole(), journal)
    if wanted.first is None and last < first:
        return Fetched(known, None)

    symbols = wanted.symbols or market.instruments().symbols
    if not symbols:
        raise WrongState(say("fetch.no_symbols"))

    def work(told: Callable[[FetchProgress], None]) -> FetchReport:
        source, present = fetch.source_named(wanted.source), today(market.clock)
        return fetch.run(source, symbols, first, last, market.import_bars, journal, told, present=present)

    return Fetched(known, _noted(work, wanted, first, last, journal))


def fetched_through(platform: Reach, directory: Path, wanted: Wanted) -> Fetched:
    """Into a folder, which the server imports; what waited for it is settled before its answer."""
    from quantos.market.providers import fetch  # noqa: PLC0415 - as above
    from quantos.market.providers.folder import fetch_folder  # noqa: PLC0415
    from quantos.market.providers.journal import Journal  # noqa: PLC0415

    stored = platform.get("/admin/market/coverage")
    known = stored["last_date"] and date.fromisoformat(stored["last_date"])
    journal = Journal(directory / JOURNAL)
    first, last = wanted.span(known, date.fromisoformat(stored["last_whole"]), journal)
    present = day_of(platform_now(platform, directory))
    report = None
    with fetch_folder(directory / FOLDER, directory / JOURNAL) as folder:
        if wanted.first is not None or first <= last:
            symbols = wanted.symbols or tuple(_instruments(platform))
            if not symbols:
                raise WrongState(say("fetch.no_symbols"))

            def work(told: Callable[[FetchProgress], None]) -> FetchReport:
                source, into = fetch.source_named(wanted.source), folder.journal
                return fetch.run(source, symbols, first, last, folder.store, into, told, present=present)

            report = _noted(work, wanted, first, last, journal)
        imported = _imported(platform, folder.bars) if folder.has_files() else None
        folder.hand_over()
    return Fetched(known, report, imported, None if imported is None else _settlement(platform))


def print_fetched(done: Fetched) -> None:
    """For people."""
    report = done.report
    if report is None:
        print_text(say("fetch.nothing", last=done.known))
    else:
        counts = {name: f"{getattr(report, name):,}" for name in ("fetched", "resumed", "rows")}
        print_text(say("fetch.done", source=report.source, first=report.first, last=report.last, **counts))
        for symbol, reason in report.refused.items():
            print_text(say("fetch.refused", symbol=symbol, reason=reason))
        if report.late:
            print_text(say("fetch.late", late=f"{report.late:,}", last=report.last))
    if done.imported is not None:
        refused = sum(done.imported["quarantined"].values())
        print_text(say("fetch.imported", stored=f"{done.imported['stored']:,}", refused=f"{refused:,}"))
    if (run := done.settlement) is not None:
        print_text(say("fetch.settlement", date=run["date"], state=word("state", run["status"])))


def _noted(
    work: Callable[[Callable[[FetchProgress], None]], FetchReport],
    wanted: Wanted,
    first: date,
    last: date,
    journal: Journal,
) -> FetchReport:
    """The fetch's report, shown symbol by symbol meanwhile; a fetch of the rest is open until it is whole."""
    if wanted.is_the_rest:
        journal.leave_open(first)
    with _shown() as told:
        report = work(told)
    if wanted.is_the_rest:
        journal.leave_open(last if report.late else None)
    return report


@contextmanager
def _shown() -> Iterator[Callable[[FetchProgress], None]]:
    """Shows symbol by symbol. Raises Interrupted with how far it came."""
    far = {"done": 0, "total": 0}
    with (
        counting(0) as show,
        ends_with(lambda: say("fetch.interrupted", done=f"{far['done']:,}", total=f"{far['total']:,}")),
    ):

        def on_symbol(now: FetchProgress) -> None:
            far.update(done=now.done, total=now.total)
            show(now.done, say("fetch.symbol", symbol=now.symbol, rows=f"{now.rows:,}"), now.total)

        yield on_symbol


def _instruments(platform: Reach) -> Iterator[str]:
    """The symbols that the server's market knows."""
    offset, total = 0, 1
    while offset < total:
        page = platform.get("/admin/market/instruments", limit=PAGE, offset=offset)
        yield from (found["symbol"] for found in page["instruments"])
        offset, total = offset + PAGE, page["total"]


def _imported(platform: Reach, path: Path) -> Any:
    """The server's report of the import; what it settles thereby is shown meanwhile."""
    looked = monotonic()

    def stop() -> None:
        raise Interrupted(say("import.server_goes_on", url=platform.url))

    with spinning() as show:
        show(say("import.by_server", path=path.parent.name))

        def look() -> None:
            nonlocal looked
            if not on_a_terminal() or monotonic() - looked < LOOK_EVERY_S:
                return
            looked = monotonic()
            try:
                now = platform.get("/admin/overview")["settlement"]
            except QuantosError:
                return  # the import itself will say what is wrong
            if now["state"] == "running":
                show(say("job.settling", done=f"{now['done']:,}", total=f"{now['total']:,}"))

        answer, _ = attended(lambda: platform.post(MARKET_IMPORT, {"path": str(path)}), look=look, stop=stop)
    return answer


def _settlement(platform: Reach) -> dict[str, Any] | None:
    """The newest settlement run, where there is one."""
    runs = platform.get("/admin/settlement-runs", limit=1)["settlement_runs"]
    return runs[0] if runs else None
