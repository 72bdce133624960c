"""Every operation of the API, a function each: arguments in, a `Call` to be sent out.

Generated from the platform's own description by `python -m tests.docs.regenerate`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from quantos.client import shapes
from quantos.client.call import UNSET, Call, Unset, given, segment


def accept_day(*, date: date | str, reason: str) -> Call[shapes.MarketAcceptedOut]:
    """Let a day settle although too few of its bars are there"""
    return Call("POST", "/api/v1/admin/market/accept", body=given(date=date, reason=reason))


def acknowledge_attestation_alarm(
    *, code: Literal["attested_otherwise", "digests_contradict"], reason: str
) -> Call[shapes.Acknowledged]:
    """Say that what an alarm names is known: it is told no more, another one is"""
    return Call("POST", "/api/v1/admin/attestation/acknowledge", body=given(code=code, reason=reason))


def activate_any_portfolio(
    portfolio_id: str, *, initial_capital: int | Unset = UNSET
) -> Call[shapes.PortfolioStarted]:
    """Make the strategy of anyone's portfolio, and have it signal from now on"""
    return Call(
        "POST",
        f"/api/v1/admin/portfolios/{segment(portfolio_id)}/activate",
        body=given(initial_capital=initial_capital),
    )


def activate_portfolio(
    portfolio_id: str, *, initial_capital: int | Unset = UNSET
) -> Call[shapes.PortfolioStarted]:
    """Make the strategy of a portfolio, and have it signal from now on"""
    return Call(
        "POST",
        f"/api/v1/portfolios/{segment(portfolio_id)}/activate",
        body=given(initial_capital=initial_capital),
    )


def add_portfolio_member(portfolio_id: str, *, factor_id: str) -> Call[shapes.PortfolioOut]:
    """Add a factor"""
    return Call(
        "POST", f"/api/v1/portfolios/{segment(portfolio_id)}/members", body=given(factor_id=factor_id)
    )


def approve_license_request(
    request_id: str,
    *,
    expires: date | str,
    max_cores: int | Unset | None = UNSET,
    max_memory_gb: int | Unset | None = UNSET,
) -> Call[shapes.OwnedRequest]:
    """Approve a request: the licence is issued at once"""
    return Call(
        "POST",
        f"/api/v1/admin/license-requests/{segment(request_id)}/approve",
        body=given(expires=expires, max_cores=max_cores, max_memory_gb=max_memory_gb),
    )


def backfill_strategy(slug: str, *, signals: list[shapes.BackfilledDay]) -> Call[shapes.BackfillAccepted]:
    """Signals of before the activation, settled as a curve apart, for tracking alone"""
    return Call("POST", f"/api/v1/admin/strategies/{segment(slug)}/backfill", body=given(signals=signals))


def cancel_research_backtest(backtest_id: str) -> Call[shapes.StudyOut]:
    """End a research backtest that waits or runs"""
    return Call("POST", f"/api/v1/research/backtests/{segment(backtest_id)}/cancel")


def change_factor(
    factor_id: str,
    *,
    name: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    expression: str | Unset | None = UNSET,
) -> Call[shapes.FactorOut]:
    """Change name, description or expression"""
    return Call(
        "PATCH",
        f"/api/v1/factors/{segment(factor_id)}",
        body=given(name=name, description=description, expression=expression),
    )


def change_portfolio(
    portfolio_id: str,
    *,
    name: str | Unset = UNSET,
    weighting: Literal["equal", "ic_weighted"] | Unset = UNSET,
    top_n: int | Unset = UNSET,
) -> Call[shapes.PortfolioOut]:
    """Change name, weighting or top_n"""
    return Call(
        "PATCH",
        f"/api/v1/portfolios/{segment(portfolio_id)}",
        body=given(name=name, weighting=weighting, top_n=top_n),
    )


def change_profile(
    *, nickname: str | Unset = UNSET, email: str | Unset = UNSET, password: str | Unset = UNSET
) -> Call[shapes.ProfileOut]:
    """Set nickname, e-mail and password, in any combination"""
    return Call(
        "PATCH", "/api/v1/auth/profile", body=given(nickname=nickname, email=email, password=password)
    )


def change_strategy(
    slug: str,
    *,
    name: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    status: Literal["pending", "active", "paused", "retired"] | Unset = UNSET,
    is_public: bool | Unset = UNSET,
) -> Call[shapes.StrategiesStrategyOut]:
    """Change name, description, status or visibility"""
    return Call(
        "PATCH",
        f"/api/v1/strategies/{segment(slug)}",
        body=given(name=name, description=description, status=status, is_public=is_public),
    )


def change_ticket(
    ticket_id: str,
    *,
    status: Literal["open", "in_progress", "resolved", "closed"] | Unset = UNSET,
    admin_reply: str | Unset = UNSET,
) -> Call[shapes.OwnedTicket]:
    """Reply to a ticket, or set its status"""
    return Call(
        "PATCH",
        f"/api/v1/admin/tickets/{segment(ticket_id)}",
        body=given(status=status, admin_reply=admin_reply),
    )


def change_user(
    user_id: str, *, tier: Literal["free", "licensed"] | Unset = UNSET, disabled: bool | Unset = UNSET
) -> Call[shapes.AccountOut]:
    """Assign a tier, disable or enable an account; at once"""
    return Call("PATCH", f"/api/v1/admin/users/{segment(user_id)}", body=given(tier=tier, disabled=disabled))


def copilot_backtest(*, strategy_code: str, ticker: str) -> Call[shapes.BacktestOut]:
    """Run a strategy on all daily bars of a ticker"""
    return Call("POST", "/backtest", body=given(strategy_code=strategy_code, ticker=ticker))


def copilot_delete_strategy(strategy_id: int) -> Call[shapes.DeletedOut]:
    """Forget one of the caller's strategies"""
    return Call("DELETE", f"/strategy/{segment(strategy_id)}")


