"""Killed at any moment between settlement, commit and mark: started again, every digest is there once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.feature.verification.test_publication import Scene, digests, expected
from tests.support.platforms import made_up

ROOT = Path(__file__).parents[3]
START, END = "2024-01-02T08:00+08:00", "2024-02-29T20:00+08:00"
DAYS = shipped_calendar().between(date(2024, 1, 2), date(2024, 2, 29))
SLUGS = ("first", "second", "third")
SYMBOLS = ("600001.SH", "600002.SH", "600003.SH")
KILLS = 5

PLAY = """
import sys
from pathlib import Path
from quantos.app import Platform
from quantos.kit.clock import parse_instant
from quantos.settings import Settings

settings = Settings(data_dir=Path(sys.argv[1]), attestation_repo=sys.argv[2])
platform = Platform.open(settings, simulate=parse_instant(sys.argv[3]))
platform.start()
print("started", flush=True)
platform.scheduler.advance_to(parse_instant(sys.argv[3]))
platform.close()
"""
"""The clock is moved over two months; the kill falls anywhere in it."""


def prepare(scene: Scene) -> None:
    rows: dict[Any, Any] = {(s, day): (10.0, 10.0, 10.0, 1_000_000) for s in SYMBOLS for day in DAYS}
    choose = random.Random(3)
    with scene.open(attested=False) as on:
        on.platform.market.import_bars(made_up(rows))
        agent = on.agent()
        for slug in SLUGS:
            agent.post("/strategies", {"name": slug, "slug": slug})
            for day in DAYS:
                if day == DAYS[0] or choose.random() < 0.5:
                    on.submit(agent, slug, day, {choose.choice(SYMBOLS): 0.5})


def play(scene: Scene) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PLAY, str(scene.data), str(scene.repo), END]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_every_settled_day_has_its_digest_once_after_kills_at_random_moments(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.start = parse_instant(START)
    prepare(scene)
    moment, killed = random.Random(5), 0
    for _ in range(KILLS):
        process = play(scene)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment.uniform(0, 0.8))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate()
    last = play(scene)
    _, said = last.communicate()
    assert last.returncode == 0, said.decode()
    assert killed >= 3, "too few kills fell into the run to say anything"
    with scene.open() as on:
        found, wanted = digests(scene.entries()), expected(on, SLUGS, DAYS)
    assert len(found) == len(SLUGS) * len(DAYS)
    assert sorted(found) == sorted(wanted)
    assert scene.git("fsck", "--strict") == ""
