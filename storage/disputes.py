"""Disputes (矛盾纠纷): who with whom about what, sorted, mediated, agreed, called back, closed one by one.

Names, phones and all that was said are sealed under the dispute's own key; its columns in clear tell where it is,
of what sort, and how it stands.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, and_, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, holds, keys, purposes, sealing, states
from storage.database import Base
from storage.purposes import Purpose

LETTER = "纠"


class Sort(StrEnum):
    """What a dispute is about; a closed list."""

    NEIGHBOURS = "邻里"
    FAMILY = "婚姻家庭"
    LAND = "土地宅基地"
    DEBT = "债务"
    WORK = "劳务工资"
    HOUSING = "物业租房"
    CUSTOMER = "消费"
    DAMAGE = "损害赔偿"
    OTHER = "其他"


class DisputeState(StrEnum):
    """登记 → 调解 → 达成, called back → 销号; ended without an agreement; or taken back by its teller."""

    REPORTED = "reported"
    MEDIATING = "mediating"
    AGREED = "agreed"
    CLOSED = "closed"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Triage(StrEnum):
    """How it is sorted (分流)."""

    SPOT = "当场"
    FOLLOW = "跟踪"
    STATION = "警务室"
    REFERRED = "转办"


class Lane(StrEnum):
    """Which way it is mediated (三调)."""

    ONE_STOP = "一站联调"
    QUICK = "警网快调"
    REMOTE = "线上随调"


class Partner(StrEnum):
    """With whom (三联)."""

    LINKED = "联调联通"
    COURT = "诉调联合"
    VIRTUE = "德调联动"


MOVES: Mapping[DisputeState, frozenset[DisputeState]] = {
    DisputeState.REPORTED: frozenset({DisputeState.MEDIATING, DisputeState.ENDED, DisputeState.WITHDRAWN}),
    DisputeState.MEDIATING: frozenset({DisputeState.MEDIATING, DisputeState.AGREED, DisputeState.ENDED}),
    DisputeState.AGREED: frozenset({DisputeState.AGREED, DisputeState.CLOSED, DisputeState.MEDIATING}),
    DisputeState.CLOSED: frozenset({DisputeState.MEDIATING}),
    DisputeState.ENDED: frozenset({DisputeState.MEDIATING}),
    DisputeState.WITHDRAWN: frozenset(),
}
UNDER_WAY = (DisputeState.REPORTED, DisputeState.MEDIATING)
OVER = (DisputeState.CLOSED, DisputeState.ENDED, DisputeState.WITHDRAWN)


class Dispute(Base):
    """A dispute (纠纷); its handler is asked how it goes at `next_at`; `reopened` counts how often it was.

    left: who told of it has left, so that it is erased as soon as it is over.
    """

    __tablename__ = "disputes"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    state: Mapped[DisputeState] = mapped_column(index=True)
    sort: Mapped[str] = mapped_column(String(16))
    triage: Mapped[str | None] = mapped_column(String(8))
    lane: Mapped[str | None] = mapped_column(String(8))
    partner: Mapped[str | None] = mapped_column(String(8))
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    private: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    teller_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    agreement: Mapped[bytes | None] = mapped_column(LargeBinary)
    agreement_hash: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    meets_at: Mapped[datetime | None]
    reminder_id: Mapped[int | None] = mapped_column(ForeignKey("reminders.id"))
    left: Mapped[bool] = mapped_column(default=False)
    reopened: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    agreed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 纠1."""
        return f"{LETTER}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"dispute:{self.id}"


class DisputeNote(Base):
    """A fact of the case (调解记), or a step; sealed under the dispute's key."""

    __tablename__ = "dispute_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    note: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


