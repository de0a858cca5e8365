"""A town on Telegram: people with phones, groups, and a station's bot at work, over a Bot API server that is not ours.

The whole way is real: the channel by polling or webhook, the keeper's and the answering threads, the dispatcher, the
clock's ticks. Only the limits are lifted, so that nobody waits a minute for the twentieth message to a group.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from lo_bot_api_emulator import ApiRefusal  # type: ignore[import-untyped]
from starlette.applications import Starlette

from bot.at_work import AtWork
from bot.channels.telegram import Telegram, webhook_route
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import Station, World
from jobs import clock
from jobs.channel import Limits
from storage import inbox
from storage.database import Database
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, Hands, words
from tests.support.telegram_api import until
from tests.support.telegram_peer import Peer, running
from tests.support.telegram_people import Json, member, settings

TOKEN = "77:peer-token"
ME = {"id": 7, "is_bot": True, "first_name": "Fixture", "username": "wangge_peer_bot"}
SENDS = ("sendMessage", "sendPhoto", "sendVideo", "sendVoice", "sendDocument")


@dataclass
class Shown:
    """A message of the bot as it stands on a phone; `data` is what each button sends, or the address it opens."""

    chat: int
    number: int
    text: str
    photo: bool = False
    video: bool = False
    thread: int = 0
    answers: int = 0
    data: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands on its buttons."""
        return tuple(self.data)


@dataclass
class News:
    """What changed on the phones because of something: messages new, changed and gone, and short answers to presses."""

    sent: list[Shown] = field(default_factory=list)
    edited: list[Shown] = field(default_factory=list)
    deleted: list[Shown] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)

    def texts(self, chat: int, *, edited: bool = False) -> str:
        """What was newly said in a chat, or what its changed messages say now."""
        return "\n".join(one.text for one in (self.edited if edited else self.sent) if one.chat == chat)

    def either(self, chat: int) -> str:
        """What was newly said or changed in a chat; a message may be outrun by its own next wording."""
        return f"{self.texts(chat)}\n{self.texts(chat, edited=True)}"

    def one(self, chat: int, part: str = "") -> Shown:
        """The new message of a chat that says this."""
        found = [one for one in self.sent if one.chat == chat and part in one.text]
        assert len(found) == 1, (chat, part, [(shown.chat, shown.text) for shown in self.sent])
        return found[0]


class Phones(Peer):
    """The independent peer, and what stands on everybody's phone."""

    def __init__(self, journal: Path, first: int) -> None:
        super().__init__(journal)
        self.next_id = first
        self.standing: dict[tuple[int, int], Shown] = {}
        self.news = News()
        self.moved: dict[int, int] = {}

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:  # noqa: ANN401
        """Check a call, and show on the phones what it does."""
        there = int(fields.get("chat_id", 0))
        if there in self.moved:
            told = {"migrate_to_chat_id": self.moved[there]}
            raise ApiRefusal("Bad Request: group chat was upgraded to a supergroup chat", 400, told)
        key = (there, int(fields.get("message_id", 0)))
        if method.startswith(("edit", "delete")) and "message_id" in fields and key not in self.standing:
            raise ApiRefusal("Bad Request: message to {} not found".format("edit" if method[0] == "e" else "delete"))
        result = super().validate(method, fields, uploads)
        given = self.told[-1][1]
        if method in SENDS:
            self._appears(there, int(result["message_id"]), given, result)
        elif method in ("editMessageText", "editMessageCaption", "editMessageMedia"):
            shown = self.standing[key]
            shown.photo = not given["blank"] if method == "editMessageMedia" else shown.photo
            shown.text, shown.data = given.get("text") or given.get("caption") or "", _buttons(given)
            self.news.edited.append(shown)
        elif method == "deleteMessage":
            shown = self.standing.pop(key)
            shown.gone = True
            self.news.deleted.append(shown)
        elif method == "answerCallbackQuery":
            self.news.toasts.append(given.get("text") or "")
        return result

    def _appears(self, chat: int, number: int, given: Json, result: Json) -> None:
        reply = json.loads(given.get("reply_parameters") or "{}").get("message_id", 0)
        text = given.get("text") or given.get("caption") or ""
        thread = int(given.get("message_thread_id") or 0)
        shown = Shown(chat, number, text, "photo" in result, "video" in result, thread, reply, _buttons(given))
        self.standing[chat, number] = shown
        self.news.sent.append(shown)

    def last(self, chat: int, part: str = "", *, label: str = "") -> Shown:
        """The newest message that stands in a chat, says this and has such a button."""
        for shown in reversed(self.standing.values()):
            if shown.chat == chat and part in shown.text and (not label or label in shown.data):
                return shown
        raise AssertionError((chat, part, label, [one.text for one in self.standing.values() if one.chat == chat]))


