"""帮助: what this person can do here, three lines first; and what is said to a message that is no command."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access, command, newest
from handlers.dialogue.access import may, refuse, who_may
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.newest import BEFORE
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Actor, Hold, Scene
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.fraud_check import rules as fraud
from handlers.fraud_check.ask import told as verdict
from handlers.fraud_check.ringing import urgent, whom_to_ring
from handlers.help import pending, rules
from handlers.reading import intent
from handlers.reading.civic import petition
from handlers.reading.codes import codes
from handlers.reading.normal import fold
from storage import searches, sectors
from storage.chats import Chat, ChatKind
from storage.lanes import Lane
from storage.people import Role
from storage.searches import SearchState

FIRST = 3
MOST_IN_MENU = 12
INCIDENTS = "隐报求"
"""Letters of what 办结 closes; a tip is answered and a dispute called back instead."""
MOST_HELD = 2
"""Of so many pieces of work in hand words may be about any; of more, nobody would want the buttons."""
OF_NEED = frozenset({"求助", "寻人"})
LONGEST_WORD = 5
LABELS = {
    "隐患": "hazard",
    "线索": "tip",
    "求助": "help",
    "提醒": "reminder",
    "寻人": "missing",
    "纠纷": "dispute",
}
MORE = "更多"
NO = "不用"


def help_(
    session: Session,
    scene: Scene,
    actor: Actor,
    chat: Chat | None,
    message: Incoming,
    media: list[int],
    rest: str,
    words: Catalogue,
    now: datetime,
) -> Say | list[Say]:
    """The likeliest commands, all of them (更多), or how one is used (帮助 隐患)."""
    asked = fold(rest).strip().strip("?？。!！")
    if asked == NO:
        if chat is not None:
            pending.drop(session, actor.id, chat.id, now)
        return say("help.fine")
    named = command.all_commands().get(asked.lower())
    if named is not None:
        return _usage(scene, named, words)
    if not scene.is_group and (media or len(asked) > LONGEST_WORD):
        return talk(session, scene, actor, chat, message, media, now)
    offered = _offered(scene, words)
    if asked == MORE:
        return _more(scene, offered)
    shown = offered[:FIRST]
    lines = tuple(_line(one) for one in shown)
    more = (button("help.more", f"帮助 {MORE}"),) if len(offered) > FIRST else ()
    if scene.is_group:
        return Say(text("help.intro", lines=lines), (more,) if more else (), opens_for=actor.id)
    return say("help.intro", tuple(_shortcut(one.word) for one in shown), more, lines=lines)


def _offered(scene: Scene, words: Catalogue) -> list[Command]:
    """What this person may do here and is shown, the likeliest first, then by rank."""
    order = {word: place for place, word in enumerate(rules.likely(scene.actor.roles))}
    found = [
        one
        for one in command.main_commands()
        if one.rank and may(scene.actor, one.word, scene.kind) and words.has(f"help.{one.word}.about")
    ]
    return sorted(found, key=lambda one: (order.get(one.word, len(order)), one.rank))


def _line(one: Command) -> Text:
    return text("help.line", word=one.word, about=text(f"help.{one.word}.about"))


def _shortcut(word: str) -> Button:
    return Button(text("help.word", word=word), word)


def _more(scene: Scene, offered: Sequence[Command]) -> Say | list[Say]:
    everything = say("help.all", lines=tuple(_line(one) for one in offered))
    if not scene.is_group:
        return everything
    return [
        Say(everything.text, person=scene.actor.id),
        Say(text("common.answered_privately"), opens_for=scene.actor.id, quote=True),
    ]


def _usage(scene: Scene, named: Command, words: Catalogue) -> Say:
    if not words.has(f"help.{named.word}.usage"):
        return say("help.fine")
    note = text("help.allowed")
    rule = access.MATRIX.get(named.word)
    if rule is None or not scene.actor.has(rule.roles):
        note = text("help.not_yours", who=who_may(named.word))
    elif scene.kind not in rule.chats:
        note = text("help.elsewhere")
    return say(
        "help.usage",
        word=named.word,
        about=text(f"help.{named.word}.about"),
        usage=text(f"help.{named.word}.usage"),
        note=note,
    )


def _without_code(words: str) -> str:
    """收到 反1 is a nod as 收到 is."""
    for one in codes(words)[:1]:
        return f"{words[: one.span[0]]} {words[one.span[1] :]}".strip()
    return words


def talk(
    session: Session,
    scene: Scene,
    actor: Actor,
    chat: Chat | None,
    message: Incoming,
    media: list[int],
    now: datetime,
) -> Say:
    """A message meant for the bot that is no command: kept, and asked what it is."""
    said = message.text or next((one.transcript for one in message.media if one.transcript), "")
    if scene.is_group or chat is None:
        hint = whom_to_ring(said, danger=False) or text("help.group_hint")
        return Say(hint, opens_for=actor.id, quote=True)
    folded = fold(said).strip()
    if not media and rules.is_thanks(_without_code(folded)):
        return say("help.welcome")
    told = pending.Kept(said, media, message.location)
    if not folded and not media:
        shared = message.location is not None
        told = pending.with_before(session, actor.id, chat.id, told, now) if shared else told
        if not told.words and not told.media:
            return say("help.place" if shared else "help.nothing", *_likely_buttons(scene))
    if rules.is_hello(folded) and not media:
        return say("help.hello", *_likely_buttons(scene))
    if petition(folded) and not intent.danger(folded):
        return say("help.petition")
    if not media and fraud.passed_on(said) and not intent.danger(folded):
        return verdict(fraud.check(said))
    if folded or media:
        told = pending.with_before(session, actor.id, chat.id, told, now)
    said, folded = told.words, fold(told.words).strip()
    kept = f"{BEFORE}{pending.keep(session, actor.id, chat.id, told, now)}"
    called_for = {word: _with_words(word, kept) for word in rules.told_by_words(folded) if may(actor, word, scene.kind)}
    danger = intent.danger(folded)
    calls = whom_to_ring(said, danger=danger)
    if calls is None and rules.has_transferred(folded) and not actor.has(access.TEAM):
        calls = urgent()
    if calls is not None and danger:
        first = (_with_words("求助", kept), *(one for word, one in called_for.items() if word == "寻人"))
        no = button("help.no", f"帮助 {NO}")
        warned = say("help.danger", first, (_with_words("隐患", kept), no), calls=calls)
        return replace(warned, lane=Lane.LIFE)
    spoken_of = _spoken_of(session, actor, folded, kept, now)
    if calls is not None:
        first = (_with_words("求助", kept), _with_words("线索", kept))
        cheated = say("help.cheated", first, *spoken_of, (button("help.no", f"帮助 {NO}"),), urgent=calls)
        return replace(cheated, lane=Lane.LIFE)
    if not folded:
        first = (_with_words("隐患", kept), _with_words("线索", kept), button("help.no", f"帮助 {NO}"))
        return say("help.photo", *spoken_of, first)
    options = [_with_words(word, kept) for word in rules.choices_for_words(actor.roles) if may(actor, word, scene.kind)]
    likely = [tuple(called_for.values())] if called_for else []
    return say("help.what", *spoken_of, *likely, options, (button("help.help", "帮助"),))


def _spoken_of(session: Session, actor: Actor, said: str, kept: str, now: datetime) -> list[tuple[Button, ...]]:
    """What the words may be about: what this person told last, and a search they are out for or saw something of."""
    found: list[tuple[Button, ...]] = []
    own = newest.told(session, actor.id, "补充", now)
    in_hand = newest.held(session, actor.id)
    done = [one for one in in_hand if one[0] in INCIDENTS] if rules.tells_of_done(said) else []
    if len(done) == 1:
        found.append((button("help.as_done", f"办结 {done[0]} {kept}", code=done[0]),))
    held = [one for one in in_hand if one != own]
    if 0 < len(held) <= MOST_HELD:
        found.append(tuple(button("help.as_note", f"补充 {one} {kept}", code=one) for one in held))
    out = sectors.out_in(session, actor.id)
    seen = out or (searches.in_state(session, [SearchState.PUBLISHED]) if intent.sighting(said) else ())
    if len(seen) == 1 and seen[0].code != own:
        found.append((button("help.as_sighting", f"线索 {seen[0].code} {kept}", code=seen[0].code),))
    if own:
        more = button("help.as_more", f"补充 {own} {kept}", code=own)
        found.append((more, button("help.as_progress", f"进度 {own}")))
    return found


def before(session: Session, scene: Scene, rest: str, now: datetime) -> pending.Kept:
    """The words kept for a button, and what came along with them; given out once, and by their own button only."""
    if scene.chat is None:
        return pending.Kept()
    number = rest.rpartition(BEFORE)[2]
    if number and pending.are_others(session, scene.actor.id, scene.chat.id, int(number), now):
        raise refuse("form.old_button")
    return pending.take(session, scene.actor.id, scene.chat.id, now)


def _likely_buttons(scene: Scene) -> list[list[Button]]:
    words = [word for word in rules.likely(scene.actor.roles) if may(scene.actor, word, scene.kind)]
    return [[_shortcut(word) for word in words[:2]], [*(_shortcut(word) for word in words[2:3]), _help()]]


def _help() -> Button:
    return button("help.help", "帮助")


def _with_words(word: str, kept: str) -> Button:
    """A choice for these words alone; a button of need never lapses, whatever was said since."""
    if word in OF_NEED:
        kept = BEFORE
    return button(f"help.as_{command_key(word)}", f"{word} {kept}")


def command_key(word: str) -> str:
    """The name of a choice's label in the catalogue."""
    return LABELS[word]


def menu_for(roles: Iterable[Role], words: Catalogue) -> list[tuple[str, str, str]]:
    """(Latin name, Chinese word, what for) of a private menu for these roles, the likeliest first, twelve at most."""
    actor = Actor(0, tuple(Hold(role, 0, "/") for role in roles))
    scene = Scene(actor, None, ChatKind.PRIVATE, None)
    return [
        (one.latin, one.word, words.render(text(f"help.{one.word}.about")))
        for one in _offered(scene, words)
        if one.latin
    ][:MOST_IN_MENU]


COMMAND = Command("帮助", help_, latin="help", aliases=("菜单", "怎么用"), bare=intent.help_, rank=90)
EVENTS = {"talk": talk, "before": before}