def copilot_explain(*, strategy_code: str) -> Call[shapes.ExplanationOut]:
    """A strategy in plain words, from its text alone"""
    return Call("POST", "/explain", body=given(strategy_code=strategy_code))


def copilot_export_code(strategy_id: int) -> Call[bytes]:
    """The code of one of the caller's strategies as a file"""
    return Call("GET", f"/export/code/{segment(strategy_id)}", raw=True)


def copilot_export_runs(strategy_id: int) -> Call[bytes]:
    """The runs of one of the caller's strategies as CSV"""
    return Call("GET", f"/export/csv/{segment(strategy_id)}", raw=True)


def copilot_generate(*, user_prompt: str) -> Call[shapes.GeneratedOut]:
    """Code of a strategy that a sentence describes"""
    return Call("POST", "/generate", body=given(user_prompt=user_prompt))


def copilot_get_strategy(strategy_id: int) -> Call[shapes.ResearchStrategyOut]:
    """One of the caller's strategies"""
    return Call("GET", f"/strategy/{segment(strategy_id)}")


def copilot_list_strategies(
    *, strategy_id: int | Unset | None = UNSET
) -> Call[list[shapes.ResearchStrategyOut]]:
    """The caller's strategies"""
    return Call("GET", "/strategy/list", query=given(strategy_id=strategy_id))


def copilot_plot(*, strategy_code: str, ticker: str) -> Call[shapes.PlotOut]:
    """The same backtest as a figure"""
    return Call("POST", "/plot", body=given(strategy_code=strategy_code, ticker=ticker))


def copilot_save_strategy(*, name: str, prompt: str, code: str) -> Call[shapes.SavedOut]:
    """Keep a strategy"""
    return Call("POST", "/strategy/save", body=given(name=name, prompt=prompt, code=code))


def copilot_submit_run(
    *,
    strategy_name: str,
    code: str,
    ticker: str,
    strategy_id: int | Unset | None = UNSET,
    dataset: str | Unset = UNSET,
) -> Call[shapes.SubmittedOut]:
    """Run a strategy and put it on the leaderboard"""
    return Call(
        "POST",
        "/leaderboard/submit",
        body=given(
            strategy_id=strategy_id, strategy_name=strategy_name, code=code, dataset=dataset, ticker=ticker
        ),
    )


def copilot_top(
    *,
    period: Literal["daily", "weekly", "alltime"] | Unset = UNSET,
    dataset: str | Unset | None = UNSET,
    limit: int | Unset = UNSET,
) -> Call[shapes.TopOut]:
    """The best runs of a period"""
    return Call("GET", "/leaderboard/top", query=given(period=period, dataset=dataset, limit=limit))


def copilot_translate(
    *,
    asset: str,
    entry: list[dict[str, Any]],
    exit: list[dict[str, Any]],
    timeframe: str | Unset = UNSET,
    risk: dict[str, Any] | Unset = UNSET,
    position_sizing: Literal["fixed", "percent", "risk_adjusted"] | Unset = UNSET,
) -> Call[shapes.TranslatedOut]:
    """Code and prompt of a blueprint"""
    return Call(
        "POST",
        "/builder/translate",
        body=given(
            asset=asset,
            timeframe=timeframe,
            entry=entry,
            exit=exit,
            risk=risk,
            position_sizing=position_sizing,
        ),
    )


def count_unread_notifications() -> Call[shapes.UnreadCount]:
    """How many notifications are unread"""
    return Call("GET", "/api/v1/notifications/unread-count")


def create_api_key(*, name: str) -> Call[shapes.NewApiKey]:
    """A new API key, shown in this answer only"""
    return Call("POST", "/api/v1/billing/api-keys", body=given(name=name))


def create_deployment(
    *,
    strategy_id: int,
    tickers: list[str],
    slug: str,
    name: str,
    start: date | str,
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"] | Unset = UNSET,
    initial_capital: int | Unset = UNSET,
    commission_rate: float | Unset = UNSET,
    slippage_rate: float | Unset = UNSET,
    is_public: bool | Unset = UNSET,
) -> Call[shapes.DeploymentOut]:
    """Have a saved strategy tracked: it runs each trading day, and signals by itself"""
    return Call(
        "POST",
        "/api/v1/research/deployments",
        body=given(
            strategy_id=strategy_id,
            tickers=tickers,
            slug=slug,
            name=name,
            start=start,
            universe=universe,
            initial_capital=initial_capital,
            commission_rate=commission_rate,
            slippage_rate=slippage_rate,
            is_public=is_public,
        ),
    )


def create_factor(
    *,
    name: str,
    universe: Literal["hs300", "csi500", "csi1000"],
    description: str | Unset | None = UNSET,
    expression: str | Unset | None = UNSET,
    claimed_ic_mean: float | Unset | None = UNSET,
    claimed_ic_ir: float | Unset | None = UNSET,
) -> Call[shapes.FactorOut]:
    """Create a factor"""
    return Call(
        "POST",
        "/api/v1/factors",
        body=given(
            name=name,
            universe=universe,
            description=description,
            expression=expression,
            claimed_ic_mean=claimed_ic_mean,
            claimed_ic_ir=claimed_ic_ir,
        ),
    )


def create_invite(
    *, max_uses: int | Unset = UNSET, expires_at: datetime | str | Unset | None = UNSET
) -> Call[shapes.InviteCode]:
    """A new invite code, shown in this answer only"""
    return Call("POST", "/api/v1/admin/invites", body=given(max_uses=max_uses, expires_at=expires_at))


