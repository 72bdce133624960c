"""`quantos factor`: values in, verdicts and reports out.

An agent's own calls are made with its API key (QUANTOS_API_KEY). Without one the operator looks at everyone's
factors; values belong to agents, so only an agent uploads.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quantos.cli.attend import attended
from quantos.cli.configuration import load
from quantos.cli.factor_files import Parts, opened
from quantos.cli.help import Commands
from quantos.cli.interruption import Interrupted
from quantos.cli.options import DataDir, Json
from quantos.cli.output import in_shanghai, print_facts, print_json, print_table, print_text
from quantos.cli.progress import counting
from quantos.cli.reach import Reach, Refused, reach
from quantos.cli.texts import say, word
from quantos.errors import Unauthenticated, WrongState

ARROW_STREAM: Final = "application/vnd.apache.arrow.stream"
PAGE: Final = 200

factor = Commands(help="Alpha factors: upload values, see verdicts, write reports.", no_args_is_help=True)

FactorId = Annotated[
    str, typer.Argument(metavar="ID", help="The factor's id, as quantos factor list shows it.")
]


class NoApiKey(Unauthenticated):
    code = "api_key_not_set"


class NoFactorNamed(WrongState):
    code = "factor_not_named"


class NothingToReport(WrongState):
    code = "factor_nothing_to_report"


class PartRefused(WrongState):
    """A part of a file was refused after others were stored."""

    code = "factor_part_refused"


@factor.command("list")
def list_factors(
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="Only those in this status.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the factors of the agent whose key is set; without one, everyone's."""
    key = _key(data_dir)
    path = "/factors" if key else "/admin/factors"
    with reach(data_dir, token=key) as platform:
        found: list[dict[str, Any]] = []
        total = 1
        while len(found) < total:
            page = platform.get(path, status=status, limit=PAGE, offset=len(found))
            total = page["total"] if page["factors"] else 0
            found += page["factors"]
    if as_json:
        print_json({"factors": found, "total": len(found)})
        return
    columns = ("id", "name", "universe", "status")
    measures = ("ic_mean", "ic_ir", "turnover", "sharpe")
    rows = [
        (
            each["id"],
            each["name"],
            each["universe"],
            word("factor.status", each["status"]),
            *(_rounded(each["is"][name]) for name in measures),
        )
        for each in found
    ]
    heads = [say(f"factor.{name}") for name in columns] + [f"{say(f'report.{name}')}>" for name in measures]
    print_table(heads, rows, empty=say("factor.none"))


