"""约谈: an appointment with both sides, of which the bot reminds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.disputes import actions, records
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reminders import rules
from handlers.reminders.actions import plan_of

OFF = frozenset({"取消", "不谈了", "改期"})


def meet(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Make an appointment: 约谈 纠3 明天上午10点 调解室; or call it off: 约谈 纠3 取消."""
    dispute = records.for_handler(session, scene, codes, topic)
    words = after_codes(rest, records.named(codes))
    if words in OFF:
        return actions.call_off(session, dispute, now)
    wish = rules.read(words, now)
    if wish.when is None or wish.when.repeat is not None:
        raise refuse("disputes.meet_when", code=dispute.code)
    return actions.meet(session, dispute, plan_of(wish.when, now), wish.text[:30], now, station)


COMMAND = Command("约谈", meet, bare=intent.has_code, rank=61)
