"""What can come back instead of an answer.

ClientError
├── Unreachable        no answer after every attempt: the server, the network, or the time allowed
├── NotTheApi          an answer that is none of the platform's: another server, a proxy's page
└── ApiError           a refusal, with its status and code; by status one of
    ├── WrongState       400     ├── Conflict          409
    ├── Unauthenticated  401     ├── TooLarge          413
    ├── Forbidden        403     ├── Invalid           422  carries the findings
    ├── NotFound         404     ├── TooManyRequests   429  carries when to come back
    ├── Unavailable      503     └── ServerError       500 and above
    └── MethodNotAllowed 405

Below these stands one class for each code (`quantos.client.refusals`), such as `StrategyNotFound`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class ClientError(Exception):
    """Anything below."""


class Unreachable(ClientError):
    """Nobody answered, for as long as was allowed."""


class NotTheApi(ClientError):
    """Whoever answered is not the platform."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One field that was refused: where it stands, what is wrong, and of what kind that is."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


class ApiError(ClientError):
    """A refusal of the platform. `code`: a stable word for programs; `detail`: a sentence for people."""

    code: ClassVar[str] = "error"

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        findings: Sequence[Finding] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.findings = status, detail, tuple(findings)
        self.retry_after_s = retry_after_s
        self.named = code or self.code


class WrongState(ApiError):
    code = "wrong_state"


class Unauthenticated(ApiError):
    code = "unauthenticated"


class Forbidden(ApiError):
    code = "forbidden"


class NotFound(ApiError):
    code = "not_found"


class MethodNotAllowed(ApiError):
    code = "method_not_allowed"


class Conflict(ApiError):
    code = "conflict"


class TooLarge(ApiError):
    code = "too_large"


class Invalid(ApiError):
    """`findings`: what was refused, field by field."""

    code = "invalid"


class TooManyRequests(ApiError):
    """`retry_after_s`: seconds after which the same request would be taken."""

    code = "too_many_requests"


class ServerError(ApiError):
    code = "internal_error"


class Unavailable(ServerError):
    code = "unavailable"


BY_STATUS: dict[int, type[ApiError]] = {
    400: WrongState,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    429: TooManyRequests,
    503: Unavailable,
}


def refusal(
    status: int, detail: Any, code: str, retry_after_s: float | None, known: dict[str, type[ApiError]]
) -> ApiError:
    """The error of an answer. `known`: the classes of the codes that this version knows."""
    general = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    found = known.get(code, general)
    if isinstance(detail, list):
        findings = [Finding(tuple(one["loc"]), one["msg"], one["type"]) for one in detail]
        said = "; ".join(f"{'.'.join(map(str, one.loc))}: {one.msg}" for one in findings)
        return found(status, said, code=code, findings=findings)
    return found(status, str(detail), code=code, retry_after_s=retry_after_s)
