"""保留 线3 理由 and 解除保留 线3: nothing of a record is erased while a case needs it; 保留 alone lists them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins.naming import beside
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.holds import actions
from handlers.reading.codes import Code


def hold(session: Session, actor: Actor, codes: Sequence[Code], rest: str, now: datetime) -> list[Say]:
    """保留 线3 案件还在办."""
    if not codes:
        if rest.strip():
            raise refuse("holds.how")
        return actions.listed(session, actor, now)
    return actions.place(session, actor, codes[0], beside(rest, codes), now)


def lift(session: Session, actor: Actor, codes: Sequence[Code], now: datetime) -> list[Say]:
    """解除保留 线3."""
    if not codes:
        raise refuse("holds.lift_how")
    return actions.lift(session, actor, codes[0], now)


COMMANDS = (
    Command(actions.PLACE, hold, latin="hold", rank=70),
    Command(actions.LIFT, lift, latin="lifthold", aliases=("取消保留",), rank=0),
)
