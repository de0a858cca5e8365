"""退出 and 我的数据: what is kept about somebody, and how it goes."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.membership import actions, subscribe
from handlers.reading import intent
from handlers.reading.normal import fold
from storage import areas, incidents, people, reminders, searches
from storage.chats import Chat

SURE = "确定"


def leave(session: Session, scene: Scene, actor: Actor, rest: str, now: datetime) -> list[Say]:
    """Leave, once it is confirmed in the private talk."""
    if scene.is_group or fold(rest).strip() != SURE:
        return [
            say(
                "membership.leave_sure",
                (button("membership.leave_yes", f"退出 {SURE}"), button("membership.leave_no", "帮助 不用")),
            )
        ]
    return actions.leave(session, actor, now)


def my_data(session: Session, actor: Actor, chat: Chat | None, now: datetime) -> list[Say]:
    """What is kept about whoever asks, and about nobody else."""
    person = people.get(session, actor.id)
    since = person.created_at.astimezone(now.tzinfo)
    lines = [
        text("mydata.since", since=f"{since.year}年{since.month}月{since.day}日"),
        text("mydata.name", name=people.name_of(session, person) or "—"),
        _phone(people.phone_of(session, person)),
        _roles(session, actor),
        text("mydata.accounts", n=len(people.accounts_of(session, actor.id))),
        _records(session, actor),
        _reminders(session, actor),
        *subscribe.line(session, chat),
        text("mydata.how_long"),
    ]
    return [say("mydata.intro", (button("membership.leave_button", "退出"),), lines=tuple(lines))]


def _phone(number: str) -> Text:
    return text("mydata.phone", tail=number[-4:]) if number else text("mydata.no_phone")


def _roles(session: Session, actor: Actor) -> Text:
    held = "、".join(f"{areas.get(session, hold.area_id).name}{hold.role.value}" for hold in actor.holds)
    return text("mydata.roles", roles=held) if held else text("mydata.no_roles")


def _records(session: Session, actor: Actor) -> Text:
    told = [
        text("mydata.record", code=one.code, state=text(f"mydata.state_{one.state.value}"))
        for one in incidents.told_by(session, actor.id, 20)
    ]
    told += [text("mydata.search", code=one.code) for one in searches.told_by(session, actor.id, 20)]
    return text("mydata.records", records=tuple(told)) if told else text("mydata.no_records")


def _reminders(session: Session, actor: Actor) -> Text:
    codes = "、".join(one.code for one in reminders.owned_by(session, actor.id, 50))
    return text("mydata.reminders", codes=codes) if codes else text("mydata.no_reminders")


COMMANDS = (
    Command("退出", leave, latin="leave", bare=intent.leave, private=True, rank=87),
    Command("我的数据", my_data, latin="mydata", bare=intent.my_data, private=True, rank=86),
)
