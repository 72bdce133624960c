"""From daily series to the figures, the yearly table and the five checks of a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from quantos.factors.core import statistics
from quantos.factors.core.measured import Measured
from quantos.factors.core.panel import Members, Series

IC_MEAN_ABOVE: Final = 0.015
IC_IR_ABOVE: Final = 0.15
TURNOVER_BELOW: Final = 0.35
CORRELATION_BELOW: Final = 0.7
DATA_DAYS_MIN: Final = 120

OUT_OF_SAMPLE_DAYS: Final = (30, 60, 120)


@dataclass(frozen=True, slots=True)
class InSample:
    """The guide's `is`."""

    ic_mean: float | None
    ic_ir: float | None
    turnover: float | None
    sharpe: float | None
    fitness: float | None
    ic_decay: tuple[float | None, ...]  # lags 1..5
    coverage: float | None
    data_days: int
    max_correlation: float


@dataclass(frozen=True, slots=True)
class YearStats:
    """One calendar year; `days` counts its ICs."""

    year: int
    ic_mean: float | None
    ic_ir: float | None
    returns: float | None
    drawdown: float | None
    turnover: float | None
    days: int


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    value: float | None
    threshold: float
    passed: bool


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """Means of the last 30, 60 and 120 ICs, or of as many as there are."""

    ic_mean_30d: float | None
    ic_mean_60d: float | None
    ic_mean_120d: float | None
    days: int  # ICs counted


def in_sample(measured: Measured, max_correlation: float) -> InSample:
    turnover = statistics.mean(measured.turnover)
    return InSample(
        ic_mean=statistics.mean(measured.ic),
        ic_ir=statistics.ratio(measured.ic),
        turnover=turnover,
        sharpe=statistics.sharpe(measured.ls),
        fitness=statistics.fitness(measured.ls, turnover),
        ic_decay=tuple(statistics.mean(lagged) for lagged in measured.lagged_ic),
        coverage=statistics.mean(measured.coverage),
        data_days=int(measured.data_day.sum()),
        max_correlation=max_correlation,
    )


def yearly_stats(measured: Measured) -> tuple[YearStats, ...]:
    """One row for each calendar year with an IC or a long-short return, ascending."""
    years = measured.dates.astype("datetime64[Y]").astype(np.int64) + 1970
    active = np.isfinite(measured.ic) | np.isfinite(measured.ls)
    return tuple(_year(int(year), measured, years == year) for year in np.unique(years[active]))


def _year(year: int, measured: Measured, days: Members) -> YearStats:
    ic, ls = measured.ic[days], measured.ls[days]
    return YearStats(
        year=year,
        ic_mean=statistics.mean(ic),
        ic_ir=statistics.ratio(ic),
        returns=statistics.total_return(ls),
        drawdown=statistics.drawdown(ls),
        turnover=statistics.mean(measured.turnover[days]),
        days=len(statistics.defined(ic)),
    )


def checks(figures: InSample) -> tuple[Check, ...]:
    """The five checks, in the guide's order; a figure that is not defined fails."""
    return (
        _check("IC_MEAN", figures.ic_mean, IC_MEAN_ABOVE, _size(figures.ic_mean) > IC_MEAN_ABOVE),
        _check("IC_IR", figures.ic_ir, IC_IR_ABOVE, _size(figures.ic_ir) > IC_IR_ABOVE),
        _check("HIGH_TURNOVER", figures.turnover, TURNOVER_BELOW, _below(figures.turnover, TURNOVER_BELOW)),
        _check(
            "SELF_CORRELATION",
            figures.max_correlation,
            CORRELATION_BELOW,
            _below(figures.max_correlation, CORRELATION_BELOW),
        ),
        _check("DATA_COVERAGE", figures.data_days, DATA_DAYS_MIN, figures.data_days >= DATA_DAYS_MIN),
    )


def _check(name: str, value: float | None, threshold: float, passed: bool) -> Check:
    return Check(name, value, threshold, passed)


def _size(value: float | None) -> float:
    return 0.0 if value is None else abs(value)


def _below(value: float | None, threshold: float) -> bool:
    return value is not None and value < threshold


def failed(results: Sequence[Check]) -> tuple[str, ...]:
    """Names of the checks that failed; none: the factor is accepted."""
    return tuple(one.name for one in results if not one.passed)


def out_of_sample(ic: Series) -> OutOfSample:
    """Means over the last ICs of a series in date order; NaN days are left out.

    Give the ICs of all out-of-sample days, or of the timely ones alone.
    """
    known = statistics.defined(ic)
    short, middle, long = (statistics.mean(known[-days:]) for days in OUT_OF_SAMPLE_DAYS)
    return OutOfSample(short, middle, long, len(known))
