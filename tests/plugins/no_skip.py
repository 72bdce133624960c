"""QUANTOS_CI_REAL=1: a test that is skipped has failed.

Where the real market data are at hand nothing may stay unproved, so a skip, of a test or of a whole module, is
reported as a failure with its reason. Expected failures (`xfail`) are left alone.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

R = TypeVar("R", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))


def _refuse_skip(report: R) -> R:
    if os.environ.get("QUANTOS_CI_REAL") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else (report.longrepr,)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: QUANTOS_CI_REAL=1 allows no skip ({reason})"
    return report
