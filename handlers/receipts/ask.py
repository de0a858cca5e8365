"""问线索: the team asks whoever told a tip, without learning who that is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.incidents import records
from handlers.incidents.words import after_codes, tip_first
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.receipts import actions


def ask(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
) -> list[Say]:
    """问线索 线3 车是什么颜色？; in a group also as an answer to the tip's card."""
    own = records.named(tip_first(rest, codes))

    def answer() -> list[Say]:
        incident = records.find_for_team(session, scene, own, topic)
        if incident is None:
            raise refuse("receipts.which")
        return actions.ask(session, scene.actor, incident, after_codes(rest, own), now, station)

    return records.aside(scene, own, answer)


COMMAND = Command("问线索", ask, latin="ask_teller", aliases=("问举报人",), bare=intent.add_note, rank=23)
