"""签到、领片、已返回: join a search of one's own will, take a sector, leave again; each at any time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.sectors import actions, homecoming, rules
from handlers.sectors.asked import answered, meant, rest_of
from storage import sectors

WRONG = ("没回", "没返回", "还没", "点错", "撤销")
"""What says that somebody is not back after all."""


def join(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, via: str, now: datetime
) -> list[Say]:
    """签到 寻3."""
    search = meant(session, scene.actor, codes, topic, "签到")
    says = actions.join(session, scene.actor, search, now)
    return answered(session, scene, says, "sectors.joined_group", via, search)


def take(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
) -> list[Say]:
    """领片 寻3 片2; 交出 gives it back, 给 3号 hands it to somebody."""
    search = meant(session, scene.actor, codes, topic, "领片")
    said = rest_of(rest, codes)
    before, gives, to = said.partition("给")
    number = rules.sector_of(before)
    if gives:
        says = actions.give(session, scene.actor, search, number, to.strip())
    elif "交" in said:
        says = actions.hand_over(session, scene.actor, search)
    elif number is None:
        says = actions.offer(session, scene.actor, search)
    else:
        says = actions.take(session, scene.actor, search, number)
    return answered(session, scene, says, "sectors.taken_group", via, search)


def home(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
) -> list[Say]:
    """已返回 寻3, 离开 寻3; 没回来 says that one is out after all."""
    if not codes and topic is None and not sectors.out_in(session, scene.actor.id):
        raise refuse("sectors.refuse.not_searching")
    search = meant(session, scene.actor, codes, topic, "已返回")
    if any(word in rest_of(rest, codes) for word in WRONG):
        says = homecoming.not_home(session, scene.actor, search, None, now)
    else:
        says = homecoming.home(session, scene.actor, search, now)
    return answered(session, scene, says, "sectors.home_group", via, search)


COMMANDS = (
    Command("签到", join, bare=intent.has_code, rank=0),
    Command("领片", take, bare=intent.has_code, rank=0),
    Command("已返回", home, aliases=("离开",), bare=intent.has_code, rank=0),
)
