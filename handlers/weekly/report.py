"""The week's figures put together (周报): every figure of every town and of the whole, as far as it may be told.

One table for the whole county decides what is left out, whoever asks: what two readers hold side by side tells no more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue.world import Station
from handlers.reading.workdays import Workdays
from handlers.weekly import rules, weeks
from handlers.weekly.figure import Counts, Figure, Within, all_figures
from handlers.weekly.rules import Amount, Cell, FigureKind
from handlers.weekly.weeks import Stretch
from storage import areas, weekly, worlds
from storage.areas import Area, Level
from storage.weekly import WeeklyEntry

__all__ = ["Line", "Report", "Source", "counted", "gather", "places_of", "scope_of"]

REST = 0
"""Stands for what lies in the county and in none of its towns."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whence a figure comes that somebody told: their words, their role, the day."""

    words: str
    role: str
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: its total and its places in this week and in the one before; None where there is nothing."""

    name: str
    unit: str
    kind: FigureKind
    total: Cell | None
    total_before: Cell | None
    places: tuple[tuple[Cell | None, Cell | None], ...] = ()
    source: Source | None = None

    @property
    def is_told(self) -> bool:
        """Whether it comes from elsewhere."""
        return self.source is not None

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing of it, in neither week, anywhere."""
        cells = (self.total, self.total_before, *(one for pair in self.places for one in pair))
        return not self.is_told and all(one is None or (one.amount.n, one.amount.of or 0) == (0, 0) for one in cells)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of an area in a week; `places` names its towns where it has any."""

    area: Area
    station: str
    stretch: Stretch
    places: tuple[str, ...]
    lines: tuple[Line, ...]
    made_at: datetime
    corrected: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the county's table: a town, or what lies in none."""

    id: int
    name: str


def scope_of(session: Session, area_id: int) -> Area | None:
    """The area whose figures may be told to somebody at work here: their town, or what lies above; never a part."""
    return next(
        (one for one in areas.lineage(session, area_id) if one.level in (Level.TOWN, Level.COUNTY)),
        None,
    )


def _root(session: Session, area: Area) -> Area:
    return areas.lineage(session, area.id)[-1]


def places_of(session: Session, root: Area) -> list[Place]:
    """The towns of a county in the order of its areas, and what lies in none of them."""
    towns = [one for one in areas.inside(session, root.id) if one.level is Level.TOWN and one.id != root.id]
    return [*(Place(one.id, one.name) for one in sorted(towns, key=lambda one: one.id)), Place(REST, "")]


def within_of(session: Session, root: Area, places: Sequence[Place]) -> Within:
    """Each area of a county → the place it counts for: its town, or what lies in none."""
    found = dict.fromkeys(areas.subtree(session, root.id), REST)
    for one in places:
        found |= dict.fromkeys(areas.subtree(session, one.id), one.id)
    return found


def counted(
    session: Session, root: Area, places: Sequence[Place], within: Within, stretch: Stretch
) -> dict[str, dict[int, Amount]]:
    """Figure → place → what was counted; as it was told, where the week has been told when it was over."""
    told = weekly.issue(session, stretch.first) if stretch.whole else None
    kept: Mapping[str, Any] = (told.counted or {}).get(str(root.id), {}) if told is not None else {}
    missing = {name for name in all_figures() if any(str(one.id) not in kept.get(name, {}) for one in places)}
    asked = dict.fromkeys(figure.count for name, figure in all_figures().items() if name in missing)
    fresh = {name: found for one in asked for name, found in one(session, within, stretch.since, stretch.until).items()}
    return {
        name: _of(figure, places, fresh[name] if name in missing else None, kept.get(name, {}))
        for name, figure in all_figures().items()
    }


def _of(
    figure: Figure, places: Sequence[Place], fresh: Counts | None, kept: Mapping[str, Sequence[Any]]
) -> dict[int, Amount]:
    """What was counted now in each place, else what is kept of it."""
    if fresh is None:
        return {one.id: Amount(*kept[str(one.id)]) for one in places}
    nothing = Amount(0, None if figure.kind == "count" else 0)
    return {one.id: fresh.get(one.id, nothing) for one in places}


