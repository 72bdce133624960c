"""The demo from its first step to its last."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from quantos.cli import logs
from quantos.cli.demo import ledger, stage, story
from quantos.cli.demo import market as demo_market
from quantos.cli.demo.agents import AGENTS
from quantos.cli.demo.identities import Check
from quantos.cli.demo.market import Loaded
from quantos.cli.demo.screen import Screen
from quantos.cli.demo.stage import Http
from quantos.cli.demo.story import CAPITAL_CNY, Cast, Joined, Played, Record
from quantos.cli.demo.verified import Verified, verify
from quantos.cli.interruption import Interrupted
from quantos.cli.texts import language, say
from quantos.kit.clock import SHANGHAI
from quantos.kit.money import MILLS_PER_CNY

if TYPE_CHECKING:
    from quantos.app import Platform
    from quantos.settings import Settings

EXPLAINED: Final = "demo-chaser"
ORDERS_SHOWN_MAX: Final = 26
CAPITAL_MILLS: Final = CAPITAL_CNY * MILLS_PER_CNY


@dataclass(slots=True)
class Outcome:
    """Everything that the demo found out."""

    directory: Path
    loaded: Loaded
    played: Played
    calls: int
    records: list[Record]
    checks: dict[str, list[Check]]
    sums: ledger.Sums
    verified: list[Verified]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        checked = all(check.holds for checks in self.checks.values() for check in checks)
        return checked and all(record.holds for record in self.verified)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    data_dir: Path | None
    market: Path | None
    seed: int | None
    port: int
    once: bool
    quiet: bool


def play(settings: Settings, wish: Wish) -> Outcome:
    """The whole demo; without `once` it returns when Ctrl-C ends the serving.

    Raises Interrupted where Ctrl-C or SIGTERM ends it early.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logs.of_a_command()
    bars = None if wish.market is None else demo_market.found(wish.market)
    screen = Screen(quiet=wish.quiet, keeps=not wish.once)
    place = stage.place(wish.data_dir, demos_of_the_user())
    try:
        return _play(stage.settings_of(settings, place.path), wish, bars, place, screen)
    except KeyboardInterrupt:
        place.leave()
        where = "" if screen.day_played is None else say("demo.interrupted.at", day=screen.day_played)
        raise Interrupted(say("demo.interrupted", where=where, what=_what_became_of(place))) from None
    except BaseException:
        place.leave()
        sys.stderr.write(f"quantos: {_what_became_of(place)}\n")
        raise


def demos_of_the_user() -> Path:
    """Beside the user's data folder, not in it: demos are no part of a platform."""
    from quantos.settings import default_data_dir  # noqa: PLC0415 - --help needs no pydantic

    return default_data_dir().with_name("quantos-demo")


def _what_became_of(place: stage.Place) -> str:
    if place.removed:
        return say("demo.removed", path=place.path)
    return say("demo.kept" if place.finished else "demo.kept_unfinished", path=place.path)


def _play(settings: Settings, wish: Wish, bars: Path | None, place: stage.Place, screen: Screen) -> Outcome:
    started = perf_counter()
    gc.disable()  # what importing makes stays; collecting among it costs a tenth of the time
    screen.title()
    if place.swept:
        screen.plain(say("demo.swept", count=place.swept))
    with screen.step("market"):
        loaded = demo_market.load(settings, bars, wish.seed)
        screen.market(loaded)
    with contextlib.ExitStack() as open_:
        with screen.step("start"):
            start = story.evening(loaded.panel.dates[loaded.history - 1])
            platform = open_.enter_context(stage.opened(settings, start))
            url = open_.enter_context(stage.served(platform, stage.HOST, wish.port))
            platform.start()
            gc.freeze()
            gc.enable()
            caller = open_.enter_context(stage.callers(url))
            screen.plain(say("demo.directory", path=place.path))
            screen.plain(say("demo.unsynced"))
            screen.plain(say("demo.serving", url=url, now=f"{start.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"))
        cast = Cast(caller(platform.accounts.operator_token()), caller())
        place.begun = True
        with screen.step("agent"):
            joined = _join(screen, cast, caller)
        outcome = _perform(screen, platform, cast, loaded, url)
        outcome.seconds = {**screen.seconds, "total": perf_counter() - started}
        place.finish()
        screen.gap()
        screen.line(f"[bold]{say('demo.total', seconds=outcome.seconds['total'])}[/]")
        ahead = demo_market.DAYS_AHEAD if loaded.synthetic else 0
        screen.after(outcome.directory, url, joined.api_key, settings.port or 8000, ahead)
        if place.earlier:
            screen.plain(say("demo.earlier", count=place.earlier, path=place.path.parent))
        if not wish.once:
            _wait_for_interrupt()
    if not wish.once:
        screen.gap()
        screen.exactly(_what_became_of(place))
    return outcome


