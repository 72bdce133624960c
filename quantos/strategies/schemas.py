"""API shapes of strategies and signals.

A signal's body is the one that arrives 2,000 times a second: it is decoded straight into its type. Whatever
that decoder does not take (an unknown field, another content type, an error) is read again by the slow
reader, which is the authority: it accepts what it accepts and names each error with its place.
"""

import json
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field, ValidationError

from quantos.kit.clock import rfc3339
from quantos.kit.findings import explain, said_as
from quantos.kit.money import RATE_UNIT, rate_e8
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, Date, PatchModel, parse_date, parse_json
from quantos.market.core.symbols import SYMBOL_PATTERN, SYMBOL_WORDS
from quantos.strategies.core.signal import SIGNALS_MAX, TargetWeight, are_symbols
from quantos.strategies.core.status import Status
from quantos.strategies.tables import Strategy

SLUG: Final = said_as(
    r"^[a-z0-9][a-z0-9_-]{2,48}$",
    "must be 3 to 49 characters, small letters, digits, - and _, and begin with a letter or a digit",
)
explain("hs300", "hs300 is the CSI 300")
RATE_MAX: Final = 0.05

ABSENT: Any = Field(default_factory=lambda: None)
"""A field that a change leaves alone; the documentation shows no default for it."""

Universe = Literal["hs300", "csi500", "csi1000", "csi2000", "etf_all"]


def _at_most_8_decimals(rate: float) -> float:
    rate_e8(rate)
    return rate


Name = Annotated[str, Field(min_length=1, max_length=100), STORABLE]
Description = Annotated[str, Field(max_length=2000), STORABLE]
Rate = Annotated[float, Field(ge=0, le=RATE_MAX), AfterValidator(_at_most_8_decimals)]


class StrategyNew(ApiModel):
    """Body of `POST /strategies`."""

    name: Name
    slug: Annotated[str, Field(pattern=SLUG)]
    description: Description | None = None
    universe: Universe = "hs300"
    execution_price: Literal["open", "close"] = "open"
    holding_period: Annotated[int, Field(ge=1, le=60), WHOLE] = 10
    initial_capital: Annotated[int, Field(ge=100_000, le=100_000_000), WHOLE] = 1_000_000
    commission_rate: Rate = 0.0003
    slippage_rate: Rate = 0.002
    is_public: bool = True


class StrategyChange(PatchModel):
    """Body of `PATCH /strategies/{slug}`: what may change. Absent is unchanged; only a description may be null."""

    name: Name = ABSENT
    description: Description | None = ABSENT
    status: Literal["pending", "active", "paused", "retired"] = ABSENT
    is_public: bool = ABSENT


class StrategyOut(Answer):
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
    activated_at: datetime | None
    retired_at: datetime | None
    created_at: datetime


class StrategyList(Answer):
    strategies: list[StrategyOut]


class OwnedStrategy(StrategyOut):
    """A strategy as the operator sees it."""

    owner: str


class OwnedStrategyList(Answer):
    strategies: list[OwnedStrategy]


class Deleted(Answer):
    deleted: Literal[True]


class SignalLine(ApiModel):
    symbol: Annotated[str, Field(pattern=said_as(SYMBOL_PATTERN.pattern, SYMBOL_WORDS))]
    weight: Annotated[int, Field(gt=0, le=1)] | Annotated[float, Field(gt=0, le=1)]


class SignalNew(ApiModel):
    """Body of `POST /strategies/{slug}/signals`, as the documentation shows it and the slow reader reads it."""

    trade_date: Date
    signals: Annotated[list[SignalLine], Field(max_length=SIGNALS_MAX)]


class Committed(Answer):
    """The signal stands in the attestation repository, in the commit `sha`."""

    committed: Literal[True]
    sha: str


class NotCommitted(Answer):
    """Why not, or not yet: `repo_not_configured`, `batched_before_deadline`, `commit_pending`, `disk_full` and others."""

    committed: Literal[False]
    reason: str


class SignalReceipt(Answer):
    """Answer to a submission."""

    id: str
    trade_date: Date
    signal_hash: str
    submitted_at: datetime
    is_settled: bool
    github_committed: bool
    attestation: Committed | NotCommitted
    replaced: bool


