"""What can be done with figures the program cannot know (外来数): enter one or a table, replace, take back.

The door for talk, files and the command line alike. A table is looked at whole before anything of it is kept.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.access import CHIEFS, DESK, Refusal, check, refuse
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.reading.identifiers import mask
from handlers.weekly import actions, report, tables, weeks
from handlers.weekly import words as wordings
from handlers.weekly.reading import Told
from handlers.weekly.tables import MOST_ROWS, Row
from storage import areas, audit, weekly
from storage.areas import Area, Level
from storage.chats import ChatKind
from storage.people import Role

ENTERS: Final = DESK | CHIEFS
TOLD_OF: Final = (Level.COUNTY, Level.TOWN)
MOST_TOLD: Final = 12
"""Lines of a table that are told one by one."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells figures: of which areas they may, widest first, and in which role."""

    areas: tuple[Area, ...]
    role: Role
    person: int | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A figure that may be kept; `was` is what stands of the same area, week and kind."""

    area: Area
    first: date
    kind: str
    value: int
    source: str
    was: int | None = None
    same: bool = False


def teller_of(session: Session, actor: Actor) -> Teller:
    """Somebody who tells figures in talk; raises Refusal where they may not."""
    check(actor, "周报录入", ChatKind.PRIVATE)
    role = next(one.role for one in actor.holds if one.role in ENTERS)
    return Teller(tuple(actions.readable(session, actor, ENTERS)), role, actor.id)


def operator(session: Session) -> Teller:
    """Whoever runs the station's computer: of every area."""
    return Teller(tuple(one for one in areas.all_of(session) if one.level in TOLD_OF), Role.ADMIN, None)


def names_of(session: Session) -> list[str]:
    """The names of the areas whose figures there are."""
    return [one.name for one in areas.all_of(session) if one.level in TOLD_OF]


def rows_of(session: Session, station: Station, lines: str) -> list[Row]:
    """What the lines of a file tell."""
    return tables.rows(lines, station.weekly_kinds, names_of(session))


def area_for(teller: Teller, named: str) -> Area:
    """The area a figure is told of: the one named, else the widest of whoever tells it."""
    if not teller.areas:
        raise refuse("weekly.no_area")
    area = next((one for one in teller.areas if one.name == named or not named), None)
    if area is None:
        own = "、".join(one.name for one in teller.areas[: actions.MOST_BUTTONS])
        raise refuse("weekly.not_yours", area=named, own=own)
    return area


def ready(teller: Teller, station: Station, told: Told, now: datetime) -> Ready:
    """What somebody tells, as it may be kept; raises Refusal saying what is wrong."""
    if told.problem == "area":
        raise refuse("weekly.which_area")
    area = area_for(teller, told.area)
    first = actions.week_of(told.week, now, station)
    if told.kind not in station.weekly_kinds:
        raise refuse("weekly.which_kind", kinds="、".join(station.weekly_kinds))
    if told.value is None:
        raise refuse("weekly.which_value", kind=told.kind)
    source = told.source.strip()
    if mask(source) != source:
        raise refuse("weekly.private_source")
    if len(source) < 2:
        raise refuse("weekly.which_source", kind=told.kind, value=told.value)
    if len(source) > weekly.MOST_SOURCE:
        raise refuse("weekly.long_source", most=weekly.MOST_SOURCE)
    return Ready(area, first, told.kind, told.value, source)


def enter(session: Session, actor: Actor, station: Station, told: Told, now: datetime) -> list[Say]:
    """Keep one figure somebody tells; what stood before is said, and taking back brings it back."""
    teller = teller_of(session, actor)
    (one,) = beside(session, [ready(teller, station, told, now)])
    (number,) = keep(session, teller, [one], now)
    line = text(
        "weekly.entered" if one.was is None else "weekly.entered_again",
        area=one.area.name,
        kind=one.kind,
        value=f"{one.value:,}",
        was=f"{one.was:,}" if one.was is not None else "",
        source=one.source,
        period=_period(one.first, now),
    )
    return [Say(line, buttons=rows(button("weekly.button.undo", f"周报录入 撤销 {number}")))]


def checked(session: Session, teller: Teller, station: Station, told: Sequence[Row], now: datetime) -> list[Ready]:
    """Every row of a table as it may be kept; raises one Refusal that names each bad line."""
    if not told:
        raise refuse("weekly.empty_table")
    if len(told) > MOST_ROWS:
        raise refuse("weekly.long_table", most=MOST_ROWS)
    found: list[tuple[int, Ready]] = []
    bad: list[tuple[int, Text]] = []
    for row in told:
        try:
            found.append((row.line, ready(teller, station, row.told, now)))
        except Refusal as refusal:
            why = refusal.text.key.removeprefix("weekly.")
            bad.append((row.line, text(f"weekly.row.{why}", **dict(refusal.text.fields))))
    about = [(line, (one.area.id, one.first, one.kind)) for line, one in found]
    bad += [(line, text("weekly.row.twice", other=other)) for line, other in tables.twice(about)]
    if bad:
        lines = tuple(text("weekly.row.line", n=line, why=why) for line, why in sorted(bad, key=lambda one: one[0]))
        raise refuse("weekly.bad_rows", n=len(bad), lines=lines[:MOST_TOLD], more=_more(len(lines)))
    return beside(session, [one for _, one in found])


