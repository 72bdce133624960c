"""The demo on the terminal: numbered steps with their times, tables, the plot, what was checked and how."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from quantos.cli.demo import stage
from quantos.cli.demo.agents import AGENTS
from quantos.cli.demo.identities import Check
from quantos.cli.demo.ledger import Day, OrderLine, Sums
from quantos.cli.demo.market import Loaded
from quantos.cli.demo.plot import BENCHMARK_MARK, COLOURS, Curve, drawn
from quantos.cli.demo.story import Record
from quantos.cli.demo.verified import Verified, public_address
from quantos.cli.layout import wrapped
from quantos.cli.market_tables import meaning
from quantos.cli.texts import CHINESE, TEXTS, language, say
from quantos.settlement.core.facts import Reason

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_MAX: Final = 110
INDENT: Final = 3
NAMES_FROM_WIDTH: Final = 96
MARKS: Final = ("M", "E", "C")
SLUGS: Final = tuple(agent.slug for agent in AGENTS)
NOTHING: Final = "-"
PART_MAX: Final = 1000
BEYOND: Final = ">99,999%"
"""A year's return of this size is a few lucky days multiplied: its digits say nothing."""

ANNUAL_FROM: Final = 20
"""Trading days from which on something is said about a year."""
VAGUE: Final = ("no_", "inexact_", "survivors_")
"""Findings about what a source does not say, beside those about what it says."""


