"""接单: take an incident; the first wins."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.incidents import records, views, work
from handlers.reading import intent
from handlers.reading.codes import Code
from storage import by_area
from storage.incidents import Incident, IncidentState

MOST_BUTTONS = 6


def take(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, via: str, now: datetime
) -> list[Say]:
    """Take the incident named, the one answered to, or the only one open."""
    incident = records.find_for_team(session, scene, codes, topic)
    if incident is None:
        waiting = open_ones(session, scene)
        if len(waiting) != 1:
            return [which(session, scene, waiting)]
        incident = waiting[0]
    says = work.take(session, scene.actor, incident, now)
    if not scene.is_group:
        return says
    if not records.reaches(session, scene.actor.id):
        says.append(Say(text("incidents.open_to_see"), opens_for=scene.actor.id, quote=True))
    elif via not in ("button", "choice"):
        says.append(Say(text("incidents.taken_answer"), quote=True))
    return says


def open_ones(session: Session, scene: Scene) -> list[Incident]:
    """The incidents waiting to be taken in this person's areas, newest first."""
    theirs = records.team_areas(session, scene.actor)
    found = by_area.newest(session, theirs, [IncidentState.OPEN])
    return [one for one in found if one.search_id is None and one.bulletin_id is None]


def which(session: Session, scene: Scene, waiting: Sequence[Incident]) -> Say:
    """Ask which of several; in a group a tip is not named."""
    if not waiting:
        raise refuse("incidents.none_open")
    named = [one for one in waiting if not (scene.is_group and records.hidden(session, one))]
    buttons = rows(
        *(
            button("incidents.button.one", f"接单 {one.code}", code=one.code, place=views.place_line(session, one))
            for one in named[:MOST_BUTTONS]
        )
    )
    return Say(text("incidents.which_take"), buttons=buttons, quote=True)


COMMAND = Command("接单", take, latin="take", bare=intent.take, rank=20)
