"""API shapes of licence requests and licences."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from quantos.kit.findings import said_as
from quantos.kit.web import STORABLE, WHOLE, Answer, ApiModel, Date
from quantos.license.core.entitlement import Mode, Why
from quantos.license.tables import IssuedLicense, LicenseRequest

FINGERPRINT: Final = said_as(r"^[0-9A-Fa-f]{64}$", "must be the 64 hex digits that fingerprint.sh prints")
CORES_MAX: Final = 65_536
MEMORY_GB_MAX: Final = 1_048_576

Edition = Literal["standard", "test", "evaluation", "none"]
FIELDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("format", "license_id", "customer", "fingerprint", "edition"), "string"),
    **dict.fromkeys(("expires", "created_at", "key_id", "signature"), "string"),
    "max_cores": ["integer", "null"],
    "max_memory_gb": ["integer", "null"],
}
"""Of a license.json, with the JSON types of their values."""

RequestStatus = Literal["pending", "approved", "rejected"]
Arch = Literal["amd64", "arm64"]
Customer = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
Note = Annotated[str, Field(max_length=20_000), STORABLE]
Reply = Annotated[str, Field(min_length=1, max_length=20_000), STORABLE]
Fingerprint = Annotated[
    str, Field(pattern=FINGERPRINT, description="64 hex digits, as fingerprint.sh prints.")
]


class LicenseRequestNew(ApiModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"customer": "Acme Corp", "fingerprint": "0f" * 32, "note": "optional"}}
    )

    customer: Customer
    fingerprint: Fingerprint
    note: Note | None = None


class Approval(ApiModel):
    """What the licence grants; a limit that is absent or null is none. `expires`: its last day."""

    expires: Date
    max_cores: Annotated[int, Field(ge=1, le=CORES_MAX), WHOLE] | None = None
    max_memory_gb: Annotated[int, Field(ge=1, le=MEMORY_GB_MAX), WHOLE] | None = None


class Rejection(ApiModel):
    admin_reply: Reply


class LicenseRequested(Answer):
    """A request as the guide shows it to who made it."""

    id: str
    customer: str
    fingerprint: str
    status: RequestStatus
    created_at: datetime


class LatestRequest(LicenseRequested):
    has_request: Literal[True] = True
    admin_reply: str | None


class NoRequest(Answer):
    has_request: Literal[False] = False


class OwnedRequest(LicenseRequested):
    """As the operator sees it."""

    user_id: str
    owner: str
    note: str | None
    admin_reply: str | None
    decided_at: datetime | None


class OwnedRequestList(Answer):
    license_requests: list[OwnedRequest]
    total: int


class MyLicense(Answer):
    """A limit of null is none."""

    has_license: Literal[True] = True
    customer: str
    fingerprint: str
    expires: date
    max_cores: int | None
    max_memory_gb: int | None
    created_at: datetime


class NoLicense(Answer):
    has_license: Literal[False] = False


class OwnLicenseFields(Answer):
    """What a license.json says, signed or not: `steps` tell whether it holds."""

    license_id: str
    customer: str
    fingerprint: str
    edition: str
    expires: date
    max_cores: int | None
    max_memory_gb: int | None
    created_at: datetime
    key_id: str


class JudgedStep(Answer):
    """A step of the verification, as docs/license.md lists them. `reason`: why it does not hold, and what to do."""

    number: int
    name: str
    holds: bool
    reason: str | None


class MachineOut(Answer):
    """`fingerprint`: null where the machine has none, for `problem`."""

    fingerprint: str | None
    problem: str | None
    cores: int
    memory_gb: float


class UsedOut(Answer):
    """What the platform goes by. `memory_gb`: null where the licence sets no limit."""

    cores: int
    memory_gb: int | None


class AcceptedKey(Answer):
    """`test`: what it signs reads `edition: test`."""

    key_id: str
    test: bool


class OwnLicenseOut(Answer):
    """What holds here, by the system's time. `until`: when this mode ends by itself; `license`: null without a file."""

    edition: Edition
    mode: Mode
    why: Why
    accepts_submissions: bool
    until: datetime | None
    ends_soon: bool
    message: str
    reasons: list[str]
    notes: Annotated[list[str], Field(description="What of the machine is beyond the limits, and not used.")]
    steps: list[JudgedStep]
    license: OwnLicenseFields | None
    machine: MachineOut
    used: UsedOut
    accepted_keys: list[AcceptedKey]
    key_problem: Annotated[str | None, Field(description="Why a key that should be accepted is not.")]
    file_problem: Annotated[str | None, Field(description="Why a file that is there cannot be read.")]
    file: Annotated[
        str, Field(description="Where the licence is looked for: put a new one there, or PUT it.")
    ]


class LicenseDocument(Answer):
    """license.json as it was signed: every byte counts."""

    model_config = ConfigDict(extra="allow")


def requested(row: LicenseRequest) -> dict[str, Any]:
    """As in `LicenseRequested`."""
    return {
        "id": row.id,
        "customer": row.customer,
        "fingerprint": row.fingerprint,
        "status": row.status,
        "created_at": row.created_at,
    }


def latest(row: LicenseRequest | None) -> dict[str, Any]:
    """As in `LatestRequest` or `NoRequest`."""
    if row is None:
        return {"has_request": False}
    return {"has_request": True, **requested(row), "admin_reply": row.admin_reply}


def owned(row: LicenseRequest, owner: str) -> dict[str, Any]:
    """As in `OwnedRequest`."""
    more = {name: getattr(row, name) for name in ("user_id", "note", "admin_reply", "decided_at")}
    return {**requested(row), **more, "owner": owner}


def licensed(row: IssuedLicense | None) -> dict[str, Any]:
    """As in `MyLicense` or `NoLicense`."""
    if row is None:
        return {"has_license": False}
    names = ("customer", "fingerprint", "expires", "max_cores", "max_memory_gb", "created_at")
    return {"has_license": True, **{name: getattr(row, name) for name in names}}
