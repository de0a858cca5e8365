"""Keeping (保存期限): records and media that have been kept long enough, and how they become tombstones."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from storage import disclosures, keys, media, receipts
from storage.changes import Change, ChangeState
from storage.deliveries import Delivery, DeliveryState
from storage.incidents import Incident, IncidentKind, IncidentMedium, IncidentNote, IncidentState, media_of
from storage.media import Medium, MediumState

CLOSED = (IncidentState.DONE, IncidentState.WITHDRAWN, IncidentState.MERGED)


def contents_in_use(session: Session) -> set[int]:
    """Contents that calls not yet in the outbox will need: deliveries being filled or paused, changes going on."""
    filling = select(Delivery.content_id, Delivery.bare_content_id).where(
        Delivery.state.in_([DeliveryState.FILLING, DeliveryState.PAUSED])
    )
    going = select(Change.content_id, Change.bare_content_id).where(Change.state == ChangeState.GOING)
    rows = [*session.execute(filling).all(), *session.execute(going).all()]
    return {one for row in rows for one in row if one is not None}


def photos_after_close(session: Session, before: datetime, most: int) -> Sequence[int]:
    """Ids of media of incidents closed before that moment and not needed by an open one."""
    still_open = (
        select(IncidentMedium.medium_id)
        .join(Incident, Incident.id == IncidentMedium.incident_id)
        .where(or_(Incident.state.not_in(CLOSED), Incident.closed_at.is_(None), Incident.closed_at >= before))
    )
    return session.scalars(
        select(Medium.id)
        .join(IncidentMedium, IncidentMedium.medium_id == Medium.id)
        .join(Incident, Incident.id == IncidentMedium.incident_id)
        .where(Medium.state != MediumState.ERASED, Incident.closed_at < before, Medium.id.not_in(still_open))
        .distinct()
        .limit(most)
    ).all()


def media_past(session: Session, now: datetime, most: int) -> Sequence[int]:
    """Ids of media whose own time is over."""
    return session.scalars(
        select(Medium.id).where(Medium.expires_at <= now, Medium.state != MediumState.ERASED).limit(most)
    ).all()


def incidents_past(session: Session, now: datetime, tips_before: datetime, most: int) -> Sequence[Incident]:
    """Incidents kept long enough, among them tips nobody confirmed since that moment; locked where it can be."""
    unproved = and_(
        Incident.kind == IncidentKind.TIP, Incident.created_at < tips_before, Incident.state != IncidentState.DONE
    )
    return session.scalars(
        select(Incident)
        .where(Incident.text.is_not(None), or_(Incident.expires_at <= now, unproved))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def bury(session: Session, incident: Incident) -> None:
    """Make an incident a tombstone: number, kind, area and state stay.

    Words, teller, receipt, notes, media and the reasons of disclosures are erased.
    """
    for medium_id in media_of(session, incident):
        media.erase(session, medium_id)
    session.execute(delete(IncidentNote).where(IncidentNote.incident_id == incident.id))
    receipts.drop(session, incident)
    disclosures.bury(session, incident)
    keys.erase(session, incident.key_id)
    incident.text = incident.place = incident.private = incident.origin = incident.outcome = None
    incident.teller_digest, incident.next_at = None, None
    session.flush()
