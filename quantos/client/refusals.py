"""Every refusal of the platform by its code: what `except` can name.

Generated from the platform's own description by `python -m tests.docs.regenerate`.
"""

from __future__ import annotations

from typing import ClassVar

from quantos.client import errors


class KeyUnusable(errors.WrongState):
    code: ClassVar[str] = "attestation_key_unusable"


class NotAllAttested(errors.WrongState):
    code: ClassVar[str] = "attestation_left"


class OtherKeyConfigured(errors.WrongState):
    code: ClassVar[str] = "attestation_other_key"


class RepositoryInTheWay(errors.WrongState):
    """A backup's repository cannot be put where another one is."""

    code: ClassVar[str] = "attestation_repository_in_the_way"


class BackfillRefused(errors.WrongState):
    code: ClassVar[str] = "backfill_refused"


class AccountDiffers(errors.WrongState):
    """A backtest whose fills do not lead to its result."""

    code: ClassVar[str] = "backtest_account_differs"


class BacktestFailed(errors.WrongState):
    """Code that the policy let through and that could not be run to its end: its own error, or its limits."""

    code: ClassVar[str] = "backtest_failed"


class BackupDamaged(errors.WrongState):
    """The file is no backup, or not as it was made."""

    code: ClassVar[str] = "backup_damaged"


class BackupRefused(errors.WrongState):
    """The place named for it cannot take it."""

    code: ClassVar[str] = "backup_refused"


class BackupTooNew(errors.WrongState):
    code: ClassVar[str] = "backup_too_new"


class BadIdempotencyKey(errors.WrongState):
    """A header that is no key."""

    code: ClassVar[str] = "bad_idempotency_key"


class BadSettings(errors.WrongState):
    code: ClassVar[str] = "bad_settings"


class BlueprintInvalid(errors.WrongState):
    """A blueprint that is no strategy; the message names the field."""

    code: ClassVar[str] = "blueprint_invalid"


class CalendarEnds(errors.WrongState):
    """A question about a day that the calendar does not know."""

    code: ClassVar[str] = "calendar_ends"


class CalendarFileRefused(errors.WrongState):
    code: ClassVar[str] = "calendar_file_refused"


class NoQuestion(errors.WrongState):
    code: ClassVar[str] = "calendar_question_missing"


class CalendarRefused(errors.WrongState):
    """An extension that contradicts itself or leaves a hole."""

    code: ClassVar[str] = "calendar_refused"


class CannotReplay(errors.WrongState):
    """A day of the span cannot be settled; the message names what is missing."""

    code: ClassVar[str] = "cannot_replay"


class ClaimLocked(errors.WrongState):
    code: ClassVar[str] = "claim_locked"


class ClaimNotBeforeActivation(errors.WrongState):
    code: ClassVar[str] = "claim_not_before_activation"


class ClaimTooEarly(errors.WrongState):
    code: ClassVar[str] = "claim_too_early"


class ClockDecided(errors.WrongState):
    """Something was decided at instants that have not come: they cannot be taken back."""

    code: ClassVar[str] = "clock_decided"


class ClockGoesBack(errors.WrongState):
    code: ClassVar[str] = "clock_goes_back"


class ClockInStep(errors.WrongState):
    """The clock has not gone back behind what the platform has lived: it starts as it is."""

    code: ClassVar[str] = "clock_in_step"


class ClockIsLive(errors.WrongState):
    code: ClassVar[str] = "clock_is_live"


class ClockStandsLive(errors.WrongState):
    """A live directory has the world's time: its clock is not moved."""

    code: ClassVar[str] = "clock_stands_live"


class DayAhead(errors.WrongState):
    """A day that has not come is not doubtful: nobody knows its bars."""

    code: ClassVar[str] = "day_ahead"


class DayNotPlayable(errors.WrongState):
    """There is no such day to be played: a live directory, a closed day, or one that the clock has passed."""

    code: ClassVar[str] = "day_not_playable"


class DayNotSettled(errors.WrongState):
    """Only settled days can be settled again."""

    code: ClassVar[str] = "day_not_settled"


class DeadlinePassed(errors.WrongState):
    code: ClassVar[str] = "deadline_passed"


class TooShort(errors.WrongState):
    code: ClassVar[str] = "demo_market_too_short"


class EventUnknown(errors.WrongState):
    """The stream cannot go on after an event that the logs do not have."""

    code: ClassVar[str] = "event_unknown"


