"""What can be done with a dispute (纠纷): register, sort, take over, refer, meet, note, take back; the only door.

How it ends stands in `handlers/disputes/closing.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.dialogue.access import HANDLERS, OFFICERS, refuse, require
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, Scene, actor_of, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.disputes import records, rules, views
from handlers.disputes.rules import Fact, Party, Told
from handlers.fraud_check.ringing import first_calls
from handlers.incidents.place import area_of, building_of
from handlers.incidents.rules import split_private, urgent
from handlers.ladders import actions as ladders
from handlers.reading.identifiers import mask
from handlers.reading.places import Gazetteer
from handlers.reminders.rules import KEPT, moment_words
from storage import areas, audit, cases, chats, disputes, moments, people, reminders, sources
from storage.callbacks import barred
from storage.disputes import Dispute, DisputeState, Sort, Triage
from storage.lanes import Lane
from storage.moments import Clock
from storage.people import Role
from storage.purposes import Purpose
from storage.reminders import ReminderState


@dataclass(frozen=True, slots=True)
class Telling:
    """What is registered: the two sides, the matter, and where it is in the words used."""

    parties: tuple[Party, ...]
    about: str
    place: str = ""


def register(
    session: Session,
    scene: Scene,
    telling: Telling,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Register a dispute (登记): sealed, the team told where and of which sort; it waits 24 hours to be sorted."""
    where = f"{telling.place} {telling.about}"
    area = area_of(session, gazetteer, where, scene)
    on_team = scene.actor.has(HANDLERS, area)
    split = split_private(telling.about, station.lines)
    begun = Dispute(
        purpose=Purpose.SERVICE,
        area_id=area.id,
        state=DisputeState.REPORTED,
        sort=Sort(rules.sort_of(telling.about)),
        expires_at=now + station.incident_lives,
    )
    dispute = cases.add(
        session,
        begun,
        now,
        private={
            "words": split.private["words"],
            "parties": [{"name": one.name, "phone": one.phone} for one in telling.parties],
            "place": split_private(telling.place).private["words"],
        },
        origin={"person": scene.actor.id, "team": on_team},
        teller_id=scene.actor.id,
    )
    if building := building_of(gazetteer, where, area.id):
        dispute.place = cases.sealed(session, dispute, "place", building)
    ladders.begin(session, dispute.topic, rules.first_rung(area.level), rules.UNSORTED, now, station)
    sources.note(session, message.message_name, dispute.topic, now)
    audit.write(session, "dispute", now, topic=dispute.topic, code=dispute.code, area=area.id)
    calls = first_calls(telling.about, danger=urgent(telling.about))
    return [*calls, _registered(session, dispute, on_team), *views.to_team(session, dispute)]


def rewrite(session: Session, dispute: Dispute, told: Told, station: Station) -> list[Say]:
    """The message that registered it was edited before it was sorted: what it says now counts."""
    private = {
        **cases.private_of(session, dispute),
        "words": split_private(told.about, station.lines).private["words"],
        "parties": [{"name": one.name, "phone": one.phone} for one in told.parties],
    }
    cases.set_private(session, dispute, private)
    cases.change(session, dispute, sort=rules.sort_of(told.about))
    return [Say(text("incidents.changed", code=dispute.code), quote=True), *views.to_team(session, dispute)]


