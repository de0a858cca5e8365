"""登记群: a worker names an ordinary WeChat group into which they forward by hand, or gives one up."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, rows, say
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import text
from handlers.forwarding import rules
from handlers.membership.codes import area_named
from handlers.membership.rules import KIND_WORDS
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import accounts, areas, audit, chats
from storage.accounts import Account
from storage.areas import Area
from storage.chats import ChatKind, ChatState


def keep_group(
    session: Session, actor: Actor, rest: str, area: Area | None, gazetteer: Gazetteer, now: datetime
) -> list[Say]:
    """登记群 水头村居民群; 登记群 水头村居民群 取消; alone it lists what one looks after."""
    relay = accounts.relaying(session)
    if relay is None:
        raise refuse("forwarding.off")
    wish = rules.read_group(fold(rest))
    if not wish.name:
        return [_listed(session, actor, relay)]
    if wish.dropped:
        return _drop(session, actor, relay, wish.name, now)
    where = _area(session, actor, wish, area, gazetteer)
    access.require(actor, "登记群", where)
    name = f"{where.id}:{wish.name}"
    chat = chats.at(session, relay.name, name)
    if chat is None:
        chat = chats.add(session, relay.name, name, wish.kind, now, title=wish.name, area_id=where.id)
    chats.set_state(session, chat.id, ChatState.OPEN, now)
    session.refresh(chat)
    before = chat.person_id if chat.kind is not ChatKind.UNBOUND and chat.person_id != actor.id else None
    chat.kind, chat.area_id, chat.person_id = wish.kind, where.id, actor.id
    session.flush()
    audit.write(session, "keep group", now, actor_id=actor.id, topic=f"chat:{chat.id}", area=where.id)
    drop = button("forwarding.button.drop", f"登记群 {wish.name} 取消")
    kept = say("forwarding.kept", drop, group=wish.name, kind=KIND_WORDS[wish.kind], area=where.name)
    if before is None:
        return [kept]
    again = rows(button("forwarding.button.keep", f"登记群 {wish.name}"))
    taken = text("forwarding.taken_over", group=wish.name, who=called(session, actor.id))
    return [kept, Say(taken, buttons=again, person=before)]


def _listed(session: Session, actor: Actor, relay: Account) -> Say:
    own = chats.kept_by(session, relay.name, actor.id)
    lines = tuple(text("forwarding.own_line", group=one.title, kind=KIND_WORDS[one.kind]) for one in own)
    return say("forwarding.own", lines=lines) if lines else say("forwarding.own_none")


def _drop(session: Session, actor: Actor, relay: Account, name: str, now: datetime) -> list[Say]:
    found = next((one for one in chats.kept_by(session, relay.name, actor.id) if one.title == name), None)
    if found is None:
        raise refuse("forwarding.not_kept", group=name)
    chats.unbind(session, found, now)
    audit.write(session, "drop group", now, actor_id=actor.id, topic=f"chat:{found.id}")
    return [say("forwarding.dropped", button("forwarding.button.keep", f"登记群 {name}"), group=name)]


def _area(session: Session, actor: Actor, wish: rules.GroupWish, home: Area | None, gazetteer: Gazetteer) -> Area:
    """The area said, or the one within the group's name where that is one's own; else one's own area."""
    found = area_named(session, gazetteer, wish.area or wish.name)
    if wish.area and found is None:
        raise refuse("forwarding.no_area", area=wish.area[:20])
    if found is not None and (wish.area or actor.has(access.MATRIX["登记群"].roles, found)):
        return found
    if home is None:
        raise refuse("forwarding.where")
    return areas.get(session, home.id)


COMMAND = Command("登记群", keep_group, latin="keepgroup", private=True, rank=60)