def create_portfolio(
    *,
    name: str,
    universe: Literal["hs300", "csi500", "csi1000"],
    weighting: Literal["equal", "ic_weighted"] | Unset = UNSET,
    top_n: int | Unset = UNSET,
) -> Call[shapes.PortfolioOut]:
    """Create a portfolio of factors"""
    return Call(
        "POST",
        "/api/v1/portfolios",
        body=given(name=name, universe=universe, weighting=weighting, top_n=top_n),
    )


def create_research_backtest(
    *,
    tickers: list[str],
    name: str | Unset = UNSET,
    strategy_code: str | Unset | None = UNSET,
    strategy_id: int | Unset | None = UNSET,
    start: date | str | Unset | None = UNSET,
    end: date | str | Unset | None = UNSET,
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"] | Unset = UNSET,
    initial_capital: int | Unset = UNSET,
    commission_rate: float | Unset = UNSET,
    slippage_rate: float | Unset = UNSET,
    minimum_commission: float | Unset | None = UNSET,
) -> Call[shapes.StudyOut]:
    """Run a strategy over tickers and dates, with costs and the exchange's rules"""
    return Call(
        "POST",
        "/api/v1/research/backtests",
        body=given(
            name=name,
            strategy_code=strategy_code,
            strategy_id=strategy_id,
            tickers=tickers,
            start=start,
            end=end,
            universe=universe,
            initial_capital=initial_capital,
            commission_rate=commission_rate,
            slippage_rate=slippage_rate,
            minimum_commission=minimum_commission,
        ),
    )


def create_strategy(
    *,
    name: str,
    slug: str,
    description: str | Unset | None = UNSET,
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"] | Unset = UNSET,
    execution_price: Literal["open", "close"] | Unset = UNSET,
    holding_period: int | Unset = UNSET,
    initial_capital: int | Unset = UNSET,
    commission_rate: float | Unset = UNSET,
    slippage_rate: float | Unset = UNSET,
    is_public: bool | Unset = UNSET,
) -> Call[shapes.StrategiesStrategyOut]:
    """Create a strategy"""
    return Call(
        "POST",
        "/api/v1/strategies",
        body=given(
            name=name,
            slug=slug,
            description=description,
            universe=universe,
            execution_price=execution_price,
            holding_period=holding_period,
            initial_capital=initial_capital,
            commission_rate=commission_rate,
            slippage_rate=slippage_rate,
            is_public=is_public,
        ),
    )


def create_ticket(
    *,
    title: str,
    category: Literal["bug", "feature", "feedback", "data", "other"],
    description: str | Unset = UNSET,
) -> Call[shapes.TicketOut]:
    """Tell the operator of a bug, a wish, or data that are wrong"""
    return Call(
        "POST", "/api/v1/tickets", body=given(title=title, description=description, category=category)
    )


def delete_claim(slug: str) -> Call[shapes.ClaimDeleted]:
    """Delete the claimed curve"""
    return Call("DELETE", f"/api/v1/strategies/{segment(slug)}/claimed")


def delete_factor(factor_id: str) -> Call[shapes.Deleted]:
    """Delete a factor and its values"""
    return Call("DELETE", f"/api/v1/factors/{segment(factor_id)}")


def delete_portfolio(portfolio_id: str) -> Call[shapes.Deleted]:
    """Delete a portfolio that is not active"""
    return Call("DELETE", f"/api/v1/portfolios/{segment(portfolio_id)}")


def delete_signal(slug: str, trade_date: date | str) -> Call[shapes.Deleted]:
    """Delete the signal of a trade date"""
    return Call("DELETE", f"/api/v1/strategies/{segment(slug)}/signals/{segment(trade_date)}")


def download_image(*, arch: Literal["amd64", "arm64"] | Unset = UNSET) -> Call[bytes]:
    """Leads to the container image"""
    return Call("GET", "/api/v1/deploy/quantos-image/download", query=given(arch=arch), raw=True)


def download_my_license() -> Call[shapes.LicenseDocument]:
    """license.json, as it was signed"""
    return Call("GET", "/api/v1/deploy/my-license/download")


def explain_any_portfolio_signal(portfolio_id: str, trade_date: date | str) -> Call[shapes.Explanation]:
    """Why a signal of anyone's portfolio is what it is, name by name"""
    return Call(
        "GET", f"/api/v1/admin/portfolios/{segment(portfolio_id)}/signals/{segment(trade_date)}/explain"
    )


def explain_portfolio_signal(portfolio_id: str, trade_date: date | str) -> Call[shapes.Explanation]:
    """Why a signal of a portfolio is what it is, name by name"""
    return Call("GET", f"/api/v1/portfolios/{segment(portfolio_id)}/signals/{segment(trade_date)}/explain")


def extend_calendar(*, days: list[shapes.CalendarDay]) -> Call[shapes.CalendarExtended]:
    """Add the days that the exchange announced, or correct ones that are not settled"""
    return Call("POST", "/api/v1/admin/calendar", body=given(days=days))


def get_any_audit_log(
    slug: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.AuditLog]:
    """What became of each settled day of anyone's strategy, newest first"""
    return Call(
        "GET",
        f"/api/v1/admin/strategies/{segment(slug)}/audit",
        query=given(limit=limit, offset=offset),
        items="audit_log",
    )


def get_any_factor(factor_id: str) -> Call[shapes.OwnedFactorDetail]:
    """Anyone's factor with its series and diagnostics"""
    return Call("GET", f"/api/v1/admin/factors/{segment(factor_id)}")


def get_any_performance(slug: str) -> Call[shapes.PerformanceOut]:
    """The metrics of the track record of anyone's strategy"""
    return Call("GET", f"/api/v1/admin/strategies/{segment(slug)}/performance")


def get_any_track_record(slug: str) -> Call[shapes.TrackRecord]:
    """Every settled day of anyone's strategy beside its benchmark, ascending"""
    return Call("GET", f"/api/v1/admin/strategies/{segment(slug)}/track-record")


