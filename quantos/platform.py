"""The composition root: opens a data directory, builds the services, wires features, nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from quantos import __version__
from quantos.accounts.service import Accounts, OtpTerms
from quantos.admin.service import Backups, Feed, Operations, Overview
from quantos.attestation import jobs as attestation_jobs
from quantos.attestation.core.batches import DEADLINES
from quantos.attestation.service import Attestation, Terms, When
from quantos.factors import jobs as factor_jobs
from quantos.factors.service import Factors
from quantos.kit.clock import Clock, SystemClock
from quantos.kit.log_tail import LogTail
from quantos.kit.masking import Redaction
from quantos.kit.money import mills
from quantos.leaderboard.service import Leaderboard
from quantos.license.service import (
    Licenses,
    Limits,
    OwnLicense,
    Standing,
    Trust,
    VendorKey,
    this_machines_size,
)
from quantos.market.service import Market
from quantos.performance.service import Claims, Performance
from quantos.portfolios import jobs as portfolio_jobs
from quantos.portfolios.service import Portfolios
from quantos.research import jobs as research_jobs
from quantos.research.service import (
    Backtests,
    Deployments,
    LanguageModel,
    Research,
    RunLimits,
    Sandbox,
    Saved,
    Studies,
)
from quantos.scheduler.core.timetable import Job as TimedJob
from quantos.scheduler.service import (
    Job,
    JobOutcome,
    Scheduler,
    Stop,
    Unattended,
    continued_clock,
    refuse_clock_set_back,
    take_clock_back,
)
from quantos.settings import Settings, secrets_of
from quantos.settlement import jobs as settlement_jobs
from quantos.settlement.service import Settlement
from quantos.storage.audit import Audit
from quantos.storage.backup import Backup
from quantos.storage.damage import QUICK_BYTES_MAX, damaged
from quantos.storage.directory import DataDirectory
from quantos.storage.migrate import upgrade
from quantos.storage.records import Records
from quantos.storage.room import MIB, Room
from quantos.storage.series import Series
from quantos.strategies.service import Strategies
from quantos.support.service import Support
from quantos.verification.service import Marks as PackageMarks
from quantos.verification.service import Packages, Publication, Verification, salt_of


@dataclass(slots=True)
class Platform:
    """Everything that runs on one data directory."""

    settings: Settings
    clock: Clock
    directory: DataDirectory
    records: Records
    series: Series
    accounts: Accounts
    market: Market
    attestation: Attestation
    strategies: Strategies
    factors: Factors
    settlement: Settlement
    portfolios: Portfolios
    claims: Claims
    performance: Performance
    unattended: Unattended
    verification: Verification
    publication: Publication
    support: Support
    research: Research
    leaderboard: Leaderboard
    licenses: Licenses
    standing: Standing
    limits: Limits
    own_license: OwnLicense
    scheduler: Scheduler
    audit: Audit
    operations: Operations
    room: Room

    @classmethod
    def open(cls, settings: Settings, *, simulate: datetime | None = None, create: bool = True) -> Platform:
        """Open and lock the data directory, bring its stores up to date, and build the services.

        `simulate`: the directory must be simulated; a new one starts at this instant, an existing one goes on
        from where its clock stands. Raises QuantosError with what to do.
        """
        directory = DataDirectory.open(settings.data_dir, simulated=True if simulate else None, create=create)
        opened: list[Callable[[], None]] = [directory.close]
        try:
            with ThreadPoolExecutor(1) as beside:  # DuckDB reads its file without the interpreter's lock
                file, memory_limit = directory.path / "series.duckdb", settings.series_memory_limit
                slow_s = settings.slow_query_s
                opening = beside.submit(Series, file, memory_limit=memory_limit, slow_s=slow_s)
                opened.append(partial(_close_if_open, opening))
                records = Records(directory.path / "records.db", slow_s=slow_s)
                opened.append(records.close)
                _refuse_damage(records)
                upgrade(records)
                series = opening.result()
            clock: Clock = SystemClock()
            if directory.simulated:
                clock = continued_clock(records, simulate or clock.now())
            else:
                refuse_clock_set_back(records, clock)
            return _compose(settings, clock, directory, records, series)
        except BaseException:
            for close in reversed(opened):
                close()
            raise

    def start(self) -> None:
        """Catch up on what was missed and follow the timetable."""
        logging.getLogger().addHandler(self.operations.log)
        self.standing.look()
        self.settlement.mark_interrupted()
        self.audit.mark_interrupted()
        self.attestation.start()
        self.publication.start()
        self.support.start()
        self.factors.start()
        self.research.studies.start()
        self.unattended.watchdog.look_again()
        self.scheduler.start()

    def wind_down(self) -> None:
        """Begin nothing further, and end what has no end of its own. From a signal's handler too."""
        self.scheduler.wind_down()
        self.operations.feed.close()

    def close(self) -> None:
        """Finish the job under way, write what is pending, release the directory."""
        self.operations.feed.close()
        self.scheduler.stop()
        self.factors.stop()
        self.publication.stop()
        self.attestation.close()
        self.support.stop()
        self.research.close()
        self.accounts.close()
        self.records.close()
        self.series.close()
        self.limits.lift()
        self.directory.close()
        logging.getLogger().removeHandler(self.operations.log)


