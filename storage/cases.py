"""Cases (事项): what every numbered piece of work is made of, and what is done to each of its kinds alike.

A kind is a `Case` with a table, a letter, states and moves of its own. What its people say is sealed under the data
key of its row; its columns in clear tell where it is, of what sort, and how it stands.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String, and_, bindparam, delete, literal, or_, select, union_all
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from storage import callbacks, codes, holds, keys, purposes, sealing, states
from storage.database import Base
from storage.prepared import Among, Prepared
from storage.purposes import Purpose


class Case(Base):
    """A piece of work under a number.

    `name` begins its topics, `letter` its codes, `moves` are those allowed, in `over` it has ended; a kind adds
    `state`. `private` is what only its handler reads, `origin` where its teller is answered (both JSON, sealed, with
    the fields of `purposes.FIELDS`); `handler_id` has it in hand; at `next_at` its clock strikes; at `expires_at` it is
    erased. left: who told of it has left, so that it is erased as soon as it is over.
    """

    __abstract__ = True
    name: ClassVar[str]
    letter: ClassVar[str]
    moves: ClassVar[Mapping[Any, frozenset[Any]]]
    over: ClassVar[Collection[Any]]

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    private: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    teller_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    left: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    if TYPE_CHECKING:
        state: Mapped[Any]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        """Whoever counts a week finds all there: the rows are wide, and those of a week lie far apart."""
        return (Index(f"ix_{cls.__tablename__}_closed_at", "closed_at", "created_at", "area_id", "state"),)

    @property
    def code(self) -> str:
        """The code people say, 纠1."""
        return f"{self.letter}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"{self.name}:{self.id}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in self.over


class CaseNote(Base):
    """A fact of a case, or a step of it; sealed under the case's key, and nobody's name stands beside it."""

    __tablename__ = "case_notes"
    __table_args__ = (Index("ix_case_notes_kind_created_at", "kind", "created_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    note: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


C = TypeVar("C", bound=Case)


def kinds() -> tuple[type[Case], ...]:
    """Every kind of case there is: all of them once `storage.tables` has been entered, as every world does."""
    return tuple(Case.__subclasses__())


def lettered(letter: str) -> type[Case] | None:
    """The kind whose codes begin with this letter."""
    return next((one for one in kinds() if one.letter == letter), None)


def add(
    session: Session,
    row: C,
    now: datetime,
    *,
    private: Mapping[str, Any],
    origin: Mapping[str, Any],
    teller_id: int | None,
) -> C:
    """Keep a new case: its key and number are given here, the rest (purpose, area, state, expiry …) is on the row.

    `teller_id` finds it among its teller's own; None where nobody outside the team told of it.
    """
    table = row.__tablename__
    purposes.require(f"{table}.private", row.purpose, private)
    purposes.require(f"{table}.origin", row.purpose, origin)
    row.key_id, row.number, row.created_at = keys.new(session, now), codes.next_number(session, row.letter), now
    row.private = keys.seal_json(session, row.key_id, f"{table}.private", private)
    row.origin = keys.seal_json(session, row.key_id, f"{table}.origin", origin)
    row.teller_digest = teller_digest(session, type(row), teller_id) if teller_id else None
    session.add(row)
    session.flush()
    return row


def teller_digest(session: Session, kind: type[Case], person_id: int) -> str:
    """The digest by which a teller's own are found."""
    return sealing.digest(session, f"{kind.__tablename__}.teller", str(person_id))


def is_teller(session: Session, row: Case, person_id: int) -> bool:
    """Whether this person told of it."""
    return bool(person_id) and row.teller_digest == teller_digest(session, type(row), person_id)


def find(session: Session, kind: type[C], case_id: int) -> C | None:
    """The case with this id; None once it is erased."""
    found = session.get(kind, case_id)
    return None if found is None or found.private is None else found


def of_topic(session: Session, kind: type[C], topic: str | None) -> C | None:
    """The case of a topic, where it is of this kind and not erased."""
    name, _, number = (topic or "").partition(":")
    return find(session, kind, int(number)) if name == kind.name and number.isdecimal() else None


def numbered(session: Session, kind: type[C], number: int) -> C | None:
    """The case of this code; a tombstone is none."""
    return session.scalar(select(kind).where(kind.number == number, kind.private.is_not(None)))


def private_of(session: Session, row: Case) -> dict[str, Any]:
    """What only its handler reads."""
    return keys.open_json(session, row.key_id, f"{row.__tablename__}.private", row.private)


def origin_of(session: Session, row: Case) -> dict[str, Any]:
    """Where its teller is answered."""
    return keys.open_json(session, row.key_id, f"{row.__tablename__}.origin", row.origin)


def set_private(session: Session, row: Case, private: Mapping[str, Any]) -> None:
    """Replace what only its handler reads."""
    purposes.require(f"{row.__tablename__}.private", row.purpose, private)
    row.private = keys.seal_json(session, row.key_id, f"{row.__tablename__}.private", private)
    session.flush()


def set_teller(session: Session, row: Case, origin: Mapping[str, Any], teller_id: int | None) -> None:
    """Somebody else is its teller from now on, or nobody the bot knows."""
    purposes.require(f"{row.__tablename__}.origin", row.purpose, origin)
    row.origin = keys.seal_json(session, row.key_id, f"{row.__tablename__}.origin", origin)
    row.teller_digest, row.left = teller_digest(session, type(row), teller_id) if teller_id else None, False
    session.flush()


