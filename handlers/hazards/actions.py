"""What can be done to a hazard (隐患): a day by which it is mended, a re-check; and what time does. The only door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.rules import ask_at
from handlers.dialogue.access import OFFICERS, refuse
from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.hazards import rules
from handlers.incidents import records, views, work
from handlers.incidents.rules import split_private
from handlers.reminders.rules import moment_words
from storage import chats, hazards, incidents, moments, people
from storage.hazards import Hazard
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.moments import Clock
from storage.people import Role

DAY, CHECKED = "day", "checked"
"""Kinds of a note: 限期, 复查."""
OFFERED = ("1天", "3天", "7天", "30天")


def require_hazard(incident: Incident) -> None:
    """Raise a Refusal where it is no hazard, or has ended."""
    if incident.kind is not IncidentKind.HAZARD:
        raise refuse("hazards.refuse.other", code=incident.code)
    if incident.state not in records.UNDER_WAY:
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))


def offer_days(incident: Incident, does: str, key: str) -> Say:
    """Ask for the day, with the usual ones as buttons."""
    pairs = tuple(Button(text("hazards.button.days", days=one), f"{does} {one}") for one in OFFERED)
    return Say(text(key, code=incident.code), buttons=(pairs[:2], pairs[2:]))


def keep(session: Session, actor: Actor, incident: Incident, now: datetime) -> None:
    """Whoever inspected has it in hand from the start: nobody is asked to take it."""
    incidents.move(session, incident, IncidentState.TAKEN, taken_by=actor.id, taken_at=now, next_at=None)
    moments.note(session, incident.topic, Clock.RESPONDED, now)


def set_day(
    session: Session, actor: Actor, incident: Incident, words: str, now: datetime, station: Station
) -> list[Say]:
    """Set the day by which it is mended (限期); without a day it is asked for, 取消 takes it away."""
    require_hazard(incident)
    row = hazards.begun(session, incident, now)
    if words.strip() in ("取消", "撤销", "不限"):
        if row.due_at is None:
            raise refuse("hazards.refuse.no_day", code=incident.code)
        hazards.set_day(session, row, None, "", None)
        incidents.drop_notes(session, incident, DAY)
        return [Say(text("hazards.day_gone", code=incident.code)), *views.to_team(session, incident)]
    day = rules.day_of(words, now)
    if day is None:
        return [offer_days(incident, f"限期 {incident.code}", "hazards.which_day")]
    _arm(session, incident, row, day, now, station)
    incidents.add_note(session, incident, DAY, moment_words(day, now), now, actor.id)
    undo = rows(button("hazards.button.no_day", f"限期 {incident.code} 取消"))
    shown = {"code": incident.code, "until": moment_words(day, now)}
    says = [Say(text("hazards.day_set", **shown), buttons=undo), *views.to_team(session, incident)]
    if incident.taken_by not in (None, actor.id):
        says += to_people(Say(text("hazards.day_yours", **shown), buttons=buttons(incident)), [incident.taken_by or 0])
    return says


def _arm(session: Session, incident: Incident, row: Hazard, day: datetime, now: datetime, station: Station) -> None:
    """Let the clock run to this day."""
    if not rules.fits(day, now):
        raise refuse("hazards.refuse.day", code=incident.code, most=rules.MOST_DAYS)
    remind = ask_at(rules.remind_at(day, now), station.quiet_from, station.quiet_until)
    hazards.set_day(session, row, day, moment_words(day, now), min(remind, day))


def buttons(incident: Incident) -> tuple[tuple[Button, ...], ...]:
    """What can be done when it is looked at again."""
    code = incident.code
    return rows(
        (
            button("hazards.button.passed", f"复查 {code} 通过"),
            button("hazards.button.failed", f"复查 {code} 不通过"),
        )
    )


def look(session: Session, actor: Actor, incident: Incident, media: Sequence[int], now: datetime) -> list[Say]:
    """The photos of before and after, side by side and privately, with both answers as buttons."""
    row = hazards.begun(session, incident, now)
    _keep_after(session, incident, row, media)
    after = list(row.after)
    before = [one for one in incidents.media_of(session, incident) if one not in after]
    shown = text(
        "hazards.look",
        code=incident.code,
        place=views.place_line(session, incident),
        until=text("hazards.until", until=row.until) if row.until else text("hazards.no_day"),
        before=len(before),
        after=len(after),
    )
    going = incident.state in records.UNDER_WAY
    return [Say(shown, media=(*before, *after), person=actor.id, buttons=buttons(incident) if going else ())]


def _keep_after(session: Session, incident: Incident, row: Hazard, media: Sequence[int]) -> None:
    if media:
        incidents.attach(session, incident, media)
        hazards.add_after(session, row, media)


def _noted(result: str, words: str) -> str:
    """What is noted of a check, masked."""
    shown = split_private(words).masked[: rules.MOST_WORDS]
    return f"{result}，{shown}" if shown else result


def passed(
    session: Session,
    actor: Actor,
    incident: Incident,
    words: str,
    media: Sequence[int],
    now: datetime,
    station: Station,
) -> list[Say]:
    """It is mended (复查通过): the hazard is closed, and who told of it hears so; 重开 takes it back."""
    require_hazard(incident)
    work.may_close(session, actor, incident)
    row = hazards.begun(session, incident, now)
    _keep_after(session, incident, row, media)
    hazards.told(session, row, None)
    incidents.add_note(session, incident, CHECKED, _noted("通过", words), now, actor.id)
    outcome = f"复查通过，{words}" if words else "复查通过"
    undo = rows(button("incidents.button.reopen", f"重开 {incident.code}"))
    says = work.close(session, actor, incident, outcome[: rules.MOST_WORDS], now, station)
    return [Say(text("hazards.passed", code=incident.code), buttons=undo), *says]


def failed(
    session: Session,
    actor: Actor,
    incident: Incident,
    words: str,
    media: Sequence[int],
    now: datetime,
    station: Station,
) -> list[Say]:
    """It is not mended yet (复查不通过): a new day counts; without one it is asked for and nothing is changed."""
    require_hazard(incident)
    day = rules.day_of(words, now)
    row = hazards.begun(session, incident, now)
    _keep_after(session, incident, row, media)
    if day is None:
        return [offer_days(incident, f"复查 {incident.code} 不通过", "hazards.which_new_day")]
    _arm(session, incident, row, day, now, station)
    row.checks += 1
    incidents.add_note(session, incident, CHECKED, _noted("没通过", words), now, actor.id)
    shown = {"code": incident.code, "until": moment_words(day, now)}
    undo = rows(button("hazards.button.undo", f"复查 {incident.code} 撤销"))
    says = [Say(text("hazards.failed", n=row.checks, **shown), buttons=undo), *views.to_team(session, incident)]
    if incident.taken_by not in (None, actor.id):
        says += to_people(Say(text("hazards.failed_yours", **shown)), [incident.taken_by or 0])
    return says


def undo(session: Session, incident: Incident, now: datetime, station: Station) -> list[Say]:
    """A re-check noted by a wrong tap is taken back: the day before it counts again."""
    require_hazard(incident)
    row = hazards.of(session, incident)
    if row is None or row.checks == 0:
        raise refuse("hazards.refuse.no_check", code=incident.code)
    day = row.before_at.astimezone(station.zone) if row.before_at is not None else None
    row.checks -= 1
    incidents.drop_notes(session, incident, CHECKED, newest=True)
    until = moment_words(day, now) if day is not None else ""
    hazards.set_day(session, row, day, until, None)
    hazards.anew(session, incident, now)
    return [
        Say(text("hazards.undone", code=incident.code, until=until or text("hazards.no_day"))),
        *views.to_team(session, incident),
    ]


def step(session: Session, row: Hazard, now: datetime, station: Station) -> list[Say]:
    """Its day comes near, or has passed: whoever mends it hears, a day later the officer as well."""
    incident = hazards.incident_of(session, row)
    if row.due_at is None or incident.text is None or incident.state not in records.UNDER_WAY:
        row.next_at = None
        session.flush()
        return []
    day = row.due_at.astimezone(now.tzinfo)
    shown = {
        "code": incident.code,
        "place": views.place_line(session, incident),
        "until": moment_words(day, now),
        "days": max(0, (now - day).days),
    }
    if now < day:
        hazards.told(session, row, day)
        return _to_mender(session, incident, Say(text("hazards.soon", **shown), buttons=buttons(incident)))
    officers = now >= day + rules.OFFICER_AFTER
    following = now + (rules.AGAIN if officers else rules.OFFICER_AFTER)
    hazards.told(session, row, ask_at(following, station.quiet_from, station.quiet_until))
    late = Say(text("hazards.late", **shown), buttons=buttons(incident))
    says = _to_mender(session, incident, late)
    if officers:
        near = people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, incident.area_id)
        told = replace(late, text=text("hazards.late_officer", **shown))
        says += to_people(told, [one for one in near if one != incident.taken_by])
    return says


def _to_mender(session: Session, incident: Incident, one: Say) -> list[Say]:
    """Whoever has taken it, else the team's group; of one that is hidden the team's people privately."""
    if incident.taken_by is not None:
        return to_people(one, [incident.taken_by])
    team = chats.team_of(session, incident.area_id)
    if records.hidden(session, incident) or not team:
        return to_people(one, people.nearest_holders(session, (Role.GRID_WORKER,), incident.area_id))
    return to_each(one, [chat.id for chat in team])
