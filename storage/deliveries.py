"""Deliveries (投递): one content on its way to many chats, queued in chunks so that no transaction is long."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.lanes import Lane, LaneNumber

CHUNK = 200


class DeliveryState(StrEnum):
    """How far a delivery has come; FILLED means every row is in the outbox."""

    FILLING = "filling"
    FILLED = "filled"
    ENDED = "ended"
    STOPPED = "stopped"


class Delivery(Base):
    """A delivery; `cursor` is how many of `targets` are queued, `report_chat_id` where its progress is shown."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    lane: Mapped[Lane] = mapped_column(LaneNumber)
    revision: Mapped[int] = mapped_column(default=1)
    content_id: Mapped[int] = mapped_column(ForeignKey("contents.id"))
    bare_content_id: Mapped[int | None] = mapped_column(ForeignKey("contents.id"))
    targets: Mapped[list[int]] = mapped_column(JSON)
    cursor: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeliveryState] = mapped_column(index=True)
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    report_chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    reported: Mapped[str | None] = mapped_column(String(64))
    reported_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


def add(
    session: Session,
    name: str,
    topic: str,
    lane: Lane,
    content_id: int,
    targets: Sequence[int],
    now: datetime,
    *,
    bare_content_id: int | None = None,
    revision: int = 1,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    report_chat_id: int | None = None,
) -> Delivery:
    """Begin a delivery; `bare_content_id` goes to channels that cannot take a copy back."""
    delivery = Delivery(
        name=name,
        topic=topic,
        lane=lane,
        revision=revision,
        content_id=content_id,
        bare_content_id=bare_content_id,
        targets=list(targets),
        state=DeliveryState.FILLING,
        not_before=not_before,
        expires_at=expires_at,
        report_chat_id=report_chat_id,
        created_at=now,
    )
    session.add(delivery)
    session.flush()
    session.info["woken"] = True
    return delivery


def of_topic(session: Session, topic: str) -> Sequence[Delivery]:
    """The deliveries of a record, oldest first."""
    return session.scalars(select(Delivery).where(Delivery.topic == topic).order_by(Delivery.id)).all()


def in_state(session: Session, state: DeliveryState, most: int = 20) -> Sequence[Delivery]:
    """Deliveries in this state, urgent ones first; locked where the database can."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.state == state)
        .order_by(Delivery.lane, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def any_under_way(session: Session) -> bool:
    """Whether a delivery has not come to its end."""
    going = (DeliveryState.FILLING, DeliveryState.FILLED)
    return session.scalar(select(Delivery.id).where(Delivery.state.in_(going)).limit(1)) is not None
