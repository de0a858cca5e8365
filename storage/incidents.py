"""Incidents (事件): what people report: matters 报, hazards 隐, calls for help 求, tips 线.

What was said, where an answer goes and who said it are sealed under the incident's own key; the teller can be
looked up only by a digest.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys, notices, prepared, purposes, sealing, states
from storage.database import Base
from storage.prepared import Prepared
from storage.purposes import Purpose


class IncidentKind(StrEnum):
    """Kinds of incident; the value is the letter of its code."""

    MATTER = "报"
    HAZARD = "隐"
    HELP = "求"
    TIP = "线"


class IncidentState(StrEnum):
    """待接单 → 处理中 → 已办结; withdrawn by its teller, or merged into another."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


MOVES: Mapping[IncidentState, frozenset[IncidentState]] = {
    IncidentState.OPEN: frozenset(
        {IncidentState.TAKEN, IncidentState.DONE, IncidentState.WITHDRAWN, IncidentState.MERGED}
    ),
    IncidentState.TAKEN: frozenset(IncidentState),
    IncidentState.DONE: frozenset({IncidentState.OPEN}),
    IncidentState.WITHDRAWN: frozenset(),
    IncidentState.MERGED: frozenset({IncidentState.OPEN}),
}

OVER = frozenset({IncidentState.DONE, IncidentState.WITHDRAWN})

UNDER_WAY_HERE = text("state IN ('open', 'taken') AND search_id IS NULL AND bulletin_id IS NULL")
"""What a likely duplicate must be; written out, since a partial index serves only who says its very words."""
COUNTED_BY = ("area_id", "kind", "state")


class Incident(Base):
    """An incident (事件); `stage` counts the ladder's steps taken, `next_at` is when the next is due.

    `left` says that its teller had their data erased: it is known no more who told, and it goes once it is closed.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        Index(
            "ix_incidents_under_way",
            "area_id",
            "id",
            "kind",
            "created_at",
            # All that is asked for, or SQLite would take the index of areas and read every closed report there.
            "state",
            "search_id",
            "bulletin_id",
            sqlite_where=UNDER_WAY_HERE,
            postgresql_where=UNDER_WAY_HERE,
        ),
        # Whoever counts a week finds all there: the rows are wide, and those of a week lie far apart.
        Index("ix_incidents_closed_at", "closed_at", "created_at", *COUNTED_BY, "search_id", "bulletin_id"),
        Index("ix_incidents_created_at", "created_at", *COUNTED_BY),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[IncidentKind]
    number: Mapped[int]
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    state: Mapped[IncidentState] = mapped_column(index=True)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    private: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    teller_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    on_behalf: Mapped[bool] = mapped_column(default=False)
    notice_version: Mapped[int]
    left: Mapped[bool] = mapped_column(default=False)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    taken_at: Mapped[datetime | None]
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    search_id: Mapped[int | None] = mapped_column(ForeignKey("searches.id"), index=True)
    bulletin_id: Mapped[int | None] = mapped_column(ForeignKey("bulletins.id"), index=True)
    stage: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 隐12."""
        return f"{self.kind}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"incident:{self.id}"


class IncidentNote(Base):
    """What was added later: 补充 by the teller, a step by the team; sealed under the incident's key."""

    __tablename__ = "incident_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    by_team: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    text: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class IncidentMedium(Base):
    """A medium that belongs to an incident."""

    __tablename__ = "incident_media"
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True)
    medium_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


@cache
def _insert(columns: tuple[str, ...]) -> Prepared:
    return Prepared.insert(Incident, columns)


_NUMBERED = Prepared(
    select(Incident.__table__).where(
        Incident.kind == bindparam("letter"), Incident.number == bindparam("numbered"), Incident.text.is_not(None)
    )
)
_ADD_NOTE = Prepared.insert(IncidentNote, ("incident_id", "kind", "by_team", "text", "created_at"), returning=False)
_NOTES = Prepared(
    select(IncidentNote.created_at, IncidentNote.kind, IncidentNote.text)
    .where(IncidentNote.incident_id == bindparam("of"))
    .order_by(IncidentNote.id)
)
_ATTACH = Prepared.insert(IncidentMedium, ("incident_id", "medium_id"), returning=False)
_MEDIA = Prepared(
    select(IncidentMedium.medium_id)
    .where(IncidentMedium.incident_id == bindparam("of"))
    .order_by(IncidentMedium.medium_id)
)
_TOLD_BY = Prepared(
    select(Incident.__table__)
    .where(Incident.teller_digest == bindparam("digest"))
    .order_by(Incident.id.desc())
    .limit(bindparam("most"))
)


