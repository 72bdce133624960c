"""Whose a bearer credential is, answered from memory.

It is asked before every authenticated call, so the common answer costs a few microseconds and no query:

    credentials   SHA-256 of the token -> user, key, time of expiry     bounded, oldest out
    standings     user -> tier, disabled                                bounded, oldest out

Neither holds a token's text. Whoever changes an account or revokes a key calls `forget_user` or `forget_key`
after the commit, and the next call reads the store. An answer read before such a change is never kept after
it: each forgetting advances `_generation`, and an answer is kept only if that has not moved since its query
began. Unknown tokens are not remembered, so that nobody fills the memory with them.
"""

from __future__ import annotations

import hashlib
import math
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from starlette.requests import HTTPConnection

from quantos.accounts import store
from quantos.accounts.core import tokens
from quantos.accounts.core.credentials import API_KEY_PREFIX
from quantos.accounts.core.tokens import TOKEN_CHARS_MAX
from quantos.accounts.key_uses import KeyUses
from quantos.accounts.refusals import InvalidToken
from quantos.kit.clock import Clock
from quantos.storage.records import Records

REMEMBERED_MAX: Final = 16_384
USE_NOTED_EVERY_S: Final = 60
_PREFIX: Final = API_KEY_PREFIX.encode()
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request."""

    user_id: str
    tier: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller, and whether the account is disabled."""

    caller: Caller
    disabled: bool


@dataclass(slots=True)
class _Credential:
    user_id: str
    key_id: str | None
    expires_s: float
    use_due_s: float


def bearer_token(request: HTTPConnection) -> bytes:
    """The token of the one `Authorization: Bearer` header. Raises InvalidToken."""
    found: bytes | None = None
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            if found is not None:
                raise InvalidToken("Invalid token: more than one Authorization header")
            found = value
    if found is None:
        raise InvalidToken("Not authenticated: send Authorization: Bearer with an access token or API key")
    scheme, _, token = found.partition(b" ")
    token = token.strip(b" ")
    if scheme.lower() != b"bearer" or not token or len(token) > TOKEN_CHARS_MAX:
        raise InvalidToken("Invalid token: the header must read Authorization: Bearer and one token")
    return token


class Bearers:
    """Bearer credentials of users."""

    def __init__(self, records: Records, clock: Clock, jwt_key: str, uses: KeyUses) -> None:
        self._records = records
        self._clock = clock
        self._jwt_key = jwt_key
        self._uses = uses
        self._credentials: dict[bytes, _Credential] = {}
        self._standings: dict[str, Standing] = {}
        self._lock = threading.Lock()
        self._generation = 0

    def standing(self, token: bytes) -> Standing:
        """Of the user whose access token or API key this is. Raises InvalidToken."""
        digest = hashlib.sha256(token).digest()
        at = self._clock.now()
        at_s = at.timestamp()
        credential = self._credentials.get(digest) or self._look_up(token, digest, at)
        if at_s >= credential.expires_s:
            self._credentials.pop(digest, None)
            raise InvalidToken("Invalid token: it has expired, renew it or use an API key")
        if at_s >= credential.use_due_s:
            self._note_use(credential, at)
        return self.standing_of(credential.user_id)

    def standing_of(self, user_id: str) -> Standing:
        """Raises InvalidToken where there is no such user."""
        known = self._standings.get(user_id)
        if known is not None:
            return known
        generation = self._generation
        with self._records.read() as session:
            found = store.standing(session, user_id)
        if found is None:
            raise InvalidToken("Invalid token: its account does not exist")
        tier, disabled = found
        standing = Standing(Caller(user_id, tier), disabled)
        self._remember(self._standings, user_id, standing, generation)
        return standing

    def renew(self, jwt_key: str) -> None:
        """Go on under another key: whatever was signed with the old one is refused from now on."""
        with self._lock:
            self._generation += 1
            self._jwt_key = jwt_key
            self._credentials.clear()

    def forget_user(self, user_id: str) -> None:
        with self._lock:
            self._generation += 1
            self._standings.pop(user_id, None)

    def forget_key(self, key_hash: str) -> None:
        with self._lock:
            self._generation += 1
            self._credentials.pop(bytes.fromhex(key_hash), None)

    def _look_up(self, token: bytes, digest: bytes, at: datetime) -> _Credential:
        generation = self._generation
        if token.startswith(_PREFIX):
            with self._records.read() as session:
                owner = store.key_owner(session, digest.hex())
            if owner is None:
                raise InvalidToken("Invalid token: the API key is unknown or revoked")
            key_id, user_id = owner
            credential = _Credential(user_id, key_id, math.inf, -math.inf)
        else:
            grant = self._grant(token, at)
            credential = _Credential(grant.user_id, None, grant.expires_s, math.inf)
        self._remember(self._credentials, digest, credential, generation)
        return credential

    def _grant(self, token: bytes, at: datetime) -> tokens.Grant:
        try:
            return tokens.read(token.decode("latin-1"), tokens.Kind.ACCESS, self._jwt_key, at)
        except tokens.TokenRefused as refused:
            raise InvalidToken(str(refused)) from None

    def _note_use(self, credential: _Credential, at: datetime) -> None:
        assert credential.key_id is not None, "only keys have a use that is due"
        credential.use_due_s = at.timestamp() + USE_NOTED_EVERY_S
        self._uses.note(credential.key_id, at)

    def _remember(self, memory: dict[K, V], key: K, value: V, seen: int) -> None:
        with self._lock:
            if self._generation != seen:
                return
            while len(memory) >= REMEMBERED_MAX:
                del memory[next(iter(memory))]
            memory[key] = value
