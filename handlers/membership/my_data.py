"""我的数据: all that is kept of whoever asks, when each of it goes, and what holds it up."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.holds import rules
from handlers.membership import subscribe
from handlers.reading import intent
from storage import (
    areas,
    cases,
    forms,
    holds,
    households,
    incidents,
    keeping,
    objections,
    people,
    receipts,
    reminders,
    searches,
    sectors,
)
from storage.cases import Case
from storage.chats import Chat
from storage.incidents import Incident, IncidentKind
from storage.keeping import CLOSED, SEARCH_OVER
from storage.searches import Search

MOST = 20


def my_data(session: Session, actor: Actor, chat: Chat | None, station: Station, now: datetime) -> list[Say]:
    """What is kept about whoever asks, and about nobody else."""
    person = people.get(session, actor.id)
    lines = [
        text("mydata.since", since=rules.day(person.created_at, now)),
        text("mydata.name", name=people.name_of(session, person) or "—"),
        _phone(people.phone_of(session, person)),
        _roles(session, actor),
        text("mydata.accounts", n=len(people.accounts_of(session, actor.id))),
        _records(session, actor, station, now),
        *_objections(session, actor, station),
        _reminders(session, actor),
        *_household(session, actor),
        *_forms(session, actor, now),
        *_outings(session, actor),
        *subscribe.line(session, actor),
        text("mydata.how_long", photos=station.photo_after_close.days),
    ]
    buttons = button("membership.leave_button", "退出"), button("membership.erase_button", "删除我")
    return [say("mydata.intro", buttons, lines=tuple(lines))]


def _phone(number: str) -> Text:
    return text("mydata.phone", tail=number[-4:]) if number else text("mydata.no_phone")


def _roles(session: Session, actor: Actor) -> Text:
    held = "、".join(f"{areas.get(session, hold.area_id).name}{hold.role.value}" for hold in actor.holds)
    return text("mydata.roles", roles=held) if held else text("mydata.no_roles")


def _records(session: Session, actor: Actor, station: Station, now: datetime) -> Text:
    told = [_incident(session, one, station, now) for one in incidents.told_by(session, actor.id, MOST)]
    told += [_search(session, one, station, now) for one in searches.told_by(session, actor.id, MOST)]
    told += [_case(session, one, now) for one in cases.told_of(session, actor.id, MOST)]
    return text("mydata.records", records=tuple(told)) if told else text("mydata.no_records")


def _incident(session: Session, one: Incident, station: Station, now: datetime) -> Text:
    lives = station.tip_lives if one.kind is IncidentKind.TIP else station.incident_lives
    goes = _held(session, one.topic, now)
    if goes is None:
        goes = _by(keeping.goes_at(session, one, lives), now)
        goes = goes if one.state in CLOSED else text("mydata.open_goes", goes=goes)
    key = "mydata.record_receipt" if receipts.is_given(session, one) else "mydata.record"
    return text(key, code=one.code, state=text(f"mydata.state_{one.state.value}"), goes=goes)


def _search(session: Session, one: Search, station: Station, now: datetime) -> Text:
    days = station.search_after_end
    over = one.state in SEARCH_OVER
    ends = _by((one.closed_at or one.expires_at) + days, now) if over else text("mydata.after_end", days=days.days)
    return text("mydata.search", code=one.code, goes=_held(session, one.topic, now) or ends)


def _objections(session: Session, actor: Actor, station: Station) -> tuple[Text, ...]:
    """Objections whose words are still kept, where there are any."""
    made = objections.told_by(session, actor.id)
    return (text("mydata.objections", n=len(made), days=station.tip_lives.days),) if made else ()


def _case(session: Session, one: Case, now: datetime) -> Text:
    goes = _held(session, one.topic, now) or _by(one.expires_at, now)
    if not one.is_over:
        goes = text("mydata.open_goes", goes=goes)
    return text("mydata.record", code=one.code, state=text(f"{one.__tablename__}.state.{one.state}"), goes=goes)


def _by(moment: datetime, now: datetime) -> Text:
    return text("mydata.goes", day=rules.day(max(moment, now + timedelta(hours=1)), now))


def _held(session: Session, topic: str, now: datetime) -> Text | None:
    """That a legal hold stands on a record, until when and why."""
    hold = holds.of_topic(session, topic)
    if hold is None:
        return None
    return text("mydata.held", until=rules.day(hold.ends_at, now), reason=holds.reason_of(session, hold))


def _reminders(session: Session, actor: Actor) -> Text:
    codes = "、".join(one.code for one in reminders.owned_by(session, actor.id, 50))
    return text("mydata.reminders", codes=codes) if codes else text("mydata.no_reminders")


def _household(session: Session, actor: Actor) -> tuple[Text, ...]:
    """The ten households this person's belongs to, where it belongs to any."""
    own = households.membership(session, actor.id)
    if own is None:
        return ()
    unit, member = own
    called, name = households.called(session, unit, member), households.name_of(session, unit)
    return (text("mydata.household", name=name, called=called),)


def _forms(session: Session, actor: Actor, now: datetime) -> tuple[Text, ...]:
    """Guided talks in the middle, where there are any."""
    waiting = forms.waiting_of(session, actor.id)
    return (text("mydata.forms", n=len(waiting)),) if waiting else ()


def _outings(session: Session, actor: Actor) -> tuple[Text, ...]:
    """The searches joined, while it is kept who was where."""
    codes = "、".join(one.code for one in sectors.joined(session, actor.id))
    return (text("mydata.outings", codes=codes),) if codes else ()


COMMAND = Command("我的数据", my_data, latin="mydata", bare=intent.my_data, private=True, rank=86)
