"""What a tip is about (关于): a search or a bulletin by its code or its notice; its officers are told at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.access import OFFICERS, Refusal, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.incidents import views
from handlers.reading.codes import Code
from handlers.searches import actions as finding
from handlers.searches import telling
from handlers.searches.finding import told_of
from storage import bulletins, incidents, people, searches
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.incidents import Incident
from storage.lanes import Lane
from storage.searches import Search, SearchState

PREFIXES = "寻反预协"
SEARCHED = (SearchState.REPORTED, SearchState.PUBLISHED)


def meant(
    session: Session, actor: Actor, codes: Sequence[Code], topic: str | None
) -> tuple[Search | None, Bulletin | None]:
    """The search or bulletin named by code, else the one whose notice was answered.

    Refusal for an unknown code, and the same one for a search the actor cannot have heard of (R12).
    """
    for code in codes:
        if code.prefix == searches.LETTER:
            search = searches.numbered(session, code.number)
            if search is None or not told_of(session, actor, search):
                raise _no_search(session, code)
            if search.state is SearchState.FOUND:
                raise refuse("incidents.search_over", code=search.code)
            if search.state not in SEARCHED:
                raise _no_search(session, code)
            return search, None
        if code.prefix in PREFIXES:
            bulletin = bulletins.numbered(session, BulletinKind(code.prefix), code.number)
            if bulletin is None or bulletin.state is not BulletinState.LIVE:
                raise refuse("incidents.no_bulletin", code=str(code))
            return None, bulletin
    kind, _, number = (topic or "").partition(":")
    if kind == "search":
        search = session.get(Search, int(number))
        return (search if search is not None and search.state in SEARCHED else None), None
    if kind == "bulletin":
        bulletin = session.get(Bulletin, int(number))
        return None, (bulletin if bulletin is not None and bulletin.state is BulletinState.LIVE else None)
    return None, None


def _no_search(session: Session, code: Code) -> Refusal:
    open_ones = searches.in_state(session, [SearchState.PUBLISHED])
    if not open_ones:
        return refuse("incidents.no_search", code=str(code))
    return refuse("incidents.no_search_but", code=str(code), open="、".join(one.code for one in open_ones[:3]))


def tell(session: Session, words: Catalogue, incident: Incident, now: datetime) -> list[Say]:
    """Tell the officers of the search or bulletin at once and privately what came in."""
    if incident.search_id is not None:
        return finding.sighting(session, words, searches.get(session, incident.search_id), incident, now)
    if incident.bulletin_id is not None:
        told = to_people(_told(session, incident), _officers(session, incident))
        return viewed(session, incident.topic, "answer", told, now)
    return []


def tell_added(
    session: Session, incident: Incident, words: Text | str, media: Sequence[int], now: datetime
) -> list[Say]:
    """What was added to an untaken one goes to the same officers."""
    line = text("incidents.was_added", code=incident.code, words=words)
    if incident.search_id is not None:
        search = searches.get(session, incident.search_id)
        says = to_people(Say(line, media=tuple(media), lane=Lane.LIFE), telling.officers(session, search))
    else:
        says = to_people(Say(line, media=tuple(media)), _officers(session, incident))
    return viewed(session, incident.topic, "added", says, now)


def _officers(session: Session, incident: Incident) -> list[int]:
    """The bulletin's author and the officers nearest to where it was seen."""
    author = bulletins.get(session, incident.bulletin_id or 0).author_id
    return [author, *people.nearest_holders(session, OFFICERS, incident.area_id)]


def _told(session: Session, incident: Incident) -> Say:
    about = bulletins.get(session, incident.bulletin_id or 0).code
    private = incidents.private_of(session, incident)
    words = str(private.get("words") or "") or text("incidents.card.no_words")
    place = views.place_line(session, incident)
    line = text("incidents.answer_to", about=about, code=incident.code, place=place, words=words)
    take = button("incidents.button.take", f"接单 {incident.code}")
    close = button("incidents.button.close", f"办结 {incident.code}")
    return Say(line, buttons=rows((take, close)), media=tuple(incidents.media_of(session, incident)))
