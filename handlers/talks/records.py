"""Which talk is meant, who leads it, and which groups hear of it (查号)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, HANDLERS, OFFICERS, SAFETY, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.reading.codes import Code
from storage import areas, cases, chats, people
from storage.areas import Area
from storage.chats import ChatKind
from storage.talks import LETTER, Talk

MOST_ASKED = 3


def is_team(session: Session, actor: Actor, talk: Talk) -> bool:
    """Whether this person belongs to the team of its area, or leads it."""
    mine = bool(actor.id) and talk.handler_id == actor.id
    return mine or actor.has(HANDLERS, areas.get(session, talk.area_id))


def meant(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Talk:
    """The talk named, the one whose message was answered, or the only one this person leads; raises Refusal."""
    own = [code for code in codes if code.prefix == LETTER]
    found = cases.numbered(session, Talk, own[0].number) if own else cases.of_topic(session, Talk, topic)
    if found is None and not codes and scene.actor.id:
        mine = list(cases.open_ones(session, Talk, (), scene.actor.id))
        found = mine[0] if len(mine) == 1 else None
        if found is None:
            raise refuse("talks.which")
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def check_leader(session: Session, actor: Actor, talk: Talk) -> None:
    """Raise a Refusal unless this person leads the talk, or its area's team."""
    if talk.handler_id != actor.id and not actor.has(OFFICERS | DESK | SAFETY, areas.get(session, talk.area_id)):
        raise refuse("cases.not_yours", code=talk.code)


def groups(session: Session, area: Area) -> list[int]:
    """The residents' groups of an area: those inside it, else the nearest."""
    kinds = (ChatKind.RESIDENTS,)
    inside = chats.groups(session, kinds, areas.subtree(session, area.id))
    return [one.id for one in inside or chats.nearest(session, kinds, area.id)]


def may_agree(session: Session, actor: Actor, talk: Talk) -> bool:
    """Whether this is an officer of its area other than who asked for it."""
    return talk.handler_id != actor.id and actor.has(OFFICERS, areas.get(session, talk.area_id))


def to_agree(session: Session, talk: Talk) -> list[int]:
    """The officers who are asked for their yes."""
    found = people.holders(session, OFFICERS, talk.area_id)
    return [one for one in found if one != talk.handler_id][:MOST_ASKED]