def keep(session: Session, teller: Teller, some: Sequence[Ready], now: datetime) -> list[int]:
    """Keep figures that were looked at; their numbers, in order."""
    told = [(one.first, one.area.id, one.kind, one.value, one.source) for one in some]
    entries = weekly.enter(session, told, teller.role, now)
    if entries:
        area, first = some[0].area.id, min(one.id for one in entries)
        audit.write(session, "weekly.enter", now, actor_id=teller.person, entry=first, area=area, rows=len(entries))
    return sorted(one.id for one in entries)


def beside(session: Session, some: Sequence[Ready]) -> list[Ready]:
    """The same, with what stands of each; raises Refusal where towns would be more than their county."""
    roots = {one.area.id: areas.lineage(session, one.area.id)[-1] for one in some}
    places = {root.id: [one.id for one in report.places_of(session, root) if one.id] for root in roots.values()}
    whole = [*places, *(one for towns in places.values() for one in towns)]
    stood = [old for first in {one.first for one in some} for old in weekly.entries(session, first, whole)]
    stand = {(old.first, old.area_id, old.kind): old for old in stood}
    values = {key: one.value for key, one in stand.items()}
    values |= {(one.first, one.area.id, one.kind): one.value for one in some}
    for one in some:
        _fits(roots[one.area.id], places[roots[one.area.id].id], one, values)
    found = []
    for one in some:
        was = stand.get((one.first, one.area.id, one.kind))
        same = was is not None and (was.value, was.source) == (one.value, one.source)
        told = one.area, one.first, one.kind, one.value, one.source
        found.append(Ready(*told, was=was.value if was is not None else None, same=same))
    return found


def _fits(root: Area, towns: Sequence[int], one: Ready, values: Mapping[tuple[date, int, str], int]) -> None:
    whole = values.get((one.first, root.id, one.kind))
    parts = sum(values.get((one.first, town, one.kind), 0) for town in towns)
    if whole is not None and root.id not in towns and parts > whole:
        raise refuse("weekly.too_much", kind=one.kind, county=root.name, whole=whole, parts=parts)


def lines_of(some: Sequence[Ready], now: datetime) -> tuple[Text, ...]:
    """Figures one by one under the week they are of, so many at most."""
    weeks_told: dict[date, list[Ready]] = defaultdict(list)
    for one in some[:MOST_TOLD]:
        weeks_told[one.first].append(one)
    lines: list[Text] = []
    for first, told in weeks_told.items():
        lines += [text("weekly.row.week", period=_period(first, now)), *(_line(one) for one in told)]
    return (*lines, text("weekly.row.more", n=len(some) - MOST_TOLD)) if len(some) > MOST_TOLD else tuple(lines)


def _line(one: Ready) -> Text:
    was = text("weekly.row.was", was=f"{one.was:,}") if one.was is not None else ""
    return text(
        "weekly.row.kept", area=one.area.name, kind=one.kind, value=f"{one.value:,}", source=one.source, was=was
    )


def _more(lines: int) -> Text | str:
    return text("weekly.row.more_bad", n=lines - MOST_TOLD) if lines > MOST_TOLD else ""


def _period(first: date, now: datetime) -> Text:
    return wordings.period(weeks.full(first, now.tzinfo))


def undo(session: Session, actor: Actor, first: int, last: int, now: datetime) -> Say:
    """Take an entry back (撤销), or those of one table; what they replaced counts again."""
    own = {one.id for one in actions.readable(session, actor, ENTERS)}
    found = [one for one in weekly.together(session, first, last) if one.area_id in own]
    if not found:
        raise refuse("weekly.no_entry")
    undone = [one for one in found if weekly.undo(session, one, now)]
    if not undone:
        raise refuse("weekly.undone_already", kind=found[0].kind)
    audit.write(session, "weekly.undo", now, actor_id=actor.id, entry=undone[0].id, rows=len(undone))
    if first != last:
        return Say(text("weekly.undone_all", n=len(undone)))
    row = undone[0]
    stands = weekly.standing(session, row.first, row.area_id, row.kind)
    return Say(
        text(
            "weekly.undone" if stands is None else "weekly.undone_to",
            area=areas.get(session, row.area_id).name,
            kind=row.kind,
            value=f"{row.value:,}",
            stands=f"{stands.value:,}" if stands is not None else "",
            period=_period(row.first, now),
        )
    )
