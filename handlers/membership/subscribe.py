"""订阅 and 退订: whoever wants the notices of an area in their private talk, and no longer (R17: only who asked)."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.wording import text
from handlers.membership.codes import area_named
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas, audit, chats
from storage.areas import Area
from storage.chats import Chat


def subscribe(
    session: Session, chat: Chat | None, rest: str, area: Area | None, gazetteer: Gazetteer, now: datetime
) -> list[Say]:
    """订阅 大侯村."""
    if chat is None or chat.kind.is_group:
        raise refuse("membership.subscribe_privately")
    name = fold(rest).strip()
    wanted = area_named(session, gazetteer, name) if name else area
    if wanted is None:
        key = "membership.subscribe_unknown" if name else "membership.subscribe_where"
        raise refuse(key, area=name[:20])
    chats.subscribe(session, chat, wanted.id, now)
    audit.write(session, "subscribe", now, actor_id=chat.person_id, area=wanted.id)
    return [say("membership.subscribed", button("membership.unsubscribe_button", "退订"), area=wanted.name)]


def unsubscribe(session: Session, chat: Chat | None, now: datetime) -> list[Say]:
    """退订."""
    if chat is None or chat.kind.is_group:
        raise refuse("membership.subscribe_privately")
    if chat.area_id is None:
        return [say("membership.not_subscribed")]
    name = areas.get(session, chat.area_id).name
    chats.subscribe(session, chat, None, now)
    audit.write(session, "unsubscribe", now, actor_id=chat.person_id)
    return [say("membership.unsubscribed", button("membership.subscribe_button", f"订阅 {name}"), area=name)]


def line(session: Session, chat: Chat | None) -> tuple[object, ...]:
    """What 我的数据 says of it, nothing where there is nothing."""
    if chat is None or chat.kind.is_group or chat.area_id is None:
        return ()
    return (text("mydata.subscribed", area=areas.get(session, chat.area_id).name),)


COMMANDS = (
    Command("订阅", subscribe, latin="subscribe", rank=62),
    Command("退订", unsubscribe, latin="unsubscribe", aliases=("取消订阅",), rank=0),
)
