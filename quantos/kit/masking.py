"""What may be shown of a text that could hold a secret.

Two ways. A value whose meaning is known is masked by its meaning (`masked`). A line of a log is free text: known
secrets are cut out of it wherever they stand, and whatever has the form of a credential of ours (`Redaction`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

MASK: Final = "********"
SECRET_CHARS_MIN: Final = 8
"""A shorter one would be cut out of ordinary words."""

_FORMS: Final = re.compile(
    r"\b(?:qgpt|qinv)_[\w-]{8,}"  # API keys, invite codes
    r"|\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?"  # tokens
    r"|(?<=Bearer )\S+"
    r"|(?<=://)[^/@\s:]*:[^/@\s]+(?=@)",  # user and password of a URL
)


def masked(value: Any) -> Any:
    """The value of a setting as it may be shown: secrets and passwords in URLs are not."""
    from pydantic import SecretStr  # noqa: PLC0415 - --help needs no pydantic

    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, int | float):
        return value
    return without_password(str(value))


def without_password(text: str) -> str:
    """`postgresql://user:password@host/name` with the password masked."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        if parts.password is None and not parts.query:
            return text
        user, _, host = parts.netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if parts.password is not None else parts.netloc
        return urlunsplit(parts._replace(netloc=netloc, query=MASK if parts.query else ""))
    except ValueError:
        return MASK


def password_of(url: str) -> str | None:
    """The password in a URL, as it is written there."""
    try:
        return urlsplit(url).password
    except ValueError:
        return None


class Redaction:
    """Cuts secrets out of free text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Cut these out too."""
        self._secrets |= {each for each in secrets if len(each) >= SECRET_CHARS_MIN}
        known = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _FORMS.sub(MASK, text)
