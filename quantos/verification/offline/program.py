"""The program: arguments, the run, the exit code.

0 everything holds, 1 something does not, 2 wrong usage or input that cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn, TextIO

from quantos import __version__
from quantos.verification.core.dated_rules import KNOWN_VERSIONS
from quantos.verification.core.judgement import (
    RepositoryReport,
    StrategyReport,
    all_hold,
    judge_packages,
    judge_repository,
)
from quantos.verification.core.verdict import Waiver
from quantos.verification.offline.git import Keys
from quantos.verification.offline.inputs import Reader
from quantos.verification.offline.refusal import Refused
from quantos.verification.offline.report import ReportWriter
from quantos.verification.offline.report_json import as_json
from quantos.verification.offline.request import TIMEOUT_S, TIMEOUT_S_MAX, TIMEOUT_S_MIN, Request
from quantos.verification.offline.terminal import Terminal, clean
from quantos.verification.offline.texts import LANGUAGES, Speaker, language

HOLDS: Final = 0
DOES_NOT_HOLD: Final = 1
UNREADABLE: Final = 2


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Check what the command line names and leave with the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    request = parse(given)
    try:
        sys.exit(run(request, sys.stdout))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DOES_NOT_HOLD)
    except KeyboardInterrupt:
        sys.exit(UNREADABLE)


def run(request: Request, stream: TextIO) -> int:
    """Read, judge, report; the exit code."""
    speaker = Speaker(request.language)
    try:
        with TemporaryDirectory(prefix="quantos-verify-") as folder:
            reports = check(request, Path(folder))
    except Refused as refusal:
        sys.stderr.write(f"quantos verify: {clean(speaker.say(refusal.key, **refusal.values))}\n")
        return UNREADABLE
    if request.as_json:
        stream.write(_json_text(as_json(reports, speaker, __version__), stream) + "\n")
    else:
        ReportWriter(Terminal(stream), speaker).write(reports)
    stream.flush()
    return HOLDS if all_hold(reports) else DOES_NOT_HOLD


def _json_text(content: object, stream: TextIO) -> str:
    """JSON as the stream can carry it: escaped where it cannot, be it for its encoding or for what a record says."""
    text = json.dumps(content, ensure_ascii=False, indent=2)
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, indent=2)
    return text


def check(request: Request, folder: Path) -> list[StrategyReport | RepositoryReport]:
    """The reports on everything that was named. `folder` is empty. Raises Refused."""
    read = Reader(request, folder).read()
    packages = judge_packages(read.given, read.attestations, read.records, request.waived, read.own)
    repositories = [judge_repository(name, history, request.waived) for name, history in read.repositories]
    return [*packages, *repositories]


def parse(arguments: Sequence[str]) -> Request:
    """The request of a command line; leaves with exit code 2 where it is wrong."""
    speaker = Speaker(_language_of(arguments))
    parser = argparse.ArgumentParser(
        prog="quantos-verify",
        description=speaker.say("help.program"),
        epilog=speaker.say("help.exit_codes"),
        allow_abbrev=False,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH-OR-URL", help=speaker.say("help.input"))
    parser.add_argument("--attestations", metavar="REPO", help=speaker.say("help.attestations"))
    parser.add_argument("--allow-simulated", action="store_true", help=speaker.say("help.allow_simulated"))
    parser.add_argument("--allow-unattested", action="store_true", help=speaker.say("help.allow_unattested"))
    parser.add_argument(
        "--allowed-signers", type=Path, metavar="FILE", help=speaker.say("help.allowed_signers")
    )
    parser.add_argument("--gpg-keys", type=Path, metavar="FILE", help=speaker.say("help.gpg_keys"))
    parser.add_argument("--save", type=Path, metavar="DIR", help=speaker.say("help.save"))
    parser.add_argument("--json", action="store_true", help=speaker.say("help.json"))
    parser.add_argument("--lang", choices=LANGUAGES, default=speaker.language, help=speaker.say("help.lang"))
    parser.add_argument(
        "--timeout", type=_seconds, default=TIMEOUT_S, metavar="S", help=speaker.say("help.timeout")
    )
    parser.add_argument("--version", action="version", version=_version(), help=speaker.say("help.version"))
    found = parser.parse_args(list(arguments))
    return Request(
        inputs=tuple(found.inputs),
        attestations=found.attestations,
        waived=waivers(simulated=found.allow_simulated, unattested=found.allow_unattested),
        keys=Keys(found.allowed_signers, found.gpg_keys),
        save=found.save,
        as_json=found.json,
        language=found.lang,
        timeout_s=found.timeout,
    )


def waivers(*, simulated: bool, unattested: bool) -> frozenset[Waiver]:
    """What whoever asks accepts beforehand."""
    asked = {Waiver.SIMULATED: simulated, Waiver.UNATTESTED: unattested}
    return frozenset(waiver for waiver, accepted in asked.items() if accepted)


def _version() -> str:
    return f"quantos-verify {__version__} ({', '.join(sorted(KNOWN_VERSIONS))})"


def _language_of(arguments: Sequence[str]) -> str:
    """The language of the help: of --lang where it is right, else of the environment."""
    for place, argument in enumerate(arguments):
        value = arguments[place + 1] if argument == "--lang" and place + 1 < len(arguments) else ""
        if argument.startswith("--lang="):
            value = argument.partition("=")[2]
        if value in LANGUAGES:
            return value
    return language()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not TIMEOUT_S_MIN <= seconds <= TIMEOUT_S_MAX:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds from {TIMEOUT_S_MIN:g} to {TIMEOUT_S_MAX:g}"
        )
    return seconds