def add(
    session: Session,
    kind: IncidentKind,
    purpose: Purpose,
    area_id: int,
    text: str,
    now: datetime,
    *,
    expires_at: datetime,
    place: str = "",
    private: Mapping[str, Any] | None = None,
    origin: Mapping[str, Any] | None = None,
    teller_id: int | None = None,
    on_behalf: bool = False,
    search_id: int | None = None,
    bulletin_id: int | None = None,
    next_at: datetime | None = None,
) -> Incident:
    """Record an incident. `private` holds door, phone and plate; `origin` where its teller is answered.

    Raises ExtraField where they hold anything its purpose has no use for.
    """
    purposes.require("incidents.private", purpose, private or {})
    purposes.require("incidents.origin", purpose, origin or {})
    key_id = keys.new(session, now)
    values = {
        "key_id": key_id,
        "kind": kind,
        "number": codes.next_number(session, kind),
        "purpose": purpose,
        "area_id": area_id,
        "state": IncidentState.OPEN,
        "text": keys.seal(session, key_id, "incidents.text", text),
        "place": keys.seal(session, key_id, "incidents.place", place) if place else None,
        "private": keys.seal_json(session, key_id, "incidents.private", private or {}),
        "origin": keys.seal_json(session, key_id, "incidents.origin", origin or {}),
        "teller_digest": teller_digest(session, teller_id) if teller_id else None,
        "on_behalf": on_behalf,
        "notice_version": notices.VERSION,
        "left": False,
        "search_id": search_id,
        "bulletin_id": bulletin_id,
        "stage": 0,
        "next_at": next_at,
        "created_at": now,
        "expires_at": expires_at,
    }
    values["id"] = _insert(tuple(values)).scalar(session, **values)
    return prepared.standing(session, Incident, [values.get(name) for name in Incident.__table__.c.keys()])


def teller_digest(session: Session, person_id: int) -> str:
    """The digest by which a teller's own incidents are found."""
    return sealing.digest(session, "incidents.teller", str(person_id))


def get(session: Session, incident_id: int) -> Incident:
    """The incident with this id."""
    return prepared.get_one(session, Incident, incident_id)


def numbered(session: Session, kind: IncidentKind, number: int) -> Incident | None:
    """The incident of this code; a tombstone is none."""
    return _NUMBERED.entity(session, Incident, letter=kind, numbered=number)


def text_of(session: Session, incident: Incident) -> str:
    """What was said, masked; empty once erased."""
    return keys.open_text(session, incident.key_id, "incidents.text", incident.text)


def place_of(session: Session, incident: Incident) -> str:
    """Where it is, to the building at most."""
    return keys.open_text(session, incident.key_id, "incidents.place", incident.place)


def private_of(session: Session, incident: Incident) -> dict[str, Any]:
    """Door, phone, plate and the like, for the one who took it."""
    return keys.open_json(session, incident.key_id, "incidents.private", incident.private)


def origin_of(session: Session, incident: Incident) -> dict[str, Any]:
    """Where its teller is answered: `person`, `chat`, `message`."""
    return keys.open_json(session, incident.key_id, "incidents.origin", incident.origin)


def outcome_of(session: Session, incident: Incident) -> str:
    """What came of it."""
    return keys.open_text(session, incident.key_id, "incidents.outcome", incident.outcome)


def rewrite(
    session: Session,
    incident: Incident,
    text: str,
    *,
    place: str | None = None,
    private: Mapping[str, Any] | None = None,
) -> None:
    """Replace what was said (an edited message, while untaken); raises ExtraField as `add` does."""
    purposes.require("incidents.private", incident.purpose, private or {})
    incident.text = keys.seal(session, incident.key_id, "incidents.text", text)
    if place is not None:
        incident.place = keys.seal(session, incident.key_id, "incidents.place", place) if place else None
    if private is not None:
        incident.private = keys.seal_json(session, incident.key_id, "incidents.private", private)
    session.flush()


