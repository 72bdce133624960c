"""`quantos attestation`: how it stands, its key, what was restated, and another attempt."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from quantos.cli import directories
from quantos.cli.configuration import load
from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json
from quantos.cli.output import in_shanghai, print_facts, print_json, print_line, print_table, print_text
from quantos.cli.reach import reach
from quantos.cli.texts import say, word
from quantos.errors import WrongState

PAGE: Final = 200

attestation = Commands(
    help="The repository in which signals and settlements are attested.", no_args_is_help=True
)


class NotAllAttested(WrongState):
    code = "attestation_left"


class OtherKeyConfigured(WrongState):
    code = "attestation_other_key"


@attestation.command()
def status(
    check: Annotated[bool, typer.Option("--check", help="Ask the remote as well.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the repository, its key, what waits for a commit, what waits for a push, and alarms."""
    with reach(data_dir) as platform:
        found = platform.get("/admin/attestation", check_remote=check)
    if as_json:
        print_json(found)
    elif not found["configured"]:
        print_text(say("attestation.none"))
    else:
        print_facts((say(f"attestation.{name}"), value) for name, value in _facts(found))
        for alarm in found["alarms"]:
            print_text(
                say("attestation.alarm", what=word("attestation.why", alarm["code"]), said=alarm["message"])
            )


@attestation.command()
def retry(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Commit everything outstanding and push, now; exit 1 where something is left."""
    with reach(data_dir) as platform:
        done = platform.post("/admin/attestation/retry")
    digests = done["digests"] or {"committed": 0, "reason": None}
    push = done["push"] or {"state": None, "detail": ""}
    if as_json:
        print_json(done)
    else:
        facts = [
            ("committed", done["committed"]),
            ("left", done["left"]),
            ("digests", digests["committed"]),
            ("push", _why(push["state"])),
        ]
        print_facts((say(f"attestation.{name}"), value) for name, value in facts)
    if done["left"]:
        raise NotAllAttested(say("attestation.is_left", left=done["left"], why=_why(done["reason"])))
    if digests["reason"] is not None:
        raise NotAllAttested(say("attestation.digests_left", why=_why(digests["reason"])))
    if push["state"] not in {None, "pushed"}:
        raise NotAllAttested(say("attestation.not_pushed", why=_why(push["state"]), said=push["detail"]))


@attestation.command()
def acknowledge(
    code: Annotated[str, typer.Argument(metavar="CODE", help="attested_otherwise or digests_contradict.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is let be; kept in the audit.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say that what an alarm names is known: it is told no more, another one is."""
    with reach(data_dir) as platform:
        done = platform.post("/admin/attestation/acknowledge", {"code": code, "reason": reason})
    if as_json:
        print_json(done)
    else:
        print_line(say("attestation.acknowledged", count=f"{done['acknowledged']:,}"))


@attestation.command("list")
def list_restatements(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List what was settled again in the open, newest first: which attested days have another revision, and why."""
    found: list[dict[str, Any]] = []
    with reach(data_dir) as platform:
        while True:
            page = platform.get("/admin/restatements", limit=PAGE, offset=len(found))["restatements"]
            found += page
            if len(page) < PAGE:
                break
    if as_json:
        print_json({"restatements": found})
        return
    names = ("number>", "from", "days>", "strategy_days>", "by", "at", "reason")
    columns = [say(f"attestation.col.{name.rstrip('>')}") + name[len(name.rstrip(">")) :] for name in names]
    rows = [
        (
            each["id"],
            each["from"],
            f"{each['days']:,}",
            f"{each['strategy_days']:,}",
            each["by"],
            in_shanghai(each["at"]),
            each["reason"],
        )
        for each in found
    ]
    print_table(columns, rows, empty=say("attestation.no_restatements"))


@attestation.command()
def key(
    generate: Annotated[
        bool, typer.Option("--generate", help="Make an Ed25519 key in the data directory first.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Print the public key by which anyone checks the signatures of commits."""
    from quantos.attestation.service import generate_key, signing_key  # noqa: PLC0415 - --help needs none of it

    settings = load(data_dir)
    directories.require(settings.data_dir)
    if generate:
        if settings.attestation_signing_key:
            raise OtherKeyConfigured(say("attestation.key.other", key=settings.attestation_signing_key))
        generate_key(settings.data_dir)
    found = signing_key(settings.attestation_signing_key, settings.data_dir)
    if as_json:
        print_json(found or {"kind": None})
    elif found is None:
        print_text(say("attestation.key.none"))
    else:
        print_line(found["published"].rstrip())


def _facts(found: dict[str, Any]) -> list[tuple[str, Any]]:
    signing, remote = found["signing"], found["remote"]
    facts = [
        ("repository", found["repository"]),
        ("head", found["head"] and f"{found['head'][:12]} ({found['branch']})"),
        ("when", say(f"attestation.when.{found['when']}", lead=found["lead_s"])),
        ("key", signing["problem"] or signing["key"] or say("attestation.unsigned")),
        ("waiting", found["signals"]["waiting"]),
        ("in_commit", found["signals"]["in_commit"]),
    ]
    if remote is None:
        return [*facts, ("remote", say("attestation.no_remote"))]
    facts += [
        ("remote", remote["url"]),
        ("last_push", remote["last_push"] and in_shanghai(remote["last_push"])),
        ("unpushed", remote["unpushed"]),
        ("push", _why(remote["state"])),
    ]
    check = remote.get("check")
    return facts if check is None else [*facts, ("check", _why(check["state"]))]


def _why(state: str | None) -> str | None:
    return state and word("attestation.why", state)