def correct_clock(settings: Settings, reason: str) -> dict[str, Any]:
    """Of a live directory that no server has open: see `scheduler.service.take_clock_back`. Raises QuantosError."""
    directory = DataDirectory.open(settings.data_dir, simulated=False, create=False)
    try:
        with closing(Records(directory.path / "records.db")) as records:
            upgrade(records)
            return take_clock_back(records, SystemClock(), reason)
    finally:
        directory.close()


def _refuse_damage(records: Records) -> None:
    """Before anything is built upon it; of a large store the doctor does this, and each page says so when it is read."""
    if records.path.exists() and records.path.stat().st_size <= QUICK_BYTES_MAX:
        found = records.look_through(thoroughly=False)
        if found.detail is not None:
            raise damaged(found.file, found.detail)


def _close_if_open(opening: Future[Series]) -> None:
    if opening.exception() is None:
        opening.result().close()


def _compose(
    settings: Settings, clock: Clock, directory: DataDirectory, records: Records, series: Series
) -> Platform:
    audit, room = Audit(records, clock), Room(directory.path, settings.disk_free_mb_min * MIB)
    accounts = _accounts(settings, clock, directory, records)
    market, least_fee = Market(series, clock), mills(settings.minimum_commission)
    settlement = Settlement(records, series, clock, market, minimum_commission=least_fee)
    attestation = Attestation(_attestation_terms(settings), clock, directory.path)
    strategies = Strategies(records, clock, market, accounts, settlement, attestation)
    settlement.strategies = strategies
    factors = Factors(records, series, clock, market, accounts, directory.path / "factors")
    _follow(market, settlement)
    portfolios = Portfolios(records, clock, market, accounts, factors, strategies, settlement)
    strategies.portfolios = portfolios
    factors.after_upload = portfolios.generating.values_arrived
    claims = Claims(records, clock, market, settlement)
    performance = Performance(market, settlement, claims)
    salts = directory.secret("salts").encode()
    strategies.outbox.salt_of = partial(salt_of, salts)
    publication = Publication(records, strategies, settlement.days, attestation, clock, salts, directory.path)
    settlement.after_run = publication.after_run
    standing, limits = _standing(settings, directory, series)
    own_license = OwnLicense(standing, limits, audit)
    marks = PackageMarks(market, lambda: standing.mark, simulated=directory.simulated)
    packages = Packages(records, strategies, settlement, market, attestation, publication, salts, marks)
    verification = Verification(
        records, strategies, settlement, performance, accounts, market, packages, marks
    )
    unattended = Unattended(records, series, clock, market, strategies, settlement, performance, portfolios)
    research = _research(settings, records, clock, market, strategies)
    jobs = _jobs(attestation, publication, settlement, factors, (portfolios, research), standing, unattended)
    scheduler = Scheduler(clock, records, lambda: market.calendar, jobs, _batches(settings, attestation))
    scheduler.after_job = unattended.watchdog.look_again
    backups = Backups(Backup(directory, records, series, attestation.write_bundle, __version__), audit, clock)
    age_max = timedelta(days=settings.backup_days_max) if settings.backup_days_max else None
    overview = Overview(
        clock, directory.path, scheduler, market, strategies, settlement, attestation, age_max
    )
    overview.factors, overview.portfolios = factors.counts, portfolios.counts
    overview.license_standing, overview.last_backup = own_license.in_short, backups.last
    overview.values_missing, overview.disk_reserve = unattended.watchdog.lacking_values, room.reserve
    overview.damage = lambda: series.damage
    log, feed = LogTail(_redaction(settings, directory, accounts)), Feed(records, series)
    operations = Operations(settings, audit, feed, overview, log, backups)
    return Platform(
        settings,
        clock,
        directory,
        records,
        series,
        accounts,
        market,
        attestation,
        strategies,
        factors,
        settlement,
        portfolios,
        claims,
        performance,
        unattended,
        verification,
        publication,
        Support(records, clock, accounts, settings.lang or "en"),
        research,
        Leaderboard(records, clock, accounts, research),
        _licenses(settings, records, clock, accounts),
        standing,
        limits,
        own_license,
        scheduler,
        audit,
        operations,
        room,
    )


def _follow(market: Market, settlement: Settlement) -> None:
    """The market asks which days are settled, and tells of data that a settlement waits for."""
    market.settled_days = settlement.settled_days
    market.after_change = settlement.take_up_waiting


def _accounts(settings: Settings, clock: Clock, directory: DataDirectory, records: Records) -> Accounts:
    codes = OtpTerms(
        redis_url=settings.redis_url.get_secret_value(),
        smtp_url=settings.smtp_url.get_secret_value(),
        smtp_from=settings.smtp_from,
        outbox=directory.path / "outbox",
    )
    return Accounts(records, clock, directory.secret, renewed=directory.renew_secret, codes=codes)


