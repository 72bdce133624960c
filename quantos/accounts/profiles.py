"""What users make of an anonymous account: a name, an e-mail and a password, and logging in with them."""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from quantos.accounts import store
from quantos.accounts.core import users
from quantos.accounts.pace import Pace
from quantos.accounts.passwords import Passwords
from quantos.accounts.refusals import EmailTaken, LoginRefused, NicknameTaken, UserNotFound
from quantos.accounts.schemas import ProfileChange, ProfileOut
from quantos.accounts.tables import User
from quantos.kit.addresses import network_of
from quantos.storage.records import Records

EMAIL_CHARS_COUNTED: Final = 320
"""An e-mail that is longer belongs to nobody, and only so much of it is remembered."""


class Profiles:
    """Profiles and passwords."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._passwords = Passwords()
        self._pace = Pace()

    def close(self) -> None:
        self._passwords.close()

    async def logged_in(self, email: str, password: str, address: str) -> User:
        """The account of this e-mail and password, whatever its standing. Raises LoginRefused, LoginsWaiting."""
        email_key = users.email_key(email[:EMAIL_CHARS_COUNTED])
        guessed = (email_key, network_of(address))
        await self._pace.turn(guessed)
        with self._records.read() as session:
            user = store.user_of_email(session, email_key)
        hashed = user.password_hash if user else None
        if not await self._passwords.matches(password, hashed) or user is None:
            raise LoginRefused("Invalid e-mail or password")
        self._pace.succeeded(guessed)
        return user

    async def change(self, user_id: str, change: ProfileChange) -> ProfileOut:
        """Set the fields that `change` has, all or none. Raises NicknameTaken, EmailTaken, LoginsWaiting."""
        given = change.model_dump(exclude_unset=True)
        if "password" in given:
            given["password_hash"] = await self._passwords.hashed(given.pop("password"))
        return await self._records.commit(lambda session: _set(session, user_id, given))


def _set(session: Session, user_id: str, given: dict[str, Any]) -> ProfileOut:
    user = store.user(session, user_id)
    if user is None:
        raise UserNotFound("no account has this id")
    if "nickname" in given:
        if store.is_nickname_of_another(session, given["nickname"], user_id):
            raise NicknameTaken("this nickname is in use: choose another")
        user.nickname, user.nickname_set = given["nickname"], True
    if "email" in given:
        email_key = users.email_key(given["email"])
        if store.is_email_of_another(session, email_key, user_id):
            raise EmailTaken("this e-mail is in use by another account: log in with it, or choose another")
        user.email, user.email_key, user.email_set = given["email"], email_key, True
    if "password_hash" in given:
        user.password_hash = given["password_hash"]
    return ProfileOut.of(user)
