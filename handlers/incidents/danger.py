"""Words of danger in ordinary talk (险情): one reply that offers to report; nothing is kept before 是."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.fraud_check.ringing import whom_to_ring
from handlers.incidents import actions
from handlers.incidents.actions import Telling
from handlers.reading.places import Gazetteer
from storage import sealing
from storage.incidents import IncidentKind
from storage.lanes import Lane

MARK = 8


def offer(session: Session, message: Incoming) -> Say:
    """Ask whether to report what was said; the mark names this offer, so that it can change itself."""
    mark = sealing.digest(session, "danger.offer", message.message_name)[:MARK]
    buttons = rows((button("incidents.button.yes", f"要报 {mark}"), button("incidents.button.no", f"不用报 {mark}")))
    offered = text("incidents.danger.offer", calls=whom_to_ring(message.text, danger=True))
    return Say(offered, buttons=buttons, lane=Lane.LIFE, slot=_slot(mark), quote=True)


def yes(
    session: Session,
    scene: Scene,
    rest: str,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """是: report the words the offer answered, where the platform hands them over; else ask for them."""
    original = message.reply_to
    words = original.text if original is not None and original.sender_id else ""
    if not words.strip():
        return [_changed(rest, "incidents.danger.say_it")]
    by_other = original is not None and original.sender_id != message.sender
    telling = Telling(IncidentKind.HELP, words, on_behalf=by_other)
    return [
        _changed(rest, "incidents.danger.reported"),
        *actions.report(session, scene, telling, message, now, station, gazetteer),
    ]


def no(rest: str) -> Say:
    """不是: the offer withdraws itself."""
    return _changed(rest, "incidents.danger.no")


def _changed(rest: str, key: str) -> Say:
    mark = rest.strip()[:MARK]
    return Say(text(key), slot=_slot(mark) if mark else None, lane=Lane.LIFE, quote=not mark)


def _slot(mark: str) -> str:
    return f"danger:{mark}"


EVENTS = {"danger": offer}
COMMANDS = (Command("要报", yes, rank=0), Command("不用报", no, rank=0))
