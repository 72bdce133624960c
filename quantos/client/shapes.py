"""What the API takes and answers, as typed dictionaries.

Generated from the platform's own description by `python -m tests.docs.regenerate`.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AcceptBody(TypedDict):
    date: str
    reason: str


class AcceptedKey(TypedDict):
    """`test`: what it signs reads `edition: test`."""

    key_id: str
    test: bool


class AccessToken(TypedDict):
    access_token: str


class AccountList(TypedDict):
    users: list[AccountOut]
    total: int


class AccountOut(TypedDict):
    """An account as the operator sees it."""

    id: str
    nickname: str
    email: str
    tier: str
    profile_complete: bool
    has_password: bool
    number: int
    disabled: bool
    created_at: str


class AcknowledgeBody(TypedDict):
    """An alarm that nothing may end, and why it is let be."""

    code: Literal["attested_otherwise", "digests_contradict"]
    reason: str


class Acknowledged(TypedDict):
    """How many signals or settled days the alarm names no more."""

    code: str
    acknowledged: int


class ActionOut(TypedDict):
    """What happened to a holding before the open; terms are null for inferred ones and for shares of a swap."""

    symbol: str
    kind: Literal["corporate_action", "inferred_cash", "inferred_shares"]
    quantity_before: int
    quantity_after: int
    cash: float
    bonus_per_million: int | None
    cash_mills_per_million: int | None
    into_symbol: str | None


class Activation(TypedDict):
    """Body of `POST /portfolios/{portfolio_id}/activate`, which may be left out."""

    initial_capital: NotRequired[int]


class Alarm(TypedDict):
    """What an operator must look at."""

    code: str
    message: str


class AlarmOut(TypedDict):
    """What an operator must look at, and what to do. `link`: a path of the API that shows more."""

    code: str
    message: str
    link: str


class ApiKeyList(TypedDict):
    api_keys: list[ApiKeyOut]


class ApiKeyOut(TypedDict):
    id: str
    name: str
    masked: str
    created_at: str
    last_used_at: str | None


class ApiKeyRequest(TypedDict):
    name: str


class Approval(TypedDict):
    """What the licence grants; a limit that is absent or null is none. `expires`: its last day."""

    expires: str
    max_cores: NotRequired[int | None]
    max_memory_gb: NotRequired[int | None]


class AttestationOut(TypedDict):
    """How the attestation stands; `configured` and `alarms` alone where there is no repository."""

    configured: bool
    alarms: list[Alarm]
    repository: NotRequired[str | None]
    branch: NotRequired[str | None]
    when: NotRequired[Literal["submission", "deadline"] | None]
    lead_s: NotRequired[int | None]
    head: NotRequired[str | None]
    signing: NotRequired[Signing | None]
    signals: NotRequired[SignalsLeft | None]
    remote: NotRequired[RemoteOut | None]


class AuditEntry(TypedDict):
    date: str
    type: Literal["REBALANCE", "HOLD"]
    detail: str


class AuditList(TypedDict):
    audit: list[AuditOut]
    total: int


class AuditLog(TypedDict):
    audit_log: list[AuditEntry]
    total: int


class AuditOut(TypedDict):
    """A change. `target`: an id, slug, date or path; `before` and `after` never hold a secret."""

    number: int
    at: str
    by: str
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
    target: str | None
    state: Literal["begun", "done", "failed", "interrupted"]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class BackfillAccepted(TypedDict):
    accepted: int


class BackfillNew(TypedDict):
    """Body of `POST /admin/strategies/{slug}/backfill`; each trade date once."""

    signals: list[BackfilledDay]


class BackfillRemoved(TypedDict):
    deleted: Literal[True]
    signals_removed: int


class Backfilled(TypedDict):
    """Days before the activation, settled from signals that the operator put in later; never attested."""

    records: list[Record]


class BackfilledDay(TypedDict):
    """The signal of one trade date; an empty one is all cash."""

    trade_date: str
    signals: list[BackfilledTarget]


class BackfilledTarget(TypedDict):
    symbol: str
    weight: float


class BacktestOut(TypedDict):
    """CNY."""

    start_value: float
    end_value: float
    pnl: float


class BackupList(TypedDict):
    backups: list[BackupOut]
    total: int


class BackupOut(TypedDict):
    """A backup that was made here. `sha256`: of the file; `present`: whether it is still there."""

    path: str
    made_at: str
    bytes: int
    sha256: str
    files: int
    present: bool


class BackupToMake(TypedDict):
    """`path`: the file to write, on the server's machine; by default one in the data directory's `backups`."""

    path: NotRequired[str | None]


class BarOut(TypedDict):
    """As settled: `pre_close` is the reference; 0 where nobody knows a price; limits null where none held."""

    symbol: str
    open: float
    close: float
    pre_close: float
    volume: int
    upper_limit: float | None
    lower_limit: float | None
    last_close: float
    block: Literal["no_market_data", "delisted", "suspended", "unexplained_reference", "no_rule"] | None
    event: Literal["corporate_action", "inferred_cash", "inferred_shares", "unexplained"] | None
    st_unknown: bool


class BenchmarkCoverage(TypedDict):
    series: str
    computed: bool
    days: int
    first: str
    last: str


BenchmarkOut = TypedDict("BenchmarkOut", {"symbol": "str", "return": "float | None"})


class BoardCoverage(TypedDict):
    board: str
    instruments: int
    with_bars: int
    bars: int
    first: str | None
    last: str | None


class CalendarBody(TypedDict):
    days: list[CalendarDay]


class CalendarDate(TypedDict):
    """A date. A next trading day beyond the calendar's last day is not known: null."""

    date: str
    is_trading_day: bool
    next_trading_day: str | None
    today: str


class CalendarDay(TypedDict):
    date: str
    is_open: bool


class CalendarExtended(TypedDict):
    report: FileOut
    calendar: CalendarStatus


class CalendarMonth(TypedDict):
    """A month. What lies beyond the calendar's last day is not known: null."""

    month: str
    trading_days: list[str]
    count: int
    today: str
    today_is_trading_day: bool | None
    next_trading_day: str | None


class CalendarStatus(TypedDict):
    """The days that the calendar knows."""

    first: str
    last: str
    sessions: int
    days_left: int
    ends_soon: bool


class Changed(TypedDict):
    """What came out otherwise; `market_rows`: of settled days, new and corrected ones, by kind."""

    strategy_days: int
    strategies: int
    days: int
    market_rows: dict[str, int]


class ChartData(TypedDict):
    ic_series: list[IcPoint]
    ls_cumulative_returns: list[LongShortPoint]
    yearly_stats: list[Year]


class Check(TypedDict):
    name: Literal["IC_MEAN", "IC_IR", "HIGH_TURNOVER", "SELF_CORRELATION", "DATA_COVERAGE"]
    value: float | int | None
    threshold: float | int
    passed: bool


