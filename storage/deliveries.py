"""Deliveries (投递): one content on its way to many chats, queued in chunks so that no transaction is long."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, bindparam, case, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import ending, states
from storage.chats import Chat, ChatState
from storage.database import Base, affected
from storage.lanes import Lane, LaneNumber
from storage.outbox import FLYING, QUEUED, OutboxRow, OutboxState, Waits

CHUNK = 100


class DeliveryState(StrEnum):
    """How far a delivery has come; FILLED means every row is in the outbox.

    PAUSED is one that was filled or not, until it is taken up again.
    """

    FILLING = "filling"
    PAUSED = "paused"
    FILLED = "filled"
    ENDED = "ended"
    STOPPED = "stopped"


UNDER_WAY = (DeliveryState.FILLING, DeliveryState.FILLED)


OVER = (DeliveryState.ENDED, DeliveryState.STOPPED)


class Delivery(Base):
    """A delivery; `cursor` is how many of `targets` are queued, `report_chat_id` where its progress is shown."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_state", "state", "reported_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    lane: Mapped[Lane] = mapped_column(LaneNumber)
    revision: Mapped[int] = mapped_column(default=1)
    content_id: Mapped[int] = mapped_column(ForeignKey("contents.id"))
    bare_content_id: Mapped[int | None] = mapped_column(ForeignKey("contents.id"))
    targets: Mapped[list[int]] = mapped_column(JSON)
    cursor: Mapped[int] = mapped_column(default=0)
    state: Mapped[DeliveryState]
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    report_chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    reported: Mapped[str | None] = mapped_column(String(64))
    reported_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


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


def get(session: Session, delivery_id: int) -> Delivery:
    """The delivery with this id."""
    return session.get_one(Delivery, delivery_id)


def pause(session: Session, delivery: Delivery) -> bool:
    """Let nothing more of it leave until it is taken up again; False unless it is under way."""
    if not _move(session, delivery, UNDER_WAY, DeliveryState.PAUSED):
        return False
    own = update(OutboxRow).where(OutboxRow.delivery_id == delivery.id)
    for paused in (own.where(QUEUED), own.where(FLYING, OutboxRow.waits.is_(None))):
        session.execute(paused.values(waits=Waits.PAUSED), execution_options={"synchronize_session": False})
    return True


def resume(session: Session, delivery: Delivery, now: datetime) -> bool:
    """Take a paused delivery up again; False unless it is paused."""
    filled = delivery.cursor >= len(delivery.targets)
    if not _move(session, delivery, (DeliveryState.PAUSED,), DeliveryState.FILLED if filled else DeliveryState.FILLING):
        return False
    later = case((OutboxRow.not_before > now, Waits.TIME), else_=None)
    own = update(OutboxRow).where(OutboxRow.delivery_id == delivery.id, OutboxRow.waits == Waits.PAUSED)
    for resumed in (own.where(QUEUED).values(waits=later), own.where(FLYING).values(waits=None)):
        session.execute(resumed, execution_options={"synchronize_session": False})
    session.info["woken"] = True
    return True


def lives_until(session: Session, delivery: Delivery, until: datetime) -> None:
    """Let what has not left of a delivery be given up at that moment, no earlier and no later."""
    delivery.expires_at = until
    own = update(OutboxRow).where(OutboxRow.delivery_id == delivery.id)
    for left in (own.where(QUEUED), own.where(FLYING)):
        session.execute(left.values(expires_at=until), execution_options={"synchronize_session": False})
    session.flush()


def stop(session: Session, delivery: Delivery, now: datetime) -> int | None:
    """End a delivery: what has not left never will; how many that are, None unless it was under way."""
    if not _move(session, delivery, (*UNDER_WAY, DeliveryState.PAUSED), DeliveryState.STOPPED):
        return None
    return ending.end(session, OutboxState.RECALLED, now, "stopped", OutboxRow.delivery_id == delivery.id)


