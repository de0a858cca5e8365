"""待办: what is open in this person's areas; a tip is counted in a group, never named."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import views as shared
from handlers.dialogue import kinds, paging
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, rows, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.incidents import records, views
from handlers.reading import intent
from storage import by_area, incidents, moments
from storage.incidents import Incident, IncidentState

MOST = 12
MOST_READ = 50
"""So many are looked at for a group, where some are not shown."""
MOST_BUTTONS = 4


def todo(session: Session, scene: Scene, rest: str, now: datetime) -> Say:
    """The open and taken incidents, newest first, the first few with a button; privately 待办 2 shows the next ones."""
    areas = records.team_areas(session, scene.actor)
    lent = [one for one in incidents.in_hands_of(session, scene.actor.id) if one.area_id not in areas]
    whole = len(lent) + by_area.count(session, areas, records.UNDER_WAY)
    if scene.is_group:
        first, last, following = 0, min(whole, MOST_READ), None
    else:
        first, last, following = paging.pages(whole, paging.page_of(rest), MOST)
    found = lent[first:last]
    skip = max(first - len(lent), 0)
    found += by_area.newest(session, areas, records.UNDER_WAY, most=last - first - len(found), skip=skip)
    shown = [one for one in found if not (scene.is_group and records.hidden(session, one))]
    unnamed = len(found) - len(shown)
    others = [] if first else _others(session, scene, now)
    if not found and not others:
        return say("incidents.todo.none")
    shown = shown[:MOST]
    lines = [*_lines(session, shown, now), *others]
    waiting = [one for one in shown if one.state is IncidentState.OPEN][:MOST_BUTTONS]
    buttons = [
        button("incidents.button.one", f"接单 {one.code}", code=one.code, place=views.place_line(session, one))
        for one in waiting
    ]
    left = whole - first - len(shown) - unnamed
    if following is not None:
        lines.append(text("incidents.todo.left", n=left))
        buttons.append(button("incidents.button.more", f"待办 {following}"))
    elif left:
        lines.append(text("incidents.todo.more", n=left))
    if unnamed:
        lines.append(text("incidents.todo.tips", n=unnamed))
    return Say(text("incidents.todo.all", lines=tuple(lines)), buttons=rows(*buttons), quote=True)


def _others(session: Session, scene: Scene, now: datetime) -> list[Text]:
    """What other kinds of record have to be done."""
    return [line for kind in kinds.all_kinds().values() if kind.todo for line in kind.todo(session, scene, now)]


def _lines(session: Session, shown: Sequence[Incident], now: datetime) -> list[Text]:
    when = moments.of_each(session, [one.topic for one in shown])
    return [
        text(
            "incidents.todo.line",
            code=one.code,
            place=views.place_line(session, one),
            state=views.state_of(session, one),
            ago=views.ago(one, now),
            clocks=shared.short(when.get(one.topic), one.created_at),
        )
        for one in shown
    ]


COMMAND = Command("待办", todo, latin="todo", bare=intent.todo, rank=24)
