"""A notice into customer groups from the outbox to the ledger: asked, reminded, confirmed, recalled, corrected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from handlers.dialogue import turn
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import Station, World
from handlers.publishing import actions
from jobs import forwarding, publishing
from jobs.dispatch import Dispatcher
from storage import calls, chats
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyState
from storage.database import Database
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, words
from tests.support.telegram_api import awaits
from tests.support.wechat.customer_people import MARKET, VILLAGE, Town, town
from tests.support.wechat.serving import Fault


@dataclass
class Desk:
    """A real world with the groups the channel has met, and what drains its outbox."""

    place: Town
    world: World
    dispatcher: Dispatcher
    seconds: list[float]

    async def hear(self) -> None:
        """The channel looks once, and what it tells is answered."""
        for incoming in await self.place.listen():
            await asyncio.to_thread(self._answer, incoming)

    def _answer(self, incoming: Incoming) -> None:
        name = turn.receive(self.world, incoming)
        while name is not None and turn.answer_next(self.world, name):
            pass

    async def go_on(self, minutes: float = 0.0) -> None:
        """Time passes, and what is due is done."""
        self.place.hands.move(minutes=minutes)
        self.seconds[0] += minutes * 60
        for _ in range(3):
            await asyncio.to_thread(publishing.tick, self.world)
            await asyncio.to_thread(forwarding.tick, self.world)
            assert self.dispatcher.own()
            await self.dispatcher.drain()
            self.place.hands.move(seconds=5)
            self.seconds[0] += 5

    def chat_ids(self) -> list[int]:
        """The groups, bound to residents."""
        with self.world.db.write() as session:
            found = list(session.scalars(select(Chat).order_by(Chat.id)))
            for one in found:
                one.kind = ChatKind.RESIDENTS
            return [one.id for one in found]

    def publish(self, text: str) -> int:
        """Send a notice to all groups; the delivery."""
        targets = self.chat_ids()
        with self.world.db.write() as session:
            return actions.publish(
                session,
                self.world.words,
                topic="bulletin:1",
                name=text,
                lane=Lane.BULK,
                notice=Say(said(text)),
                targets=targets,
                now=self.world.now(),
            )

    def recall(self) -> None:
        """Take the notice back."""
        with self.world.db.write() as session:
            actions.take_back(
                session,
                self.world.words,
                topic="bulletin:1",
                closing=said("【更正】刚才的通知作废"),
                lane=Lane.RECALL,
                now=self.world.now(),
            )

    def stands(self, delivery: int) -> calls.Tally:
        """How the calls of a delivery stand."""
        with self.world.db.read() as session:
            return calls.tally(session, delivery)

    def copies(self) -> dict[str, CopyState]:
        """What became of the notice's copies, by group."""
        with self.world.db.read() as session:
            rows = session.execute(
                select(Chat.platform_id, Copy.state).join(Chat, Chat.id == Copy.chat_id).order_by(Copy.id.desc())
            )
            return {chat: state for chat, state in rows}

    def states(self) -> set[OutboxState]:
        """How all calls stand."""
        with self.world.db.read() as session:
            return set(session.scalars(select(OutboxRow.state)))


@asynccontextmanager
async def station(folder: Path) -> AsyncIterator[Desk]:
    """A station that has met its groups."""
    async with town() as place:
        db, seconds = Database(f"sqlite:///{folder / 'real.db'}", KEYS, "OFF"), [1000.0]
        METADATA.create_all(db.engine)
        world = World(WorldKind.REAL, db, words(), Station(), place.hands)
        dispatcher = Dispatcher(world, place.made, "test", steady=lambda: seconds[0])
        assert dispatcher.own()
        found = Desk(place, world, dispatcher, seconds)
        await found.hear()
        try:
            yield found
        finally:
            db.close()


@awaits
async def test_asked_reminded_confirmed_and_recalled(tmp_path: Path) -> None:
    async with station(tmp_path) as here:
        api = here.place.api
        assert len(here.chat_ids()) == 2
        delivery = here.publish("今晚八点停水")
        await here.go_on()
        assert [task.seen.text for task in api.phone("zhangsan")] == ["今晚八点停水"]
        assert (here.stands(delivery).sent, here.stands(delivery).asked) == (0, 2)

        api.confirm("zhangsan")
        await here.hear()
        assert (here.stands(delivery).sent, here.stands(delivery).by_hand, here.stands(delivery).asked) == (1, 1, 1)

        await here.go_on(minutes=16)
        (waiting,) = api.phone("lisi")
        assert len(waiting.reminders) == 1
        assert [len(task.reminders) for task in api.tasks.values() if task.owner == "zhangsan"] == [0]

        here.recall()
        await here.go_on()
        assert api.phone("lisi") == []
        assert waiting.stopped
        assert api.texts(MARKET) == []
        (correction,) = api.phone("zhangsan")
        assert "作废" in correction.seen.text
        api.confirm("zhangsan")
        here.place.hands.move(minutes=5)
        await here.hear()
        await here.go_on()
        assert api.texts(VILLAGE) == ["今晚八点停水", correction.seen.text]
        assert here.copies() == {VILLAGE: CopyState.CORRECTED, MARKET: CopyState.DELETED}


@awaits
async def test_a_task_taken_out_of_its_owners_hands_is_waited_for_no_more(tmp_path: Path) -> None:
    async with station(tmp_path) as here:
        delivery = here.publish("今晚八点停水")
        await here.go_on()
        here.recall()
        await here.go_on()
        tasks = here.place.api.tasks.values()
        nudged = sum(len(task.reminders) for task in tasks)
        for _ in range(4):
            await here.go_on(minutes=46)
        assert sum(len(task.reminders) for task in tasks) == nudged
        tally = here.stands(delivery)
        assert (tally.sent, tally.asked, tally.unsure, tally.stopped) == (0, 0, 0, 2)
        assert set(here.copies().values()) == {CopyState.DELETED}


@awaits
async def test_confirmed_in_the_moment_of_the_recall_is_corrected(tmp_path: Path) -> None:
    async with station(tmp_path) as here:
        api = here.place.api
        here.publish("今晚八点停水")
        await here.go_on()
        api.confirm("lisi")
        here.recall()
        await here.go_on()
        assert api.phone("zhangsan") == []
        (correction,) = api.phone("lisi")
        assert "作废" in correction.seen.text


@awaits
async def test_a_group_that_has_had_all_it_may_have_gets_it_the_next_day(tmp_path: Path) -> None:
    async with station(tmp_path) as here:
        api = here.place.api
        api.fails("add_msg_template", Fault(41048), Fault(41048))
        here.publish("今晚八点停水")
        for _ in range(5):
            await here.go_on(minutes=60)
        assert (len(api.made("add_msg_template")), here.states()) == (2, {OutboxState.QUEUED})
        await here.go_on(minutes=12 * 60)
        assert [len(api.phone(owner)) for owner in ("zhangsan", "lisi")] == [1, 1]


@awaits
async def test_a_group_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    async with station(tmp_path) as here:
        here.place.api.groups[MARKET].gone = True
        here.publish("今晚八点停水")
        await here.go_on()
        assert here.states() == {OutboxState.SENT, OutboxState.DEAD}
        with here.world.db.read() as session:
            gone = chats.at(session, "customer_group", MARKET)
        assert gone is not None
        assert gone.state is ChatState.GONE
