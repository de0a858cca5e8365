"""What can be done with the weekly figures (周报): show them, tell the desk.

The only door; that for figures which are not counted here is `entering.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.access import MATRIX, refuse
from handlers.dialogue.say import Button, Cause, Say, button, post, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, text
from handlers.dialogue.world import Station
from handlers.reading.identifiers import mask
from handlers.weekly import report, sheet, weeks
from handlers.weekly import words as wordings
from handlers.weekly.reading import Asked, Shape
from handlers.weekly.report import Report
from storage import areas, audit, chats, media, weekly
from storage.areas import Area, Level
from storage.chats import ChatKind, ChatState
from storage.media import MediumKind
from storage.people import Role
from storage.weekly import WeeklyOrder

KEPT: Final = timedelta(days=14)
"""So long a picture or a sheet is kept; it can be made again."""
PNG: Final = "image/png"
MOST_BUTTONS: Final = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with what was drawn or written of it, before anything was locked."""

    report: Report
    shape: Shape
    made: bytes = b""
    towns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """A picture or a sheet that is made beside the talk."""

    area: Area
    first: date
    shape: Shape


def _drawn(words: Catalogue, told: Report) -> bytes:
    """The picture; drawing is loaded only when something is drawn."""
    from handlers.weekly import picture

    return picture.draw(words, told)


def readable(session: Session, actor: Actor, roles: frozenset[Role]) -> list[Area]:
    """The areas whose figures somebody may read: of each role's town or county, and the towns inside; widest first."""
    found: dict[int, Area] = {}
    for hold in actor.holds:
        scope = report.scope_of(session, hold.area_id) if hold.role in roles else None
        if scope is not None:
            inside = areas.inside(session, scope.id)
            found |= {one.id: one for one in inside if one.level in (Level.COUNTY, Level.TOWN)}
    return sorted(found.values(), key=lambda one: (len(one.lineage), one.id))


def show(session: Session, station: Station, actor: Actor, wish: Asked, now: datetime) -> Shown | Ordered:
    """Gather what somebody asked for, as far as that is quick; raises Refusal where they may not, or it cannot be."""
    allowed = readable(session, actor, MATRIX["周报"].roles)
    if not allowed:
        raise refuse("weekly.no_area")
    area = next((one for one in allowed if one.name == wish.area), None) if wish.area else allowed[0]
    if area is None:
        raise refuse("weekly.not_yours", area=wish.area, own="、".join(one.name for one in allowed[:MOST_BUTTONS]))
    part = areas.named(session, wish.week) if wish.week else None
    town = report.scope_of(session, part.id) if part is not None else None
    if part is not None and town is not None:
        raise refuse("weekly.town_only", area=part.name, town=town.name)
    first = week_of(wish.week, now, station)
    if wish.shape != "words":
        return Ordered(area, first, wish.shape)
    towns = tuple(one.name for one in allowed if one.id != area.id)
    return Shown(report.gather(session, station, area, weeks.stretch(first, now), now), "words", towns=towns)


def make(
    session: Session, words: Catalogue, station: Station, actor: Actor, wanted: WeeklyOrder, now: datetime
) -> Shown | None:
    """The picture or sheet somebody asked for; None where they may no longer see it."""
    allowed = readable(session, actor, MATRIX["周报"].roles)
    area = next((one for one in allowed if one.id == wanted.area_id), None)
    if area is None:
        return None
    told = report.gather(session, station, area, weeks.stretch(wanted.first, now), now)
    towns = tuple(one.name for one in allowed if one.id != area.id)
    if wanted.shape == "picture":
        return Shown(told, "picture", _drawn(words, told), towns)
    return Shown(told, "sheet", sheet.sheet(words, told), towns)


def week_of(said: str, now: datetime, station: Station) -> date:
    """The first day of the week that is meant; raises Refusal where none can be told."""
    first = weeks.named(said, now, station.weekly_on)
    if first is None:
        raise refuse("weekly.which_week", said=mask(said)[:20])
    return first