class FactorDateInFuture(errors.WrongState):
    """Values of a day that is still to come."""

    code: ClassVar[str] = "factor_date_in_future"


class FileNotTaken(errors.WrongState):
    code: ClassVar[str] = "factor_file_not_taken"


class FactorLocked(errors.WrongState):
    """A change that the factor's status does not allow."""

    code: ClassVar[str] = "factor_locked"


class NoFactorNamed(errors.WrongState):
    code: ClassVar[str] = "factor_not_named"


class FactorNotReady(errors.WrongState):
    """A submission of a factor that is not ready."""

    code: ClassVar[str] = "factor_not_ready"


class NothingToReport(errors.WrongState):
    code: ClassVar[str] = "factor_nothing_to_report"


class PartRefused(errors.WrongState):
    """A part of a file was refused after others were stored."""

    code: ClassVar[str] = "factor_part_refused"


class FactorTakesNoValues(errors.WrongState):
    """Values while the factor is being validated, or of days that are in its sample."""

    code: ClassVar[str] = "factor_takes_no_values"


class InvalidTransition(errors.WrongState):
    code: ClassVar[str] = "invalid_transition"


class JobDateRefused(errors.WrongState):
    code: ClassVar[str] = "job_date_refused"


class JobFailed(errors.WrongState):
    code: ClassVar[str] = "job_failed"


class JobNotAvailable(errors.WrongState):
    code: ClassVar[str] = "job_not_available"


class LicenseNotIssuable(errors.WrongState):
    """A licence of these terms could not be read again; the request stays pending."""

    code: ClassVar[str] = "license_not_issuable"


class LicenseRefused(errors.WrongState):
    """A licence that does not hold here is not installed; the one that is there stays."""

    code: ClassVar[str] = "license_refused"


class LicenseRequestDecided(errors.WrongState):
    """A decision is made once."""

    code: ClassVar[str] = "license_request_decided"


class FileRefused(errors.WrongState):
    """The file as a whole cannot be taken; nothing of it was stored."""

    code: ClassVar[str] = "market_file_refused"


class PathNotFound(errors.WrongState):
    code: ClassVar[str] = "market_path_not_found"


class UnreadableValue(errors.WrongState):
    """A cell that is no value of its column's type; the file can still be read as text."""

    code: ClassVar[str] = "market_value_unreadable"


class NoBarsYet(errors.WrongState):
    """Bars that a deployed strategy needs are not there yet."""

    code: ClassVar[str] = "no_bars_yet"


class NotATradingDay(errors.WrongState):
    """A trading day was needed."""

    code: ClassVar[str] = "not_a_trading_day"


class NothingToAcknowledge(errors.WrongState):
    code: ClassVar[str] = "nothing_to_acknowledge"


class PortfolioLocked(errors.WrongState):
    """A change of what an active portfolio is made of."""

    code: ClassVar[str] = "portfolio_locked"


class MemberUnsuitable(errors.WrongState):
    """A factor that is not active, or of another universe."""

    code: ClassVar[str] = "portfolio_member_unsuitable"


class TooFewMembers(errors.WrongState):
    """A portfolio of fewer than two factors cannot signal."""

    code: ClassVar[str] = "portfolio_too_few_members"


class PortfolioTransitionRefused(errors.WrongState):
    """An action that the portfolio's status does not allow."""

    code: ClassVar[str] = "portfolio_transition_refused"


class PromptEmpty(errors.WrongState):
    """A prompt that says nothing."""

    code: ClassVar[str] = "prompt_empty"


class FormUnclear(errors.WrongState):
    code: ClassVar[str] = "quarantine_form_unclear"


class StudyEnded(errors.WrongState):
    """A research backtest that is over cannot be cancelled."""

    code: ClassVar[str] = "research_backtest_ended"


class RestatementRefused(errors.WrongState):
    """A day of the restatement cannot be settled with these data; nothing was changed."""

    code: ClassVar[str] = "restatement_refused"


class SignalByHand(errors.WrongState):
    """A signal for a strategy whose portfolio makes its signals."""

    code: ClassVar[str] = "signal_by_hand"


class SignalLocked(errors.WrongState):
    code: ClassVar[str] = "signal_locked"


class NotSettled(errors.WrongState):
    """The settlement ran, and some of it could not be settled."""

    code: ClassVar[str] = "strategies_not_settled"


