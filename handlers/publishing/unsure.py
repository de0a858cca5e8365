"""待确认, 重发, 不管: messages nobody can tell arrived, and what a person decides about each."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import paging
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.publishing import doubting, rules
from handlers.reading import intent
from handlers.reading.normal import fold


def look(session: Session, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """What the list shows; read before anything is locked."""
    return doubting.listing(session, actor, paging.page_of(rest), now)


def listing(seen: list[Say]) -> list[Say]:
    """待确认; 待确认 2."""
    return seen


def resend(session: Session, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """重发 12."""
    return doubting.resend(session, actor, rules.number(fold(rest)), now)


def let_be(session: Session, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """不管 12."""
    return doubting.let_be(session, actor, rules.number(fold(rest)), now)


COMMANDS = (
    Command("待确认", listing, latin="unsure", bare=intent.unsure, look=look, rank=28),
    Command("重发", resend, latin="resend", rank=0),
    Command("不管", let_be, latin="letbe", rank=0),
)