class Screen:
    """Prints as the story goes on. `quiet`: nothing at all; `keeps`: it goes on serving at the end."""

    def __init__(self, *, quiet: bool = False, keeps: bool = True) -> None:
        from rich.console import Console  # noqa: PLC0415 - loaded where it is used

        wide = Console(highlight=False, quiet=quiet)
        width = min(wide.width, WIDTH_MAX) if wide.is_terminal else WIDTH_MAX
        self.console: Console = Console(highlight=False, quiet=quiet, width=width, soft_wrap=False)
        self.keeps = keeps
        self.seconds: dict[str, float] = {}
        self.day_played: date | None = None
        self._step = 0

    def title(self) -> None:
        self.console.print()
        self.console.rule(f"[bold]{say('demo.title')}[/]", align="left", style="cyan")
        self.note(say("demo.hindsight"))

    def market(self, loaded: Loaded) -> None:
        """What was loaded, what was refused, which days will be played."""
        if loaded.synthetic:
            self.note(say("demo.synthetic", seed=loaded.seed))
        else:
            self.plain(say("demo.real", path=loaded.source))
        self.plain(
            say(
                "demo.bars",
                bars=f"{loaded.bars:,}",
                instruments=f"{loaded.instruments:,}",
                first=loaded.first,
                last=loaded.last,
            )
        )
        report = loaded.report
        for file in report["files"]:
            if file["refused"]:
                self.plain(say("demo.refused", file=file["source"], reason=file["refused"]))
        if report["quarantined"]:
            rows = f"{sum(report['quarantined'].values()):,}"
            self.plain(say("demo.quarantine", rows=rows, reasons=_explained(report["quarantined"])))
        else:
            self.plain(say("demo.nothing_refused"))
        vague = {kind: count for kind, count in report["findings"].items() if kind.startswith(VAGUE)}
        for key, found in (
            ("demo.findings", report["findings"].keys() - vague),
            ("demo.vague", vague.keys()),
        ):
            if found:
                counts = {kind: report["findings"][kind] for kind in sorted(found)}
                self.plain(say(key, kinds=_explained(counts)))
        self.plain(say("demo.span", days=loaded.days, first=loaded.played[0], last=loaded.played[-1]))

    def after(self, directory: Path, url: str, api_key: str, port: int, ahead: int = 0) -> None:
        """How to go on from here: while it serves at `url`, else by serving it again on `port`.

        `ahead`: trading days with bars after the last one played.
        """
        program, folder = program_to_type(), shlex.quote(str(directory))
        if self.keeps:
            self.line(f"[bold green]{say('demo.keeps', url=url)}[/]")
            facts = [
                ("demo.after.api", f"{url}/docs"),
                ("demo.after.try", f"curl {url}/api/v1/public/strategies/demo-momentum/performance"),
                ("demo.after.key", api_key),
                ("demo.after.operator", f"{program} operator token --data-dir {folder}"),
            ]
        else:
            repository = f"QUANTOS_ATTESTATION_REPO={shlex.quote(str(stage.repository(directory)))}"
            serve = f"{repository} {program} serve --port {port} --data-dir {folder}"
            then = verify_command(f"http://{stage.HOST}:{port}", SLUGS[0])
            facts = [("demo.after.again", serve), ("demo.after.verify", then)]
        if ahead:
            self.plain(say("demo.after.ahead", days=ahead, program=program, folder=folder))
        for key, value in [*facts, ("demo.after.remove", f"rm -r {folder}")]:
            self.exactly(f"{say(key)}{say('colon')}{value}")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A numbered step and how long it took."""
        self._step += 1
        self.console.print()
        self.console.print(f"[bold cyan]{self._step}[/]  [bold]{say(f'demo.step.{name}')}[/]")
        started = perf_counter()
        yield
        self.seconds[name] = perf_counter() - started
        self.line(f"[dim]{say('demo.done', seconds=self.seconds[name])}[/]")

    def line(self, text: str) -> None:
        """A line with markup. On a terminal it is wrapped."""
        from rich.padding import Padding  # noqa: PLC0415 - loaded where it is used
        from rich.text import Text  # noqa: PLC0415

        if self.console.is_terminal:
            self.console.print(Padding(Text.from_markup(text), (0, 0, 0, INDENT), expand=False))
        else:
            self.console.print(f"   {text}", soft_wrap=True)

    def item(self, mark: str, text: str) -> None:
        """A line of a list, with markup. On a terminal it is wrapped under itself."""
        from rich.table import Table  # noqa: PLC0415 - loaded where it is used

        if not self.console.is_terminal:
            self.line(f"  {mark} {text}")
            return
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_column(no_wrap=True)
        row.add_column()
        row.add_row(f"{' ' * INDENT}  {mark}", text)
        self.console.print(row)

    def plain(self, text: str) -> None:
        """Text that holds values of others: nothing in it is markup. On a terminal it is wrapped."""
        for row in self._rows(text):
            self.exactly(row)

    def exactly(self, text: str) -> None:
        """A line to be copied: never parted."""
        self.console.print(f"   {text}", markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        for row in self._rows(text):
            self.console.print(f"   {row}", markup=False, style="yellow", soft_wrap=True)

    def _rows(self, text: str) -> list[str]:
        return wrapped(text, self.console.width - INDENT) if self.console.is_terminal else [text]

    def gap(self) -> None:
        self.console.print()

    @contextmanager
    def days(self, total: int) -> Iterator[Callable[[date, dict[str, float]], None]]:
        """A progress bar over trading days with the NAVs as they stand."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        shown = TextColumn("{task.fields[navs]}", table_column=_unshrinking())
        columns = (TextColumn(" "), BarColumn(bar_width=16), MofNCompleteColumn(), shown)
        terminal = self.console.is_terminal
        with Progress(
            *columns, console=self.console, transient=True, refresh_per_second=4, disable=not terminal
        ) as bar:
            task = bar.add_task("", total=total, navs="")

            def on_day(day: date, navs: dict[str, float]) -> None:
                self.day_played = day
                millions = [
                    f"{mark} {running(navs[slug])}"
                    for mark, slug in zip(MARKS, SLUGS, strict=True)
                    if slug in navs
                ]
                bar.update(task, advance=1, navs="  ".join([str(day), *millions]))

            yield on_day

    def results(self, records: Sequence[Record], *, synthetic: bool) -> None:
        """NAVs and metrics beside the benchmark, then the plot."""
        self.console.print(self._results_table(records, synthetic=synthetic))
        if any(too_short(record.metrics) for record in records):
            self.note(say("demo.too_few", least=ANNUAL_FROM))
        if records[0].metrics["benchmark_return"] is None:
            self.note(say("demo.no_benchmark"))
        self.gap()
        self.line(f"[bold]{say('demo.plot_synthetic' if synthetic else 'demo.plot')}[/]")
        plot = drawn(
            curves_of(records),
            [row["date"] for row in max((record.records for record in records), key=len)],
            self.console.width - 6,
            colour=self.console.color_system is not None,
        )
        if not self.console.quiet:
            self.console.file.write("\n".join(f"   {row}" for row in plot.splitlines()) + "\n")

    def _results_table(self, records: Sequence[Record], *, synthetic: bool) -> Any:
        """A column for each strategy: numbers as long as they may be fit 80 cells, in either language."""
        from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - loaded where it is used
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        table.add_column("", no_wrap=True)
        for k, record in enumerate(records):
            table.add_column(f"[{_rich(k)}]{MARKS[k]} {record.agent.slug}[/]", justify="right", no_wrap=True)
        benchmark = records[0].metrics["benchmark_return"]
        if benchmark is not None:
            name = say("demo.benchmark_synthetic" if synthetic else "demo.benchmark")
            table.add_column(
                f"[{_rich(len(records))}]{BENCHMARK_MARK} {name}[/]", justify="right", no_wrap=True
            )
        for name, show in RESULTS.items():
            beside = percent(benchmark) if name == "total" and benchmark is not None else ""
            table.add_row(say(f"demo.col.{name}"), *(show(record) for record in records), beside)
        return table

    def day(self, slug: str, day: Day) -> None:
        """One strategy-day: every order, then where the cash went."""
        self.plain(say("demo.explain", slug=slug, day=day.trade_date))
        named = self.console.width >= NAMES_FROM_WIDTH
        names = ["name"] if named else []
        table = self._table("symbol", *names, "side", "quantity>", "filled>", "price>", "fees>", "result")
        for order in day.orders:
            fees = order.commission + order.stamp_duty + order.transfer_fee
            table.add_row(
                order.symbol,
                *([order.name] if named else []),
                say("demo.buy" if order.quantity >= 0 else "demo.sell"),
                f"{abs(order.quantity):,}",
                f"{order.filled:,}",
                price(order.price) if order.filled else "",
                cash(fees) if order.filled else "",
                result_of(order),
            )
        self.console.print(table)
        self.plain(
            say(
                "demo.cash",
                before=cash(day.cash_before),
                sold=cash(day.sold),
                bought=cash(day.bought),
                fees=cash(day.fees),
                events=cash(day.event_cash),
                cash=cash(day.cash),
            )
        )
        self.plain(
            say(
                "demo.nav",
                nav=cash(day.nav),
                cash=cash(day.cash),
                positions=day.positions,
                value=cash(day.nav - day.cash),
            )
        )

    def orders(self, sums: Sums) -> None:
        """How many orders ended how."""
        results = say("comma").join(
            f"{say('demo.filled' if reason is Reason.NONE else f'demo.sum.{reason.name}')} {count:,}"
            for reason, count in sums.results.items()
        )
        self.plain(say("demo.orders", orders=f"{sums.orders:,}", results=results))
        means = [f"demo.means.{reason.name}" for reason in sums.results]
        self.plain(say("semicolon").join(say(key) for key in means if key in TEXTS))

    def checks(self, source: str, checks: Sequence[Check]) -> None:
        self.line(f"[bold]{say(f'demo.from.{source}')}[/]")
        for check in checks:
            mark = "[green]✓[/]" if check.holds else "[bold red]✗[/]"
            counted = say("demo.compared", compared=f"{check.compared:,}", differing=f"{check.differing:,}")
            self.item(mark, f"{say(check.key)}  [dim]{counted}[/]")

    def verified(self, record: Verified, url: str) -> None:
        """One strategy's verdict, and the command by which anyone asks for it as long as it is served."""
        mark = "[green]✓[/]" if record.holds else "[bold red]✗[/]"
        counted = say("demo.verified.steps", passed=f"{record.passed:,}", unchecked=f"{record.unchecked:,}")
        said = say("demo.verified.holds" if record.holds else "demo.verified.broken", days=record.days)
        self.item(mark, f"[bold]{record.slug}[/] {said}  [dim]{counted}[/]")
        for broken in record.broken:
            self.note(broken)
        if self.keeps:
            self.exactly(f"    {verify_command(url, record.slug)}")

    def _table(self, *keys: str) -> Any:
        from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - loaded where it is used
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for key in keys:
            justify: Any = "right" if key.endswith(">") else "left"
            name = say(f"demo.col.{key.removesuffix('>')}")
            if key == "name":
                table.add_column(name, max_width=22, no_wrap=True)
            else:
                table.add_column(name, justify=justify, no_wrap=key != "result")
        return table