class StrategyCodeRefused(errors.WrongState):
    """Strategy code that is not run; it carries its findings, one at least."""

    code: ClassVar[str] = "strategy_code_refused"


class StrategyRetired(errors.WrongState):
    code: ClassVar[str] = "strategy_retired"


class TakesNoSignals(errors.WrongState):
    code: ClassVar[str] = "takes_no_signals"


class TooEarly(errors.WrongState):
    code: ClassVar[str] = "too_early_to_settle"


class TooManySaved(errors.WrongState):
    """As many saved strategies as a user may have."""

    code: ClassVar[str] = "too_many_saved_strategies"


class UnknownTicker(errors.WrongState):
    """A ticker without bars in the market store."""

    code: ClassVar[str] = "unknown_ticker"


class NoVendorKey(errors.WrongState):
    """Licences cannot be signed on this platform; the request stays pending."""

    code: ClassVar[str] = "vendor_key_missing"


class VendorKeyUnusable(errors.WrongState):
    """The vendor's signing key cannot be opened; the request stays pending."""

    code: ClassVar[str] = "vendor_key_unusable"


class WrongMarket(errors.WrongState):
    """Real data into a synthetic market, or the other way round."""

    code: ClassVar[str] = "wrong_market"


class WrongMode(errors.WrongState):
    code: ClassVar[str] = "wrong_mode"


class NoApiKey(errors.Unauthenticated):
    code: ClassVar[str] = "api_key_not_set"


class CodeRefused(errors.Unauthenticated):
    """One message for a code that is wrong, expired, used or void (COP-04)."""

    code: ClassVar[str] = "code_refused"


class InvalidToken(errors.Unauthenticated):
    """No credentials, or such as nobody gave out."""

    code: ClassVar[str] = "invalid_token"


class InviteRefused(errors.Unauthenticated):
    code: ClassVar[str] = "invite_refused"


class LoginRefused(errors.Unauthenticated):
    """One message for an unknown e-mail, a wrong password and an account without one (AUTH-12)."""

    code: ClassVar[str] = "login_refused"


class MetricsRefused(errors.Unauthenticated):
    code: ClassVar[str] = "metrics_refused"


class AccountDisabled(errors.Forbidden):
    code: ClassVar[str] = "account_disabled"


class LicenseRequired(errors.Forbidden):
    code: ClassVar[str] = "license_required"


class LicenseRestricted(errors.Forbidden):
    """The platform's own licence takes no new submissions; what is there goes on."""

    code: ClassVar[str] = "license_restricted"


class OperatorOnly(errors.Forbidden):
    code: ClassVar[str] = "operator_only"


class TooManyStrategies(errors.Forbidden):
    code: ClassVar[str] = "too_many_strategies"


class ApiKeyNotFound(errors.NotFound):
    code: ClassVar[str] = "api_key_not_found"


class ApplianceNotFound(errors.NotFound):
    code: ClassVar[str] = "appliance_not_found"


class NoRepository(errors.NotFound):
    code: ClassVar[str] = "attestation_not_configured"


class NotAttested(errors.NotFound):
    code: ClassVar[str] = "attestation_not_found"


class BackfillNotFound(errors.NotFound):
    code: ClassVar[str] = "backfill_not_found"


class BackupMissing(errors.NotFound):
    code: ClassVar[str] = "backup_missing"


class ClaimNotFound(errors.NotFound):
    code: ClassVar[str] = "claim_not_found"


class NoBars(errors.NotFound):
    code: ClassVar[str] = "demo_no_bars"


class DeploymentNotFound(errors.NotFound):
    code: ClassVar[str] = "deployment_not_found"


class FactorFileNotFound(errors.NotFound):
    code: ClassVar[str] = "factor_file_not_found"


class FactorNotFound(errors.NotFound):
    code: ClassVar[str] = "factor_not_found"


class JobNotFound(errors.NotFound):
    code: ClassVar[str] = "job_not_found"


class LicenseFileMissing(errors.NotFound):
    """There is no such file to install, or it cannot be read."""

    code: ClassVar[str] = "license_file_missing"


class LicenseNotFound(errors.NotFound):
    code: ClassVar[str] = "license_not_found"


class LicenseRequestNotFound(errors.NotFound):
    code: ClassVar[str] = "license_request_not_found"


