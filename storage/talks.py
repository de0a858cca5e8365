"""Evening talks (塆子夜话): announced to an area's groups, held, noted; a note may become a record of its own."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, LargeBinary, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys
from storage.areas import Numbers, numbers
from storage.cases import Case, CaseNote
from storage.prepared import Prepared, times

LETTER = "夜"


class TalkState(StrEnum):
    """Waits for the yes of another one → announced → held → closed; or called off."""

    ASKED = "asked"
    ANNOUNCED = "announced"
    HELD = "held"
    CLOSED = "closed"
    CANCELLED = "cancelled"


MOVES: Mapping[TalkState, frozenset[TalkState]] = {
    TalkState.ASKED: frozenset({TalkState.ANNOUNCED, TalkState.CANCELLED}),
    TalkState.ANNOUNCED: frozenset({TalkState.HELD, TalkState.CANCELLED}),
    TalkState.HELD: frozenset({TalkState.CLOSED, TalkState.CANCELLED}),
    TalkState.CLOSED: frozenset({TalkState.HELD}),
    TalkState.CANCELLED: frozenset(),
}
OVER = (TalkState.CLOSED, TalkState.CANCELLED)


class Talk(Case):
    """An evening talk at `meets_at`; its handler leads it, `targets` are the groups it is announced to.

    asked: how often the clock struck in its state. The notes of it are notes of the case.
    """

    __tablename__ = "talks"
    name = "talk"
    letter = LETTER
    moves = MOVES
    over = OVER
    state: Mapped[TalkState] = mapped_column(index=True)
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    targets: Mapped[list[int]] = mapped_column(JSON, default=list)
    asked: Mapped[int] = mapped_column(default=0)
    meets_at: Mapped[datetime]
    held_at: Mapped[datetime | None]


NOTED, DROPPED, BECAME = "noted", "dropped", "became"


def meeting_at(session: Session, area_id: int, meets_at: datetime) -> Talk | None:
    """The talk of this very area that is to be held at this moment and has not ended."""
    same = Talk.area_id == area_id, Talk.meets_at == meets_at, Talk.state.not_in(Talk.over)
    return session.scalar(select(Talk).where(*same).limit(1))


def noted(session: Session, talk: Talk) -> dict[int, CaseNote]:
    """What was noted at a talk, by number; what was taken out again keeps its number and has no words."""
    kinds = CaseNote.topic == talk.topic, CaseNote.kind.in_([NOTED, DROPPED])
    rows = session.scalars(select(CaseNote).where(*kinds).order_by(CaseNote.id)).all()
    return {number: row for number, row in enumerate(rows, 1) if row.kind == NOTED}


def words_of(session: Session, talk: Talk, note: CaseNote) -> str:
    """What was noted."""
    return keys.open_text(session, talk.key_id, "case_notes.note", note.note)


def drop(session: Session, talk: Talk, note: CaseNote) -> None:
    """Take a note out: its words are erased."""
    note.kind, note.note = DROPPED, keys.seal(session, talk.key_id, "case_notes.note", "")
    session.flush()


def became(session: Session, talk: Talk) -> dict[int, str]:
    """What notes became, by their number: 心愿, 隐患 …"""
    kinds = CaseNote.topic == talk.topic, CaseNote.kind == BECAME
    found = [words_of(session, talk, row) for row in session.scalars(select(CaseNote).where(*kinds)).all()]
    return {int(number): what for number, _, what in (one.partition(" ") for one in found)}


_HELD = Prepared(
    select(Talk.area_id, times(or_(Talk.state == TalkState.HELD, Talk.state == TalkState.CLOSED)))
    .where(Talk.held_at >= bindparam("since"), Talk.held_at < bindparam("until"))
    .group_by(Talk.area_id)
)


def count_held(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many were held in that time, by area."""
    return numbers(session, _HELD, since=since, until=until)
