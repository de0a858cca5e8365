"""Understanding: which command a message means, or that it is ordinary talk that is none of the bot's business.

In a group, in doubt it is ordinary talk. Nothing here stores anything; the same reading decides whether a message
is kept at all and, later, how it is answered.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from handlers.dialogue import access, command, newest
from handlers.dialogue.address import Address, Words, address, framed_words, said_privately, words_of
from handlers.dialogue.command import Command
from handlers.dialogue.form import FORM_MOVES, FORM_SIGN
from handlers.dialogue.message import Incoming, OutButton, Outgoing
from handlers.dialogue.scene import Scene
from handlers.reading import intent, replies
from handlers.reading import receipts as receipt_numbers
from handlers.reading.codes import Code, codes
from handlers.reading.intent import Heard
from handlers.reading.intent_words import GAPS, asks
from handlers.reading.normal import fold
from storage import callbacks, calls, copies, forms, receipts, sources
from storage.callbacks import Answer
from storage.chats import TEAM
from storage.forms import OpenForm

BUTTONS_COUNT = timedelta(days=2)
BARE_LABELS_COUNT = timedelta(minutes=30)

NUMBER = re.compile(r"(?:回复)?\s*([1-9])")
LONGEST_STEP = 40

ANSWERS = frozenset({"退出", "退订", "照片"})
"""Command words that mean something else in answer to a question."""

ANSWERED_BY = frozenset("隐报求线")
"""Letters of numbers that may be the answer to a question: by one of these an owner is named."""

ASKED_AFTER = {
    **dict.fromkeys("隐报求线纠劝返联愿夜巡车志班", "进度"),
    **dict.fromkeys("反预库", "通报"),
    "访": "走访",
}
"""What a record's number alone asks for, by its letter; 寻3 and 协1 are commands of their own."""

OF_THE_NEWEST = frozenset({"补充", "撤销"})
"""Words that without a number mean what their speaker told last."""

TOLD_BY_NUMBER = {"愿": "心愿", "返": "领取", "劝": "见面", "访": "走访", "夜": "夜话"}
"""Whose word understands what stands beside the number: 愿1 做好了."""
SHOWN_BY_PHOTO = frozenset("愿")
"""Letters of numbers beside which a photo without a word shows what was done, and does not ask."""
LONGEST_BEFORE = 24
"""A longer sentence that ends with a number is talk about it: the number is not what it says something to."""
AROUND = " \t\r\n\u3000,，.。:：;；、!！~～"
LAST_SHOWN = 3
"""So many messages with buttons an answer in somebody's own words may belong to."""

ADDED_BY_NUMBER = frozenset("隐报求线纠")
"""What is told behind these letters is 补充: 纠1 他又来闹; from the team only of a dispute, for 隐1 修好了 ends it."""

LEAVE = frozenset("劝愿访")
"""Letters of such numbers with which no answer to a question begins."""

