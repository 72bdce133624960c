"""What an account is called and when it is complete.

A new account is anonymous: `user_` and 6 hex digits, with an e-mail in a domain that is reserved and can
receive nothing. E-mails compare case-insensitively by their key.
"""

from __future__ import annotations

from typing import Final

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


def profile_complete(*, nickname_set: bool, email_set: bool, has_password: bool) -> bool:
    """True when the user has set all three."""
    return nickname_set and email_set and has_password