def sealed(session: Session, row: Case, column: str, value: str) -> bytes:
    """A value sealed for a column of the kind's own."""
    return keys.seal(session, row.key_id, f"{row.__tablename__}.{column}", value)


def opened(session: Session, row: Case, column: str) -> str:
    """What is sealed in a column of the kind's own; empty where nothing is, or it was erased."""
    return keys.open_text(session, row.key_id, f"{row.__tablename__}.{column}", getattr(row, column))


def change(session: Session, row: Case, **values: object) -> None:
    """Set columns that move no state."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def move(session: Session, row: Case, to: Any, *, only_from: Collection[Any] | None = None, **values: object) -> bool:  # noqa: ANN401 - each kind has states of its own
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, row, row.moves, to, only_from, **values)


def add_note(session: Session, row: Case, kind: str, note: str, now: datetime) -> None:
    """Add a fact of the case or a step."""
    blob = keys.seal(session, row.key_id, "case_notes.note", note)
    session.add(CaseNote(topic=row.topic, kind=kind, note=blob, created_at=now))
    session.flush()


def notes_of(session: Session, row: Case) -> list[tuple[datetime, str, str]]:
    """(moment, kind, words) of what was noted, oldest first."""
    rows = session.scalars(select(CaseNote).where(CaseNote.topic == row.topic).order_by(CaseNote.id)).all()
    return [
        (one.created_at, one.kind, keys.open_text(session, row.key_id, "case_notes.note", one.note)) for one in rows
    ]


def told_by(session: Session, kind: type[C], person_id: int, most: int = 10) -> Sequence[C]:
    """A person's own, newest first."""
    own = kind.teller_digest == teller_digest(session, kind, person_id), kind.private.is_not(None)
    return session.scalars(select(kind).where(*own).order_by(kind.id.desc()).limit(most)).all()


def open_ones(session: Session, kind: type[C], area_ids: Iterable[int], person_id: int, most: int = 50) -> Sequence[C]:
    """What has not ended in these areas or is in this person's hands, newest first."""
    return _open(kind).entities(session, kind, areas=area_ids, person=person_id, most=most)


@cache
def _open(kind: type[Case]) -> Prepared:
    theirs = or_(Among(kind.area_id, "areas"), kind.handler_id == bindparam("person"))
    going = *(kind.state != one for one in kind.over), kind.private.is_not(None)
    return Prepared(select(kind.__table__).where(theirs, *going).order_by(kind.id.desc()).limit(bindparam("most")))


def in_hands_of(session: Session, person_id: int) -> list[Case]:
    """What of every kind is in this person's hands and has not ended."""
    return [row for kind in kinds() for row in open_ones(session, kind, (), person_id)]


def told_of(session: Session, person_id: int, most: int) -> list[Case]:
    """What of every kind this person told of and is still kept."""
    return [row for kind in told_kinds(session, person_id) for row in told_by(session, kind, person_id, most)]


@cache
def _told(every: tuple[type[Case], ...]) -> Prepared:
    """Which of these kinds hold something of a teller, by one statement over all of them."""
    looks = [
        select(literal(kind.name)).where(kind.teller_digest == bindparam(f"by_{kind.name}"), kind.private.is_not(None))
        for kind in every
    ]
    return Prepared(union_all(*looks))


def told_kinds(session: Session, person_id: int) -> list[type[Case]]:
    """The kinds of which this person told something that is still kept."""
    every = kinds()
    digests = {f"by_{kind.name}": teller_digest(session, kind, person_id) for kind in every}
    names = {name for (name,) in _told(every).all(session, **digests)}
    return [kind for kind in every if kind.name in names]


def forget_teller(session: Session, row: Case) -> None:
    """Who told of it has left: nothing points to them any more; those it is about are still to be helped."""
    row.origin = keys.seal_json(session, row.key_id, f"{row.__tablename__}.origin", {})
    row.teller_digest, row.left = None, True
    session.flush()


@cache
def due_of(kind: type[C]) -> states.Due[C]:
    """How those of a kind whose clock strikes are found."""
    return states.Due(kind)


def past(session: Session, kind: type[C], now: datetime, most: int) -> Sequence[C]:
    """Those kept long enough, on which no hold stands; locked where the database can."""
    gone = or_(kind.expires_at <= now, and_(kind.left, kind.state.in_(list(kind.over))))
    kept = kind.private.is_not(None), gone, ~holds.is_on(kind.name, kind.id)
    return session.scalars(select(kind).where(*kept).limit(most).with_for_update(skip_locked=True)).all()


def bury(session: Session, row: Case) -> None:
    """Make a case a tombstone: number, area, sort and states stay; all that was said is erased."""
    callbacks.forget(session, row.topic)
    session.execute(delete(CaseNote).where(CaseNote.topic == row.topic))
    keys.erase(session, row.key_id)
    for column in row.__table__.columns:
        if isinstance(column.type, LargeBinary):
            setattr(row, column.name, None)
    row.teller_digest, row.next_at = None, None
    session.flush()
