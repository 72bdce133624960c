"""A validation from end to end: values and market in, everything that is stored and shown of it out.

Plain values come out, as the API shows them; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from quantos.factors.axes import STEPS, Axes, Window
from quantos.factors.core import beyond, statistics, validation
from quantos.factors.core.correlation import max_correlation
from quantos.factors.core.measured import Measured, measure
from quantos.factors.core.ranks import Codes
from quantos.factors.core.validation import Check, InSample
from quantos.factors.values import ValueStore
from quantos.storage.series import Series

SIGNS: Final = {
    "IC_MEAN": "<=",
    "IC_IR": "<=",
    "HIGH_TURNOVER": ">=",
    "SELF_CORRELATION": ">=",
    "DATA_COVERAGE": "<",
}
"""How a value that fails stands to its threshold."""

Stage = Callable[[str, int, int], None]
"""Told of (stage, done, total)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a validation found."""

    active: bool
    measures: dict[str, Any]
    checks: list[dict[str, Any]]
    reasons: list[str]  # of each failed check
    yearly: list[dict[str, Any]]
    ic: list[dict[str, Any]]
    long_short: list[dict[str, Any]]
    diagnostics: dict[str, Any]
    plots: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A factor that is to be judged. `attempts`: the Sharpe ratios of the user's earlier validations."""

    number: int
    universe: str
    correlations: Callable[[Stage], Sequence[float | None]]
    attempts: Sequence[float | None]


def judge(case: Case, values: ValueStore, series: Series, axes: Axes, tell: Stage) -> Verdict:
    """Measure a factor over all its days. Raises ValuesDamaged."""
    with series.snapshot() as cursor:
        days = values.days(cursor, case.number)
        first, last = days.dates[0].astype(object), days.dates[-1].astype(object)
        tell("market", 0, STEPS)
        window = axes.window(case.universe, first, last, lambda done: tell("market", done, STEPS))
        if window is None:
            return _verdict(_unmeasured(max_correlation(case.correlations(tell))), None, None, case)
        tell("values", 0, 1)
        codes = values.codes(cursor, case.number, window.dates, window.symbols)
    tell("measures", 0, 1)
    measured = measure(codes, window.market, window.members)
    found = validation.in_sample(measured, max_correlation(case.correlations(tell)))
    tell("measures", 1, 1)
    return _verdict(found, measured, _beyond(codes, measured, window, case), case)


def _unmeasured(correlation: float) -> InSample:
    """Without any market data."""
    return InSample(
        ic_mean=None,
        ic_ir=None,
        turnover=None,
        sharpe=None,
        fitness=None,
        ic_decay=(None,) * 5,
        coverage=None,
        data_days=0,
        max_correlation=correlation,
    )


def _verdict(
    found: InSample, measured: Measured | None, diagnostics: dict[str, Any] | None, case: Case
) -> Verdict:
    checks = validation.checks(found)
    measures = {**asdict(found), "ic_decay": list(found.ic_decay)}
    return Verdict(
        active=not validation.failed(checks),
        measures=measures,
        checks=[asdict(check) for check in checks],
        reasons=[_reason(check) for check in checks if not check.passed],
        yearly=[] if measured is None else [asdict(year) for year in validation.yearly_stats(measured)],
        ic=[] if measured is None else _ic_series(measured),
        long_short=[] if measured is None else _long_short(measured),
        diagnostics=diagnostics or {"attempts": len(case.attempts) + 1},
        plots={} if measured is None else _plots(measured),
    )


def _reason(check: Check) -> str:
    """`IC_IR 0.12 <= 0.15`: the same in every language."""
    if check.value is None:
        return f"{check.name} undefined"
    value = check.value
    shown = f"{abs(value) if check.name in {'IC_MEAN', 'IC_IR'} else value:.6g}"
    return f"{check.name} {shown} {SIGNS[check.name]} {check.threshold:g}"


def _ic_series(measured: Measured) -> list[dict[str, Any]]:
    known = np.isfinite(measured.ic)
    days = np.datetime_as_string(measured.dates[known]).tolist()
    return [{"date": day, "ic": ic} for day, ic in zip(days, measured.ic[known].tolist(), strict=True)]


def _long_short(measured: Measured) -> list[dict[str, Any]]:
    known = np.isfinite(measured.ls)
    days = np.datetime_as_string(measured.dates[known]).tolist()
    cumulative = statistics.cumulative(measured.ls)[known].tolist()
    return [
        {"date": day, "ls_return": ls, "cumulative": level}
        for day, ls, level in zip(days, measured.ls[known].tolist(), cumulative, strict=True)
    ]


def _plots(measured: Measured) -> dict[str, Any]:
    """Series over the days with values, null where a day has none."""
    valued = np.isfinite(measured.coverage) | np.isfinite(measured.ic)
    return {
        "dates": np.datetime_as_string(measured.dates[valued]).tolist(),
        "ic": measured.ic[valued].tolist(),
        "turnover": measured.turnover[valued].tolist(),
        "coverage": measured.coverage[valued].tolist(),
        "names": measured.names[valued].tolist(),
        "fifths": [statistics.cumulative(fifth)[valued].tolist() for fifth in measured.fifth_returns],
    }


def _beyond(codes: Codes, measured: Measured, window: Window, case: Case) -> dict[str, Any]:
    found = beyond.diagnostics(
        codes, measured, window.market, window.members, window.boards, case.attempts, case.number
    )
    return {"attempts": len(case.attempts) + 1, **_plain(asdict(found))}


def _plain(value: Any) -> Any:
    """Values as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, date):
        return value.isoformat()
    return value
