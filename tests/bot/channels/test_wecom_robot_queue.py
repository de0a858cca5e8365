"""One queue for each webhook however many jobs share it: bulletins, searches and reminders at once, none refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from bot.channels.wecom_robot import ACCOUNT, WecomRobot
from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import Station, World
from handlers.publishing import actions
from jobs import publishing
from jobs.dispatch import Dispatcher
from storage import accounts, chats, contents, outbox
from storage.chats import ChatKind, ChatState
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.bot.channels.test_wecom_robot import GROUPS, HERE, KEY, THERE, section
from tests.support.stage import KEYS, Hands, words
from tests.support.telegram_api import awaits
from tests.support.wechat.serving import Fault, served
from tests.support.wechat.webhook_api import WebhookApi

VILLAGE, TEAM = "大侯村网格群", "网格员群"


@dataclass
class Post:
    """A real world with the two groups, what drains its outbox, and one clock for all."""

    world: World
    dispatcher: Dispatcher
    hands: Hands
    seconds: list[float]
    chats: dict[str, int] = field(default_factory=dict)

    def put(self, group: str, text: str, lane: Lane) -> None:
        """A job wants to say something."""
        now = self.world.now()
        with self.world.db.write() as session:
            content = contents.keep(session, Outgoing(text).to_bytes(), (), now)
            outbox.put(session, chats.get(session, self.chats[group]), text, now, lane=lane, content_id=content)

    def publish(self, text: str, topic: str, lane: Lane) -> None:
        """A notice goes to both groups."""
        with self.world.db.write() as session:
            actions.publish(
                session,
                self.world.words,
                topic=topic,
                name=text,
                lane=lane,
                notice=Say(said(text)),
                targets=list(self.chats.values()),
                now=self.world.now(),
            )

    async def go_on(self, seconds: int) -> None:
        """Time goes on second by second."""
        for _ in range(seconds):
            await asyncio.to_thread(publishing.tick, self.world)
            assert self.dispatcher.own()
            await self.dispatcher.drain()
            self.seconds[0] += 1.0
            self.hands.move(seconds=1)

    def states(self) -> set[OutboxState]:
        """How the calls stand."""
        with self.world.db.read() as session:
            return set(session.scalars(select(OutboxRow.state)))


@asynccontextmanager
async def post(folder: Path, api: WebhookApi) -> AsyncIterator[Post]:
    """A station speaking to these webhooks."""
    hands, seconds = Hands(), [1000.0]
    api.clock = lambda: seconds[0]
    db = Database(f"sqlite:///{folder / 'real.db'}", KEYS, "OFF")
    METADATA.create_all(db.engine)
    world = World(WorldKind.REAL, db, words(), Station(), hands)
    async with served(api.routes()) as url:
        made = WecomRobot(section(url), WorldKind.REAL)
        dispatcher = Dispatcher(world, made, "test", steady=lambda: seconds[0])
        found = Post(world, dispatcher, hands, seconds)
        with db.write() as session:
            for name, chat in ((VILLAGE, HERE), (TEAM, THERE)):
                found.chats[name] = chats.add(session, ACCOUNT, chat, ChatKind.WORKERS, hands(), title=name).id
        try:
            yield found
        finally:
            await made.close()
            db.close()


@awaits
async def test_deliveries_and_reminders_share_twenty_a_minute_and_the_urgent_goes_first(tmp_path: Path) -> None:
    api = WebhookApi(GROUPS)
    async with post(tmp_path, api) as place:
        for number in range(15):
            place.put(VILLAGE, f"提醒{number}", Lane.REMINDER)
            place.put(VILLAGE, f"值班{number}", Lane.BULK)
        for number in range(4):
            place.publish(f"通知{number}", f"bulletin:{number}", Lane.BULK)
        place.put(TEAM, "另一个群", Lane.REMINDER)
        await place.go_on(5)
        assert len(api.texts(VILLAGE)) == 17
        place.publish("寻人：王大妈走失", "search:1", Lane.LIFE)
        await place.go_on(2)
        assert api.texts(VILLAGE)[17:] == ["寻人：王大妈走失"]
        await place.go_on(120)
        assert api.refused == []
        wanted = {f"提醒{n}" for n in range(15)} | {f"值班{n}" for n in range(15)} | {f"通知{n}" for n in range(4)}
        assert sorted(api.texts(VILLAGE)) == sorted(wanted | {"寻人：王大妈走失"})
        assert len(api.texts(TEAM)) == 6
        assert place.states() == {OutboxState.SENT}


@awaits
async def test_a_refusal_rests_one_group_for_a_minute_and_nothing_is_lost(tmp_path: Path) -> None:
    api = WebhookApi(GROUPS)
    api.faults.add("send", Fault(45009))
    async with post(tmp_path, api) as place:
        place.put(VILLAGE, "停水通知", Lane.REMINDER)
        await place.go_on(1)
        place.put(TEAM, "另一个群", Lane.REMINDER)
        await place.go_on(55)
        assert (api.texts(VILLAGE), api.texts(TEAM)) == ([], ["另一个群"])
        assert [key for _, key, _ in api.calls].count(KEY) == 1
        await place.go_on(8)
        assert api.texts(VILLAGE) == ["停水通知"]


@awaits
async def test_a_webhook_that_is_gone_is_left_alone_and_one_that_hangs_is_shown_as_unsure(tmp_path: Path) -> None:
    api = WebhookApi({KEY: VILLAGE})
    async with post(tmp_path, api) as place:
        place.put(TEAM, "群机器人被删了", Lane.REMINDER)
        await place.go_on(1)
        with place.world.db.read() as session:
            assert chats.get(session, place.chats[TEAM]).state is ChatState.GONE
        api.faults.add("send", Fault(breaks=True, after=True))
        place.put(VILLAGE, "不知到没到", Lane.REMINDER)
        await place.go_on(70)
        assert place.states() == {OutboxState.DEAD, OutboxState.UNSURE}
        assert api.texts(VILLAGE) == ["不知到没到"]


@awaits
async def test_what_stands_in_such_a_group_cannot_be_taken_back(tmp_path: Path) -> None:
    async with post(tmp_path, WebhookApi(GROUPS)) as place, asyncio.timeout(5):
        await place.go_on(1)
        with place.world.db.read() as session:
            account = accounts.named(session, ACCOUNT)
        assert account is not None
        assert account.takes_back is False
