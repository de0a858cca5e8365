"""The speaker (说话): answers to what somebody just said go as one growing stream, everything else is pushed.

A callback is answered once: by a stream that grows while further messages come within a few seconds, by a card, or by
a welcome. Its req_id dies with the connection, and a stream must be finished in time; where the platform says that it
is too late, the same message is pushed instead, since the first frame surely did not arrive.
"""

import asyncio
import hashlib
import logging
import re
import unicodedata
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bot.channels.buttons import Buttons
from bot.channels.splitting import length
from bot.channels.tencent.texts import clean, markdown
from bot.channels.wecom_aibot import media, saying
from bot.channels.wecom_aibot.errors import STALE, Rejected, failure
from bot.channels.wecom_aibot.link import Link, Sleep
from bot.channels.wecom_aibot.meter import Meter
from bot.channels.wecom_aibot.reading import GROUP, Body, target
from bot.channels.wecom_aibot.saying import Part
from handlers.dialogue.message import RealCall
from jobs.channel import CallFailed, Impossible, Medium, Sent, StaleUpload, Unsure
from storage.copies import CopyKind

LOG = logging.getLogger("wangge.wecom_aibot")
FRESH: Final = 60.0
"""Seconds for which what is said into a chat is taken for the answer to what was said there last."""

DAY: Final = 86_400.0
QUIET: Final = 2.0
LONGEST: Final = 300.0
"""A stream is finished at the latest so many seconds after the message it answers; the platform gives it six minutes
by one version of its documents, and ten by another."""

WELCOME: Final = 4.0
UPDATE: Final = 4.5
"""The platform takes a welcome, or the change of a pressed card, within 5 seconds."""

HUSH: Final = 2.0
FEW: Final = 20
"""An open stream costs a closing frame; with more frames than this in a minute, sent or owed, it is closed at once."""

PER_CHAT: Final = ((30, 60.0), (1000, 3600.0))
"""Whether the refreshing of a stream counts is told nowhere: here all frames do."""

UPLOADS: Final = ((30, 60.0), (1000, 3600.0))
KEPT: Final = 2000
NO_WORD: Final = re.compile(r"\W+")
KINDS: Final = {"photo": CopyKind.PHOTO, "video": CopyKind.VIDEO}
Value = TypeVar("Value")


@dataclass(slots=True)
class Stream:
    """An answer that still grows; `last` is when it last did, by the steady clock."""

    last: float
    content: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    parts: int = 0


