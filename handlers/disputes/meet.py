"""约谈: an appointment with both sides, of which the bot reminds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.address import GAP
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.disputes import actions, records
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reminders import moved, rules
from handlers.reminders.actions import plan_of
from storage.disputes import Dispute

OFF = frozenset({"取消", "不谈了", "不约了", "改期", "取消约谈"})
_TAIL = "了吧啊。！!~ "


def meet(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Make an appointment: 约谈 纠3 明天上午10点 调解室; move it: 约谈 纠3 改到后天9点;
    or call it off: 约谈 纠3 取消.
    """
    dispute = records.for_handler(session, scene, codes, topic)
    words = rest
    for code in records.named(codes)[:1]:
        words = f"{rest[: code.span[0]]} {rest[code.span[1] :]}".strip(GAP)
    if words.rstrip(_TAIL) in OFF:
        return actions.call_off(session, dispute, now)
    at, room = _when_and_where(dispute, words, now)
    return actions.meet(session, dispute, at, room[:30], now, station)


def _when_and_where(dispute: Dispute, words: str, now: datetime) -> tuple[datetime, str]:
    """What is arranged anew, or moved from what was; the room is empty where it stays."""
    move = moved.move_of(words)
    if move is not None and dispute.meets_at is not None and dispute.meets_at > now:
        to = moved.moved(move, dispute.meets_at, now)
        if to is None:
            raise refuse("disputes.meet_when", code=dispute.code)
        return to
    wish = rules.read(words if move is None else move.to, now)
    if wish.when is None or wish.when.repeat is not None:
        raise refuse("disputes.meet_when", code=dispute.code)
    return plan_of(wish.when, now).at, wish.text


COMMAND = Command("约谈", meet, bare=intent.has_code, rank=61)