class ClaimDeleted(TypedDict):
    deleted: Literal[True]
    data_points_removed: int


class ClaimMeta(TypedDict):
    start_date: str
    end_date: str
    data_points: int
    total_return: float | None
    sharpe: float | None
    max_drawdown: float
    uploaded_at: str


class ClaimOut(TypedDict):
    meta: ClaimMeta
    records: list[ClaimedRecord]


class ClaimReceipt(TypedDict):
    strategy_slug: str
    data_points: int
    start_date: str
    end_date: str
    total_return: float | None
    sharpe: float | None
    max_drawdown: float
    uploaded_at: str


class ClaimUpload(TypedDict):
    """Body of `PUT /strategies/{slug}/claimed`: the whole curve, dates strictly ascending."""

    records: list[ClaimedPoint]


class Claimed(TypedDict):
    ic_mean: float | None
    ic_ir: float | None


class ClaimedBeside(TypedDict):
    """One claimed record beside its benchmark."""

    date: str
    nav: float | None
    cumulative_return: float | None
    benchmark_return: float | None


class ClaimedCurve(TypedDict):
    meta: ClaimMeta
    records: list[ClaimedBeside]
    tracking: NotRequired[Tracking]


class ClaimedPoint(TypedDict):
    """One record of an upload; any unit of money, any day."""

    date: str
    nav: float


class ClaimedRecord(TypedDict):
    date: str
    nav: float | None
    daily_return: float | None
    cumulative_return: float | None


class ClockMoved(TypedDict):
    """`ran`: the jobs whose time was passed, in order."""

    now: str
    simulated: bool
    ran: list[RanOut]


class ClockOut(TypedDict):
    now: str
    simulated: bool


class ClockToSet(TypedDict):
    """`now`: an RFC 3339 timestamp with an offset."""

    now: str


class CodeAlone(TypedDict):
    strategy_code: str


class CodeAndTicker(TypedDict):
    strategy_code: str
    ticker: str


class CodeEntry(TypedDict):
    email: str
    otp_code: str


class CodeRequest(TypedDict):
    email: str


class CodeSent(TypedDict):
    message: NotRequired[str]


class Committed(TypedDict):
    """The signal stands in the attestation repository, in the commit `sha`."""

    committed: Literal[True]
    sha: str


class CopilotError(TypedDict):
    """The body of a refusal of the Copilot guide (COP-33)."""

    error: str


class CopilotToken(TypedDict):
    """Valid for 15 days."""

    access_token: str
    token_type: NotRequired[Literal["bearer"]]


class Correlation(TypedDict):
    factor_id: str
    name: str
    correlation: float | None


class CorrelationList(TypedDict):
    correlations: list[Correlation]


class CoverageOut(TypedDict):
    """What market data is stored."""

    synthetic: bool
    first_date: str | None
    last_date: str | None
    last_whole: str
    instruments: int
    bars: int
    boards: list[BoardCoverage]
    benchmarks: dict[str, BenchmarkCoverage | None]
    indices: list[SeriesCoverage]
    constituents: list[ListCoverage]
    corporate_actions: int
    calendar: CalendarStatus
    quarantine: dict[str, int]
    findings: dict[str, int]
    accepted: list[MarketAcceptedOut]
    loads: list[LoadOut]


class DataOut(TypedDict):
    """`missing`: trading days that are over, after the last one with bars."""

    last_date: str | None
    missing: int


class Deadline(TypedDict):
    trade_date: str
    at: str


class Deadlines(TypedDict):
    """The next ones ahead, for signals that are executed at the open and at the close; null beyond the calendar."""

    open: Deadline | None
    close: Deadline | None


class DearName(TypedDict):
    """A selected name of which `target` does not buy `lot` shares. Amounts in CNY; `lot_cost` with slippage."""

    symbol: str
    price: float
    lot: int
    lot_cost: float
    target: float


class Deleted(TypedDict):
    deleted: Literal[True]


class DeletedOut(TypedDict):
    status: str


class DeploymentDayOut(TypedDict):
    """`unchanged`: the strategy holds what it held, so the record holds. `reason`: of one that failed or was missed."""

    trade_date: str
    outcome: Literal["signalled", "unchanged", "failed", "missed"]
    reason: str | None
    noted_at: str


class DeploymentDetail(TypedDict):
    """With its code, and what became of its newest days."""

    id: str
    slug: str
    strategy_status: Literal["pending", "active", "paused", "retired"]
    strategy_id: int
    tickers: list[str]
    start: str
    created_at: str
    strategy_code: str
    days: list[DeploymentDayOut]


class DeploymentList(TypedDict):
    deployments: list[DeploymentOut]


class DeploymentNew(TypedDict):
    """Body of `POST /research/deployments`. `start`: the first of the bars that the strategy runs on."""

    strategy_id: int
    tickers: list[str]
    slug: str
    name: str
    start: str
    universe: NotRequired[Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]]
    initial_capital: NotRequired[int]
    commission_rate: NotRequired[float]
    slippage_rate: NotRequired[float]
    is_public: NotRequired[bool]


class DeploymentOut(TypedDict):
    """`slug` and `strategy_status`: of the tracked strategy; `strategy_id`: of the saved one, as it was then."""

    id: str
    slug: str
    strategy_status: Literal["pending", "active", "paused", "retired"]
    strategy_id: int
    tickers: list[str]
    start: str
    created_at: str


class Diagnostics(TypedDict):
    """What is shown beside the five checks and decides nothing; docs/factors.md explains each field."""

    diagnostics: dict[str, Any] | None
    plots: dict[str, Any] | None


class DigestsOut(TypedDict):
    """How many digests of settled days were handed over, and why others are left, where some are."""

    committed: int
    reason: str | None


class DiskOut(TypedDict):
    """Of the data directory's disk."""

    free_bytes: int
    total_bytes: int


class DueJob(TypedDict):
    """A job of the timetable. `due`: its next run; null beyond the calendar, or where it is not available."""

    name: str
    due: str | None
    state: Literal["never_run", "running", "done", "waiting", "failed", "skipped", "not_available"]
    last_run: str | None


class EntryOut(TypedDict):
    """Percentages; a drawdown is 0 or less."""

    id: int
    user_id: int
    username: str
    strategy_id: int | None
    strategy_name: str
    dataset: str
    run_at: str
    return_pct: float
    sharpe: float | None
    max_drawdown: float
    score: float
    notes: str | None


class ErrorMessage(TypedDict):
    """The body of a refusal (ERR-01)."""

    detail: str


class EvaluatedMetrics(TypedDict):
    """As the public performance route shows them; null where undefined."""

    total_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float | None
    calmar: float | None
    excess_return: float | None
    excess_sharpe: float | None
    benchmark_return: float | None
    trading_days: int


