"""What can be done with a meeting (见面): give, reach, meet, hand over, end, open again, take back; the only door."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.rules import ask_at
from handlers.dialogue.access import CHIEFS, DESK, TEAM, refuse
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import Actor, Scene, actor_of, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.place import area_of
from handlers.incidents.rules import split_private
from handlers.meetings import records, rules, views
from handlers.meetings.rules import Missing, Rung, Told
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer
from handlers.reminders.rules import is_quiet
from storage import areas, audit, cases, people, sources
from storage.lanes import Lane
from storage.meetings import Meeting, MeetingState, Result
from storage.people import Role
from storage.purposes import Purpose

MOST_TOLD = 8
DOERS = (Role.OFFICER, Role.GRID_WORKER, Role.AUXILIARY)


def give(
    session: Session,
    scene: Scene,
    words: str,
    where: str,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Give the task (派): to who says so where they go themselves, else to the nearest officer; sealed at once."""
    said = f"{where} {words}".strip()
    if len(said) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    area = area_of(session, gazetteer, said, scene)
    handler = _first(session, scene.actor, area.id)
    begun = Meeting(
        purpose=Purpose.FRAUD,
        area_id=area.id,
        state=MeetingState.GIVEN,
        handler_id=handler,
        expires_at=now + station.incident_lives,
    )
    meeting = cases.add(
        session,
        begun,
        now,
        private={"words": split_private(said, station.lines).private["words"]},
        origin={"person": scene.actor.id, "team": True},
        teller_id=scene.actor.id,
    )
    _wind(session, meeting, now)
    sources.note(session, message.message_name, meeting.topic, now)
    audit.write(session, "meeting", now, topic=meeting.topic, code=meeting.code, area=area.id)
    if handler == scene.actor.id:
        return [views.brief(session, meeting, now)]
    minutes = int(rules.WITHDRAW.total_seconds() // 60)
    answer = Say(
        text("meetings.given", code=meeting.code, name=called(session, handler), minutes=minutes),
        buttons=rows(
            (
                button("meetings.button.hand", f"转派 {meeting.code}"),
                button("incidents.button.withdraw", f"撤销 {meeting.code}"),
            )
        ),
    )
    return [answer, views.brief(session, meeting, now)]


def _first(session: Session, actor: Actor, area_id: int) -> int:
    """Whose hands it comes into: who goes there themselves, else the nearest officer, worker, or whoever said it."""
    if actor.has(frozenset(DOERS), areas.get(session, area_id)):
        return actor.id
    for role in DOERS:
        for one in people.holders(session, (role,), area_id):
            return one
    return actor.id


def rewrite(session: Session, meeting: Meeting, words: str, station: Station) -> list[Say]:
    """The message it came from was edited: until it is over its handler reads what it says now."""
    records.going(meeting)
    cases.set_private(session, meeting, {"words": split_private(words, station.lines).private["words"]})
    told = Say(text("incidents.changed", code=meeting.code), quote=True)
    if meeting.handler_id is None or cases.is_teller(session, meeting, meeting.handler_id):
        return [told]
    return [told, Say(text("meetings.changed", code=meeting.code, words=words), person=meeting.handler_id)]


def _wind(session: Session, meeting: Meeting, now: datetime) -> None:
    """Set the clock to its next moment."""
    cases.change(session, meeting, next_at=rules.following(records.clock(meeting), now).at)


def note(session: Session, actor: Actor, meeting: Meeting, told: Told, now: datetime) -> list[Say]:
    """Reached (已联系), met (已见面), or that this was pressed by mistake."""
    records.going(meeting)
    if told is Told.NOT_YET:
        return _not_yet(session, meeting, now)
    before = meeting.met_at if told is Told.MET else meeting.reached_at
    if before is not None:
        raise refuse("meetings.noted_already", code=meeting.code, state=views.state(meeting))
    to = MeetingState.MET if told is Told.MET else MeetingState.REACHED
    if meeting.met_at is not None:
        to = MeetingState.MET
    met = now if told is Told.MET else meeting.met_at
    moved = cases.move(session, meeting, to, reached_at=meeting.reached_at or now, met_at=met)
    if not moved:
        raise records.not_open(meeting)
    cases.add_note(session, meeting, told.value, "", now)
    _wind(session, meeting, now)
    key = "meetings.met" if told is Told.MET else "meetings.reached"
    return [Say(text(key, code=meeting.code), buttons=views.buttons(meeting))]


def _not_yet(session: Session, meeting: Meeting, now: datetime) -> list[Say]:
    """Undo the last of the two: a meeting that was none, or a contact that was none."""
    if meeting.met_at is not None:
        cases.move(session, meeting, MeetingState.REACHED, met_at=None)
    elif meeting.reached_at is not None:
        cases.move(session, meeting, MeetingState.GIVEN, reached_at=None)
    else:
        return [Say(text("meetings.go_on", code=meeting.code), buttons=views.buttons(meeting))]
    cases.add_note(session, meeting, Told.NOT_YET.value, "", now)
    _wind(session, meeting, now)
    return [Say(text("meetings.taken_back", code=meeting.code), buttons=views.buttons(meeting))]


def end(session: Session, actor: Actor, meeting: Meeting, how: Result, yuan: int | None, now: datetime) -> list[Say]:
    """The result (结果) and the sum at stake; whoever gave it hears the result without a name, its handler by whom."""
    records.going(meeting)
    if not cases.move(session, meeting, MeetingState.DONE, result=str(how), yuan=yuan, closed_at=now, next_at=None):
        raise records.not_open(meeting)
    audit.write(session, "meeting.done", now, topic=meeting.topic)
    again = button("meetings.button.reopen", f"重开 {meeting.code}")
    key = "meetings.done" if yuan is not None else "meetings.done_no_sum"
    line = text(key, code=meeting.code, result=str(how), sum=views.sum_words(yuan))
    urgent = [Say(text("meetings.paid", code=meeting.code), lane=Lane.LIFE)] if how is Result.PAID else []
    told = _to_handler(session, actor, meeting, "meetings.ended_handler", rows(again))
    return [Say(line, buttons=rows(again)), *urgent, *told, *_to_giver(session, actor, meeting)]


def _to_handler(
    session: Session, actor: Actor, meeting: Meeting, key: str, buttons: tuple[tuple[Button, ...], ...]
) -> list[Say]:
    """Who leads the area did it in its handler's place, who hears so."""
    if meeting.handler_id in (None, actor.id):
        return []
    line = text(key, code=meeting.code, name=called(session, actor.id), state=views.state(meeting))
    return [Say(line, buttons=buttons, person=meeting.handler_id)]


def _to_giver(session: Session, actor: Actor, meeting: Meeting) -> list[Say]:
    person = cases.origin_of(session, meeting).get("person")
    if not isinstance(person, int) or person in (meeting.handler_id, actor.id):
        return []
    return [Say(text("meetings.ended_giver", code=meeting.code, state=views.state(meeting)), person=person)]


def reopen(session: Session, actor: Actor, meeting: Meeting, now: datetime) -> list[Say]:
    """A result told by mistake: the task is as it was before, as its handler hears."""
    if meeting.state is not MeetingState.DONE:
        raise refuse("meetings.still_open", code=meeting.code)
    back = MeetingState.GIVEN
    if meeting.reached_at is not None:
        back = MeetingState.MET if meeting.met_at is not None else MeetingState.REACHED
    cases.move(session, meeting, back, result=None, yuan=None, closed_at=None)
    cases.add_note(session, meeting, "reopened", "", now)
    _wind(session, meeting, now)
    told = _to_handler(session, actor, meeting, "meetings.reopened_handler", views.buttons(meeting))
    return [Say(text("meetings.reopened", code=meeting.code), buttons=views.buttons(meeting)), *told]


def withdraw(session: Session, actor: Actor, meeting: Meeting, now: datetime) -> list[Say]:
    """Whoever gave it takes it back (撤销), within ten minutes and before anybody was reached."""
    if not cases.is_teller(session, meeting, actor.id):
        raise refuse("meetings.not_yours")
    records.going(meeting)
    if now - meeting.created_at > rules.WITHDRAW:
        raise refuse("meetings.too_late", code=meeting.code)
    given = {MeetingState.GIVEN}
    if not cases.move(session, meeting, MeetingState.WITHDRAWN, only_from=given, closed_at=now, next_at=None):
        raise records.not_open(meeting)
    says = [Say(text("meetings.withdrawn", code=meeting.code))]
    if meeting.handler_id not in (None, actor.id):
        says.append(Say(text("meetings.withdrawn_handler", code=meeting.code), person=meeting.handler_id))
    return says


def hand_over(session: Session, actor: Actor, meeting: Meeting, to: str, now: datetime) -> list[Say]:
    """Hand it to a colleague by name (转派); its clocks go on, and the brief goes along."""
    records.going(meeting)
    same = people.all_named(session, to)
    person = next((one for one in same if people.is_colleague(session, one.id)), None)
    if person is None:
        raise refuse("incidents.assign.nobody", name=mask(to)[:20])
    return take(session, actor, meeting, person.id, now)


def take(session: Session, actor: Actor, meeting: Meeting, person: int, now: datetime) -> list[Say]:
    """It is in this person's hands from now on (接单, 转派)."""
    records.going(meeting)
    if not actor_of(session, person).has(TEAM):
        raise refuse("incidents.assign.not_team", name=called(session, person))
    if meeting.handler_id == person:
        raise refuse("meetings.has_it", code=meeting.code)
    before = meeting.handler_id
    cases.change(session, meeting, handler_id=person)
    cases.add_note(session, meeting, "handed", people.name_of(session, person), now)
    says = [views.brief(session, meeting, now)]
    if person != actor.id:
        says.insert(0, Say(text("meetings.handed", code=meeting.code, name=called(session, person))))
    if before not in (None, actor.id, person):
        says.append(Say(text("meetings.from_you", code=meeting.code, name=called(session, person)), person=before))
    return says


def add(session: Session, meeting: Meeting, words: str, by: int, now: datetime) -> list[Say]:
    """What is known besides (补充): kept beside it, told to its handler alone."""
    records.going(meeting)
    added = split_private(words).private["words"].strip()
    if not added:
        raise refuse("meetings.add_what", code=meeting.code)
    if len(added) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    cases.add_note(session, meeting, "added", added, now)
    says = [Say(text("incidents.added", code=meeting.code))]
    if meeting.handler_id not in (None, by):
        told = text("incidents.was_added", code=meeting.code, words=added)
        says.append(Say(told, person=meeting.handler_id))
    return says


def step(session: Session, meeting: Meeting, now: datetime, station: Station) -> list[Say]:
    """Its clock strikes: the handler hears what is missing, and so do those of the rung it has climbed to.

    Only a result may wait for the morning.
    """
    if meeting.state not in (MeetingState.GIVEN, MeetingState.REACHED, MeetingState.MET):
        cases.change(session, meeting, next_at=None)
        return []
    clock = records.clock(meeting)
    found = rules.due(clock, rules.since(clock, meeting.next_at or now), now)
    if found is not None and found.missing is Missing.RESULT and is_quiet(now, station.quiet_from, station.quiet_until):
        cases.change(session, meeting, next_at=ask_at(now, station.quiet_from, station.quiet_until))
        return []
    _wind(session, meeting, now)
    if found is None:
        return []
    key = f"meetings.late.{found.missing}"
    lane = Lane.REMINDER if found.missing is Missing.RESULT else Lane.LIFE
    own = text(key, code=meeting.code, age=views.age(meeting, now))
    handler = [meeting.handler_id] if meeting.handler_id is not None else []
    says = to_people(Say(own, buttons=views.buttons(meeting), lane=lane), handler)
    nobody = text("meetings.hand.nobody")
    told = text(
        f"meetings.climbed.{found.missing}",
        code=meeting.code,
        age=views.age(meeting, now),
        hand=text("meetings.hand.of", name=called(session, handler[0])) if handler else nobody,
    )
    take_it = button("meetings.button.take", f"接单 {meeting.code}")
    above = Say(told, buttons=rows(take_it), lane=lane)
    return [*says, *to_people(above, _above(session, meeting, found.rung))]


def _above(session: Session, meeting: Meeting, rung: Rung) -> Iterable[int]:
    """Whom a rung tells: the nearest officers, or chiefs and desk where the officer is already at it."""
    if rung is Rung.HANDLER:
        return []
    officers = people.nearest_holders(session, (Role.OFFICER,), meeting.area_id)
    above = people.holders(session, CHIEFS | DESK, meeting.area_id)
    if rung is Rung.OFFICER and any(one != meeting.handler_id for one in officers):
        found = officers
    else:
        found = [*officers, *above]
    return [one for one in dict.fromkeys(found) if one != meeting.handler_id][:MOST_TOLD]
