"""`quantos license`: the licence of this platform, and the fingerprint of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from quantos.cli.help import Commands
from quantos.cli.options import DataDir, Json
from quantos.cli.output import in_shanghai, print_facts, print_json, print_line, print_text
from quantos.cli.reach import reach
from quantos.cli.texts import say, word
from quantos.errors import NotFound, Unavailable

license_commands = Commands(help="The licence of this platform.", no_args_is_help=True)

PATH: Final = "/admin/license"
FILE_BYTES_MAX: Final = 1_000_000


class LicenseFileMissing(NotFound):
    """There is no such file to install, or it cannot be read."""

    code = "license_file_missing"


class NoFingerprint(Unavailable):
    """The machine does not say which one it is."""

    code = "no_fingerprint"


@license_commands.command()
def status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what holds: edition, machine, last day, limits, and what to do where no licence holds."""
    with reach(data_dir) as platform:
        found = platform.get(PATH)
    if as_json:
        print_json(found)
    else:
        _print(found)


@license_commands.command()
def install(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="license.json, as the vendor issued it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Install a licence that holds on this machine; it takes effect at once."""
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES_MAX)
    except OSError as error:
        raise LicenseFileMissing(say("license.no_file", file=file, reason=error.strerror)) from None
    with reach(data_dir) as platform:
        found = platform.put(PATH, content, "application/json")
    if as_json:
        print_json(found)
    else:
        print_text(say("license.installed"))
        _print(found)


@license_commands.command()
def fingerprint(as_json: Json = False) -> None:
    """Print the fingerprint of this machine, which a licence is applied for with."""
    from licensing.errors import NoMachineId  # noqa: PLC0415 - loaded where it is used
    from licensing.fingerprint import fingerprint as of_this_machine  # noqa: PLC0415

    try:
        found = of_this_machine()
    except NoMachineId as error:
        raise NoFingerprint(str(error)) from None
    if as_json:
        print_json({"fingerprint": found})
    else:
        print_line(found)


def standing_line(found: dict[str, Any]) -> str:
    """What holds, in one line of the reader's language."""
    until = "" if found["until"] is None else in_shanghai(found["until"])
    key = f"license.mode.{found['mode']}"
    return say(key, until=until, why=say(f"license.why.{found['why']}"), edition=_edition(found["edition"]))


def reasons(found: dict[str, Any]) -> list[str]:
    """Why it does not hold, and what to do, one sentence for each step that fails."""
    issued = found["license"] or {}
    values = {
        "key_id": issued.get("key_id", ""),
        "expires": issued.get("expires", ""),
        "created_at": in_shanghai(issued["created_at"]) if issued else "",
        "expected": issued.get("fingerprint", ""),
        "found": found["machine"]["fingerprint"] or found["machine"]["problem"],
    }
    said = [
        say(f"license.step.{step['name']}", reason=step["reason"], **values)
        for step in found["steps"]
        if not step["holds"]
    ]
    if found["key_problem"]:
        said.append(say("license.key_problem", reason=found["key_problem"]))
    if found["file_problem"]:
        said.append(say("license.unreadable", reason=found["file_problem"]))
    return said


def remedy(found: dict[str, Any]) -> str:
    """How a licence is got and installed."""
    shown = found["machine"]["fingerprint"] or "quantos license fingerprint"
    return say("license.remedy", fingerprint=shown, file=found["file"])


def _print(found: dict[str, Any]) -> None:
    print_text(standing_line(found))
    print_facts((word("license.fact", name), value) for name, value in _facts(found) if value is not None)
    for reason in reasons(found):
        print_text(f"- {reason}")
    if found["mode"] != "licensed" or found["ends_soon"]:
        print_text(remedy(found))


def _facts(found: dict[str, Any]) -> list[tuple[str, Any]]:
    issued, used = found["license"] or {}, found["used"]
    memory = used["memory_gb"]
    return [
        ("edition", _edition(found["edition"])),
        ("customer", issued.get("customer")),
        ("license_id", issued.get("license_id")),
        ("expires", issued.get("expires")),
        ("cores", say("license.cores", used=used["cores"], cores=found["machine"]["cores"])),
        ("memory", None if memory is None else say("license.memory", memory=memory)),
        ("fingerprint", found["machine"]["fingerprint"]),
        ("file", _file(found)),
    ]


def _file(found: dict[str, Any]) -> str:
    """Where the licence is, or that there is none where it would be."""
    there = found["license"] is not None or found["file_problem"] is not None or found["steps"]
    return str(found["file"]) if there else say("license.none_there", file=found["file"])


def _edition(edition: str) -> str:
    return word("license.edition", edition)
