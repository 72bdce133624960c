"""`quantos settle --restate`: settled days again, with corrected data, in the open."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quantos.cli.attend import attended
from quantos.cli.interruption import Interrupted
from quantos.cli.market_tables import print_report
from quantos.cli.options import day_option
from quantos.cli.output import print_json, print_line, print_table, print_text
from quantos.cli.progress import spinning
from quantos.cli.reach import Reach, reach
from quantos.cli.texts import say, word
from quantos.errors import NotFound

EVENTS_NAMED: Final = 10
NAVS_NAMED: Final = 20
COLUMNS: Final = (("day", ""), ("slug", ""), ("before", ">"), ("after", ">"), ("change", ">"))

Restate = Annotated[
    bool,
    typer.Option(
        "--restate",
        help="Settle settled days again, with corrected data or rules: NAVs that change are published as revised, with the reason,"
        " beside what stood before. Needs --from and --reason; look first with --dry-run.",
    ),
]
From = Annotated[
    date | None,
    day_option(
        "--from", "With --restate: the first day to settle again; every settled day after it follows."
    ),
]
Reason = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="With --restate: why; shown with the public record."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="With --restate: a file or folder of corrected market data, imported together with it.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="With --restate: tell what would change, and change nothing.")
]


def is_asked(
    asked: bool, day: date | None, first: date | None, reason: str | None, data: Path | None, dry_run: bool
) -> bool:
    """Whether the options of `settle` ask for a restatement. Raises typer.BadParameter where they do half."""
    if not asked:
        given = {"--from": first, "--reason": reason, "--data": data, "--dry-run": dry_run or None}
        for option, value in given.items():
            if value is not None:
                raise typer.BadParameter(say("restate.alone", option=option))
        return False
    if first is None or reason is None:
        raise typer.BadParameter(say("restate.needs"))
    if day is not None:
        raise typer.BadParameter(say("restate.no_date"))
    return True


def restate(
    first: date, reason: str, data: Path | None, dry_run: bool, data_dir: Path | None, as_json: bool
) -> None:
    """Carry out a restatement and show what it changed."""
    body: dict[str, Any] = {"from": first.isoformat(), "reason": reason, "dry_run": dry_run}
    if data is not None:
        path = data.expanduser().absolute()
        if not path.exists():
            raise NotFound(say("import.no_path", path=path))
        body["data"] = str(path)
    with reach(data_dir) as platform:
        answer, interrupted = _restated(platform, first, body)
    if as_json:
        print_json(answer)
    else:
        _print(answer)
    if interrupted:
        raise Interrupted(say("restate.interrupted"))


def _restated(platform: Reach, first: date, body: dict[str, Any]) -> tuple[Any, bool]:
    """What it changed, and whether Ctrl-C came meanwhile."""

    def stop() -> None:
        if platform.url is not None:
            raise Interrupted(say("restate.server_goes_on", url=platform.url))
        sys.stderr.write(f"\nquantos: {say('restate.finished_first')}\n")

    with spinning() as show:

        def look() -> None:
            if now := platform.settling():
                done, total = f"{now['done']:,}", f"{now['total']:,}"
                show(say("restate.settling", first=first, done=done, total=total))
            else:
                show(say("restate.under_way", first=first))

        return attended(lambda: platform.post("/admin/settlement-runs/restate", body), look=look, stop=stop)


def _print_navs(answer: dict[str, Any]) -> None:
    """The NAVs that came out otherwise, from what to what."""
    navs: list[dict[str, Any]] = answer["navs"]
    if not navs:
        return
    print_line("")
    print_text(
        say(
            "restate.navs.would" if answer["dry_run"] else "restate.navs", count=f"{answer['navs_changed']:,}"
        )
    )
    print_table(
        [say(f"restate.col.{name}") + mark for name, mark in COLUMNS],
        [
            (
                each["trade_date"],
                each["slug"],
                f"{each['nav_before']:,.2f}",
                f"{each['nav_after']:,.2f}",
                f"{each['change']:+,.2f}",
            )
            for each in navs[:NAVS_NAMED]
        ],
    )
    if (more := answer["navs_changed"] - NAVS_NAMED) > 0:
        print_text(say("restate.navs.more", count=f"{more:,}", named=len(navs)))
    print_line("")


def _print(answer: dict[str, Any]) -> None:
    if answer["data"] is not None:
        print_report(answer["data"])
        print_line("")
    changed = answer["changed"]
    days = f"{answer['settled_again']:,}"
    print_text(say("restate.days", first=answer["from"], last=answer["to"], days=days))
    if answer["restatement"] is None:
        print_text(say("restate.nothing"))
    else:
        rows = changed["market_rows"]
        counts = {
            "days": changed["strategy_days"],
            "strategies": changed["strategies"],
            "bars": rows.get("bars", 0),
            "actions": rows.get("corporate_actions", 0),
        }
        key = "restate.changed.would" if answer["dry_run"] else "restate.changed"
        print_text(say(key, **{name: f"{count:,}" for name, count in counts.items()}))
        _print_navs(answer)
        if largest := answer["largest_change"]:
            navs = {name: f"{largest[f'nav_{name}']:,.2f}" for name in ("before", "after")}
            change = f"{largest['change']:+,.2f}"
            day, slug = largest["trade_date"], largest["slug"]
            print_text(say("restate.largest", slug=slug, day=day, change=change, **navs))
    for event in answer["new_inferred"][:EVENTS_NAMED]:
        print_text(
            say(
                "restate.inferred",
                symbol=event["symbol"],
                day=event["trade_date"],
                event=word("restate.event", event["event"]),
                strategies=f"{event['strategies']:,}",
            )
        )
    if (more := len(answer["new_inferred"]) - EVENTS_NAMED) > 0:
        print_text(say("restate.inferred_more", count=f"{more:,}"))
    if answer["backfilled_again"]:
        print_text(say("restate.backfilled", count=f"{answer['backfilled_again']:,}"))
    if answer["dry_run"]:
        print_text(say("restate.dry"))
    elif answer["restatement"] is not None:
        print_text(say("restate.done", number=answer["restatement"]))
