"""Which return is meant, who belongs to it, whose the thing is (查号)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.actions import reaches
from handlers.dialogue.access import CHIEFS, DESK, OFFICERS, Refusal, refuse
from handlers.dialogue.kinds import Addressee, unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.reading.codes import Code
from storage import areas, cases, people
from storage.returns import LETTER, Return, ReturnState

OWNER = "失主"


def is_team(session: Session, actor: Actor, row: Return) -> bool:
    """Whether this person is an officer of its area, or an officer who has it in hand."""
    mine = bool(actor.id) and row.handler_id == actor.id and actor.has(OFFICERS)
    return mine or actor.has(OFFICERS, areas.get(session, row.area_id))


def named(codes: Iterable[Code]) -> list[Code]:
    """The codes of returns among those of a message."""
    return [code for code in codes if code.prefix == LETTER]


def meant(session: Session, codes: Sequence[Code], topic: str | None) -> Return | None:
    """The return named, or the one whose message was answered."""
    own = named(codes)
    if own:
        return cases.numbered(session, Return, own[0].number)
    return cases.of_topic(session, Return, topic)


def for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Return:
    """The return an officer means; a Refusal that tells a stranger nothing."""
    found = meant(session, codes, topic)
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def for_handler(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Return:
    """The return whose handler, or a chief of whose area, speaks; else a Refusal."""
    found = for_team(session, scene, codes, topic)
    check_handler(session, scene.actor, found)
    return found


def check_handler(session: Session, actor: Actor, row: Return) -> None:
    """Raise a Refusal unless this person handles it, or is a chief of its area."""
    if row.handler_id is None:
        raise refuse("returns.take_first", code=row.code)
    if row.handler_id != actor.id and not actor.has(CHIEFS, areas.get(session, row.area_id)):
        raise refuse("cases.not_yours", code=row.code)


def for_owner(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Return | None:
    """The return whose owner speaks, by its code, the message answered, or as their only one that waits; else None."""
    found = meant(session, codes, topic)
    if found is not None:
        return found if cases.is_teller(session, found, scene.actor.id) else None
    if codes or not scene.actor.id:
        return None
    waiting = (ReturnState.VERIFIED, ReturnState.MEETING)
    mine = [one for one in cases.told_by(session, Return, scene.actor.id) if one.state in waiting]
    return mine[0] if len(mine) == 1 else None


def require_state(row: Return, *states: ReturnState) -> None:
    """Raise a Refusal that says how it stands, unless it is in one of these states."""
    if row.state not in states:
        raise not_now(row)


def not_now(row: Return) -> Refusal:
    """Why this cannot be done about it now."""
    return refuse("returns.not_now", code=row.code, state=text(f"returns.state.{row.state}"))


def owner_of(session: Session, row: Return) -> int | None:
    """The owner, where the bot knows them; None where they are to be phoned, or have left."""
    person = cases.origin_of(session, row).get("person")
    return person if isinstance(person, int) else None


def owner_note(session: Session, row: Return) -> str:
    """How an owner the bot does not know is reached, for the handler alone."""
    return str(cases.private_of(session, row).get("note", ""))


def times_of(session: Session, row: Return, now: datetime) -> list[datetime]:
    """The moments proposed last, in the zone of `now`."""
    kept = cases.private_of(session, row).get("times", [])
    return [datetime.fromisoformat(one).astimezone(now.tzinfo) for one in kept]


def waits_for_choice(session: Session, row: Return) -> bool:
    """Whether its owner was given moments to choose from, and has neither chosen nor wished another."""
    private = cases.private_of(session, row)
    return row.state is ReturnState.VERIFIED and bool(private.get("times")) and not private.get("wish")


def keep(session: Session, row: Return, **values: object) -> None:
    """Set fields of what is sealed; None takes one away."""
    private = {**cases.private_of(session, row), **values}
    cases.set_private(session, row, {name: value for name, value in private.items() if value is not None})


def other_officers(session: Session, row: Return) -> list[int]:
    """Who is asked to verify: officers of its area but who registered it; chiefs where there is no other."""
    for roles in (OFFICERS - CHIEFS, CHIEFS):
        found = [one for one in people.holders(session, roles, row.area_id) if one != row.registered_by]
        if found:
            return found
    return []


def addressees(session: Session, row: Return) -> list[Addressee]:
    """Whom the call-back reaches: the owner privately, else by phone through the desk or another officer."""
    owner = owner_of(session, row)
    if owner is not None:
        return [Addressee(owner, OWNER)]
    if not owner_note(session, row):
        return []
    for roles in (DESK, OFFICERS):
        for one in people.holders(session, roles, row.area_id):
            if one != row.handler_id and reaches(session, one):
                return [Addressee(one, OWNER, by_phone=True)]
    return []
