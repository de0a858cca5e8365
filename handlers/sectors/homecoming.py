"""How everybody comes back (收队): each checks out, who is missing is asked for, and it isn't over before all are back.

Called by talk, by the clock, and by whatever ends a search; the only door.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, rows, to_each, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.dialogue.world import Station
from handlers.publishing import actions as publishing
from handlers.reading.identifiers import mask
from handlers.searches import telling
from handlers.sectors import actions, records, rules, views
from handlers.sectors.records import Standing
from handlers.sectors.rules import HeadCount, NotNow, Phase
from storage import areas, audit, people, sectors
from storage.lanes import Lane
from storage.people import Role
from storage.searches import Search, SearchState
from storage.sectors import Outing, Searcher


def _after(session: Session, one: Standing, count: HeadCount, now: datetime) -> Standing:
    """Write a head-count down and set the clock that goes with it."""
    before = one.count.phase
    one = records.keep(session, one, count, now)
    if count.phase is not before:
        spans = {Phase.SEARCHING: rules.NOTE_EVERY, Phase.RETURNING: rules.REMIND_EVERY, Phase.BACK: rules.KEPT}
        one.outing.next_at = now + spans[count.phase]
        session.flush()
    return one


def ended(session: Session, words: Catalogue, search: Search, now: datetime) -> list[Say]:
    """The search is over: everybody out is called back."""
    one = records.stands(session, search)
    if one is None or one.outing.stood_down_at is not None:
        return []
    says = _stand_down(session, words, one, now)
    if one.out:
        says += views.to_leader(session, one, views.missing(session, one, "sectors.lead.missing"))
    return says


def stand_down(session: Session, words: Catalogue, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """Call everybody back (收队), or tell the leader who is not back yet."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    if one.outing.stood_down_at is None:
        audit.write(session, "search.stand_down", now, actor_id=actor.id, topic=search.topic)
        one.outing.leader_id = one.outing.leader_id or actor.id
        says = _stand_down(session, words, one, now)
        go_on = button("sectors.button.go_on", f"收队 {search.code} 继续")
        done = text("sectors.standing_down", code=search.code, n=len(one.out))
        return [Say(done, buttons=rows(go_on), person=actor.id), *says]
    if one.count.phase is Phase.BACK:
        return [Say(text("sectors.all_back", code=search.code, all=one.outing.joined), person=actor.id)]
    return [replace(views.missing(session, one, "sectors.lead.missing"), person=actor.id)]


def _stand_down(session: Session, words: Catalogue, one: Standing, now: datetime) -> list[Say]:
    out = [each.person_id for each in one.out]
    one = _after(session, one, one.count.stand_down(), now)
    closing = text("sectors.invite_over", code=one.search.code)
    publishing.take_back(
        session, words, topic=actions.topic_of(one), closing=closing, lane=Lane.LIFE, now=now, close=True
    )
    says = to_people(_come_back(session, one, "sectors.come_back"), out)
    if one.count.phase is Phase.BACK:
        says += _over(session, one)
    return [*says, *views.board(session, one, anew=True)]


def _come_back(session: Session, one: Standing, key: str) -> Say:
    place = sectors.meets_at(session, one.outing) or text("sectors.where_begun")
    home = button("sectors.button.home", f"已返回 {one.search.code}")
    return Say(text(key, code=one.search.code, place=place), buttons=rows(home), lane=Lane.LIFE)


