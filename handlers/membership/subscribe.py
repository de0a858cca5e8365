"""订阅 and 退订: whoever wants the notices of an area in their private talk, and no longer (R17: only who asked)."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.membership.codes import area_named
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas, audit, chats, ending, people
from storage.areas import Area
from storage.chats import Chat


def subscribe(
    session: Session,
    actor: Actor,
    chat: Chat | None,
    rest: str,
    area: Area | None,
    gazetteer: Gazetteer,
    now: datetime,
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
    people.agree(session, actor.id, True)
    audit.write(session, "subscribe", now, actor_id=chat.person_id, area=wanted.id)
    return [say("membership.subscribed", button("membership.unsubscribe_button", "退订"), area=wanted.name)]


def unsubscribe(session: Session, actor: Actor, chat: Chat | None, now: datetime) -> list[Say]:
    """退订: nothing comes any more that was not asked for; what waits to be sent is stopped, too."""
    if chat is None or chat.kind.is_group:
        raise refuse("membership.subscribe_privately")
    people.agree(session, actor.id, False)
    audit.write(session, "unsubscribe", now, actor_id=actor.id)
    names = [areas.get(session, area_id).name for area_id in chats.unsubscribe(session, actor.id, now)]
    for one in chats.privates_of(session, actor.id):
        ending.stop_unasked(session, one.id, now)
    if not names:
        return [say("membership.not_subscribed")]
    again = button("membership.subscribe_button", f"订阅 {names[0]}")
    return [say("membership.unsubscribed", again, area="、".join(dict.fromkeys(names)))]


def line(session: Session, actor: Actor) -> tuple[Text, ...]:
    """What 我的数据 says of it, nothing where there is nothing."""
    wanted = [one.area_id for one in chats.privates_of(session, actor.id) if one.area_id is not None]
    names = dict.fromkeys(areas.get(session, one).name for one in wanted)
    if names:
        return (text("mydata.subscribed", area="、".join(names)),)
    return (text("mydata.quiet"),) if people.get(session, actor.id).messages_agreed is False else ()


COMMANDS = (
    Command("订阅", subscribe, latin="subscribe", rank=62),
    Command("退订", unsubscribe, latin="unsubscribe", aliases=("取消订阅",), rank=0),
)
