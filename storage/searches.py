"""Searches (寻人): somebody is missing; facts are sealed under the search's own key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import codes, keys, notices, purposes, sealing, states
from storage.database import Base
from storage.purposes import Purpose

LETTER = "寻"


class SearchState(StrEnum):
    """报告 → 核实 → 发布 → 找到 | 中止; DRAFT is a form begun but not finished, already shown to officers."""

    DRAFT = "draft"
    REPORTED = "reported"
    PUBLISHED = "published"
    FOUND = "found"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


MOVES: Mapping[SearchState, frozenset[SearchState]] = {
    SearchState.DRAFT: frozenset({SearchState.REPORTED, SearchState.CANCELLED, SearchState.FOUND}),
    SearchState.REPORTED: frozenset({SearchState.PUBLISHED, SearchState.FOUND, SearchState.CANCELLED}),
    SearchState.PUBLISHED: frozenset({SearchState.FOUND, SearchState.EXPIRED, SearchState.CANCELLED}),
    SearchState.FOUND: frozenset(),
    SearchState.CANCELLED: frozenset(),
    SearchState.EXPIRED: frozenset({SearchState.FOUND, SearchState.PUBLISHED}),
}


class Search(Base):
    """A search (寻人); `ring_area_id` is how far it has been published, `can_stay` the consent of R8.

    `review_at` is when a second officer's look at it (`reviewed_by`) is missed; `left` says that whoever told of it had
    their data erased: it goes once it is over.
    """

    __tablename__ = "searches"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    number: Mapped[int] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    ring_area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    state: Mapped[SearchState] = mapped_column(index=True)
    facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    origin: Mapped[bytes | None] = mapped_column(LargeBinary)
    teller_digest: Mapped[str | None] = mapped_column(String(32), index=True)
    medium_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    minor: Mapped[bool] = mapped_column(default=False)
    can_stay: Mapped[bool] = mapped_column(default=False)
    notice_version: Mapped[int]
    left: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    verified_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    review_at: Mapped[datetime | None] = mapped_column(index=True)
    stage: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]

    @property
    def code(self) -> str:
        """The code people say, 寻3."""
        return f"{LETTER}{self.number}"

    @property
    def topic(self) -> str:
        """The name of this record in ledgers."""
        return f"search:{self.id}"


def add(
    session: Session,
    purpose: Purpose,
    area_id: int,
    facts: Mapping[str, Any],
    now: datetime,
    *,
    expires_at: datetime,
    origin: Mapping[str, Any] | None = None,
    teller_id: int | None = None,
    next_at: datetime | None = None,
) -> Search:
    """Open a search with what is known so far; raises ExtraField for what its purpose has no use for."""
    purposes.require("searches.facts", purpose, facts)
    purposes.require("searches.origin", purpose, origin or {})
    key_id = keys.new(session, now)
    search = Search(
        key_id=key_id,
        number=codes.next_number(session, LETTER),
        purpose=purpose,
        area_id=area_id,
        state=SearchState.DRAFT,
        facts=keys.seal_json(session, key_id, "searches.facts", facts),
        origin=keys.seal_json(session, key_id, "searches.origin", origin or {}),
        teller_digest=teller_digest(session, teller_id) if teller_id else None,
        notice_version=notices.VERSION,
        next_at=next_at,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(search)
    session.flush()
    return search


def teller_digest(session: Session, person_id: int) -> str:
    """The digest by which a family's own searches are found."""
    return sealing.digest(session, "searches.teller", str(person_id))


def get(session: Session, search_id: int) -> Search:
    """The search with this id."""
    return session.get_one(Search, search_id)


def numbered(session: Session, number: int) -> Search | None:
    """The search of this code; a tombstone is none."""
    return session.scalar(select(Search).where(Search.number == number, Search.facts.is_not(None)))


def facts_of(session: Session, search: Search) -> dict[str, Any]:
    """What is known of the missing person; empty once erased."""
    return keys.open_json(session, search.key_id, "searches.facts", search.facts)


def set_facts(session: Session, search: Search, facts: Mapping[str, Any]) -> None:
    """Keep what is known; raises ExtraField for what its purpose has no use for."""
    purposes.require("searches.facts", search.purpose, facts)
    search.facts = keys.seal_json(session, search.key_id, "searches.facts", facts)
    session.flush()


def origin_of(session: Session, search: Search) -> dict[str, Any]:
    """Where the family is answered: `person`, `chat`."""
    return keys.open_json(session, search.key_id, "searches.origin", search.origin)


def move(
    session: Session,
    search: Search,
    to: SearchState,
    *,
    only_from: Collection[SearchState] | None = None,
    **values: object,
) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, search, MOVES, to, only_from, **values)


def told_by(session: Session, person_id: int, most: int = 10) -> Sequence[Search]:
    """A person's own searches, newest first."""
    return session.scalars(
        select(Search)
        .where(Search.teller_digest == teller_digest(session, person_id))
        .order_by(Search.id.desc())
        .limit(most)
    ).all()


def in_state(session: Session, states: Collection[SearchState]) -> Sequence[Search]:
    """Searches in these states, newest first."""
    return session.scalars(select(Search).where(Search.state.in_(list(states))).order_by(Search.id.desc())).all()


due = states.Due(Search)
"""Searches with a step to take now."""


_LIVE = Search.state == SearchState.PUBLISHED
_ANY_UNREVIEWED = states.AnyRow(Search.id, _LIVE, Search.reviewed_by.is_(None), Search.review_at <= bindparam("now"))
_ANY_EXPIRING = states.AnyRow(Search.id, _LIVE, Search.expires_at <= bindparam("now"))


def any_due(session: Session, now: datetime) -> bool:
    """Whether `due`, `unreviewed` or `expiring` would find something; nothing is locked."""
    return due.any(session, now) or _ANY_UNREVIEWED(session, now=now) or _ANY_EXPIRING(session, now=now)


def unreviewed(session: Session, now: datetime, most: int = 50) -> Sequence[Search]:
    """Published searches whose review is missed now; locked where the database can."""
    return session.scalars(
        select(Search)
        .where(Search.state == SearchState.PUBLISHED, Search.reviewed_by.is_(None), Search.review_at <= now)
        .order_by(Search.review_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def expiring(session: Session, now: datetime, most: int = 50) -> Sequence[Search]:
    """Published searches whose time is over."""
    return session.scalars(
        select(Search)
        .where(Search.state == SearchState.PUBLISHED, Search.expires_at <= now)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
