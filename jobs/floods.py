"""Floods: whoever said too much is answered once, and an hour of silence later it is forgotten who said what."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import command, flood, scene
from handlers.dialogue.given import Given, call
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from jobs.due import Clock
from storage import chats, floods, inbox
from storage.floods import Flood

GATHER: Final = timedelta(seconds=2)
"""How long the first messages of a flood are waited for before it is answered."""

OVER: Final = timedelta(seconds=flood.SPAN)
"""A flood is over when nothing was folded into it for so long; the next one is answered anew."""


def step(world: World) -> int:
    """Answer floods that began, end those that are over; how many. Nothing is locked where there are none."""
    now = world.now()
    with world.db.write() as session:
        told = sum(_tell(world, session, one, now) for one in floods.to_tell(session, now - GATHER, flood.FIRST))
        return told + floods.end(session, now - OVER)


def _tell(world: World, session: Session, one: Flood, now: datetime) -> bool:
    """Answer where it began; False while the bot does not know that chat yet."""
    chat = chats.at(session, one.account, one.chat, one.thread)
    if chat is None:
        return False
    whole = [Incoming.from_bytes(payload) for payload in inbox.folded(session, one.account, one.first)]
    said = _together(whole, one, now)
    given = Given(world, session, said, scene.look(session, said), None, now)
    answer = call(command.all_events()["flood"], given)
    post(session, world.words, [answer], Cause(f"flood:{one.id}", chat, said.message_id, one.thread), now)
    one.told_at = now
    session.flush()
    return True


def _together(whole: list[Incoming], one: Flood, now: datetime) -> Incoming:
    """The first messages of a flood as one; what was pressed are no words."""
    first = Incoming(one.account, f"flood:{one.id}", "message", one.chat, False, "", "", now, thread=one.thread)
    if not whole:
        return first
    first = whole[0]
    own = [said for said in whole if said.sender == first.sender and said.chat == first.chat]
    typed = [said for said in own if said.kind in ("message", "edited")]
    text = "\n".join(said.text for said in typed if said.text)
    media = tuple(medium for said in typed for medium in said.media)
    return replace(first, kind="message", text=text, media=media)


tick = Clock(step, lambda session, now: floods.any_due(session, now - GATHER, now - OVER, flood.FIRST))
TICK = tick
