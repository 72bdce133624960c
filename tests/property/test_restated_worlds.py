"""A restated record is the record of a platform that had the corrected data from the start."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from quantos.kit.clock import parse_instant
from quantos.market.core.calendar import shipped_calendar
from tests.support.effort import tries
from tests.support.platforms import Stage, stage
from tests.support.restated import (
    ROWS,
    Bars,
    in_force,
    market_rows,
    restate,
    superseded,
    write_actions,
    write_bars,
)

START: Final = parse_instant("2024-03-01T08:00+08:00")
DAYS: Final = shipped_calendar().between(date(2024, 3, 1), date(2024, 3, 11))
SYMBOLS: Final = [*(f"60000{k}.SH" for k in range(8)), "688001.SH", "300001.SZ", "000001.SZ", "430001.BJ"]
SLUGS: Final = {"opens": "open", "closes": "close", "pauses": "open"}

Actions = dict[tuple[str, date], tuple[int, int]]
Signals = Mapping[tuple[str, date], dict[str, float]]


@dataclass
class Data:
    """Bars in CNY and corporate actions."""

    bars: Bars = field(default_factory=dict)
    actions: Actions = field(default_factory=dict)

    def walk(self, rng: random.Random, symbol: str, level: int, days: list[date]) -> None:
        """One instrument from a close, in cents, through some days."""
        for day in days:
            move, reference, volume = rng.randint(0, 9), level, 10_000
            if move == 0:
                dividend = rng.randint(1, max(level // 20, 1))
                self.actions[symbol, day] = (0, dividend * 10 * 1_000_000)
                reference = level - dividend
            opened = reference + rng.randint(-reference // 40, reference // 40)
            level = reference + rng.randint(-reference // 15, reference // 15)
            if move == 1:  # suspended
                opened = level = reference
                volume = 0
            elif move == 2 and symbol.startswith("600"):  # at its limit all day
                opened = level = (reference * 11 + 5) // 10
            self.bars[symbol, day] = (opened / 100, level / 100, reference / 100, volume)

    def close(self, symbol: str, day: date) -> int:
        return round(self.bars[symbol, day][1] * 100)


@dataclass
class Case:
    """What was said at first, what was true, and from which day on they differ."""

    said: Data
    true: Data
    first: date
    signals: Signals
    minimum_commission: int


def case_of(rng: random.Random) -> Case:
    """Some instruments take another way from some day on; a row that was missing may have been there."""
    said, true, forks = Data(), Data(), [len(DAYS) - 1]
    for symbol in SYMBOLS:
        level = rng.randint(500, 9000)
        said.walk(rng, symbol, level, DAYS)
        k = rng.randrange(len(DAYS)) if rng.random() < 0.3 else len(DAYS)
        forks.append(k)
        same = {(symbol, day) for day in DAYS[:k]}
        true.bars |= {key: said.bars[key] for key in same}
        true.actions |= {key: said.actions[key] for key in same & said.actions.keys()}
        true.walk(rng, symbol, true.close(symbol, DAYS[k - 1]) if k else level, DAYS[k:])
    for key in said.actions.keys() - true.actions.keys():
        true.actions[key] = (0, 0)  # the operator's word that nothing happened
    missing = [key for key, bar in said.bars.items() if bar[3] == 0 and said.bars[key] == true.bars[key]]
    if missing and rng.random() < 0.5:
        key = rng.choice(missing)
        del said.bars[key]
        forks.append(DAYS.index(key[1]))
    return Case(said, true, DAYS[min(forks)], _signals(rng), rng.choice([0, 0, 5]))


def _signals(rng: random.Random) -> Signals:
    found = {}
    for slug in SLUGS:
        for k, day in enumerate(DAYS):
            if k == 0 or rng.random() < 0.5:
                names = rng.sample(SYMBOLS, rng.randint(0 if k else 1, 6))
                found[slug, day] = {name: round(rng.uniform(0.05, 0.99) / len(names), 4) for name in names}
    return found


def play(on: Stage, case: Case, files: Path) -> None:
    """Import, submit, settle all days; the third strategy is paused from the fourth day to the last."""
    on.platform.market.import_path(files)
    agent = on.agent()
    for slug, execution in SLUGS.items():
        agent.post("/strategies", {"name": slug, "slug": slug, "execution_price": execution})
    for (slug, day), weights in case.signals.items():
        on.submit(agent, slug, day, weights)
    on.clock_to(DAYS[3], "12:00")
    agent.call("PATCH", "/strategies/pauses", {"status": "paused"})
    on.clock_to(DAYS[-1], "19:00")
    agent.call("PATCH", "/strategies/pauses", {"status": "active"})
    assert [len(on.navs(slug)) for slug in SLUGS] == [len(DAYS)] * 3


def bars_of(on: Stage) -> list[dict[str, Any]]:
    return [{**row, "load": 0} for row in market_rows(on, "bar")]


def written(folder: Path, data: Data) -> Path:
    """Files of the market; the list of instruments numbers them the same in both."""
    folder.mkdir()
    listed = [f"{symbol},2010-01-04" for symbol in SYMBOLS]
    (folder / "instruments.csv").write_text("\n".join(["symbol,list_date", *listed]) + "\n")
    write_actions(folder, data.actions)
    return write_bars(folder, data.bars).parent


@settings(tries(4), phases=[Phase.generate])  # an example takes seconds: none is made smaller
@given(st.integers(0, 2**32))
def test_a_restated_record_is_the_one_of_who_had_the_corrected_data_from_the_start(seed: int) -> None:
    case = case_of(random.Random(seed))
    with TemporaryDirectory() as name:
        folder = Path(name)
        said, true = written(folder / "said", case.said), written(folder / "true", case.true)
        with stage(folder / "one", START, minimum_commission=case.minimum_commission) as on:
            play(on, case, said)
            before = in_force(on)
            restate(on, case.first, true)
            restated, bars = in_force(on, ROWS), bars_of(on)
            kept, now = superseded(on), in_force(on)
        with stage(folder / "other", START, minimum_commission=case.minimum_commission) as on:
            play(on, case, true)
            assert restated == in_force(on, ROWS)
            assert sorted(bars, key=repr) == sorted(bars_of(on), key=repr)
    revised = {row[2:4] for row in kept["nav"]}
    for table, rows in before.items():
        assert sorted(row[2:] for row in kept[table]) == sorted(row for row in rows if row[:2] in revised)
        assert [row for row in now[table] if row[:2] not in revised] == [
            row for row in rows if row[:2] not in revised
        ]
