"""A small day in a village over a Bot API server that is not ours, by polling and by webhook.

The whole way is real: the channel, the inbox, the turn, the outbox, the dispatcher.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lo_bot_api_emulator.journal import verdict  # type: ignore[import-untyped]

from bot.channels.telegram import Telegram, webhook_route
from handlers.dialogue import access, command, turn
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.wording import said
from handlers.dialogue.world import World
from jobs.dispatch import Dispatcher
from storage import inbox
from storage.inbox import InboxRow, InboxState
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits, until
from tests.support.telegram_child import real_world
from tests.support.telegram_peer import Peer, running
from tests.support.telegram_people import PRIVATE, WANG, Json, entity, message, settings
from tests.support.telegram_people import member as standing
from tests.support.telegram_town import ME, TOKEN, serving

COUNTED = "报数"


@dataclass
class Village:
    """The real world on one side, the peer on the other; `clock` makes the limits' minutes pass at once."""

    peer: Peer
    tg: Telegram
    world: World
    dispatcher: Dispatcher
    clock: list[float] = field(default_factory=lambda: [0.0])
    kept: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, incoming: Incoming) -> None:
        """Keep a message and answer it."""
        name = turn.receive(self.world, incoming)
        while name is not None and turn.answer_next(self.world, name):
            pass
        self.kept.set()

    async def happens(self, **update: Any) -> list[tuple[str, Json]]:  # noqa: ANN401 - any update
        """Something happens; the calls the bot makes because of it, in order."""
        before = len(self.peer.told)
        self.kept.clear()
        await self.peer.enqueue_update(update, token=TOKEN)
        async with asyncio.timeout(30):
            await self.kept.wait()
        for _ in range(6):
            self.clock[0] += 5
            await self.dispatcher.drain()
        return [(method, fields) for method, fields in self.peer.told[before:] if not method.startswith("get")]


@asynccontextmanager
async def village(folder: Path, mode: str) -> AsyncIterator[Village]:
    """Everything set up and listening in one of the two modes."""
    world = real_world(f"sqlite:///{folder / 'real.db'}")
    METADATA.create_all(world.db.engine)
    peer = Peer(folder / "journal.jsonl")
    async with running(peer) as url, serving() as (app, address):
        told = settings(url, mode=mode, token=TOKEN).model_copy(update={"webhook_url": address})
        tg = Telegram(told, KEYS, WorldKind.REAL, poll_seconds=1)
        await tg.start()
        world.bot_names = (*tg.bot_names, *world.bot_names)
        clock = [0.0]
        dispatcher = Dispatcher(world, tg, "test", steady=lambda: clock[0])
        assert dispatcher.own()
        place = Village(peer, tg, world, dispatcher, clock)
        app.router.routes.append(webhook_route(tg, place.accept))
        task = asyncio.create_task(tg.listen(place.accept))
        await until(lambda: peer.made("setWebhook" if mode == "webhook" else "deleteWebhook"))
        try:
            yield place
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await tg.close()
            world.db.close()


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that counts in one message that edits itself, and a word of welcome."""
    counted = iter(range(1, 9))

    def count() -> Say:
        return Say(
            said(f"第 {next(counted)} 次"), rows(button("help.help", COUNTED)), slot="count", toast=said("记下了")
        )

    counting = Command(COUNTED, count, latin="count", rank=0)
    words = {**command.all_commands(), COUNTED: counting, "count": counting}
    welcome: Callable[[], Say] = lambda: Say(said("大家好，我是网格助手。"))  # noqa: E731
    events = {**command.all_events(), "joined": welcome}
    monkeypatch.setattr(command, "all_commands", lambda: words)
    monkeypatch.setattr(command, "all_events", lambda: events)
    monkeypatch.setattr(access, "MATRIX", {**access.MATRIX, COUNTED: access.Rule(access.EVERYONE)})


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("mode", ["polling", "webhook"])
@awaits
async def test_a_small_day(tmp_path: Path, mode: str) -> None:
    async with village(tmp_path, mode) as place:
        ((method, hello),) = await place.happens(
            my_chat_member=standing("left", "member") | {"new_chat_member": {"user": ME, "status": "member"}}
        )
        assert (method, hello["text"], hello["chat_id"]) == ("sendMessage", "大家好，我是网格助手。", "-1001")

        typed = "/count@wangge_peer_bot"
        (_, notice), (_, first) = await place.happens(
            message=message(typed, entities=[entity("bot_command", typed, typed)])
        )
        assert "只记对我说的话" in notice["text"]
        ((shown,),) = json.loads(first["reply_markup"])["inline_keyboard"]
        assert first["text"] == "第 1 次"

        standing_message = message("第 1 次", number=place.peer.next_id - 1, sender=ME)
        pressed = {"id": "q1", "from": WANG, "chat_instance": "1", "message": standing_message}
        calls = dict(await place.happens(callback_query=pressed | {"data": shown["callback_data"]}))
        assert calls["answerCallbackQuery"]["text"] == "记下了"
        assert calls["editMessageText"]["text"] == "第 2 次"
        assert calls["editMessageText"]["message_id"] == str(standing_message["message_id"])

        said_there = message("/帮助", number=71, message_thread_id=33, is_topic_message=True)
        ((_, there),) = await place.happens(message=said_there)
        assert there["message_thread_id"] == "33"

        named = "@wangge_peer_bot 帮助"
        ((_, helped),) = await place.happens(
            message=message(named, entities=[entity("mention", named, "@wangge_peer_bot")])
        )
        assert helped["text"] == there["text"]
        assert await place.happens(message=message("今天天气不错", number=73)) == []

        opened = await place.happens(message=message("随便说说", chat=PRIVATE, number=3))
        assert {fields["chat_id"] for _, fields in opened} == {"7"}

        with place.world.db.read() as session:
            assert inbox.waiting_queues(session) == []
            kept = session.query(InboxRow).all()
            assert len(kept) == 6
            assert {row.state for row in kept} == {InboxState.DONE}
            assert all(row.payload is None for row in kept)
    required = ["sendMessage", "answerCallbackQuery", "editMessageText"]
    judged = verdict(str(tmp_path / "journal.jsonl"), require_response=True, require_methods=required)
    assert judged["ok"], judged
