"""What a tip can be joined to (并案): another tip, a report, a case, a notice; and who hears of it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.access import DESK, OFFICERS
from handlers.dialogue.scene import Actor, Scene, actor_of
from handlers.reading.codes import Code
from storage import areas, bulletins
from storage.bulletins import Bulletin, BulletinKind, BulletinState

NOTICES = "反预协"


@dataclass(frozen=True, slots=True)
class Target:
    """What a tip belongs to; `told` are the officers (person ids) who have it in hand."""

    topic: str
    code: str
    told: tuple[int, ...] = ()


def target(session: Session, scene: Scene, code: Code) -> Target:
    """What the code names, where this person may know of it; else the one Refusal that tells a stranger nothing."""
    if code.prefix in NOTICES:
        notice = bulletins.numbered(session, BulletinKind(code.prefix), code.number)
        if notice is None or notice.body is None or not _sees(session, scene.actor, notice):
            raise kinds.unknown(session, scene, [code])
        return Target(f"bulletin:{notice.id}", notice.code, (notice.author_id,))
    found = kinds.named(session, [code], None)
    if found is None or not found.kind.is_team(session, scene.actor, found):
        raise kinds.unknown(session, scene, [code])
    handler = found.handler_id
    told = (handler,) if handler is not None and actor_of(session, handler).has(OFFICERS | DESK) else ()
    return Target(found.topic, found.code, told)


def _sees(session: Session, actor: Actor, notice: Bulletin) -> bool:
    """A notice that stands is anybody's to read; of others those know who work where it was made."""
    if notice.state is BulletinState.LIVE or notice.author_id == actor.id:
        return True
    return actor.has(OFFICERS | DESK, areas.get(session, notice.area_id))


def code_of(session: Session, topic: str | None) -> str:
    """How people call what a tip was joined to; empty where it is erased or nothing."""
    name, _, number = (topic or "").partition(":")
    if name == "bulletin" and number.isdecimal():
        notice = session.get(Bulletin, int(number))
        return notice.code if notice is not None else ""
    found = kinds.case_of(session, topic)
    return found.code if found is not None else ""
