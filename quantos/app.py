"""The ASGI application of a platform: its routes, what stands around them, and what they say of errors."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from quantos import __version__
from quantos.accounts import routes as account_routes
from quantos.admin import routes as admin_routes
from quantos.attestation import routes as attestation_routes
from quantos.factors import routes as factor_routes
from quantos.kit.addresses import is_loopback
from quantos.kit.deploy_kit import add_deploy_kit
from quantos.kit.docs_page import add_docs_page, add_text
from quantos.kit.etags import EntityTags
from quantos.kit.handbook import add_handbook
from quantos.kit.head import HeadAsGet
from quantos.kit.observed import Observed, Requests
from quantos.kit.openapi import TAGS, describe
from quantos.kit.rates import Meter, RateLimit, parse_rate
from quantos.kit.routing import API, place
from quantos.kit.web import BodyLimit, answer_refusals
from quantos.leaderboard import routes as leaderboard_routes
from quantos.license import routes as license_routes
from quantos.license.service import Marks
from quantos.market import routes as market_routes
from quantos.performance import routes as performance_routes
from quantos.platform import Platform
from quantos.portfolios import routes as portfolio_routes
from quantos.research import routes as research_routes
from quantos.settings import Settings
from quantos.settlement import routes as settlement_routes
from quantos.strategies import routes as strategy_routes
from quantos.support import routes as support_routes
from quantos.verification import routes as verification_routes

__all__ = ["Platform", "build_app"]

UPLOADS = re.compile(rf"{API}/(factors/[^/]+/values|admin/strategies/[^/]+/backfill)")
"""What takes a body as large as the settings let; everything else is as small as what people write."""


def is_open(settings: Settings) -> bool:
    """Whether strategies are generated, explained and run for anyone (COP-20)."""
    return settings.copilot_open == "true" or (not settings.copilot_open and is_loopback(settings.host))


class _Watched(FastAPI):
    """An application whose every answer is counted, also where nothing of it knew what to say."""

    def build_middleware_stack(self) -> ASGIApp:
        return Observed(super().build_middleware_stack(), self.state.requests, self.state.slow_request_s)


def build_app(platform: Platform) -> FastAPI:
    """The ASGI application."""
    app = _Watched(
        title="QuantOS",
        version=__version__,
        description="Daily signals, settlement and verifiable track records for Chinese A-shares.",
        openapi_tags=TAGS,
        redirect_slashes=False,
        docs_url=None,  # the framework's own pages load from elsewhere
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nobody is told of a request
    )
    p, requests = platform, Requests()
    place(
        app,
        strategy_routes.signals_router(
            p.strategies, p.accounts
        ),  # the busiest first: they are tried in order
        strategy_routes.router(p.strategies, p.accounts),
        verification_routes.router(p.verification),
        attestation_routes.router(p.attestation),
        performance_routes.router(p.claims, p.accounts),
        performance_routes.admin_router(p.unattended.evaluation, p.accounts),
        factor_routes.router(p.factors, p.accounts),
        portfolio_routes.router(p.portfolios, p.accounts),
        account_routes.router(p.accounts),
        account_routes.copilot_router(p.accounts.otps),
        support_routes.router(p.support, p.accounts),
        license_routes.router(p.licenses, p.accounts),
        market_routes.router(p.market, p.accounts, p.audit, p.room.admit_files),
        account_routes.admin_router(p.accounts),
        account_routes.outbox_router(p.accounts),
        strategy_routes.admin_router(p.strategies, p.accounts),
        factor_routes.admin_router(p.factors, p.accounts),
        portfolio_routes.admin_router(p.portfolios, p.accounts),
        attestation_routes.admin_router(p.attestation, p.accounts, p.audit),
        verification_routes.admin_router(p.verification, p.accounts),
        settlement_routes.admin_router(p.settlement, p.accounts, p.audit),
        support_routes.admin_router(p.support, p.accounts),
        license_routes.admin_router(p.licenses, p.own_license, p.accounts),
        admin_routes.router(p.operations, p.scheduler, p.settlement, p.accounts),
        research_routes.router(p.research, p.accounts, None if is_open(p.settings) else p.accounts.user),
        research_routes.deploy_router(p.research.deployments, p.accounts),
        research_routes.study_router(p.research.studies, p.accounts),
        leaderboard_routes.router(p.leaderboard, p.accounts),
        leaderboard_routes.admin_router(p.leaderboard, p.accounts),
        admin_routes.watching(
            requests,
            p.operations,
            p.records,
            p.series,
            p.scheduler.is_winding_down,
            p.room.refused,
            p.accounts,
        ),
    )
    app.state.requests, app.state.slow_request_s = requests, p.settings.slow_request_s
    app.state.once = p.accounts.idempotency.once
    app.state.admit = p.standing.admit
    app.state.admit_upload = p.room.admit
    describe(app)
    add_docs_page(app, p.standing.notice)
    research_routes.add_copilot_page(app)
    add_text(app, "/llms.txt", Path(__file__).with_name("llms.txt"))
    add_deploy_kit(app, p.directory.path / "images", p.standing.notice)
    add_handbook(app, p.standing.notice)
    answer_refusals(app)
    app.add_middleware(BodyLimit, bytes_max=p.settings.body_bytes_max, uploads=UPLOADS)
    app.add_middleware(
        verification_routes.FinishedAnswers, verification=p.verification, path=f"{API}/public/strategies"
    )
    health, calendar = f"{API}/health", f"{API}/calendar"
    app.add_middleware(EntityTags, prefix=f"{API}/public/", paths=frozenset({calendar}))
    app.add_middleware(HeadAsGet, prefix=f"{API}/public/", paths=frozenset({calendar, health}))
    free = frozenset({health})
    if (rate := parse_rate(p.settings.rate_limit)) is not None:
        app.add_middleware(RateLimit, meter=Meter(rate), caller_of=p.accounts.limited_as, free=free)
    app.add_middleware(Marks, standing=p.standing, free=free)
    return app
