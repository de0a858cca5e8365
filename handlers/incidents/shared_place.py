"""A place shared by itself (单发位置): that of what its sender told a moment ago; else it is kept nowhere (R15)."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.help import ask, pending
from handlers.incidents import actions, records
from storage import cases, forms, incidents, searches
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
    """The report told within the last minutes, where nothing else was told since and its place is still open."""
    if not scene.actor.id:
        return None
    one = next(iter(incidents.told_by(session, scene.actor.id, 1)), None)
    if one is None or one.state not in records.UNDER_WAY or one.created_at <= now - pending.TOGETHER:
        return None
    others = [other.created_at for other in cases.told_of(session, scene.actor.id, 1)]
    others += [other.created_at for other in searches.told_by(session, scene.actor.id, 1)]
    return (
        None
        if any(at >= one.created_at for at in others) or incidents.private_of(session, one).get("location")
        else one
    )


EVENTS = {"place": shared}
