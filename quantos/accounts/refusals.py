"""What accounts refuse."""

from __future__ import annotations

from quantos.errors import Forbidden, NotFound, Unauthenticated, Unavailable


class InvalidToken(Unauthenticated):
    """No credentials, or such as nobody gave out."""

    code = "invalid_token"


class InviteRefused(Unauthenticated):
    code = "invite_refused"


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
