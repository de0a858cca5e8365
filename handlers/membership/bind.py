"""绑定群: bind a group to an area; what is not said is asked for by buttons."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import MATRIX, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.membership import actions, deaf, rules
from handlers.membership.codes import area_named
from handlers.reading import intent
from handlers.reading.identifiers import mask
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas
from storage.areas import Area, Level
from storage.chats import Chat, ChatKind

MOST_OFFERED = 8
MOST_BYTES = 50
SHORT = {kind: word for word, kind in rules.KINDS.items()}


def bind_group(
    session: Session,
    scene: Scene,
    actor: Actor,
    chat: Chat | None,
    rest: str,
    gazetteer: Gazetteer,
    station: Station,
    now: datetime,
) -> list[Say]:
    """Bind this group, asking for its kind, then its area, then once more where it is bound already."""
    mark, here = "", scene.is_group
    if not here:
        found = deaf.named(session, rest)
        if found is None:
            return [deaf.offer(session)]
        chat, rest = found
        mark = deaf.mark(chat)
    if chat is None:
        return [say("membership.bind_in_group")]
    wish = rules.read_binding(fold(rest))
    if wish.kind is None:
        return [_ask_kind(mark, wish.area)]
    area = area_named(session, gazetteer, wish.area)
    if area is None:
        return [_ask_area(session, actor, chat, mark, wish.kind, wish.area, gazetteer)]
    if (chat.kind, chat.area_id) == (wish.kind, area.id):
        raise refuse("membership.bound_so", kind=rules.KIND_WORDS[wish.kind], area=area.name)
    if chat.area_id is not None and chat.kind is not ChatKind.UNBOUND and not wish.sure:
        return [_ask_sure(session, chat, mark, wish.kind, area)]
    return actions.bind_group(session, actor, chat, wish.kind, area, station, now, here=here)


def _ask_kind(mark: str, area: str) -> Say:
    buttons = [
        Button(text("help.word", word=f"{word}群"), _does(mark, word, area) or f"绑定群 {mark}{word}群")
        for word in rules.KINDS
    ]
    return say("membership.which_kind", buttons[:3], buttons[3:5], buttons[5:])


def _does(mark: str, word: str, area: str) -> str:
    """What the button says, empty where it would be too long."""
    command = f"绑定群 {mark}{word}群 {area}".strip()
    return command if len(command.encode()) <= MOST_BYTES else ""


def _ask_area(
    session: Session, actor: Actor, chat: Chat, mark: str, kind: ChatKind, unknown: str, gazetteer: Gazetteer
) -> Say:
    guess = area_named(session, gazetteer, chat.title)
    offered: list[Area] = [guess] if guess is not None else []
    offered += [one for one in _theirs(session, actor) if one not in offered]
    buttons = [
        (Button(text("help.word", word=one.name), does),)
        for one in offered
        if (does := _does(mark, SHORT[kind], one.name))
    ][:MOST_OFFERED]
    key = "membership.no_area_here" if unknown else "membership.where"
    return say(key, *buttons, area=mask(unknown), kind=rules.KIND_WORDS[kind])


def _theirs(session: Session, actor: Actor) -> Iterable[Area]:
    """Areas this person may bind groups to, the larger ones first."""
    may = MATRIX["绑定群"].roles
    within = {one for hold in actor.holds if hold.role in may for one in areas.subtree(session, hold.area_id)}
    order = list(Level)
    found = [one for one in areas.all_of(session) if one.id in within and one.level is not Level.MICRO]
    return sorted(found, key=lambda one: order.index(one.level))


def _ask_sure(session: Session, chat: Chat, mark: str, kind: ChatKind, area: Area) -> Say:
    assert chat.area_id is not None  # noqa: S101 - asked only of a bound group
    return say(
        "membership.rebind",
        (
            button("membership.sure", f"绑定群 {mark}{SHORT[kind]} {area.name} 确认"),
            button("membership.keep", "帮助 不用"),
        ),
        kind=rules.KIND_WORDS[chat.kind],
        area=areas.get(session, chat.area_id).name,
        new_kind=rules.KIND_WORDS[kind],
        new_area=area.name,
    )


COMMAND = Command("绑定群", bind_group, latin="bindgroup", bare=intent.bind_group, rank=82)
