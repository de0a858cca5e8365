"""Tokens (口令): one-time codes to join with a role, and links that open the private talk; kept as digests."""

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing
from storage.database import Base, affected
from storage.people import Role

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class TokenKind(StrEnum):
    """What a token is for."""

    JOIN = "join"
    LINK = "link"
    ACCOUNT = "account"


def _drawn() -> str:
    """Eight characters with a digit among them: that tells a code from a word where people talk."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(8))
        if any(character.isdecimal() for character in code):
            return code


class Token(Base):
    """A token; `person_digest` is the only one who may use a link, `role` and `area_id` what a code gives."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TokenKind]
    token_digest: Mapped[str] = mapped_column(String(32), unique=True)
    person_digest: Mapped[str | None] = mapped_column(String(32))
    role: Mapped[Role | None]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def new_code(
    session: Session, role: Role, area_id: int, made_by: int | None, now: datetime, expires_at: datetime
) -> str:
    """A one-time code of eight characters that gives a role in an area; about 39 bits."""
    code = _drawn()
    session.add(
        Token(
            kind=TokenKind.JOIN,
            token_digest=_digest(session, TokenKind.JOIN, code),
            role=role,
            area_id=area_id,
            made_by=made_by,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return code


def new_account_code(session: Session, person_id: int, now: datetime, expires_at: datetime) -> str:
    """A one-time code by which another account becomes this person's, too."""
    code = _drawn()
    session.add(
        Token(
            kind=TokenKind.ACCOUNT,
            token_digest=_digest(session, TokenKind.ACCOUNT, code),
            made_by=person_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return code


def new_link(session: Session, person_id: int, now: datetime, expires_at: datetime) -> str:
    """A one-time link token by which this one person opens the private talk; 22 characters, 128 bits."""
    token = secrets.token_urlsafe(16)
    session.add(
        Token(
            kind=TokenKind.LINK,
            token_digest=_digest(session, TokenKind.LINK, token),
            person_digest=_person(session, person_id),
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return token


def find(session: Session, kind: TokenKind, token: str) -> Token | None:
    """The token, used or not."""
    return session.scalar(select(Token).where(Token.kind == kind, Token.token_digest == _digest(session, kind, token)))


def is_for(session: Session, token: Token, person_id: int) -> bool:
    """Whether this person may use the link."""
    return token.person_digest == _person(session, person_id)


def use(session: Session, token: Token, now: datetime) -> bool:
    """Use a token up; False when it was used before or is too old."""
    used = session.execute(
        update(Token).where(Token.id == token.id, Token.used_at.is_(None), Token.expires_at > now).values(used_at=now)
    )
    return bool(affected(used))


def drop_expired(session: Session, before: datetime) -> int:
    """Forget tokens that ran out before that moment."""
    return affected(session.execute(delete(Token).where(Token.expires_at < before)))


def _digest(session: Session, kind: TokenKind, token: str) -> str:
    return sealing.digest(session, f"tokens.{kind}", token)


def _person(session: Session, person_id: int) -> str:
    return sealing.digest(session, "tokens.person", str(person_id))


def drop_first_codes(session: Session) -> int:
    """Forget codes nobody handed out (the first admin's) that are still unused; how many."""
    unused = delete(Token).where(Token.kind == TokenKind.JOIN, Token.made_by.is_(None), Token.used_at.is_(None))
    return affected(session.execute(unused))


def drop_account_codes(session: Session, person_id: int) -> int:
    """Forget codes by which another account would become this person's; how many."""
    own = delete(Token).where(Token.kind == TokenKind.ACCOUNT, Token.made_by == person_id, Token.used_at.is_(None))
    return affected(session.execute(own))


def drop_made_by(session: Session, person_id: int) -> int:
    """Forget every code this person made that is still unused, for others or for themselves; how many."""
    own = delete(Token).where(Token.made_by == person_id, Token.used_at.is_(None))
    return affected(session.execute(own))