class NoBrowserServer(errors.NotFound):
    """What shows a terminal in a browser is not installed."""

    code: ClassVar[str] = "no_browser_server"


class NoDataDirectory(errors.NotFound):
    """The folder named is no data directory, and the command makes none."""

    code: ClassVar[str] = "no_data_directory"


class NoServer(errors.NotFound):
    """There is no running server to look at."""

    code: ClassVar[str] = "no_server"


class NotificationNotFound(errors.NotFound):
    code: ClassVar[str] = "notification_not_found"


class PortfolioDayWithoutSignal(errors.NotFound):
    """An explanation of a signal that there is not."""

    code: ClassVar[str] = "portfolio_day_without_signal"


class NotAMember(errors.NotFound):
    code: ClassVar[str] = "portfolio_not_a_member"


class PortfolioNotFound(errors.NotFound):
    code: ClassVar[str] = "portfolio_not_found"


class StrategyNotPublic(errors.NotFound):
    code: ClassVar[str] = "public_strategy_not_found"


class StudyNotFound(errors.NotFound):
    code: ClassVar[str] = "research_backtest_not_found"


class SavedStrategyNotFound(errors.NotFound):
    code: ClassVar[str] = "saved_strategy_not_found"


class SecretNotFound(errors.NotFound):
    code: ClassVar[str] = "secret_not_found"


class SettledDayNotFound(errors.NotFound):
    """The day is not settled for this strategy, or has no such revision."""

    code: ClassVar[str] = "settled_day_not_found"


class RunNotFound(errors.NotFound):
    code: ClassVar[str] = "settlement_run_not_found"


class SignalNotFound(errors.NotFound):
    code: ClassVar[str] = "signal_not_found"


class StrategyNotFound(errors.NotFound):
    code: ClassVar[str] = "strategy_not_found"


class TicketNotFound(errors.NotFound):
    code: ClassVar[str] = "ticket_not_found"


class UserNotFound(errors.NotFound):
    code: ClassVar[str] = "user_not_found"


class AlreadyAccepted(errors.Conflict):
    code: ClassVar[str] = "already_accepted"


class AnswerLost(errors.Conflict):
    """Done, or begun, and killed before the answer was kept: it is not done again."""

    code: ClassVar[str] = "answer_lost"


class KeyThere(errors.Conflict):
    """A key is there already: whoever replaces it makes every signature of before unverifiable."""

    code: ClassVar[str] = "attestation_key_exists"


class BackupExists(errors.Conflict):
    """A backup never takes the place of a file."""

    code: ClassVar[str] = "backup_exists"


class BackupUnderWay(errors.Conflict):
    """One backup at a time."""

    code: ClassVar[str] = "backup_under_way"


class DirectoryTaken(errors.Conflict):
    code: ClassVar[str] = "demo_directory_taken"


class DigestConflict(errors.Conflict):
    """A strategy-day and revision stands in the repository with another digest."""

    code: ClassVar[str] = "digest_conflict"


class DirectoryNotEmpty(errors.Conflict):
    """A restore takes the place of a directory only when asked to."""

    code: ClassVar[str] = "directory_not_empty"


class EmailTaken(errors.Conflict):
    code: ClassVar[str] = "email_taken"


class FactorDayWritten(errors.Conflict):
    """Other values for a day out of sample, which is written once."""

    code: ClassVar[str] = "factor_day_written"


class FetchUnderWay(errors.Conflict):
    """One fetch at a time into a folder."""

    code: ClassVar[str] = "fetch_under_way"


class LicenseRequestPending(errors.Conflict):
    code: ClassVar[str] = "license_request_pending"


class NicknameTaken(errors.Conflict):
    code: ClassVar[str] = "nickname_taken"


class AlreadyAMember(errors.Conflict):
    code: ClassVar[str] = "portfolio_already_a_member"


class RequestUnderWay(errors.Conflict):
    """The first request with this Idempotency-Key has no answer yet."""

    code: ClassVar[str] = "request_under_way"


class SettlementUnderWay(errors.Conflict):
    """A restatement waits for nobody: it is asked for again once the run has ended."""

    code: ClassVar[str] = "settlement_under_way"


class SignalIrreplaceable(errors.Conflict):
    code: ClassVar[str] = "signal_irreplaceable"


class SlugTaken(errors.Conflict):
    code: ClassVar[str] = "slug_taken"


class BundleExists(errors.Conflict):
    code: ClassVar[str] = "support_bundle_exists"


