"""How a thing gets back (约时、领取): proposed, chosen, reminded of, missed; the code of the spot, the receipt."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks import actions as callbacks
from handlers.callbacks.rules import ask_at
from handlers.cases import plain
from handlers.dialogue.access import CHIEFS, DESK, refuse
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents.rules import split_private
from handlers.reading import workdays
from handlers.reminders.rules import moment_words
from handlers.returns import actions, records, rules, views
from storage import areas, audit, cases, moments, people
from storage.moments import Clock
from storage.returns import Return, ReturnState

UNDER_WAY = (ReturnState.VERIFIED, ReturnState.MEETING)


def _verified(row: Return) -> None:
    if row.state is ReturnState.REGISTERED:
        raise refuse("returns.verify_first", code=row.code)
    records.require_state(row, *UNDER_WAY)


def propose(session: Session, row: Return, times: Sequence[datetime], now: datetime, station: Station) -> list[Say]:
    """Propose moments (约时): the owner chooses one by a button; one that was told by phone is agreed at once.

    A moment the owner wished themselves is agreed at once, too.
    """
    _verified(row)
    if not times:
        raise refuse("returns.when", code=row.code)
    known = records.owner_of(session, row) is not None
    if not known and not records.owner_note(session, row):
        raise refuse("returns.no_owner", code=row.code)
    if not known and len(times) > 1:
        raise refuse("returns.one_by_phone", code=row.code)
    if not known or _wish_of(session, row, now) in times:
        return _meet(session, row, times[0], now, station)
    moved = row.state is ReturnState.MEETING
    if moved:
        _again(session, row, now, station)
    kept = list(times)[: rules.MOST_TIMES]
    records.keep(session, row, times=[one.isoformat() for one in kept], wish=None)
    shown = "；".join(moment_words(one, now) for one in kept)
    cases.add_note(session, row, "proposed", shown, now)
    key = "returns.owner.moved" if moved else "returns.owner.choose"
    return [
        Say(text("returns.proposed", code=row.code, times=shown)),
        views.to_owner(session, row, key, *views.choices(row, kept, now), station=station.name),
    ]


def check_open(row: Return, now: datetime) -> None:
    """Raise a Refusal that says how to change what is agreed, where an appointment stands."""
    if row.state is ReturnState.MEETING and row.meets_at is not None:
        raise refuse("returns.meets_already", code=row.code, when=moment_words(row.meets_at, now))


def _wish_of(session: Session, row: Return, now: datetime) -> datetime | None:
    kept = cases.private_of(session, row).get("wish")
    return datetime.fromisoformat(kept).astimezone(now.tzinfo) if kept else None


def agree_wish(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The moment the owner wished is fine (同意)."""
    _verified(row)
    wish = _wish_of(session, row, now)
    if wish is None or wish <= now:
        raise refuse("returns.no_wish", code=row.code)
    return _meet(session, row, wish, now, station)


