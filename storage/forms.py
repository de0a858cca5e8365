"""Forms (问答): a guided talk in the middle, kept so that a restart loses nothing; answers are sealed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys
from storage.database import Base
from storage.prepared import Prepared


class FormState(StrEnum):
    """Whether the talk goes on; PARKED words wait for a button that says what they are, and ask nothing."""

    OPEN = "open"
    PARKED = "parked"
    DONE = "done"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class OpenForm(Base):
    """A person's guided talk in one chat; `turn` counts questions asked, so that an old button is recognised;
    `known` names what was told before the first question and is not asked."""

    __tablename__ = "forms"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), index=True)
    name: Mapped[str] = mapped_column(String(32))
    step: Mapped[str] = mapped_column(String(32))
    turn: Mapped[int] = mapped_column(default=1)
    topic: Mapped[str | None] = mapped_column(String(32))
    known: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[FormState] = mapped_column(index=True)
    answers: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]


_NEWEST = Prepared(
    select(OpenForm.__table__)
    .where(
        OpenForm.person_id == bindparam("whose"),
        OpenForm.chat_id == bindparam("place"),
        OpenForm.state == bindparam("standing"),
        OpenForm.expires_at > bindparam("now"),
    )
    .order_by(OpenForm.id.desc())
    .limit(1)
)


def begin(
    session: Session,
    person_id: int,
    chat_id: int,
    name: str,
    step: str,
    now: datetime,
    expires_at: datetime,
    answers: Mapping[str, Any] | None = None,
    state: FormState = FormState.OPEN,
) -> OpenForm:
    """Open a guided talk at its first question, or park what was said (`state`)."""
    key_id = keys.new(session, now)
    form = OpenForm(
        key_id=key_id,
        person_id=person_id,
        chat_id=chat_id,
        name=name,
        step=step,
        turn=1,
        state=state,
        answers=keys.seal_json(session, key_id, "forms.answers", answers or {}),
        created_at=now,
        changed_at=now,
        expires_at=expires_at,
    )
    session.add(form)
    session.flush()
    return form


def open_of(session: Session, person_id: int, chat_id: int, now: datetime) -> OpenForm | None:
    """The guided talk a person is in, in this chat."""
    return _newest(session, person_id, chat_id, FormState.OPEN, now)


def parked_of(session: Session, person_id: int, chat_id: int, now: datetime) -> OpenForm | None:
    """What a person said in this chat that waits for a button."""
    return _newest(session, person_id, chat_id, FormState.PARKED, now)


def _newest(session: Session, person_id: int, chat_id: int, state: FormState, now: datetime) -> OpenForm | None:
    return _NEWEST.entity(session, OpenForm, whose=person_id, place=chat_id, standing=state, now=now)


def still_at(session: Session, seen: OpenForm) -> OpenForm | None:
    """A talk read in another session, if it is still open at the same question."""
    row = session.get(OpenForm, seen.id, with_for_update=True)
    return row if row is not None and row.state is FormState.OPEN and row.turn == seen.turn else None


def answers_of(session: Session, form: OpenForm) -> dict[str, Any]:
    """What has been answered so far."""
    return keys.open_json(session, form.key_id, "forms.answers", form.answers)


def keep(
    session: Session,
    form: OpenForm,
    step: str,
    answers: Mapping[str, Any],
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep the answers and go to another question."""
    form.answers = keys.seal_json(session, form.key_id, "forms.answers", answers)
    form.step, form.turn, form.changed_at, form.expires_at = step, form.turn + 1, now, expires_at
    session.flush()


def close(session: Session, form: OpenForm, state: FormState, now: datetime) -> None:
    """End the talk; its answers have become a record or are dropped."""
    form.state, form.changed_at = state, now
    keys.erase(session, form.key_id)
    session.flush()


def lapsed(session: Session, now: datetime, most: int = 50) -> Sequence[OpenForm]:
    """Talks nobody went on with, and parked words nobody chose for; locked where the database can."""
    return session.scalars(
        select(OpenForm)
        .where(OpenForm.state.in_([FormState.OPEN, FormState.PARKED]), OpenForm.expires_at <= now)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def waiting_of(session: Session, person_id: int) -> Sequence[OpenForm]:
    """Whatever a person is in the middle of."""
    waiting = (FormState.OPEN, FormState.PARKED)
    return session.scalars(select(OpenForm).where(OpenForm.person_id == person_id, OpenForm.state.in_(waiting))).all()


def close_all(session: Session, person_id: int, now: datetime) -> int:
    """Drop whatever a person was in the middle of; how many talks."""
    rows = waiting_of(session, person_id)
    for row in rows:
        close(session, row, FormState.CANCELLED, now)
    return len(rows)
