"""Contact cards (名片): which of the team show themselves to residents, and which areas hang a card up.

Nothing of a person stands here but that they agreed: name and role are read from their own row whenever somebody looks,
so that a card tells of nobody who has left.
"""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.tokens import ALPHABET


class ContactCard(Base):
    """A card: of a person who agreed (`person_id`), or of an area. `token` is printed on it, so it is no secret."""

    __tablename__ = "contact_cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def drawn() -> str:
    """A token for a card: eight characters that cannot be confused, with a digit among them."""
    while True:
        token = "".join(secrets.choice(ALPHABET) for _ in range(8))
        if any(sign.isdecimal() for sign in token):
            return token


def of_person(session: Session, person_id: int) -> ContactCard | None:
    """A person's card, taken back or not."""
    return session.scalar(select(ContactCard).where(ContactCard.person_id == person_id))


def of_area(session: Session, area_id: int) -> ContactCard | None:
    """The card of an area itself."""
    return session.scalar(
        select(ContactCard).where(ContactCard.area_id == area_id, ContactCard.person_id.is_(None)).limit(1)
    )


def by_token(session: Session, token: str) -> ContactCard | None:
    """The card on which this is printed."""
    return session.scalar(select(ContactCard).where(ContactCard.token == token))


def put(session: Session, token: str, area_id: int, person_id: int | None, now: datetime) -> ContactCard:
    """Make a card, or bring the one there is up to date: what was printed before counts again."""
    card = of_person(session, person_id) if person_id is not None else of_area(session, area_id)
    if card is None:
        card = ContactCard(token=token, area_id=area_id, person_id=person_id, made_at=now)
        session.add(card)
    card.area_id, card.ended_at = area_id, None
    session.flush()
    return card


def end(session: Session, card: ContactCard, now: datetime) -> None:
    """It is taken back: whoever scans it hears that it is out of date."""
    card.ended_at = now
    session.flush()


def agreed(session: Session, person_ids: Collection[int]) -> set[int]:
    """Those among these people who show themselves."""
    shown = select(ContactCard.person_id).where(
        ContactCard.person_id.in_(list(person_ids)), ContactCard.ended_at.is_(None)
    )
    return {one for one in session.scalars(shown) if one is not None}


def forget(session: Session, person_id: int) -> None:
    """Somebody leaves: their card leads to nobody."""
    card = of_person(session, person_id)
    if card is not None:
        session.delete(card)
        session.flush()
