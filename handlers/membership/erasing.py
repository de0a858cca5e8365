"""Erasing oneself (删除我): what goes, what stays and why; called by its command, the only door."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.membership import actions, giving_back
from storage import audit, incidents, leaving, objections, sectors
from storage.cases import Case
from storage.incidents import Incident
from storage.keeping import CLOSED, SEARCH_OVER
from storage.searches import Search

Record = Incident | Search | Case
ENDED = frozenset({*CLOSED, *SEARCH_OVER})


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the records somebody told of: erased at once, erased once they are over, held for a case."""

    now: tuple[Record, ...]
    later: tuple[Record, ...]
    held: tuple[Record, ...]


def fate_of(session: Session, actor: Actor) -> Fate:
    """What 删除我 would do to each record this person told of."""
    told = leaving.told_by(session, actor.id)
    held = tuple(one for one in told if leaving.is_held(session, one))
    free = [one for one in told if one not in held]
    over = tuple(one for one in free if (one.is_over if isinstance(one, Case) else one.state in ENDED))
    return Fate(over, tuple(one for one in free if one not in over), held)


def may_leave(session: Session, actor: Actor) -> None:
    """Raise a Refusal while this person has work in hand, or is out for a search: nobody would look after them.

    A wish is no work: whoever claimed one may leave at any time, and it waits for another helper. What cannot be handed
    on, a patrol, a plan, an evening talk, goes back when they leave.
    """
    own = giving_back.to_hand_on(session, actor.id)
    in_hand: list[Record] = [*incidents.in_hands_of(session, actor.id), *own]
    if in_hand:
        raise refuse("membership.hand_on_first", code=in_hand[0].code, n=len(in_hand))
    if out := sectors.out_in(session, actor.id):
        raise refuse("sectors.refuse.come_back_first", code=out[0].code)


def erase(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Erase somebody and what they told (R18): their data key is dropped, and with it all that is sealed under it.

    What is over becomes a tombstone at once. What others are working at loses who told it at once, and is erased when
    it is over. What a legal hold stands on stays until the hold ends. That somebody objected to a notice stays, too.
    """
    may_leave(session, actor)
    actions.stop_helping(session, actor.id, now)
    fate = fate_of(session, actor)
    for one in (*fate.now, *fate.later):
        _forget(session, one)
    for one in fate.held:
        one.left = True
    for objection in objections.told_by(session, actor.id):
        objections.forget(session, objection)
    _, *given_back = actions.leave(session, actor, now)
    gone, later, held = len(fate.now), len(fate.later), len(fate.held)
    audit.write(session, "erase", now, actor_id=actor.id, gone=gone, later=later, held=held)
    if not fate.later and not fate.held:
        return [say("membership.erased"), *given_back]
    stays = [text("membership.erased_later", codes=codes(fate.later))] if fate.later else []
    if fate.held:
        stays.append(text("membership.erased_held", codes=codes(fate.held)))
    return [say("membership.erased_but", lines=tuple(stays)), *given_back]


def _forget(session: Session, one: Record) -> None:
    if isinstance(one, Incident):
        leaving.forget_incident(session, one)
    elif isinstance(one, Case):
        leaving.forget_case(session, one)
    else:
        leaving.forget_search(session, one)


def codes(records: tuple[Record, ...]) -> str:
    """Their codes as one says them."""
    return "、".join(one.code for one in records)
