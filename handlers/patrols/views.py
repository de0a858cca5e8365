"""Views of a patrol (看法): the card for groups, the invitation, what those on it read; names only among themselves."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, said, text
from handlers.reminders.rules import moment_words
from handlers.volunteers import actions as volunteering
from storage import areas, cases, chats, patrols, people
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.patrols import Patrol, PatrolState
from storage.people import Role

MOST_NAMES = 40
ASIDE = frozenset({Role.GUARD, Role.AUXILIARY})


def place_of(session: Session, patrol: Patrol) -> str:
    """Where those on it meet; empty where nothing was said."""
    return str(cases.private_of(session, patrol).get("place", ""))


def head(session: Session, patrol: Patrol, now: datetime) -> Text:
    """Where and when."""
    area, when = areas.get(session, patrol.area_id).name, moment_words(patrol.starts_at, now)
    key = "patrols.head_for" if patrol.cause else "patrols.head"
    return text(key, code=patrol.code, area=area, when=when, cause=patrol.cause or "")


def card(session: Session, patrol: Patrol, now: datetime) -> Say:
    """The message of a group: where, when, how it stands; neither names nor numbers."""
    lines = [head(session, patrol, now)]
    lines.append(text("patrols.card", state=state(patrol)))
    buttons: tuple[Button, ...] = ()
    if not patrol.is_over:
        buttons = (button("patrols.button.join", f"巡逻 参加 {patrol.code}"),)
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=rows(buttons) if buttons else (),
        slot=f"patrol:{patrol.id}:card",
        topic=patrol.topic,
    )


def state(patrol: Patrol) -> Text:
    """How it stands."""
    return text(f"patrols.state.{patrol.state}")


def to_groups(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """The card for the nearest volunteers' and workers' groups."""
    near = [*chats.nearest(session, (ChatKind.VOLUNTEERS,), patrol.area_id), *chats.team_of(session, patrol.area_id)]
    return to_each(card(session, patrol, now), [chat.id for chat in near])


def expected(session: Session, patrol: Patrol, now: datetime) -> list[int]:
    """Whom to ask along: volunteers whose hours fit, of a search all of them; guards and auxiliaries."""
    if patrol.cause is not None:
        free = people.holders(session, volunteering.CLUB, patrol.area_id)
    else:
        free = volunteering.callable_at(session, patrol.area_id, patrol.starts_at.astimezone(now.tzinfo))
    others = people.holders(session, ASIDE, patrol.area_id)
    there = {*patrols.members_of(session, patrol), patrol.handler_id}
    return [one for one in dict.fromkeys((*free, *others)) if one not in there]


def invitations(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """Ask them, each privately."""
    buttons = [button("patrols.button.join", f"巡逻 参加 {patrol.code}")]
    if patrol.cause is not None:
        buttons.append(button("patrols.button.look", f"查看 {patrol.cause}"))
    line = text(
        "patrols.invite_search" if patrol.cause else "patrols.invite",
        head=head(session, patrol, now),
        place=_meeting(session, patrol),
    )
    lane = Lane.LIFE if patrol.cause else Lane.REMINDER
    return to_people(Say(line, buttons=rows(tuple(buttons)), lane=lane), expected(session, patrol, now))


def _meeting(session: Session, patrol: Patrol) -> Text:
    place = place_of(session, patrol)
    return text("patrols.meeting", place=place) if place else said("")


def for_leader(session: Session, patrol: Patrol, now: datetime, key: str, **fields: object) -> Say:
    """What its leader reads, with what they can do next."""
    line = text(key, head=head(session, patrol, now), place=_meeting(session, patrol), code=patrol.code, **fields)
    return Say(line, buttons=leader_buttons(patrol), person=patrol.handler_id)


def leader_buttons(patrol: Patrol) -> tuple[tuple[Button, ...], ...]:
    """What its leader does next."""
    code = patrol.code
    if patrol.state is PatrolState.PLANNED:
        return (
            (button("patrols.button.begin", f"巡逻 开始 {code}"), button("patrols.button.cancel", f"巡逻 取消 {code}")),
            (button("patrols.button.names", f"巡逻 名单 {code}"),),
        )
    if patrol.state is PatrolState.GOING:
        return (
            (button("patrols.button.end", f"巡逻 结束 {code}"), button("patrols.button.names", f"巡逻 名单 {code}")),
            (button("patrols.button.car", "车门"),),
        )
    return ()


def for_member(session: Session, patrol: Patrol, now: datetime, key: str) -> Say:
    """What somebody who goes along reads."""
    line = text(key, head=head(session, patrol, now), place=_meeting(session, patrol))
    leave = button("patrols.button.leave", f"巡逻 退出 {patrol.code}")
    car, names = button("patrols.button.car", "车门"), button("patrols.button.names", f"巡逻 名单 {patrol.code}")
    return Say(line, buttons=rows((names, leave), car))


def to_members(session: Session, patrol: Patrol, one: Say, but: int | None = None) -> list[Say]:
    """The same for everybody on it."""
    return to_people(one, [person for person in patrols.members_of(session, patrol) if person != but])


def names(session: Session, patrol: Patrol) -> Text:
    """Who is on it, for those on it."""
    found = [called(session, one) for one in patrols.members_of(session, patrol)]
    leader: Iterable[Text | str] = [called(session, patrol.handler_id)] if patrol.handler_id is not None else []
    if not found:
        return text("patrols.names_gone" if patrol.is_over else "patrols.names_none", code=patrol.code)
    lines = tuple(one if isinstance(one, Text) else said(one) for one in found[:MOST_NAMES])
    return text("patrols.names", code=patrol.code, leader=next(iter(leader), ""), lines=lines)