def _explained(counts: dict[str, int]) -> str:
    """What was found in how many rows, in words."""
    return say("semicolon").join(
        say("demo.counted", what=meaning(reason), count=f"{count:,}") for reason, count in counts.items()
    )


def program_to_type() -> str:
    """`quantos` where the shell finds it; else its whole path: nobody has put the environment on the PATH."""
    here = Path(sys.executable).with_name("quantos")
    found = shutil.which("quantos")
    if not here.exists() or (found is not None and Path(found).samefile(here)):
        return "quantos"
    return shlex.quote(str(here))


def verify_command(url: str, slug: str) -> str:
    return f"{program_to_type()} verify {public_address(url, slug)} --allow-simulated"


def _unshrinking() -> Any:
    """A column that keeps its width: the others give way."""
    from rich.table import Column  # noqa: PLC0415 - loaded where it is used

    return Column(no_wrap=True, min_width=44)


def curves_of(records: Sequence[Record]) -> list[Curve]:
    """The strategies' NAVs, and the benchmark's where it is known on every day."""
    curves = [
        Curve(record.agent.slug, MARKS[k], [1.0, *(row["nav"] for row in record.records)])
        for k, record in enumerate(records)
    ]
    daily = [row["benchmark_return"] for row in max((record.records for record in records), key=len)]
    if None not in daily:
        level, levels = 1.0, [1.0]
        for value in daily:
            level *= 1 + value
            levels.append(level)
        curves.append(Curve("hs300", BENCHMARK_MARK, levels))
    return curves


