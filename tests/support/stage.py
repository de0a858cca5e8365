"""A stage for dialogues: the sample county on a fresh database, a clock moved by hand, and what everybody sees."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

from bot.channels.console import Shown
from bot.play import Play, load_county
from handlers.dialogue import wording
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import MediaRef, Quoted
from handlers.dialogue.world import Station, World
from jobs import retention
from storage import leases, worlds
from storage.database import Database
from storage.sealing import MasterKey
from storage.tables import METADATA
from storage.worlds import WorldKind

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)
KEYS = MasterKey(bytes(range(32)))


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **span: float) -> None:
        """Move on by a timedelta's arguments."""
        self.moment += timedelta(**span)


def words() -> wording.Catalogue:
    """The shipped catalogue."""
    return wording.load(ROOT / "bot" / "texts")


@cache
def filled() -> Path:
    """An SQLite database with the sample county, made once a run and copied for each stage."""
    path = Path(mkdtemp(prefix="wangge-stage-")) / "county.db"
    fill(f"sqlite:///{path}")
    return path


def fill(url: str) -> None:
    """Put the tables and the sample county into an empty database."""
    db = Database(url, KEYS, "OFF")
    METADATA.create_all(db.engine)
    load_county(World(WorldKind.PLAYGROUND, db, words(), Station(), Hands()), ROOT / "samples")
    with db.write() as session:
        leases.take(session, retention.LEASE, "swept before", START, START + retention.EVERY)
    db.close()


@dataclass
class Stage:
    """People talk here; each call gives what the bot showed because of it."""

    world: World
    clock: Hands
    play: Play

    def say(
        self,
        who: str,
        text: str = "",
        chat: str | None = None,
        *,
        kind: str = "message",
        media: tuple[MediaRef, ...] = (),
        location: tuple[float, float] | None = None,
        reply_to: Quoted | None = None,
        message_id: str = "",
        album: str = "",
        mentioned: bool = False,
    ) -> list[Shown]:
        """Somebody says something in a group, or privately where `chat` is None."""
        return self.play.say(
            who,
            text,
            chat,
            kind=kind,
            media=media,
            location=location,
            reply_to=reply_to,
            message_id=message_id,
            album=album,
            mentioned=mentioned,
        )

    def press(self, who: str, shown: Shown, label: str) -> list[Shown]:
        """Somebody presses a button of a message in the chat where it was shown."""
        does = next(does for name, does in shown.buttons if name == label)
        chat = None if shown.chat == who else shown.chat
        reply = Quoted(shown.message_id, from_bot=True, text=shown.text)
        return self.play.say(who, does, chat, kind="button", reply_to=reply)

    def later(self, **span: float) -> list[Shown]:
        """Time goes on, all at once; what was shown because of it."""
        self.clock.move(**span)
        return self.play.pump()


def make_stage(
    folder: Path,
    url: str | None = None,
    station: Station | None = None,
    *,
    floods: bool = False,
    kind: WorldKind = WorldKind.PLAYGROUND,
) -> Iterator[Stage]:
    """A stage on a copy of the filled SQLite database, or on the filled PostgreSQL database at `url`.

    The end of the audit chain is not handed out, nor are the week's figures told, whatever day it becomes, unless a
    test sets the hour.
    While the clock stands still nobody speaks too fast, unless `floods` are what it is about.
    """
    clock = Hands()
    if url is None:
        path = folder / "stage.db"
        shutil.copy(filled(), path)
        db = Database(f"sqlite:///{path}", KEYS, "OFF")
    else:
        db = Database(url, KEYS)
    world = World(kind, db, words(), replace(station or Station(), anchor_at=None, weekly_at=None), clock)
    if kind is not WorldKind.PLAYGROUND:
        with db.write() as session:
            worlds.found(session, kind, clock()).kind = kind
    if not floods:
        world.gate = Gate(Most(10**9, 10**9))
    try:
        yield Stage(world, clock, Play.of(world))
    finally:
        db.close()


def texts(shown: list[Shown], chat: str | None = None) -> list[str]:
    """What was said, in one chat or in all."""
    return [one.text for one in shown if chat is None or one.chat == chat]
