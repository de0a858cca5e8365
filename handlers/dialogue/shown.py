"""Buttons shown lately (刚给的按钮), answered by their number, their label or in somebody's own words."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue import access, command, newest
from handlers.dialogue.address import words_of
from handlers.dialogue.form import FORM_MOVES, FORM_SIGN
from handlers.dialogue.meaning import Meaning, meaning_of
from handlers.dialogue.message import OutButton, Outgoing
from handlers.dialogue.scene import Scene
from handlers.reading import intent, replies
from handlers.reading.codes import codes
from handlers.reading.intent_words import asks
from handlers.reading.normal import fold
from storage import callbacks, calls, forms
from storage.callbacks import Answer
from storage.forms import OpenForm

BUTTONS_COUNT = timedelta(days=2)
BARE_LABELS_COUNT = timedelta(minutes=30)
NUMBER = re.compile(r"(?:回复)?\s*([1-9])")
LONG_LABEL = 5
"""So long a label is nobody's answer to anything else."""
LAST_SHOWN = 3
"""So many messages with buttons an answer in somebody's own words may belong to."""


def form_mark(form: OpenForm) -> str:
    """What the buttons of this question begin with; a button of an earlier question no longer fits."""
    return f"{FORM_SIGN}{form.id}/{form.turn}"


def choice(
    session: Session, scene: Scene, folded: str, now: datetime, *, number_counts: bool, label_counts: bool
) -> Meaning | None:
    """A number or a label that names a button shown lately.

    In a group neither counts unless the bot is meant (是 and 2 are everyday words); a label that is a command's
    own word counts where the person may use it.
    """
    if scene.chat is None or not 0 < len(folded) <= 16:
        return None
    number = NUMBER.fullmatch(folded)
    if number and not number_counts:
        return None
    if not number and not label_counts:
        own = command.all_commands().get(folded)
        if own is None or not access.may(scene.actor, own.word, scene.kind):
            return None
    since = now - (BUTTONS_COUNT if not scene.is_group else BARE_LABELS_COUNT)
    for payload in calls.last_buttons(session, scene.chat.id, since, 1 if number else 5):
        shown = [b for row in Outgoing.from_bytes(payload).buttons for b in row if b.does]
        if number:
            place = int(number.group(1)) - 1
            return _pressed(session, scene, shown[place], now) if place < len(shown) else None
        for one in shown:
            if folded == fold(one.label):
                return _pressed(session, scene, one, now)
    return None


def numbered_answer(session: Session, scene: Scene, folded: str, now: datetime) -> Meaning | None:
    """In a guided talk 回复2 is a button; a bare 2 only where it names a choice, for it may be the answer itself."""
    number = NUMBER.fullmatch(folded)
    if number is None:
        return None
    chosen = choice(session, scene, folded, now, number_counts=True, label_counts=True)
    if chosen is None or chosen.form is None:
        return None
    return chosen if number.group() != number.group(1) or chosen.rest not in FORM_MOVES else None


def in_own_words(session: Session, scene: Scene, raw: str, folded: str, now: datetime) -> Meaning | None:
    """An answer to what the bot asked privately: a button lately shown (满意，谢谢), or how a call-back is answered."""
    said = folded.strip()
    if scene.chat is None or len(said) > replies.LONGEST or intent.danger(said):
        return None
    meant = replies.meant(said) if not asks(said) else ""
    since = now - BUTTONS_COUNT
    for payload in calls.last_buttons(session, scene.chat.id, since, LAST_SHOWN):
        shown = [b for row in Outgoing.from_bytes(payload).buttons for b in row if b.does]
        found = [one for one in shown if meant and replies.core(fold(one.label)) == meant]
        found = [one for one in shown if fold(one.label) == said] or found
        if len(found) == 1:
            return _pressed(session, scene, found[0], now)
    hedges = replies.hedges(said)
    if replies.satisfied(said) is None and not hedges:
        return None
    in_doubt = hedges or not replies.names_it(said) or newest.held(session, scene.actor.id)
    if in_doubt and not _asked_last(session, scene.chat.id, since):
        return None
    waiting = [one for one in callbacks.asked_of(session, scene.actor.id) if one.answer is Answer.NONE]
    return meaning_of("回访", raw, "bare") if waiting and not waiting[0].by_phone else None


def _asked_last(session: Session, chat_id: int, since: datetime) -> bool:
    """Whether the last message with buttons was a call-back's question: else 修好了 may be said of one's own work."""
    shown = [Outgoing.from_bytes(one) for one in calls.last_buttons(session, chat_id, since, 1)]
    return any(b.does.startswith("回访") for one in shown for row in one.buttons for b in row)


def alarm_heard(session: Session, scene: Scene, folded: str, now: datetime) -> Meaning | None:
    """收到, or a longer label as it stands, in the middle of a guided talk: of a message that came since.

    It is never the answer to the talk's own question.
    """
    heard = folded.rstrip("。.!了") == "收到"
    if not heard and len(folded) < LONG_LABEL:
        return None
    chosen = choice(session, scene, "收到" if heard else folded, now, number_counts=False, label_counts=True)
    return chosen if chosen is not None and chosen.form is None else None


def _pressed(session: Session, scene: Scene, shown: OutButton, now: datetime) -> Meaning | None:
    if shown.does.startswith(FORM_SIGN):
        mark, _, rest = shown.does.partition(" ")
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now) if scene.chat else None
        return Meaning(None, rest, "form", form=form) if form is not None and mark == form_mark(form) else None
    words = words_of(shown.does)
    return Meaning(words.command, words.rest, "choice", tuple(codes(fold(words.rest)))) if words else None
