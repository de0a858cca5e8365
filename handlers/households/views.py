"""Views of an alarm (看法): what neighbours, helpers and the team's group read, and how all of it turns at the end."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, Refusal, refuse
from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import called
from handlers.dialogue.wording import Text, text
from handlers.reading.identifiers import mask
from storage import areas, cases, chats, households, moments, people
from storage.households import Alarm, AlarmState, Unit
from storage.lanes import Lane
from storage.people import Role


def member_buttons() -> tuple[tuple[Button, ...], ...]:
    """What a household presses: the alarm first."""
    alarm = button("households.button.alarm", "十户 报警")
    return rows(alarm, (button("households.button.show", "十户 看"), button("households.button.leave", "十户 退出")))


def is_over(row: Alarm) -> Refusal:
    """It has ended already."""
    return refuse("households.over", code=row.code, state=text(f"household_alarms.state.{row.state}"))


def _slot(row: Alarm) -> str:
    return f"alarm:{row.id}"


def _words(session: Session, row: Alarm, *, whole: bool) -> Text | str:
    said = str(cases.private_of(session, row).get("words", ""))
    return (said if whole else mask(said, doors=False)) or text("households.no_words")


def raised(session: Session, row: Alarm, *, again: bool = False) -> Say:
    """What whoever raised it reads at once."""
    key = "households.raised_again" if again else "households.raised"
    if row.quiet:
        key = "households.raised_quiet"
    line = text(key, code=row.code)
    over = (
        button("households.button.false", f"十户 误报 {row.code}"),
        button("households.button.clear", f"十户 解除 {row.code}"),
    )
    teller = cases.origin_of(session, row).get("person")
    return Say(line, buttons=rows(over), lane=Lane.LIFE, slot=None if again else _slot(row), person=teller)


def to_neighbours(session: Session, row: Alarm, unit: Unit) -> list[Say]:
    """What the other households read: whose trouble, which, and no number of anybody."""
    line = text(
        "households.alarm",
        code=row.code,
        name=households.name_of(session, unit),
        called=str(cases.private_of(session, row).get("called", "")),
        words=_words(session, row, whole=False),
    )
    one = Say(line, buttons=_know(row), lane=Lane.LIFE, slot=_slot(row))
    return to_people(one, [hearer.person_id for hearer in households.hearers(session, row) if not hearer.team])


def _know(row: Alarm) -> tuple[tuple[Button, ...], ...]:
    return rows(button("households.button.know", f"十户 收到 {row.code}"))


def to_helpers(session: Session, row: Alarm, unit: Unit) -> list[Say]:
    """What the worker and the officer read privately: who it is, all that was said."""
    teller = cases.origin_of(session, row).get("person")
    line = text(
        "households.alarm_team",
        code=row.code,
        area=areas.get(session, row.area_id).name,
        name=households.name_of(session, unit),
        called=str(cases.private_of(session, row).get("called", "")),
        who=called(session, teller) if isinstance(teller, int) else text("common.somebody"),
        words=_words(session, row, whole=True),
        n=row.told,
    )
    if row.quiet:
        line = text("incidents.lines", lines=(line, text("households.quiet")))
    know = button("households.button.know", f"十户 收到 {row.code}")
    over = (
        button("households.button.clear", f"十户 解除 {row.code}"),
        button("households.button.false", f"十户 误报 {row.code}"),
    )
    one = Say(line, buttons=rows(know, over), lane=Lane.LIFE, slot=_slot(row))
    return to_people(one, [hearer.person_id for hearer in households.hearers(session, row) if hearer.team])


def to_groups(session: Session, row: Alarm, unit: Unit) -> list[Say]:
    """The card of the workers' groups nearest to it: which unit, and how it stands; not which household."""
    seen = moments.of(session, row.topic)
    state = row.state.value
    if row.state is AlarmState.UNDER_WAY and seen is not None and seen.responded_at is not None:
        state = "seen"
    line = text(
        f"households.card.{state}",
        code=row.code,
        area=areas.get(session, row.area_id).name,
        name=mask(households.name_of(session, unit)) or text("households.a_unit"),
    )
    calls = row.area_id if state == AlarmState.UNDER_WAY else None
    one = Say(line, lane=Lane.LIFE, slot=f"alarm:{row.id}:team", topic=row.topic, calls=calls)
    return to_each(one, [chat.id for chat in chats.team_of(session, row.area_id)])


