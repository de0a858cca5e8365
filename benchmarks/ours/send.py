"""Our contender: a notice published to all chats, drained by the dispatcher while the clock ticks, all in rows.

Options of the plan: `others` (chats that may get an alert), `behind` (so many messages queued before `go`, in lane
bulk), `busy` (a chat and how many messages are queued for it first), `database` instead of a file of its own.
"""

import asyncio
from collections import Counter

from sqlalchemy import func, select

from benchmarks.ours import setting
from benchmarks.rivals.contest import Plan, compete, read_plan
from bot import memory
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.dialogue.world import World
from handlers.publishing import actions
from jobs.dispatch import Dispatcher
from storage import changes, chats, outbox
from storage.chats import Chat
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState

TOPIC = "bulletin:1"
GOING = (OutboxState.QUEUED, OutboxState.SENDING)


class Ours:
    """One account, one world, one dispatcher."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.world: World = setting.open_world(plan.options.get("database") or setting.sqlite(plan.folder))
        self.channel = setting.channel(plan.url, plan.token)
        self.targets: list[int] = []
        self.alert = 0
        self.alerts = 0

    def prepare(self) -> None:
        """Everything that is there before the notice is: the chats, and what is queued already."""
        plan, options = self.plan, self.plan.options
        self.targets = setting.add_chats(self.world, plan.chats)
        setting.add_chats(self.world, options.get("others", ()))
        self.alert = setting.keep(self.world, "urgent")
        with self.world.db.write() as session:
            Dispatcher(self.world, self.channel, "bench").introduce(session)
        if busy := options.get("busy"):
            (chat,) = setting.add_chats(self.world, [busy["chat"]])
            for number in range(busy["messages"]):
                content = setting.keep(self.world, f"busy {number}")
                setting.put(self.world, [chat], content, f"busy{number}", Lane.BULK)

    def publish(self) -> None:
        """Publish the notice to all chats."""
        with self.world.db.write() as session:
            actions.publish(
                session,
                self.world.words,
                topic=TOPIC,
                name="bench",
                lane=Lane.BULK,
                notice=Say(said(self.plan.text)),
                targets=self.targets,
                now=self.world.now(),
            )

    async def broadcast(self) -> list[int]:
        """Publish, and wait until nothing is on its way any more; the chats it has not reached."""
        await asyncio.to_thread(self.publish)
        while await asyncio.to_thread(self.going):
            await asyncio.sleep(0.5)
        return await asyncio.to_thread(self.failed)

    def going(self) -> bool:
        """Whether calls of the notice wait or are on the wire, or some of it is not queued yet."""
        with self.world.db.read() as session:
            query = select(OutboxRow.id).where(OutboxRow.topic == TOPIC, OutboxRow.state.in_(GOING)).limit(1)
            ended = select(func.count()).where(OutboxRow.topic == TOPIC).select_from(OutboxRow)
            return session.scalar(query) is not None or (session.scalar(ended) or 0) < len(self.targets)

    def failed(self) -> list[int]:
        """Chats where the notice is not known to stand."""
        with self.world.db.read() as session:
            query = select(Chat.platform_id).join(OutboxRow, OutboxRow.chat_id == Chat.id)
            lost = session.scalars(query.where(OutboxRow.topic == TOPIC, OutboxRow.state != OutboxState.SENT))
            return [int(one) for one in lost]

    async def urgent(self, platform_id: int) -> None:
        """An alert to one chat, queued as a command would."""
        self.alerts += 1
        await asyncio.to_thread(self._alert, platform_id, self.alerts)

    def _alert(self, platform_id: int, number: int) -> None:
        with self.world.db.write() as session:
            chat = chats.at(session, "telegram", str(platform_id))
            assert chat is not None
            outbox.put(session, chat, f"alert {number}", self.world.now(), lane=Lane.LIFE, content_id=self.alert)

    async def more(self, word: str) -> dict[str, object]:
        """`rows`: how many calls stand how; `recall`: take the notice back and tell how that went."""
        if word == "recall":
            await asyncio.to_thread(self._recall)
            while await asyncio.to_thread(self._recalling):
                await asyncio.sleep(0.2)
        return await asyncio.to_thread(self._told)

    def _recall(self) -> None:
        with self.world.db.write() as session:
            actions.take_back(
                session,
                self.world.words,
                topic=TOPIC,
                closing=said("此通知已撤回，请以最新通知为准。"),
                lane=Lane.RECALL,
                now=self.world.now(),
            )

    def _recalling(self) -> bool:
        with self.world.db.read() as session:
            return changes.any_going(session)

    def _told(self) -> dict[str, object]:
        with self.world.db.read() as session:
            rows = Counter(session.scalars(select(OutboxRow.state)))
            return {
                "rows": {str(state): many for state, many in rows.items()},
                **changes.outcome(session, TOPIC)._asdict(),
            }


async def main(plan: Plan) -> None:
    """Obey the harness."""
    ours = Ours(plan)
    ours.prepare()
    await ours.channel.start()
    working = [
        asyncio.create_task(Dispatcher(ours.world, ours.channel, "bench").run()),
        asyncio.create_task(setting.tick_for_ever(ours.world)),
    ]
    await asyncio.sleep(0.1)
    memory.settle()
    try:
        await compete(ours.broadcast, ours.urgent, ours.more)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await ours.channel.close()
        ours.world.db.close()


if __name__ == "__main__":
    asyncio.run(main(read_plan()))
