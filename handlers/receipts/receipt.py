"""回执: how a tip stands, and more words for it, by the 16 digits alone; privately, from any account."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.incidents.report import spoken
from handlers.reading.receipts import at_head
from handlers.receipts import actions


def receipt(
    session: Session,
    scene: Scene,
    rest: str,
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
) -> list[Say]:
    """回执 1234 5678 9012 3456, and what is to be added behind it; every wrong number hears the same."""
    if scene.is_group:
        return actions.shown_to_all(session, scene, message, now)
    if not rest.strip() and not media:
        return [say("receipts.how")]
    digits, words = at_head(rest) or ("", "")
    incident = actions.find(session, message, digits, now)
    if incident is None:
        return [say("receipts.unknown")]
    told, _ = spoken(message, words)
    if told or media:
        return actions.add(session, incident, told, media, now, station)
    return actions.show(session, incident, now)


COMMAND = Command("回执", receipt, latin="receipt", rank=59)