def gather(session: Session, station: Station, area: Area, stretch: Stretch, now: datetime) -> Report:
    """The figures of a town or a whole county in a week."""
    root = _root(session, area)
    places = places_of(session, root)
    within = within_of(session, root, places)
    now_counts = counted(session, root, places, within, stretch)
    before_counts = counted(session, root, places, within, stretch.before)
    view = _view(area, root, places)
    lines = [
        _line(
            figure.name,
            figure.unit,
            figure.kind,
            _cells(figure, places, now_counts),
            _cells(figure, places, before_counts),
            view,
        )
        for figure in all_figures().values()
    ]
    lines += _told_lines(session, station, area, root, places, stretch, view)
    issue = weekly.issue(session, stretch.first)
    ids = [root.id, *(one.id for one in places if one.id)]
    fixed = issue is not None and weekly.changed_since(session, stretch.first, ids, issue.told_at)
    names = tuple(one.name for one in places if one.id) if area.id == root.id else ()
    return Report(area, station.name, stretch, names, tuple(lines), now, fixed, worlds.is_drill(session))


Told = tuple[Mapping[int, Cell], Cell | None]
"""The cells of a figure by place, and its total."""
View = Callable[[Told], tuple[Cell | None, list[Cell | None]]]


def _view(area: Area, root: Area, places: Sequence[Place]) -> View:
    """What of a county's table the reader of one area gets: the total and the towns, or one town as the total."""
    if area.id != root.id:
        return lambda told: (told[0].get(area.id), [])
    return lambda told: (told[1], [told[0].get(one.id) for one in places if one.id])


def _cells(figure: Figure, places: Sequence[Place], counts: Mapping[str, Mapping[int, Amount]]) -> Told:
    rows = [counts[figure.name][one.id] for one in places]
    total = rows[0]
    for one in rows[1:]:
        total = total + one
    cells, whole = rules.veiled(figure.kind, rows, total)
    return {place.id: cell for place, cell in zip(places, cells, strict=True)}, whole


def _line(
    name: str, unit: str, kind: FigureKind, now: Told, before: Told, view: View, source: Source | None = None
) -> Line:
    (total, rows), (total_before, rows_before) = view(now), view(before)
    return Line(name, unit, kind, total, total_before, tuple(zip(rows, rows_before, strict=True)), source)


def _told_lines(
    session: Session,
    station: Station,
    area: Area,
    root: Area,
    places: Sequence[Place],
    stretch: Stretch,
    view: View,
) -> list[Line]:
    """A line for each kind of figure somebody told of this week, with where the newest of them comes from."""
    ids = [root.id, *(one.id for one in places if one.id)]
    these, those = (weekly.entries(session, one.first, ids) for one in (stretch, stretch.before))
    lines = []
    for kind in station.weekly_kinds:
        this = {one.area_id: one for one in these if one.kind == kind}
        last = {one.area_id: one for one in those if one.kind == kind}
        now = _told_cells(this, root, places)
        if view(now)[0] is None and not any(view(now)[1]):
            continue
        source = _source(this, area, stretch)
        lines.append(_line(kind, "", "count", now, _told_cells(last, root, places), view, source))
    return lines


def _source(this: Mapping[int, WeeklyEntry], area: Area, stretch: Stretch) -> Source:
    """Of the area's own figure, else of the newest of its towns'."""
    row = this.get(area.id) or max(this.values(), key=lambda one: one.id)
    return Source(row.source, row.role, row.created_at.astimezone(stretch.since.tzinfo).date())


def _told_cells(rows: Mapping[int, WeeklyEntry], root: Area, places: Sequence[Place]) -> Told:
    """What was told of towns and of the county; where the towns and the total leave a rest, it is a place, too."""
    towns = {one.id: Amount(rows[one.id].value) for one in places if one.id in rows}
    if root.id not in rows:
        return {key: Cell(one, rules.alone("count", one)) for key, one in towns.items()}, None
    total = Amount(rows[root.id].value)
    rest = total.n - sum(one.n for one in towns.values())
    if rest < 0:
        return {}, Cell(total, rules.alone("count", total))
    cells, whole = rules.veiled("count", [*towns.values(), Amount(rest)], total)
    return dict(zip([*towns, REST], cells, strict=True)), whole


def frozen(session: Session, stretch: Stretch) -> dict[str, Any] | None:
    """What is kept of a week that is over when it is told: county → figure → place → [n, of]."""
    if not stretch.whole:
        return None
    return {str(one.id): _frozen(session, one, stretch) for one in areas.all_of(session) if one.parent_id is None}


def _frozen(session: Session, root: Area, stretch: Stretch) -> dict[str, Any]:
    places = places_of(session, root)
    found = counted(session, root, places, within_of(session, root, places), stretch)
    return {name: {str(place): [one.n, one.of] for place, one in rows.items()} for name, rows in found.items()}


def due(now: datetime, station: Station) -> date | None:
    """The week to be told now; None where none is."""
    days: Workdays = station.workdays
    return weeks.due(now, station.weekly_on, station.weekly_at, days) if station.weekly_at is not None else None