class EvaluationList(TypedDict):
    """Of `date`; null before the first evaluation. `total`: of the day."""

    date: str | None
    evaluations: list[EvaluationOut]
    total: int


class EvaluationOut(TypedDict):
    slug: str
    metrics: EvaluatedMetrics


class Explanation(TypedDict):
    """Why a signal is what it is."""

    trade_date: str
    values_of: str
    universe: Literal["hs300", "csi500", "csi1000"]
    universe_members: int | None
    cross_section: int
    weighting: Literal["equal", "ic_weighted"]
    top_n: int
    factors: list[FactorInSignal]
    selected: list[SelectedName]
    below_the_cut: list[RankedName]
    capital: float
    too_dear: list[DearName]


class ExplanationOut(TypedDict):
    explanation: str


class FactorChange(TypedDict):
    """Body of `PATCH /factors/{factor_id}`: what may change. Absent is unchanged; a name is never null."""

    name: NotRequired[str]
    description: NotRequired[str | None]
    expression: NotRequired[str | None]


FactorDetail = TypedDict(
    "FactorDetail",
    {
        "id": "str",
        "name": "str",
        "universe": "Literal['hs300', 'csi500', 'csi1000']",
        "status": "Literal['draft', 'ready', 'validating', 'active', 'rejected']",
        "description": "str | None",
        "expression": "str | None",
        "is": "Measures",
        "os": "OutOfSample",
        "claimed": "Claimed",
        "checks": "list[Check] | None",
        "reject_reason": "str | None",
        "yearly_stats": "list[Year] | None",
        "submitted_at": "str | None",
        "validated_at": "str | None",
        "created_at": "str",
        "ic_series": "list[IcPoint] | None",
        "ls_cumulative_returns": "list[LongShortPoint] | None",
        "diagnostics": "NotRequired[dict[str, Any] | None]",
    },
)


class FactorInSignal(TypedDict):
    """A factor as it entered: `sign` and `weight` by its figures in sample."""

    factor_id: str
    name: str
    ic_mean: float | None
    ic_ir: float | None
    sign: Literal[-1, 1]
    weight: float


class FactorList(TypedDict):
    factors: list[FactorOut]
    total: int


class FactorNew(TypedDict):
    """Body of `POST /factors`."""

    name: str
    universe: Literal["hs300", "csi500", "csi1000"]
    description: NotRequired[str | None]
    expression: NotRequired[str | None]
    claimed_ic_mean: NotRequired[float | None]
    claimed_ic_ir: NotRequired[float | None]


class FactorOfName(TypedDict):
    """What a factor says of a name: `contribution` is weight x sign x zscore, and their sum the score."""

    factor_id: str
    zscore: float
    contribution: float


FactorOut = TypedDict(
    "FactorOut",
    {
        "id": "str",
        "name": "str",
        "universe": "Literal['hs300', 'csi500', 'csi1000']",
        "status": "Literal['draft', 'ready', 'validating', 'active', 'rejected']",
        "description": "str | None",
        "expression": "str | None",
        "is": "Measures",
        "os": "OutOfSample",
        "claimed": "Claimed",
        "checks": "list[Check] | None",
        "reject_reason": "str | None",
        "yearly_stats": "list[Year] | None",
        "submitted_at": "str | None",
        "validated_at": "str | None",
        "created_at": "str",
    },
)


class FieldError(TypedDict):
    """One finding of a 422."""

    type: str
    loc: list[str | int]
    msg: str


class FileOut(TypedDict):
    """One imported file. Rows that contradict settled days are reported, not applied."""

    source: str
    kind: str
    load: int | None
    rows: int
    stored: int
    unchanged: int
    changed: int
    quarantined: dict[str, int]
    refused_rows: dict[str, list[str]]
    findings: dict[str, Any]
    settled: dict[str, Any] | None
    refused: str | None
    ignored: str | None
    elapsed_s: float


class Findings(TypedDict):
    """The body of a 422 (ERR-02)."""

    detail: list[FieldError]


class GeneratedOut(TypedDict):
    """Comments at the head of the code tell what of the prompt is in it, and what is not."""

    generated_code: str


class Health(TypedDict):
    status: Literal["ok"]


class HoldingOut(TypedDict):
    symbol: str
    quantity: int


class IcPoint(TypedDict):
    date: str
    ic: float | None


class IcSeries(TypedDict):
    records: list[IcPoint]


class ImportBody(TypedDict):
    path: str


class ImportOut(TypedDict):
    """The sums over all files, and each file."""

    rows: int
    stored: int
    unchanged: int
    changed: int
    quarantined: dict[str, int]
    findings: dict[str, int]
    elapsed_s: float
    files: list[FileOut]


class InstrumentList(TypedDict):
    instruments: list[InstrumentOut]
    total: int


class InstrumentOut(TypedDict):
    symbol: str
    name: str | None


class InviteCode(TypedDict):
    invite_code: str


class InviteList(TypedDict):
    invites: list[InviteOut]
    total: int


class InviteOut(TypedDict):
    id: str
    masked: str
    max_uses: int
    uses: int
    expires_at: str | None
    created_at: str


class InviteRequest(TypedDict):
    invite_code: str


class JobList(TypedDict):
    """In the order of the day."""

    jobs: list[JobOut]


class JobOut(TypedDict):
    """A job of the timetable. `state`: how its last run stands."""

    name: str
    time: str
    state: Literal["never_run", "running", "done", "waiting", "failed", "skipped", "not_available"]
    next_run: str | None
    last_run: str | None
    last_finished: str | None
    last_date: str | None
    retry_at: str | None
    detail: dict[str, Any] | None


class JobRunOut(TypedDict):
    job: str
    date: str
    state: Literal["never_run", "running", "done", "waiting", "failed", "skipped", "not_available"]
    started: str
    finished: str | None
    detail: dict[str, Any]


class JobToRun(TypedDict):
    """`date`: the trade date; default today, on a closed day the last trading day."""

    date: NotRequired[str | None]


class JudgedStep(TypedDict):
    """A step of the verification, as docs/license.md lists them. `reason`: why it does not hold, and what to do."""

    number: int
    name: str
    holds: bool
    reason: str | None


class LastSettlement(TypedDict):
    """The run under way, or the last one, in strategy-days."""

    date: str | None
    state: Literal["never_run", "running", "done", "waiting_for_data", "failed", "interrupted", "refused"]
    done: int
    total: int


class LatestRequest(TypedDict):
    id: str
    customer: str
    fingerprint: str
    status: Literal["pending", "approved", "rejected"]
    created_at: str
    has_request: NotRequired[Literal[True]]
    admin_reply: str | None


class LicenseDocument(TypedDict):
    """license.json as it was signed: every byte counts."""


class LicenseRequestNew(TypedDict):
    customer: str
    fingerprint: str
    note: NotRequired[str | None]


