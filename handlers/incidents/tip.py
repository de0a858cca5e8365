"""线索: a tip, answered privately only; a sighting of somebody missing or an answer to a notice joins it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.world import Station
from handlers.help import pending
from handlers.incidents import about, actions, rules, similar
from handlers.incidents.actions import Telling
from handlers.incidents.report import ask, ask_where, asked_no_more, spoken
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from storage.incidents import IncidentKind


def tip(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: Sequence[int],
    location: tuple[float, float] | None,
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
    words: Catalogue,
    gazetteer: Gazetteer,
    seen: int | None,
) -> list[Say]:
    """Record a tip; one about a search or a notice is told at once to its officers, any other to the area's team."""
    search, bulletin = about.meant(session, scene.actor, codes, topic)
    named = [code for code in codes if code.prefix in about.PREFIXES]
    told, voice = spoken(message, after_codes(rest, named) if named else rest)
    pressed = via in ("button", "choice") and not named
    if pressed and not told and not media and scene.chat is not None and not scene.is_group:
        told, media, location = pending.take(session, scene.actor.id, scene.chat.id, now)
    if not rules.clean(told) and not media and location is None:
        if named and not scene.is_group:
            return ask(session, scene, IncidentKind.TIP, False, now, str(named[0]))
        if named:
            raise refuse("incidents.empty.sighting", code=str(named[0]))
        return ask(session, scene, IncidentKind.TIP, False, now)
    asked_no_more(session, scene, now)
    telling = Telling(
        IncidentKind.TIP,
        told,
        tuple(media),
        location,
        voice=voice,
        search_id=search.id if search is not None else None,
        bulletin_id=bulletin.id if bulletin is not None else None,
    )
    if search is None and bulletin is None:
        says = actions.report(session, scene, telling, message, now, station, gazetteer, seen)
        return [*says, *ask_where(session, scene, telling, message, now)]
    incident, answer = actions.told_about(session, scene, telling, message, now, station, gazetteer)
    return [*answer, *about.tell(session, words, incident, now)]


COMMAND = Command(
    "线索",
    tip,
    latin="tip",
    aliases=("报线索", "举报"),
    bare=intent.tip,
    look=similar.look_for(IncidentKind.TIP),
    rank=13,
)
