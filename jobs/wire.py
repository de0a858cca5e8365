"""On the wire (上线): a claimed call with all it needs, and the one request it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.message import Outgoing, PlayCall, RealCall
from handlers.dialogue.plain import as_numbers, as_words
from handlers.dialogue.world import World
from jobs.channel import Call, Capabilities, Channel, Impossible, Knocks, Medium, Nudges, Sent
from storage import calls, chats, contents, copies, media
from storage.chats import Chat
from storage.copies import Copy
from storage.media import MediumState
from storage.outbox import CallKind, OutboxRow
from storage.worlds import WorldKind

WORDLESS: Final = (CallKind.DELETE, CallKind.NUDGE, CallKind.KNOCK)
"""Calls that say nothing of ours."""


@dataclass(slots=True)
class Job:
    """A claimed call: the row, where it goes, what is said, the copies it changes, and how many parts it has."""

    row: OutboxRow
    chat: Chat
    outgoing: Outgoing
    media: tuple[Medium, ...]
    copies: tuple[Copy, ...]
    parts: int
    can: Capabilities
    now: Callable[[], datetime]

    @property
    def is_group(self) -> bool:
        """Whether it goes to a group."""
        return self.chat.kind.is_group


def prepare(session: Session, world: World, channel: Channel, row: OutboxRow) -> Job | None:
    """All a claimed call needs; None where what it should say has been dropped."""
    payload = contents.payload_of(session, row.content_id) if row.content_id else None
    if payload is None and row.kind not in WORDLESS:
        return None
    outgoing = Outgoing.from_bytes(payload) if payload else Outgoing("")
    chat = chats.get(session, row.chat_id)
    if not channel.can.buttons:
        outgoing = _typed(world, channel.can, chat, outgoing)
    shown = () if "media" in _without(row) else _media(session, outgoing, row.account)
    if not channel.can.video and world.film_address is not None:
        shown = tuple(_linked(one, world.film_address, row.topic) for one in shown)
    standing: tuple[Copy, ...] = ()
    if row.copy_id is not None:
        standing = (copies.get(session, row.copy_id),)
    elif row.slot is not None and row.kind is CallKind.EDIT:
        standing = tuple(sorted(calls.live_copies(session, row.chat_id, row.slot), key=lambda c: c.platform_id is None))
    parts = channel.parts(outgoing, shown) if row.kind is CallKind.SEND else 1
    return Job(row, chat, outgoing, shown, standing, parts, channel.can, world.now)


def _typed(world: World, can: Capabilities, chat: Chat, outgoing: Outgoing) -> Outgoing:
    """Buttons as words: numbers to answer with, where the bot hears them; else what can be said to it privately."""
    if can.by_hand:
        return replace(outgoing, buttons=())
    if chat.kind.is_group and not can.hears_groups:
        return as_words(outgoing, world.words)
    return as_numbers(outgoing)


async def make(world: World, channel: Channel, job: Job) -> Sent | None:
    """Make the call: one request; raises a CallFailed."""
    row, platform_id = job.row, job.chat.platform_id
    match row.kind:
        case CallKind.ANSWER:
            await channel.answer(row.callback or "", job.outgoing.toast)
        case CallKind.DELETE:
            for copy in job.copies:
                await channel.delete(platform_id, copy.platform_id or "")
        case CallKind.NUDGE if isinstance(channel, Nudges):
            for copy in job.copies:
                await channel.nudge(platform_id, copy.platform_id or "")
        case CallKind.KNOCK if isinstance(channel, Knocks):
            await channel.knock(platform_id)
        case CallKind.NUDGE | CallKind.KNOCK:
            raise Impossible("cannot")
        case CallKind.EDIT if job.copies:
            await channel.edit(_call(world, job), job.copies[0].platform_id or "", job.copies[0].kind)
        case _:
            return await channel.send(_call(world, job), job.media, row.part)
    return None


def _linked(medium: Medium, address: Callable[[int, str | None], str], topic: str | None) -> Medium:
    """A film with the address of its page."""
    return replace(medium, url=address(medium.id, topic)) if medium.kind == "video" else medium


def _without(row: OutboxRow) -> list[str]:
    return (row.without or "").split()


def _call(world: World, job: Job) -> Call:
    row = job.row
    thread = "" if "topic" in _without(row) else row.thread or job.chat.thread
    if world.kind is WorldKind.REAL:
        return RealCall(job.chat.platform_id, thread, job.outgoing, row.reply_to or "", row.key)
    return PlayCall(job.chat.platform_id, thread, job.outgoing, row.reply_to or "", row.key, world.kind)


def _media(session: Session, outgoing: Outgoing, account: str) -> tuple[Medium, ...]:
    """What is shown: by the platform's own id where it has it, else with its bytes."""
    found = []
    for medium_id in outgoing.media:
        row = media.get(session, medium_id)
        if row.state is not MediumState.READY:
            continue
        file_id = media.upload_of(session, medium_id, account)
        blob = media.blob_of(session, medium_id) if file_id is None else None
        found.append(Medium(medium_id, row.kind.value, row.mime or "", blob, file_id, row.name or ""))
    return tuple(found)
