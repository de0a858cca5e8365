"""问骗: somebody hands on a suspicious message privately and hears what in it smells of fraud; nothing is kept.

The words live in the inbox until they are answered, like any message; they become no record, no parked words and no
answer of a guided talk, and the answer neither repeats them nor stays in the outbox.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.fraud_check import rules
from handlers.fraud_check.ringing import urgent
from handlers.fraud_check.rules import Verdict
from handlers.reading import intent
from storage.lanes import Lane

MOST_SHOWN = 4


def ask(session: Session, scene: Scene, rest: str, message: Incoming, now: datetime) -> list[Say]:
    """问骗 您的账户涉嫌洗钱，请转到安全账户; alone it asks for the message."""
    words = spoken(rest, message)
    if len(words) >= rules.SHORTEST:
        return [answer(words)]
    if message.media:
        return [Say(text("fraud_check.only_words"))]
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now)


def spoken(rest: str, message: Incoming) -> str:
    """What was handed on: typed, or what a channel heard in a voice message."""
    return rest.strip() or next((one.transcript.strip() for one in message.media if one.transcript), "")


def answer(words: str) -> Say:
    """What is found in these words; dropped from the outbox once it has gone out."""
    return told(rules.answered(words))


def told(found: rules.Found) -> Say:
    """Red flags in words: each with its why, then what to do; where it has happened, what to do now comes first."""
    shown: Sequence[str] = found.flags[:MOST_SHOWN]
    whys = tuple(text(f"fraud_check.why.{name}") for name in shown)
    if found.verdict is Verdict.BEFALLEN:
        lines = (urgent(), *whys, text("fraud_check.not_kept"))
        return Say(text("fraud_check.befallen", lines=lines), lane=Lane.LIFE, fleeting=True)
    return Say(text(f"fraud_check.verdict.{found.verdict}", whys=whys), fleeting=True)


def read_message(text: str, message: Incoming) -> str | Problem:
    """The verdict on what was handed on, and nothing of the words."""
    words = spoken(text, message)
    if len(words) < rules.SHORTEST:
        return Problem(_ONLY_WORDS)
    found = rules.answered(words)
    return " ".join((found.verdict, *found.flags))


def finish(answers: dict[str, str]) -> Say:
    """Say what was found."""
    verdict, *flags = answers["message"].split()
    return told(rules.Found(Verdict(verdict), tuple(flags)))


_ONLY_WORDS = text("fraud_check.only_words")
FORM = Form("fraud_check", (Question("message", read_message, optional=False),), finish)
COMMAND = Command("问骗", ask, latin="scam", aliases=("查骗", "是不是骗子"), bare=intent.never, form=FORM, rank=46)