def _registered(session: Session, dispute: Dispute, on_team: bool) -> Say:
    minutes = int(rules.WITHDRAW.total_seconds() // 60)
    place, code = records.place_line(session, dispute), dispute.code
    if not on_team:
        buttons = rows(
            (
                button("incidents.button.progress", f"进度 {code}"),
                button("incidents.button.withdraw", f"撤销 {code}"),
            )
        )
        return Say(text("disputes.noted", code=code, place=place, minutes=minutes), buttons=buttons)
    line = text("disputes.sort_it", code=code, place=place, sort=dispute.sort, minutes=minutes)
    return Say(line, buttons=views.triage_buttons(dispute))


def withdraw(session: Session, actor: Actor, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """Take a registration back (撤销), within ten minutes and before it is sorted."""
    if not records.is_teller(session, actor, dispute):
        raise refuse("disputes.not_yours")
    if now - dispute.created_at > rules.WITHDRAW and dispute.state is DisputeState.REPORTED:
        raise refuse("disputes.too_late", code=dispute.code)
    only = {DisputeState.REPORTED}
    if not cases.move(session, dispute, DisputeState.WITHDRAWN, only_from=only, closed_at=now, next_at=None):
        if dispute.state in (DisputeState.MEDIATING, DisputeState.AGREED):
            state = text(f"disputes.state.{dispute.state}")
            raise refuse("disputes.withdraw_how", code=dispute.code, state=state)
        raise records.not_open(dispute)
    ladders.end(session, dispute.topic, now, station)
    return [Say(text("disputes.withdrawn", code=dispute.code)), *views.to_team(session, dispute)]


def sort(session: Session, actor: Actor, dispute: Dispute, how: Triage, now: datetime, station: Station) -> list[Say]:
    """Sort a dispute (分流): who says so handles it, of the police room an officer does; sorting anew gains no time."""
    require(actor, how, areas.get(session, dispute.area_id))
    if dispute.state not in disputes.UNDER_WAY:
        raise records.not_open(dispute)
    before = dispute.handler_id
    if before not in (None, actor.id) and not records.leads(session, actor, dispute):
        raise refuse("disputes.in_hands", name=called(session, before or 0))
    handler = before or actor.id
    if how is Triage.STATION:
        handler = _officer(session, actor, dispute)
    callbacks.check_handler(session, dispute.topic, handler)
    _sorted(session, dispute, how, handler, now, station)
    return [*_handed(session, actor, dispute, before, now), *views.to_team(session, dispute)]


def _officer(session: Session, actor: Actor, dispute: Dispute) -> int:
    """The officer of the police room: who says so if one, else who has it if one, else the nearest."""
    area = areas.get(session, dispute.area_id)
    if actor.has(OFFICERS, area):
        return actor.id
    if dispute.handler_id is not None and actor_of(session, dispute.handler_id).has(OFFICERS, area):
        return dispute.handler_id
    for one in people.holders(session, OFFICERS - {Role.CASE_TEAM}, area.id):
        if one not in barred(session, dispute.topic):
            return one
    raise refuse("disputes.no_officer", code=dispute.code)


def _sorted(session: Session, dispute: Dispute, how: Triage, handler: int, now: datetime, station: Station) -> None:
    first = dispute.state is DisputeState.REPORTED
    anew = dispute.triage != how
    cases.move(
        session,
        dispute,
        DisputeState.MEDIATING,
        triage=how,
        handler_id=handler,
        next_at=rules.ask_next(how, now, station.quiet_from, station.quiet_until),
    )
    if anew:
        cases.add_note(session, dispute, "sorted", how, now)
    if first or anew:
        ladders.sort_anew(session, dispute.topic, rules.BY_TRIAGE[how], now, station)
    moments.note(session, dispute.topic, Clock.RESPONDED, now)


def _handed(session: Session, actor: Actor, dispute: Dispute, before: int | None, now: datetime) -> list[Say]:
    """The brief to whoever has it now, word to who had it and to who asked for help."""
    says: list[Say] = []
    if dispute.handler_id is not None and dispute.handler_id != before:
        says.append(views.for_handler(session, dispute, now))
        if dispute.handler_id != actor.id:
            name = called(session, dispute.handler_id)
            says.append(Say(text("disputes.handed", code=dispute.code, name=name), person=actor.id))
        if before is not None and before != actor.id:
            name = called(session, dispute.handler_id)
            says.append(Say(text("incidents.assign.from_you", code=dispute.code, to=name), person=before))
    else:
        line = text("disputes.sorted", code=dispute.code, triage=dispute.triage or "")
        says.append(Say(line, buttons=views.handler_buttons(dispute), person=dispute.handler_id))
        if dispute.handler_id != actor.id:
            told = text("disputes.sorted_group", code=dispute.code, triage=dispute.triage or "")
            says.append(Say(told, person=actor.id))
    if before is None:
        says += views.to_teller(session, dispute, "disputes.teller.taken", but=actor.id)
    return says


def take_over(session: Session, actor: Actor, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """Take a dispute over (接手): one nobody has, or one of which its present rung is in charge."""
    require(actor, "接手", areas.get(session, dispute.area_id))
    records.going(dispute)
    callbacks.check_handler(session, dispute.topic, actor.id)
    before = dispute.handler_id
    if before == actor.id:
        raise refuse("disputes.yours", code=dispute.code)
    cases.change(session, dispute, handler_id=actor.id)
    cases.add_note(session, dispute, "taken", people.name_of(session, actor.id), now)
    moments.note(session, dispute.topic, Clock.RESPONDED, now)
    return [*_handed(session, actor, dispute, before, now), *views.to_team(session, dispute)]


def refer(session: Session, actor: Actor, dispute: Dispute, to: str, now: datetime, station: Station) -> list[Say]:
    """Refer a dispute (转办): to a colleague, who has it from now on, or to a body outside, whose answer is awaited.

    to: a name, or 司法所, 人民法庭 …; raises Refusal where it is neither.
    """
    require(actor, "转办", areas.get(session, dispute.area_id))
    if dispute.state not in disputes.UNDER_WAY:
        raise records.not_open(dispute)
    before = dispute.handler_id
    if before is not None:
        records.check_handler(session, actor, dispute)
    body = rules.organ(to)
    same = people.all_named(session, to) if not body else ()
    person = next((one for one in same if people.is_colleague(session, one.id)), same[0] if same else None)
    if person is None and not body:
        raise refuse("disputes.nobody", code=dispute.code, name=mask(to)[:20])
    handler = before or actor.id
    if person is not None:
        if not actor_of(session, person.id).has(HANDLERS):
            raise refuse("disputes.not_team", name=called(session, person.id))
        if person.id == before:
            raise refuse("disputes.has_it", name=called(session, person.id))
        handler = person.id
    callbacks.check_handler(session, dispute.topic, handler)
    _sorted(session, dispute, Triage.REFERRED, handler, now, station)
    cases.add_note(session, dispute, "referred", body or people.name_of(session, handler), now)
    return [*_handed(session, actor, dispute, before, now), *views.to_team(session, dispute)]


def meet(session: Session, dispute: Dispute, at: datetime, room: str, now: datetime, station: Station) -> list[Say]:
    """Make an appointment (约谈); its handler is reminded an hour before, who asked for help hears when and where.

    The same appointment made twice is one; one that is moved keeps its room where none is told.
    """
    if at <= now:
        raise refuse("reminder.past", when=moment_words(at, now))
    records.going(dispute)
    owner = dispute.handler_id
    if owner is None:
        raise refuse("disputes.take_first", code=dispute.code)
    when, where = moment_words(at, now), room or views.room_of(session, dispute, now) or rules.ROOMS[0]
    told = Say(
        text("disputes.meets", code=dispute.code, when=when, room=where),
        buttons=rows(button("disputes.button.no_meeting", f"约谈 {dispute.code} 取消")),
    )
    if dispute.meets_at == at and cases.notes_of(session, dispute)[-1][1:] == ("met", f"{when} {where}"):
        return [told]
    _forget_reminder(session, dispute, now)
    home = chats.private_of(session, owner)
    reminder = None
    if home is not None:
        rings = at - rules.BEFORE if at - rules.BEFORE > now else at
        words = f"约谈 {dispute.code}，{when}，{where}"
        reminder = reminders.add(session, Purpose.REMINDER, owner, home.id, words, rings, now, expires_at=at + KEPT)
    cases.change(session, dispute, meets_at=at, reminder_id=reminder.id if reminder is not None else None)
    cases.add_note(session, dispute, "met", f"{when} {where}", now)
    return [told, *views.to_teller(session, dispute, "disputes.teller.meets", when=when, room=where)]


def call_off(session: Session, dispute: Dispute, now: datetime) -> list[Say]:
    """Call an appointment off."""
    if dispute.meets_at is None or dispute.meets_at <= now:
        raise refuse("disputes.no_meeting", code=dispute.code)
    _forget_reminder(session, dispute, now)
    cases.change(session, dispute, meets_at=None, reminder_id=None)
    cases.add_note(session, dispute, "called_off", "", now)
    return [
        Say(text("disputes.called_off", code=dispute.code)),
        *views.to_teller(session, dispute, "disputes.teller.called_off"),
    ]


def _forget_reminder(session: Session, dispute: Dispute, now: datetime) -> None:
    row = session.get(reminders.Reminder, dispute.reminder_id) if dispute.reminder_id is not None else None
    if row is not None and row.state is ReminderState.ACTIVE:
        reminders.end(session, row, ReminderState.CANCELLED, now + KEPT)


def choose_way(session: Session, dispute: Dispute, lane: str, partner: str, now: datetime) -> list[Say]:
    """Note which way it is mediated (三调) and with whom (三联); what is not named stays."""
    records.going(dispute)
    cases.change(session, dispute, lane=lane or dispute.lane, partner=partner or dispute.partner)
    way = "、".join(one for one in (dispute.lane, dispute.partner) if one)
    cases.add_note(session, dispute, "way", way, now)
    return [Say(text("disputes.way_is", code=dispute.code, way=way), quote=True)]


def add_fact(session: Session, dispute: Dispute, fact: Fact, now: datetime) -> list[Say]:
    """Note a fact of the case (调解记): what was done, where, how, before whom; nobody's work is scored by it."""
    records.going(dispute)
    if not fact.words:
        raise refuse("disputes.note_what", code=dispute.code)
    if len(fact.words) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    named = (("地点", fact.room), ("方法", fact.method), ("见证", fact.witness))
    words = "；".join([split_private(fact.words).private["words"], *(f"{name}：{one}" for name, one in named if one)])
    cases.add_note(session, dispute, "fact", words, now)
    moments.note(session, dispute.topic, Clock.RESPONDED, now)
    if dispute.next_at is not None:
        cases.change(session, dispute, next_at=now + rules.WEEK)
    return [
        Say(
            text("disputes.note_kept", code=dispute.code),
            buttons=rows(
                (
                    button("disputes.button.agree", f"达成 {dispute.code}"),
                    button("disputes.button.meet", f"约谈 {dispute.code}"),
                )
            ),
        )
    ]


def ask_how(session: Session, dispute: Dispute, now: datetime, station: Station) -> list[Say]:
    """It is time to ask its handler how it goes (每周跟踪), or why no appointment has been made."""
    again = dispute.state is DisputeState.MEDIATING and dispute.triage != Triage.STATION
    following = rules.ask_next(dispute.triage or "", now, station.quiet_from, station.quiet_until) if again else None
    cases.change(session, dispute, next_at=following)
    if dispute.state is not DisputeState.MEDIATING or dispute.handler_id is None:
        return []
    if dispute.triage == Triage.STATION and dispute.meets_at is not None:
        return []
    key = "disputes.no_appointment" if dispute.triage == Triage.STATION else "disputes.weekly"
    line = text(key, code=dispute.code, place=records.place_line(session, dispute))
    return [Say(line, buttons=views.handler_buttons(dispute), person=dispute.handler_id, lane=Lane.REMINDER)]


def told_more(session: Session, dispute: Dispute, words: str, now: datetime) -> list[Say]:
    """Who asked for help says more (补充): kept beside the case, and told to its handler alone."""
    added = split_private(words.strip()).private["words"]
    if not added:
        raise refuse("disputes.note_what", code=dispute.code)
    if len(added) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    cases.add_note(session, dispute, "added", added, now)
    says = [Say(text("incidents.added", code=dispute.code))]
    if dispute.handler_id is not None:
        line = text("incidents.was_added", code=dispute.code, words=added)
        says.append(Say(line, person=dispute.handler_id))
    return says
