"""API keys and invite codes: random texts that are kept only as a digest.

    API key       qgpt_ + 32 random bytes, URL-safe    256 bits
    invite code   qinv_ + 16 random bytes, URL-safe    128 bits

The digest is one SHA-256. A slow, salted hash defends secrets that people choose, of which there are few
enough to try; 128 random bits cannot be tried at any speed, and a key is checked on every call.
Of the text itself only the last 4 characters stay readable, for the owner to tell keys apart.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

API_KEY_PREFIX: Final = "qgpt_"
INVITE_PREFIX: Final = "qinv_"
API_KEY_BYTES: Final = 32
INVITE_BYTES: Final = 16
LAST_SHOWN: Final = 4


def api_key(random: bytes) -> str:
    """The text of a key made of 32 random bytes."""
    assert len(random) == API_KEY_BYTES
    return API_KEY_PREFIX + _url_safe(random)


def invite_code(random: bytes) -> str:
    """The text of an invite code made of 16 random bytes."""
    assert len(random) == INVITE_BYTES
    return INVITE_PREFIX + _url_safe(random)


def digest(secret: str) -> str:
    """The form in which a secret is kept and looked up: SHA-256 as hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def last4(secret: str) -> str:
    return secret[-LAST_SHOWN:]


def masked(prefix: str, ending: str) -> str:
    """How a secret is shown after its creation: `qgpt_...x1y2`."""
    return f"{prefix}...{ending}"


def _url_safe(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).rstrip(b"=").decode()
