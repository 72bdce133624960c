"""Every refusal of the platform, a named fact with a stable code and a status.

A feature subclasses one of these where it refuses; the web layer turns it into the guide's error shape
(`{"detail": "..."}`), the command line into a message on stderr and an exit code that is not 0. A message
says what was wrong, where, and what to do; it never shows SQL, a stack trace or a secret.

QuantosError                500
├── Unauthenticated         401
├── Forbidden               403
├── NotFound                404
├── MethodNotAllowed        405
├── WrongState              400
├── Conflict                409
├── TooLarge                413
├── Invalid                 422  carries field errors
├── TooManyRequests         429  carries when to come back
├── Internal                500  a defect of ours
└── Unavailable             503  storage or data cannot answer now
"""

from __future__ import annotations

from typing import Any, ClassVar


class QuantosError(Exception):
    """A refusal with a message for a person and a code for a program."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unauthenticated(QuantosError):
    status, code = 401, "unauthenticated"


class Forbidden(QuantosError):
    status, code = 403, "forbidden"


class NotFound(QuantosError):
    status, code = 404, "not_found"


class MethodNotAllowed(QuantosError):
    """The path does not take this method; the header Allow names those that it takes."""

    status, code = 405, "method_not_allowed"


class WrongState(QuantosError):
    status, code = 400, "wrong_state"


class Conflict(QuantosError):
    status, code = 409, "conflict"


class TooLarge(QuantosError):
    status, code = 413, "too_large"


class TooManyRequests(QuantosError):
    """`retry_after_s`: whole seconds after which the same request would be taken."""

    status, code = 429, "too_many_requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Internal(QuantosError):
    """A defect of the platform: its log has what happened."""

    status, code = 500, "internal_error"


class Unavailable(QuantosError):
    status, code = 503, "unavailable"


class Invalid(QuantosError):
    """Input that breaks a rule of form: one item per field, as the guide's 422 shows them."""

    status, code = 422, "invalid"

    def __init__(self, loc: tuple[str | int, ...], msg: str, type_: str = "value_error") -> None:
        super().__init__(f"{'.'.join(map(str, loc))}: {msg}")
        self.items: list[dict[str, Any]] = [{"type": type_, "loc": list(loc), "msg": msg}]
