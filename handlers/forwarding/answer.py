"""已转发, 转不了, 已撤回, 已更正, 没转发: what somebody says became of what they were asked to do by hand."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue
from handlers.forwarding import actions
from handlers.publishing import rules
from handlers.reading.normal import fold
from storage.chats import Chat
from storage.copies import CopyState


def done(session: Session, words: Catalogue, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """已转发; 已转发 12."""
    return actions.say_done(session, words, actor, rules.number(fold(rest)), now)


def cannot(session: Session, words: Catalogue, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """转不了; 转不了 12."""
    return actions.say_cannot(session, words, actor, rules.number(fold(rest)), now)


def taken_back(session: Session, words: Catalogue, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """已撤回; 已撤回 12."""
    return actions.say_taken_back(session, words, actor, rules.number(fold(rest)), CopyState.DELETED, now)


def corrected(session: Session, words: Catalogue, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """已更正; 已更正 12."""
    return actions.say_taken_back(session, words, actor, rules.number(fold(rest)), CopyState.CORRECTED, now)


def never(session: Session, words: Catalogue, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """没转发; 没转发 12."""
    return actions.say_never(session, words, actor, rules.number(fold(rest)), now)


def forwarded(session: Session, words: Catalogue, chat: Chat, message: Incoming, now: datetime) -> list[Say]:
    """A platform tells what its member did."""
    return actions.heard(session, words, chat, message.message_id, message.text, now)


COMMANDS = (
    Command("已转发", done, latin="forwarded", private=True, rank=0),
    Command("转不了", cannot, latin="cannotforward", private=True, rank=0),
    Command("已撤回", taken_back, latin="takenback", private=True, rank=0),
    Command("已更正", corrected, latin="correctedit", private=True, rank=0),
    Command("没转发", never, latin="notforwarded", private=True, rank=0),
)
EVENTS = {"forwarded": forwarded}
