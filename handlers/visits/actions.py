"""What can be done about visits (走访): begin a round, keep doors, say what was found, end it.

The only door, for time as well. Nobody reads another worker's doors, but who has to move somebody out.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.callbacks.rules import ask_at
from handlers.dialogue.access import DESK, refuse, require
from handlers.dialogue.say import Say, button, rows, to_people
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.reading.places import Gazetteer
from handlers.reminders.rules import moment_words
from handlers.visits import moving, records, rules, views
from storage import areas, audit, awaited, cases, holds, people, visits
from storage.areas import Area
from storage.lanes import Lane
from storage.purposes import Purpose
from storage.visits import Campaign, CampaignState, Door, Receipt, Visit, VisitSort

OF_SAFETY = frozenset({VisitSort.FLOOD, VisitSort.FIRE, VisitSort.HEAT, VisitSort.COLD})


def begin(
    session: Session, actor: Actor, sort: VisitSort, area: Area, due_at: datetime, now: datetime, station: Station
) -> list[Say]:
    """Begin a round: each worker of the area has their own doors there before them; who has none is asked for them."""
    require(actor, "走访", area)
    _in_reach(due_at, now)
    for one in visits.going(session):
        if one.sort == sort and one.area_id == area.id:
            raise refuse("visits.going_already", code=one.code, sort=sort, area=area.name)
    campaign = cases.add(
        session,
        Campaign(
            purpose=Purpose.SAFETY if sort in OF_SAFETY else Purpose.SERVICE,
            area_id=area.id,
            state=CampaignState.GOING,
            sort=sort,
            due_at=due_at,
            next_at=rules.rings_next(due_at, now),
            expires_at=due_at + station.incident_lives,
        ),
        now,
        private={},
        origin={"person": actor.id},
        teller_id=actor.id,
    )
    workers = records.walkers(session, area)
    without = []
    for worker in workers:
        doors = records.doors_within(session, worker, area)
        visits.begin(session, campaign, doors)
        if not doors:
            without.append(worker)
    visits.keep_counts(session, campaign)
    audit.write(session, "visits", now, topic=campaign.topic, code=campaign.code, area=area.id)
    return _begun(session, actor, campaign, workers, without, now)


def _in_reach(due_at: datetime, now: datetime) -> None:
    if due_at <= now:
        raise refuse("visits.past", when=moment_words(due_at, now))
    if due_at > now + rules.FARTHEST:
        raise refuse("visits.far", days=rules.FARTHEST.days)


def _begun(
    session: Session, actor: Actor, campaign: Campaign, workers: Sequence[int], without: Sequence[int], now: datetime
) -> list[Say]:
    told = Say(
        text(
            "visits.begun",
            head=views.head(session, campaign, now),
            workers=len(workers),
            doors=campaign.doors,
            without=text("visits.begun_without", n=len(without)) if without else "",
        ),
        buttons=rows(button("visits.button.stop", f"走访 {campaign.code} 要结束")),
    )
    go = rows(button("visits.button.go", f"走访 {campaign.code}"))
    says = [told]
    for one in workers:
        n = visits.tally(session, campaign, one).doors
        line = text("visits.yours", head=views.head(session, campaign, now), n=n)
        if n:
            says.append(Say(line, buttons=go, person=one))
    ask = Say(
        text("visits.no_doors", head=views.head(session, campaign, now)),
        buttons=rows(button("visits.button.doors", "走访 门牌")),
    )
    return [*says, *to_people(ask, without)]


def keep_doors(session: Session, actor: Actor, told: rules.Doors, now: datetime, gazetteer: Gazetteer) -> list[Say]:
    """Put doors on a worker's own list, and into the rounds that are under way; what cannot stand there is told."""
    area = records.own_area(session, actor)
    if area is None:
        raise refuse("visits.workers_only")
    if told.table:
        raise refuse("visits.table")
    if not told.doors:
        raise refuse("visits.none_read", why=_why(told))
    if len(told.doors) > rules.MOST_AT_ONCE:
        raise refuse("visits.too_many", most=rules.MOST_AT_ONCE)
    if len(visits.doors_of(session, actor.id)) + len(told.doors) > rules.MOST_DOORS:
        raise refuse("visits.list_full", most=rules.MOST_DOORS)
    inside = set(areas.subtree(session, area.id))
    places = []
    for where in told.doors:
        found = gazetteer.find(where, area.id)
        named = found.area if found is not None and found.area in inside else None
        places.append((where, named if named is not None else area.id))
    added = visits.add_doors(session, actor.id, places, now)
    if not added:
        raise refuse("visits.all_known", why=_why(told))
    joined = _joined(session, added)
    span = f"{added[0].number}-{added[-1].number}" if len(added) > 1 else f"{added[0].number}"
    buttons = [button("visits.button.undo", f"走访 门牌 删 {span}")]
    buttons += [button("visits.button.go_one", f"走访 {one.code}", code=one.code) for one in joined[:2]]
    why = _why(told)
    return [Say(text("visits.kept", n=len(added), span=span, why=why), buttons=rows(tuple(buttons)))]