def get_any_verification_package(
    slug: str, *, date: date | str | Unset | None = UNSET, revision: int | Unset | None = UNSET
) -> Call[shapes.Package]:
    """Everything that decided a settled day of anyone's strategy, to check it by"""
    return Call(
        "GET", f"/api/v1/admin/strategies/{segment(slug)}/verify", query=given(date=date, revision=revision)
    )


def get_attestation_bundle() -> Call[bytes]:
    """The whole attestation repository as a git bundle"""
    return Call("GET", "/api/v1/public/attestation.bundle", raw=True)


def get_attestation_status(*, check_remote: bool | Unset = UNSET) -> Call[shapes.AttestationOut]:
    """How the attestation stands: repository, key, remote, what waits, alarms"""
    return Call("GET", "/api/v1/admin/attestation", query=given(check_remote=check_remote))


def get_attestations(trade_date: date | str) -> Call[Any]:
    """The signals committed for a trade date: the file of the repository's head, byte for byte"""
    return Call("GET", f"/api/v1/public/attestations/{segment(trade_date)}.json")


def get_audit_log(
    slug: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.AuditLog]:
    """What became of each settled day of a strategy, newest first"""
    return Call(
        "GET",
        f"/api/v1/public/strategies/{segment(slug)}/audit",
        query=given(limit=limit, offset=offset),
        items="audit_log",
    )


def get_claim(slug: str) -> Call[shapes.ClaimOut]:
    """The claimed curve, normalised to 1.0"""
    return Call("GET", f"/api/v1/strategies/{segment(slug)}/claimed")


def get_clock() -> Call[shapes.ClockOut]:
    """The simulated clock"""
    return Call("GET", "/api/v1/admin/clock")


def get_deployment(deployment_id: str) -> Call[shapes.DeploymentDetail]:
    """A deployed strategy with its code and its newest days"""
    return Call("GET", f"/api/v1/research/deployments/{segment(deployment_id)}")


def get_factor(factor_id: str) -> Call[shapes.FactorDetail]:
    """A factor with its series"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}")


def get_factor_chart_data(factor_id: str) -> Call[shapes.ChartData]:
    """All series of the last validation in one call"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/chart-data")


def get_factor_diagnostics(factor_id: str) -> Call[shapes.Diagnostics]:
    """What the five checks do not ask: significance, decay, coverage, quintiles, a placebo"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/diagnostics")


def get_factor_ic_series(factor_id: str) -> Call[shapes.IcSeries]:
    """The in-sample IC of each day"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/ic-series")


def get_factor_validation(factor_id: str) -> Call[shapes.ValidationOut]:
    """How the validation of a factor stands"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/submit")


def get_factor_values_status(factor_id: str) -> Call[shapes.ValuesStatus]:
    """How many days of values there are, and whether they suffice"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/values/status")


def get_health() -> Call[shapes.Health]:
    """Whether the platform answers"""
    return Call("GET", "/api/v1/health")


def get_license_request() -> Call[shapes.LatestRequest | shapes.NoRequest]:
    """The caller's latest request, if there is one"""
    return Call("GET", "/api/v1/deploy/license-request")


def get_me() -> Call[shapes.UserOut]:
    """The caller's account"""
    return Call("GET", "/api/v1/auth/me")


def get_my_license() -> Call[shapes.MyLicense | shapes.NoLicense]:
    """The caller's latest licence, if there is one"""
    return Call("GET", "/api/v1/deploy/my-license")


def get_overview() -> Call[shapes.OverviewOut]:
    """The platform at a glance, with what an operator must look at"""
    return Call("GET", "/api/v1/admin/overview")


def get_own_license() -> Call[shapes.OwnLicenseOut]:
    """The licence of this platform: what holds, until when, and why"""
    return Call("GET", "/api/v1/admin/license")


def get_performance(slug: str) -> Call[shapes.PerformanceOut]:
    """The metrics of the track record of a strategy"""
    return Call("GET", f"/api/v1/public/strategies/{segment(slug)}/performance")


def get_portfolio(portfolio_id: str) -> Call[shapes.PortfolioOut]:
    """A portfolio with its members and its strategy"""
    return Call("GET", f"/api/v1/portfolios/{segment(portfolio_id)}")


def get_public_claim(slug: str) -> Call[shapes.PublicClaim]:
    """The claimed curve of a strategy, and how well it holds up"""
    return Call("GET", f"/api/v1/public/strategies/{segment(slug)}/claimed")


def get_public_strategy(slug: str) -> Call[shapes.PublicIndex]:
    """What a public strategy is, and where its record is read"""
    return Call("GET", f"/api/v1/public/strategies/{segment(slug)}")


def get_research_backtest(backtest_id: str) -> Call[shapes.StudyDetail]:
    """A research backtest with its result, once it has one"""
    return Call("GET", f"/api/v1/research/backtests/{segment(backtest_id)}")


def get_settlement_run(run_id: str) -> Call[shapes.RunDetail]:
    """A settlement run with the outcomes of its first 1,000 strategy-days"""
    return Call("GET", f"/api/v1/admin/settlement-runs/{segment(run_id)}")


def get_settlements(trade_date: date | str) -> Call[Any]:
    """The settlement digests of a trade date: the file of the repository's head, byte for byte"""
    return Call("GET", f"/api/v1/public/settlements/{segment(trade_date)}.json")


def get_statuses(trade_date: date | str) -> Call[Any]:
    """The changes of status committed for a trade date: the file of the repository's head, byte for byte"""
    return Call("GET", f"/api/v1/public/statuses/{segment(trade_date)}.json")


def get_strategy(slug: str) -> Call[shapes.StrategiesStrategyOut]:
    """One of the caller's strategies"""
    return Call("GET", f"/api/v1/strategies/{segment(slug)}")