def _buttons(given: Json) -> dict[str, str]:
    rows = json.loads(given.get("reply_markup") or "{}").get("inline_keyboard", [])
    return {one["text"]: one.get("callback_data") or one["url"] for row in rows for one in row}


@dataclass
class Town:
    """People who talk to the bot; each call waits until everything that follows from it has happened."""

    world: World
    clock: Hands
    phones: Phones
    work: AtWork
    people: dict[str, int]
    groups: dict[str, int]
    heard: list[Incoming] = field(default_factory=list)
    _numbers: int = 1

    def id_of(self, name: str) -> int:
        """A person's or a group's number; somebody new gets one."""
        if name in self.groups:
            return self.groups[name]
        if name.endswith("群"):
            return self.groups.setdefault(name, -1001 - len(self.groups))
        return self.people.setdefault(name, 501 + len(self.people))

    async def say(self, who: str, text: str = "", group: str | None = None, **more: Any) -> News:  # noqa: ANN401
        """Somebody writes, privately or in a group; `more` are further fields of the message."""
        return await self.happens(message=self.message(who, text, group, **more))

    def message(self, who: str, text: str, group: str | None = None, **more: Any) -> Json:  # noqa: ANN401
        """A message as the Bot API tells it."""
        self._numbers += 1
        body = {"message_id": 500_000 + self._numbers, "date": self._date(), "chat": self._chat(who, group)}
        said = {"caption": text} if more.keys() & {"photo", "video", "document"} else {"text": text}
        return {**body, "from": self._user(who), **(said if text else {}), **more}

    async def start(self, who: str, token: str = "") -> News:
        """Somebody opens the private talk, by a link where there is a token."""
        return await self.say(who, f"/start {token}".strip())

    async def press(self, who: str, label: str, chat: str | None = None, part: str = "") -> News:
        """Somebody presses a button of the newest message that has it."""
        return await self.press_on(who, self.phones.last(self.id_of(chat or who), part, label=label), label)

    async def press_on(self, who: str, shown: Shown, label: str) -> News:
        """Somebody presses a button of this message."""
        return await self.press_data(who, shown, shown.data[label])

    async def press_data(self, who: str, shown: Shown, data: str) -> News:
        """A press that sends this."""
        self._numbers += 1
        body = self.quoted(shown, who)
        press = {"id": f"q{self._numbers}", "from": self._user(who), "chat_instance": "1", "message": body}
        return await self.happens(callback_query=press | {"data": data})

    async def reply(self, who: str, shown: Shown, text: str, group: str) -> News:
        """Somebody answers a message of the bot."""
        return await self.say(who, text, group, reply_to_message=self.quoted(shown, who))

    def quoted(self, shown: Shown, who: str) -> Json:
        """A message of the bot as it comes back with an answer or a press."""
        named = next((name for name, number in self.groups.items() if number == shown.chat), None)
        told = {"caption": shown.text, "photo": photo("x")} if shown.photo else {"text": shown.text}
        thread = {"message_thread_id": shown.thread, "is_topic_message": True} if shown.thread else {}
        chat = self._chat(who, named)
        return {"message_id": shown.number, "date": self._date(), "chat": chat, "from": ME, **told, **thread}

    async def stands(self, group: str, before: str, after: str) -> News:
        """The bot's own standing in a group changes, by the admin's hand."""
        change = member(before, after, chat=self._chat("", group))
        mine = {side: {**change[side], "user": ME} for side in ("old_chat_member", "new_chat_member")}
        return await self.happens(my_chat_member={**change, **mine, "date": self._date(), "from": self._user("管理员")})

    async def later(self, **span: float) -> News:
        """Time goes on."""
        self.phones.news = News()
        self.clock.move(**span)
        await self.quiet()
        return self.phones.news

    async def happens(self, **update: Any) -> News:  # noqa: ANN401 - any update
        """Something happens; what changed on the phones because of it."""
        self.phones.news = News()
        await self.phones.enqueue_update(update, token=TOKEN)
        await until(self._all_taken)
        await self.quiet()
        return self.phones.news

    def _all_taken(self) -> bool:
        told = self.phones._update_queues.info(TOKEN)
        return bool(told["pending_update_count"] == 0)

    async def quiet(self) -> None:
        """Wait until everything that is due has happened."""
        while True:
            await self.work.settle()
            with self.world.db.read() as session:
                waiting = inbox.waiting_queues(session)
            busy = await asyncio.to_thread(clock.tick, self.world)
            if not waiting and not busy and not await asyncio.to_thread(self.work._due):
                return
            for name in waiting:
                self.work.answers.wake(name)

    def _user(self, who: str) -> Json:
        return {"id": self.id_of(who), "is_bot": False, "first_name": who}

    def _chat(self, who: str, group: str | None) -> Json:
        if group is None:
            return {"id": self.id_of(who), "type": "private", "first_name": who}
        return {"id": self.id_of(group), "type": "supergroup", "title": group}

    def _date(self) -> int:
        return int(self.clock().timestamp())


