"""回访: somebody who was called back says whether they are satisfied; a caller says it for those they phoned."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.callbacks import actions, rules
from handlers.dialogue import kinds
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.message import Incoming
from handlers.dialogue.newest import BEFORE
from handlers.dialogue.say import Button, Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.help import pending
from handlers.incidents.words import GAP, after_codes
from handlers.reading import intent, replies
from handlers.reading.codes import Code
from handlers.reading.codes import codes as find_codes
from handlers.reading.normal import fold
from storage.callbacks import Answer
from storage.forms import OpenForm

WHY = ("问题没有解决", "解决后又发生了", "答应的事没有做到", "还有别的事")
SIDES = ("报的人", "本人", "甲方", "乙方", "失主")
"""Whose answers a caller gives."""
TELLS_WHY = 6
"""没修好 says that it is not well, no more; what is longer says why."""
SAID = ((rules.NO, Answer.DISSATISFIED), (rules.UNREACHED, Answer.UNREACHED), (rules.YES, Answer.SATISFIED))


def call_back(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    message: Incoming,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Answer the question asked: 回访 纠3 满意, 回访 不满意 又吵起来了, a caller's 回访 纠3 甲方 满意.

    What is typed as a button says, 满意, is of no question by itself: of several it is asked which.
    """
    if via == "choice" and _open_to(session, scene, message.text):
        rest, codes = message.text, find_codes(fold(message.text))
    words = after_codes(rest, codes)
    side = next((one for one in SIDES if words.startswith(one)), "")
    words = words.removeprefix(side).strip(GAP)
    given, why = _read(words)
    found = kinds.named(session, codes, None) if codes else None
    if codes and found is None:
        raise refuse("callbacks.nothing")
    topic = found.topic if found is not None else None
    fresh = actions.open_of(session, scene.actor, topic, side, given) if given is not None else []
    if given is not None and len(fresh) > 1:
        return [actions.which(session, fresh, given, _kept(session, scene, why, now))]
    ask = fresh[0] if fresh else actions.question_of(session, scene.actor, topic, side)
    if given is None and replies.hedges(fold(words)):
        return [actions.well_or_not(session, ask)]
    if given is None or (given is Answer.UNREACHED and not ask.by_phone):
        raise refuse("callbacks.how")
    return actions.answer(session, scene.actor, ask, given, why, now, station, FORM)


def _open_to(session: Session, scene: Scene, said: str) -> bool:
    """Whether words say an answer, to a question that is open; a label that names its question, 纠1 甲方, does not."""
    given, _ = _read(said.strip())
    return given is not None and bool(actions.open_of(session, scene.actor, None, "", given))


def _kept(session: Session, scene: Scene, why: str, now: datetime) -> str:
    """Where why is kept until it is said of which, as a button names it; empty where nothing was said."""
    if not why or scene.chat is None:
        return ""
    return f"{BEFORE}{pending.keep(session, scene.actor.id, scene.chat.id, pending.Kept(why), now)}"


def _read(words: str) -> tuple[Answer | None, str]:
    """The answer at the head of the words, the longest first, or the one their own words mean; and why."""
    for among, given in SAID:
        for one in sorted(among, key=len, reverse=True):
            if words.startswith(one):
                return given, words[len(one) :].strip(GAP)
    well = replies.satisfied(fold(words))
    if well is None:
        return None, ""
    return (Answer.SATISFIED, "") if well else (Answer.DISSATISFIED, words if len(words) > TELLS_WHY else "")


def finish(session: Session, scene: Scene, answers: Mapping[str, Any], form: OpenForm) -> list[Say]:
    """Keep why; 点错了 is no complaint, and whoever has it now hears that it was a slip."""
    try:
        if rules.is_slip(fold(answers["why"] or "")):
            return actions.say_slip(session, scene.actor, form.topic)
        return actions.say_why(session, scene.actor, form.topic, answers["why"] or "")
    except Refusal as refusal:
        return [Say(refusal.text)]


FORM = Form(
    "callback_why",
    (
        Question(
            "why",
            plain,
            choices=tuple((Button(text(f"callbacks.why_{n}"), words),) for n, words in enumerate(WHY)),
            optional=False,
        ),
    ),
    finish,
)
FORMS = (FORM,)
COMMAND = Command("回访", call_back, bare=intent.never, rank=0)