def _join(screen: Screen, cast: Cast, caller: Callable[[str], Http]) -> Joined:
    joined = story.join(cast, caller)
    screen.plain(
        say("demo.joined", nickname=joined.nickname, key=f"{joined.api_key[:5]}…{joined.api_key[-4:]}")
    )
    for agent, made in zip(AGENTS, story.create(cast), strict=True):
        screen.plain(
            say(
                "demo.created",
                slug=made["slug"],
                what=say(f"demo.what.{agent.slug}"),
                capital=f"{made['initial_capital']:,}",
                price=say(f"demo.{made['execution_price']}"),
            )
        )
    return joined


def _perform(screen: Screen, platform: Platform, cast: Cast, loaded: Loaded, url: str) -> Outcome:
    """The year, what came of it, and whether it is right."""
    with screen.step("days"):
        signals = {agent.slug: agent.decide(loaded.panel, loaded.history) for agent in AGENTS}
        doubtful = {doubt.day: doubt for doubt in loaded.doubtful}
        with screen.days(loaded.days) as on_day:
            played = story.play(cast, loaded.played, signals, on_day, platform.directory.path, doubtful)
        for statement in played.statements:
            screen.plain(statement)
        screen.plain(
            say(
                "demo.played",
                days=played.days,
                signals=f"{played.signals:,}",
                jobs=f"{played.jobs:,}",
                calls=f"{cast.calls:,}",
            )
        )
    with screen.step("results"):
        records = story.records(cast)
        screen.results(records, synthetic=loaded.synthetic)
        with platform.records.read() as session:
            slugs = platform.strategies.slugs(session, set(stale := ledger.stale_shares(platform.series)))
        for number, part in stale.items():
            screen.note(say("demo.stale", slug=slugs[number], part=f"{part:.1%}"))
    sums = ledger.sums(platform.series, CAPITAL_MILLS)
    with screen.step("explain"):
        _explain(screen, platform)
        screen.orders(sums)
    with screen.step("checks"):
        sessions = story.sessions_of(cast, loaded.played[0], loaded.played[-1])
        checks = {
            "public": story.public_checks(records, sessions),
            "operator": story.operator_checks(cast, played),
            "store": store_checks(sums),
        }
        for source, found in checks.items():
            screen.checks(source, found)
    with screen.step("verify"):
        verified = verify(url, [agent.slug for agent in AGENTS], language())
        for record in verified:
            screen.verified(record, url)
        if any(record.unchecked for record in verified):
            screen.plain(say("demo.verified.unchecked"))
    return Outcome(platform.directory.path, loaded, played, cast.calls, records, checks, sums, verified)


def store_checks(sums: ledger.Sums) -> list[Check]:
    """The exact identities of the ledger, from the store of this process."""
    days = sums.strategy_days
    return [
        Check("demo.check.nav", days, sums.nav_breaks, float(sums.nav_breaks)),
        Check("demo.check.cash", days, sums.cash_breaks, float(sums.cash_breaks)),
        Check("demo.check.fees", days, sums.fee_breaks, float(sums.fee_breaks)),
        Check("demo.check.negative", days, sums.negative, float(sums.negative)),
    ]


def _explain(screen: Screen, platform: Platform) -> None:
    with platform.records.read() as session:
        number = platform.strategies.by_slug(session, EXPLAINED).number
    assert number is not None, "a stored strategy has a number"
    day = ledger.telling_day(platform.series, number, CAPITAL_MILLS, ORDERS_SHOWN_MAX)
    if day is not None:
        screen.day(EXPLAINED, ledger.explained(platform.series, number, day, CAPITAL_MILLS))


def _wait_for_interrupt() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait(timedelta(days=365 * 10).total_seconds())