def go_on(session: Session, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """The stand-down was a mistake, or the search goes on (收队 寻3 继续): whoever is still out searches on."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    if search.state is not SearchState.PUBLISHED:
        raise refuse("sectors.refuse.not_published", code=search.code)
    try:
        count = one.count.go_on()
    except NotNow as error:
        raise records.no(one, error) from error
    sectors.renew(session, one.outing, actor.id, now)
    one = records.keep(session, records.of_outing(session, one.outing), count, now)
    one.outing.next_at = now + rules.NOTE_EVERY
    session.flush()
    told = Say(text("sectors.goes_on", code=search.code), buttons=views.offer(session, one), lane=Lane.LIFE)
    return [
        Say(text("sectors.goes_on_leader", code=search.code, n=len(one.out)), person=actor.id),
        *to_people(told, [each.person_id for each in one.out]),
        *views.board(session, one, anew=True),
    ]


def home(session: Session, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """Somebody is back or leaves (已返回, 离开), at any time."""
    one = records.standing(session, search)
    try:
        count = one.count.home(actor.id)
    except NotNow as error:
        raise records.no(one, error) from error
    row = one.person(actor.id)
    if row is not None and one.outing.stood_down_at is None:
        row.sector_id = None
    one = _after(session, one, count, now)
    undo = button("sectors.button.not_home", f"已返回 {search.code} 没回来")
    thanks = Say(text("sectors.home", code=search.code), buttons=rows(undo), person=actor.id)
    says = _over(session, one) if one.count.phase is Phase.BACK else []
    return [thanks, *says, *views.board(session, one)]


def not_home(session: Session, actor: Actor, search: Search, other: Searcher | None, now: datetime) -> list[Say]:
    """A wrong tap (已返回 寻3 没回来): somebody is out after all, and the head-count waits for them again.

    other: another searcher, by the leader alone.
    """
    one = records.standing(session, search)
    if other is not None:
        records.require_lead(session, actor, one)
    row = other or one.person(actor.id)
    if row is None:
        raise refuse("sectors.refuse.stranger", code=search.code)
    try:
        count = one.count.not_home(row.person_id)
    except NotNow as error:
        raise records.no(one, error) from error
    one = _after(session, one, count, now)
    line = text("sectors.out_again", code=search.code, n=row.number)
    says = [replace(_come_back(session, one, "sectors.still_out"), person=row.person_id)]
    told = [actor.id] if other is not None else []
    if one.count.phase is Phase.RETURNING and other is None and one.outing.leader_id not in (None, actor.id):
        told = [one.outing.leader_id or 0]
    return [*says, *to_people(Say(line, lane=Lane.LIFE), told), *views.board(session, one)]


def confirm(session: Session, actor: Actor, search: Search, row: Searcher, reason: str, now: datetime) -> list[Say]:
    """The leader heard that somebody is back (收队 寻3 3号 电话已到家); they hear so, and can say it is not true."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    try:
        count = one.count.home(row.person_id)
    except NotNow as error:
        raise records.no(one, error) from error
    if not reason.strip():
        return [replace(views.reasons(session, one, row), person=actor.id)]
    sectors.confirm(session, one.outing, row, actor.id, mask(reason, doors=True)[: rules.MOST_WORDS])
    one = _after(session, one, count, now)
    audit.write(session, "search.confirm_back", now, actor_id=actor.id, topic=search.topic)
    undo = button("sectors.button.not_home", f"收队 {search.code} {row.number}号 没回来")
    line = text("sectors.confirmed", code=search.code, n=row.number, name=called(session, row.person_id))
    own = button("sectors.button.not_home", f"已返回 {search.code} 没回来")
    told = Say(text("sectors.confirmed_you", code=search.code), buttons=rows(own), person=row.person_id, lane=Lane.LIFE)
    says = _over(session, one) if one.count.phase is Phase.BACK else []
    return [Say(line, buttons=rows(undo), person=actor.id), told, *says, *views.board(session, one)]


def _over(session: Session, one: Standing) -> list[Say]:
    """Everybody is back."""
    line = text("sectors.all_back", code=one.search.code, all=one.outing.joined)
    return [*views.to_leader(session, one, Say(line, lane=Lane.LIFE)), *_groups(session, one, line)]


def _groups(session: Session, one: Standing, line: Text) -> list[Say]:
    return to_each(Say(line, lane=Lane.LIFE), views.note_groups(session, one))


def step(session: Session, outing: Outing, now: datetime, station: Station) -> list[Say]:
    """What the clock does: tell the situation, ask for who is not back, forget who was where."""
    del station
    one = records.of_outing(session, outing)
    phase, due = one.count.phase, (outing.next_at or now).astimezone(now.tzinfo)
    if phase is Phase.BACK:
        sectors.forget(session, outing)
        return []
    if phase is Phase.RETURNING:
        outing.next_at = now + rules.REMIND_EVERY
        return _remind(session, one, now)
    outing.next_at = rules.next_note(due, now)
    line = views.note(session, one)
    outing.told = str(records.situation(session, one))
    sectors.set_line(session, outing, "")
    return _groups(session, one, line)


def _remind(session: Session, one: Standing, now: datetime) -> list[Say]:
    """Who is not back is asked, its leader hears the names; after two hours a searcher is missing."""
    since = (one.outing.stood_down_at or now).astimezone(now.tzinfo)
    minutes = int((now - since).total_seconds() // 60)
    says = [
        *to_people(_come_back(session, one, "sectors.where_are_you"), [each.person_id for each in one.out]),
        *views.to_leader(session, one, views.missing(session, one, "sectors.lead.reminder", minutes)),
    ]
    if rules.alarms(since, one.outing.alarms, now):
        one.outing.alarms += 1
        audit.write(session, "search.searcher_missing", now, topic=one.search.topic, people=len(one.out))
        says += _alarm(session, one, minutes // 60)
    session.flush()
    return says


def _alarm(session: Session, one: Standing, hours: int) -> list[Say]:
    """Desk and chiefs at once: a searcher is missing."""
    area = areas.get(session, one.search.area_id)
    heads = [
        *people.holders(session, [Role.COMMAND_ROOM], area.id),
        *people.nearest_holders(session, [Role.CHIEF], area.id),
        *telling.officers(session, one.search),
    ]
    buttons = views.missing(session, one, "sectors.lead.missing").buttons
    full = Say(views.alarm(session, one, hours), buttons=buttons, lane=Lane.LIFE)
    line = text("sectors.alarm.line", code=one.search.code, area=area.name, hours=hours, n=len(one.out))
    return [*to_people(full, heads), *_groups(session, one, line)]
