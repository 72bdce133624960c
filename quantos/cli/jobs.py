"""`quantos settle`, `quantos job`: scheduled work, now."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Day, Json
from quantos.cli.output import print_facts, print_json, print_table
from quantos.cli.reach import reach
from quantos.errors import WrongState

SETTLEMENT = "settle_all_active_strategies"

job = Commands(help="Scheduled jobs.", no_args_is_help=True)


class JobFailed(WrongState):
    code = "job_failed"


def settle(day: Day = None, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Settle every strategy that is due, up to a trading day; earlier days without a NAV come first."""
    _run(SETTLEMENT, day, data_dir, as_json)


@job.command("run")
def run_job(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `quantos job list` shows it.")],
    day: Day = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run a scheduled job now."""
    _run(name, day, data_dir, as_json)


@job.command("list")
def list_jobs(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show the scheduled jobs with their next and last runs."""
    with reach(data_dir) as platform:
        answer = platform.get("/admin/jobs")
    if as_json:
        print_json(answer)
        return
    rows = [
        (job["name"], job["time"], job["state"], job["last_date"], job["last_run"], job["next_run"])
        for job in answer["jobs"]
    ]
    print_table(["job", "Shanghai", "state", "last date", "last run", "next run"], rows)


def _run(name: str, day: date | None, data_dir: Any, as_json: bool) -> None:
    body = {} if day is None else {"date": day.isoformat()}
    with reach(data_dir) as platform:
        answer = platform.post(f"/admin/jobs/{name}/run", body)
    if as_json:
        print_json(answer)
    else:
        print_facts(answer.items())
    if answer["state"] == "failed":
        raise JobFailed(f"{name} failed: {answer['detail'].get('reason', 'the log has the details')}")