def get_ticket(ticket_id: str) -> Call[shapes.TicketOut]:
    """One of the caller's tickets"""
    return Call("GET", f"/api/v1/tickets/{segment(ticket_id)}")


def get_tier() -> Call[shapes.TierOut]:
    """The caller's tier"""
    return Call("GET", "/api/v1/billing/tier")


def get_track_record(slug: str) -> Call[shapes.TrackRecord]:
    """Every settled day of a strategy beside its benchmark, ascending"""
    return Call("GET", f"/api/v1/public/strategies/{segment(slug)}/track-record")


def get_verification_package(
    slug: str, *, date: date | str | Unset | None = UNSET, revision: int | Unset | None = UNSET
) -> Call[shapes.Package]:
    """Everything that decided a settled day of a strategy, to check it by"""
    return Call(
        "GET", f"/api/v1/public/strategies/{segment(slug)}/verify", query=given(date=date, revision=revision)
    )


def get_verifier() -> Call[bytes]:
    """The independent verifier as one file, run by any Python from 3.11 on"""
    return Call("GET", "/api/v1/public/quantos-verify.pyz", raw=True)


def import_market(*, path: str) -> Call[shapes.ImportOut]:
    """Import market files of this machine"""
    return Call("POST", "/api/v1/admin/market/import", body=given(path=path))


def install_own_license(
    *,
    created_at: str,
    customer: str,
    edition: str,
    expires: str,
    fingerprint: str,
    format: str,
    key_id: str,
    license_id: str,
    max_cores: Any,
    max_memory_gb: Any,
    signature: str,
) -> Call[shapes.OwnLicenseOut]:
    """Install a license.json that holds on this machine"""
    return Call(
        "PUT",
        "/api/v1/admin/license",
        body=given(
            created_at=created_at,
            customer=customer,
            edition=edition,
            expires=expires,
            fingerprint=fingerprint,
            format=format,
            key_id=key_id,
            license_id=license_id,
            max_cores=max_cores,
            max_memory_gb=max_memory_gb,
            signature=signature,
        ),
    )


def list_all_api_keys(
    *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.OwnedApiKeyList]:
    """Everyone's active API keys, newest first"""
    return Call("GET", "/api/v1/admin/api-keys", query=given(limit=limit, offset=offset), items="api_keys")


def list_all_factors(
    *,
    status: Literal["draft", "ready", "validating", "active", "rejected"] | Unset | None = UNSET,
    universe: Literal["hs300", "csi500", "csi1000"] | Unset | None = UNSET,
    order: Literal["-created_at", "created_at", "ic_mean", "ic_ir"] | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.OwnedFactorList]:
    """Everyone's factors, with their owners"""
    return Call(
        "GET",
        "/api/v1/admin/factors",
        query=given(status=status, universe=universe, order=order, limit=limit, offset=offset),
        items="factors",
    )


def list_all_notifications(
    *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.OwnedNotificationList]:
    """What everyone was told, newest first"""
    return Call(
        "GET", "/api/v1/admin/notifications", query=given(limit=limit, offset=offset), items="notifications"
    )