@factor.command()
def show(factor_id: FactorId, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show one factor: its verdict, its checks, how it does out of sample."""
    with reach(data_dir, token=(key := _key(data_dir))) as platform:
        found = _whole(platform, factor_id, mine=bool(key))
    if as_json:
        print_json(found)
        return
    names = ("id", "name", "owner", "universe", "expression", "reject_reason")
    facts = [(say(f"factor.{name}"), found[name]) for name in names if found.get(name)]
    facts.append((say("factor.status"), word("factor.status", found["status"])))
    facts += [
        (say(f"factor.{name}"), in_shanghai(found[name]))
        for name in ("created_at", "validated_at")
        if found[name]
    ]
    timely = found["os"].get("timely") or {}
    for title, means in (("report.os.timely_row", timely), ("report.os.all", found["os"])):
        ics = [_rounded(means.get(f"ic_mean_{days}d")) for days in (30, 60, 120)]
        if any(ics):
            facts.append((f"{say('report.os')}: {say(title)}", " / ".join(map(str, ics))))
    print_facts(facts)
    if found["checks"]:
        from quantos.cli.factor_report import ASKED  # noqa: PLC0415 - --help needs none of it

        heads = [
            say(f"factor.col.{name}") + mark
            for name, mark in (("check", ""), ("value", ">"), ("threshold", ">"), ("passed", ""))
        ]
        rows = [
            (
                check["name"],
                _rounded(check["value"]),
                f"{ASKED[check['name']]} {_rounded(check['threshold'])}",
                say("report.passed" if check["passed"] else "report.failed"),
            )
            for check in found["checks"]
        ]
        print_table(heads, rows)


@factor.command()
def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Parquet, Feather, Arrow or CSV file.")],
    factor_id: Annotated[
        str | None, typer.Option("--factor", metavar="ID", help="The factor to fill, by its id.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Make a new factor of this name.")
    ] = None,
    universe: Annotated[
        str | None,
        typer.Option("--universe", metavar="UNIVERSE", help="Of a new factor: hs300, csi500 or csi1000."),
    ] = None,
    submit: Annotated[
        bool, typer.Option("--submit", help="Have it validated once everything is uploaded.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Upload values out of FILE: Parquet, Feather, Arrow or CSV, wide (date, one column per symbol) or long (date, symbol, value)."""
    if (factor_id is None) == (name is None) or (name is None) != (universe is None):
        raise NoFactorNamed(say("factor.which"))
    parts = opened(file)
    key = _key(data_dir)
    if not key:
        raise NoApiKey(say("factor.no_key"))
    with reach(data_dir, token=key) as platform:
        made = None
        if factor_id is None:
            made = factor_id = platform.post("/factors", {"name": name, "universe": universe})["id"]
        try:
            answer = {"factor_id": factor_id, **_sent(platform, factor_id, parts)}
        except Refused:  # the first part: nothing of the file is stored
            if made is not None:
                platform.delete(f"/factors/{made}")
            raise
        if submit:
            answer["validation"] = platform.post(f"/factors/{factor_id}/submit")
    if as_json:
        print_json(answer)
        return
    status = word("factor.status", answer["status"])
    print_facts([(say("factor.id"), factor_id)])
    print_text(say("factor.uploaded", uploaded=answer["uploaded"], total=answer["total_days"], status=status))
    if submit:
        found = answer["validation"]
        facts = [(say("factor.status"), word("factor.status", found["status"]))]
        if found["reject_reason"]:
            facts.append((say("factor.reject_reason"), found["reject_reason"]))
        print_facts(facts)


@factor.command()
def report(
    factor_id: FactorId,
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="The file to write.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write one page with every plot and figure of a validated factor, readable offline."""
    from quantos.cli.factor_report import page  # noqa: PLC0415 - --help needs none of it

    with reach(data_dir, token=(key := _key(data_dir))) as platform:
        found = _whole(platform, factor_id, mine=bool(key))
        notice = platform.notice
    if found["validated_at"] is None:
        raise NothingToReport(say("factor.not_validated", id=factor_id))
    html.write_text(page(found, notice), encoding="utf-8")
    if as_json:
        print_json({"factor_id": factor_id, "path": str(html.absolute())})
    else:
        print_text(say("factor.report_written", path=html))


def _key(data_dir: Path | None) -> str:
    return load(data_dir).api_key.get_secret_value()


def _whole(platform: Reach, factor_id: str, *, mine: bool) -> dict[str, Any]:
    """A factor with its series, diagnostics and plots."""
    if not mine:
        found: dict[str, Any] = platform.get(f"/admin/factors/{factor_id}")
        return found
    return {**platform.get(f"/factors/{factor_id}"), **platform.get(f"/factors/{factor_id}/diagnostics")}


def _sent(platform: Reach, factor_id: str, parts: Parts) -> dict[str, Any]:
    """What the last part was answered, with the days of all of them. Raises PartRefused, Interrupted."""
    rows, stopping = 0, False
    uploaded = 0

    def send() -> dict[str, Any]:
        nonlocal rows, uploaded
        answer: dict[str, Any] = {}
        for number, (content, count) in enumerate(parts, start=1):
            if stopping:
                break
            try:
                answer = platform.send(f"/factors/{factor_id}/values", content, ARROW_STREAM)
            except Refused as refused:
                if number == 1:
                    raise
                message = say("factor.stopped", part=number, parts=len(parts), reason=refused.message)
                raise PartRefused(message) from None
            rows += count
            uploaded += answer["uploaded"]
        return {**answer, "uploaded": uploaded}

    def stop() -> None:
        nonlocal stopping
        stopping = True
        sys.stderr.write(f"\nquantos: {say('interrupted.stopping')}\n")

    with counting(parts.rows) as shown:
        answer, interrupted = attended(
            send,
            look=lambda: shown(rows, say("factor.uploading", name=parts.name, rows=f"{parts.rows:,}")),
            stop=stop,
        )
    if interrupted and rows < parts.rows:
        raise Interrupted(say("factor.interrupted", done=f"{rows:,}", total=f"{parts.rows:,}"))
    return answer


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
