"""What an account is called and when it is complete.

A new account is anonymous: `user_` and 6 hex digits, with an e-mail in a domain that is reserved and can
receive nothing. E-mails compare case-insensitively by their key.

A nickname that a user chooses has 2 to 30 characters: letters and digits of ASCII, Chinese characters, underscore
and hyphen. Letters of other scripts are left out because some look like these, and a nickname stands on public pages.

An e-mail is `local@domain` in ASCII as RFC 5321 writes it without quotes: a domain of at least two labels, 254
characters in all, 64 before the @.
"""

from __future__ import annotations

import re
from typing import Final

NICKNAME_CHARS_MIN: Final = 2
NICKNAME_CHARS_MAX: Final = 30
_NICKNAME: Final = re.compile(r"[A-Za-z0-9_\-\u3007\u3400-\u4DBF\u4E00-\u9FFF\U00020000-\U000323AF]{2,30}")
"""With the basic block of Chinese characters, its extensions, and the character for zero."""

EMAIL_CHARS_MAX: Final = 254
LOCAL_CHARS_MAX: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})+)")

ANONYMOUS_DOMAIN: Final = "quantgpt.local"
NICKNAME_BYTES: Final = 3
"""Random bytes of an anonymous nickname: 16.7 million names, so that a taken one is drawn again."""


def anonymous_nickname(random: bytes) -> str:
    """`user_a1b2c3` of 3 random bytes."""
    assert len(random) == NICKNAME_BYTES
    return f"user_{random.hex()}"


def anonymous_email(nickname: str) -> str:
    return f"{nickname}@{ANONYMOUS_DOMAIN}"


def email_key(email: str) -> str:
    """The form in which e-mails are compared."""
    return email.lower()


def is_nickname(text: str) -> bool:
    """Whether a user may choose it."""
    return _NICKNAME.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether it has the form of an e-mail address."""
    if len(text) > EMAIL_CHARS_MAX:
        return False
    found = _EMAIL.fullmatch(text)
    return found is not None and len(found["local"]) <= LOCAL_CHARS_MAX


def is_reserved(email: str) -> bool:
    """Whether it is in the domain of anonymous accounts, in any letter case."""
    return email.lower().endswith(f"@{ANONYMOUS_DOMAIN}")


def profile_complete(*, nickname_set: bool, email_set: bool, has_password: bool) -> bool:
    """True when the user has set all three."""
    return nickname_set and email_set and has_password
