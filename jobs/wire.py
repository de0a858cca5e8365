"""On the wire (上线): a claimed call with all it needs, and the one request it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import drill
from handlers.dialogue.drill import DrillCall, ResidentsUnreachable, TeamPlace
from handlers.dialogue.message import Outgoing, PlayCall, RealCall
from handlers.dialogue.plain import as_numbers, as_words
from handlers.dialogue.world import World
from jobs.channel import Call, Capabilities, Channel, Impossible, Knocks, Medium, Nudges, Sent
from storage import calls, chats, contents, copies, media, people
from storage.chats import Chat
from storage.copies import Copy
from storage.media import MediumState
from storage.outbox import CallKind, OutboxRow
from storage.worlds import WorldKind

WORDLESS: Final = (CallKind.DELETE, CallKind.NUDGE, CallKind.KNOCK)
"""Calls that say nothing of ours."""


@dataclass(slots=True)
class Job:
    """A claimed call: the row, where it goes, what is said, the copies it changes, and how many parts it has.

    In a drill `place` is where the team reads it; where residents would, there is none and the call is `simulated`:
    it is settled without having been made. `shows` is the picture that an edit puts back where it
    had been taken off.
    """

    row: OutboxRow
    chat: Chat
    outgoing: Outgoing
    media: tuple[Medium, ...]
    copies: tuple[Copy, ...]
    parts: int
    can: Capabilities
    now: Callable[[], datetime]
    place: TeamPlace | None = None
    simulated: bool = False
    shows: tuple[Medium, ...] = ()

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
    place = _team_place(session, chat) if world.kind is WorldKind.DRILL else None
    if world.kind is WorldKind.DRILL:
        outgoing = drill.marked(outgoing)
        shown = tuple(replace(one, name=drill.marked_name(one.name) if one.name else "") for one in shown)
    if not channel.can.video and world.film_address is not None:
        shown = tuple(_linked(one, world.film_address, row.topic) for one in shown)
    standing: tuple[Copy, ...] = ()
    if row.copy_id is not None:
        standing = (copies.get(session, row.copy_id),)
    elif row.slot is not None and row.kind is CallKind.EDIT:
        standing = tuple(sorted(calls.live_copies(session, row.chat_id, row.slot), key=lambda c: c.platform_id is None))
    parts = channel.parts(outgoing, shown) if row.kind is CallKind.SEND else 1
    back = _back(session, standing, shown) if row.kind is CallKind.EDIT else ()
    simulated = world.kind is WorldKind.DRILL and place is None
    return Job(row, chat, outgoing, shown, standing, parts, channel.can, world.now, place, simulated, back)


def _team_place(session: Session, chat: Chat) -> TeamPlace | None:
    """Where a drill speaks; None where residents would read it."""
    holds = people.holds_of(session, chat.person_id) if chat.person_id is not None else ()
    return drill.team_place(chat, frozenset(role for role, _ in holds))


def _back(session: Session, standing: tuple[Copy, ...], shown: tuple[Medium, ...]) -> tuple[Medium, ...]:
    """The picture of a copy from which it had been taken off."""
    if not standing or not standing[0].blank:
        return ()
    together = [copy.id for copy in copies.of_call(session, standing[0].outbox_id)]
    place = together.index(standing[0].id)
    return shown[place : place + 1]


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
    if job.simulated:
        return None
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
            await channel.edit(_call(world, job), job.copies[0].platform_id or "", job.copies[0].kind, job.shows)
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
    if world.kind is WorldKind.PLAYGROUND:
        return PlayCall(job.chat.platform_id, thread, job.outgoing, row.reply_to or "", row.key)
    if job.place is None:
        raise ResidentsUnreachable("a drill's call without a place of the team")
    return DrillCall(job.place, thread, job.outgoing, row.reply_to or "", row.key)


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