def again(session: Session, delivery: Delivery, now: datetime) -> int:
    """Queue once more what did not arrive where the bot can speak now; how many.

    What is in doubt stays so: only a person decides about that. What was stopped or recalled does not leave again.
    """
    if delivery.state is DeliveryState.STOPPED:
        return 0
    failed = select(OutboxRow.id).join(Chat, Chat.id == OutboxRow.chat_id).where(
        OutboxRow.delivery_id == delivery.id, OutboxRow.state == OutboxState.DEAD, Chat.state == ChatState.OPEN
    )  # fmt: skip
    queued = ending.queue_again(session, OutboxRow.id.in_(failed), now=now)
    if queued:
        reopen(session, delivery.id)
    return queued


def failed(session: Session, delivery: Delivery) -> Sequence[OutboxRow]:
    """The calls of a delivery that did not arrive."""
    return session.scalars(
        select(OutboxRow).where(OutboxRow.delivery_id == delivery.id, OutboxRow.state == OutboxState.DEAD)
    ).all()


def queued_chats(session: Session, delivery: Delivery) -> set[int]:
    """The chats for which a call was ever queued."""
    return set(session.scalars(select(OutboxRow.chat_id).where(OutboxRow.delivery_id == delivery.id)))


def of_chats(session: Session, delivery: Delivery, chat_ids: Sequence[int]) -> Sequence[OutboxRow]:
    """The calls of a delivery into these chats."""
    return session.scalars(
        select(OutboxRow).where(OutboxRow.delivery_id == delivery.id, OutboxRow.chat_id.in_(list(chat_ids)))
    ).all()


def reopen(session: Session, delivery_id: int) -> None:
    """Something of a delivery that had come to its end is under way again."""
    delivery = get(session, delivery_id)
    if delivery.state is DeliveryState.ENDED:
        delivery.state, delivery.reported = DeliveryState.FILLED, None
        session.flush()


def hold(session: Session, delivery: Delivery, now: datetime) -> None:
    """Let nothing leave that came back from the wire after its delivery was paused or stopped."""
    if delivery.state is DeliveryState.STOPPED:
        ending.end(session, OutboxState.RECALLED, now, "stopped", OutboxRow.delivery_id == delivery.id)
    elif delivery.state is DeliveryState.PAUSED:
        back = or_(OutboxRow.waits.is_(None), OutboxRow.waits != Waits.PAUSED)
        session.execute(
            update(OutboxRow).where(QUEUED, OutboxRow.delivery_id == delivery.id, back).values(waits=Waits.PAUSED),
            execution_options={"synchronize_session": False},
        )


def _move(session: Session, delivery: Delivery, sources: Sequence[DeliveryState], to: DeliveryState) -> bool:
    moved = session.execute(
        update(Delivery).where(Delivery.id == delivery.id, Delivery.state.in_(sources)).values(state=to),
        execution_options={"synchronize_session": False},
    )
    session.refresh(delivery)
    return bool(affected(moved))


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


_ANY_UNDER_WAY = states.AnyRow(Delivery.id, states.one_of(Delivery.state, UNDER_WAY))
_ANY_JUST_HALTED = states.AnyRow(
    Delivery.id,
    states.one_of(Delivery.state, (DeliveryState.PAUSED, DeliveryState.STOPPED)),
    Delivery.reported_at > bindparam("since"),
)


def any_under_way(session: Session) -> bool:
    """Whether a delivery has not come to its end."""
    return _ANY_UNDER_WAY(session)


def just_halted(session: Session, since: datetime) -> Sequence[Delivery]:
    """Deliveries paused or stopped since that moment, of which a few calls may still come back from the wire."""
    halted = Delivery.state.in_([DeliveryState.PAUSED, DeliveryState.STOPPED])
    return session.scalars(select(Delivery).where(halted, Delivery.reported_at > since).order_by(Delivery.id)).all()


def any_just_halted(session: Session, since: datetime) -> bool:
    """Whether one was paused or stopped since that moment."""
    return _ANY_JUST_HALTED(session, since=since)