class LicenseRequested(TypedDict):
    """A request as the guide shows it to who made it."""

    id: str
    customer: str
    fingerprint: str
    status: Literal["pending", "approved", "rejected"]
    created_at: str


class LicenseStanding(TypedDict):
    """What holds now; `/admin/license` says more."""

    edition: str
    mode: str
    why: str
    accepts_submissions: bool
    until: str | None
    ends_soon: bool
    message: str


class LineList(TypedDict):
    """In the order in which they were written."""

    logs: list[LineOut]


class LineOut(TypedDict):
    """A line of the log, without secrets. `at`: the system's time, also in simulation."""

    number: int
    at: str
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    logger: str
    message: str


class ListCoverage(TypedDict):
    index_symbol: str
    source: str
    symbols: int
    first: str | None
    last: str | None


class LoadOut(TypedDict):
    id: int
    source: str
    kind: str
    rows: int
    stored: int
    quarantined: int
    changed: int
    loaded_at: str


class LoginRequest(TypedDict):
    email: str
    password: str


class LongShortPoint(TypedDict):
    date: str
    ls_return: float | None
    cumulative: float | None


class MachineOut(TypedDict):
    """`fingerprint`: null where the machine has none, for `problem`."""

    fingerprint: str | None
    problem: str | None
    cores: int
    memory_gb: float


class MarkedRead(TypedDict):
    """`marked`: how many were unread."""

    marked: int


class MarketAcceptedOut(TypedDict):
    """A day that settles although too few of its bars are there."""

    date: str
    reason: str
    by: str


class Means(TypedDict):
    """Means of the last 30, 60, 120 ICs, or of as many as there are."""

    ic_mean_30d: float | None
    ic_mean_60d: float | None
    ic_mean_120d: float | None


class Measures(TypedDict):
    """In sample, as found at the last validation; null before it, or where undefined."""

    ic_mean: float | None
    ic_ir: float | None
    turnover: float | None
    sharpe: float | None
    fitness: float | None
    ic_decay: list[float | None] | None
    coverage: float | None
    data_days: int | None
    max_correlation: float | None


class MemberNew(TypedDict):
    """Body of `POST /portfolios/{portfolio_id}/members`."""

    factor_id: str


class MemberOut(TypedDict):
    factor_id: str
    name: str


class MetricsOut(TypedDict):
    """Fractions; 252 days a year, sample deviation, no risk-free rate."""

    total_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float | None
    calmar: float | None
    excess_return: float | None
    excess_sharpe: float | None
    benchmark_return: float | None
    trading_days: int


Mode = Literal["evaluation", "licensed", "grace", "restricted"]


class MonthList(TypedDict):
    months: list[MonthOut]


class MonthOut(TypedDict):
    """A month. `days`: of its `sessions` those with bars."""

    month: str
    sessions: int
    days: int
    bars: int


class MyLicense(TypedDict):
    """A limit of null is none."""

    has_license: NotRequired[Literal[True]]
    customer: str
    fingerprint: str
    expires: str
    max_cores: int | None
    max_memory_gb: int | None
    created_at: str


class NavChange(TypedDict):
    """The NAV of a settled strategy-day, before and after, in CNY."""

    slug: str
    trade_date: str
    nav_before: float
    nav_after: float
    change: float


class NavOut(TypedDict):
    date: str
    reported_nav: float
    cash: float
    positions_value: float
    daily_return: float | None
    cumulative_return: float
    stale: NotRequired[float]


class NewApiKey(TypedDict):
    """The only answer that ever shows the key."""

    id: str
    name: str
    api_key: str
    created_at: str


class NewInvite(TypedDict):
    """What a new invite code may do; it may be used `max_uses` times, before `expires_at`."""

    max_uses: NotRequired[int]
    expires_at: NotRequired[str | None]


class NewlyInferred(TypedDict):
    """A gap between the last close and the reference price that is taken for an event now, and was not before."""

    trade_date: str
    symbol: str
    event: Literal["inferred_cash", "inferred_shares"]
    strategies: int


class NoLicense(TypedDict):
    has_license: NotRequired[Literal[False]]


class NoRequest(TypedDict):
    has_request: NotRequired[Literal[False]]


class NotCommitted(TypedDict):
    """Why not, or not yet: `repo_not_configured`, `batched_before_deadline`, `commit_pending`, `disk_full` and others."""

    committed: Literal[False]
    reason: str


class NotificationList(TypedDict):
    notifications: list[NotificationOut]


class NotificationOut(TypedDict):
    id: str
    type: str
    title: str
    message: str
    is_read: bool
    created_at: str


class OrderOut(TypedDict):
    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: int
    filled: int
    result: Literal["filled", "cut", "refused"]
    reason: (
        Literal[
            "no_market_data",
            "delisted",
            "suspended",
            "unexplained_reference",
            "no_rule",
            "limit_up",
            "limit_down",
            "below_one_lot",
            "insufficient_cash",
            "t_plus_1",
        ]
        | None
    )
    st_unknown: NotRequired[Literal[True]]


class OutOfSample(TypedDict):
    """After the activation. `timely`: the same over days whose values were there before the returns could be."""

    ic_mean_30d: float | None
    ic_mean_60d: float | None
    ic_mean_120d: float | None
    start_date: str | None
    timely: NotRequired[Means | None]
    late_days: NotRequired[int | None]


class OutboxList(TypedDict):
    """`messages`: newest first; none where a mail server is configured."""

    messages: list[OutboxMessage]


class OutboxMessage(TypedDict):
    to: str
    subject: str
    text: str
    at: str


class OverviewOut(TypedDict):
    """The platform at a glance."""

    now: str
    trading_day: str | None
    simulated: bool
    version: str
    edition: str
    jobs: list[DueJob]
    deadlines: Deadlines
    signals: SignalCounts
    settlement: LastSettlement
    strategies: dict[str, int]
    factors: dict[str, int]
    portfolios: dict[str, int]
    data: DataOut
    disk: DiskOut
    license: LicenseStanding
    alarms: list[AlarmOut]


class OwnLicenseFields(TypedDict):
    """What a license.json says, signed or not: `steps` tell whether it holds."""

    license_id: str
    customer: str
    fingerprint: str
    edition: str
    expires: str
    max_cores: int | None
    max_memory_gb: int | None
    created_at: str
    key_id: str


class OwnLicenseOut(TypedDict):
    """What holds here, by the system's time. `until`: when this mode ends by itself; `license`: null without a file."""

    edition: Literal["standard", "test", "evaluation", "none"]
    mode: Mode
    why: Why
    accepts_submissions: bool
    until: str | None
    ends_soon: bool
    message: str
    reasons: list[str]
    notes: list[str]
    steps: list[JudgedStep]
    license: OwnLicenseFields | None
    machine: MachineOut
    used: UsedOut
    accepted_keys: list[AcceptedKey]
    key_problem: str | None
    file_problem: str | None
    file: str