class TooManySymbols(errors.TooLarge):
    code: ClassVar[str] = "factor_symbols_too_many"


class UploadTooLarge(errors.TooLarge):
    """A file that holds more values than one upload may."""

    code: ClassVar[str] = "factor_upload_too_large"


class KeyUsedOtherwise(errors.Invalid):
    """The same Idempotency-Key with another request."""

    code: ClassVar[str] = "idempotency_key_used"


class BacktestsFull(errors.TooManyRequests):
    """As many backtests run and wait as may."""

    code: ClassVar[str] = "backtests_full"


class CodesWaiting(errors.TooManyRequests):
    """Too many codes were asked for."""

    code: ClassVar[str] = "codes_waiting"


class LoginsWaiting(errors.TooManyRequests):
    """Too many log-ins wait for their turn already."""

    code: ClassVar[str] = "logins_waiting"


class RateLimited(errors.TooManyRequests):
    """More calls than QUANTOS_RATE_LIMIT lets through."""

    code: ClassVar[str] = "rate_limited"


class TooManyStudies(errors.TooManyRequests):
    """As many research backtests of a user wait or run as may."""

    code: ClassVar[str] = "too_many_research_backtests"


class NotAllCommitted(errors.Unavailable):
    """Signals are left without a commit."""

    code: ClassVar[str] = "attestation_incomplete"


class RepositoryUnavailable(errors.Unavailable):
    code: ClassVar[str] = "attestation_unavailable"


class BacktestsUnavailable(errors.Unavailable):
    """Strategies cannot be run on this machine, or cannot be confined."""

    code: ClassVar[str] = "backtests_unavailable"


class NoRoom(errors.Unavailable):
    code: ClassVar[str] = "backup_no_room"


class CodesUnavailable(errors.Unavailable):
    """Codes can be neither kept nor judged."""

    code: ClassVar[str] = "codes_unavailable"


class NotServed(errors.Unavailable):
    code: ClassVar[str] = "demo_not_served"


class DirectoryLocked(errors.Unavailable):
    code: ClassVar[str] = "directory_locked"


class DirectoryUnusable(errors.Unavailable):
    code: ClassVar[str] = "directory_unusable"


class DiskNearlyFull(errors.Unavailable):
    """Uploads and other large things are refused until there is room; settlement and signals go on."""

    code: ClassVar[str] = "disk_nearly_full"


class EngineUnavailable(errors.Unavailable):
    code: ClassVar[str] = "engine_unavailable"


class ValidationInterrupted(errors.Unavailable):
    """The platform stops before a validation's turn; it is made at the next start."""

    code: ClassVar[str] = "factor_validation_interrupted"


class ValuesDamaged(errors.Unavailable):
    code: ClassVar[str] = "factor_values_damaged"


class LicenseNotWritten(errors.Unavailable):
    """Where the licence file belongs, it cannot be written."""

    code: ClassVar[str] = "license_not_written"


class MailNotSent(errors.Unavailable):
    code: ClassVar[str] = "mail_not_sent"


class NicknamesExhausted(errors.Unavailable):
    code: ClassVar[str] = "nicknames_exhausted"


class NoFingerprint(errors.Unavailable):
    """The machine does not say which one it is."""

    code: ClassVar[str] = "no_fingerprint"


class PortUnavailable(errors.Unavailable):
    code: ClassVar[str] = "port_unavailable"


class PortfoliosFailed(errors.Unavailable):
    """Signals that could not be made for reasons of the platform's own."""

    code: ClassVar[str] = "portfolio_signals_failed"


class RecordsUnavailable(errors.Unavailable):
    code: ClassVar[str] = "records_unavailable"


class SeriesUnavailable(errors.Unavailable):
    code: ClassVar[str] = "series_unavailable"


class ServerSilent(errors.Unavailable):
    code: ClassVar[str] = "server_silent"


class SourceNotInstalled(errors.Unavailable):
    """The source's library is an optional extra that is not installed."""

    code: ClassVar[str] = "source_not_installed"


class SourceRefused(errors.Unavailable):
    """The provider turned us away; trying again does not help."""

    code: ClassVar[str] = "source_refused"


class SourceUnavailable(errors.Unavailable):
    """A live source cannot be used now."""

    code: ClassVar[str] = "source_unavailable"


