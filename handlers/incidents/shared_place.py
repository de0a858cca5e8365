"""A place shared by itself (单发位置): that of what its sender told a moment ago; else it is kept nowhere (R15)."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.help import ask, pending
from handlers.incidents import actions, records
from storage import forms, incidents
from storage.chats import Chat
from storage.incidents import Incident


def shared(session: Session, scene: Scene, chat: Chat, message: Incoming, now: datetime) -> list[Say]:
    """Put it to the newest report of the last minutes that has none, unless words said since wait for a button."""
    told = _newest(session, scene, now)
    waiting = forms.parked_of(session, scene.actor.id, chat.id, now)
    if told is None or message.location is None or (waiting is not None and waiting.created_at >= told.created_at):
        return [ask.talk(session, scene, scene.actor, chat, message, [], now)]
    return actions.locate(session, told, message.location, now)


def _newest(session: Session, scene: Scene, now: datetime) -> Incident | None:
    for one in incidents.told_by(session, scene.actor.id, 1) if scene.actor.id else ():
        placed = incidents.private_of(session, one).get("location")
        if one.state in records.UNDER_WAY and one.created_at > now - pending.TOGETHER and not placed:
            return one
    return None


EVENTS = {"place": shared}
