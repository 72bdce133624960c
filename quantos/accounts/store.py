"""Every query of accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, or_, update
from sqlmodel import Session, col, select

from quantos.accounts.tables import ApiKey, Invite, User

NAMES_PER_QUERY: Final = 500
"""SQLite takes a bounded number of parameters in one statement."""


# Built once: to build such a statement costs more than to run it.
_SPEND_USE: Final = (
    update(Invite)
    .where(
        col(Invite.code_hash) == bindparam("hash"),
        col(Invite.uses) < col(Invite.max_uses),
        or_(col(Invite.expires_at).is_(None), col(Invite.expires_at) > bindparam("at")),
    )
    .values(uses=col(Invite.uses) + 1)
)
_NAME_TAKEN: Final = select(col(User.number)).where(
    or_(col(User.nickname) == bindparam("nickname"), col(User.email_key) == bindparam("email"))
)
_STANDING: Final = select(col(User.tier), col(User.disabled)).where(col(User.id) == bindparam("user"))
_KEY_OWNER: Final = select(col(ApiKey.id), col(ApiKey.user_id)).where(
    col(ApiKey.key_hash) == bindparam("hash"), col(ApiKey.revoked_at).is_(None)
)
_RECORD_USE: Final = (
    update(ApiKey).where(col(ApiKey.id) == bindparam("key")).values(last_used_at=bindparam("at"))
)


def add(session: Session, row: User | Invite | ApiKey) -> None:
    """Insert without the ORM, which costs three times as much; `row.number` stays None."""
    session.connection().execute(insert(type(row)), row.model_dump(exclude={"number"}))


def spend_use(session: Session, code_hash: str, at: datetime) -> bool:
    """Take one use of the invite; False where there is none to take. One statement, so no two take the same."""
    return session.connection().execute(_SPEND_USE, {"hash": code_hash, "at": at}).rowcount == 1


def name_taken(session: Session, nickname: str, email_key: str) -> bool:
    taken = session.connection().execute(_NAME_TAKEN, {"nickname": nickname, "email": email_key})
    return taken.first() is not None


def user(session: Session, user_id: str) -> User | None:
    return session.exec(select(User).where(col(User.id) == user_id)).one_or_none()


def user_of_email(session: Session, email_key: str) -> User | None:
    return session.exec(select(User).where(col(User.email_key) == email_key)).one_or_none()


def is_nickname_of_another(session: Session, nickname: str, user_id: str) -> bool:
    taken = select(col(User.number)).where(col(User.nickname) == nickname, col(User.id) != user_id)
    return session.exec(taken).first() is not None


def is_email_of_another(session: Session, email_key: str, user_id: str) -> bool:
    taken = select(col(User.number)).where(col(User.email_key) == email_key, col(User.id) != user_id)
    return session.exec(taken).first() is not None


def standing(session: Session, user_id: str) -> tuple[str, bool] | None:
    """Tier and whether disabled."""
    row = session.connection().execute(_STANDING, {"user": user_id}).first()
    return None if row is None else (row[0], row[1])


def key_owner(session: Session, key_hash: str) -> tuple[str, str] | None:
    """Key id and user id of an active key."""
    row = session.connection().execute(_KEY_OWNER, {"hash": key_hash}).first()
    return None if row is None else (row[0], row[1])


def active_keys(session: Session, user_id: str) -> Sequence[ApiKey]:
    """Newest first."""
    query = (
        select(ApiKey)
        .where(col(ApiKey.user_id) == user_id, col(ApiKey.revoked_at).is_(None))
        .order_by(col(ApiKey.number).desc())
    )
    return session.exec(query).all()


def all_active_keys(session: Session, limit: int, offset: int) -> tuple[Sequence[ApiKey], int]:
    """A page of everyone's, newest first, and how many there are."""
    active = col(ApiKey.revoked_at).is_(None)
    page = select(ApiKey).where(active).order_by(col(ApiKey.number).desc()).limit(limit).offset(offset)
    total = session.exec(select(func.count()).select_from(ApiKey).where(active)).one()
    return session.exec(page).all(), total


def revoke_key(session: Session, user_id: str, key_id: str, at: datetime) -> str | None:
    """The key's hash; None where the user has no such active key."""
    revoked = session.connection().execute(
        update(ApiKey)
        .where(col(ApiKey.id) == key_id, col(ApiKey.user_id) == user_id, col(ApiKey.revoked_at).is_(None))
        .values(revoked_at=at)
        .returning(col(ApiKey.key_hash))
    )
    key_hash: str | None = revoked.scalar()
    return key_hash


def record_uses(session: Session, used_at: Mapping[str, datetime]) -> None:
    """Set `last_used_at` of these keys."""
    session.connection().execute(_RECORD_USE, [{"key": key_id, "at": at} for key_id, at in used_at.items()])


def nicknames(session: Session, user_ids: Collection[str]) -> dict[str, str]:
    return {row[0]: row[1] for row in _of_users(session, user_ids, User.nickname)}


def numbers_and_emails(session: Session, user_ids: Collection[str]) -> dict[str, tuple[int, str]]:
    return {row[0]: (row[1], row[2]) for row in _of_users(session, user_ids, User.number, User.email)}


def _of_users(session: Session, user_ids: Collection[str], *columns: Any) -> Iterator[Any]:
    """The id of each user that there is, and these columns of it."""
    ids = list(user_ids)
    for start in range(0, len(ids), NAMES_PER_QUERY):
        some = ids[start : start + NAMES_PER_QUERY]
        wanted = select(col(User.id), *map(col, columns)).where(col(User.id).in_(some))
        yield from session.connection().execute(wanted)


def users(session: Session, limit: int, offset: int) -> tuple[Sequence[User], int]:
    """A page, newest first, and how many there are."""
    page = select(User).order_by(col(User.number).desc()).limit(limit).offset(offset)
    total = session.exec(select(func.count()).select_from(User)).one()
    return session.exec(page).all(), total


def invites(session: Session, limit: int, offset: int) -> tuple[Sequence[Invite], int]:
    """A page, newest first, and how many there are."""
    page = select(Invite).order_by(col(Invite.number).desc()).limit(limit).offset(offset)
    total = session.exec(select(func.count()).select_from(Invite)).one()
    return session.exec(page).all(), total