@dataclass(slots=True, eq=False)
class Talk:
    """The last thing said in a chat, which may be answered once; `doubtful` once an ack of an answer did not come."""

    chat: str
    link: Link
    req_id: str
    message_id: str
    at: float
    welcome: bool
    used: bool = False
    doubtful: bool = False
    stream: Stream | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button, whose card may be changed for a moment."""

    link: Link
    req_id: str
    at: float
    sender: str
    task: str


class Kept(OrderedDict[str, Value]):
    """The newest `KEPT` values by name."""

    def keep(self, name: str, value: Value) -> None:
        """Keep a value as the newest."""
        self[name] = value
        self.move_to_end(name)
        while len(self) > KEPT:
            self.popitem(last=False)


class Speaker:
    """Says things over whatever link there is; `sleep` and `clock` take and tell seconds."""

    def __init__(self, buttons: Buttons, sleep: Sleep, clock: Callable[[], float]) -> None:
        self._buttons, self._sleep, self._clock = buttons, sleep, clock
        self._frames, self._uploads = Meter(PER_CHAT, clock), Meter(UPLOADS, clock)
        self._talks: Kept[Talk] = Kept()
        self._presses: Kept[Press] = Kept()
        self._cards: Kept[Part] = Kept()
        self._said: Kept[str] = Kept()
        self._uploaded: Kept[str] = Kept()
        self._growing: dict[Talk, asyncio.Task[None]] = {}

    def heard(self, link: Link, chat: str, req_id: str, message_id: str, *, welcome: bool) -> None:
        """Note what may be answered; the same message told twice over one link is no news."""
        known = self._talks.get(chat)
        if known is None or known.link is not link or known.message_id != message_id:
            self._talks.keep(chat, Talk(chat, link, req_id, message_id, self._clock(), welcome))

    def pressed(self, link: Link, callback: str, req_id: str, sender: str, task: str) -> None:
        """Note a pressed button; `callback` is what it is answered by."""
        self._presses.keep(callback, Press(link, req_id, self._clock(), sender, task))

    def said(self, chat: str, words: str) -> str:
        """The id of what was said there with these words; empty where it is not known."""
        return self._said.get(_digest(chat, words), "")

    async def say(self, link: Link, call: RealCall, part: Part) -> Sent:
        """Say one part of a message; raises a CallFailed."""
        if part.medium is not None:
            return await self._show(link, call.chat, part.medium)
        talk = self._talks.get(call.chat)
        if talk is not None and talk.link is link:
            async with talk.lock:
                answered = await self._answer(talk, call, part)
            if answered:
                return Sent(((answered, CopyKind.TEXT),))
        return await self._push(link, call.chat, part)

    async def answer(self, callback: str, toast: str) -> None:
        """Show a toast on a pressed card, to whoever pressed it; too late, or not our card any more: nothing."""
        press = self._presses.pop(callback, None)
        part = self._cards.get(press.task) if press is not None else None
        if press is None or part is None or self._clock() - press.at > UPDATE:
            return
        body = {
            "response_type": "update_template_card",
            "userids": [press.sender],
            "template_card": saying.card(part, self._buttons, clean(toast), press.task),
        }
        try:
            await press.link.ask("aibot_respond_update_msg", body, press.req_id)
        except (Rejected, CallFailed) as failed:
            LOG.info("a card was not changed: %s", type(failed).__name__)

    async def hush(self, link: Link) -> None:
        """Finish what still grows, since the link is about to end."""
        grows = [talk for talk in self._growing if talk.link is link]
        try:
            async with asyncio.timeout(HUSH):
                await asyncio.gather(*map(self._finish, grows))
        except TimeoutError:
            LOG.info("%s answers were left unfinished", len(grows))

    async def close(self) -> None:
        """Stop waiting for quiet."""
        waiting = list(self._growing.values())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _answer(self, talk: Talk, call: RealCall, part: Part) -> str:
        """Say it as the answer to what was said last; the id it has, empty where it has to be pushed."""
        age = self._clock() - talk.at
        if talk.stream is not None and not talk.doubtful:
            return await self._grow(talk, talk.stream, part)
        quotes = call.reply_to == talk.message_id and age < DAY
        if talk.used or not (age < FRESH or quotes) or (talk.welcome and age > WELCOME):
            return ""
        if not (talk.welcome or part.buttons) and age < FRESH:
            return await self._grow(talk, Stream(self._clock()), part)
        cmd = "aibot_respond_welcome_msg" if talk.welcome else "aibot_respond_msg"
        name, body = self._body(part)
        if talk.welcome and not part.buttons:
            body = {"msgtype": "text", "text": {"content": clean(part.text)}}
        if not await self._reply(talk, cmd, body):
            return ""
        self._remember(talk.chat, part, name)
        return name

    async def _grow(self, talk: Talk, stream: Stream, part: Part) -> str:
        """Add words to the answer; what does not fit, and any card, is pushed after it."""
        said = markdown(part.text)
        grown = f"{stream.content}\n\n{said}" if stream.content else said
        late = self._clock() - talk.at >= LONGEST
        if part.buttons or late or length(grown, "bytes") > saying.MOST_BYTES:
            return ""
        at_once = not stream.content and self._frames.lately(talk.chat) + self._owed(talk.chat) >= FEW
        shown = {"id": stream.id, "finish": at_once, "content": grown}
        try:
            if not await self._reply(talk, "aibot_respond_msg", {"msgtype": "stream", "stream": shown}):
                return ""
        except Unsure:
            self._grew(talk, stream, grown, at_once)
            raise
        self._grew(talk, stream, grown, at_once)
        name = f"{stream.id}.{stream.parts}"
        self._remember(talk.chat, part, name)
        self._said.keep(_digest(talk.chat, grown), name)
        return name

    def _grew(self, talk: Talk, stream: Stream, content: str, at_once: bool) -> None:
        """Note what stands there, perhaps; it is finished when it has been quiet for a while."""
        stream.content, stream.last, stream.parts = content, self._clock(), stream.parts + 1
        if talk.stream is None and not at_once:
            talk.stream = stream
            task = asyncio.create_task(self._finish_when_quiet(talk, stream))
            self._growing[talk] = task
            task.add_done_callback(lambda _: self._growing.pop(talk, None))

    async def _reply(self, talk: Talk, cmd: str, body: Body) -> bool:
        """Answer a callback; False where it is too late for that. After a doubt it is not answered again: the ack that
        did not come may yet come, and would be taken for another's."""
        self._frames.take(talk.chat, self._owed(talk.chat))
        try:
            await talk.link.ask(cmd, body, talk.req_id)
        except Rejected as refused:
            if refused.code in STALE:
                talk.used, talk.stream = True, None
                return False
            raise failure(refused.code, private=not talk.chat.startswith(GROUP)) from None
        except Unsure:
            talk.used = talk.doubtful = True
            raise
        talk.used = True
        return True

    def _owed(self, chat: str) -> int:
        """How many closing frames are still to come there."""
        return sum(talk.chat == chat for talk in self._growing)

    async def _finish_when_quiet(self, talk: Talk, stream: Stream) -> None:
        while (left := min(stream.last + QUIET, talk.at + LONGEST) - self._clock()) > 0:
            await self._sleep(left)
        await self._finish(talk)

    async def _finish(self, talk: Talk) -> None:
        async with talk.lock:
            stream, talk.stream = talk.stream, None
            if stream is None or not talk.link.alive:
                return
            self._frames.note(talk.chat)
            shown = {"id": stream.id, "finish": True, "content": stream.content}
            try:
                await talk.link.ask("aibot_respond_msg", {"msgtype": "stream", "stream": shown}, talk.req_id)
            except (Rejected, CallFailed) as failed:
                LOG.info("an answer was not finished: %s", type(failed).__name__)

    async def _push(self, link: Link, chat: str, part: Part) -> Sent:
        name, body = self._body(part)
        await self._ask(link, chat, body)
        self._remember(chat, part, name)
        return Sent(((name, CopyKind.TEXT),))

    async def _show(self, link: Link, chat: str, medium: Medium) -> Sent:
        """Push a medium, handed over before where the platform does not have it yet."""
        known = medium.file_id or self._uploaded.get(str(medium.id))
        if known is None:
            self._uploads.take("")
            known = await media.upload(link, medium)
            self._uploaded.keep(str(medium.id), known)
        kind, _, media_id = known.partition(":")
        try:
            await self._ask(link, chat, {"msgtype": kind, kind: {"media_id": media_id}})
        except StaleUpload:
            self._uploaded.pop(str(medium.id), None)
            raise
        uploads = {} if medium.file_id else {medium.id: known}
        self._uploaded.pop(str(medium.id), None)
        return Sent(((uuid.uuid4().hex, KINDS.get(medium.kind, CopyKind.FILE)),), uploads)

    async def _ask(self, link: Link, chat: str, body: Body) -> None:
        self._frames.take(chat, self._owed(chat))
        try:
            await link.ask("aibot_send_msg", {**target(chat), **body})
        except Rejected as refused:
            raise failure(refused.code, private=not chat.startswith(GROUP)) from None

    def _body(self, part: Part) -> tuple[str, dict[str, Any]]:
        """A message as the platform takes it, and the id it has for us."""
        if not part.buttons:
            return uuid.uuid4().hex, {"msgtype": "markdown", "markdown": {"content": markdown(part.text)}}
        try:
            card = saying.card(part, self._buttons)
        except ValueError:
            raise Impossible("a button says too much") from None
        return card["task_id"], {"msgtype": "template_card", "template_card": card}

    def _remember(self, chat: str, part: Part, name: str) -> None:
        self._said.keep(_digest(chat, part.text), name)
        if part.buttons:
            self._cards.keep(name, part)


def _digest(chat: str, words: str) -> str:
    """What names words said in a chat, however the platform hands them back."""
    plain = NO_WORD.sub("", unicodedata.normalize("NFKC", words))
    return hashlib.sha256(f"{chat}|{plain}".encode("utf-8", "replace")).hexdigest()
