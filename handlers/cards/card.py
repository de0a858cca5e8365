"""名片: one's own card with a code, the card of a grid for the stairwell; and what a card that was found says."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cards import actions, rules, views
from handlers.cards.actions import Drawn
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.world import Station, World
from handlers.reading import intent
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas, cards

YES = frozenset({"同意", "公开", "确定", "生成"})
BACK = frozenset({"收回", "撤销", "不公开", "取消", "作废", "停用", "停掉", "不要了", "删除"})
AGAIN = frozenset({"重做", "重新做", "再做一张", "再发", "再发一次", "我的"})
"""The card alone once more: shown where it is public, else asked for."""
AREA = frozenset({"楼道", "网格", "公示", "楼栋", "综治小组"})


def look(
    session: Session, world: World, actor: Actor, scene: Scene, rest: str, message: Incoming, gazetteer: Gazetteer
) -> Drawn | None:
    """Draw what will be sent before anything is locked; None where no picture is asked for."""
    said = _said(rest)
    if said in BACK or rules.token_in(rest) or scene.is_group:
        return None
    if not said or said in YES:
        card = cards.of_person(session, actor.id) if actor.id else None
        shown = card is not None and card.ended_at is None
        return actions.draw_own(session, world, actor, message) if said or shown else None
    hold = views.hold_of(actor)
    if said in AREA:
        if hold is None:
            raise refuse("cards.not_for_you")
        return actions.draw_area(session, world, actor, areas.get(session, hold[1]), message)
    found = gazetteer.find(rest, scene.area_id)
    if found is None or found.area is None:
        raise refuse("cards.where_card")
    return actions.draw_area(session, world, actor, areas.get(session, found.area), message)


def card(session: Session, actor: Actor, rest: str, seen: Drawn | None, now: datetime, station: Station) -> list[Say]:
    """名片, 名片 同意, 名片 收回, 名片 水头村; or 名片 with what is printed on one."""
    said = _said(rest)
    token = rules.token_in(rest)
    if token:
        return [Say(views.scanned(session, cards.by_token(session, token), station))]
    if said in BACK:
        return actions.take_back(session, actor, now)
    if said in YES:
        return actions.agree(session, actor, seen, now)
    return actions.hand_out(session, seen, now) if seen is not None else actions.ask(session, actor, station)


def _said(rest: str) -> str:
    said = fold(rest).strip(" 。.!")
    return "" if said in AGAIN else said


COMMAND = Command("名片", card, latin="card", aliases=("警民联系卡", "微名片"), bare=intent.never, look=look, rank=71)
