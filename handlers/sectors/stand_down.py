"""收队、情况通报: call everybody back and count heads; the leader's line of the situation. Both privately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.sectors import actions, homecoming, records
from handlers.sectors.asked import meant, rest_of
from handlers.sectors.join import WRONG


def stand_down(
    session: Session,
    words: Catalogue,
    actor: Actor,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
) -> list[Say]:
    """收队 寻3; 3号 电话已到家 notes a phone call, 3号 没回来 takes that back, 继续 searches on."""
    search = meant(session, actor, codes, topic, "收队")
    said = rest_of(rest, codes)
    person, reason = records.whom(session, actor, records.standing(session, search), said)
    if person is not None and any(word in reason for word in WRONG):
        return homecoming.not_home(session, actor, search, person, now)
    if person is not None:
        return homecoming.confirm(session, actor, search, person, reason.removeprefix("确认").strip(), now)
    if said.startswith(("继续", "撤销")):
        return homecoming.go_on(session, actor, search, now)
    return homecoming.stand_down(session, words, actor, search, now)


def situation(session: Session, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """情况通报 寻3 河边已搜完，往果园去."""
    search = meant(session, actor, codes, topic, "情况通报")
    return actions.say_line(session, actor, search, rest_of(rest, codes))


COMMANDS = (
    Command("收队", stand_down, bare=intent.has_code, private=True, rank=0),
    Command("情况通报", situation, bare=intent.has_code, private=True, rank=0),
)