Via = Literal["button", "sign", "bare", "reply", "form", "choice", "edit", "album", "talk"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a message means.

    `command` None with via `talk` is a private message that is no command; `rest` is what follows the word, as
    typed; `topic` the record whose message was answered, edited or continued; `form` the guided talk it answers.
    """

    command: Command | None
    rest: str
    via: Via
    codes: tuple[Code, ...] = ()
    topic: str | None = None
    form: OpenForm | None = None


@dataclass(frozen=True, slots=True)
class Danger:
    """Words of danger in ordinary talk: offer to report, store nothing."""

    text: str


def read(
    session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]
) -> Meaning | Danger | None:
    """What a message means; None for ordinary talk that is to be forgotten."""
    if incoming.kind == "button":
        return _button(session, incoming, scene, now)
    if incoming.kind == "opened":
        return _meaning("开始", incoming.text, "sign")
    known = _continued(session, incoming)
    if known is not None:
        return known
    if incoming.private:
        return _private(session, incoming, scene, now, bot_names)
    return _group(session, incoming, scene, now, bot_names)


def _meaning(word: str, rest: str, via: Via, topic: str | None = None) -> Meaning:
    return Meaning(command.all_commands()[word], rest, via, tuple(codes(fold(rest))), topic)


def _button(session: Session, incoming: Incoming, scene: Scene, now: datetime) -> Meaning:
    if incoming.text.startswith(FORM_SIGN):
        return _form_button(session, incoming, scene, now)
    words = words_of(incoming.text)
    if words is None:
        return Meaning(None, "", "form")
    topic = None
    if incoming.reply_to is not None and scene.chat is not None:
        topic = copies.topic_at(session, scene.chat.id, incoming.reply_to.message_id)
    return Meaning(words.command, words.rest, "button", tuple(codes(fold(words.rest))), topic)


def _form_button(session: Session, incoming: Incoming, scene: Scene, now: datetime) -> Meaning:
    mark, _, rest = incoming.text.partition(" ")
    form = None
    if scene.chat is not None and scene.actor.id:
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now)
    if form is None or mark != form_mark(form):
        return Meaning(None, "", "form")
    return Meaning(None, rest, "form", form=form)


def form_mark(form: OpenForm) -> str:
    """What the buttons of this question begin with; a button of an earlier question no longer fits."""
    return f"{FORM_SIGN}{form.id}/{form.turn}"


def _continued(session: Session, incoming: Incoming) -> Meaning | None:
    """An edit of a message that became a record, or a further picture of its album."""
    if incoming.kind == "edited":
        topic = sources.topic_of(session, incoming.message_name)
        if topic is not None:
            return Meaning(None, incoming.text, "edit", topic=topic)
    elif incoming.album:
        topic = sources.topic_of(session, incoming.album_name)
        if topic is not None and not incoming.text:
            return Meaning(None, "", "album", topic=topic)
    return None


def _private(session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]) -> Meaning:
    called = address(incoming.text, bot_names, incoming.mentioned)
    raw, folded = called.text, fold(called.text)
    signed = called.signs.strip("@") != ""
    words = words_of(raw)
    if (number := receipt_numbers.asked(raw)) is not None:
        return _meaning("回执", raw[number:], "sign")
    form = None
    if scene.chat is not None and scene.actor.id:
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now)
    leaves = (signed and words) or intent.leaves_form(folded) or _starts_anew(words, scene) or _asks_how(folded, scene)
    leaves = leaves or (form is not None and _tells_of_another(form, folded, scene))
    if form is not None and (not leaves or _gives_up(session, words, scene, now)):
        numbered = _numbered_answer(session, scene, folded.strip(), now)
        numbered = numbered or _alarm_heard(session, scene, folded.strip(), now)
        return numbered or Meaning(None, incoming.text, "form", form=form)
    chosen = _choice(session, scene, folded.strip(), now, number_counts=True, label_counts=True)
    if chosen is not None:
        return chosen
    if not signed and (plain := intent.plainly(folded)) is not None:
        return _meaning(plain.word, plain.rest, "bare")
    if words is not None and (signed or said_privately(words)):
        if words.command.word in OF_THE_NEWEST and not codes(fold(words.rest)):
            return _of_the_newest(session, words, scene, now)
        return Meaning(words.command, words.rest, "sign" if signed else "bare", tuple(codes(fold(words.rest))))
    if receipt_numbers.alone(raw):
        return _meaning("回执", raw, "bare")
    alone = _code_alone(folded, scene)
    if alone is not None and incoming.media and alone.codes[0].prefix in SHOWN_BY_PHOTO:
        alone = None
    asked = (
        alone
        or _to_the_bot(raw, folded)
        or _told_by_number(raw, folded, scene)
        or _in_own_words(session, scene, raw, folded, now)
        or _of_own_work(session, raw, scene)
    )
    return asked or Meaning(None, incoming.text, "talk")


def _gives_up(session: Session, words: Words | None, scene: Scene, now: datetime) -> bool:
    """撤销 in the middle of a guided talk by somebody who told nothing else: it is the talk that is taken back."""
    if words is None or words.command.word != "撤销" or words.rest:
        return False
    return not newest.surely(session, scene.actor.id, "撤销", now)


def _of_the_newest(session: Session, words: Words, scene: Scene, now: datetime) -> Meaning:
    """补充 or 撤销 without a number, privately: of what this person told last; in doubt its room asks of which."""
    word = words.command.word
    other = word == "撤销" and not replies.says_no_more(fold(words.rest))
    code = "" if other else newest.surely(session, scene.actor.id, word, now)
    return _meaning(word, f"{code} {words.rest}".strip(), "bare")


def _in_own_words(session: Session, scene: Scene, raw: str, folded: str, now: datetime) -> Meaning | None:
    """An answer to what the bot asked privately: a button lately shown (满意，谢谢), or how a call-back is answered."""
    said = folded.strip()
    if scene.chat is None or len(said) > replies.LONGEST or intent.danger(said):
        return None
    meant = replies.meant(said) if not asks(said) else ""
    since = now - BUTTONS_COUNT
    for payload in calls.last_buttons(session, scene.chat.id, since, LAST_SHOWN) if meant else ():
        shown = [b for row in Outgoing.from_bytes(payload).buttons for b in row if b.does]
        found = [one for one in shown if replies.core(fold(one.label)) == meant]
        if len(found) == 1:
            return _pressed(session, scene, found[0], now)
    if replies.satisfied(said) is None:
        return None
    in_doubt = not replies.names_it(said) or newest.held(session, scene.actor.id)
    if in_doubt and not _asked_last(session, scene.chat.id, since):
        return None
    waiting = [one for one in callbacks.asked_of(session, scene.actor.id) if one.answer is Answer.NONE]
    return _meaning("回访", raw, "bare") if waiting and not waiting[0].by_phone else None


def _asked_last(session: Session, chat_id: int, since: datetime) -> bool:
    """Whether the last message with buttons was a call-back's question: else 修好了 may be said of one's own work."""
    shown = [Outgoing.from_bytes(one) for one in calls.last_buttons(session, chat_id, since, 1)]
    return any(b.does.startswith("回访") for one in shown for row in one.buttons for b in row)


def _code_alone(folded: str, scene: Scene) -> Meaning | None:
    """隐12 or 反4 and nothing else, privately: how it stands, for those who may know."""
    said = folded.strip().strip("。.!?？！ ")
    found = tuple(codes(said))
    word = ASKED_AFTER.get(found[0].prefix) if len(found) == 1 and found[0].span == (0, len(said)) else None
    if word is None or not access.may(scene.actor, word, scene.kind):
        return None
    return Meaning(command.all_commands()[word], said, "bare", found)


def _told_by_number(raw: str, folded: str, scene: Scene) -> Meaning | None:
    """A record's number and what is said of it, 愿1 做好了 or 做好了 愿1, by somebody whose work it may be."""
    short = len(folded) <= LONGEST_BEFORE
    found = codes(folded if short else folded[:12])
    named = next(iter(found), None)
    if named is None:
        return None
    before, behind = raw[: named.span[0]].strip(AROUND), raw[named.span[1] :].strip(AROUND)
    if before and (behind or len(found) > 1 or not short):
        return None
    if replies.asks_how(fold(before or behind)):
        word = ASKED_AFTER.get(named.prefix)
        return _meaning(word, str(named), "bare") if word and access.may(scene.actor, word, scene.kind) else None
    word = TOLD_BY_NUMBER.get(named.prefix)
    noted = named.prefix == "纠" or not scene.actor.has(access.TEAM)
    if named.prefix in ADDED_BY_NUMBER and behind.strip(GAPS) and noted and not intent.danger(folded):
        word = "补充"
    if word is None or asks(folded) or not access.may(scene.actor, word, scene.kind):
        return None
    return _meaning(word, f"{named} {before or behind}", "bare")


def _of_own_work(session: Session, raw: str, scene: Scene) -> Meaning | None:
    """关好了, 没转, 没人: said without a number of the only work of its kind that somebody has in hand."""
    words = fold(raw).strip().rstrip("。.!~ ")
    if not scene.actor.id or not 0 < len(words) <= LONGEST_STEP:
        return None
    found = [one for one in command.of_own_work() if one.own is not None and one.own(session, scene, words)]
    if len(found) != 1 or not access.may(scene.actor, found[0].word, scene.kind):
        return None
    return _meaning(found[0].word, raw.strip(), "bare")


def _asks_how(folded: str, scene: Scene) -> bool:
    """A number alone in the middle of a guided talk, of what is never the answer to a question there."""
    meaning = _code_alone(folded, scene)
    return meaning is not None and meaning.codes[0].prefix not in ANSWERED_BY


def _tells_of_another(form: OpenForm, folded: str, scene: Scene) -> bool:
    """劝1 没转 in the middle of a guided talk that is about no record."""
    return form.topic is None and folded.strip()[:1] in LEAVE and _told_by_number(folded, folded, scene) is not None


def _alarm_heard(session: Session, scene: Scene, folded: str, now: datetime) -> Meaning | None:
    """收到 in the middle of a guided talk, where a message that came since asks for it: it is never the answer."""
    if folded.rstrip("。.!了") != "收到":
        return None
    chosen = _choice(session, scene, "收到", now, number_counts=False, label_counts=True)
    return chosen if chosen is not None and chosen.form is None else None


def _starts_anew(words: Words | None, scene: Scene) -> bool:
    """A command in the middle of a guided talk: its whole word alone, or with a gap and what it is to do.

    提醒他吃药 stays the answer it is; so do 退出 and 照片, which say something to the talk itself.
    """
    if words is None or len(words.typed) < 2 or words.typed.isascii() or words.typed in ANSWERS:
        return False
    gap = not words.rest or words.after[:1].isspace()
    return gap and access.may(scene.actor, words.command.word, scene.kind) and said_privately(words)


def _to_the_bot(raw: str, folded: str) -> Meaning | None:
    """What the bot, surely spoken to, is asked for in other than the plain order of words."""
    turned = (
        intent.turned_round(folded, loose=True)
        or intent.plainly(folded)
        or intent.word_behind(folded)
        or intent.step_of(folded)
        or intent.seen_by_code(folded)
        or intent.reminder_turned(folded)
    )
    if turned is not None and turned.word in command.all_commands():
        return _meaning(turned.word, turned.rest, "bare")
    framed = framed_words(raw)
    if framed is not None:
        _, words = framed
        return Meaning(words.command, words.rest, "bare", tuple(codes(fold(words.rest))))
    turned = intent.reminder_turned(intent.unframed(folded)) or intent.misspelt(folded)
    return _meaning(turned.word, turned.rest, "bare") if turned is not None else None


def _group(
    session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]
) -> Meaning | Danger | None:
    called = address(incoming.text, bot_names, incoming.mentioned)
    raw, folded = called.text, fold(called.text)
    named = "@" in called.signs
    reply = incoming.reply_to if incoming.reply_to is not None and incoming.reply_to.from_bot else None
    if _shows_receipt(session, raw, addressed=named or reply is not None or bool(called.signs)):
        return _meaning("回执", raw, "sign")
    topic = None
    if reply is not None and scene.chat is not None:
        topic = copies.topic_at(session, scene.chat.id, reply.message_id)
    meant = _group_command(called, folded, incoming, scene, topic)
    if meant is not None:
        return meant
    to_bot = reply is not None or named
    chosen = _choice(session, scene, folded.strip(), now, number_counts=to_bot, label_counts=to_bot)
    if chosen is not None:
        return chosen
    if topic is not None and topic.partition(":")[0] in ("search", "bulletin") and intent.objects(folded):
        return Meaning(command.all_commands()["异议"], called.text, "reply", tuple(codes(folded)), topic)
    if topic is not None and (incoming.media or intent.tells_something(folded)):
        word = "线索" if topic.partition(":")[0] in ("search", "bulletin") else "补充"
        return Meaning(command.all_commands()[word], incoming.text, "reply", tuple(codes(folded)), topic)
    if intent.danger(folded):
        return Danger(incoming.text)
    return Meaning(None, raw, "talk") if named and reply is None else None