def expect_doors(session: Session, actor: Actor, medium_id: int, now: datetime) -> list[Say]:
    """A file is on its way; what is taken of it is told once it is here."""
    if records.own_area(session, actor) is None:
        raise refuse("visits.workers_only")
    awaited.expect(session, awaited.Use.DOORS, actor.id, medium_id, now)
    return [Say(text("visits.file_comes"))]


def _why(told: rules.Doors) -> object:
    """Which lines were left out and why; empty where none was."""
    if not told.bad:
        return ""
    lines = "、".join(str(line) for line, _ in told.bad[:8])
    return text("visits.left_out", lines=lines, why=text(f"visits.bad.{told.bad[0][1]}"))


def _joined(session: Session, added: Sequence[Door]) -> list[Campaign]:
    found = []
    for one in visits.going(session):
        inside = set(areas.subtree(session, one.area_id))
        here = [door for door in added if door.area_id in inside]
        if here:
            visits.begin(session, one, here)
            visits.keep_counts(session, one)
            found.append(one)
    return found


def drop_doors(session: Session, actor: Actor, numbers: Sequence[int]) -> list[Say]:
    """Take doors off one's own list; not while a round needs what was found there."""
    found = [one for one in visits.doors_of(session, actor.id) if one.number in set(numbers)]
    if not found:
        raise refuse("visits.no_such_door")
    for round_, doors in visits.said_of(session, found):
        raise refuse("visits.has_receipt", code=round_.code, numbers="、".join(map(str, doors)))
    visits.drop_doors(session, found)
    for one in visits.going(session):
        visits.keep_counts(session, one)
    return [Say(text("visits.dropped", n=len(found)))]


def only(session: Session, actor: Actor, campaign: Campaign, numbers: Sequence[int], now: datetime) -> list[Say]:
    """Only these doors of one's own concern this round (只看); without any, all of them do again."""
    _going(campaign)
    area = areas.get(session, campaign.area_id)
    mine = records.doors_within(session, actor.id, area)
    wanted = [one for one in mine if one.number in set(numbers)] if numbers else mine
    if not wanted:
        raise refuse("visits.no_such_door")
    there = visits.doors_in(session, campaign, actor.id)
    visits.begin(session, campaign, [one for one in wanted if one.id not in there])
    keep = {one.id for one in wanted}
    visits.leave_out(session, campaign, [one for one in mine if one.id not in keep])
    visits.keep_counts(session, campaign)
    key = "visits.only" if numbers else "visits.all_again"
    return [views.own(session, campaign, actor.id, now, text(key, code=campaign.code, n=len(wanted)))]


