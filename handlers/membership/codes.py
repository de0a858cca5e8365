"""发码 and 绑定: one-time codes that give a role in an area."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import may, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, say
from handlers.dialogue.scene import Actor, Scene, actor_of
from handlers.dialogue.wording import text
from handlers.help.rules import likely
from handlers.membership import actions, rules
from handlers.reading import intent
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import areas, people
from storage.areas import Area
from storage.people import Role


def hand_out(session: Session, actor: Actor, rest: str, gazetteer: Gazetteer, now: datetime) -> list[Say]:
    """Hand out codes: 发码 网格员 大侯村 3."""
    wish = rules.read_codes(fold(rest))
    if wish.role is None:
        raise refuse("membership.which_role", roles="、".join(Role))
    area = area_named(session, gazetteer, wish.area)
    if area is None:
        raise refuse("membership.which_area" if not wish.area else "membership.no_area", area=wish.area)
    return actions.hand_out(session, actor, wish.role, area, wish.count, now)


def area_named(session: Session, gazetteer: Gazetteer, name: str) -> Area | None:
    """The area of this name or alias."""
    if not name:
        return None
    found = areas.named(session, name)
    if found is not None:
        return found
    place = gazetteer.find(name)
    return areas.get(session, place.area) if place is not None and place.area is not None else None


def account(session: Session, scene: Scene, actor: Actor, now: datetime) -> list[Say]:
    """加账号: whoever speaks on several platforms is one person on all of them."""
    if scene.is_group:
        return [Say(text("membership.privately"), opens_for=actor.id, quote=True)]
    return actions.account_code(session, actor, now)


def join(session: Session, scene: Scene, actor: Actor, message: Incoming, rest: str, now: datetime) -> list[Say]:
    """Join by a code; one shown in a group is void."""
    folded, name = rules.code_and_name(fold(rest))
    code = rules.code_of(folded)
    if scene.is_group:
        if code:
            return actions.void(session, actor, code, now)
        return [Say(text("membership.privately"), opens_for=actor.id, quote=True)]
    if not code and not rules.looks_like_code(folded):
        return [say("membership.no_code")]
    same = actions.join_account(session, actor, code, message.account, message.sender, now)
    if same is not None:
        return same
    got = actions.join(session, actor, code, now)
    if not isinstance(got, tuple):
        return [Say(got)]
    role, area = got
    if name and not actions.keeps_name(session, actor):
        actions.call_oneself(session, actor, name, now)
    after = actor_of(session, actor.id)
    words = [word for word in likely(after.roles) if may(after, word, scene.kind)]
    buttons = tuple(Button(text("help.word", word=word), word) for word in words)
    joined = Say(
        text("membership.joined", role=role.value, area=area.name, words="、".join(words)),
        (buttons[:2], (*buttons[2:], Button(text("help.help"), "帮助"))),
    )
    nameless = not people.name_of(session, actor.id)
    return [joined, say("membership.name_please")] if nameless else [joined]


def call_oneself(session: Session, scene: Scene, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """我叫 张三: what colleagues read where this person took something on."""
    name = rules.name_in(fold(rest))
    if not name:
        raise refuse("membership.name_how")
    if actions.keeps_name(session, actor):
        raise refuse("membership.name_registered")
    actions.call_oneself(session, actor, name, now)
    return [say("membership.named", name=name)]


COMMANDS = (
    Command("发码", hand_out, latin="invite", bare=intent.issue_codes, private=True, rank=80),
    Command("绑定", join, latin="join", bare=intent.bind, rank=81),
    Command("加账号", account, latin="addaccount", rank=83),
    Command("我叫", call_oneself, latin="myname", aliases=("改名",), private=True, rank=0),
)
