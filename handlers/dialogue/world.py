"""A world at work: its database, its clock, its words and the station's own rules, handed to whoever needs them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from handlers.dialogue.gate import Gate
from handlers.dialogue.wording import Catalogue
from handlers.reading.places import Gazetteer
from handlers.reading.workdays import Workdays
from storage import areas
from storage.database import Database
from storage.worlds import WorldKind


@dataclass(frozen=True, slots=True)
class Station:
    """The station's own rules (派出所设置); times of day are local, spans are `timedelta`."""

    name: str = "大侯派出所"
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    lines: tuple[str, ...] = ()
    video: str = ""
    """Where the station's own cameras are watched, if anywhere."""
    quiet_from: time = time(22)
    quiet_until: time = time(7)
    anchor_at: time | None = time(8)
    """When the end of the audit chain is handed out every day; None (in tests) for never."""
    untaken: timedelta = timedelta(minutes=15)
    untaken_desk: timedelta = timedelta(minutes=60)
    help_untaken: timedelta = timedelta(minutes=2)
    help_untaken_desk: timedelta = timedelta(minutes=5)
    withdraw: timedelta = timedelta(minutes=10)
    verify: timedelta = timedelta(minutes=10)
    confirm_groups: int = 5
    approval: timedelta = timedelta(minutes=30)
    send_within: timedelta = timedelta(minutes=10)
    search_lives: timedelta = timedelta(days=7)
    suspect_lives: timedelta = timedelta(hours=72)
    bulletin_lives: timedelta = timedelta(days=7)
    incident_lives: timedelta = timedelta(days=365)
    tip_lives: timedelta = timedelta(days=90)
    photo_after_close: timedelta = timedelta(days=3)
    content_after_end: timedelta = timedelta(hours=24)
    search_after_end: timedelta = timedelta(days=30)
    suspect_after_end: timedelta = timedelta(days=30)
    bulletin_after_end: timedelta = timedelta(days=180)
    workdays: Workdays = field(default_factory=Workdays)
    weekly_at: time | None = time(16)
    """At what hour the week's figures are told to the desk; None for only when they are asked for."""
    weekly_on: int = 4
    """On which day of the week, 0 being Monday; the weeks that are counted begin on it."""
    weekly_kinds: tuple[str, ...] = ("警情", "刑事", "电诈", "行政", "盗窃", "纠纷类警情")
    """What figures of elsewhere may be told to the program, by their names."""


def system_clock() -> datetime:
    """The moment, aware UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class World:
    """One world (real, playground or drill) as the running program sees it."""

    kind: WorldKind
    db: Database
    words: Catalogue
    station: Station
    clock: Callable[[], datetime] = system_clock
    bot_names: tuple[str, ...] = ("网格助手", "网格")
    took: Callable[[float], object] = lambda seconds: None
    """Told how many seconds each turn took."""

    gate: Gate = field(default_factory=Gate, repr=False, compare=False)
    answering: threading.Lock = field(default_factory=threading.Lock)
    """Held while answers are written, so that two groups of answers never wait for each other's rows."""
    film_address: Callable[[int, str | None], str] | None = field(default=None, repr=False, compare=False)
    """The address at which a film (its medium, the record it ends with) can be seen, where there is one."""
    _gazetteer: tuple[areas.Tree, Gazetteer] | None = None

    def __post_init__(self) -> None:
        """The words of this world know which numbers may stand in a group: the station's own."""
        self.words = Catalogue(self.words.sentences, self.station.lines)

    def now(self) -> datetime:
        """The world's moment in the station's zone."""
        return self.clock().astimezone(self.station.zone)

    def gazetteer(self, session: Session) -> Gazetteer:
        """The areas by name, rebuilt when areas were changed."""
        tree, made = areas.tree(session), self._gazetteer
        if made is None or made[0] is not tree:
            known = [(area.id, area.name, tuple(area.aliases), area.parent_id) for area in tree.ordered]
            self._gazetteer = made = (tree, Gazetteer(known))
        return made[1]
