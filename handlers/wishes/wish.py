"""心愿、诉求、认领: tell a wish, see what waits for a helper, claim it, say that it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.callbacks import answer as call_back
from handlers.dialogue import address, asking
from handlers.dialogue.access import HELPERS, Refusal, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Question, plain
from handlers.dialogue.kinds import unknown
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station, World
from handlers.incidents.rules import clean
from handlers.incidents.words import after_codes, number_first
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.places import Gazetteer
from handlers.wishes import actions, closing, done, kind, records, rules, views
from storage import cases
from storage.callbacks import Answer
from storage.wishes import LETTER, Wish, WishSort, WishState

MOST_LISTED = 6


def _telling(sort: WishSort) -> Callable[..., list[Say]]:
    """The handler of one of the two words."""

    def handle(
        session: Session,
        scene: Scene,
        rest: str,
        codes: Sequence[Code],
        topic: str | None,
        media: list[int],
        leave: Callable[[], None],
        message: Incoming,
        now: datetime,
        station: Station,
        gazetteer: Gazetteer,
    ) -> list[Say]:
        own = [code for code in codes if code.prefix == LETTER] or number_first(rest, LETTER, rules.DOES)
        if own and not rest[: own[0].span[0]].strip():
            return _about(session, scene, after_codes(rest, own), own, topic, media, leave, now, station)
        if media:
            leave()
        words = clean(rest)
        if words and words != "登记":
            asking.drop(session, FORM, scene.actor.id, scene.chat.id if scene.chat else 0, now)
            return actions.register(session, scene, sort, words, message, now, station, gazetteer)
        if not words and sort is WishSort.WISH and scene.actor.has(HELPERS):
            return [_listed(session, scene)]
        return _ask(session, scene, sort, now)

    return handle


def _ask(session: Session, scene: Scene, sort: WishSort, now: datetime) -> list[Say]:
    if scene.chat is None:
        return []
    return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, {"sort": str(sort)})


def _listed(session: Session, scene: Scene) -> Say:
    """What waits for a helper where this person may help, and what they have claimed."""
    found = cases.open_ones(session, Wish, kind.within(session, scene.actor), scene.actor.id)
    mine = [one for one in found if one.handler_id == scene.actor.id and one.state is WishState.CLAIMED]
    free = [one for one in found if one.state is WishState.OPEN][:MOST_LISTED]
    lines = [
        text("wishes.todo", code=one.code, place=records.place_line(session, one), want=one.want, state=state)
        for one in (*mine, *free)
        for state in [views.state_of(session, one)]
    ]
    buttons = [button("wishes.button.claim_one", f"认领 {one.code}", code=one.code) for one in free]
    rows_of = [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]
    new = button("wishes.button.new", "心愿 登记")
    line = text("wishes.list", lines=tuple(lines)) if lines else text("wishes.none")
    return Say(line, buttons=rows(*rows_of, new))


def _about(
    session: Session,
    scene: Scene,
    words: str,
    codes: Sequence[Code],
    topic: str | None,
    media: Sequence[int],
    leave: Callable[[], None],
    now: datetime,
    station: Station,
) -> list[Say]:
    """What is said behind the code of a wish: 做好了, 退回, 转给 …, or, by who wished it, 办好了 and 没办好.

    Only what was done is shown by a picture.
    """
    wish = records.for_anyone(session, scene, codes, topic)
    does, more = rules.said_of(words)
    helper = scene.actor.id == wish.handler_id
    if does == "yes" and helper and wish.state is WishState.CLAIMED:
        does = "done"
    if records.is_teller(session, scene.actor, wish) and not helper:
        does, more = _by_teller(wish, does, more, words)
    if media and helper and wish.state is WishState.CLAIMED and not words:
        does = "done"
    if media and does != "done":
        leave()
    if does in ("yes", "no"):
        return _answered(session, scene, wish, does, more, now, station)
    if does in ("off", "surely_off"):
        return actions.withdraw(session, scene.actor, wish, now, sure=does == "surely_off")
    if does == "":
        if more:
            return actions.say_more(session, scene.actor, wish, more, now)
        return kind.progress(session, scene, codes, topic, now, station)
    if not records.is_team(session, scene.actor, wish):
        raise refuse("cases.not_yours", code=wish.code)
    if does == "back":
        return actions.give_back(session, scene.actor, wish, now)
    if does == "hand":
        return actions.hand_on(session, scene.actor, wish, more.removeprefix("给").strip(), now)
    return done.tell(session, scene, wish, more, media, now, station)


def _by_teller(wish: Wish, does: str, more: str, words: str) -> tuple[str, str]:
    """修好了 or 没修好 of who wished it: an answer once its helper said that it is done, before only words to them."""
    if does in ("done", "yes", "no") and wish.state in (WishState.OPEN, WishState.CLAIMED):
        return "", words
    if does != "done":
        return does, more or words
    return ("yes", "") if wish.state is WishState.DONE else ("", words)


def _answered(
    session: Session, scene: Scene, wish: Wish, does: str, why: str, now: datetime, station: Station
) -> list[Say]:
    """办好了 and 没办好 answer what the bot asked; what was answered already, 没办好 opens again."""
    if does == "no" and wish.state is WishState.CLOSED and records.is_teller(session, scene.actor, wish):
        return closing.told_undone(session, scene, wish, now, station)
    ask = callbacks.question_of(session, scene.actor, wish.topic, "")
    given = Answer.SATISFIED if does == "yes" else Answer.DISSATISFIED
    return callbacks.answer(session, scene.actor, ask, given, why, now, station, call_back.FORM)


def claim(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    leave: Callable[[], None],
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Claim the wish named or answered to, the only free one where none is named; in a group a toast tells the rest.

    认领 愿1 做好了 of who has it already is what stands behind it.
    """
    wish = records.meant(session, codes, topic) or (None if codes else _only_free(session, scene))
    if wish is None or not records.is_team(session, scene.actor, wish):
        if codes or topic:
            raise unknown(session, scene, codes)
        return [replace(_listed(session, scene), quote=scene.is_group)]
    more = after_codes(rest, codes)
    if wish.handler_id == scene.actor.id and wish.state is WishState.CLAIMED and rules.said_of(more)[0]:
        return _about(session, scene, more, codes, topic, media, leave, now, station)
    says = actions.claim(session, scene.actor, wish, now)
    if not scene.is_group:
        return says
    line = text("wishes.claimed", code=wish.code)
    if via in ("button", "choice"):
        return [replace(says[0], toast=line), *says[1:]]
    return [Say(line, quote=True), *says]


