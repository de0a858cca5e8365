"""What can be done with ten households (十户联防): found, join, leave, raise the alarm, answer, clear. The only door.

The neighbours hear what is needed to help and no number of anybody; the worker and the officer hear who it is.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.access import DESK, OFFICERS, WORKERS, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.households import rules, views
from handlers.incidents.rules import clean, split_private
from storage import areas, audit, cases, households, moments, people, tries
from storage.areas import Area
from storage.households import Alarm, AlarmState, Member, Unit
from storage.lanes import Lane
from storage.moments import Clock
from storage.people import Role
from storage.purposes import Purpose

FOUNDERS = WORKERS | OFFICERS
HELPERS = WORKERS | OFFICERS | DESK


def found(session: Session, actor: Actor, area: Area, name: str, now: datetime) -> list[Say]:
    """Found a unit (新建): a name, and a code by which households join by themselves."""
    _require(actor, area)
    called = split_private(clean(name)).masked
    if not called or len(called) > rules.MOST_NAME:
        raise refuse("households.name_it", most=rules.MOST_NAME)
    unit = households.add(session, called, area.id, now)
    audit.write(session, "household.found", now, actor_id=actor.id, unit=unit.id, area=area.id)
    return [_invited(session, unit, now)]


def invite(session: Session, actor: Actor, unit: Unit, now: datetime) -> list[Say]:
    """A new code to join (邀请); the earlier one is void."""
    _require(actor, areas.get(session, unit.area_id))
    return [_invited(session, unit, now)]


def _invited(session: Session, unit: Unit, now: datetime) -> Say:
    code = households.invite(session, unit, now + rules.CODE_LIVES)
    line = text(
        "households.invited",
        name=households.name_of(session, unit),
        number=unit.id,
        code=f"{code[:4]}-{code[4:]}",
        days=rules.CODE_LIVES.days,
    )
    return Say(line, buttons=rows(button("households.button.show", f"十户 看 {unit.id}")))


def _require(actor: Actor, area: Area) -> None:
    if not actor.has(FOUNDERS, area):
        raise refuse("households.founders")


def unit_of_code(session: Session, actor: Actor, code: str, now: datetime) -> Unit:
    """The unit a code lets this person join; wrong codes are counted, so that none can be guessed."""
    who = str(actor.id)
    if tries.count(session, "household", who, now, rules.TRIES_WITHIN) >= rules.TRIES:
        raise refuse("membership.wait", minutes=int(rules.TRIES_WITHIN.total_seconds() // 60))
    unit = households.by_code(session, code, now)
    if unit is None:
        tries.wrong(session, "household", who, now, rules.TRIES_WITHIN)
        raise refuse("households.wrong_code")
    own = households.membership(session, actor.id)
    if own is not None:
        raise refuse("households.is_member", name=households.name_of(session, own[0]))
    if len(households.members_of(session, unit)) >= rules.MOST_MEMBERS:
        raise refuse("households.full")
    return unit


def join(session: Session, actor: Actor, unit: Unit, words: str, now: datetime) -> list[Say]:
    """A household joins of its own will (加入), under the name it gives itself; the worker hears."""
    if households.membership(session, actor.id) is not None:
        raise refuse("households.is_member", name=households.name_of(session, unit))
    called = rules.named(words)
    if not called:
        raise refuse("households.call_yourself", most=rules.MOST_CALLED)
    households.join(session, unit, actor.id, called, now)
    audit.write(session, "household.join", now, actor_id=actor.id, unit=unit.id)
    name, n = households.name_of(session, unit), len(households.members_of(session, unit))
    told = text("households.has_joined", called=called, name=name, number=unit.id, n=n)
    workers = [one for one in people.nearest_holders(session, WORKERS, unit.area_id) if one != actor.id]
    return [
        Say(text("households.joined", name=name, called=called), buttons=views.member_buttons()),
        *to_people(Say(told, buttons=rows(button("households.button.show", f"十户 看 {unit.id}"))), workers),
    ]


def leave(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """A household leaves (退出), at any time and without a reason."""
    unit, member = own_of(session, actor)
    name = households.name_of(session, unit)
    households.leave(session, member)
    audit.write(session, "household.leave", now, actor_id=actor.id, unit=unit.id)
    return [Say(text("households.left", name=name))]


def own_of(session: Session, actor: Actor) -> tuple[Unit, Member]:
    """The unit of whoever speaks; else a Refusal that tells how to join."""
    own = households.membership(session, actor.id) if actor.id else None
    if own is None:
        raise refuse("households.not_member")
    return own


def remove(session: Session, actor: Actor, unit: Unit, place: int, now: datetime) -> list[Say]:
    """Take a household out that joined by mistake (移出); it hears."""
    _require(actor, areas.get(session, unit.area_id))
    members = households.members_of(session, unit)
    if not 1 <= place <= len(members):
        raise refuse("households.no_such_place", n=len(members))
    member = members[place - 1]
    called, name = households.called(session, unit, member), households.name_of(session, unit)
    person = member.person_id
    households.leave(session, member)
    audit.write(session, "household.remove", now, actor_id=actor.id, unit=unit.id)
    return [
        Say(text("households.removed", called=called, name=name)),
        Say(text("households.you_removed", name=name), person=person),
    ]


def end(session: Session, actor: Actor, unit: Unit, now: datetime) -> list[Say]:
    """Dissolve a unit (撤组): its households hear, and nothing of them is kept."""
    _require(actor, areas.get(session, unit.area_id))
    if households.under_way(session, unit) is not None:
        raise refuse("households.alarm_first")
    name = households.name_of(session, unit)
    told = to_people(
        Say(text("households.was_ended", name=name)), [one.person_id for one in households.members_of(session, unit)]
    )
    households.end(session, unit, now)
    audit.write(session, "household.end", now, actor_id=actor.id, unit=unit.id)
    return [Say(text("households.ended", name=name)), *told]


def alarm(
    session: Session, actor: Actor, words: str, now: datetime, station: Station, media: Sequence[int] = ()
) -> list[Say]:
    """Raise the alarm (报警): every household, the worker and the officer hear at once; nothing is asked first.

    media: pictures sent along, for the worker and the officer alone.
    """
    unit, member = own_of(session, actor)
    said = split_private(clean(words)[: rules.MOST_WORDS], station.lines)
    going = households.under_way(session, unit)
    if going is not None:
        return more(session, actor, going, clean(words), now, station, media)
    called = households.called(session, unit, member)
    earlier = [one.created_at for one in cases.told_by(session, Alarm, actor.id)]
    begun = Alarm(
        purpose=Purpose.RESCUE,
        area_id=unit.area_id,
        unit_id=unit.id,
        state=AlarmState.UNDER_WAY,
        quiet=rules.braked(earlier, now),
        next_at=rules.strikes_at(now, 0),
        expires_at=now + station.incident_lives,
    )
    row = cases.add(
        session,
        begun,
        now,
        private={"words": said.private["words"], "called": called},
        origin={"person": actor.id},
        teller_id=actor.id,
    )
    audit.write(session, "household.alarm", now, topic=row.topic, code=row.code, unit=unit.id, area=unit.area_id)
    _told_to(session, row, unit, actor)
    everybody = [*views.to_neighbours(session, row, unit), *_to_helpers(session, row, unit, media, now)]
    return [views.raised(session, row), *everybody, *views.to_groups(session, row, unit)]


def _told_to(session: Session, row: Alarm, unit: Unit, actor: Actor) -> None:
    """Note who hears of it: the other households, and the nearest workers and officers."""
    members = [] if row.quiet else [one.person_id for one in households.members_of(session, unit)]
    others = [one for one in members if one != actor.id]
    team = [one for one in _team(session, unit) if one != actor.id]
    for person in dict.fromkeys((*others, *team)):
        households.hear(session, row, person, member=person in others, team=person in team)
    cases.change(session, row, told=len(others))


def _team(session: Session, unit: Unit) -> Sequence[int]:
    officers = people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, unit.area_id)
    return list(dict.fromkeys((*people.nearest_holders(session, WORKERS, unit.area_id), *officers)))


def _to_helpers(session: Session, row: Alarm, unit: Unit, media: Sequence[int], now: datetime) -> list[Say]:
    shown = [replace(one, media=tuple(media)) for one in views.to_helpers(session, row, unit)]
    return viewed(session, row.topic, "alarm", shown, now)


def more(
    session: Session,
    actor: Actor,
    row: Alarm,
    words: str,
    now: datetime,
    station: Station,
    media: Sequence[int] = (),
) -> list[Say]:
    """More is said while an alarm is under way, by whoever raised it or another household: all hear that, too."""
    own = households.membership(session, actor.id)
    unit = session.get_one(Unit, row.unit_id)
    if row.state is not AlarmState.UNDER_WAY:
        raise views.is_over(row)
    if own is None or own[0].id != unit.id:
        raise refuse("households.not_yours")
    called = households.called(session, unit, own[1])
    again = cases.is_teller(session, row, actor.id)
    if not words and not media and again:
        return [views.raised(session, row, again=True)]
    said = split_private(words[: rules.MOST_WORDS], station.lines)
    cases.add_note(session, row, "added", f"{called}：{said.private['words']}", now)
    added = sum(kind == "added" for _, kind, _ in cases.notes_of(session, row))
    loud = not row.quiet and added <= rules.MOST_ADDED
    key = "households.more" if again else "households.another"
    heard: list[Say] = []
    members = {one.person_id for one in households.members_of(session, unit)}
    for one in households.hearers(session, row):
        left = not one.team and one.person_id not in members
        if one.person_id == actor.id or left or not (one.team or loud):
            continue
        shown = said.private["words"] if one.team else said.masked
        line = text(key, code=row.code, called=called, words=shown or text("households.no_words"))
        heard.append(Say(line, person=one.person_id, lane=Lane.LIFE, media=tuple(media) if one.team else ()))
    teller = cases.origin_of(session, row).get("person")
    if isinstance(teller, int) and teller != actor.id and loud:
        line = text(key, code=row.code, called=called, words=said.masked or text("households.no_words"))
        heard.append(Say(line, person=teller, lane=Lane.LIFE))
    sent = text("households.passed_on" if loud else "households.passed_on_team", code=row.code)
    return [Say(sent, lane=Lane.LIFE), *viewed(session, row.topic, "alarm", heard, now)]


def know(session: Session, actor: Actor, row: Alarm, now: datetime) -> list[Say]:
    """Somebody who heard the alarm says so (收到); whoever raised it hears that help knows."""
    if row.state is not AlarmState.UNDER_WAY:
        raise views.is_over(row)
    mine = next((one for one in households.hearers(session, row) if one.person_id == actor.id), None)
    if mine is None:
        if cases.is_teller(session, row, actor.id):
            raise refuse("households.you_raised", code=row.code)
        raise refuse("households.not_yours")
    if not households.answer(session, row, actor.id, now):
        raise refuse("households.known_already", code=row.code)
    if mine.member and now - row.created_at <= rules.ANSWER_IN:
        cases.change(session, row, acknowledged=row.acknowledged + 1)
    unit = session.get_one(Unit, row.unit_id)
    says = [views.thanked(row)]
    teller = cases.origin_of(session, row).get("person")
    if mine.team:
        first = moments.of(session, row.topic) is None
        moments.note(session, row.topic, Clock.RESPONDED, now)
        if isinstance(teller, int):
            says.append(Say(text("households.help_knows", code=row.code), person=teller, lane=Lane.LIFE))
        says += views.to_groups(session, row, unit) if first else []
    return says


def clear(session: Session, actor: Actor, row: Alarm, now: datetime) -> list[Say]:
    """The danger is over (解除), as whoever raised it or one of the team says: every copy turns into that."""
    if not (cases.is_teller(session, row, actor.id) or _helps(session, actor, row)):
        raise refuse("households.not_yours_to_clear")
    moments.note(session, row.topic, Clock.CALMED, now)
    return _over(session, row, AlarmState.CLEARED, actor.id, now)


def false_alarm(session: Session, actor: Actor, row: Alarm, now: datetime) -> list[Say]:
    """It was none (误报): within minutes by whoever raised it, at any time by the team; every copy says so."""
    if not _helps(session, actor, row):
        if not cases.is_teller(session, row, actor.id):
            raise refuse("households.not_yours_to_clear")
        if now - row.created_at > rules.FALSE_WITHIN and row.state is AlarmState.UNDER_WAY:
            raise refuse("households.too_late", minutes=int(rules.FALSE_WITHIN.total_seconds() // 60), code=row.code)
    return _over(session, row, AlarmState.FALSE, actor.id, now)


def _helps(session: Session, actor: Actor, row: Alarm) -> bool:
    return actor.has(HELPERS, areas.get(session, row.area_id))


def _over(session: Session, row: Alarm, to: AlarmState, by: int, now: datetime) -> list[Say]:
    only = {AlarmState.UNDER_WAY}
    if not cases.move(session, row, to, only_from=only, closed_at=now, next_at=None):
        raise views.is_over(row)
    audit.write(session, "household.over", now, actor_id=by or None, topic=row.topic, false=to is AlarmState.FALSE)
    unit = session.get_one(Unit, row.unit_id)
    teller = cases.origin_of(session, row).get("person")
    heard = [one.person_id for one in households.hearers(session, row)]
    told = [*heard, *([teller] if isinstance(teller, int) else []), *([by] if by else [])]
    households.forget_hearers(session, row)
    answer = [views.over_by_you(row)] if by in (*heard, teller) else []
    return [*answer, *views.ended(session, row, unit, told), *views.to_groups(session, row, unit)]


def strike(session: Session, row: Alarm, now: datetime, station: Station) -> list[Say]:
    """The clock: who has not answered, that nobody has cleared it, and, long after, its end by itself."""
    if row.state is not AlarmState.UNDER_WAY:
        cases.change(session, row, next_at=None)
        return []
    stage = row.stage
    cases.change(session, row, stage=stage + 1, next_at=rules.strikes_at(row.created_at, stage + 1))
    unit = session.get_one(Unit, row.unit_id)
    if stage == 0:
        return views.silent(session, row, unit)
    if stage == 1:
        return views.not_cleared(session, row, unit)
    return _over(session, row, AlarmState.CLEARED, 0, now)
