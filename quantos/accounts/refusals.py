"""What accounts refuse."""

from __future__ import annotations

from quantos.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated, Unavailable


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


class UserNotFound(NotFound):
    code = "user_not_found"


class NicknamesExhausted(Unavailable):
    code = "nicknames_exhausted"
