"""督办、解除督办: the safety office presses a matter, and alone lets go of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.supervision import actions


def supervise(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Issue a letter: 督办 纠3 10个工作日内办结，请社区牵头."""
    case = kinds.for_team(session, scene, codes, topic)
    return actions.issue(session, scene.actor, case, after_codes(rest, codes), now, station)


def release(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Clear it: 解除督办 纠3 已签协议并回访."""
    case = kinds.for_team(session, scene, codes, topic)
    return actions.clear(session, scene.actor, case, after_codes(rest, codes), now, station)


COMMANDS = (
    Command("督办", supervise, latin="supervise", bare=intent.never, rank=67),
    Command("解除督办", release, bare=intent.never, rank=0),
)
