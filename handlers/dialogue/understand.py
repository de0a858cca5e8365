"""Understanding: which command a message means, or that it is ordinary talk that is none of the bot's business.

In a group, in doubt it is ordinary talk. Nothing here stores anything; the same reading decides whether a message
is kept at all and, later, how it is answered.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from handlers.dialogue import access, command
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming, OutButton, Outgoing
from handlers.dialogue.scene import Scene
from handlers.reading import intent
from handlers.reading.identifiers import Code, codes
from handlers.reading.normal import fold
from storage import calls, copies, forms, sources
from storage.forms import OpenForm

SIGNS = "/#"
FORM_SIGN = "·"
BUTTONS_COUNT = timedelta(days=2)
BARE_LABELS_COUNT = timedelta(minutes=30)
GAP = " \t\r\n,:;.!-、。，：；！～~"

NUMBER = re.compile(r"(?:回复)?\s*([1-9])")
FORM_MOVES = frozenset({"不知道", "返回", "取消"})
"""What the buttons under every question say; a bare number is none of them."""

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


@dataclass(frozen=True, slots=True)
class Words:
    """A message split into its command word and the rest."""

    command: Command
    rest: str
    signed: bool = field(default=False)


def split(raw: str, bot_names: tuple[str, ...] = (), mentioned: bool = False) -> tuple[str, bool]:
    """The text without a leading sign or mention, and whether there was one. Keeps what was typed."""
    folded = fold(raw)
    start, signed = len(folded) - len(folded.lstrip()), mentioned
    for _ in range(3):
        rest = folded[start:]
        if rest[:1] == "@":
            named = next((n for n in bot_names if rest[1:].lower().startswith(n.lower())), None)
            found = re.match(r"@[A-Za-z0-9_]{3,32}", rest) if named is None and mentioned else None
            if named is None and found is None:
                break
            start += len(named) + 1 if named is not None else (found.end() if found else 0)
            signed = True
        elif rest[:1] and rest[0] in SIGNS and rest[1:2].strip():
            start, signed = start + 1, True
        else:
            break
        while start < len(folded) and folded[start] in " ,:\u2005\t\n":
            start += 1
    return raw[start:], signed


def words_of(raw: str) -> Words | None:
    """The command whose word the text begins with (the longest), and what follows."""
    folded = fold(raw).lower()
    table = command.all_commands()
    latin = re.match(r"([a-z_]+)(@[a-z0-9_]+)?(?=\s|$)", folded)
    if latin and latin.group(1) in table:
        return Words(table[latin.group(1)], raw[latin.end() :].strip())
    for size in range(min(6, len(folded)), 0, -1):
        found = table.get(folded[:size])
        if found is not None and not folded[:size].isascii():
            return Words(found, raw[size:].lstrip(GAP).rstrip())
    return None


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
        return _private(session, incoming, scene, now)
    return _group(session, incoming, scene, now, bot_names)


def _meaning(word: str, rest: str, via: Via, topic: str | None = None) -> Meaning:
    return Meaning(command.all_commands()[word], rest, via, tuple(codes(fold(rest))), topic)


def _button(session: Session, incoming: Incoming, scene: Scene, now: datetime) -> Meaning | None:
    if incoming.text.startswith(FORM_SIGN):
        return _form_button(session, incoming, scene, now)
    words = words_of(incoming.text)
    if words is None:
        return None
    topic = None
    if incoming.reply_to is not None and scene.chat is not None:
        topic = copies.topic_at(session, scene.chat.id, incoming.reply_to.message_id)
    return Meaning(words.command, words.rest, "button", tuple(codes(fold(words.rest))), topic)


def _form_button(session: Session, incoming: Incoming, scene: Scene, now: datetime) -> Meaning | None:
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


def _private(session: Session, incoming: Incoming, scene: Scene, now: datetime) -> Meaning:
    raw, signed = split(incoming.text)
    words = words_of(raw)
    form = None
    if scene.chat is not None and scene.actor.id:
        form = forms.open_of(session, scene.actor.id, scene.chat.id, now)
    if form is not None and not (signed and words) and not intent.leaves_form(fold(raw)):
        numbered = _numbered_answer(session, scene, fold(raw).strip(), now)
        return numbered or Meaning(None, incoming.text, "form", form=form)
    chosen = _choice(session, scene, fold(raw).strip(), now, bare=True)
    if chosen is not None:
        return chosen
    if words is not None and (signed or intent.private_command(words.command.word, fold(words.rest), fold(raw))):
        return Meaning(words.command, words.rest, "sign" if signed else "bare", tuple(codes(fold(words.rest))))
    turned = intent.turned_round(fold(raw)) or intent.reminder_turned(fold(raw))
    if turned is not None:
        return _meaning(turned.word, turned.rest, "bare")
    return Meaning(None, incoming.text, "talk")


def _group(
    session: Session, incoming: Incoming, scene: Scene, now: datetime, bot_names: tuple[str, ...]
) -> Meaning | Danger | None:
    raw, signed = split(incoming.text, bot_names, incoming.mentioned)
    folded = fold(raw)
    topic = None
    to_bot = incoming.reply_to is not None and incoming.reply_to.from_bot
    if to_bot and scene.chat is not None and incoming.reply_to is not None:
        topic = copies.topic_at(session, scene.chat.id, incoming.reply_to.message_id)
    words = words_of(raw)
    if words is not None:
        rest = fold(words.rest)
        if signed and not intent.only_a_tag(incoming.text):
            return Meaning(words.command, words.rest, "sign", tuple(codes(rest)), topic)
        allowed = access.may(scene.actor, words.command.word, scene.kind)
        if words.command.bare(rest) and (allowed or codes(rest)) and not intent.asks_about(folded):
            return Meaning(words.command, words.rest, "bare", tuple(codes(rest)), topic)
        if to_bot and allowed and topic is not None and not intent.asks_about(folded):
            return Meaning(words.command, words.rest, "reply", tuple(codes(rest)), topic)
    turned = intent.turned_round(folded) or (intent.reminder_turned(folded) if signed else None)
    if turned is not None and access.may(scene.actor, turned.word, scene.kind):
        return _meaning(turned.word, turned.rest, "bare")
    chosen = _choice(session, scene, folded.strip(), now, bare=to_bot)
    if chosen is not None:
        return chosen
    if to_bot and topic is not None and (incoming.media or intent.tells_something(folded)):
        word = "线索" if topic.partition(":")[0] in ("search", "bulletin") else "补充"
        return Meaning(command.all_commands()[word], incoming.text, "reply", tuple(codes(folded)), topic)
    if intent.danger(folded):
        return Danger(incoming.text)
    if incoming.mentioned and signed and not to_bot:
        return Meaning(None, raw, "talk")
    return None


def _choice(session: Session, scene: Scene, folded: str, now: datetime, *, bare: bool) -> Meaning | None:
    """A number or a label that names a button shown lately; numbers only where `bare` says the bot is meant."""
    if scene.chat is None or not 0 < len(folded) <= 16:
        return None
    number = NUMBER.fullmatch(folded)
    if number and not bare:
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
    chosen = _choice(session, scene, folded, now, bare=True)
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
