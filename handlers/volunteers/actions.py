"""What can be done with an offer to help (志愿): make, answer, renew, leave, call out; the only door."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, refuse, require
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents.rules import split_private
from handlers.reminders.rules import moment_words
from handlers.volunteers import rules
from storage import areas, audit, cases, people, volunteers
from storage.areas import Area
from storage.people import Role
from storage.purposes import Purpose
from storage.volunteers import Volunteer, VolunteerState

CLUB = frozenset({Role.VOLUNTEER})
ANSWERERS = tuple(OFFICERS - {Role.CASE_TEAM})


def offer(session: Session, actor: Actor, area: Area, hours: str, now: datetime, station: Station) -> list[Say]:
    """Offer to help (志愿): a role is given by somebody, so an officer answers, unless it is held there already."""
    words = split_private(hours.strip()).masked[: rules.MOST_WORDS]
    if rules.read(words) is None:
        raise refuse("volunteers.hours_how")
    mine = volunteers.of_person(session, actor.id)
    if mine is not None and not mine.is_over:
        return _change(session, mine, area, words, now)
    held = actor.has(CLUB, area)
    row = cases.add(
        session,
        Volunteer(
            purpose=Purpose.SAFETY,
            area_id=area.id,
            state=VolunteerState.ASKED,
            next_at=now + rules.UNANSWERED,
            expires_at=now + rules.HOLDS + rules.KEPT,
        ),
        now,
        private={"hours": words},
        origin={"person": actor.id},
        teller_id=actor.id,
    )
    audit.write(session, "volunteer", now, topic=row.topic, code=row.code, area=area.id)
    if held:
        return _enrol(session, row, now)
    asked = Say(
        text("volunteers.asked", code=row.code, area=area.name, hours=words),
        buttons=rows(button("volunteers.button.take_back", "志愿 退出")),
    )
    return [asked, *to_people(application(session, row), people.nearest_holders(session, ANSWERERS, area.id))]


def _change(session: Session, row: Volunteer, area: Area, hours: str, now: datetime) -> list[Say]:
    """Other hours are one's own to say; another area is another officer's, so it begins anew."""
    if area.id != row.area_id:
        raise refuse("volunteers.other_area", area=areas.get(session, row.area_id).name)
    cases.set_private(session, row, {"hours": hours})
    key = "volunteers.changed" if row.state is VolunteerState.ENROLLED else "volunteers.changed_asked"
    return [Say(text(key, area=area.name, hours=hours), buttons=rows(leave_button()))]


def application(session: Session, row: Volunteer) -> Say:
    name = called(session, person_of(session, row) or 0)
    area = areas.get(session, row.area_id).name
    line = text("volunteers.application", code=row.code, name=name, area=area, hours=hours_of(session, row))
    yes = button("volunteers.button.agree", f"同意志愿 {row.code}")
    no = button("volunteers.button.refuse", f"不同意志愿 {row.code}")
    return Say(line, buttons=rows((yes, no)))


def person_of(session: Session, row: Volunteer) -> int | None:
    """Whose offer it is; None once they have left."""
    found = cases.origin_of(session, row).get("person")
    return found if isinstance(found, int) and people.get(session, found).key_id is not None else None


def hours_of(session: Session, row: Volunteer) -> str:
    """The hours in the words used."""
    return str(cases.private_of(session, row).get("hours", ""))


def leave_button() -> Button:
    return button("volunteers.button.leave", "志愿 退出")


def _enrol(session: Session, row: Volunteer, now: datetime) -> list[Say]:
    person = person_of(session, row)
    ends = now + rules.HOLDS
    if person is None or not cases.move(
        session,
        row,
        VolunteerState.ENROLLED,
        since=now,
        ends_at=ends,
        closed_at=None,
        next_at=ends - rules.ASKED_BEFORE,
        expires_at=ends + rules.KEPT,
    ):
        raise refuse("volunteers.answered", code=row.code, state=text(f"volunteers.state.{row.state}"))
    people.grant(session, person, Role.VOLUNTEER, row.area_id, now)
    area = areas.get(session, row.area_id).name
    line = text("volunteers.enrolled", area=area, hours=hours_of(session, row))
    buttons = rows((button("volunteers.button.patrols", "巡逻"), leave_button()))
    return [Say(line, buttons=buttons, person=person)]


def agree(session: Session, actor: Actor, row: Volunteer, now: datetime) -> list[Say]:
    """An officer agrees (同意志愿): the role is held over the area from now on; said again after a refusal, too."""
    require(actor, "同意志愿", areas.get(session, row.area_id))
    if row.state not in (VolunteerState.ASKED, VolunteerState.REFUSED):
        raise refuse("volunteers.answered", code=row.code, state=text(f"volunteers.state.{row.state}"))
    _not_oneself(session, actor, row)
    says = _enrol(session, row, now)
    audit.write(session, "volunteer.agree", now, actor_id=actor.id, topic=row.topic)
    return [Say(text("volunteers.agreed", code=row.code), quote=True), *says]


def reject(session: Session, actor: Actor, row: Volunteer, why: str, now: datetime) -> list[Say]:
    """An officer does not agree, with a reason where they give one."""
    require(actor, "不同意志愿", areas.get(session, row.area_id))
    _not_oneself(session, actor, row)
    if not cases.move(
        session,
        row,
        VolunteerState.REFUSED,
        only_from={VolunteerState.ASKED},
        next_at=None,
        closed_at=now,
        expires_at=now + rules.KEPT,
    ):
        raise refuse("volunteers.answered", code=row.code, state=text(f"volunteers.state.{row.state}"))
    audit.write(session, "volunteer.refuse", now, actor_id=actor.id, topic=row.topic)
    reason: Text | str = text("volunteers.because", why=split_private(why).masked[:100]) if why else ""
    person = person_of(session, row)
    told = to_people(Say(text("volunteers.refused", why=reason)), [person] if person is not None else [])
    undo = rows(button("volunteers.button.agree_after_all", f"同意志愿 {row.code}"))
    return [Say(text("volunteers.rejected", code=row.code), buttons=undo, quote=True), *told]


def _not_oneself(session: Session, actor: Actor, row: Volunteer) -> None:
    if person_of(session, row) == actor.id:
        raise refuse("volunteers.oneself")


def leave(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Somebody helps no more (志愿 退出): at once, whoever asked them; no patrol expects them any more."""
    ended = volunteers.leave(session, actor.id, now)
    grants = [one.id for one in people.grants_of(session, actor.id) if one.role is Role.VOLUNTEER]
    if not ended and not grants:
        raise refuse("volunteers.not_one")
    people.revoke(session, grants)
    audit.write(session, "volunteer.left", now, actor_id=actor.id)
    enrolled = [one for one in ended if one.since is not None]
    again = rows(button("volunteers.button.go_on", "志愿 继续")) if enrolled else ()
    return [Say(text("volunteers.left"), buttons=again)]


