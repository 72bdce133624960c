"""What a settlement could not do, as people read it: strategies that failed, a day that waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quantos.cli.output import print_line, print_text
from quantos.cli.texts import CHINESE, language, say
from quantos.cli.texts.failures import in_chinese, waiting_in_chinese

Failure = Mapping[str, Any]


def what_failed(failures: Iterable[Failure]) -> list[tuple[str, str]]:
    """(who is not settled and why, what to do): strategies that lack the same are told in one."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for failed in failures:
        translated = in_chinese(failed) if language() == CHINESE else None
        reason, remedy = translated or (failed["reason"], failed["remedy"])
        together.setdefault((failed["trade_date"], reason, remedy), []).append(failed["slug"])
    return [
        (say("job.failure", slugs=say("comma").join(slugs), day=day, reason=reason), remedy)
        for (day, reason, remedy), slugs in together.items()
    ]


def what_waits(waiting: Mapping[str, Any]) -> tuple[str, str]:
    """(the day that waits and for what, what to do)."""
    translated = waiting_in_chinese(waiting) if language() == CHINESE else None
    reason, remedy = translated or (waiting["reason"], waiting["remedy"])
    return say("job.waits", day=waiting["trade_date"], reason=reason), remedy


def print_failures(failures: Iterable[Failure]) -> None:
    """Each with what to do."""
    for what, remedy in what_failed(failures):
        print_line("")
        print_text(what)
        print_text(f"{say('doctor.remedy')}{say('colon')}{remedy}")
