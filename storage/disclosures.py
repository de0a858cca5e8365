"""Disclosures (查身份): who asked to learn a teller's identity, why, and which keeper of secrets agreed or refused.

The reason is sealed under the tip's own key, so that it goes with the tip; who and when stay, like the audit chain.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import keys, states
from storage.database import Base
from storage.incidents import Incident


class DisclosureState(StrEnum):
    """待保密员同意 → 已查看, refused, or lapsed."""

    ASKED = "asked"
    OPENED = "opened"
    REFUSED = "refused"
    LAPSED = "lapsed"


MOVES: Mapping[DisclosureState, frozenset[DisclosureState]] = {
    DisclosureState.ASKED: frozenset({DisclosureState.OPENED, DisclosureState.REFUSED, DisclosureState.LAPSED}),
    DisclosureState.OPENED: frozenset(),
    DisclosureState.REFUSED: frozenset(),
    DisclosureState.LAPSED: frozenset(),
}


class Disclosure(Base):
    """One request; `next_at` is when it lapses, and once opened when what was shown is taken away again."""

    __tablename__ = "disclosures"
    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), index=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[DisclosureState]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)


def ask(
    session: Session, incident: Incident, asked_by: int, reason: str, now: datetime, lapses_at: datetime
) -> Disclosure:
    """Record a request with its reason."""
    row = Disclosure(
        incident_id=incident.id,
        asked_by=asked_by,
        reason=keys.seal(session, incident.key_id, "disclosures.reason", reason),
        state=DisclosureState.ASKED,
        asked_at=now,
        next_at=lapses_at,
    )
    session.add(row)
    session.flush()
    return row


def reason_of(session: Session, incident: Incident, row: Disclosure) -> str:
    """Why it was asked; empty once the tip is erased."""
    return keys.open_text(session, incident.key_id, "disclosures.reason", row.reason)


def waiting(session: Session, incident: Incident) -> Sequence[Disclosure]:
    """The requests about a tip nobody has answered yet, oldest first; locked where the database can."""
    return session.scalars(
        select(Disclosure)
        .where(Disclosure.incident_id == incident.id, Disclosure.state == DisclosureState.ASKED)
        .order_by(Disclosure.id)
        .with_for_update()
    ).all()


def move(session: Session, row: Disclosure, to: DisclosureState, **values: object) -> bool:
    """Change the state where the move is allowed and nobody was faster; False otherwise."""
    return states.move(session, row, MOVES, to, None, **values)


due = states.Due(Disclosure)
"""Requests that lapse now, and shown identities to be taken away now."""


def hide_shown_to(session: Session, person_id: int, now: datetime) -> None:
    """What this person was shown is taken away now, not after its ten minutes: they leave, or lost their roles."""
    shown = Disclosure.asked_by == person_id, Disclosure.state == DisclosureState.OPENED, Disclosure.next_at > now
    session.execute(update(Disclosure).where(*shown).values(next_at=now))


def bury(session: Session, incident: Incident) -> None:
    """The tip becomes a tombstone: no reason is kept, and what still waited can no longer be answered."""
    of_it = update(Disclosure).where(Disclosure.incident_id == incident.id)
    session.execute(of_it.values(reason=None))
    session.execute(
        of_it.where(Disclosure.state == DisclosureState.ASKED).values(state=DisclosureState.LAPSED, next_at=None)
    )


def give_up(session: Session, row: Disclosure) -> None:
    """Look after a request no more, since that failed; by the clock it is over all the same."""
    row.next_at = None
    session.flush()