def go_on(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Go on (志愿 继续): for another year where it is about to end, or after leaving by mistake."""
    row = volunteers.of_person(session, actor.id)
    if row is None or row.since is None:
        raise refuse("volunteers.not_one")
    if row.state is VolunteerState.LEFT:
        if row.closed_at is None or now - row.closed_at > rules.SLIP:
            raise refuse("volunteers.anew")
        return _enrol(session, row, now)
    ends = now + rules.HOLDS
    cases.change(session, row, ends_at=ends, next_at=ends - rules.ASKED_BEFORE, expires_at=ends + rules.KEPT)
    return [Say(text("volunteers.goes_on", until=moment_words(ends, now)))]


def callable_at(session: Session, area_id: int, moment: datetime) -> list[int]:
    """Ids of the volunteers over an area whose hours fit a moment; who never told any is called at any hour."""
    away = away_at(session, [one.id for one in areas.lineage(session, area_id)], moment)
    return [one for one in people.holders(session, CLUB, area_id) if one not in away]


def away_at(session: Session, area_ids: list[int], moment: datetime) -> set[int]:
    """Ids of the volunteers of these very areas whose hours a moment is not in."""
    away = set()
    for row in volunteers.enrolled(session, area_ids):
        person, hours = person_of(session, row), rules.read(hours_of(session, row))
        if person is not None and hours is not None and not rules.fits(hours, moment):
            away.add(person)
    return away