def thanked(row: Alarm) -> Say:
    """What whoever answered reads."""
    return Say(text("households.known", code=row.code), toast=text("households.known", code=row.code))


def ended(session: Session, row: Alarm, unit: Unit, person_ids: Iterable[int]) -> list[Say]:
    """What every copy turns into."""
    name = households.name_of(session, unit)
    line = text(f"households.ended_{row.state}", code=row.code, name=name or text("households.a_unit"))
    return to_people(Say(line, lane=Lane.LIFE, slot=_slot(row)), person_ids)


def over_by_you(row: Alarm) -> Say:
    """The answer to whoever ended it, whose own copy changes further up."""
    line = text(f"households.by_you_{row.state}", code=row.code)
    return Say(line, lane=Lane.LIFE, toast=line)


def silent(session: Session, row: Alarm, unit: Unit) -> list[Say]:
    """After three minutes the officers hear which households have not answered; who raised it, whether any has."""
    members = {one.person_id: one for one in households.members_of(session, unit)}
    heard = [one for one in households.hearers(session, row) if one.member]
    names = [
        households.called(session, unit, members[one.person_id])
        for one in heard
        if one.answered_at is None and one.person_id in members
    ]
    n = sum(one.answered_at is not None for one in heard)
    key = "households.silent" if names else "households.all_know" if n else "households.nobody_left"
    line = text(key, code=row.code, n=n, of=n + len(names), names="、".join(names))
    officers = people.nearest_holders(session, OFFICERS - {Role.CASE_TEAM}, row.area_id)
    says = to_people(Say(line, lane=Lane.LIFE), officers) if row.told else []
    teller = cases.origin_of(session, row).get("person")
    if isinstance(teller, int) and row.told:
        says.append(Say(text(f"households.{heard_of(n, row.told)}", code=row.code), person=teller, lane=Lane.LIFE))
    return says


def heard_of(n: int, of: int) -> str:
    """What a household may know of how many have answered: all, some or none, without a number."""
    if n >= of:
        return "neighbours_all"
    return "neighbours_some" if n else "neighbours_none"


def not_cleared(session: Session, row: Alarm, unit: Unit) -> list[Say]:
    """After half an hour nobody has cleared it: the helpers are asked."""
    team = [one.person_id for one in households.hearers(session, row) if one.team]
    over = (
        button("households.button.clear", f"十户 解除 {row.code}"),
        button("households.button.false", f"十户 误报 {row.code}"),
    )
    line = text("households.not_cleared", code=row.code, name=households.name_of(session, unit))
    return to_people(Say(line, buttons=rows(over), lane=Lane.LIFE), team)


def own(session: Session, unit: Unit, actor_id: int, now: datetime) -> Say:
    """What a household sees of its unit: its name, and what it is called itself."""
    members = households.members_of(session, unit)
    mine = next(one for one in members if one.person_id == actor_id)
    line = text(
        "households.yours", name=households.name_of(session, unit), called=households.called(session, unit, mine)
    )
    return Say(line, buttons=member_buttons())


def listed(session: Session, units: Iterable[Unit]) -> Say:
    """The units of a worker's or officer's areas."""
    found = list(units)
    if not found:
        return Say(text("households.no_units"))
    lines = [
        text(
            "households.unit",
            number=one.id,
            name=households.name_of(session, one),
            area=areas.get(session, one.area_id).name,
            n=len(households.members_of(session, one)),
        )
        for one in found
    ]
    buttons = [button("households.button.unit", f"十户 看 {one.id}", number=one.id) for one in found[:8]]
    pairs = [tuple(buttons[start : start + 4]) for start in range(0, len(buttons), 4)]
    return Say(text("households.units", lines=tuple(lines)), buttons=rows(*pairs))


def inside(session: Session, unit: Unit) -> Say:
    """A unit for its worker or officer: the households by the names they gave themselves."""
    members = households.members_of(session, unit)
    lines = [
        text("households.place", place=place, called=households.called(session, unit, one))
        for place, one in enumerate(members, 1)
    ]
    head = text("households.inside", number=unit.id, name=households.name_of(session, unit), n=len(members))
    buttons = (
        button("households.button.invite", f"十户 邀请 {unit.id}"),
        button("households.button.end", f"十户 撤组 {unit.id}"),
    )
    return Say(text("incidents.lines", lines=(head, *lines)), buttons=rows(buttons))