def move(
    session: Session,
    incident: Incident,
    to: IncidentState,
    *,
    only_from: Collection[IncidentState] | None = None,
    **values: object,
) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise.

    The exact position somebody sent along goes with the end: nobody is on the way there any more.
    """
    moved = states.move(session, incident, MOVES, to, only_from, **values)
    if moved and to in OVER:
        for one in (incident, *merged_into(session, incident)):
            _forget_position(session, one)
    return moved


def _forget_position(session: Session, incident: Incident) -> None:
    private = private_of(session, incident)
    if private.get("location"):
        incident.private = keys.seal_json(session, incident.key_id, "incidents.private", {**private, "location": None})
        session.flush()


def relocate(session: Session, incident: Incident, area_id: int, next_at: datetime | None) -> None:
    """Give an untaken incident to another area, where its ladder begins anew at `next_at`."""
    incident.area_id, incident.stage, incident.next_at = area_id, 0, next_at
    session.flush()


def set_outcome(session: Session, incident: Incident, outcome: str) -> None:
    """Keep what came of it."""
    incident.outcome = keys.seal(session, incident.key_id, "incidents.outcome", outcome)
    session.flush()


def add_note(
    session: Session, incident: Incident, kind: str, text: str, now: datetime, by_team: int | None = None
) -> None:
    """Add a 补充 or a step."""
    sealed = keys.seal(session, incident.key_id, "incident_notes.text", text)
    _ADD_NOTE.run(session, incident_id=incident.id, kind=kind, by_team=by_team, text=sealed, created_at=now)


def drop_notes(session: Session, incident: Incident, kind: str, *, newest: bool = False) -> None:
    """Forget the notes of this kind, or the newest alone: they told of what was taken back."""
    own = IncidentNote.incident_id == incident.id, IncidentNote.kind == kind
    found = session.scalars(select(IncidentNote).where(*own).order_by(IncidentNote.id.desc())).all()
    for one in found[:1] if newest else found:
        session.delete(one)
    session.flush()


def notes_of(session: Session, incident: Incident) -> list[tuple[datetime, str, str]]:
    """(moment, kind, text) of what was added, oldest first."""
    return [
        (at, kind, keys.open_text(session, incident.key_id, "incident_notes.text", blob))
        for at, kind, blob in _NOTES.all(session, of=incident.id)
    ]


def asked_last(session: Session, incident: Incident, kind: str) -> int | None:
    """Who of the team added the newest note of this kind (person id), None where there is none."""
    return session.scalar(
        select(IncidentNote.by_team)
        .where(IncidentNote.incident_id == incident.id, IncidentNote.kind == kind)
        .order_by(IncidentNote.id.desc())
        .limit(1)
    )


def attach(session: Session, incident: Incident, media: Iterable[int]) -> None:
    """Add media to an incident."""
    for medium in media:
        _ATTACH.run(session, incident_id=incident.id, medium_id=medium)


def media_of(session: Session, incident: Incident) -> list[int]:
    """Ids of an incident's media."""
    return [medium for (medium,) in _MEDIA.all(session, of=incident.id)]


def told_by(session: Session, person_id: int, most: int = 10) -> Sequence[Incident]:
    """A person's own incidents, newest first."""
    return _TOLD_BY.entities(session, Incident, digest=teller_digest(session, person_id), most=most)


def merged_into(session: Session, incident: Incident) -> Sequence[Incident]:
    """The incidents merged into this one, oldest first."""
    return _MERGED.entities(session, Incident, into=incident.id)


_MERGED = Prepared(
    select(Incident)
    .where(Incident.merged_into_id == bindparam("into"), Incident.state == IncidentState.MERGED)
    .order_by(Incident.id)
)


def in_hands_of(session: Session, person_id: int) -> Sequence[Incident]:
    """What a person has taken and not closed yet, newest first."""
    return _IN_HANDS.entities(session, Incident, person=person_id)


_IN_HANDS = Prepared(
    select(Incident)
    .where(Incident.taken_by == bindparam("person"), Incident.state == IncidentState.TAKEN, Incident.text.is_not(None))
    .order_by(Incident.id.desc())
)


def of_search(session: Session, search_id: int) -> Sequence[Incident]:
    """The sightings of a search, oldest first."""
    return session.scalars(
        select(Incident).where(Incident.search_id == search_id).order_by(Incident.created_at, Incident.id)
    ).all()


due = states.Due(Incident)
"""Incidents whose ladder has a step to take now."""
