"""What accounts refuse."""

from __future__ import annotations

from quantos.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongState,
)


class InvalidToken(Unauthenticated):
    """No credentials, or such as nobody gave out."""

    code = "invalid_token"


class InviteRefused(Unauthenticated):
    code = "invite_refused"


class LoginRefused(Unauthenticated):
    """One message for an unknown e-mail, a wrong password and an account without one (AUTH-12)."""

    code = "login_refused"


class LoginsWaiting(TooManyRequests):
    """Too many log-ins wait for their turn already."""

    code = "logins_waiting"


class CodeRefused(Unauthenticated):
    """One message for a code that is wrong, expired, used or void (COP-04)."""

    code = "code_refused"


class CodesWaiting(TooManyRequests):
    """Too many codes were asked for."""

    code = "codes_waiting"


class CodesUnavailable(Unavailable):
    """Codes can be neither kept nor judged."""

    code = "codes_unavailable"


class MailNotSent(Unavailable):
    code = "mail_not_sent"


class NicknameTaken(Conflict):
    code = "nickname_taken"


class EmailTaken(Conflict):
    code = "email_taken"


class AccountDisabled(Forbidden):
    code = "account_disabled"


class OperatorOnly(Forbidden):
    code = "operator_only"


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"


class SecretNotFound(NotFound):
    code = "secret_not_found"


class UserNotFound(NotFound):
    code = "user_not_found"


class NicknamesExhausted(Unavailable):
    code = "nicknames_exhausted"


class BadIdempotencyKey(WrongState):
    """A header that is no key."""

    code = "bad_idempotency_key"


class KeyUsedOtherwise(Invalid):
    """The same Idempotency-Key with another request."""

    code = "idempotency_key_used"


class RequestUnderWay(Conflict):
    """The first request with this Idempotency-Key has no answer yet."""

    code = "request_under_way"


class AnswerLost(Conflict):
    """Done, or begun, and killed before the answer was kept: it is not done again."""

    code = "answer_lost"
