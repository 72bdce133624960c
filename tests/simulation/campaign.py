"""Many seeds, each in a process of its own that is forked from one which has everything imported.

    python -m tests.simulation --seeds 1-1000          fifty at once in CI
    python -m tests.simulation --seed 17 --trace       one again, with all that happened

`passed.json` counts the seeds that passed since the last finding.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.simulation import play, run, sabotage
from tests.simulation.plan import plan_of

PASSED: Final = Path(__file__).with_name("passed.json")

Told = dict[str, Any]
"""An outcome as plain values: seed, findings, fell, acts, starts, took_s, trace."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where no seed has a finding."""
    asked = _parse(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of what is to be repeated
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], environment)
    seeds = [asked.seed] if asked.seed is not None else _span(asked.seeds)
    folder = Path(tempfile.mkdtemp(prefix="quantos-simulation-"))
    found = 0
    begun = time.perf_counter()
    all_told: list[Told] = []
    try:
        for count, told in enumerate(campaign(seeds, folder, asked.jobs, asked.sabotage), 1):
            all_told.append(told)
            found += bool(told["findings"])
            if told["findings"] or asked.trace or count % 10 == 0:
                _say(
                    f"seed {told['seed']}: {_brief(told)}; {count} of {len(seeds)} in {time.perf_counter() - begun:.0f} s"
                )
            for line in told["trace"] if asked.trace else ():
                _say(f"  {line}")
            for finding in told["findings"]:
                _say(f"  FOUND {finding}")
            if asked.counted:
                _count(told)
            if asked.stop and told["findings"]:
                break
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(all_told))
    _say(f"{len(all_told) - found} of {len(all_told)} seeds passed; {_faults(all_told)}")
    return 1 if found else 0


def campaign(seeds: Sequence[int], folder: Path, jobs: int, breakage: str | None = None) -> Iterator[Told]:
    """The outcome of each seed, as they come."""
    template = folder / "template"
    prepare(folder, template)
    if breakage is not None:
        sabotage.commit(breakage)
    waiting, running = list(reversed(seeds)), dict[int, tuple[int, int]]()
    try:
        yield from _outcomes(waiting, running, template, folder, jobs)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _outcomes(
    waiting: list[int], running: dict[int, tuple[int, int]], template: Path, folder: Path, jobs: int
) -> Iterator[Told]:
    """`running`: by process, its seed and the file with what it has to tell."""
    while waiting or running:
        while waiting and len(running) < jobs:
            seed = waiting.pop()
            pid, pipe = _forked(seed, template, folder / f"seed-{seed}")
            running[pid] = seed, pipe
        pid, _ = os.wait()
        seed, pipe = running.pop(pid)
        with os.fdopen(pipe, "rb") as end:
            told = end.read()
        failed = {
            "seed": seed,
            "findings": ["the simulation itself failed"],
            "fell": [],
            "acts": {},
            "trace": [],
        }
        yield json.loads(told) if told else failed


def prepare(folder: Path, template: Path) -> None:
    """The template; and everything that a play needs is loaded here."""
    play.make_repeatable()
    template.mkdir(parents=True)
    play.template(template)
    shutil.copytree(template, folder / "warm")
    run.write_files(folder / "warm", plan_of(0))
    play.warm(folder / "warm", folder / "warm" / "files")


def _forked(seed: int, template: Path, folder: Path) -> tuple[int, int]:
    """(process, pipe with what it has to tell, a file so that it never waits for a reader)."""
    pipe = os.memfd_create(f"seed-{seed}")
    pid = os.fork()
    if pid:
        return pid, pipe
    code = 1
    try:
        outcome = run.Run(seed, template, folder).whole()
        told = {**vars(outcome), "fell": [asdict(fault) for fault in outcome.fell]}
        os.pwrite(pipe, json.dumps(told).encode(), 0)
        if not outcome.findings:
            shutil.rmtree(folder, ignore_errors=True)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        os._exit(code)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", default="1-50", help="A-B")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--trace", action="store_true", help="all that happened")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the outcomes there")
    parser.add_argument("--keep", action="store_true", help="keep the folders of seeds with findings")
    parser.add_argument("--stop", action="store_true", help="at the first seed with a finding")
    parser.add_argument("--counted", action="store_true", help="bring passed.json up to date")
    parser.add_argument("--sabotage", choices=sorted(sabotage.KINDS), help="break the platform on purpose")
    return parser.parse_args(arguments)


def _span(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _brief(told: Told) -> str:
    fell = Counter(f"{fault['kind']} {fault['file']}" for fault in told["fell"])
    return f"{sum(told['acts'].values())} acts, {told.get('starts')} starts, {told.get('took_s', 0):.1f} s, {dict(fell)}"


def _faults(all_told: list[Told]) -> str:
    fell = Counter(fault["kind"] for told in all_told for fault in told["fell"])
    return ", ".join(f"{kind} {count}" for kind, count in sorted(fell.items())) or "no fault fell"


def _count(told: Told) -> None:
    """One more seed, or one that begins the count again."""
    stored = json.loads(PASSED.read_text()) if PASSED.exists() else {"passed_since_last_finding": 0}
    passed = 0 if told["findings"] else stored["passed_since_last_finding"] + 1
    stored["passed_since_last_finding"] = passed
    if told["findings"]:
        stored["last_finding"] = {"seed": told["seed"], "what": told["findings"][0][:200]}
    stored["last_seed"] = told["seed"]
    PASSED.write_text(json.dumps(stored, indent=2) + "\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
