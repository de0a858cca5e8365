"""Sightings (线索): each one alerts the officers privately; together they are one time-line."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, text
from handlers.searches import telling, views
from storage import areas, incidents
from storage.incidents import Incident
from storage.searches import Search, SearchState


def sighting(session: Session, words: Catalogue, search: Search, incident: Incident, now: datetime) -> list[Say]:
    """Tell the officers of a sighting: one alert each, and their time-line edits itself. The teller is not named."""
    del words
    over = search.state not in (SearchState.DRAFT, SearchState.REPORTED, SearchState.PUBLISHED)
    key = "search.line.alert_late" if over else "search.line.alert"
    alert = text(key, code=search.code, words=views.sighting_words(session, incident))
    buttons = rows(
        (
            button("search.button.timeline", f"线索汇总 {search.code}"),
            button("search.button.found", f"找到 {search.code}"),
        )
    )
    says = telling.to_officers(session, search, alert, buttons=buttons)
    pictures = tuple(incidents.media_of(session, incident))
    if pictures:
        says += telling.to_officers(session, search, text("search.line.photos", code=search.code), media=pictures)
    line = views.timeline(session, search, now)
    return [*says, *telling.to_officers(session, search, line.text, slot=f"search:{search.id}:timeline")]


def timeline(session: Session, actor: Actor, search: Search, now: datetime) -> Say:
    """线索汇总: the time-line on request."""
    access.require(actor, "线索汇总", areas.get(session, search.area_id))
    return views.timeline(session, search, now)