def add(
    session: Session,
    purpose: Purpose,
    area_id: int,
    sort: Sort,
    now: datetime,
    *,
    expires_at: datetime,
    place: str,
    private: Mapping[str, Any],
    origin: Mapping[str, Any],
    teller_id: int,
) -> Dispute:
    """Record a dispute. `private` holds the words, the parties and doors; `origin` where its teller is answered."""
    purposes.require("disputes.private", purpose, private)
    purposes.require("disputes.origin", purpose, origin)
    key_id = keys.new(session, now)
    dispute = Dispute(
        key_id=key_id,
        number=codes.next_number(session, LETTER),
        purpose=purpose,
        area_id=area_id,
        state=DisputeState.REPORTED,
        sort=sort,
        place=keys.seal(session, key_id, "disputes.place", place) if place else None,
        private=keys.seal_json(session, key_id, "disputes.private", private),
        origin=keys.seal_json(session, key_id, "disputes.origin", origin),
        teller_digest=teller_digest(session, teller_id),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(dispute)
    session.flush()
    return dispute


def teller_digest(session: Session, person_id: int) -> str:
    """The digest by which a teller's own disputes are found."""
    return sealing.digest(session, "disputes.teller", str(person_id))


def get(session: Session, dispute_id: int) -> Dispute:
    """The dispute with this id."""
    return session.get_one(Dispute, dispute_id)


def find(session: Session, dispute_id: int) -> Dispute | None:
    """The dispute with this id; None once it is erased."""
    found = session.get(Dispute, dispute_id)
    return None if found is None or found.private is None else found


def numbered(session: Session, number: int) -> Dispute | None:
    """The dispute of this code; a tombstone is none."""
    return session.scalar(select(Dispute).where(Dispute.number == number, Dispute.private.is_not(None)))


def place_of(session: Session, dispute: Dispute) -> str:
    """Where it is, to the building at most."""
    return keys.open_text(session, dispute.key_id, "disputes.place", dispute.place)


def private_of(session: Session, dispute: Dispute) -> dict[str, Any]:
    """The words and the parties, for its handler."""
    return keys.open_json(session, dispute.key_id, "disputes.private", dispute.private)


def origin_of(session: Session, dispute: Dispute) -> dict[str, Any]:
    """Where its teller is answered: `person`."""
    return keys.open_json(session, dispute.key_id, "disputes.origin", dispute.origin)


def agreement_of(session: Session, dispute: Dispute) -> str:
    """What was agreed."""
    return keys.open_text(session, dispute.key_id, "disputes.agreement", dispute.agreement)


def outcome_of(session: Session, dispute: Dispute) -> str:
    """Why it ended without an agreement."""
    return keys.open_text(session, dispute.key_id, "disputes.outcome", dispute.outcome)


def sealed(session: Session, dispute: Dispute, column: str, value: str) -> bytes:
    """A value sealed for one of its columns."""
    return keys.seal(session, dispute.key_id, f"disputes.{column}", value)


def set_private(session: Session, dispute: Dispute, private: Mapping[str, Any]) -> None:
    """Replace what only its handler reads."""
    purposes.require("disputes.private", dispute.purpose, private)
    dispute.private = keys.seal_json(session, dispute.key_id, "disputes.private", private)
    session.flush()


def change(session: Session, dispute: Dispute, **values: object) -> None:
    """Set columns that move no state."""
    for name, value in values.items():
        setattr(dispute, name, value)
    session.flush()


def move(
    session: Session,
    dispute: Dispute,
    to: DisputeState,
    *,
    only_from: Collection[DisputeState] | None = None,
    **values: object,
) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, dispute, MOVES, to, only_from, **values)


def forget_teller(session: Session, dispute: Dispute) -> None:
    """Who told of it has left: nothing points to them any more; the two sides are still to be helped."""
    dispute.origin = keys.seal_json(session, dispute.key_id, "disputes.origin", {})
    dispute.teller_digest, dispute.left = None, True
    session.flush()


def add_note(session: Session, dispute: Dispute, kind: str, note: str, now: datetime) -> None:
    """Add a fact of the case or a step; nobody's name stands beside it."""
    blob = keys.seal(session, dispute.key_id, "dispute_notes.note", note)
    session.add(DisputeNote(dispute_id=dispute.id, kind=kind, note=blob, created_at=now))
    session.flush()


def notes_of(session: Session, dispute: Dispute) -> list[tuple[datetime, str, str]]:
    """(moment, kind, words) of what was noted, oldest first."""
    rows = session.scalars(
        select(DisputeNote).where(DisputeNote.dispute_id == dispute.id).order_by(DisputeNote.id)
    ).all()
    return [
        (row.created_at, row.kind, keys.open_text(session, dispute.key_id, "dispute_notes.note", row.note))
        for row in rows
    ]


def told_by(session: Session, person_id: int, most: int = 10) -> Sequence[Dispute]:
    """A person's own disputes, newest first."""
    own = Dispute.teller_digest == teller_digest(session, person_id), Dispute.private.is_not(None)
    return session.scalars(select(Dispute).where(*own).order_by(Dispute.id.desc()).limit(most)).all()


def open_ones(session: Session, area_ids: Iterable[int], person_id: int, most: int = 50) -> Sequence[Dispute]:
    """What is under way or awaits its call-back in these areas or in this person's hands, newest first."""
    theirs = or_(Dispute.area_id.in_(list(area_ids)), Dispute.handler_id == person_id)
    going = Dispute.state.in_([*UNDER_WAY, DisputeState.AGREED]), Dispute.private.is_not(None)
    return session.scalars(select(Dispute).where(theirs, *going).order_by(Dispute.id.desc()).limit(most)).all()


def due(session: Session, now: datetime, most: int = 50) -> Sequence[Dispute]:
    """Disputes whose handler is asked how it goes now; locked where the database can."""
    return states.due(session, Dispute, now, most)


def past(session: Session, now: datetime, most: int) -> Sequence[Dispute]:
    """Disputes kept long enough, on which no hold stands; locked where the database can."""
    gone = or_(Dispute.expires_at <= now, and_(Dispute.left, Dispute.state.in_(OVER)))
    kept = Dispute.private.is_not(None), gone, ~holds.is_on("dispute", Dispute.id)
    return session.scalars(select(Dispute).where(*kept).limit(most).with_for_update(skip_locked=True)).all()


def bury(session: Session, dispute: Dispute) -> None:
    """Make a dispute a tombstone: number, area, sort, states and the agreement's hash stay; all words are erased."""
    session.execute(delete(DisputeNote).where(DisputeNote.dispute_id == dispute.id))
    keys.erase(session, dispute.key_id)
    dispute.place = dispute.private = dispute.origin = dispute.agreement = dispute.outcome = None
    dispute.teller_digest, dispute.next_at = None, None
    session.flush()
