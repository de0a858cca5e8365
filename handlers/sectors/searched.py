"""搜完: a sector has been searched; a trace found there goes to the officers as a tip, privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.world import Station
from handlers.incidents import about
from handlers.incidents import actions as telling
from handlers.incidents.actions import Telling
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from handlers.sectors import actions, rules
from handlers.sectors.asked import answered, meant, rest_of
from storage.incidents import IncidentKind

UNDO = ("撤销", "没搜完", "还没搜完", "点错")


def searched(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
    words: Catalogue,
    gazetteer: Gazetteer,
) -> list[Say]:
    """搜完 寻3 片2 没有发现; 撤销 takes a wrong tap back."""
    search = meant(session, scene.actor, codes, topic, "搜完")
    said = rest_of(rest, codes)
    number, note = rules.sector_of(said), rules.without_sector(said)
    if note in UNDO:
        says = actions.undone(session, scene.actor, search, number)
        return answered(session, scene, says, "sectors.taken_group", via, search)
    trace = bool(media) or rules.is_trace(note)
    says = actions.done(session, scene.actor, search, number, "" if trace else note, now)
    says = answered(session, scene, says, "sectors.done_group", via, search)
    if not trace:
        return says
    told = Telling(IncidentKind.TIP, note, tuple(media), search_id=search.id)
    incident, answer = telling.told_about(session, scene, told, message, now, station, gazetteer)
    return [*answer, *about.tell(session, words, incident, now), *says]


COMMAND = Command("搜完", searched, bare=intent.has_code, rank=0)
