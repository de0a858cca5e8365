"""Intelligence (情报): beside each tip what was made of it: the assessment, what it was joined to, the answer owed.

The words are sealed under the tip's own key and go with it; what was found out, and when, stays as figures.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, Select, String, and_, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, states
from storage.areas import Numbers, numbers
from storage.database import Base
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.prepared import Prepared, times

SINGLE: Final = "single"
"""What a tip is joined to that stands alone (单列)."""


class Verdict(StrEnum):
    """What was found out about a tip."""

    TRUE = "查实"
    FALSE = "查否"
    UNCHECKABLE = "无法核"


class Study(Base):
    """What was made of one tip; its clock counts from `since` and strikes at `next_at`, `stage` steps are behind it.

    `joined` is the topic of what it belongs to (并案), or `SINGLE`; `draft` counts the versions of the answer, which is
    owed at `due_at` and was given at `answered_at`. `drafted_by` hears what an officer thinks of it.
    """

    __tablename__ = "tip_studies"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), unique=True)
    assessment: Mapped[bytes | None] = mapped_column(LargeBinary)
    assessed_at: Mapped[datetime | None]
    joined: Mapped[str | None] = mapped_column(String(32), index=True)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    verdict: Mapped[Verdict | None]
    draft: Mapped[int] = mapped_column(default=0)
    drafted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    since: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    stage: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)


def begin(session: Session, incident: Incident, now: datetime, due_at: datetime, next_at: datetime) -> Study:
    """Begin the study of a tip, or its clock anew: an earlier answer counts no more, what was thought of it stays."""
    row = of(session, incident)
    if row is None:
        row = Study(incident_id=incident.id, draft=0)
        session.add(row)
    row.since, row.due_at, row.next_at, row.stage = now, due_at, next_at, 0
    row.verdict, row.answer, row.answered_at, row.drafted_by = None, None, None, None
    session.flush()
    return row


def of(session: Session, incident: Incident) -> Study | None:
    """The study of a tip; None for what is no tip, and for sightings of somebody missing."""
    return session.scalar(select(Study).where(Study.incident_id == incident.id))


def joined_to(session: Session, topic: str) -> Sequence[Incident]:
    """The tips joined to a record, oldest first."""
    own = select(Incident).join(Study, Study.incident_id == Incident.id).where(Study.joined == topic)
    return session.scalars(own.where(Incident.text.is_not(None)).order_by(Incident.id)).all()


def assessment_of(session: Session, incident: Incident, row: Study) -> str:
    """What an officer made of it; empty once erased."""
    return keys.open_text(session, incident.key_id, "tip_studies.assessment", row.assessment)


def answer_of(session: Session, incident: Incident, row: Study) -> str:
    """What whoever told it is to hear; empty where nothing is drafted."""
    return keys.open_text(session, incident.key_id, "tip_studies.answer", row.answer)


def assess(session: Session, incident: Incident, row: Study, words: str, now: datetime) -> None:
    """Keep what an officer makes of it."""
    row.assessment = keys.seal(session, incident.key_id, "tip_studies.assessment", words)
    row.assessed_at = now
    session.flush()


def draft(session: Session, incident: Incident, row: Study, verdict: Verdict | None, words: str, by: int) -> None:
    """Keep a new version of the answer."""
    row.answer = keys.seal(session, incident.key_id, "tip_studies.answer", words) if words else None
    row.verdict, row.draft, row.drafted_by = verdict, row.draft + 1, by
    session.flush()


def change(session: Session, row: Study, **values: object) -> None:
    """Set columns."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def answered(session: Session, incident_ids: Collection[int], now: datetime) -> None:
    """Whoever told these tips was answered; the clocks stop."""
    rows = update(Study).where(Study.incident_id.in_(incident_ids), Study.answered_at.is_(None))
    session.execute(rows.values(answered_at=now, next_at=None))


def bury(session: Session, incident_id: int) -> None:
    """The words go with the tip; what was found out, and when, stays."""
    blank = {"assessment": None, "answer": None, "next_at": None, "drafted_by": None}
    session.execute(update(Study).where(Study.incident_id == incident_id).values(**blank))


due = states.Due(Study)
"""Studies whose clock strikes."""


def waiting(session: Session, area_ids: Iterable[int], most: int) -> Sequence[tuple[Incident, Study]]:
    """Tips of some areas whose tellers wait for an answer, the one owed first at the head."""
    rows = (
        select(Incident, Study)
        .join(Study, Study.incident_id == Incident.id)
        .where(
            Incident.area_id.in_(list(area_ids)),
            Incident.state.in_([IncidentState.OPEN, IncidentState.TAKEN]),
            Incident.text.is_not(None),
        )
        .order_by(Study.due_at, Incident.id)
        .limit(most)
    )
    return [(incident, study) for incident, study in session.execute(rows)]


def _tips(*counts: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """Counts of tips by area; which of a time is told by the study's own columns or the incident's, found by those."""
    return select(Incident.area_id, *counts).join(Study, Study.incident_id == Incident.id).group_by(Incident.area_id)


_TIP = and_(Incident.kind == IncidentKind.TIP, Incident.state != IncidentState.WITHDRAWN)
_RECEIVED = Prepared(
    _tips(times(_TIP)).where(Incident.created_at >= bindparam("since"), Incident.created_at < bindparam("until"))
)
_ANSWERED = and_(Incident.state == IncidentState.DONE, Study.verdict.is_not(None))
_FOUND_OUT = Prepared(
    _tips(times(_ANSWERED, Study.verdict == Verdict.TRUE), times(_ANSWERED)).where(
        Study.answered_at >= bindparam("since"), Study.answered_at < bindparam("until")
    )
)
_OWED = and_(Incident.state != IncidentState.WITHDRAWN, Incident.left.is_(False))
_IN_TIME = Prepared(
    _tips(times(_OWED, Study.answered_at <= Study.due_at), times(_OWED)).where(
        Study.due_at >= bindparam("since"), Study.due_at < bindparam("until")
    )
)


def received(session: Session, since: datetime, until: datetime) -> Numbers:
    """How many tips came in by area, those taken back and sightings of missing people apart."""
    return numbers(session, _RECEIVED, since=since, until=until)


def found_out(session: Session, since: datetime, until: datetime) -> Numbers:
    """(verified, answered) by area among the tips answered in a period; one opened again counts no more."""
    return numbers(session, _FOUND_OUT, since=since, until=until)


def in_time(session: Session, since: datetime, until: datetime) -> Numbers:
    """(answered in time, owed) by area among the tips whose answer was due in a period.

    One taken back, or told by somebody who has left, is owed none.
    """
    return numbers(session, _IN_TIME, since=since, until=until)