def say(
    session: Session,
    actor: Actor,
    campaign: Campaign,
    numbers: Sequence[int],
    receipt: Receipt,
    now: datetime,
    gazetteer: Gazetteer,
    *,
    without_why: bool = False,
) -> list[Say]:
    """Note what was found at doors (已看, 需转移, 无人), of all or none; without a number, at the one shown last.

    without_why: a reason was said, too, which is not kept.
    """
    _going(campaign)
    if len(numbers) > rules.MOST_NOTED:
        raise refuse("visits.noted_too_many", most=rules.MOST_NOTED)
    found = [_door(session, actor, campaign, one, now) for one in numbers or (None,)]
    again = rules.comes_back(campaign.due_at, now) if receipt is Receipt.NOBODY else None
    told: list[Say] = []
    for visit, door in found:
        before, where = visit.receipt, visits.where_of(session, door)
        visits.say(session, visit, receipt, again)
        key = "visits.noted_same" if before is receipt else "visits.noted"
        noted = text(key, n=door.number, where=where, receipt=receipt)
        if receipt is Receipt.MOVE and before is not Receipt.MOVE:
            told += moving.to_move(session, actor, campaign, visit, where, now, gazetteer)
        if before is Receipt.MOVE and receipt is not Receipt.MOVE:
            told += moving.not_to_move(session, campaign, visit, where)
    visits.keep_counts(session, campaign)
    shown = [door.number for _, door in found]
    if len(shown) > 1:
        noted = text("visits.noted_several", numbers="、".join(str(one) for one in shown), receipt=receipt)
    if without_why:
        noted = text("incidents.lines", lines=(noted, text("visits.without_why")))
    answer = views.own(session, campaign, actor.id, now, noted)
    undo = tuple(button("visits.button.wrong", f"走访 {campaign.code} {one} 撤销", n=one) for one in shown[:4])
    return [Say(answer.text, buttons=(*answer.buttons, undo)), *told]


def _door(session: Session, actor: Actor, campaign: Campaign, number: int | None, now: datetime) -> tuple[Visit, Door]:
    if number is None:
        found = visits.next_of(session, campaign, actor.id, now)
        if found is None:
            raise refuse("visits.which_door", code=campaign.code)
        return found
    found = visits.visit_at(session, campaign, actor.id, number)
    if found is None:
        raise refuse("visits.no_such_door")
    return found


def undo(session: Session, actor: Actor, campaign: Campaign, number: int, now: datetime) -> list[Say]:
    """A wrong tap: nothing is said of that door any more; who heard that it is to be moved hears that it is not."""
    _going(campaign)
    visit, door = _door(session, actor, campaign, number, now)
    before = visit.receipt
    if before is None:
        raise refuse("visits.nothing_said", n=number)
    visits.say(session, visit, None, None)
    visits.keep_counts(session, campaign)
    says = [views.own(session, campaign, actor.id, now, text("visits.undone", n=number, receipt=before))]
    if before is Receipt.MOVE:
        says += moving.not_to_move(session, campaign, visit, visits.where_of(session, door))
    return says


def put_off(
    session: Session,
    actor: Actor,
    campaign: Campaign,
    due_at: datetime | None,
    now: datetime,
    *,
    only_later: bool = False,
) -> list[Say]:
    """Another day (改到); with `only_later` (延期) never one before its present end."""
    _leads(session, actor, campaign)
    area = areas.get(session, campaign.area_id)
    if campaign.is_over:
        raise refuse("visits.over_anew", code=campaign.code, sort=campaign.sort, area=area.name)
    if due_at is None:
        raise refuse("visits.until_when", code=campaign.code)
    _in_reach(due_at, now)
    if only_later and due_at <= campaign.due_at:
        until = moment_words(campaign.due_at, now)
        raise refuse("visits.not_later", code=campaign.code, until=until, when=moment_words(due_at, now))
    next_at = rules.rings_next(due_at, now)
    cases.change(session, campaign, due_at=due_at, late=False, next_at=next_at)
    line = Say(text("visits.put_off", head=views.head(session, campaign, now)))
    return [line, *to_people(line, [one for one in visits.still_at_it(session, campaign) if one != actor.id])]