def _only_free(session: Session, scene: Scene) -> Wish | None:
    found = cases.open_ones(session, Wish, kind.within(session, scene.actor), scene.actor.id)
    free = [one for one in found if one.state is WishState.OPEN]
    return free[0] if len(free) == 1 else None


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Tell the wish asked for."""
    words = "，".join(one for one in (answers["what"], answers["where"], answers["contact"]) if one)
    try:
        return actions.register(session, scene, WishSort(answers["sort"]), words, message, now, station, gazetteer)
    except Refusal as refusal:
        return [Say(refusal.text)]


def edited(
    session: Session, scene: Scene, topic: str, message: Incoming, world: World, now: datetime, station: Station
) -> list[Say]:
    """The message that became a wish was edited: until it is claimed its words count, later they are 补充."""
    wish = records.meant(session, (), topic)
    if wish is None or not records.is_teller(session, scene.actor, wish):
        return []
    raw, _ = address.split(message.text, world.bot_names, message.mentioned)
    found = address.words_of(raw)
    words = clean(found.rest if found is not None else raw)
    if not words or wish.is_over:
        return []
    if wish.state is WishState.OPEN:
        return actions.rewrite(session, wish, words, station)
    return actions.say_more(session, scene.actor, wish, words, now)


FORM = Form(
    "wish",
    (Question("what", plain, optional=False), Question("where", plain), Question("contact", plain)),
    finish,
    keeps=frozenset({"sort"}),
)
FORMS = (FORM,)
EVENTS = {"edit:wish": edited}
COMMANDS = (
    Command("心愿", _telling(WishSort.WISH), latin="wish", aliases=("微心愿",), bare=intent.never, rank=44),
    Command("诉求", _telling(WishSort.DEMAND), latin="demand", aliases=("微诉求",), bare=intent.never, rank=45),
    Command("认领", claim, latin="claim", bare=intent.has_code, rank=25),
)
