"""Which wish is meant, who belongs to it, and whom its call-back reaches (查号)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.callbacks.actions import reaches
from handlers.cases import plain
from handlers.dialogue.access import DESK, HELPERS, OFFICERS, TEAM, WORKERS, Refusal, refuse
from handlers.dialogue.kinds import Addressee, Case, unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.incidents.rules import split_private
from handlers.reading.codes import Code
from storage import areas, cases, people
from storage.callbacks import barred
from storage.people import Role
from storage.wishes import LETTER, Wish, WishState

OWN_WORD = "报的人"
BY_PHONE = "本人"


def case(session: Session, wish: Wish) -> Case:
    """A wish as the shared rooms see it."""
    return plain.case_of(session, wish, place_line(session, wish))


def place_line(session: Session, wish: Wish) -> str:
    """The area, and the place to the building where one is known."""
    area = areas.get(session, wish.area_id).name
    place = cases.opened(session, wish, "place")
    if not place or place == area:
        return area
    return place if place.startswith(area) else f"{area} · {place}"


def is_teller(session: Session, actor: Actor, wish: Wish) -> bool:
    """Whether this person told it."""
    return cases.is_teller(session, wish, actor.id)


def is_team(session: Session, actor: Actor, wish: Wish) -> bool:
    """Whether this person may help with it: one of the area's helpers, or who has claimed it."""
    mine = bool(actor.id) and wish.handler_id == actor.id
    return mine or actor.has(HELPERS, areas.get(session, wish.area_id))


def leads(session: Session, actor: Actor, wish: Wish) -> bool:
    """Whether this person looks after the grid's wishes: its worker, an officer, the desk."""
    return actor.has(WORKERS | OFFICERS | DESK, areas.get(session, wish.area_id))


def meant(session: Session, codes: Sequence[Code], topic: str | None) -> Wish | None:
    """The wish named, or the one whose message was answered."""
    own = [code for code in codes if code.prefix == LETTER]
    if own:
        return cases.numbered(session, Wish, own[0].number)
    return cases.of_topic(session, Wish, topic) if not codes else None


def for_anyone(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Wish:
    """The wish its teller or a helper means; a Refusal that tells a stranger nothing, and in a public group nobody."""
    found = meant(session, codes, topic)
    if found is None or scene.kind.is_public:
        raise unknown(session, scene, codes)
    if not (is_team(session, scene.actor, found) or is_teller(session, scene.actor, found)):
        raise unknown(session, scene, codes)
    return found


def for_helper(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Wish:
    """The wish a helper of its area means, the only one they have where none is named."""
    found = meant(session, codes, topic)
    if found is None and not codes:
        mine = list(cases.open_ones(session, Wish, (), scene.actor.id)) if scene.actor.id else []
        found = mine[0] if len(mine) == 1 else None
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def check_handler(session: Session, actor: Actor, wish: Wish) -> None:
    """Raise a Refusal unless this person has claimed the wish, or looks after it."""
    if wish.handler_id != actor.id and not leads(session, actor, wish):
        raise refuse("cases.not_yours", code=wish.code)


def not_now(wish: Wish) -> Refusal:
    """Why nothing of the kind can be done with it now."""
    return refuse("wishes.not_now", code=wish.code, state=text(f"wishes.state.{wish.state}"))


def claimed(wish: Wish) -> None:
    """Raise a Refusal unless somebody has claimed it and it is not done yet."""
    if wish.state is WishState.OPEN:
        raise refuse("wishes.claim_first", code=wish.code)
    if wish.state is not WishState.CLAIMED:
        raise not_now(wish)


def teller_of(session: Session, wish: Wish) -> int | None:
    """The person who told it; None once they left."""
    person = cases.origin_of(session, wish).get("person")
    return person if isinstance(person, int) else None


def for_other(session: Session, wish: Wish) -> bool:
    """Whether one of the team told it for somebody else."""
    return bool(cases.origin_of(session, wish).get("team"))


def addressees(session: Session, wish: Wish) -> list[Addressee]:
    """Who is asked whether it was done well: who wished it; where it was told for them, by phone through another one.

    That one told it, if they did not do it themselves; else, where a number was told, it is the desk or an officer.
    """
    teller = teller_of(session, wish)
    if teller is not None and not for_other(session, wish):
        return [Addressee(teller, OWN_WORD)]
    callers = [teller] if teller is not None else []
    if phones(session, wish):
        callers += [*people.holders(session, DESK, wish.area_id), *people.holders(session, OFFICERS, wish.area_id)]
    found = next((one for one in callers if one != wish.handler_id and reaches(session, one)), None)
    return [Addressee(found, BY_PHONE, by_phone=True)] if found is not None else []


def phones(session: Session, wish: Wish) -> str:
    """The numbers told with it, for whoever phones."""
    return "、".join(split_private(str(cases.private_of(session, wish).get("words", ""))).private["phone"])


def helpers_left(session: Session, wish: Wish) -> list[int]:
    """The grid's worker, else who is nearest of the team, without those who may not have it again."""
    of_grid = people.nearest_holders(session, (Role.GRID_WORKER,), wish.area_id)
    near = of_grid or people.nearest_holders(session, TEAM, wish.area_id)
    kept_out = barred(session, wish.topic)
    return [one for one in near if one not in kept_out]