def list_all_portfolios(
    *,
    status: Literal["draft", "active", "paused"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.OwnedPortfolioList]:
    """Everyone's portfolios, with their owners"""
    return Call(
        "GET",
        "/api/v1/admin/portfolios",
        query=given(status=status, limit=limit, offset=offset),
        items="portfolios",
    )


def list_all_strategies(
    *,
    status: Literal["pending", "active", "paused", "retired"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.OwnedStrategyList]:
    """Everyone's strategies, with their owners"""
    return Call(
        "GET",
        "/api/v1/admin/strategies",
        query=given(status=status, limit=limit, offset=offset),
        items="strategies",
    )


def list_all_tickets(
    *,
    status: Literal["open", "in_progress", "resolved", "closed"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.OwnedTicketList]:
    """Everyone's tickets, with their owners, newest first"""
    return Call(
        "GET",
        "/api/v1/admin/tickets",
        query=given(status=status, limit=limit, offset=offset),
        items="tickets",
    )


def list_any_factor_correlations(factor_id: str) -> Call[shapes.CorrelationList]:
    """Correlations of anyone's factor with its owner's other active factors"""
    return Call("GET", f"/api/v1/admin/factors/{segment(factor_id)}/correlations")


def list_any_portfolio_days(
    portfolio_id: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.PortfolioDayList]:
    """What became of each trade date of anyone's portfolio, the newest first"""
    return Call(
        "GET",
        f"/api/v1/admin/portfolios/{segment(portfolio_id)}/days",
        query=given(limit=limit, offset=offset),
        items="days",
    )


def list_any_portfolio_signals(
    portfolio_id: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.PortfolioSignalList]:
    """The signals made for anyone's portfolio, the newest trade date first"""
    return Call(
        "GET",
        f"/api/v1/admin/portfolios/{segment(portfolio_id)}/signals",
        query=given(limit=limit, offset=offset),
        items="signals",
    )


def list_any_signals(
    slug: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.SignalList]:
    """Anyone's signals, the newest trade date first"""
    return Call(
        "GET",
        f"/api/v1/admin/strategies/{segment(slug)}/signals",
        query=given(limit=limit, offset=offset),
        items="signals",
    )


def list_api_keys() -> Call[shapes.ApiKeyList]:
    """The caller's active API keys, newest first"""
    return Call("GET", "/api/v1/billing/api-keys")


def list_audit(
    *,
    action: Literal[
        "invite_created",
        "user_changed",
        "ticket_changed",
        "license_decided",
        "license_installed",
        "market_imported",
        "day_accepted",
        "calendar_extended",
        "settlement_restated",
        "strategy_backfilled",
        "strategy_backfill_removed",
        "job_run",
        "clock_moved",
        "clock_corrected",
        "alarm_acknowledged",
        "backup_made",
        "portfolio_changed",
        "secret_rotated",
    ]
    | Unset
    | None = UNSET,
    target: str | Unset | None = UNSET,
    since: datetime | str | Unset | None = UNSET,
    until: datetime | str | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.AuditList]:
    """What operators changed: who, what, before and after, newest first"""
    return Call(
        "GET",
        "/api/v1/admin/audit",
        query=given(action=action, target=target, since=since, until=until, limit=limit, offset=offset),
        items="audit",
    )


def list_backups(*, limit: int | Unset = UNSET, offset: int | Unset = UNSET) -> Call[shapes.BackupList]:
    """The backups that were made here, newest first"""
    return Call("GET", "/api/v1/admin/backups", query=given(limit=limit, offset=offset), items="backups")


def list_best_runs(
    *,
    period: Literal["daily", "weekly", "alltime"] | Unset = UNSET,
    dataset: str | Unset | None = UNSET,
    limit: int | Unset = UNSET,
) -> Call[shapes.TopOut]:
    """The best runs of the Copilot's users in a period"""
    return Call("GET", "/api/v1/admin/leaderboard", query=given(period=period, dataset=dataset, limit=limit))


def list_deployments(
    *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.DeploymentList]:
    """The caller's deployed strategies, newest first"""
    return Call(
        "GET", "/api/v1/research/deployments", query=given(limit=limit, offset=offset), items="deployments"
    )


def list_evaluations(
    *, date: date | str | Unset | None = UNSET, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.EvaluationList]:
    """The metrics of every strategy on a day, as daily_evaluation keeps them"""
    return Call(
        "GET",
        "/api/v1/admin/evaluations",
        query=given(date=date, limit=limit, offset=offset),
        items="evaluations",
    )


def list_factor_correlations(factor_id: str) -> Call[shapes.CorrelationList]:
    """Correlations with the caller's other active factors, the strongest first"""
    return Call("GET", f"/api/v1/factors/{segment(factor_id)}/correlations")


def list_factors(
    *,
    status: Literal["draft", "ready", "validating", "active", "rejected"] | Unset | None = UNSET,
    universe: Literal["hs300", "csi500", "csi1000"] | Unset | None = UNSET,
    order: Literal["-created_at", "created_at", "ic_mean", "ic_ir"] | Unset = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.FactorList]:
    """The caller's factors, without their series"""
    return Call(
        "GET",
        "/api/v1/factors",
        query=given(status=status, universe=universe, order=order, limit=limit, offset=offset),
        items="factors",
    )


def list_instruments(
    *, offset: int | Unset = UNSET, limit: int | Unset = UNSET
) -> Call[shapes.InstrumentList]:
    """The instruments that the market knows"""
    return Call(
        "GET",
        "/api/v1/admin/market/instruments",
        query=given(offset=offset, limit=limit),
        items="instruments",
    )


def list_invites(*, limit: int | Unset = UNSET, offset: int | Unset = UNSET) -> Call[shapes.InviteList]:
    """Invite codes, newest first"""
    return Call("GET", "/api/v1/admin/invites", query=given(limit=limit, offset=offset), items="invites")


def list_jobs() -> Call[shapes.JobList]:
    """The six jobs in the order of the day, with their next and last run"""
    return Call("GET", "/api/v1/admin/jobs")


def list_license_requests(
    *,
    status: Literal["pending", "approved", "rejected"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.OwnedRequestList]:
    """Everyone's licence requests, with their owners, newest first"""
    return Call(
        "GET",
        "/api/v1/admin/license-requests",
        query=given(status=status, limit=limit, offset=offset),
        items="license_requests",
    )


def list_market_months() -> Call[shapes.MonthList]:
    """How whole each month of the market data is"""
    return Call("GET", "/api/v1/admin/market/months")


def list_notifications(
    *, unread_only: bool | Unset = UNSET, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.NotificationList]:
    """What the caller was told, newest first"""
    return Call(
        "GET",
        "/api/v1/notifications",
        query=given(unread_only=unread_only, limit=limit, offset=offset),
        items="notifications",
    )


def list_outbox() -> Call[shapes.OutboxList]:
    """Messages that no mail server took, newest first"""
    return Call("GET", "/api/v1/admin/outbox")


def list_portfolio_days(
    portfolio_id: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.PortfolioDayList]:
    """What became of each trade date of a portfolio, the newest first"""
    return Call(
        "GET",
        f"/api/v1/portfolios/{segment(portfolio_id)}/days",
        query=given(limit=limit, offset=offset),
        items="days",
    )


def list_portfolio_signals(
    portfolio_id: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.PortfolioSignalList]:
    """The signals made for a portfolio, the newest trade date first"""
    return Call(
        "GET",
        f"/api/v1/portfolios/{segment(portfolio_id)}/signals",
        query=given(limit=limit, offset=offset),
        items="signals",
    )


def list_portfolios(
    *,
    status: Literal["draft", "active", "paused"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.PortfolioList]:
    """The caller's portfolios, newest first"""
    return Call(
        "GET",
        "/api/v1/portfolios",
        query=given(status=status, limit=limit, offset=offset),
        items="portfolios",
    )


def list_public_strategies(
    *,
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.PublicList]:
    """Public strategies that have ever been active, the latest created first"""
    return Call(
        "GET",
        "/api/v1/public/strategies",
        query=given(universe=universe, limit=limit, offset=offset),
        items="strategies",
    )


def list_quarantine(
    *,
    offset: int | Unset = UNSET,
    limit: int | Unset = UNSET,
    reason: shapes.Refusal | Unset | None = UNSET,
    symbol: str | Unset | None = UNSET,
    load: int | Unset | None = UNSET,
    first: date | str | Unset | None = UNSET,
    last: date | str | Unset | None = UNSET,
    kind: Literal["bars", "indices", "constituents", "instruments", "corporate_actions", "calendar"]
    | Unset
    | None = UNSET,
) -> Call[shapes.QuarantineList]:
    """Refused rows as they came, newest load first"""
    return Call(
        "GET",
        "/api/v1/admin/quarantine",
        query=given(
            offset=offset,
            limit=limit,
            reason=reason,
            symbol=symbol,
            load=load,
            first=first,
            last=last,
            kind=kind,
        ),
        items="quarantine",
    )


def list_research_backtests(
    *,
    status: Literal["queued", "running", "finished", "failed", "cancelled"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.StudyList]:
    """The caller's research backtests, newest first"""
    return Call(
        "GET",
        "/api/v1/research/backtests",
        query=given(status=status, limit=limit, offset=offset),
        items="backtests",
    )


def list_restatements(
    *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.RestatementList]:
    """Past restatements, newest first"""
    return Call(
        "GET", "/api/v1/admin/restatements", query=given(limit=limit, offset=offset), items="restatements"
    )


def list_settings() -> Call[shapes.SettingList]:
    """Every setting that the platform runs with; secrets are masked"""
    return Call("GET", "/api/v1/admin/settings")


def list_settlement_runs(*, limit: int | Unset = UNSET, offset: int | Unset = UNSET) -> Call[shapes.RunList]:
    """Settlement runs, newest first"""
    return Call(
        "GET",
        "/api/v1/admin/settlement-runs",
        query=given(limit=limit, offset=offset),
        items="settlement_runs",
    )


def list_signals(
    slug: str, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET
) -> Call[shapes.SignalList]:
    """A strategy's signals, the newest trade date first"""
    return Call(
        "GET",
        f"/api/v1/strategies/{segment(slug)}/signals",
        query=given(limit=limit, offset=offset),
        items="signals",
    )


def list_standings(*, limit: int | Unset = UNSET, offset: int | Unset = UNSET) -> Call[shapes.StandingList]:
    """Where every strategy stands: its last settled day and its last signal"""
    return Call("GET", "/api/v1/admin/standings", query=given(limit=limit, offset=offset), items="standings")


def list_strategies(
    *,
    status: Literal["pending", "active", "paused", "retired"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.StrategyList]:
    """The caller's strategies"""
    return Call(
        "GET",
        "/api/v1/strategies",
        query=given(status=status, limit=limit, offset=offset),
        items="strategies",
    )


def list_tickets(
    *,
    status: Literal["open", "in_progress", "resolved", "closed"] | Unset | None = UNSET,
    limit: int | Unset = UNSET,
    offset: int | Unset = UNSET,
) -> Call[shapes.TicketList]:
    """The caller's tickets, newest first"""
    return Call(
        "GET", "/api/v1/tickets", query=given(status=status, limit=limit, offset=offset), items="tickets"
    )


def list_tiers() -> Call[shapes.TierList]:
    """All tiers"""
    return Call("GET", "/api/v1/billing/tiers")


def list_users(*, limit: int | Unset = UNSET, offset: int | Unset = UNSET) -> Call[shapes.AccountList]:
    """Accounts, newest first"""
    return Call("GET", "/api/v1/admin/users", query=given(limit=limit, offset=offset), items="users")


def log_in(*, email: str, password: str) -> Call[shapes.Registered]:
    """Log in with e-mail and password"""
    return Call("POST", "/api/v1/auth/login", body=given(email=email, password=password))


def look_through_stores() -> Call[shapes.StoreList]:
    """Whether both stores are whole; every value of them is read"""
    return Call("GET", "/api/v1/admin/stores")


def make_backup(*, path: str | Unset | None = UNSET) -> Call[shapes.BackupOut]:
    """Back the whole data directory up into one file, while the platform runs"""
    return Call("POST", "/api/v1/admin/backups", body=given(path=path))


def move_clock(*, now: datetime | str) -> Call[shapes.ClockMoved]:
    """Move the simulated clock; the jobs whose time is passed are run in order before the answer"""
    return Call("POST", "/api/v1/admin/clock", body=given(now=now))


def pause_any_portfolio(portfolio_id: str) -> Call[shapes.PortfolioOut]:
    """Stop the signals of anyone's portfolio"""
    return Call("POST", f"/api/v1/admin/portfolios/{segment(portfolio_id)}/pause")


def pause_portfolio(portfolio_id: str) -> Call[shapes.PortfolioOut]:
    """Stop the signals of a portfolio"""
    return Call("POST", f"/api/v1/portfolios/{segment(portfolio_id)}/pause")


def read_all_notifications() -> Call[shapes.MarkedRead]:
    """Mark every notification as read"""
    return Call("POST", "/api/v1/notifications/read-all")


def read_calendar(
    *, month: str | Unset | None = UNSET, date: date | str | Unset | None = UNSET
) -> Call[shapes.CalendarMonth | shapes.CalendarDate]:
    """Trading days of a month, or whether a date is one"""
    return Call("GET", "/api/v1/calendar", query=given(month=month, date=date))


def read_coverage() -> Call[shapes.CoverageOut]:
    """What market data is stored"""
    return Call("GET", "/api/v1/admin/market/coverage")


def read_notification(notification_id: str) -> Call[shapes.NotificationOut]:
    """Mark a notification as read"""
    return Call("PATCH", f"/api/v1/notifications/{segment(notification_id)}/read")


def redeem_invite(*, invite_code: str) -> Call[shapes.Registered]:
    """Create an anonymous account with an invite code"""
    return Call("POST", "/api/v1/auth/invite", body=given(invite_code=invite_code))


def refresh_token(*, refresh_token: str) -> Call[shapes.AccessToken]:
    """A new access token for a refresh token"""
    return Call("POST", "/api/v1/auth/refresh", body=given(refresh_token=refresh_token))


def reject_license_request(request_id: str, *, admin_reply: str) -> Call[shapes.OwnedRequest]:
    """Reject a request, with the reason"""
    return Call(
        "POST",
        f"/api/v1/admin/license-requests/{segment(request_id)}/reject",
        body=given(admin_reply=admin_reply),
    )


def remove_backfill(slug: str) -> Call[shapes.BackfillRemoved]:
    """Delete the backfilled signals of a strategy and the curve made from them"""
    return Call("DELETE", f"/api/v1/admin/strategies/{segment(slug)}/backfill")


def remove_portfolio_member(portfolio_id: str, factor_id: str) -> Call[shapes.PortfolioOut]:
    """Remove a factor"""
    return Call("DELETE", f"/api/v1/portfolios/{segment(portfolio_id)}/members/{segment(factor_id)}")


def request_license(
    *, customer: str, fingerprint: str, note: str | Unset | None = UNSET
) -> Call[shapes.LicenseRequested]:
    """Apply for a licence for one machine"""
    return Call(
        "POST",
        "/api/v1/deploy/license-request",
        body=given(customer=customer, fingerprint=fingerprint, note=note),
    )


def request_otp(*, email: str) -> Call[shapes.CodeSent]:
    """Send a log-in code to an e-mail"""
    return Call("POST", "/auth/request-otp", body=given(email=email))


def restate_settlement(
    *, from_: date | str, reason: str, data: str | Unset | None = UNSET, dry_run: bool | Unset = UNSET
) -> Call[shapes.RestatementDone]:
    """Settle settled days again, with corrected data; what stood before is kept and the record says why"""
    return Call(
        "POST",
        "/api/v1/admin/settlement-runs/restate",
        body=given(from_=from_, reason=reason, data=data, dry_run=dry_run),
    )


def resume_any_portfolio(portfolio_id: str) -> Call[shapes.PortfolioStarted]:
    """Have anyone's portfolio signal again"""
    return Call("POST", f"/api/v1/admin/portfolios/{segment(portfolio_id)}/resume")


def resume_portfolio(portfolio_id: str) -> Call[shapes.PortfolioStarted]:
    """Have a portfolio signal again"""
    return Call("POST", f"/api/v1/portfolios/{segment(portfolio_id)}/resume")


def retire_strategy(slug: str) -> Call[shapes.StrategiesStrategyOut]:
    """Retire a strategy"""
    return Call("DELETE", f"/api/v1/strategies/{segment(slug)}")


def retry_attestation() -> Call[shapes.RetryOut]:
    """Commit everything outstanding and push, now"""
    return Call("POST", "/api/v1/admin/attestation/retry")


def revoke_api_key(key_id: str) -> Call[shapes.Revoked]:
    """Revoke an API key"""
    return Call("DELETE", f"/api/v1/billing/api-keys/{segment(key_id)}")


def rotate_secret(name: str) -> Call[shapes.Rotated]:
    """Another secret of the data directory in the place of this one; at once"""
    return Call("POST", f"/api/v1/admin/secrets/{segment(name)}/rotate")


def run_job(name: str, *, date: date | str | Unset | None = UNSET) -> Call[shapes.JobRunOut]:
    """Run a job now; a failure is told in the answer"""
    return Call("POST", f"/api/v1/admin/jobs/{segment(name)}/run", body=given(date=date))


def submit_factor(factor_id: str) -> Call[shapes.FactorDetail]:
    """Validate a factor that is ready"""
    return Call("POST", f"/api/v1/factors/{segment(factor_id)}/submit")


def submit_signal(
    slug: str, *, trade_date: date | str, signals: list[shapes.SignalLine]
) -> Call[shapes.SignalReceipt]:
    """Submit the target weights of a trade date, or replace them"""
    return Call(
        "POST",
        f"/api/v1/strategies/{segment(slug)}/signals",
        body=given(trade_date=trade_date, signals=signals),
    )


def submit_signal_validate_only(
    slug: str, *, trade_date: date | str, signals: list[shapes.SignalLine]
) -> Call[shapes.SignalCheck]:
    """Submit the target weights of a trade date, or replace them: check it, store nothing"""
    return Call(
        "POST",
        f"/api/v1/strategies/{segment(slug)}/signals?validate_only=true",
        body=given(trade_date=trade_date, signals=signals),
    )


def tail_log(
    *,
    limit: int | Unset = UNSET,
    after: int | Unset = UNSET,
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | Unset = UNSET,
) -> Call[shapes.LineList]:
    """The last lines of the log, oldest first, without secrets"""
    return Call("GET", "/api/v1/admin/logs", query=given(limit=limit, after=after, level=level))


def upload_claim(slug: str, *, records: list[shapes.ClaimedPoint]) -> Call[shapes.ClaimReceipt]:
    """Upload a historical NAV curve, or replace it whole"""
    return Call("PUT", f"/api/v1/strategies/{segment(slug)}/claimed", body=given(records=records))


def upload_factor_values(
    factor_id: str,
    *,
    content_type: str = "application/vnd.apache.arrow.file",
    data: list[dict[str, Any]] | Unset = UNSET,
    content: bytes | Unset = UNSET,
) -> Call[shapes.ValuesReceipt]:
    """Upload values, or replace those of the same days"""
    return Call(
        "POST",
        f"/api/v1/factors/{segment(factor_id)}/values",
        body=content if not isinstance(content, Unset) else given(data=data),
        headers={"Content-Type": content_type} if not isinstance(content, Unset) else {},
    )


def verify_otp(*, email: str, otp_code: str) -> Call[shapes.CopilotToken]:
    """Log in with the code"""
    return Call("POST", "/auth/verify-otp", body=given(email=email, otp_code=otp_code))
