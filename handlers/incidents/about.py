"""What a tip is about (关于): a search or a bulletin by its code or its notice; its officers are told at once."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, Refusal, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.wording import Text, text
from handlers.incidents import views
from handlers.reading.codes import Code
from storage import bulletins, incidents, people, searches
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.incidents import Incident, IncidentState
from storage.outbox import Lane
from storage.searches import Search, SearchState

PREFIXES = "寻反预协"
SEARCHED = (SearchState.REPORTED, SearchState.PUBLISHED)


def meant(session: Session, codes: Sequence[Code], topic: str | None) -> tuple[Search | None, Bulletin | None]:
    """The search or bulletin named by code, else the one whose notice was answered; Refusal for an unknown code."""
    for code in codes:
        if code.prefix == searches.LETTER:
            search = searches.numbered(session, code.number)
            if search is None or search.state not in SEARCHED:
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


def tell(session: Session, incident: Incident) -> list[Say]:
    """Tell the officers of the search or bulletin at once and privately what came in."""
    if incident.search_id is not None:
        return tell_sighting(session, searches.get(session, incident.search_id), incident)
    if incident.bulletin_id is not None:
        bulletin = bulletins.get(session, incident.bulletin_id)
        officers = [bulletin.author_id, *people.nearest_holders(session, OFFICERS, incident.area_id)]
        return to_people(_told(session, incident, bulletin.code, Lane.REPLY), officers)
    return []


def tell_sighting(session: Session, search: Search, incident: Incident) -> list[Say]:
    """A sighting goes to the officer who verified the search, else to the area's officers."""
    verified = search.verified_by
    officers = [verified] if verified is not None else people.nearest_holders(session, OFFICERS, search.area_id)
    return to_people(_told(session, incident, search.code, Lane.LIFE), officers)


def tell_added(session: Session, incident: Incident, words: Text | str, media: Sequence[int]) -> list[Say]:
    """What was added to an untaken sighting goes the same way."""
    line = text("incidents.was_added", code=incident.code, words=words)
    return [Say(line, person=one.person, media=tuple(media), lane=one.lane) for one in tell(session, incident)]


def _told(session: Session, incident: Incident, about: str, lane: Lane) -> Say:
    private = incidents.private_of(session, incident)
    words = str(private.get("words") or "") or text("incidents.card.no_words")
    place = views.place_line(session, incident)
    line = text("incidents.sighting", about=about, code=incident.code, place=place, words=words)
    take = button("incidents.button.take", f"接单 {incident.code}")
    close = button("incidents.button.close", f"办结 {incident.code}")
    buttons = rows((take, close)) if incident.state is IncidentState.OPEN else ()
    return Say(line, buttons=buttons, media=tuple(incidents.media_of(session, incident)), lane=lane)
