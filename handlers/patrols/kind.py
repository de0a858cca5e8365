"""A patrol (巡) and a car door (车) as kinds of record: shared words about them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue.access import TEAM
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.patrols import actions, records, views
from handlers.patrols.patrol import progress, with_leader
from handlers.reading.codes import Code
from storage import areas, cases
from storage.patrols import Patrol

MOST = 5


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """Patrols to come or under way where this person is of the team."""
    within = [one for hold in scene.actor.holds if hold.role in TEAM for one in areas.subtree(session, hold.area_id)]
    for one in cases.open_ones(session, Patrol, within, scene.actor.id, MOST):
        yield text("patrols.line", head=views.head(session, one, now), state=views.state(one))


def end(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """办结 of a patrol is 结束."""
    return actions.end(session, scene.actor.id, records.to_lead(session, scene, codes, topic), now)


def leave(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """退出 巡1 leaves the patrol, not the bot."""
    return actions.leave(session, scene.actor, records.patrol_of(session, scene, codes, topic), now)


KIND = plain.kind(
    Patrol,
    is_team=records.leads,
    todo=_todo,
    answers={
        "进度": progress,
        "办结": end,
        "开始": with_leader(actions.begin),
        "退出": leave,
        "撤销": with_leader(actions.cancel),
        "重开": with_leader(actions.reopen),
    },
)
