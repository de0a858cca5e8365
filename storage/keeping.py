"""Keeping (保存期限): records and media that have been kept long enough, and how they become tombstones.

What was added lately, and what a hold stands on, stays. Of a tombstone number, kind, area, state, hashes and times
are left; words, people, notes and media are gone with their keys.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from storage import bulletins, disclosures, holds, intelligence, keys, library, media, receipts
from storage.bulletins import Bulletin, BulletinKind, BulletinMedium, BulletinState
from storage.changes import Change, ChangeState
from storage.contents import Content, ContentMedium
from storage.deliveries import Delivery, DeliveryState
from storage.incidents import Incident, IncidentKind, IncidentMedium, IncidentNote, IncidentState, media_of
from storage.media import Medium, MediumState
from storage.searches import Search, SearchState

CLOSED: Final = (IncidentState.DONE, IncidentState.WITHDRAWN, IncidentState.MERGED)
BULLETIN_OVER: Final = (
    BulletinState.REJECTED,
    BulletinState.LAPSED,
    BulletinState.RECALLED,
    BulletinState.EXPIRED,
)
SEARCH_OVER: Final = (SearchState.FOUND, SearchState.CANCELLED, SearchState.EXPIRED)

_INCIDENT_HELD = holds.is_on("incident", Incident.id)
_BULLETIN_HELD = holds.is_on("bulletin", Bulletin.id)
_SEARCH_HELD = holds.is_on("search", Search.id)


def contents_in_use(session: Session) -> set[int]:
    """Contents that calls not yet in the outbox will need: deliveries being filled or paused, changes going on."""
    filling = select(Delivery.content_id, Delivery.bare_content_id).where(
        Delivery.state.in_([DeliveryState.FILLING, DeliveryState.PAUSED])
    )
    going = select(Change.content_id, Change.bare_content_id).where(Change.state == ChangeState.GOING)
    rows = [*session.execute(filling).all(), *session.execute(going).all()]
    return {one for row in rows for one in row if one is not None}


def _added_since(before: datetime) -> ColumnElement[bool]:
    """Whether something was added to an incident since that moment: it is kept as long again."""
    return exists().where(IncidentNote.incident_id == Incident.id, IncidentNote.created_at >= before)


def photos_after_close(session: Session, before: datetime, most: int) -> Sequence[int]:
    """Ids of media of incidents and bulletins over before that moment and not needed by another."""
    closed = and_(Incident.state.in_(CLOSED), Incident.closed_at < before)
    over = and_(Bulletin.state.in_(BULLETIN_OVER), func.coalesce(Bulletin.closed_at, Bulletin.expires_at) < before)
    told = select(IncidentMedium.medium_id).join(Incident, Incident.id == IncidentMedium.incident_id)
    shown = select(BulletinMedium.medium_id).join(Bulletin, Bulletin.id == BulletinMedium.bulletin_id)
    gone = or_(Medium.id.in_(told.where(closed)), Medium.id.in_(shown.where(over)))
    stays = or_(
        Medium.id.in_(told.where(or_(func.coalesce(closed, False).is_(False), _added_since(before), _INCIDENT_HELD))),
        Medium.id.in_(shown.where(or_(func.coalesce(over, False).is_(False), _BULLETIN_HELD))),
        library.is_shown(),
    )
    return session.scalars(
        select(Medium.id).where(Medium.state != MediumState.ERASED, gone, ~stays).order_by(Medium.id).limit(most)
    ).all()


def media_past(session: Session, now: datetime, most: int) -> Sequence[int]:
    """Ids of media whose own time is over."""
    return session.scalars(
        select(Medium.id).where(Medium.expires_at <= now, Medium.state != MediumState.ERASED).limit(most)
    ).all()


def media_of_nothing(session: Session, before: datetime, most: int) -> Sequence[int]:
    """Ids of media that came before that moment and became part of no record, and of nothing still to be said."""
    said = select(ContentMedium.medium_id).join(Content, Content.id == ContentMedium.content_id)
    belongs = or_(
        exists().where(IncidentMedium.medium_id == Medium.id),
        exists().where(BulletinMedium.medium_id == Medium.id),
        library.is_shown(),
        exists().where(Search.medium_id == Medium.id),
        Medium.id.in_(said.where(Content.wrapped.is_not(None))),
    )
    unclaimed = Medium.expires_at.is_(None), Medium.state != MediumState.ERASED, Medium.created_at < before
    return session.scalars(select(Medium.id).where(*unclaimed, ~belongs).order_by(Medium.id).limit(most)).all()


def incidents_past(
    session: Session, now: datetime, tips_before: datetime, others_before: datetime, most: int
) -> Sequence[Incident]:
    """Incidents kept long enough, and closed ones whose teller had their data erased; locked where it can be.

    Long enough is until `expires_at`, of tips nobody confirmed since `tips_before`; what was added since the moment
    that counts for its kind lets it stay as long again.
    """
    tip = Incident.kind == IncidentKind.TIP
    unproved = and_(tip, Incident.created_at < tips_before, Incident.state != IncidentState.DONE)
    past = or_(
        and_(tip, or_(Incident.expires_at <= now, unproved), ~_added_since(tips_before)),
        and_(~tip, Incident.expires_at <= now, ~_added_since(others_before)),
        and_(Incident.left, Incident.state.in_(CLOSED)),
    )
    return session.scalars(
        select(Incident)
        .where(Incident.text.is_not(None), past, ~_INCIDENT_HELD)
        .order_by(Incident.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def searches_past(session: Session, before: datetime, most: int) -> Sequence[Search]:
    """Searches over since before that moment, and those over whose teller had their data erased."""
    long_over = func.coalesce(Search.closed_at, Search.expires_at) < before
    past = or_(and_(Search.state != SearchState.PUBLISHED, long_over), and_(Search.left, Search.state.in_(SEARCH_OVER)))
    return session.scalars(
        select(Search)
        .where(Search.facts.is_not(None), past, ~_SEARCH_HELD)
        .order_by(Search.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def bulletins_past(session: Session, suspects_before: datetime, before: datetime, most: int) -> Sequence[Bulletin]:
    """Bulletins over since before that moment, suspect notices since theirs."""
    ended = func.coalesce(Bulletin.closed_at, Bulletin.expires_at)
    suspect = Bulletin.kind == BulletinKind.SUSPECT
    past = or_(and_(suspect, ended < suspects_before), and_(~suspect, ended < before))
    return session.scalars(
        select(Bulletin)
        .where(Bulletin.body.is_not(None), Bulletin.state != BulletinState.LIVE, past, ~_BULLETIN_HELD)
        .order_by(Bulletin.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def goes_at(session: Session, incident: Incident, lives: timedelta) -> datetime:
    """When an incident goes that is kept for `lives` after it came or was last added to, if nothing more happens."""
    newest = session.scalar(select(func.max(IncidentNote.created_at)).where(IncidentNote.incident_id == incident.id))
    ends = incident.expires_at
    return max(ends, newest + lives) if newest is not None else ends


def bury(session: Session, incident: Incident) -> None:
    """Make an incident a tombstone: number, kind, area and state stay.

    Words, teller, receipt, notes, media and the reasons of disclosures are erased.
    """
    for medium_id in media_of(session, incident):
        media.erase(session, medium_id)
    session.execute(delete(IncidentNote).where(IncidentNote.incident_id == incident.id))
    receipts.drop(session, incident)
    disclosures.bury(session, incident)
    intelligence.bury(session, incident.id)
    keys.erase(session, incident.key_id)
    incident.text = incident.place = incident.private = incident.origin = incident.outcome = None
    incident.teller_digest, incident.next_at = None, None
    session.flush()


def bury_search(session: Session, search: Search) -> None:
    """Make a search a tombstone: number, area, state and times stay; facts, teller and photo are erased."""
    if search.medium_id is not None:
        media.erase(session, search.medium_id)
    keys.erase(session, search.key_id)
    search.facts = search.origin = None
    search.medium_id = search.teller_digest = search.next_at = None
    session.flush()


def bury_bulletin(session: Session, bulletin: Bulletin) -> None:
    """Make a bulletin a tombstone: number, kind, area, state, hash and approvals stay; body, targets, photos go.

    A picture of the library stays with its item.
    """
    for medium_id in bulletins.media_of(session, bulletin):
        if not library.shows(session, medium_id):
            media.erase(session, medium_id)
    keys.erase(session, bulletin.key_id)
    bulletin.body, bulletin.targets, bulletin.next_at = None, [], None
    session.flush()