def _shows_receipt(session: Session, raw: str, *, addressed: bool) -> bool:
    """Whether a receipt is shown in a group: a number beside the word, or, to the bot, the number of a real one alone.

    What isn't said to the bot is looked at for the word only.
    """
    if receipt_numbers.shown_in(raw):
        return True
    shown = receipt_numbers.numbers_in(raw)[: receipt_numbers.MOST] if addressed else ()
    return any(receipts.find(session, digits) is not None for digits in shown)


def _group_command(called: Address, folded: str, incoming: Incoming, scene: Scene, topic: str | None) -> Meaning | None:
    """The command a message in a group is, by its sign, its grammar or the message it answers."""
    named, signed = "@" in called.signs, called.signs.strip("@") != ""
    words = words_of(called.text)
    if words is not None:
        rest = fold(words.rest)
        found = tuple(codes(rest))
        if signed and not ("#" in called.signs and intent.only_a_tag(fold(incoming.text), words.after)):
            return Meaning(words.command, words.rest, "sign", found, topic)
        allowed = access.may(scene.actor, words.command.word, scene.kind)
        if words.command.bare(_heard(words, incoming, scene)) and (allowed or found):
            return Meaning(words.command, words.rest, "sign" if named else "bare", found, topic)
        if named and said_privately(words):
            return Meaning(words.command, words.rest, "sign", found, topic)
        if topic is not None and allowed and intent.answers(words.command.word, _heard(words, incoming, scene)):
            return Meaning(words.command, words.rest, "reply", found, topic)
    if named:
        return _to_the_bot(called.text, folded)
    turned = intent.turned_round(folded) or intent.reminder_turned(folded, loose=False, team=scene.kind in TEAM)
    if turned is not None and access.may(scene.actor, turned.word, scene.kind):
        return _meaning(turned.word, turned.rest, "bare")
    framed = framed_words(called.text)
    if framed is not None and access.may(scene.actor, framed[1].command.word, scene.kind):
        frame, inner = framed
        heard = _heard(inner, incoming, scene)
        if inner.command.bare(heard) and intent.meant_by_frame(frame, heard):
            return Meaning(inner.command, inner.rest, "bare", tuple(codes(fold(inner.rest))), topic)
    return None


def _heard(words: Words, incoming: Incoming, scene: Scene) -> Heard:
    came_along = bool(incoming.media) or incoming.location is not None
    team = scene.actor.has(access.TEAM)
    return Heard(words.after, scene.kind.value, team, came_along, words.typed)


def _choice(
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


def _numbered_answer(session: Session, scene: Scene, folded: str, now: datetime) -> Meaning | None:
    """In a guided talk 回复2 is a button; a bare 2 only where it names a choice, for it may be the answer itself."""
    number = NUMBER.fullmatch(folded)
    if number is None:
        return None
    chosen = _choice(session, scene, folded, now, number_counts=True, label_counts=True)
    if chosen is None or chosen.form is None:
        return None
    return chosen if number.group() != number.group(1) or chosen.rest not in FORM_MOVES else None


def _pressed(session: Session, scene: Scene, shown: OutButton, now: datetime) -> Meaning | None:
    if shown.does.startswith(FORM_SIGN):
        mark, _, rest = shown.does.partition(" ")
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now) if scene.chat else None
        return Meaning(None, rest, "form", form=form) if form is not None and mark == form_mark(form) else None
    words = words_of(shown.does)
    return Meaning(words.command, words.rest, "choice", tuple(codes(fold(words.rest)))) if words else None
