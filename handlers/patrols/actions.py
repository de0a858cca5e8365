"""What can be done with a patrol (巡逻): plan, call out, go along, begin, end, call off; the only door."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import TEAM, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.rules import split_private
from handlers.patrols import records, rules, views
from handlers.patrols.rules import Mark, Times
from handlers.reminders.rules import moment_words
from storage import audit, cases, patrols
from storage.areas import Area
from storage.lanes import Lane
from storage.patrols import Patrol, PatrolState
from storage.purposes import Purpose


def times_of(patrol: Patrol) -> Times:
    """What its clock goes by."""
    return Times(patrol.starts_at, patrol.began_at, patrol.closed_at)


def _wind(session: Session, patrol: Patrol, now: datetime) -> None:
    cases.change(session, patrol, next_at=rules.next_at(patrol.state, times_of(patrol), now))


def plan(
    session: Session, actor: Actor, area: Area, at: datetime, place: str, now: datetime, *, cause: str | None = None
) -> list[Say]:
    """Plan a patrol, or open one at once where its hour has come; those who may go along are asked."""
    if not actor.has(TEAM, area):
        raise refuse("patrols.not_planner", area=area.name)
    if at > now + rules.FARTHEST:
        raise refuse("patrols.too_far", days=rules.FARTHEST.days)
    at_once = at <= now
    if cause is None and (same := patrols.planned_at(session, area.id, at)) is not None:
        raise refuse("patrols.same", code=same.code)
    patrol = cases.add(
        session,
        Patrol(
            purpose=Purpose.SAFETY,
            area_id=area.id,
            handler_id=actor.id,
            state=PatrolState.GOING if at_once else PatrolState.PLANNED,
            starts_at=at,
            began_at=now if at_once else None,
            cause=cause,
            expires_at=max(at, now) + rules.LIVES,
        ),
        now,
        private={"place": split_private(place).masked[: rules.MOST_PLACE]},
        origin={},
        teller_id=None,
    )
    _wind(session, patrol, now)
    audit.write(session, "patrol", now, actor_id=actor.id, topic=patrol.topic, code=patrol.code, area=area.id)
    asked = views.invitations(session, patrol, now)
    key = "patrols.opened" if at_once else "patrols.planned"
    return [views.for_leader(session, patrol, now, key), *views.to_groups(session, patrol, now), *asked]


def call_out(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """Ask once more whoever may come and has not said so (召集)."""
    if patrol.is_over:
        raise records.not_now(patrol)
    asked = views.invitations(session, patrol, now)
    return [Say(text("patrols.called", code=patrol.code, n=len(asked)), quote=True), *asked]


def join(session: Session, actor: Actor, patrol: Patrol, now: datetime) -> list[Say]:
    """Go along (参加)."""
    if patrol.is_over:
        raise records.not_now(patrol)
    if not records.may_come(session, actor, patrol):
        raise refuse("patrols.not_here")
    if not patrols.join(session, patrol, actor.id):
        raise refuse("patrols.joined_already", code=patrol.code)
    key = "patrols.joined_now" if patrol.state is PatrolState.GOING else "patrols.joined"
    mine = replace(views.for_member(session, patrol, now, key), person=actor.id)
    return [mine, *views.to_groups(session, patrol, now)]


def leave(session: Session, actor: Actor, patrol: Patrol, now: datetime) -> list[Say]:
    """Go along no more (退出), at any time and without a reason."""
    if not patrols.drop(session, patrol, actor.id):
        raise refuse("patrols.not_on_it", code=patrol.code)
    again = rows(button("patrols.button.join_again", f"巡逻 参加 {patrol.code}")) if not patrol.is_over else ()
    says = [Say(text("patrols.left", code=patrol.code), buttons=again, person=actor.id)]
    return [*says, *views.to_groups(session, patrol, now)] if not patrol.is_over else says


def begin(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """Begin (开始): earlier than planned, too."""
    if not cases.move(session, patrol, PatrolState.GOING, only_from={PatrolState.PLANNED}, began_at=now):
        raise records.not_now(patrol)
    _wind(session, patrol, now)
    told = views.to_members(session, patrol, views.for_member(session, patrol, now, "patrols.begun"), patrol.handler_id)
    return [_answer(patrol, "patrols.begun_by", now), *told, *views.to_groups(session, patrol, now)]


def _answer(patrol: Patrol, key: str, now: datetime) -> Say:
    line = text(key, code=patrol.code, at=moment_words(now, now).rpartition(" ")[2])
    return Say(line, buttons=views.leader_buttons(patrol), quote=True, toast=line)


def end(session: Session, actor_id: int | None, patrol: Patrol, now: datetime) -> list[Say]:
    """End (结束): who was on it is kept a day longer, in case it was a slip."""
    if not cases.move(session, patrol, PatrolState.DONE, only_from={PatrolState.GOING}, closed_at=now):
        raise records.not_now(patrol)
    _wind(session, patrol, now)
    audit.write(session, "patrol.end", now, actor_id=actor_id, topic=patrol.topic)
    thanks = Say(text("patrols.thanks", code=patrol.code))
    undo = rows(button("patrols.button.not_over", f"重开 {patrol.code}"))
    answer = replace(_answer(patrol, "patrols.ended", now), buttons=undo)
    return [
        answer,
        *views.to_members(session, patrol, thanks, actor_id),
        *views.to_groups(session, patrol, now),
    ]


def cancel(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """Call off (取消) what has not begun; those who wanted to come hear it."""
    told = _called_off(session, patrol, now, "patrols.cancelled_told")
    undo = rows(button("patrols.button.not_off", f"重开 {patrol.code}"))
    return [Say(text("patrols.cancelled", code=patrol.code), buttons=undo, quote=True), *told]


def _called_off(session: Session, patrol: Patrol, now: datetime, key: str) -> list[Say]:
    if not cases.move(session, patrol, PatrolState.CANCELLED, only_from={PatrolState.PLANNED}, closed_at=now):
        raise records.not_now(patrol)
    _wind(session, patrol, now)
    line = Say(text(key, head=views.head(session, patrol, now)), lane=Lane.REMINDER)
    return [*views.to_members(session, patrol, line), *views.to_groups(session, patrol, now)]


def reopen(session: Session, patrol: Patrol, now: datetime) -> list[Say]:
    """Take a patrol up again that was ended or called off by a slip (重开), within half an hour."""
    if not patrol.is_over:
        raise records.not_now(patrol)
    if patrol.closed_at is None or now - patrol.closed_at > rules.SLIP:
        raise refuse("patrols.too_late", code=patrol.code, minutes=int(rules.SLIP.total_seconds() // 60))
    off = patrol.state is PatrolState.CANCELLED
    if off and patrol.starts_at <= now:
        raise refuse("patrols.gone_by", code=patrol.code)
    to = PatrolState.PLANNED if off else PatrolState.GOING
    cases.move(session, patrol, to, closed_at=None)
    _wind(session, patrol, now)
    told = views.to_members(session, patrol, views.for_member(session, patrol, now, "patrols.goes_on"))
    says = [Say(text("patrols.reopened", code=patrol.code), buttons=views.leader_buttons(patrol), quote=True)]
    return [*says, *told, *views.to_groups(session, patrol, now)]


def step(session: Session, patrol: Patrol, now: datetime, station: Station) -> list[Say]:
    """Time: those on it are reminded, its leader is asked, what nobody began or ended is over by itself."""
    mark = rules.struck(patrol.state, times_of(patrol), now)
    _wind(session, patrol, now)
    if mark is Mark.REMIND:
        one = replace(views.for_member(session, patrol, now, "patrols.soon"), lane=Lane.REMINDER)
        leader = replace(
            views.for_leader(session, patrol, now, "patrols.soon_leader"),
            lane=Lane.REMINDER,
        )
        return [leader, *views.to_members(session, patrol, one, patrol.handler_id)]
    if mark in (Mark.START, Mark.STILL):
        key = "patrols.due" if mark is Mark.START else "patrols.still"
        return [replace(views.for_leader(session, patrol, now, key), lane=Lane.REMINDER)]
    if mark is Mark.LAPSE:
        told = _called_off(session, patrol, now, "patrols.lapsed_told")
        return [*_to_leader(patrol, Say(text("patrols.lapsed", code=patrol.code))), *told]
    if mark is Mark.END:
        _, *told = end(session, None, patrol, now)
        return [*_to_leader(patrol, Say(text("patrols.ended_by_itself", code=patrol.code))), *told]
    if mark is Mark.FORGET:
        patrols.forget_members(session, patrol)
    return []


def _to_leader(patrol: Patrol, one: Say) -> list[Say]:
    leader = [patrol.handler_id] if patrol.handler_id is not None else []
    return to_people(replace(one, lane=Lane.REMINDER), leader)
