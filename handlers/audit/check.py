"""审计: whether the chain is whole, its last anchor and what was done in a day; an anchor pasted behind is compared."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.audit import actions, rules
from handlers.audit.actions import Standing
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from storage.audit import Head


def look(session: Session, rest: str, now: datetime) -> Standing:
    """Check it all before anything is locked."""
    return actions.look(session, [Head(*one) for one in rules.read_anchors(rest)], now)


def check(seen: Standing, now: datetime) -> Say:
    """审计; 审计 核; 审计 120:1a2b3c4d."""
    return Say(actions.told(seen, now), quote=True)


COMMAND = Command("审计", check, latin="audit", aliases=("审计核", "审计核对"), look=look, rank=66)
