"""Call-backs (回访): after a record is done its people are asked privately; who answered what only they can read.

Whom a question goes to is sealed under the record's key and found by a digest; the handler is shown counts.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, sealing, states
from storage.database import Base
from storage.prepared import Prepared


class CallbackState(StrEnum):
    """WAITING for its day → ASKED → asked AGAIN → an end; CANCELLED where the record was opened again before."""

    WAITING = "waiting"
    ASKED = "asked"
    AGAIN = "again"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"


OPEN = (CallbackState.WAITING, CallbackState.ASKED, CallbackState.AGAIN)


class Answer(StrEnum):
    """What became of one question."""

    NONE = "none"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    UNREACHED = "unreached"


class Callback(Base):
    """One round of asking about one record; `handler_id` is who handled it, `next_at` when something is due."""

    __tablename__ = "callbacks"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    key_id: Mapped[str] = mapped_column(String(32))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[CallbackState]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CallbackAsk(Base):
    """One question: `who` (person id, sealed) is asked for the one called `side`; `by_phone` where they ask another.

    side: who the answer is about in the record's own words: the teller, party A, party B.
    """

    __tablename__ = "callback_asks"
    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callbacks.id", ondelete="CASCADE"), index=True)
    who: Mapped[bytes] = mapped_column(LargeBinary)
    who_digest: Mapped[str] = mapped_column(String(32), index=True)
    side: Mapped[str] = mapped_column(String(8))
    by_phone: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[Answer] = mapped_column(default=Answer.NONE)
    why: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime | None] = mapped_column(index=True)


def open_round(
    session: Session,
    topic: str,
    key_id: str,
    handler_id: int | None,
    asks: Sequence[tuple[int, str, bool]],
    next_at: datetime,
    now: datetime,
) -> Callback:
    """Begin a round; asks are (person id, side, by phone)."""
    row = Callback(
        topic=topic,
        key_id=key_id,
        handler_id=handler_id,
        state=CallbackState.WAITING,
        next_at=next_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    for person_id, side, by_phone in asks:
        session.add(
            CallbackAsk(
                callback_id=row.id,
                who=keys.seal(session, key_id, "callback_asks.who", str(person_id)),
                who_digest=_digest(session, person_id),
                side=side,
                by_phone=by_phone,
            )
        )
    session.flush()
    return row


def _digest(session: Session, person_id: int) -> str:
    return sealing.digest(session, "callback_asks.who", str(person_id))


def get(session: Session, callback_id: int) -> Callback:
    """The round with this id."""
    return session.get_one(Callback, callback_id)


def ask_of(session: Session, ask_id: int) -> CallbackAsk | None:
    """The question with this id."""
    return session.get(CallbackAsk, ask_id)


def newest(session: Session, topic: str) -> Callback | None:
    """The latest round about a record."""
    return session.scalar(select(Callback).where(Callback.topic == topic).order_by(Callback.id.desc()).limit(1))


def asks_of(session: Session, row: Callback) -> Sequence[CallbackAsk]:
    """The questions of a round."""
    return _ASKS.entities(session, CallbackAsk, round=row.id)


_ASKS = Prepared(select(CallbackAsk).where(CallbackAsk.callback_id == bindparam("round")).order_by(CallbackAsk.id))


def who_of(session: Session, row: Callback, ask: CallbackAsk) -> int | None:
    """The person a question goes to; None once erased."""
    opened = keys.open_text(session, row.key_id, "callback_asks.who", ask.who)
    return int(opened) if opened else None


def asked_of(session: Session, person_id: int, topic: str | None = None) -> Sequence[CallbackAsk]:
    """Questions somebody was asked and can answer still, the newest round first."""
    query = (
        select(CallbackAsk)
        .join(Callback, Callback.id == CallbackAsk.callback_id)
        .where(CallbackAsk.who_digest == _digest(session, person_id), Callback.state.in_(OPEN[1:]))
    )
    if topic is not None:
        query = query.where(Callback.topic == topic)
    return session.scalars(query.order_by(Callback.id.desc(), CallbackAsk.id)).all()


def set_answer(session: Session, ask: CallbackAsk, answer: Answer, now: datetime) -> None:
    """Note what was answered."""
    ask.answer, ask.answered_at = answer, now
    session.flush()


def set_why(session: Session, row: Callback, ask: CallbackAsk, why: str) -> None:
    """Note why somebody is not satisfied."""
    ask.why = keys.seal(session, row.key_id, "callback_asks.why", why)
    session.flush()


def why_of(session: Session, topic: str) -> list[str]:
    """Why people were not satisfied in the latest round that ended so; never who."""
    row = session.scalar(
        select(Callback)
        .where(Callback.topic == topic, Callback.state == CallbackState.DISSATISFIED)
        .order_by(Callback.id.desc())
        .limit(1)
    )
    if row is None:
        return []
    told = (keys.open_text(session, row.key_id, "callback_asks.why", ask.why) for ask in asks_of(session, row))
    return [one for one in told if one]


def set_state(session: Session, row: Callback, state: CallbackState, next_at: datetime | None, now: datetime) -> None:
    """Move a round on; without a next moment it has ended."""
    row.state, row.next_at = state, next_at
    row.ended_at = now if state not in OPEN else None
    session.flush()


def barred(session: Session, topic: str) -> set[int]:
    """The people who handled a record when somebody was not satisfied: another one takes it now."""
    dissatisfied = Callback.topic == topic, Callback.state == CallbackState.DISSATISFIED
    return {one for one in session.scalars(select(Callback.handler_id).where(*dissatisfied)) if one is not None}


def counts(session: Session, row: Callback) -> tuple[int, int]:
    """How many of a round have answered, and how many were to be asked."""
    answered = CallbackAsk.answer.in_([Answer.SATISFIED, Answer.DISSATISFIED])
    mine = CallbackAsk.callback_id == row.id
    all_of = session.scalar(select(func.count()).where(mine)) or 0
    return session.scalar(select(func.count()).where(mine, answered)) or 0, all_of


def forget(session: Session, topic: str) -> None:
    """Nobody can be found behind the questions about a record any more; states and counts stay."""
    rounds = select(Callback.id).where(Callback.topic == topic)
    session.execute(update(CallbackAsk).where(CallbackAsk.callback_id.in_(rounds)).values(who_digest="", why=None))
    open_ones = Callback.topic == topic, Callback.state.in_(OPEN)
    session.execute(update(Callback).where(*open_ones).values(state=CallbackState.CANCELLED, next_at=None))


due = states.Due(Callback)
"""Rounds in which something is due now."""
