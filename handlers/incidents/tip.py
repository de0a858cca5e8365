"""线索: a tip, answered privately only; a sighting of somebody missing or an answer to a notice joins it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.help import pending
from handlers.incidents import actions, rules, similar, views
from handlers.incidents.actions import Telling
from handlers.incidents.report import ask, spoken
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from storage import bulletins, incidents, people, searches
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.incidents import Incident, IncidentKind
from storage.outbox import Lane
from storage.searches import Search, SearchState

SEARCHED = (SearchState.REPORTED, SearchState.PUBLISHED)
ASKED = (BulletinState.LIVE,)


def tip(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    location: tuple[float, float] | None,
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
    seen: int | None,
) -> list[Say]:
    """Record a tip; one about a search or a notice is told at once to its officers, any other to the area's team."""
    search, bulletin = about(session, codes, topic)
    named = [code for code in codes if code.prefix in "寻反预协"]
    words, voice = spoken(message, after_codes(rest, named) if named else rest)
    if via in ("button", "choice") and not words and not media and scene.chat is not None and not scene.is_group:
        words, media = pending.take(session, scene.actor.id, scene.chat.id, now)
    if not rules.clean(words) and not media and location is None:
        if named:
            raise refuse("incidents.empty.sighting", code=str(named[0]))
        return ask(session, scene, IncidentKind.TIP, False, now)
    telling = Telling(
        IncidentKind.TIP,
        words,
        tuple(media),
        location,
        voice=voice,
        search_id=search.id if search is not None else None,
        bulletin_id=bulletin.id if bulletin is not None else None,
    )
    if search is None and bulletin is None:
        return actions.report(session, scene, telling, message, now, station, gazetteer, seen)
    incident, answer = actions.told_about(session, scene, telling, message, now, station, gazetteer)
    if search is not None:
        return [*answer, *tell_sighting(session, search, incident)]
    return [*answer, *_tell_bulletin(session, bulletin, incident)] if bulletin is not None else answer


def about(session: Session, codes: Sequence[Code], topic: str | None) -> tuple[Search | None, Bulletin | None]:
    """The search or bulletin named by code, else the one whose notice was answered; Refusal for an unknown code."""
    for code in codes:
        if code.prefix == searches.LETTER:
            search = searches.numbered(session, code.number)
            if search is None or search.state not in SEARCHED:
                raise _no_search(session, code)
            return search, None
        if code.prefix in ("反", "预", "协"):
            bulletin = bulletins.numbered(session, BulletinKind(code.prefix), code.number)
            if bulletin is None or bulletin.state not in ASKED:
                raise refuse("incidents.no_bulletin", code=str(code))
            return None, bulletin
    kind, _, number = (topic or "").partition(":")
    if kind == "search":
        search = session.get(Search, int(number))
        return (search, None) if search is not None and search.state in SEARCHED else (None, None)
    if kind == "bulletin":
        bulletin = session.get(Bulletin, int(number))
        return (None, bulletin) if bulletin is not None and bulletin.state in ASKED else (None, None)
    return None, None


def _no_search(session: Session, code: Code) -> Exception:
    open_ones = searches.in_state(session, [SearchState.PUBLISHED])
    if not open_ones:
        return refuse("incidents.no_search", code=str(code))
    return refuse("incidents.no_search_but", code=str(code), open="、".join(one.code for one in open_ones[:3]))


def tell_sighting(session: Session, search: Search, incident: Incident) -> list[Say]:
    """A sighting goes at once to the officer who verified the search, else to the area's officers, privately."""
    officers = (
        [search.verified_by]
        if search.verified_by is not None
        else people.nearest_holders(session, OFFICERS, search.area_id)
    )
    return to_people(_told(session, incident, search.code, Lane.LIFE), officers)


def _tell_bulletin(session: Session, bulletin: Bulletin, incident: Incident) -> list[Say]:
    """An answer to a notice goes at once to its author and the area's officers, privately."""
    officers = [bulletin.author_id, *people.nearest_holders(session, OFFICERS, incident.area_id)]
    return to_people(_told(session, incident, bulletin.code, Lane.REPLY), officers)


def _told(session: Session, incident: Incident, about_code: str, lane: Lane) -> Say:
    private = incidents.private_of(session, incident)
    line = text(
        "incidents.sighting",
        about=about_code,
        code=incident.code,
        place=views.place_line(session, incident),
        words=str(private.get("words") or "") or text("incidents.card.no_words"),
    )
    buttons = rows(
        (
            button("incidents.button.take", f"接单 {incident.code}"),
            button("incidents.button.close", f"办结 {incident.code}"),
        )
    )
    return Say(line, buttons=buttons, media=tuple(incidents.media_of(session, incident)), lane=lane)


COMMAND = Command(
    "线索",
    tip,
    latin="tip",
    aliases=("报线索", "举报"),
    bare=intent.tip,
    look=similar.look_for(IncidentKind.TIP),
    rank=13,
)