def _jobs(
    attestation: Attestation,
    publication: Publication,
    settlement: Settlement,
    factors: Factors,
    signalling: tuple[Portfolios, Research],
    standing: Standing,
    unattended: Unattended,
) -> dict[str, Job]:
    """What the timetable's jobs do."""
    unsettled = partial(settlement_jobs.settlement_watchdog, settlement)
    return {
        "portfolio_signal_generation": partial(_submitting, standing, partial(_signals, *signalling)),
        "attestation_retry": partial(_attestation_retry, attestation, publication),
        "settle_all_active_strategies": partial(settlement_jobs.settle_all_active_strategies, settlement),
        "daily_evaluation": unattended.daily_evaluation,
        "factor_os_tracking": partial(factor_jobs.factor_os_tracking, factors),
        "settlement_watchdog": unattended.watching(unsettled),
    }


def _signals(portfolios: Portfolios, research: Research, day: date) -> dict[str, Any]:
    """Those that the platform makes: of portfolios, and of deployed strategies whatever became of the former."""
    try:
        made = portfolio_jobs.portfolio_signal_generation(portfolios, day)
    finally:
        deployed = research_jobs.deployment_signals(research, day)
    return {**made, **deployed}


def _submitting(standing: Standing, job: Job, day: date) -> JobOutcome | Mapping[str, Any]:
    """A job that submits something: left out, with the reason, while the licence takes nothing new."""
    refused = standing.refused()
    return job(day) if refused is None else JobOutcome({"reason": refused}, "skipped")


def _research(
    settings: Settings, records: Records, clock: Clock, market: Market, strategies: Strategies
) -> Research:
    """Strategies in code; what runs them starts with the first."""
    limits = RunLimits(settings.backtest_wall_s_max, settings.backtest_memory_mb_max)
    url, key = settings.llm_base_url, settings.llm_api_key.get_secret_value()
    model = LanguageModel(url, key, settings.llm_model) if url else None
    sandbox = Sandbox(limits)
    backtests = Backtests(sandbox, settings.backtests_at_once, settings.backtests_waiting_max)
    longer = RunLimits(settings.research_wall_s_max, settings.backtest_memory_mb_max)
    least_fee = float(settings.minimum_commission)
    studies = Studies(records, clock, market, sandbox, longer, least_fee)
    deployments = Deployments(records, clock, market, strategies, sandbox, least_fee)
    saved = Saved(records, clock)
    return Research(market, backtests, saved, studies, deployments, model, settings.lang or "en")


def _standing(settings: Settings, directory: DataDirectory, series: Series) -> tuple[Standing, Limits]:
    """The licence of this platform, and what of the machine it lets it use."""
    file = Path(settings.license_file).expanduser() if settings.license_file else None
    size = this_machines_size()
    standing = Standing(directory.path, file, Trust(settings.test_vendor_key), size)
    limits = Limits(series, size)
    standing.after_change = limits.apply
    return standing, limits


def _licenses(settings: Settings, records: Records, clock: Clock, accounts: Accounts) -> Licenses:
    """Requests for licences; they are approved where there is a key to sign with."""
    licenses = Licenses(records, clock, accounts, settings.image_url)
    key = settings.vendor_signing_key.get_secret_value()
    if key:
        passphrase = settings.vendor_signing_passphrase.get_secret_value()
        licenses.issue = VendorKey(key, passphrase).issue
    return licenses


def _redaction(settings: Settings, directory: DataDirectory, accounts: Accounts) -> Redaction:
    """Cuts out every secret of the platform, also those to come."""
    redaction = Redaction([*directory.all_secrets(), *secrets_of(settings)])
    accounts.after_renewal = redaction.learn
    return redaction


def _attestation_retry(attestation: Attestation, publication: Publication, day: date) -> dict[str, Any]:
    """What could not be committed before: digests of settled days, and signals."""
    published = publication.catch_up()
    left = {"digests_left": published.reason} if attestation.configured and published.reason else {}
    return {**attestation_jobs.attestation_retry(attestation, day), "digests": published.digests, **left}


def _attestation_terms(settings: Settings) -> Terms:
    return Terms(
        repo=settings.attestation_repo,
        remote=settings.attestation_remote.get_secret_value(),
        when=When(settings.attestation_when),
        lead_s=settings.attestation_lead_s,
        signing_key=settings.attestation_signing_key,
        raw_url=settings.attestation_raw_url,
        push_timeout_s=settings.attestation_push_timeout_s,
    )


def _batches(settings: Settings, attestation: Attestation) -> list[Stop]:
    """Where a simulated clock stops for the signals of a deadline; live, the committer keeps the time itself."""
    if When(settings.attestation_when) is not When.DEADLINE:
        return []
    lead = timedelta(seconds=settings.attestation_lead_s)
    work = partial(attestation_jobs.commit_batch, attestation)
    times = [(datetime.combine(date.min, at) + timedelta(days=1) - lead).time() for at in DEADLINES]
    return [
        Stop(TimedJob(f"attestation_batch_{at:%H%M%S}", at), attestation.is_batch_due, work) for at in times
    ]