def choose(session: Session, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    """The owner chooses one of the moments proposed."""
    records.require_state(row, ReturnState.VERIFIED)
    known = records.times_of(session, row, now)
    chosen = rules.unstamped(words, known)
    if chosen is None:
        raise refuse("returns.old_time" if known else "returns.not_proposed", code=row.code)
    if chosen <= now:
        raise refuse("returns.time_over", code=row.code)
    return _meet(session, row, chosen, now, station)


def wish(session: Session, row: Return, moment: datetime, now: datetime) -> list[Say]:
    """The owner would rather come at another time; its handler agrees, or proposes others."""
    records.require_state(row, ReturnState.VERIFIED)
    records.keep(session, row, wish=moment.isoformat())
    when = moment_words(moment, now)
    cases.add_note(session, row, "wished", when, now)
    yes = button("returns.button.agree", f"约谈 {row.code} 同意")
    return [
        Say(text("returns.owner.wished", code=row.code, when=when)),
        *views.to_handler(row, "returns.wished", yes, when=when),
    ]


def _meet(session: Session, row: Return, at: datetime, now: datetime, station: Station) -> list[Say]:
    code = f"{secrets.randbelow(10_000):04}"
    cases.move(
        session,
        row,
        ReturnState.MEETING,
        meets_at=at,
        matched_at=None,
        tries=0,
        next_at=rules.strike_of_meeting(at, now),
    )
    records.keep(session, row, code=code, times=None, wish=None)
    when = moment_words(at, now)
    cases.add_note(session, row, "met", when, now)
    move = button("returns.button.move", f"领取 {row.code} 改时间")
    if records.owner_of(session, row) is None:
        return views.to_handler(row, "returns.meets_phone", when=when, number=code, station=station.name)
    return [
        *views.to_handler(row, "returns.meets", *views.handler_buttons(session, row), when=when),
        views.to_owner(session, row, "returns.owner.meets", move, when=when, number=code, station=station.name),
    ]


def code_again(session: Session, row: Return, now: datetime, station: Station) -> Say:
    """The owner wants to know again when they come, or has lost the code of the spot."""
    move = button("returns.button.move", f"领取 {row.code} 改时间")
    code = str(cases.private_of(session, row).get("code", ""))
    if not code or row.meets_at is None:
        raise refuse("returns.code_first", code=row.code)
    when = moment_words(row.meets_at, now)
    return views.to_owner(session, row, "returns.owner.meets", move, when=when, number=code, station=station.name)


def _again(session: Session, row: Return, now: datetime, station: Station) -> None:
    """There is no appointment any more, and another one is due in three workdays."""
    by = workdays.due(now, rules.NO_APPOINTMENT, station.workdays)
    cases.move(
        session,
        row,
        ReturnState.VERIFIED,
        meets_at=None,
        matched_at=None,
        tries=0,
        meet_by=by,
        next_at=ask_at(by, station.quiet_from, station.quiet_until),
    )
    records.keep(session, row, code=None, times=None, wish=None)


def move(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The owner cannot come then (改时间): its handler hears it, and the owner is asked when they can."""
    records.require_state(row, ReturnState.MEETING)
    _again(session, row, now, station)
    cases.add_note(session, row, "moved", "", now)
    return views.arrange(session, row, "moved", now, station)


def move_to(session: Session, row: Return, moment: datetime, now: datetime, station: Station) -> list[Say]:
    """The owner cannot come then, and says when they can (改到后天9点): its handler agrees, or proposes others."""
    records.require_state(row, ReturnState.MEETING)
    _again(session, row, now, station)
    return wish(session, row, moment, now)


def missed(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The owner did not come (没来): another appointment is made, nobody is blamed."""
    records.require_state(row, ReturnState.MEETING)
    if row.meets_at is not None and now < row.meets_at:
        raise refuse("returns.not_yet", code=row.code, when=moment_words(row.meets_at, now))
    if row.matched_at is not None:
        raise refuse("returns.matched_already", code=row.code)
    _again(session, row, now, station)
    cases.change(session, row, late=True)
    cases.add_note(session, row, "missed", "", now)
    says = views.arrange(session, row, "missed", now, station)
    if records.owner_of(session, row) is not None:
        says.append(views.to_owner(session, row, "returns.owner.missed"))
    return says


def match(session: Session, row: Return, said: str, now: datetime, station: Station) -> list[Say]:
    """The code read out on the spot (领取码): right, and the thing is handed over; three wrong ones make a new code."""
    records.require_state(row, ReturnState.MEETING)
    if row.matched_at is not None:
        raise refuse("returns.matched_already", code=row.code)
    right = str(cases.private_of(session, row).get("code", ""))
    if not right or not secrets.compare_digest(said, right):
        return _wrong(session, row, now)
    audit.write(session, "return.matched", now, actor_id=row.handler_id, topic=row.topic)
    if records.owner_of(session, row) is None:
        return _handed(session, row, now, station)
    cases.change(session, row, matched_at=now, next_at=now + rules.CONFIRM)
    got = button("returns.button.got", f"领取 {row.code} 已领到")
    return [
        Say(text("returns.matched", code=row.code, thing=views.thing(session, row))),
        views.to_owner(session, row, "returns.owner.confirm", got),
    ]


def _wrong(session: Session, row: Return, now: datetime) -> list[Say]:
    cases.change(session, row, tries=row.tries + 1)
    left = rules.MOST_TRIES - row.tries
    if left > 0:
        return [Say(text("returns.wrong_code", code=row.code, n=left))]
    code = f"{secrets.randbelow(10_000):04}"
    records.keep(session, row, code=code)
    cases.change(session, row, tries=0)
    cases.add_note(session, row, "wrong", "", now)
    if records.owner_of(session, row) is None:
        return [Say(text("returns.new_code_phone", code=row.code, number=code))]
    return [
        Say(text("returns.new_code", code=row.code)),
        views.to_owner(session, row, "returns.owner.code", number=code),
    ]


def received(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The owner says they have it (已领到), once the code was read out; both get a line as a receipt."""
    records.require_state(row, ReturnState.MEETING)
    if row.matched_at is None:
        raise refuse("returns.code_first", code=row.code)
    return _handed(session, row, now, station)


def not_got(session: Session, row: Return, now: datetime) -> list[Say]:
    """The owner has not got it (没领到), though the code was read out: its handler hears, the wait begins anew."""
    records.require_state(row, ReturnState.MEETING)
    if row.matched_at is None:
        raise refuse("returns.code_first", code=row.code)
    cases.change(session, row, matched_at=now, next_at=now + rules.CONFIRM)
    cases.add_note(session, row, "not_got", "", now)
    got = button("returns.button.got", f"领取 {row.code} 已领到")
    return [
        views.to_owner(session, row, "returns.owner.not_got", got),
        *views.to_handler(row, "returns.not_got", thing=views.thing(session, row)),
    ]


def given(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """Its handler says so (已交), where the code was right and the owner has not answered for a day."""
    records.require_state(row, ReturnState.MEETING)
    if row.matched_at is None:
        raise refuse("returns.match_first", code=row.code)
    if now < row.matched_at + rules.MISSED:
        raise refuse("returns.wait_for_owner", code=row.code)
    return _handed(session, row, now, station)


def done(session: Session, row: Return, words: str, now: datetime, station: Station) -> list[Say]:
    """What was handed over and opened again is settled (办结), with what was done; its owner is called back anew."""
    if not row.reopened or row.state is not ReturnState.VERIFIED:
        raise refuse("returns.done_how", code=row.code, state=views.state_of(row, now))
    said = split_private(words).private["words"][: rules.MOST]
    if not said:
        raise refuse("returns.done_what", code=row.code)
    cases.add_note(session, row, "settled", said, now)
    return _handed(session, row, now, station)


def _handed(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    when = moment_words(now, now)
    cases.move(
        session, row, ReturnState.HANDED, handed_at=now, meets_at=None, matched_at=None, meet_by=None, next_at=None
    )
    records.keep(session, row, code=None, times=None, wish=None)
    cases.add_note(session, row, "handed", "", now)
    moments.note(session, row.topic, Clock.CALMED, now)
    audit.write(session, "return.handed", now, actor_id=row.handler_id, topic=row.topic)
    callbacks.begin(session, plain.case_of(session, row), now, station, even_if_nobody=True)
    slip = button("returns.button.slip", f"重开 {row.code}")
    says = views.to_handler(row, "returns.handed", slip, when=when)
    if records.owner_of(session, row) is not None:
        says.append(views.to_owner(session, row, "returns.owner.receipt", when=when, station=station.name))
    return says


def dissatisfied(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """The owner was not satisfied: it is open again, and another officer takes it."""
    if row.state not in (ReturnState.HANDED, ReturnState.CLOSED):
        return []
    before = row.handler_id
    actions.open_again(session, row, None, now, station)
    says = actions.offered(session, row, [before] if before is not None else [])
    if before is not None:
        says.append(Say(text("callbacks.other_takes", code=row.code), person=before))
    return says


def called_back(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """Nobody was dissatisfied: it is closed."""
    closed = cases.move(
        session,
        row,
        ReturnState.CLOSED,
        only_from={ReturnState.HANDED},
        closed_at=now,
        expires_at=now + station.incident_lives,
    )
    return views.to_handler(row, "returns.closed") if closed else []


def step(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    """What is due: not verified for a day, no appointment for three workdays, a reminder, a missed appointment."""
    if row.state is ReturnState.REGISTERED:
        return _unverified(session, row, now, station)
    if row.state is ReturnState.VERIFIED:
        return _not_arranged(session, row, now, station)
    if row.state is ReturnState.MEETING and row.matched_at is not None:
        return _not_confirmed(session, row, row.matched_at, now)
    if row.state is ReturnState.MEETING and row.meets_at is not None:
        return _meeting(session, row, row.meets_at, now, station)
    cases.change(session, row, next_at=None)
    return []


def _unverified(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    again = ask_at(workdays.due(now, rules.UNVERIFIED, station.workdays), station.quiet_from, station.quiet_until)
    cases.change(session, row, late=True, next_at=again)
    chiefs = people.nearest_holders(session, CHIEFS, row.area_id)
    asked = [*records.other_officers(session, row)[:2], *(one for one in chiefs if one != row.registered_by)]
    return [
        *views.check(session, row, "returns.check_late", dict.fromkeys(asked)),
        *views.to_handler(row, "returns.unverified_late"),
    ]


def _not_arranged(session: Session, row: Return, now: datetime, station: Station) -> list[Say]:
    again = workdays.due(now, workdays.workdays(1), station.workdays)
    cases.change(session, row, late=True, next_at=ask_at(again, station.quiet_from, station.quiet_until))
    if row.handler_id is None:
        return actions.offered(session, row, ())
    if row.reopened:
        return views.to_handler(row, "returns.follow_up", thing=views.thing(session, row))
    desk = people.nearest_holders(session, DESK, row.area_id)
    line = text("returns.desk_late", code=row.code, place=areas.get(session, row.area_id).name)
    return [
        *views.arrange(session, row, "late", now, station),
        *to_people(Say(line, buttons=rows(button("returns.button.progress", f"进度 {row.code}"))), desk),
    ]


def _not_confirmed(session: Session, row: Return, matched_at: datetime, now: datetime) -> list[Say]:
    if now < matched_at + rules.MISSED:
        cases.change(session, row, next_at=matched_at + rules.MISSED)
        got = button("returns.button.got", f"领取 {row.code} 已领到")
        return [views.to_owner(session, row, "returns.owner.confirm", got)]
    cases.change(session, row, next_at=now + rules.MISSED)
    return views.to_handler(row, "returns.unconfirmed", button("returns.button.given", f"返赃 {row.code} 已交"))


def _meeting(session: Session, row: Return, meets_at: datetime, now: datetime, station: Station) -> list[Say]:
    if now >= meets_at + rules.MISSED:
        return missed(session, row, now, station)
    cases.change(session, row, next_at=rules.strike_of_meeting(meets_at, now))
    if now >= meets_at:
        gone = button("returns.button.missed", f"约谈 {row.code} 没来")
        return views.to_handler(row, "returns.came", gone)
    when = moment_words(meets_at, now)
    says = views.to_handler(row, "returns.soon", when=when, thing=views.thing(session, row))
    if records.owner_of(session, row) is None:
        return says
    code = str(cases.private_of(session, row).get("code", ""))
    buttons = button("returns.button.move", f"领取 {row.code} 改时间")
    return [
        *says,
        views.to_owner(session, row, "returns.owner.soon", buttons, when=when, number=code, station=station.name),
    ]