class OwnedApiKey(TypedDict):
    """With its owner's nickname, for the operator."""

    id: str
    name: str
    masked: str
    created_at: str
    last_used_at: str | None
    owner: str


class OwnedApiKeyList(TypedDict):
    api_keys: list[OwnedApiKey]
    total: int


OwnedFactor = TypedDict(
    "OwnedFactor",
    {
        "id": "str",
        "name": "str",
        "universe": "Literal['hs300', 'csi500', 'csi1000']",
        "status": "Literal['draft', 'ready', 'validating', 'active', 'rejected']",
        "description": "str | None",
        "expression": "str | None",
        "is": "Measures",
        "os": "OutOfSample",
        "claimed": "Claimed",
        "checks": "list[Check] | None",
        "reject_reason": "str | None",
        "yearly_stats": "list[Year] | None",
        "submitted_at": "str | None",
        "validated_at": "str | None",
        "created_at": "str",
        "owner": "str",
    },
)


OwnedFactorDetail = TypedDict(
    "OwnedFactorDetail",
    {
        "id": "str",
        "name": "str",
        "universe": "Literal['hs300', 'csi500', 'csi1000']",
        "status": "Literal['draft', 'ready', 'validating', 'active', 'rejected']",
        "description": "str | None",
        "expression": "str | None",
        "is": "Measures",
        "os": "OutOfSample",
        "claimed": "Claimed",
        "checks": "list[Check] | None",
        "reject_reason": "str | None",
        "yearly_stats": "list[Year] | None",
        "submitted_at": "str | None",
        "validated_at": "str | None",
        "created_at": "str",
        "ic_series": "list[IcPoint] | None",
        "ls_cumulative_returns": "list[LongShortPoint] | None",
        "diagnostics": "NotRequired[dict[str, Any] | None]",
        "owner": "str",
        "plots": "dict[str, Any] | None",
    },
)


class OwnedFactorList(TypedDict):
    factors: list[OwnedFactor]
    total: int


class OwnedNotification(TypedDict):
    """With the nickname of whom it told, for the operator."""

    id: str
    type: str
    title: str
    message: str
    is_read: bool
    created_at: str
    owner: str


class OwnedNotificationList(TypedDict):
    notifications: list[OwnedNotification]
    total: int


class OwnedPortfolio(TypedDict):
    """With its owner's nickname, for the operator."""

    id: str
    name: str
    universe: Literal["hs300", "csi500", "csi1000"]
    weighting: Literal["equal", "ic_weighted"]
    top_n: int
    status: Literal["draft", "active", "paused"]
    members: list[MemberOut]
    strategy: StrategyOfPortfolio | None
    created_at: str
    owner: str


class OwnedPortfolioList(TypedDict):
    portfolios: list[OwnedPortfolio]


class OwnedRequest(TypedDict):
    """As the operator sees it."""

    id: str
    customer: str
    fingerprint: str
    status: Literal["pending", "approved", "rejected"]
    created_at: str
    user_id: str
    owner: str
    note: str | None
    admin_reply: str | None
    decided_at: str | None


class OwnedRequestList(TypedDict):
    license_requests: list[OwnedRequest]
    total: int


class OwnedStrategy(TypedDict):
    """A strategy as the operator sees it."""

    slug: str
    name: str
    description: str | None
    universe: str
    execution_price: str
    holding_period: int
    initial_capital: int
    commission_rate: float
    slippage_rate: float
    status: Status
    is_public: bool
    activated_at: str | None
    retired_at: str | None
    created_at: str
    owner: str


class OwnedStrategyList(TypedDict):
    strategies: list[OwnedStrategy]


class OwnedTicket(TypedDict):
    """With its owner's nickname, for the operator."""

    id: str
    user_id: str
    title: str
    description: str
    category: Literal["bug", "feature", "feedback", "data", "other"]
    status: Literal["open", "in_progress", "resolved", "closed"]
    admin_reply: str | None
    resolved_at: str | None
    created_at: str
    owner: str


class OwnedTicketList(TypedDict):
    tickets: list[OwnedTicket]
    total: int


class Package(TypedDict):
    """Everything that decided a settled day; `restated` only where it was settled again."""

    slug: str
    trade_date: str
    revision: int
    verification: VerificationOut
    data_provenance: ProvenanceOut
    restated: NotRequired[RestatedOut]
    how_to_verify: list[str]
    simulated: NotRequired[Literal[True]]
    synthetic: NotRequired[Literal[True]]
    edition: NotRequired[Literal["evaluation", "test", "none"]]


class PerformanceOut(TypedDict):
    """`rolling_excess_sharpe`: windows of 20 trading days, the first value on the 20th."""

    metrics: MetricsOut
    rolling_excess_sharpe: list[RollingValue]
    simulated: NotRequired[Literal[True]]
    synthetic: NotRequired[Literal[True]]
    edition: NotRequired[Literal["evaluation", "test", "none"]]


class PlotOut(TypedDict):
    """A figure as Plotly takes it."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class PortfolioChange(TypedDict):
    """Body of `PATCH /portfolios/{portfolio_id}`: what may change. Absent is unchanged; nothing may be null."""

    name: NotRequired[str]
    weighting: NotRequired[Literal["equal", "ic_weighted"]]
    top_n: NotRequired[int]


class PortfolioDayList(TypedDict):
    days: list[PortfolioDayOut]


class PortfolioDayOut(TypedDict):
    trade_date: str
    outcome: Literal["signalled", "no_values", "failed", "missed"]
    reason: str | None
    noted_at: str


class PortfolioList(TypedDict):
    portfolios: list[PortfolioOut]


class PortfolioNew(TypedDict):
    """Body of `POST /portfolios`."""

    name: str
    universe: Literal["hs300", "csi500", "csi1000"]
    weighting: NotRequired[Literal["equal", "ic_weighted"]]
    top_n: NotRequired[int]


class PortfolioOut(TypedDict):
    """A portfolio as its owner sees it. `strategy`: from its activation on."""

    id: str
    name: str
    universe: Literal["hs300", "csi500", "csi1000"]
    weighting: Literal["equal", "ic_weighted"]
    top_n: int
    status: Literal["draft", "active", "paused"]
    members: list[MemberOut]
    strategy: StrategyOfPortfolio | None
    created_at: str


class PortfolioSignal(TypedDict):
    """A signal of the portfolio's strategy."""

    id: str
    trade_date: str
    stock_count: int
    signal_hash: str
    submitted_at: str
    is_settled: bool
    github_committed: bool


class PortfolioSignalList(TypedDict):
    signals: list[PortfolioSignal]


class PortfolioStarted(TypedDict):
    """With today's signal; where none was made before the deadline, `no_signal` says why. Both null: none was due."""

    id: str
    name: str
    universe: Literal["hs300", "csi500", "csi1000"]
    weighting: Literal["equal", "ic_weighted"]
    top_n: int
    status: Literal["draft", "active", "paused"]
    members: list[MemberOut]
    strategy: StrategyOfPortfolio | None
    created_at: str
    signal: PortfolioSignal | None
    no_signal: str | None