def order(session: Session, actor: Actor, wanted: Ordered, now: datetime) -> Say:
    """It is noted, and whoever asked hears that it comes."""
    weekly.order(session, actor.id, wanted.area.id, wanted.first, wanted.shape, now)
    key = "weekly.drawing" if wanted.shape == "picture" else "weekly.writing"
    return Say(text(key, area=wanted.area.name, period=wordings.period(weeks.stretch(wanted.first, now))))


def tell(session: Session, words: Catalogue, actor: Actor, shown: Shown, now: datetime) -> Say:
    """The report to whoever asked."""
    told = shown.report
    if shown.shape == "words":
        return Say(wordings.telling(words, told), buttons=_buttons(shown))
    day = f"{told.stretch.first:%Y-%m-%d}"
    audit.write(session, "weekly", now, actor_id=actor.id, week=day, area=told.area.id)
    if shown.shape == "picture":
        medium = media.made(session, MediumKind.PHOTO, shown.made, PNG, "", now, expires_at=now + KEPT)
    else:
        name = wordings.title(words, told, "weekly.sheet.file", first=f"{told.stretch.first:%m%d}")
        medium = media.made(session, MediumKind.FILE, shown.made, sheet.XLSX, name, now, expires_at=now + KEPT)
    key = "weekly.drawn" if shown.shape == "picture" else "weekly.written"
    line = text(
        key,
        area=told.area.name,
        period=wordings.period(told.stretch),
        corrected=text("weekly.corrected") if told.corrected else "",
    )
    return Say(line, buttons=_buttons(shown), media=(medium,))


def _buttons(shown: Shown) -> tuple[tuple[Button, ...], ...]:
    """The same in another shape, the week before, the towns one by one in the order of the areas."""
    told = shown.report
    first, area = told.stretch.first, told.area.name
    week = f"{first.year}年{first.month}月{first.day}日"
    earlier = first - weeks.WEEK
    shapes = [
        button(f"weekly.button.{shape}", f"周报 {area} {week}{word}")
        for shape, word in (("words", ""), ("picture", " 图"), ("sheet", " 表格"))
        if shape != shown.shape
    ]
    before = button("weekly.button.before", f"周报 {area} {earlier.year}年{earlier.month}月{earlier.day}日")
    towns = [button("weekly.button.area", f"周报 {one} {week}", area=one) for one in shown.towns[:MOST_BUTTONS]]
    pairs = [tuple(towns[at : at + 2]) for at in range(0, len(towns), 2)]
    return rows((*shapes, before), *pairs)


def prepare(session: Session, words: Catalogue, station: Station, first: date, now: datetime) -> dict[int, Shown]:
    """Area id → its figures and their picture, for each area that has a group of the desk."""
    found: dict[int, Shown] = {}
    for chat in _desks(session):
        area = report.scope_of(session, chat.area_id or 0)
        if area is not None and area.id not in found:
            told = report.gather(session, station, area, weeks.stretch(first, now), now)
            found[area.id] = Shown(told, "picture", _drawn(words, told))
    return found


def publish(
    session: Session,
    words: Catalogue,
    first: date,
    shown: Mapping[int, Shown],
    kept: dict[str, object] | None,
    now: datetime,
) -> int:
    """Tell a week to the groups of the desk, once; how many messages. Who comes second tells nothing."""
    if not weekly.note_issue(session, first, kept, now):
        return 0
    says = []
    for chat in _desks(session):
        area = report.scope_of(session, chat.area_id or 0)
        if area is None or area.id not in shown:
            continue
        one = shown[area.id]
        medium = media.made(session, MediumKind.PHOTO, one.made, PNG, "", now, expires_at=now + KEPT)
        says.append(
            Say(
                wordings.telling(words, one.report),
                chat=chat.id,
                media=(medium,),
                key=f"weekly:{first}:{chat.id}",
            )
        )
    return len(post(session, words, says, Cause(f"weekly:{first}"), now))


def _desks(session: Session) -> list[chats.Chat]:
    return [one for one in chats.groups(session, (ChatKind.DESK,)) if one.state is not ChatState.GONE]