def result_of(order: OrderLine) -> str:
    """What became of an order, and why."""
    if order.reason is Reason.NONE:
        return say("demo.filled")
    reason = say(
        f"demo.reason.{order.reason.name}",
        upper=price(order.upper),
        lower=price(order.lower),
        reference=price(order.reference),
    )
    return say("demo.cut" if order.filled else "demo.refused_order", reason=reason)


def cash(mills: int) -> str:
    """CNY with fen; with mills where there are some."""
    text = f"{mills / 1000:,.3f}"
    return text.removesuffix("0")


def running(nav: float) -> str:
    """A NAV in CNY as the progress shows it, to 10,000 CNY."""
    return say("demo.running", nav=f"{nav / 1e4:.0f}" if language() == CHINESE else f"{nav / 1e6:.2f}")


def price(mills: int) -> str:
    return f"{mills / 1000:.3f}".removesuffix("0")


def percent(value: float | None, *, signed: bool = True) -> str:
    if value is None:
        return NOTHING
    if value >= PART_MAX:
        return BEYOND
    rounded = round(value, 4) + 0.0  # never -0.00%
    return f"{rounded:+,.2%}" if signed and rounded else f"{rounded:,.2%}"


def size(value: float | None) -> str:
    """A part without a direction."""
    return percent(value, signed=False)


def too_short(metrics: dict[str, Any]) -> bool:
    """Whether a year's worth of so few days says nothing: a lucky week would be millions of per cent."""
    return int(metrics["trading_days"]) < ANNUAL_FROM


def a_year(metrics: dict[str, Any], name: str, show: Callable[[float | None], str]) -> str:
    """A metric that is scaled to a year."""
    return NOTHING if too_short(metrics) else show(metrics[name])


def number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _rich(k: int) -> str:
    """Rich's word for a plot colour."""
    return {"orange": "yellow"}.get(COLOURS[k % len(COLOURS)], COLOURS[k % len(COLOURS)])


RESULTS: Final[dict[str, Callable[[Record], str]]] = {
    "nav": lambda record: f"{record.listed['nav']:,.0f}",
    "total": lambda record: percent(record.metrics["total_return"]),
    "annual": lambda record: a_year(record.metrics, "annual_return", percent),
    "volatility": lambda record: a_year(record.metrics, "volatility", size),
    "sharpe": lambda record: a_year(record.metrics, "sharpe", number),
    "drawdown": lambda record: size(record.metrics["max_drawdown"]),
    "excess": lambda record: percent(record.metrics["excess_return"]),
}
"""What is shown of a strategy, row by row."""
