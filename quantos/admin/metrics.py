"""`GET /metrics`: the platform in figures, as Prometheus reads them.

Whoever asks from this machine may read them; from another one, or through a proxy, a bearer token is needed: that of
`QUANTOS_METRICS_TOKEN`, or an operator's. No figure tells of a user or a strategy by name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from hmac import compare_digest
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from quantos import __version__
from quantos.errors import QuantosError, Unauthenticated
from quantos.kit.clock import parse_instant
from quantos.kit.observed import BUCKETS_S, Requests
from quantos.kit.routing import Routes

if TYPE_CHECKING:
    from prometheus_client.core import Metric

FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
"""A proxy on this machine asks for somebody who may be anywhere."""
STORES: Final = ("records.db", "records.db-wal", "series.duckdb", "series.duckdb.wal")

Overview = Callable[[], dict[str, Any]]


class MetricsRefused(Unauthenticated):
    code = "metrics_refused"


def router(
    requests: Requests, overview: Overview, folder: Path, token: str, operator: Callable[[Request], object]
) -> APIRouter:
    """`token`: of the settings; empty: none. `operator` raises where the caller is no operator."""
    public = Routes(None, "health", prefix="")

    @public.get("/metrics", include_in_schema=False)
    async def get_metrics(request: Request) -> Response:
        """From this machine without credentials; from another, or through a proxy, with the bearer token of
        `QUANTOS_METRICS_TOKEN` or an operator's.
        """
        if not (
            _is_of_this_machine(request) or _has_token(request, token) or _is_operator(request, operator)
        ):
            raise MetricsRefused(
                "the metrics are read from the platform's own machine, or with the bearer token that"
                " QUANTOS_METRICS_TOKEN sets"
            )
        return PlainTextResponse(
            await asyncio.to_thread(written, requests, overview, folder),
            media_type="text/plain; version=0.0.4; charset=utf-8",
        )

    return public


def written(requests: Requests, overview: Overview, folder: Path) -> bytes:
    """The exposition; of the process too where the system tells."""
    from prometheus_client import (  # noqa: PLC0415 - loaded where it is used
        CollectorRegistry,
        GCCollector,
        ProcessCollector,
        generate_latest,
    )

    registry = CollectorRegistry()
    registry.register(_Platform(requests, overview, folder))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return generate_latest(registry)


class _Platform:
    """Collects at the moment it is asked; nothing is kept between two times."""

    def __init__(self, requests: Requests, overview: Overview, folder: Path) -> None:
        self._requests, self._overview, self._folder = requests, overview, folder

    def collect(self) -> Iterator[Metric]:
        yield from _of_requests(self._requests)
        shown = self._overview()
        yield _gauge("quantos_info", "What runs.", [(_info(shown), 1.0)])
        yield from _of_the_day(shown)
        yield from _of_the_machine(shown, self._folder)


def _of_requests(requests: Requests) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily  # noqa: PLC0415

    answered = CounterMetricFamily(
        "quantos_requests", "Requests that were answered.", labels=("method", "route", "status")
    )
    for row, number in list(requests.answered.items()):
        answered.add_metric((row.method, row.route, str(row.status)), number)
    yield answered
    took = HistogramMetricFamily(
        "quantos_request_seconds", "Until the answer began.", labels=("method", "route")
    )
    bounds = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
    for (method, route), times in list(requests.times.items()):
        cumulated = list(accumulate(times.in_bucket))
        took.add_metric((method, route), list(zip(bounds, cumulated, strict=True)), times.seconds)
    yield took
    yield _gauge("quantos_requests_under_way", "Requests without an answer yet.", [({}, requests.under_way)])


def _of_the_day(shown: dict[str, Any]) -> Iterator[Metric]:
    for many in ("strategies", "factors", "portfolios"):
        rows = [({"status": status}, float(number)) for status, number in shown[many].items()]
        yield _gauge(f"quantos_{many}", f"How many {many} there are, by status.", rows)
    signals = [({"state": state}, float(number)) for state, number in shown["signals"].items()]
    yield _gauge("quantos_signals", "Signals of the trading day: expected, received, attested.", signals)
    jobs = shown["jobs"]
    failed = [({"job": job["name"]}, float(job["state"] == "failed")) for job in jobs]
    yield _gauge("quantos_job_failed", "1 while the last run of a job stands failed.", failed)
    ran = [({"job": job["name"]}, _seconds(job["last_run"])) for job in jobs if job["last_run"]]
    yield _gauge(
        "quantos_job_last_run_timestamp_seconds", "When a job last ran, by the platform's clock.", ran
    )
    run = shown["settlement"]
    days = [({"state": name}, float(run[name])) for name in ("done", "total")]
    yield _gauge("quantos_settlement_strategy_days", "Of the run under way, or the last one.", days)
    alarms = [({"code": code}, 1.0) for code in sorted({alarm["code"] for alarm in shown["alarms"]})]
    yield _gauge("quantos_alarm", "1 for each alarm that stands.", alarms)
    yield _gauge(
        "quantos_days_without_bars", "Trading days over without data.", [({}, shown["data"]["missing"])]
    )
    if last := shown["data"]["last_date"]:
        at = datetime.combine(last, time(), UTC).timestamp()
        yield _gauge(
            "quantos_last_bars_timestamp_seconds", "Midnight UTC of the last day with bars.", [({}, at)]
        )


def _of_the_machine(shown: dict[str, Any], folder: Path) -> Iterator[Metric]:
    disk, license_ = shown["disk"], shown["license"]
    for name in ("free_bytes", "total_bytes"):
        yield _gauge(f"quantos_disk_{name}", "Of the data directory's disk.", [({}, disk[name])])
    sizes = [({"file": name}, float(size)) for name in STORES if (size := _size(folder / name)) is not None]
    yield _gauge("quantos_store_bytes", "Sizes of the stores' files.", sizes)
    takes = float(license_["accepts_submissions"])
    yield _gauge("quantos_license_accepts_submissions", "0 once the licence has run out.", [({}, takes)])
    if license_["until"]:
        until = _seconds(license_["until"])
        yield _gauge("quantos_license_until_timestamp_seconds", "When it ends, or its grace.", [({}, until)])


def _info(shown: dict[str, Any]) -> dict[str, str]:
    return {
        "version": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "edition": shown["edition"],
        "simulated": str(shown["simulated"]).lower(),
    }


def _gauge(name: str, meaning: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    found = list(rows)
    family = GaugeMetricFamily(name, meaning, labels=tuple(found[0][0]) if found else ())
    for labels, value in found:
        family.add_metric(tuple(labels.values()), value)
    return family


def _seconds(instant: str | datetime) -> float:
    return (parse_instant(instant) if isinstance(instant, str) else instant).timestamp()


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None  # a write-ahead log comes and goes


def _is_of_this_machine(request: Request) -> bool:
    if request.client is None or any(name in FORWARDED for name, _ in request.scope["headers"]):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _has_token(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return bool(token) and compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_operator(request: Request, operator: Callable[[Request], object]) -> bool:
    try:
        operator(request)
    except QuantosError:
        return False
    return True
