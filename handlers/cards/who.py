"""谁负责: which worker, officer and mediator is responsible for a house, a village, a grid."""

import re

from sqlalchemy.orm import Session

from handlers.cards import views
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.reading.places import Gazetteer
from storage import areas

HERE = re.compile(r"^(?:(?:我们?|咱们?|俺们?|这里|这儿|这边|本)(?:家|这|那)?(?:里|儿|边|楼|村|小区|社区|网格)?)$")
"""Where the talk is about already."""


def who(session: Session, scene: Scene, rest: str, station: Station, gazetteer: Gazetteer) -> Say:
    """谁负责 7号楼, 谁负责 水头村; without a place, the one the talk is about."""
    words = HERE.sub("", rest.strip(" ?？。，,"))
    found = gazetteer.find(words, scene.area_id) if words else None
    area_id = found.area if found is not None else None
    if area_id is None and (not words or found is not None):
        area_id = scene.area_id
    if area_id is None:
        raise refuse("cards.where")
    return Say(views.answer(session, areas.get(session, area_id), station), quote=scene.is_group)


COMMAND = Command("谁负责", who, latin="who", aliases=("谁管",), bare=intent.who, rank=72)