class PositionOut(TypedDict):
    symbol: str
    quantity: int
    close: float
    market_value: float
    weight: float | None


class PreviousOut(TypedDict):
    """The strategy's day before; on its first, date and nav null and cash the initial capital."""

    date: str | None
    nav: float | None
    cash: float
    positions: list[HoldingOut]


class ProfileChange(TypedDict):
    """What of its profile an account sets: any combination; what is absent stays as it is."""

    nickname: NotRequired[str]
    email: NotRequired[str]
    password: NotRequired[str]


class ProfileOut(TypedDict):
    id: str
    nickname: str
    email: str
    has_password: bool
    profile_complete: bool


class Progress(TypedDict):
    """Of a validation under way."""

    stage: Literal["waiting", "values", "market", "measures", "correlations", "storing"]
    done: int
    total: int


class PromptAlone(TypedDict):
    user_prompt: str


class ProvenanceOut(TypedDict):
    rules_version: str
    snapshot_sha256: str
    settings: SettingsOut
    bars: list[BarOut]
    benchmark: BenchmarkOut
    accepted: VerificationAcceptedOut | None


class PublicClaim(TypedDict):
    """What the owner says that the strategy did before the platform watched it."""

    meta: ClaimMeta
    records: list[ClaimedRecord]
    tracking: NotRequired[Tracking]


class PublicIndex(TypedDict):
    """A strategy as the list shows it, and where its record is read. A pending one has no record yet."""

    slug: str
    name: str
    description: str | None
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
    holding_period: int
    execution_price: Literal["open", "close"]
    status: Literal["pending", "active", "paused", "retired"]
    creator: str
    created_at: str
    activated_at: str | None
    trading_days: int
    has_claimed: bool
    latest_date: str | None
    nav: float | None
    total_return: float | None
    daily_return: float | None
    stale: NotRequired[float]
    links: RecordLinks
    simulated: NotRequired[Literal[True]]
    synthetic: NotRequired[Literal[True]]
    edition: NotRequired[Literal["evaluation", "test", "none"]]


class PublicList(TypedDict):
    strategies: list[PublicStrategy]


class PublicStrategy(TypedDict):
    """A strategy as anyone sees it."""

    slug: str
    name: str
    description: str | None
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
    holding_period: int
    execution_price: Literal["open", "close"]
    status: Literal["active", "paused", "retired"]
    creator: str
    created_at: str
    activated_at: str
    trading_days: int
    has_claimed: bool
    latest_date: str | None
    nav: float | None
    total_return: float | None
    daily_return: float | None
    stale: NotRequired[float]


class PushOut(TypedDict):
    state: str
    detail: str


class QuarantineList(TypedDict):
    """`total`: of what the filters leave; `reasons`: of each reason, whichever is filtered by."""

    quarantine: list[QuarantinedRow]
    total: int
    reasons: dict[str, int]


class QuarantinedRow(TypedDict):
    """A refused row as it came."""

    load: int
    source: str
    kind: str
    symbol: str | None
    trade_date: str | None
    reason: str
    meaning: str
    row: Any


class RanOut(TypedDict):
    job: str
    date: str
    state: Literal["never_run", "running", "done", "waiting", "failed", "skipped", "not_available"]
    took_s: float


class RankedName(TypedDict):
    rank: int
    symbol: str
    score: float
    factors: list[FactorOfName]


class Record(TypedDict):
    """One settled day."""

    date: str
    nav: float
    daily_return: float | None
    cumulative_return: float
    benchmark_return: float | None
    stale: NotRequired[float]


class RecordLinks(TypedDict):
    """Paths of this platform."""

    track_record: str
    performance: str
    claimed: str | None
    verify: str
    audit: str
    verifier: str


class RefreshRequest(TypedDict):
    refresh_token: str


Refusal = Literal[
    "unknown_symbol",
    "missing_date",
    "beyond_calendar",
    "closed_day",
    "future_day",
    "missing_price",
    "bad_price",
    "off_tick",
    "high_below_low",
    "outside_range",
    "missing_volume",
    "suspended_but_traded",
    "amount_off_volume",
    "conflicting_duplicate",
    "bad_value",
]


class Registered(TypedDict):
    access_token: str
    refresh_token: str
    user: UserOut


class Rejection(TypedDict):
    admin_reply: str


class RemoteCheck(TypedDict):
    """Whether the remote answers, and where its branch stands."""

    state: str
    detail: str
    head: str | None


class RemoteOut(TypedDict):
    """The remote, without credentials. `unpushed`: commits that it lacks, as far as is known here."""

    url: str
    unpushed: int | None
    last_push: str | None
    pushed_head: str | None
    state: str | None
    detail: str
    failures: int
    check: NotRequired[RemoteCheck | None]


class ResearchStrategyNew(TypedDict):
    name: str
    prompt: str
    code: str


class ResearchStrategyOut(TypedDict):
    """A saved strategy; `created_at` in UTC."""

    id: int
    name: str
    prompt: str
    code: str
    created_at: str


RestatedOut = TypedDict(
    "RestatedOut", {"from": "str", "at": "str", "reason": "str", "revisions": "list[RevisionOut]"}
)


Restatement = TypedDict("Restatement", {"from": "str", "at": "str", "reason": "str"})


RestatementDone = TypedDict(
    "RestatementDone",
    {
        "restatement": "int | None",
        "run": "str | None",
        "dry_run": "bool",
        "from": "str",
        "to": "str",
        "reason": "str",
        "settled_again": "int",
        "changed": "Changed",
        "new_inferred": "list[NewlyInferred]",
        "backfilled_again": "int",
        "largest_change": "NavChange | None",
        "navs_changed": "int",
        "navs": "list[NavChange]",
        "data": "dict[str, Any] | None",
    },
)


class RestatementList(TypedDict):
    restatements: list[RestatementOut]


RestatementOut = TypedDict(
    "RestatementOut",
    {
        "id": "int",
        "from": "str",
        "reason": "str",
        "by": "str",
        "at": "str",
        "run": "int",
        "strategy_days": "int",
        "strategies": "int",
        "days": "int",
    },
)


RestatementToRun = TypedDict(
    "RestatementToRun",
    {"from": "str", "reason": "str", "data": "NotRequired[str | None]", "dry_run": "NotRequired[bool]"},
)


class RetryOut(TypedDict):
    """What an attempt at everything outstanding came to: `committed` and `left` are signals, and `reason` is why
    some are left. `push` is null without a remote.
    """

    committed: int
    left: int
    reason: str | None
    digests: DigestsOut | None
    push: PushOut | None


class RevisionOut(TypedDict):
    revision: int
    reported_nav: float


