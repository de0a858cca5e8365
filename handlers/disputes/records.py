"""Which dispute is meant, who belongs to it, and whom its call-back reaches (查号)."""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from handlers.callbacks.actions import reaches
from handlers.cases import plain
from handlers.dialogue.access import DESK, HANDLERS, OFFICERS, SAFETY, Refusal, refuse
from handlers.dialogue.kinds import Addressee, Case, unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.disputes.rules import Party, masked
from handlers.reading.codes import Code
from storage import areas, cases, disputes, people
from storage.disputes import LETTER, Dispute

SIDES = ("甲方", "乙方")
TELLER = "报的人"


def case(session: Session, dispute: Dispute) -> Case:
    """A dispute as the shared rooms see it."""
    return plain.case_of(session, dispute, place_line(session, dispute))


def place_line(session: Session, dispute: Dispute) -> str:
    """The area, and the place to the building where one is known."""
    area = areas.get(session, dispute.area_id).name
    place = cases.opened(session, dispute, "place")
    if not place or place == area:
        return area
    return place if place.startswith(area) else f"{area} · {place}"


def is_teller(session: Session, actor: Actor, dispute: Dispute) -> bool:
    """Whether this person registered it."""
    return cases.is_teller(session, dispute, actor.id)


def is_team(session: Session, actor: Actor, dispute: Dispute) -> bool:
    """Whether this person mediates in its area, or has it in hand."""
    mine = bool(actor.id) and dispute.handler_id == actor.id
    return mine or actor.has(HANDLERS, areas.get(session, dispute.area_id))


def leads(session: Session, actor: Actor, dispute: Dispute) -> bool:
    """Whether this person is an officer, chief, desk or safety office of its area."""
    return actor.has(OFFICERS | DESK | SAFETY, areas.get(session, dispute.area_id))


def named(codes: Iterable[Code]) -> list[Code]:
    """The codes of disputes among those of a message."""
    return [code for code in codes if code.prefix == LETTER]


def meant(session: Session, codes: Sequence[Code], topic: str | None) -> Dispute | None:
    """The dispute named, or the one whose message was answered."""
    own = named(codes)
    if own:
        return cases.numbered(session, Dispute, own[0].number)
    name, _, number = (topic or "").partition(":")
    return cases.find(session, Dispute, int(number)) if name == "dispute" and number.isdecimal() else None


def for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None = None) -> Dispute:
    """The dispute one of its team means; a Refusal that tells a stranger nothing."""
    found = meant(session, codes, topic)
    if found is None and not codes:
        found = _only_one(session, scene.actor)
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def _only_one(session: Session, actor: Actor) -> Dispute | None:
    mine = list(cases.open_ones(session, Dispute, (), actor.id)) if actor.id else []
    return mine[0] if len(mine) == 1 else None


def for_handler(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None = None) -> Dispute:
    """The dispute its handler, or who leads its area, means; else a Refusal."""
    found = for_team(session, scene, codes, topic)
    check_handler(session, scene.actor, found)
    return found


def check_handler(session: Session, actor: Actor, dispute: Dispute) -> None:
    """Raise a Refusal unless this person handles the dispute or leads its area."""
    if dispute.handler_id != actor.id and not leads(session, actor, dispute):
        raise refuse("cases.not_yours", code=dispute.code)


def going(dispute: Dispute) -> None:
    """Raise a Refusal unless the dispute is being mediated."""
    if dispute.state is disputes.DisputeState.REPORTED:
        raise refuse("disputes.sort_first", code=dispute.code)
    if dispute.state is not disputes.DisputeState.MEDIATING:
        raise not_open(dispute)


def not_open(dispute: Dispute) -> Refusal:
    """Why nothing can be done about it now."""
    return refuse("disputes.not_open", code=dispute.code, state=text(f"disputes.state.{dispute.state}"))


def parties(session: Session, dispute: Dispute) -> list[dict[str, str]]:
    """The two sides as told: `name`, `phone`."""
    found: list[dict[str, str]] = cases.private_of(session, dispute).get("parties", [])
    return found


def shown(session: Session, dispute: Dispute, words: str) -> str:
    """Words about it as others than its handler may read them: the sides are 甲方 and 乙方."""
    sides = [Party(one.get("name", ""), one.get("phone", "")) for one in parties(session, dispute)]
    return masked(words, sides)


def addressees(session: Session, dispute: Dispute) -> list[Addressee]:
    """Whom the call-back reaches: who asked for help, privately; the sides by phone, through a caller of the desk.

    Nobody is looked up by the number a side gave. Nobody who works on disputes there is asked as the teller: that would
    be their own report.
    """
    found: list[Addressee] = []
    origin = cases.origin_of(session, dispute)
    teller = origin.get("person")
    if isinstance(teller, int) and not origin.get("team"):
        found.append(Addressee(teller, TELLER))
    caller = _caller(session, dispute)
    if caller is not None:
        told = zip(SIDES, parties(session, dispute), strict=False)
        found += [Addressee(caller, name, by_phone=True) for name, one in told if one.get("phone") or one.get("name")]
    return found


def _caller(session: Session, dispute: Dispute) -> int | None:
    """Who phones: the desk, else an officer; never its handler."""
    for roles in (DESK, OFFICERS):
        for one in people.holders(session, roles, dispute.area_id):
            if one != dispute.handler_id and reaches(session, one):
                return one
    return None