class SignalWarning(Answer):
    """A symbol that is taken and would not be bought as things stand."""

    symbol: str
    code: Literal["no_share_or_fund", "not_in_market", "no_recent_bars"]
    message: str


class SignalCheck(Answer):
    """Answer to a submission that is only checked: what it would store. A hash it has none: each has its own nonce."""

    valid: Literal[True]
    trade_date: Date
    deadline: datetime
    signals: list[SignalLine]
    cash_weight: float
    would_replace: bool
    would_activate: bool
    would_attest: Literal["at_submission", "before_deadline"] | None
    warnings: list[SignalWarning]


class SignalOut(Answer):
    id: str
    trade_date: Date
    signals: list[SignalLine]
    signal_hash: str
    submitted_at: datetime
    is_settled: bool
    github_committed: bool
    nonce: str | None


class SignalList(Answer):
    signals: list[SignalOut]


class Submission(msgspec.Struct, frozen=True, gc=False):
    """A signal that is well formed."""

    trade_date: date
    signals: list[TargetWeight]


class _Body(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    trade_date: str
    signals: Annotated[list[TargetWeight], msgspec.Meta(max_length=SIGNALS_MAX)]


_DECODE: Final = msgspec.json.Decoder(_Body, strict=True).decode


def read_submission(body: bytes, content_type: str | None) -> Submission:
    """The signal in a body. Raises RequestValidationError with the place of each error."""
    if content_type == "application/json":
        try:
            found = _DECODE(body)
            if are_symbols([target.symbol for target in found.signals]):
                return Submission(parse_date(found.trade_date), found.signals)
        except (ValueError, RecursionError):
            return _read_slowly(body, content_type)
    return _read_slowly(body, content_type)


def _read_slowly(body: bytes, content_type: str | None) -> Submission:
    if not body:
        raise _refused("missing", "body")
    if not _is_json(content_type):
        raise _refused("model_attributes_type", "body")
    try:
        found = SignalNew.model_validate(parse_json(body))
    except json.JSONDecodeError as error:
        raise _refused("json_invalid", "body", 0, error=error.msg) from None
    except ValidationError as error:
        raise RequestValidationError(_in_body(error)) from None
    targets = [TargetWeight(line.symbol, line.weight) for line in found.signals]
    return Submission(found.trade_date, targets)


def _refused(kind: str, *loc: str | int, **ctx: str) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": loc, "ctx": ctx}])


def _in_body(error: ValidationError) -> list[dict[str, Any]]:
    """One item per place: the two kinds of number of a weight give one error, not two."""
    items: dict[tuple[str | int, ...], dict[str, Any]] = {}
    for found in error.errors(include_url=False, include_input=False):
        loc = ("body", *found["loc"])
        if loc[-1] in {"constrained-int", "constrained-float", "int", "float"}:
            loc = loc[:-1]
        items[loc] = {"type": found["type"], "loc": loc, "ctx": found.get("ctx", {})}
    return list(items.values())


def _is_json(content_type: str | None) -> bool:
    main, _, rest = (content_type or "").partition("/")
    subtype = rest.partition(";")[0].strip().lower()
    return main.strip().lower() == "application" and (subtype == "json" or subtype.endswith("+json"))


def strategy_out(strategy: Strategy) -> dict[str, Any]:
    """The fields of a strategy, in the guide's order."""
    return {
        "slug": strategy.slug,
        "name": strategy.name,
        "description": strategy.description,
        "universe": strategy.universe,
        "execution_price": strategy.execution_price,
        "holding_period": strategy.holding_period,
        "initial_capital": strategy.initial_capital,
        "commission_rate": strategy.commission_e8 / RATE_UNIT,
        "slippage_rate": strategy.slippage_e8 / RATE_UNIT,
        "status": strategy.status,
        "is_public": strategy.is_public,
        "activated_at": _instant(strategy.activated_at),
        "retired_at": _instant(strategy.retired_at),
        "created_at": rfc3339(strategy.created_at),
    }


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