class SourceUnreachable(errors.Unavailable):
    """The network or the provider does not answer; the same fetch can go on later."""

    code: ClassVar[str] = "source_unreachable"


class StoreDamaged(errors.Unavailable):
    """A file of a store is not as it was written; nothing of it is guessed at."""

    code: ClassVar[str] = "store_damaged"


class TooManyReaders(errors.Unavailable):
    """Each reader holds a connection."""

    code: ClassVar[str] = "too_many_readers"


BY_CODE: dict[str, type[errors.ApiError]] = {
    "account_disabled": AccountDisabled,
    "already_accepted": AlreadyAccepted,
    "answer_lost": AnswerLost,
    "api_key_not_found": ApiKeyNotFound,
    "api_key_not_set": NoApiKey,
    "appliance_not_found": ApplianceNotFound,
    "attestation_incomplete": NotAllCommitted,
    "attestation_key_exists": KeyThere,
    "attestation_key_unusable": KeyUnusable,
    "attestation_left": NotAllAttested,
    "attestation_not_configured": NoRepository,
    "attestation_not_found": NotAttested,
    "attestation_other_key": OtherKeyConfigured,
    "attestation_repository_in_the_way": RepositoryInTheWay,
    "attestation_unavailable": RepositoryUnavailable,
    "backfill_not_found": BackfillNotFound,
    "backfill_refused": BackfillRefused,
    "backtest_account_differs": AccountDiffers,
    "backtest_failed": BacktestFailed,
    "backtests_full": BacktestsFull,
    "backtests_unavailable": BacktestsUnavailable,
    "backup_damaged": BackupDamaged,
    "backup_exists": BackupExists,
    "backup_missing": BackupMissing,
    "backup_no_room": NoRoom,
    "backup_refused": BackupRefused,
    "backup_too_new": BackupTooNew,
    "backup_under_way": BackupUnderWay,
    "bad_idempotency_key": BadIdempotencyKey,
    "bad_settings": BadSettings,
    "blueprint_invalid": BlueprintInvalid,
    "calendar_ends": CalendarEnds,
    "calendar_file_refused": CalendarFileRefused,
    "calendar_question_missing": NoQuestion,
    "calendar_refused": CalendarRefused,
    "cannot_replay": CannotReplay,
    "claim_locked": ClaimLocked,
    "claim_not_before_activation": ClaimNotBeforeActivation,
    "claim_not_found": ClaimNotFound,
    "claim_too_early": ClaimTooEarly,
    "clock_decided": ClockDecided,
    "clock_goes_back": ClockGoesBack,
    "clock_in_step": ClockInStep,
    "clock_is_live": ClockIsLive,
    "clock_stands_live": ClockStandsLive,
    "code_refused": CodeRefused,
    "codes_unavailable": CodesUnavailable,
    "codes_waiting": CodesWaiting,
    "day_ahead": DayAhead,
    "day_not_playable": DayNotPlayable,
    "day_not_settled": DayNotSettled,
    "deadline_passed": DeadlinePassed,
    "demo_directory_taken": DirectoryTaken,
    "demo_market_too_short": TooShort,
    "demo_no_bars": NoBars,
    "demo_not_served": NotServed,
    "deployment_not_found": DeploymentNotFound,
    "digest_conflict": DigestConflict,
    "directory_locked": DirectoryLocked,
    "directory_not_empty": DirectoryNotEmpty,
    "directory_unusable": DirectoryUnusable,
    "disk_nearly_full": DiskNearlyFull,
    "email_taken": EmailTaken,
    "engine_unavailable": EngineUnavailable,
    "event_unknown": EventUnknown,
    "factor_date_in_future": FactorDateInFuture,
    "factor_day_written": FactorDayWritten,
    "factor_file_not_found": FactorFileNotFound,
    "factor_file_not_taken": FileNotTaken,
    "factor_locked": FactorLocked,
    "factor_not_found": FactorNotFound,
    "factor_not_named": NoFactorNamed,
    "factor_not_ready": FactorNotReady,
    "factor_nothing_to_report": NothingToReport,
    "factor_part_refused": PartRefused,
    "factor_symbols_too_many": TooManySymbols,
    "factor_takes_no_values": FactorTakesNoValues,
    "factor_upload_too_large": UploadTooLarge,
    "factor_validation_interrupted": ValidationInterrupted,
    "factor_values_damaged": ValuesDamaged,
    "fetch_under_way": FetchUnderWay,
    "idempotency_key_used": KeyUsedOtherwise,
    "invalid_token": InvalidToken,
    "invalid_transition": InvalidTransition,
    "invite_refused": InviteRefused,
    "job_date_refused": JobDateRefused,
    "job_failed": JobFailed,
    "job_not_available": JobNotAvailable,
    "job_not_found": JobNotFound,
    "license_file_missing": LicenseFileMissing,
    "license_not_found": LicenseNotFound,
    "license_not_issuable": LicenseNotIssuable,
    "license_not_written": LicenseNotWritten,
    "license_refused": LicenseRefused,
    "license_request_decided": LicenseRequestDecided,
    "license_request_not_found": LicenseRequestNotFound,
    "license_request_pending": LicenseRequestPending,
    "license_required": LicenseRequired,
    "license_restricted": LicenseRestricted,
    "login_refused": LoginRefused,
    "logins_waiting": LoginsWaiting,
    "mail_not_sent": MailNotSent,
    "market_file_refused": FileRefused,
    "market_path_not_found": PathNotFound,
    "market_value_unreadable": UnreadableValue,
    "metrics_refused": MetricsRefused,
    "nickname_taken": NicknameTaken,
    "nicknames_exhausted": NicknamesExhausted,
    "no_bars_yet": NoBarsYet,
    "no_browser_server": NoBrowserServer,
    "no_data_directory": NoDataDirectory,
    "no_fingerprint": NoFingerprint,
    "no_server": NoServer,
    "not_a_trading_day": NotATradingDay,
    "nothing_to_acknowledge": NothingToAcknowledge,
    "notification_not_found": NotificationNotFound,
    "operator_only": OperatorOnly,
    "port_unavailable": PortUnavailable,
    "portfolio_already_a_member": AlreadyAMember,
    "portfolio_day_without_signal": PortfolioDayWithoutSignal,
    "portfolio_locked": PortfolioLocked,
    "portfolio_member_unsuitable": MemberUnsuitable,
    "portfolio_not_a_member": NotAMember,
    "portfolio_not_found": PortfolioNotFound,
    "portfolio_signals_failed": PortfoliosFailed,
    "portfolio_too_few_members": TooFewMembers,
    "portfolio_transition_refused": PortfolioTransitionRefused,
    "prompt_empty": PromptEmpty,
    "public_strategy_not_found": StrategyNotPublic,
    "quarantine_form_unclear": FormUnclear,
    "rate_limited": RateLimited,
    "records_unavailable": RecordsUnavailable,
    "request_under_way": RequestUnderWay,
    "research_backtest_ended": StudyEnded,
    "research_backtest_not_found": StudyNotFound,
    "restatement_refused": RestatementRefused,
    "saved_strategy_not_found": SavedStrategyNotFound,
    "secret_not_found": SecretNotFound,
    "series_unavailable": SeriesUnavailable,
    "server_silent": ServerSilent,
    "settled_day_not_found": SettledDayNotFound,
    "settlement_run_not_found": RunNotFound,
    "settlement_under_way": SettlementUnderWay,
    "signal_by_hand": SignalByHand,
    "signal_irreplaceable": SignalIrreplaceable,
    "signal_locked": SignalLocked,
    "signal_not_found": SignalNotFound,
    "slug_taken": SlugTaken,
    "source_not_installed": SourceNotInstalled,
    "source_refused": SourceRefused,
    "source_unavailable": SourceUnavailable,
    "source_unreachable": SourceUnreachable,
    "store_damaged": StoreDamaged,
    "strategies_not_settled": NotSettled,
    "strategy_code_refused": StrategyCodeRefused,
    "strategy_not_found": StrategyNotFound,
    "strategy_retired": StrategyRetired,
    "support_bundle_exists": BundleExists,
    "takes_no_signals": TakesNoSignals,
    "ticket_not_found": TicketNotFound,
    "too_early_to_settle": TooEarly,
    "too_many_readers": TooManyReaders,
    "too_many_research_backtests": TooManyStudies,
    "too_many_saved_strategies": TooManySaved,
    "too_many_strategies": TooManyStrategies,
    "unknown_ticker": UnknownTicker,
    "user_not_found": UserNotFound,
    "vendor_key_missing": NoVendorKey,
    "vendor_key_unusable": VendorKeyUnusable,
    "wrong_market": WrongMarket,
    "wrong_mode": WrongMode,
}
