"""Understanding: which command a message means, or that it is ordinary talk that is none of the bot's business.

In a group, in doubt it is ordinary talk. Nothing here stores anything; the same reading decides whether a message
is kept at all and, later, how it is answered.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access, command, newest, numbered, shown
from handlers.dialogue.address import Address, Words, address, framed_words, said_privately, words_of
from handlers.dialogue.form import FORM_SIGN
from handlers.dialogue.meaning import Danger, Meaning, meaning_of
from handlers.dialogue.message import Incoming
from handlers.dialogue.scene import Scene
from handlers.reading import intent, replies
from handlers.reading import receipts as receipt_numbers
from handlers.reading.codes import codes
from handlers.reading.intent import Heard
from handlers.reading.normal import fold
from storage import copies, forms, receipts, sources
from storage.chats import TEAM

LONGEST_STEP = 40
ANSWERS = frozenset({"退出", "退订", "照片"})
"""Command words that mean something else in answer to a question."""
OF_THE_NEWEST = frozenset({"补充", "撤销"})
"""Words that without a number mean what their speaker told last."""


def read(
    session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]
) -> Meaning | Danger | None:
    """What a message means; None for ordinary talk that is to be forgotten."""
    if incoming.kind == "button":
        return _button(session, incoming, scene, now)
    if incoming.kind == "opened":
        return meaning_of("开始", incoming.text, "sign")
    known = _continued(session, incoming)
    if known is not None:
        return known
    if incoming.private:
        return _private(session, incoming, scene, now, bot_names)
    return _group(session, incoming, scene, now, bot_names)


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
    if form is None or mark != shown.form_mark(form):
        return Meaning(None, "", "form")
    return Meaning(None, rest, "form", form=form)


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
        return meaning_of("回执", raw[number:], "sign")
    form = None
    if scene.chat is not None and scene.actor.id:
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now)
    leaves = (signed and words) or intent.leaves_form(folded) or _starts_anew(words, scene)
    leaves = leaves or numbered.asks_how(folded, scene)
    leaves = leaves or (form is not None and numbered.tells_of_another(form, folded, scene))
    if form is not None and (not leaves or _gives_up(session, words, scene, now)):
        answered = shown.numbered_answer(session, scene, folded.strip(), now) or shown.alarm_heard(
            session, scene, folded.strip(), now
        )
        return answered or Meaning(None, incoming.text, "form", form=form)
    chosen = shown.choice(session, scene, folded.strip(), now, number_counts=True, label_counts=True)
    if chosen is not None:
        return chosen
    if not signed and (plain := intent.plainly(folded)) is not None:
        return meaning_of(plain.word, plain.rest, "bare")
    if words is not None and (signed or said_privately(words)):
        if words.command.word in OF_THE_NEWEST and not codes(fold(words.rest)):
            return _of_the_newest(session, words, scene, now)
        return Meaning(words.command, words.rest, "sign" if signed else "bare", tuple(codes(fold(words.rest))))
    if receipt_numbers.alone(raw):
        return meaning_of("回执", raw, "bare")
    alone = numbered.code_alone(folded, scene)
    if alone is not None and incoming.media and alone.codes[0].prefix in numbered.SHOWN_BY_PHOTO:
        alone = None
    asked = (
        alone
        or numbered.told_to_quoted(incoming.reply_to, raw, folded, scene)
        or _to_the_bot(raw, folded)
        or numbered.told_by_number(raw, folded, scene)
        or shown.in_own_words(session, scene, raw, folded, now)
        or _of_own_work(session, raw, scene)
    )
    alone_there = incoming.location is not None and not raw.strip() and not incoming.media
    return asked or Meaning(None, incoming.text, "place" if alone_there and scene.chat is not None else "talk")


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
    return meaning_of(word, f"{code} {words.rest}".strip(), "bare")


def _of_own_work(session: Session, raw: str, scene: Scene) -> Meaning | None:
    """关好了, 没转, 没人: said without a number of the only work of its kind that somebody has in hand."""
    words = fold(raw).strip().rstrip("。.!~ ")
    if not scene.actor.id or not 0 < len(words) <= LONGEST_STEP:
        return None
    found = [one for one in command.of_own_work() if one.own is not None and one.own(session, scene, words)]
    if len(found) != 1 or not access.may(scene.actor, found[0].word, scene.kind):
        return None
    return meaning_of(found[0].word, raw.strip(), "bare")


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
        return meaning_of(turned.word, turned.rest, "bare")
    framed = framed_words(raw)
    if framed is not None:
        _, words = framed
        return Meaning(words.command, words.rest, "bare", tuple(codes(fold(words.rest))))
    turned = intent.reminder_turned(intent.unframed(folded)) or intent.misspelt(folded)
    return meaning_of(turned.word, turned.rest, "bare") if turned is not None else None


def _group(
    session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]
) -> Meaning | Danger | None:
    called = address(incoming.text, bot_names, incoming.mentioned)
    raw, folded = called.text, fold(called.text)
    named = "@" in called.signs
    reply = incoming.reply_to if incoming.reply_to is not None and incoming.reply_to.from_bot else None
    if _shows_receipt(session, raw, addressed=named or reply is not None or bool(called.signs)):
        return meaning_of("回执", raw, "sign")
    topic = None
    if reply is not None and scene.chat is not None:
        topic = copies.topic_at(session, scene.chat.id, reply.message_id)
    meant = _group_command(called, folded, incoming, scene, topic)
    if meant is not None:
        return meant
    to_bot = reply is not None or named
    chosen = shown.choice(session, scene, folded.strip(), now, number_counts=to_bot, label_counts=to_bot)
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
    digits_shown = receipt_numbers.numbers_in(raw)[: receipt_numbers.MOST] if addressed else ()
    return any(receipts.find(session, digits) is not None for digits in digits_shown)


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
        return meaning_of(turned.word, turned.rest, "bare")
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
