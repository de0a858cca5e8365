"""A wish as a kind of record (愿): what the shared rooms ask of it, and shared words about it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.cases import views as shared
from handlers.dialogue.access import HELPERS, refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents.words import after_codes
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.wishes import actions, closing, done, records, views
from storage import areas, audit, cases
from storage.wishes import Wish, WishState

MOST_LINES = 8


def _reach(session: Session, wish: Wish, _side: str, caller: int, now: datetime) -> str:
    """Whom a caller phones; that it was shown to them is kept."""
    audit.write(session, "wish.call", now, actor_id=caller, topic=wish.topic)
    return records.phones(session, wish)


def _shown(_session: Session, _wish: Wish, words: str) -> str:
    return mask(words)


def within(session: Session, actor: Actor) -> list[int]:
    """Ids of every area in which this person may help."""
    return [one for hold in actor.holds if hold.role in HELPERS for one in areas.subtree(session, hold.area_id)]


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """What waits for a helper or is in this person's hands."""
    for one in cases.open_ones(session, Wish, within(session, scene.actor), scene.actor.id, MOST_LINES):
        if one.state is not WishState.DONE:
            yield text(
                "wishes.todo",
                code=one.code,
                place=records.place_line(session, one),
                want=one.want,
                state=views.state_of(session, one),
            )


def _own(session: Session, actor: Actor) -> Iterable[Text]:
    """How the wishes this person told stand."""
    for one in cases.told_by(session, Wish, actor.id, MOST_LINES) if actor.id else ():
        yield text("incidents.progress.line", code=one.code, state=views.state_of(session, one, with_name=False))


def progress(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """How a wish stands: its state for who wished it; what was said and the call-back's counts for its helper."""
    wish = records.for_anyone(session, scene, codes, topic)
    team = records.is_team(session, scene.actor, wish)
    lines = [
        text("wishes.progress", head=views.head(session, wish), state=views.state_of(session, wish, with_name=team))
    ]
    if team:
        lines += shared.lines(session, wish.topic, wish.created_at, now, station)
    mine = wish.handler_id == scene.actor.id or records.is_teller(session, scene.actor, wish)
    if mine and not scene.is_group:
        lines += views.notes(session, wish, now)
    buttons = views.helper_buttons(wish) if wish.handler_id == scene.actor.id and not scene.is_group else ()
    going = wish.state is WishState.CLAIMED
    return [Say(text("incidents.lines", lines=tuple(lines)), buttons=buttons if going else (), quote=True)]


def withdraw(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """Take a wish back."""
    wish = records.for_anyone(session, scene, codes, topic)
    return actions.withdraw(session, scene.actor, wish, now, sure=False)


def reopen(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """Open it again: its helper who has slipped, or who told it and is not satisfied."""
    wish = records.for_anyone(session, scene, codes, topic)
    helps = wish.handler_id == scene.actor.id or records.leads(session, scene.actor, wish)
    if not helps and records.is_teller(session, scene.actor, wish):
        return closing.told_undone(session, scene, wish, now, station)
    return closing.reopen(session, scene.actor, wish, now)


def supplement(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """What who wished it and its helper say to each other."""
    wish = records.for_anyone(session, scene, codes, topic)
    if scene.is_group:
        raise refuse("access.private", word="补充")
    if wish.handler_id != scene.actor.id and not records.is_teller(session, scene.actor, wish):
        records.check_handler(session, scene.actor, wish)
    return actions.say_more(session, scene.actor, wish, after_codes(rest, codes), now)


def claim(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """接单 of a wish is 认领."""
    return actions.claim(session, scene.actor, records.for_helper(session, scene, codes, topic), now)


def close(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    media: list[int],
    now: datetime,
    station: Station,
) -> list[Say]:
    """办结 of a wish is 做好了."""
    wish = records.for_helper(session, scene, codes, topic)
    return done.tell(session, scene, wish, after_codes(rest, codes), media, now, station)


def hand_on(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """转派 of a wish is 转给."""
    wish = records.for_helper(session, scene, codes, topic)
    return actions.hand_on(session, scene.actor, wish, after_codes(rest, codes).removeprefix("给").strip(), now)


KIND = plain.kind(
    Wish,
    is_team=records.is_team,
    case=records.case,
    addressees=records.addressees,
    reopen=closing.dissatisfied,
    called_back=closing.called_back,
    refreshed=views.to_team,
    shown=_shown,
    reach=_reach,
    todo=_todo,
    own=_own,
    answers={
        "进度": progress,
        "撤销": withdraw,
        "重开": reopen,
        "补充": supplement,
        "接单": claim,
        "办结": close,
        "转派": hand_on,
    },
    opened_by={"办结": "认领", "转派": "认领", "重开": "心愿"},
)