class Revoked(TypedDict):
    revoked: NotRequired[Literal[True]]


class RollingValue(TypedDict):
    date: str
    value: float | None


class Rotated(TypedDict):
    """The name of the secret that is another now."""

    rotated: str


class RunDetail(TypedDict):
    """With the outcomes of its first 1,000 strategy-days, and what the run waits for or why it failed."""

    id: str
    kind: Literal["daily", "filling", "restatement"]
    date: str
    status: Literal["running", "done", "waiting_for_data", "failed", "interrupted", "refused"]
    started: str
    finished: str | None
    settled: int
    held: int
    failed: list[dict[str, Any]]
    waiting: dict[str, Any] | None
    detail: dict[str, Any]
    outcomes: list[dict[str, Any]]


class RunList(TypedDict):
    settlement_runs: list[RunOut]


class RunOut(TypedDict):
    """A settlement run; `settled` and `held` count strategy-days with and without a signal."""

    id: str
    kind: Literal["daily", "filling", "restatement"]
    date: str
    status: Literal["running", "done", "waiting_for_data", "failed", "interrupted", "refused"]
    started: str
    finished: str | None
    settled: int
    held: int
    failed: list[dict[str, Any]]
    waiting: dict[str, Any] | None


class SavedOut(TypedDict):
    message: str
    strategy_id: int


class SelectedName(TypedDict):
    rank: int
    symbol: str
    score: float
    factors: list[FactorOfName]
    weight: float


class SeriesCoverage(TypedDict):
    symbol: str
    rows: int
    first: str | None
    last: str | None


class SettingList(TypedDict):
    settings: list[SettingOut]


class SettingOut(TypedDict):
    """`given`: set by the environment, `.env` or an option; otherwise the default."""

    name: str
    variable: str
    value: str | int | float
    given: bool
    meaning: str


class SettingsOut(TypedDict):
    initial_capital: float
    execution_price: Literal["open", "close"]
    commission_rate: float
    slippage_rate: float
    minimum_commission: float


class SettlementAttestation(TypedDict):
    nav_sha256: str
    salt: str
    raw_url: str | None
    committed: bool
    commit_sha: str | None
    committed_at: str | None


class SignalAttestation(TypedDict):
    signal_hash: str
    symbols_hash: str
    github_raw_url: str | None
    submitted_at: str
    deadline: str
    github_committed: bool
    commit_sha: str | None
    committed_at: str | None
    in_time: bool | None
    nonce: str
    signals: list[WeightOut]


class SignalCheck(TypedDict):
    """Answer to a submission that is only checked: what it would store. A hash it has none: each has its own nonce."""

    valid: Literal[True]
    trade_date: str
    deadline: str
    signals: list[SignalLine]
    cash_weight: float
    would_replace: bool
    would_activate: bool
    would_attest: Literal["at_submission", "before_deadline"] | None
    warnings: list[SignalWarning]


class SignalCounts(TypedDict):
    """Of `trading_day`. `expected`: one of each active strategy; none is due, a day without a signal is held."""

    expected: int
    received: int
    attested: int


class SignalLine(TypedDict):
    symbol: str
    weight: int | float


class SignalList(TypedDict):
    signals: list[SignalOut]


class SignalOut(TypedDict):
    id: str
    trade_date: str
    signals: list[SignalLine]
    signal_hash: str
    submitted_at: str
    is_settled: bool
    github_committed: bool
    nonce: str | None


class SignalReceipt(TypedDict):
    """Answer to a submission."""

    id: str
    trade_date: str
    signal_hash: str
    submitted_at: str
    is_settled: bool
    github_committed: bool
    attestation: Committed | NotCommitted
    replaced: bool


class SignalWarning(TypedDict):
    """A symbol that is taken and would not be bought as things stand."""

    symbol: str
    code: Literal["no_share_or_fund", "not_in_market", "no_recent_bars"]
    message: str


class SignalsLeft(TypedDict):
    """Signals without a commit. `in_commit`: being committed, or to be looked up in the repository."""

    waiting: int
    in_commit: int


class Signing(TypedDict):
    """What signs commits; nulls where nothing does."""

    kind: Literal["ssh", "gpg"] | None
    key: str | None
    problem: str | None


class StandingList(TypedDict):
    standings: list[StandingOut]


class StandingOut(TypedDict):
    """Where a strategy stands: its last settled day and its last signal. Nulls where there is none."""

    slug: str
    trading_days: int
    latest_date: str | None
    nav: float | None
    total_return: float | None
    daily_return: float | None
    stale: NotRequired[float]
    last_signal: str | None
    attested: bool | None


Status = Literal["pending", "active", "paused", "retired"]


class StatusSaltOut(TypedDict):
    """By which the strategy's name is hidden in the repository's file of a day, `statuses/{date}.json`."""

    date: str
    salt: str


class StoreList(TypedDict):
    stores: list[StoreOut]


class StoreOut(TypedDict):
    """A store that was read from end to end. `detail`: what is wrong with it."""

    file: str
    state: Literal["whole", "damaged"]
    detail: str | None


class StrategiesStrategyNew(TypedDict):
    """Body of `POST /strategies`."""

    name: str
    slug: str
    description: NotRequired[str | None]
    universe: NotRequired[Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]]
    execution_price: NotRequired[Literal["open", "close"]]
    holding_period: NotRequired[int]
    initial_capital: NotRequired[int]
    commission_rate: NotRequired[float]
    slippage_rate: NotRequired[float]
    is_public: NotRequired[bool]


class StrategiesStrategyOut(TypedDict):
    """A strategy as its owner sees it."""

    slug: str
    name: str
    description: str | None
    universe: str
    execution_price: str
    holding_period: int
    initial_capital: int
    commission_rate: float
    slippage_rate: float
    status: Status
    is_public: bool
    activated_at: str | None
    retired_at: str | None
    created_at: str


class StrategyChange(TypedDict):
    """Body of `PATCH /strategies/{slug}`: what may change. Absent is unchanged; only a description may be null."""

    name: NotRequired[str]
    description: NotRequired[str | None]
    status: NotRequired[Literal["pending", "active", "paused", "retired"]]
    is_public: NotRequired[bool]


class StrategyList(TypedDict):
    strategies: list[StrategiesStrategyOut]


class StrategyOfPortfolio(TypedDict):
    slug: str
    status: Literal["pending", "active", "paused", "retired"]


class StudyDay(TypedDict):
    """CNY at the close, and the benchmark's level, 1.0 before the first day."""

    date: str
    value: float
    benchmark: float | None


class StudyDetail(TypedDict):
    """With its code, and what came of it."""

    id: str
    name: str
    status: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: StudyProgress
    reason: str | None
    strategy_id: int | None
    tickers: list[str]
    start: str | None
    end: str | None
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
    initial_capital: int
    commission_rate: float
    slippage_rate: float
    minimum_commission: float
    metrics: StudyMetrics | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    strategy_code: str
    result: StudyResult | None


