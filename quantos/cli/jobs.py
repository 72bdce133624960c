"""`quantos settle`, `quantos job`: scheduled work, now."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quantos.cli import restate as again
from quantos.cli.attend import attended
from quantos.cli.failures import print_failures, what_waits
from quantos.cli.help import Commands
from quantos.cli.interruption import Interrupted
from quantos.cli.options import DataDir, Day, Json, day_option
from quantos.cli.output import in_shanghai, print_facts, print_json, print_table, print_text
from quantos.cli.progress import spinning
from quantos.cli.reach import Reach, reach
from quantos.cli.texts import say, word
from quantos.errors import WrongState

SETTLEMENT: Final = "settle_all_active_strategies"
MINUTES: Final = len("2024-01-02 18:15")

job = Commands(help="Scheduled jobs.", no_args_is_help=True)


class JobFailed(WrongState):
    code = "job_failed"


class NotSettled(WrongState):
    """The settlement ran, and some of it could not be settled."""

    code = "strategies_not_settled"


def settle(
    day: Annotated[
        date | None,
        day_option(
            "--date",
            "Last trading day to settle, such as 2024-01-02; what is missing before it is settled first;"
            " default: today, or the last trading day before. A day is settled from 18:15 on, Shanghai time.",
        ),
    ] = None,
    restate: again.Restate = False,
    first: again.From = None,
    reason: again.Reason = None,
    data: again.Data = None,
    dry_run: again.DryRun = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Settle every strategy that is due, up to a trading day; earlier days without a NAV come first. The server does
    it by itself at 18:15. With --restate, settle settled days again: --restate --from DATE --reason TEXT.
    """
    if again.is_asked(restate, day, first, reason, data, dry_run):
        assert first is not None
        assert reason is not None
        again.restate(first, reason, data, dry_run, data_dir, as_json)
    else:
        _run(SETTLEMENT, day, data_dir, as_json)


@job.command("run")
def run_job(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Such as settlement_watchdog; quantos job list shows them.")
    ],
    day: Day = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run a scheduled job now."""
    _run(name, day, data_dir, as_json)


@job.command("list")
def list_jobs(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show the scheduled jobs with their last and next runs; times are Shanghai's."""
    with reach(data_dir) as platform:
        answer = platform.get("/admin/jobs")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            found["name"],
            found["time"],
            word("state", found["state"]),
            _last_run(found),
            found["next_run"] and in_shanghai(found["next_run"]),
        )
        for found in answer["jobs"]
    ]
    print_table([say(f"col.{name}") for name in ("job", "at", "state", "last_run", "next_run")], rows)
    for found in answer["jobs"]:
        if reason := (found["detail"] or {}).get("reason"):
            print_text(f"{found['name']}: {reason}")


def _last_run(found: dict[str, Any]) -> str | None:
    """When it was, and for which trading day where that is another one: a run by hand, or one that caught up."""
    if found["last_run"] is None:
        return None
    at = in_shanghai(found["last_run"])[:MINUTES]
    day: str = found["last_date"]
    return at if at.startswith(day) else f"{at}\n{say('job.for_day', day=day)}"


def _run(name: str, day: date | None, data_dir: Path | None, as_json: bool) -> None:
    body = {} if day is None else {"date": day.isoformat()}
    with reach(data_dir) as platform:
        answer, interrupted = _ran(platform, name, body)
        failures = _failures(platform, answer)
    if as_json:
        print_json({**answer, "failures": failures} if failures else answer)
    else:
        _print(answer)
        print_failures(failures)
    if answer["state"] == "failed":
        raise JobFailed(say("job.failed", job=name, reason=_reason(answer)))
    if interrupted:
        state = word("state", answer["state"])
        raise Interrupted(say("job.interrupted", job=name, date=answer["date"], state=state))
    if failures:
        raise NotSettled(say("job.not_settled", count=f"{len(failures):,}"))


def _failures(platform: Reach, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What the settlement of a job's answer could not settle, as its run has it."""
    if answer["job"] != SETTLEMENT or not answer["detail"].get("failed"):
        return []
    run = platform.get(f"/admin/settlement-runs/{answer['detail']['run']}")
    failed: list[dict[str, Any]] = run["failed"]
    return failed


def _ran(platform: Reach, name: str, body: dict[str, Any]) -> tuple[Any, bool]:
    """How the job ended, and whether Ctrl-C came meanwhile."""

    def stop() -> None:
        if platform.url is not None:
            raise Interrupted(say("job.server_goes_on", url=platform.url, job=name))
        sys.stderr.write(f"\nquantos: {say('job.finished_first', job=name)}\n")

    with spinning() as show:

        def look() -> None:
            if now := platform.settling():
                show(say("job.settling", done=f"{now['done']:,}", total=f"{now['total']:,}"))
            else:
                show(say("job.under_way", job=name))

        return attended(lambda: platform.post(f"/admin/jobs/{name}/run", body), look=look, stop=stop)


def _print(answer: dict[str, Any]) -> None:
    detail = dict(answer["detail"])
    waiting = detail.pop("waiting", None)
    times = [(name, answer[name] and in_shanghai(answer[name])) for name in ("started", "finished")]
    state = word("state", answer["state"])
    facts = [("job", answer["job"]), ("date", answer["date"]), ("state", state), *times, *detail.items()]
    print_facts((word("fact", name), value) for name, value in facts)
    if waiting:
        what, remedy = what_waits(waiting)
        print_text(what)
        print_text(f"{say('doctor.remedy')}{say('colon')}{remedy}")


def _reason(answer: dict[str, Any]) -> str:
    return str(answer["detail"].get("reason", say("job.no_reason")))