def photo(name: str) -> list[Json]:
    """A picture as a message carries it, to be fetched by this id."""
    return [{"file_id": name, "file_unique_id": f"u{name}", "width": 320, "height": 240}]


def film(name: str) -> Json:
    """A film as a message carries it."""
    return {"file_id": name, "file_unique_id": f"u{name}", "width": 64, "height": 48, "duration": 1}


def paper(name: str, mime: str, title: str) -> Json:
    """A document as a message carries it."""
    return {"file_id": name, "file_unique_id": f"u{name}", "mime_type": mime, "file_name": title}


@dataclass(frozen=True)
class Saved:
    """A town that was set up: its database, who is who, and its moment."""

    path: Path
    people: Mapping[str, int]
    groups: Mapping[str, int]


@asynccontextmanager
async def town(folder: Path, mode: str = "polling", saved: Saved | None = None) -> AsyncIterator[Town]:
    """A town with its bot at work, empty or as it was saved an hour ago."""
    path, hands = folder / "real.db", Hands()
    if saved is not None:
        shutil.copy(saved.path, path)
        hands.move(hours=1)
    world = World(
        WorldKind.REAL,
        Database(f"sqlite:///{path}", KEYS, "OFF"),
        words(),
        Station(anchor_at=None, weekly_at=None),
        hands,
    )
    METADATA.create_all(world.db.engine)
    phones = Phones(folder / "journal.jsonl", 1 if saved is None else 10_000)
    async with running(phones) as url, serving() as (app, address):
        told = settings(url, mode=mode, token=TOKEN).model_copy(update={"webhook_url": address})
        tg = Telegram(told, KEYS, WorldKind.REAL, now=hands, poll_seconds=1)
        tg.limits = Limits(in_flight=3, in_order=True)
        work = AtWork(world, [tg])
        if mode == "webhook":
            app.router.routes.append(webhook_route(tg, work.keeper.accept))
        work.start()
        await until(lambda: phones.made("setWebhook" if mode == "webhook" else "deleteWebhook"))
        people, groups = (dict(saved.people), dict(saved.groups)) if saved else ({}, {})
        try:
            yield Town(world, hands, phones, work, people, groups)
        finally:
            await work.stop()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Starlette, str]]:
    """An empty web application on loopback and the address of its webhook."""
    app = Starlette()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none"))
    task = asyncio.create_task(server._serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield app, f"http://127.0.0.1:{port}/hook"
    finally:
        server.should_exit = True
        await task
