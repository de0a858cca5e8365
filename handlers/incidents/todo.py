"""待办: what is open in this person's areas; a tip is counted in a group, never named."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import views as shared
from handlers.dialogue import kinds
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, rows, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.incidents import records, views
from handlers.reading import intent
from storage import incidents, moments
from storage.incidents import IncidentState

MOST = 12
MOST_BUTTONS = 4


def todo(session: Session, scene: Scene, now: datetime) -> Say:
    """The open and taken incidents, newest first, the first few with a button."""
    theirs = incidents.in_areas(session, records.team_areas(session, scene.actor), records.UNDER_WAY)
    lent = [one for one in incidents.in_hands_of(session, scene.actor.id) if one not in theirs]
    found = [*lent, *theirs]
    shown = [one for one in found if not (scene.is_group and records.hidden(session, one))]
    unnamed = len(found) - len(shown)
    others = [line for kind in kinds.all_kinds().values() if kind.todo for line in kind.todo(session, scene, now)]
    if not found and not others:
        return say("incidents.todo.none")
    when = moments.of_each(session, [one.topic for one in shown[:MOST]])
    lines = [
        text(
            "incidents.todo.line",
            code=one.code,
            place=views.place_line(session, one),
            state=views.state_of(session, one),
            ago=views.ago(one, now),
            clocks=shared.short(when.get(one.topic), one.created_at),
        )
        for one in shown[:MOST]
    ]
    lines += others
    if len(shown) > MOST:
        lines.append(text("incidents.todo.more", n=len(shown) - MOST))
    if unnamed:
        lines.append(text("incidents.todo.tips", n=unnamed))
    waiting = [one for one in shown[:MOST] if one.state is IncidentState.OPEN][:MOST_BUTTONS]
    buttons = [
        button("incidents.button.one", f"接单 {one.code}", code=one.code, place=views.place_line(session, one))
        for one in waiting
    ]
    return Say(text("incidents.todo.all", lines=tuple(lines)), buttons=rows(*buttons), quote=True)


COMMAND = Command("待办", todo, latin="todo", bare=intent.todo, rank=24)
