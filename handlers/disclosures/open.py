"""查身份, 同意查身份, 不同意查身份: two people open together who told a tip, privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import may, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.disclosures import actions
from handlers.incidents import records
from handlers.incidents.words import after_codes, tip_first
from handlers.reading.codes import Code
from storage import areas
from storage.incidents import Incident


def ask(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime, station: Station) -> list[Say]:
    """查身份 线3 理由."""
    incident, words = _meant(session, scene, actions.ASK, rest, codes)
    return actions.ask(session, scene.actor, incident, words, now, station)


def agree(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """同意查身份 线3; the button adds which request it was shown with."""
    incident, words = _meant(session, scene, actions.AGREE, rest, codes)
    return actions.agree(session, scene.actor, incident, _number(words), now)


def refuse_it(session: Session, scene: Scene, rest: str, codes: Sequence[Code], now: datetime) -> list[Say]:
    """不同意查身份 线3."""
    incident, words = _meant(session, scene, actions.REFUSE, rest, codes)
    return actions.refuse_it(session, scene.actor, incident, _number(words), now)


def _meant(session: Session, scene: Scene, word: str, rest: str, codes: Sequence[Code]) -> tuple[Incident, str]:
    """The tip named and the words behind it; one unknown and one of another area get the same Refusal."""
    own = records.named(tip_first(rest, codes))
    if not own:
        raise refuse(f"disclosures.how.{word}")
    incident = records.numbered(session, own[0])
    if incident is None or not may(scene.actor, word, scene.kind, areas.get(session, incident.area_id)):
        raise records.unknown(session, scene, own[0])
    return incident, after_codes(rest, own)


def _number(words: str) -> int | None:
    """Which request a button names; None where somebody typed none. What is no number names none there is."""
    return None if not words else int(words) if words.isdecimal() and len(words) < 10 else 0


COMMANDS = (
    Command(actions.ASK, ask, latin="identity", rank=29),
    Command(actions.AGREE, agree, rank=0),
    Command(actions.REFUSE, refuse_it, rank=0),
)