class StudyList(TypedDict):
    backtests: list[StudyOut]


class StudyMetrics(TypedDict):
    """As a live record has them: 252 days a year, sample deviation, no risk-free rate; null where undefined."""

    total_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float | None
    calmar: float | None
    excess_return: float | None
    excess_sharpe: float | None
    benchmark_return: float | None
    trading_days: int


class StudyNew(TypedDict):
    """Body of `POST /research/backtests`. Of `strategy_code` and `strategy_id` exactly one."""

    name: NotRequired[str]
    strategy_code: NotRequired[str | None]
    strategy_id: NotRequired[int | None]
    tickers: list[str]
    start: NotRequired[str | None]
    end: NotRequired[str | None]
    universe: NotRequired[Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]]
    initial_capital: NotRequired[int]
    commission_rate: NotRequired[float]
    slippage_rate: NotRequired[float]
    minimum_commission: NotRequired[float | None]


class StudyOut(TypedDict):
    """A research backtest. `reason`: why it failed. `metrics`: once it is finished."""

    id: str
    name: str
    status: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: StudyProgress
    reason: str | None
    strategy_id: int | None
    tickers: list[str]
    start: str | None
    end: str | None
    universe: Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]
    initial_capital: int
    commission_rate: float
    slippage_rate: float
    minimum_commission: float
    metrics: StudyMetrics | None
    created_at: str
    started_at: str | None
    finished_at: str | None


class StudyProgress(TypedDict):
    """Days of the run so far, and in all; 0 of 0 before it has begun."""

    done: int
    total: int


class StudyResult(TypedDict):
    metrics: StudyMetrics
    totals: StudyTotals
    equity: list[StudyDay]
    trades: list[StudyTrade]
    rules_version: str


class StudyTotals(TypedDict):
    """CNY and counts; `turnover` is what was bought and sold over the initial capital."""

    end_value: float
    trades: int
    refused_orders: int
    costs: float
    turnover: float


class StudyTrade(TypedDict):
    """Adjusted shares and CNY, as it was filled."""

    date: str
    symbol: str
    side: Literal["buy", "sell"]
    quantity: float
    price: float
    costs: float


class Submission(TypedDict):
    """`strategy_id` may be null: code that is saved nowhere."""

    strategy_id: NotRequired[int | None]
    strategy_name: str
    code: str
    dataset: NotRequired[str]
    ticker: str


class SubmittedOut(TypedDict):
    """Metrics are fractions: Sharpe Ratio, Max Drawdown, Total Return."""

    entry_id: int
    metrics: dict[str, float | None]
    score: float


class TicketChange(TypedDict):
    """Read `model_fields_set`: a field that is absent is left as it is, and null is refused."""

    status: NotRequired[Literal["open", "in_progress", "resolved", "closed"]]
    admin_reply: NotRequired[str]


class TicketList(TypedDict):
    tickets: list[TicketOut]


class TicketNew(TypedDict):
    title: str
    description: NotRequired[str]
    category: Literal["bug", "feature", "feedback", "data", "other"]


class TicketOut(TypedDict):
    """A ticket as the guide shows it."""

    id: str
    user_id: str
    title: str
    description: str
    category: Literal["bug", "feature", "feedback", "data", "other"]
    status: Literal["open", "in_progress", "resolved", "closed"]
    admin_reply: str | None
    resolved_at: str | None
    created_at: str


class TierList(TypedDict):
    tiers: list[TierOut]


class TierOut(TypedDict):
    tier: str
    max_strategies: int
    strategy_universes: list[str]


class TopOut(TypedDict):
    period: str
    dataset: str | None
    top: list[EntryOut]


class TrackRecord(TypedDict):
    """`records` ascend by date; `restatements`, `claimed` and `backfilled` only where there is any."""

    records: list[Record]
    restatements: NotRequired[list[Restatement]]
    claimed: NotRequired[ClaimedCurve]
    backfilled: NotRequired[Backfilled]
    simulated: NotRequired[Literal[True]]
    synthetic: NotRequired[Literal[True]]
    edition: NotRequired[Literal["evaluation", "test", "none"]]


class Tracking(TypedDict):
    """The platform's days against the claimed ones, over the days that both have; at least 5."""

    tracking_diff_annualized: float | None
    tracking_error_annualized: float | None
    correlation: float | None
    overlap_days: int
    verdict: Literal["consistent", "moderate_divergence", "significant_divergence"]


class TradeOut(TypedDict):
    """An order that filled, whole or in part. `amount` = quantity x price; slippage is in the price."""

    symbol: str
    side: Literal["BUY", "SELL"]
    quantity: int
    price: float
    amount: float
    commission: float
    stamp_duty: float
    transfer_fee: float


class TranslatedOut(TypedDict):
    prompt: str
    generated_code: str


class UnreadCount(TypedDict):
    unread_count: int


class UsedOut(TypedDict):
    """What the platform goes by. `memory_gb`: null where the licence sets no limit."""

    cores: int
    memory_gb: int | None


class UserChange(TypedDict):
    """Read `model_fields_set`: a field that is absent is left as it is, and null is refused."""

    tier: NotRequired[Literal["free", "licensed"]]
    disabled: NotRequired[bool]


class UserOut(TypedDict):
    """The user object of the guide."""

    id: str
    nickname: str
    email: str
    tier: str
    profile_complete: bool
    has_password: bool


class ValidationOut(TypedDict):
    status: Literal["draft", "ready", "validating", "active", "rejected"]
    checks: list[Check] | None
    validated_at: str | None
    progress: NotRequired[Progress | None]


class ValuesReceipt(TypedDict):
    """`uploaded`: days that were stored; days without trading are skipped."""

    uploaded: int
    total_days: int
    status: Literal["draft", "ready", "validating", "active", "rejected"]


class ValuesStatus(TypedDict):
    total_days: int
    min_required: int
    ready: bool
    start_date: str | None
    end_date: str | None


class VerificationAcceptedOut(TypedDict):
    by: str
    reason: str


class VerificationOut(TypedDict):
    nav: NavOut
    positions: list[PositionOut]
    trades: list[TradeOut]
    orders: list[OrderOut]
    corporate_actions: list[ActionOut]
    previous: PreviousOut
    signal_attestation: SignalAttestation | None
    settlement_attestation: SettlementAttestation
    status_salts: NotRequired[list[StatusSaltOut]]


class WeightOut(TypedDict):
    symbol: str
    weight: float


Why = Literal[
    "valid", "tampered", "other_machine", "clock_set_back", "not_yet_valid", "expired", "none", "removed"
]


class Year(TypedDict):
    year: int
    ic_mean: float | None
    ic_ir: float | None
    returns: float | None
    drawdown: float | None
    turnover: float | None
    days: int
