"""Objections (异议): somebody says that a public notice is wrong; who it was stands only inside a seal.

A contest is what objections do to one notice, from the first of them until somebody decides or the notice ends.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, sealing, states
from storage.database import Base


class ContestState(StrEnum):
    """FROZEN: nothing new leaves; HIDDEN: photo and name are off as well; OVER: the notice ended by itself."""

    FROZEN = "frozen"
    HIDDEN = "hidden"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    UNANSWERED = "unanswered"
    OVER = "over"


OPEN = frozenset({ContestState.FROZEN, ContestState.HIDDEN})
_ENDS = frozenset({ContestState.UPHELD, ContestState.DISMISSED, ContestState.UNANSWERED, ContestState.OVER})
MOVES: Mapping[ContestState, frozenset[ContestState]] = {
    ContestState.FROZEN: _ENDS | {ContestState.HIDDEN},
    ContestState.HIDDEN: _ENDS,
    **{one: frozenset() for one in _ENDS},
}


class Contest(Base):
    """A contest (争议) about the notice `topic` (bulletin:3); `paused` are the deliveries it stopped."""

    __tablename__ = "contests"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    state: Mapped[ContestState] = mapped_column(index=True)
    paused: Mapped[list[int]] = mapped_column(JSON, default=list)
    opened_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Objection(Base):
    """One person's objection; `objector` is a digest, the person and their words are sealed under the row's own key."""

    __tablename__ = "objections"
    __table_args__ = (UniqueConstraint("topic", "objector"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contests.id"), index=True)
    topic: Mapped[str] = mapped_column(String(32))
    key_id: Mapped[str] = mapped_column(String(32))
    objector: Mapped[str] = mapped_column(String(32), index=True)
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


def begin(session: Session, topic: str, now: datetime, next_at: datetime) -> Contest:
    """A notice is contested from now on."""
    contest = Contest(topic=topic, state=ContestState.FROZEN, paused=[], opened_at=now, next_at=next_at)
    session.add(contest)
    session.flush()
    return contest


def get(session: Session, contest_id: int) -> Contest:
    """The contest with this id."""
    return session.get_one(Contest, contest_id)


def on(session: Session, topic: str) -> Contest | None:
    """The open contest about a notice, None where there is none."""
    found = select(Contest).where(Contest.topic == topic, Contest.state.in_(list(OPEN)))
    return session.scalar(found.order_by(Contest.id.desc()).limit(1))


def last_on(session: Session, topic: str) -> Contest | None:
    """The newest contest about a notice, open or not."""
    return session.scalar(select(Contest).where(Contest.topic == topic).order_by(Contest.id.desc()).limit(1))


def is_frozen(session: Session, topic: str) -> bool:
    """Whether nobody may send more of a notice now."""
    return on(session, topic) is not None


def hides(session: Session, topic: str) -> bool:
    """Whether a notice is shown without photo and name now."""
    found = on(session, topic)
    return found is not None and found.state is ContestState.HIDDEN


def every_open(session: Session, *, lock: bool = False) -> Sequence[Contest]:
    """All open contests, oldest first; with `lock` those that nobody else is at, where the database can."""
    found = select(Contest).where(Contest.state.in_(list(OPEN))).order_by(Contest.id)
    return session.scalars(found.with_for_update(skip_locked=True) if lock else found).all()


_ANY_OPEN = states.AnyRow(Contest.id, states.one_of(Contest.state, OPEN))


def any_open(session: Session) -> bool:
    """Whether a notice is contested; nothing is locked."""
    return _ANY_OPEN(session)


def move(
    session: Session,
    contest: Contest,
    to: ContestState,
    *,
    only_from: Collection[ContestState] | None = None,
    **values: object,
) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, contest, MOVES, to, only_from, **values)


def add(session: Session, contest: Contest, person_id: int, words: str, now: datetime) -> Objection:
    """Note an objection; who it is and what they say is sealed."""
    key_id = keys.new(session, now)
    objection = Objection(
        contest_id=contest.id,
        topic=contest.topic,
        key_id=key_id,
        objector=_digest(session, person_id),
        origin=keys.seal_json(session, key_id, "objections.origin", {"person": person_id}),
        words=keys.seal(session, key_id, "objections.words", words),
        created_at=now,
    )
    session.add(objection)
    session.flush()
    return objection


def of_person(session: Session, topic: str, person_id: int) -> Objection | None:
    """The objection this person made to a notice, None where they made none."""
    mine = Objection.objector == _digest(session, person_id)
    return session.scalar(select(Objection).where(Objection.topic == topic, mine))


def told_by(session: Session, person_id: int) -> Sequence[Objection]:
    """The objections this person made whose words are still kept, oldest first."""
    mine = Objection.objector == _digest(session, person_id), Objection.origin.is_not(None)
    return session.scalars(select(Objection).where(*mine).order_by(Objection.id)).all()


def count_since(session: Session, person_id: int, since: datetime) -> int:
    """How many objections this person made since that moment."""
    mine = Objection.objector == _digest(session, person_id), Objection.created_at > since
    return session.scalar(select(func.count()).select_from(Objection).where(*mine)) or 0


def of_contest(session: Session, contest: Contest) -> Sequence[Objection]:
    """The objections a contest is made of, oldest first."""
    own = select(Objection).where(Objection.contest_id == contest.id)
    return session.scalars(own.order_by(Objection.id)).all()


def person_of(session: Session, objection: Objection) -> int | None:
    """Who objected, None once erased."""
    origin: dict[str, Any] = keys.open_json(session, objection.key_id, "objections.origin", objection.origin)
    person = origin.get("person")
    return int(person) if person is not None else None


def words_of(session: Session, objection: Objection) -> str:
    """What they said; empty where they said nothing, or once erased."""
    return keys.open_text(session, objection.key_id, "objections.words", objection.words)


def set_words(session: Session, objection: Objection, words: str) -> None:
    """Keep what they said."""
    objection.words = keys.seal(session, objection.key_id, "objections.words", words)
    session.flush()


def past(session: Session, before: datetime, most: int = 100) -> Sequence[Objection]:
    """Objections whose contest ended before that moment and that still tell who it was."""
    ended = select(Contest.id).where(Contest.closed_at < before)
    told = select(Objection).where(Objection.origin.is_not(None), Objection.contest_id.in_(ended))
    return session.scalars(told.order_by(Objection.id).limit(most)).all()


def forget(session: Session, objection: Objection) -> None:
    """Erase who objected and why; that somebody did stays as a tombstone."""
    keys.erase(session, objection.key_id)
    objection.origin = objection.words = None
    session.flush()


def _digest(session: Session, person_id: int) -> str:
    return sealing.digest(session, "objections.objector", str(person_id))
