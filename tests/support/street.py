"""A street (街上): the sample county with more groups and kinds of channel, and what stands before people there.

Time goes on in small steps and the channels' limits count, so that one sees when a thing happened.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.channels.console import ACCOUNT, EVERYTHING, Console, Shown
from bot.channels.relay import Relay
from bot.play import Play
from handlers.bulletins import actions, closing, drafting, views
from handlers.bulletins.views import Office
from handlers.dialogue import turn
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming, MediaRef
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.world import Station, World
from jobs import clock
from jobs.channel import FOREVER, Capabilities, Limits
from jobs.dispatch import Dispatcher
from storage import areas, bulletins, chats, media, people
from storage.bulletins import BulletinKind
from storage.chats import ChatKind
from storage.database import Database
from storage.media import MediumKind
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes
from tests.support.stage import KEYS, Hands, Stage, filled, words

TELEGRAM = replace(EVERYTHING, edits=FOREVER, deletes=timedelta(hours=48))
"""Copies can be edited for ever and deleted for two days."""
DELETES = Capabilities(deletes=timedelta(hours=24), buttons=True, photo=True, writes_first=True)
KEEPS = Capabilities(buttons=True, photo=True, writes_first=True)
"""What was sent stays as it is."""
PHOTO = (MediaRef("photo", "photo", "image/jpeg", 4000),)
FACTS = ("柳公立字〔2026〕123号", "昨天下午3点", "水头村村口", "黑色外套、骑红色电动车", "成年")
FAMILY = ("我奶奶王秀英", "78岁", "今天早上8点，水头村菜市场门口", "蓝棉袄黑裤子，白头发", "老年痴呆")


@dataclass(slots=True)
class Event:
    """Something people saw: when, on which account, what."""

    at: datetime
    account: str
    shown: Shown


@dataclass(slots=True)
class Standing:
    """A message that stands in a chat: its words, whether with a picture, and whether it was changed."""

    account: str
    chat: str
    text: str
    photo: bool


@dataclass(slots=True)
class Walk(Play):
    """A player who keeps in mind what happened, on every account; `seconds` is the steady clock."""

    history: list[Event] = field(default_factory=list)
    others: list[tuple[Console, Dispatcher]] = field(default_factory=list)
    seconds: float = 1000.0

    def pump(self) -> list[Shown]:
        """Let everything happen that may happen at this moment."""
        asyncio.run(self._pump())
        now, found = self.world.now(), []
        for console in (self.console, *(one for one, _ in self.others)):
            self.history += [Event(now, console.account, one) for one in console.shown]
            found += console.shown
            console.shown[:] = []
        return found

    async def _pump(self) -> None:
        dispatchers = [self.relaying, self.dispatcher, *(one for _, one in self.others)]
        assert all([one.own() for one in dispatchers])
        busy = True
        while busy:
            busy = clock.tick(self.world)
            busy = await clock.fetch(self.world, {ACCOUNT: self.console}) or busy
            for one in dispatchers:
                busy = await one.drain() > 0 or busy


@dataclass
class Street:
    """The county; `stage` is where people talk."""

    stage: Stage
    walk: Walk
    _deeds: int = 0

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.stage.world.now()

    def account(self, name: str, can: Capabilities, limits: Limits | None = None) -> Console:
        """One more account, on a platform of its own."""
        made = Console(name, can, limits or Limits(in_flight=1), first_id=100_000)
        dispatcher = Dispatcher(self.stage.world, made, "walk", steady=lambda: self.walk.seconds)
        with self.stage.world.db.write() as session:
            dispatcher.introduce(session)
        self.walk.others.append((made, dispatcher))
        return made

    def limit(self, limits: Limits) -> None:
        """How fast the county's own account may speak from now on."""
        self.walk.console.limits = limits
        self.walk.dispatcher = self._own(limits)

    def _own(self, limits: Limits) -> Dispatcher:
        made = Dispatcher(self.stage.world, self.walk.console, "walk", steady=lambda: self.walk.seconds)
        with self.stage.world.db.write() as session:
            made.introduce(session)
        return made

    def able(self, can: Capabilities) -> None:
        """What the county's own account can do from now on."""
        self.walk.console.can = can
        with self.stage.world.db.write() as session:
            self.walk.dispatcher.introduce(session)

    def groups(self, count: int, account: str = ACCOUNT, area: str = "大侯村") -> list[str]:
        """So many more groups of residents; their names."""
        names = [f"{account}群{number}" for number in range(1, count + 1)]
        with self.stage.world.db.write() as session:
            found = areas.named(session, area)
            assert found is not None
            for name in names:
                chats.add(session, account, name, ChatKind.RESIDENTS, self.now, title=name, area_id=found.id)
        return names

    def later(self, seconds: float, step: float = 0.0) -> None:
        """Time goes on by steps of so many seconds; by default by the pace of the county's own account, at most 1."""
        pace = self.walk.console.limits.per_second
        step = step or min(1.0, 1 / pace if pace is not None else 1.0)
        left = seconds
        while left > 0:
            span = min(step, left)
            self.stage.clock.move(seconds=span)
            self.walk.seconds += span
            self.walk.pump()
            left -= span

    def say(self, who: str, text: str = "", chat: str | None = None, *, photo: bool = False) -> list[Shown]:
        """Somebody says something."""
        self.walk.console.files["photo"] = photo_bytes()
        return self.stage.say(who, text, chat, media=PHOTO if photo else ())

    def stranger(self, name: str, text: str, account: str = ACCOUNT) -> list[Shown]:
        """Somebody whom the bot has never met writes to it."""
        incoming = Incoming(account, f"s{name}{text}", "message", name, True, name, name, at=self.now, text=text)
        queue = turn.receive(self.stage.world, incoming)
        while queue is not None and turn.answer_next(self.stage.world, queue):
            pass
        return self.walk.pump()

    def suspect(self, code: str = "协1", approvers: tuple[str, ...] = ("民警乙", "所长")) -> None:
        """A suspect notice by 民警甲, with a photo; sent once the approvers have said yes. By the actions' own door."""

        def draft(office: Office, actor: Actor) -> list[Say]:
            ends = office.now + timedelta(days=30)
            shown = media.made(
                office.session, MediumKind.PHOTO, photo_bytes(), "image/jpeg", "", office.now, expires_at=ends
            )
            facts = dict(zip(("case", "when", "place", "marks", "adult"), FACTS, strict=True))
            one = drafting.draft(office, actor, BulletinKind.SUSPECT, facts=facts, media=[shown])
            assert one.code == code
            said = views.preview(office, one, bulletins.body_of(office.session, one))
            return [*said, *actions.submit(office, actor, one)]

        def approve(office: Office, actor: Actor) -> list[Say]:
            one = bulletins.numbered(office.session, BulletinKind.SUSPECT, int(code[1:]))
            assert one is not None
            return closing.approve(office, actor, one)

        self.does("民警甲", draft)
        for who in approvers:
            self.does(who, approve)
        self.walk.pump()

    def does(self, who: str, what: Callable[[Office, Actor], list[Say]]) -> None:
        """Somebody does something by the actions' door, and hears what is said to that."""
        world = self.stage.world
        with world.db.write() as session:
            person = people.named(session, who)
            assert person is not None
            office = Office(session, world.words, world.station, self.now)
            says = what(office, actor_of(session, person.id))
            self._deeds += 1
            cause = Cause(f"deed:{self._deeds}", chats.private_of(session, person.id))
            post(session, world.words, says, cause, self.now)

    def missing(self, answers: tuple[str, ...] = FAMILY, consent: str = "同意发布", code: str = "寻1") -> None:
        """居民甲 tells of somebody missing, 民警甲 publishes it."""
        for one in ("寻人", *answers):
            self.say("居民甲", one)
        self.say("居民甲", photo=True)
        self.say("居民甲", consent)
        self.say("民警甲", f"核实 {code}")

    def standing(self, has: str = "") -> list[Standing]:
        """What stands before people now and has these words."""
        found: dict[tuple[str, str, str], Standing] = {}
        for one in self.walk.history:
            shown = one.shown
            key = (one.account, shown.chat, shown.message_id)
            if shown.what == "deleted":
                found.pop(key, None)
            elif shown.what in ("sent", "edited"):
                found[key] = Standing(one.account, shown.chat, shown.text, shown.photo)
        return [one for one in found.values() if has in one.text]

    def since(self, moment: datetime, what: str = "", has: str = "") -> list[Event]:
        """What happened after that moment."""
        return [
            one
            for one in self.walk.history
            if one.at > moment and one.shown.what.startswith(what) and has in one.shown.text
        ]


def make_street(folder: Path, station: Station | None = None) -> Iterator[Street]:
    """A street on a copy of the sample county."""
    hands, path = Hands(), folder / "street.db"
    shutil.copy(filled(), path)
    db = Database(f"sqlite:///{path}", KEYS, "OFF")
    world = World(WorldKind.PLAYGROUND, db, words(), station or Station(), hands)
    world.gate = Gate(Most(10**9, 10**9))
    console = Console()
    walk: list[Walk] = []

    def steady() -> float:
        return walk[0].seconds if walk else 1000.0

    own, relaying = (Dispatcher(world, one, "walk", steady=steady) for one in (console, Relay()))
    with db.write() as session:
        own.introduce(session)
        relaying.introduce(session)
    walk.append(Walk(world, console, own, relaying))
    try:
        yield Street(Stage(world, hands, walk[0]), walk[0])
    finally:
        db.close()
