"""One report and one bulletin through the whole program over the AI bot's long connection."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from bot.app import first_admin
from bot.at_work import AtWork
from bot.channels.wecom_aibot import WecomAibot
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.world import Station, World
from handlers.membership import importing
from jobs import clock
from storage import inbox
from storage.database import Database
from storage.inbox import InboxRow, InboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, ROOT, Hands, words
from tests.support.telegram_api import awaits, until
from tests.support.wechat.aibot_bodies import EVENT, IN_GROUP, mangled
from tests.support.wechat.aibot_people import NAME, settings
from tests.support.wechat.aibot_server import AibotServer

COUNTS = select(InboxRow.state, func.count()).group_by(InboxRow.state)
RESIDENTS, TEAM = "wrResidents", "wrTeam"


@dataclass
class Town:
    """People who talk to the bot; each call waits until everything that follows has happened."""

    server: AibotServer
    bot: WecomAibot
    work: AtWork

    async def say(self, who: str, text: str, group: str = "") -> str:
        """Somebody writes, in a group by a mention; all that the chat shows."""
        await self.server.says(who, f"@{NAME}\u2005{text}" if group else text, group)
        return await self.quiet(group or who)

    async def press(self, who: str, label: str, group: str = "") -> str:
        """Somebody presses a button; all that the chat shows."""
        await self.server.presses(who, label, group)
        return await self.quiet(group or who)

    def rows(self) -> dict[InboxState, int]:
        """How many messages are in the inbox, by state."""
        with self.work.world.db.read() as session:
            return {state: count for state, count in session.execute(COUNTS).all()}

    def kept(self, name: str) -> bool:
        """Whether the message of this name was kept."""
        wanted = self.work.world.db.keys.digest("inbox.key", f"{self.bot.account}|{name}")
        with self.work.world.db.read() as session:
            return wanted in set(session.scalars(select(InboxRow.platform_key)))

    async def quiet(self, chat: str) -> str:
        """Wait until everything has happened."""
        await until(lambda: self.bot._waiting.empty())
        await asyncio.sleep(0.02)
        while True:
            await self.work.settle()
            with self.work.world.db.read() as session:
                waiting = inbox.waiting_queues(session)
            busy = await asyncio.to_thread(clock.tick, self.work.world)
            if not waiting and not busy and not await asyncio.to_thread(self.work._due):
                return "\n".join(self.server.shows(chat))


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """A county with its bot at work and nobody bound."""
    hands = Hands()
    world = World(
        WorldKind.REAL,
        Database(f"sqlite:///{folder / 'real.db'}", KEYS, "OFF"),
        words(),
        Station(anchor_at=None, weekly_at=None),
        hands,
    )
    METADATA.create_all(world.db.engine)
    with world.db.write() as session:
        importing.import_areas(session, (ROOT / "samples" / "areas.csv").read_text(encoding="utf-8"))
    async with AibotServer() as server:
        bot = WecomAibot(settings(server), KEYS, WorldKind.REAL, now=hands)
        work = AtWork(world, [bot])
        work.start()
        await server.until(lambda: bot.listening)
        try:
            yield Town(server, bot, work)
        finally:
            await work.stop()


@awaits
async def test_a_report_enters_is_taken_and_told(tmp_path: Path) -> None:
    async with town(tmp_path) as place:
        printed = re.search(r"绑定 (\S+)", "".join(first_admin(place.work.world)))
        assert printed
        await place.server.enters("admin")
        assert "您好" in await place.quiet("admin")
        assert "管理员" in await place.say("admin", printed.group())
        handed = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", await place.say("admin", "发码 网格员 大侯村"))
        assert handed
        assert "绑定好了" in await place.say("worker", f"绑定 {handed.group()}")
        assert "绑定好了" in await place.say("admin", "绑定群 居民群 大侯村", RESIDENTS)
        assert "绑定好了" in await place.say("admin", "绑定群 网格群 大侯村", TEAM)

        assert "已记下 报1" in await place.say("resident", "上报 水头村村口路灯坏了", RESIDENTS)
        card = next(one for one in reversed(place.server.standing(TEAM)) if one.buttons)
        assert [label for label, _ in card.buttons] == ["接单", "转派", "办结"]
        assert "路灯坏了" in "\n".join(place.server.shows(TEAM))

        await place.press("worker", "接单", TEAM)
        assert "接单成功" in card.for_one["worker"]
        assert "路灯坏了" in await place.quiet("worker")
        assert "报1 已有人接单" in await place.quiet(RESIDENTS)
        await place.say("worker", "办结 报1 已换灯泡", TEAM)
        assert "报1 已办结" in await place.quiet(RESIDENTS)
        assert {one["body"]["chat_type"] for one in place.server.frames if one["cmd"] == "aibot_send_msg"} == {1, 2}


@awaits
async def test_whatever_is_taken_in_can_be_answered(tmp_path: Path) -> None:
    dice = random.Random(20261122)
    async with town(tmp_path) as place:
        place.work.world.gate = Gate(Most(10**9, 10**9))
        assert place.server.live is not None
        for number in range(300):
            body = mangled((IN_GROUP, EVENT)[number % 2], dice)
            if isinstance(body.get("msgid"), str):
                body["msgid"] += str(number)
            frame = {"cmd": "aibot_msg_callback", "headers": {"req_id": f"r{number}"}, "body": body}
            await place.server.live.send(json.dumps(frame))
        await place.server.says("resident", "帮助", msgid="the-last-one")
        await until(lambda: place.kept("the-last-one") and set(place.rows()) == {InboxState.DONE})
        assert place.rows()[InboxState.DONE] > 20