def ask_stop(session: Session, actor: Actor, campaign: Campaign, now: datetime) -> list[Say]:
    """结束走访 was pressed, which cannot be taken back: while doors are left it is asked once more."""
    _leads(session, actor, campaign)
    _going(campaign)
    left = visits.tally(session, campaign).left
    if not left:
        return stop(session, actor, campaign, now)
    sure = (
        button("visits.button.sure", f"走访 {campaign.code} 结束"),
        button("visits.button.not_yet", f"走访 {campaign.code}"),
    )
    return [Say(text("visits.sure", code=campaign.code, n=left), buttons=rows(sure))]


def stop(session: Session, actor: Actor, campaign: Campaign, now: datetime) -> list[Say]:
    """End a round by word (结束): one of which nothing is said yet is called off, another ends with its counts."""
    _leads(session, actor, campaign)
    _going(campaign)
    found = visits.keep_counts(session, campaign)
    if not found.visited and not found.nobody:
        told = [one for one in visits.taking_part(session, campaign) if one != actor.id]
        cases.move(session, campaign, CampaignState.CANCELLED, closed_at=now, next_at=None)
        visits.erase_receipts(session, campaign)
        off = Say(text("visits.called_off", code=campaign.code, sort=campaign.sort))
        return [off, *to_people(off, told)]
    return [Say(_end(session, campaign, now).text)]


def _end(session: Session, campaign: Campaign, now: datetime) -> Say:
    found = visits.keep_counts(session, campaign)
    cases.move(session, campaign, CampaignState.ENDED, closed_at=now, next_at=now + rules.ERASED_AFTER)
    return Say(
        text("visits.ended", head=views.head(session, campaign, now), progress=views.progress(found)),
        lane=Lane.REMINDER,
    )


def _going(campaign: Campaign) -> None:
    if campaign.is_over:
        raise refuse("visits.over", code=campaign.code)


def _leads(session: Session, actor: Actor, campaign: Campaign) -> None:
    if not records.leads(session, actor, campaign):
        raise refuse("visits.not_yours", code=campaign.code)


def step(session: Session, campaign: Campaign, now: datetime, station: Station) -> list[Say]:
    """Each morning those who have doors left; on its day they and who answers for it; a day later it ends.

    A week after that its receipts are erased, later where a hold stands on it.
    """
    if campaign.is_over and holds.of_topic(session, campaign.topic) is not None:
        cases.change(session, campaign, next_at=now + rules.ERASED_AFTER)
        return []
    if campaign.is_over:
        visits.erase_receipts(session, campaign)
        cases.change(session, campaign, next_at=None)
        return []
    found = visits.keep_counts(session, campaign)
    if found.left == 0 and found.doors and now >= campaign.due_at:
        return to_people(_end(session, campaign, now), _answering(session, campaign))
    if campaign.late:
        return to_people(_end(session, campaign, now), _answering(session, campaign))
    if now >= campaign.due_at:
        at = ask_at(now + rules.GRACE, station.quiet_from, station.quiet_until)
        cases.change(session, campaign, late=True, next_at=at)
        late = Say(
            text("visits.late", head=views.head(session, campaign, now), progress=views.progress(found)),
            buttons=rows(button("visits.button.longer", f"走访 {campaign.code} 延期 1天")),
            lane=Lane.REMINDER,
        )
        return [*_left(session, campaign, "visits.yours_late", now), *to_people(late, _answering(session, campaign))]
    cases.change(session, campaign, next_at=rules.rings_next(campaign.due_at, now))
    return _left(session, campaign, "visits.yours_left", now)


def _left(session: Session, campaign: Campaign, key: str, now: datetime) -> list[Say]:
    """Each worker who has doors left hears how many of their own."""
    go = rows(button("visits.button.go", f"走访 {campaign.code}"))
    return [
        Say(
            text(key, head=views.head(session, campaign, now), n=visits.tally(session, campaign, one).left),
            buttons=go,
            person=one,
            lane=Lane.REMINDER,
        )
        for one in visits.still_at_it(session, campaign)
    ]


def _answering(session: Session, campaign: Campaign) -> list[int]:
    """Who began it, and the desk."""
    began = cases.origin_of(session, campaign).get("person")
    mine = [began] if isinstance(began, int) else []
    return list(dict.fromkeys([*mine, *people.nearest_holders(session, DESK, campaign.area_id)]))
