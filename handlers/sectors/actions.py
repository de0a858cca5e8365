"""What can be done while people search by sectors (分片): divide, join, take, hand over, done; the only door.

How everybody comes back stands in `handlers/sectors/homecoming.py`.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse, require
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Catalogue, text
from handlers.publishing import actions as publishing
from handlers.reading.identifiers import mask
from handlers.sectors import records, rules, views
from handlers.sectors.records import Standing
from handlers.sectors.rules import NotNow, Place
from storage import areas, audit, chats, deliveries, sectors
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.searches import Search, SearchState
from storage.sectors import Searcher, Sector

INVITED = (ChatKind.VOLUNTEERS, ChatKind.WORKERS)


def propose(session: Session, actor: Actor, search: Search) -> list[Say]:
    """Show how the present ring would be divided (分片); nothing is begun before the leader says yes."""
    _may_divide(session, actor, search)
    found = "、".join(areas.get(session, one).name for one in _chosen(session, search))
    ring = areas.get(session, search.ring_area_id or search.area_id).name
    line = text("sectors.propose", code=search.code, ring=ring, n=len(_chosen(session, search)), which=found)
    return [Say(line, buttons=rows(button("sectors.button.divide", f"分片 {search.code} 确定")))]


def _may_divide(session: Session, actor: Actor, search: Search) -> None:
    require(actor, "分片", areas.get(session, search.area_id))
    if search.state is not SearchState.PUBLISHED:
        raise refuse("sectors.refuse.not_published", code=search.code)


def _chosen(session: Session, search: Search) -> list[int]:
    """The areas a ring is divided into."""
    inside = areas.subtree(session, search.ring_area_id or search.area_id)
    places = [Place(one, tuple(areas.get(session, one).lineage)) for one in inside]
    return rules.divide(places, areas.get(session, search.area_id).lineage)


def divide(session: Session, words: Catalogue, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """Divide the ring and ask for helpers; whoever divides it leads. Undone by 收队 while nobody has joined."""
    _may_divide(session, actor, search)
    if records.stands(session, search) is not None:
        raise refuse("sectors.refuse.divided", code=search.code)
    outing = sectors.add(session, search.id, actor.id, now)
    for area_id in _chosen(session, search):
        sectors.add_sector(session, outing, area_id)
    audit.write(session, "search.divide", now, actor_id=actor.id, topic=search.topic)
    one = records.of_outing(session, outing)
    _invite(session, words, one, now)
    done = text("sectors.divided", code=search.code, n=len(one.sectors))
    return [Say(done, buttons=_leader_buttons(one)), *views.board(session, one, anew=True)]


def _leader_buttons(one: Standing) -> tuple[tuple[Button, ...], ...]:
    code = one.search.code
    return rows((button("sectors.button.overview", f"分片 {code}"), button("sectors.button.down", f"收队 {code}")))


def _invite(session: Session, words: Catalogue, one: Standing, now: datetime) -> None:
    """Ask volunteers, the ring's other teams and residents who want its notices; each chat once."""
    search = one.search
    inside = areas.subtree(session, search.ring_area_id or search.area_id)
    home = {chat.id for chat in chats.team_of(session, search.area_id)}
    asked = {chat for each in deliveries.of_topic(session, topic_of(one)) for chat in each.targets}
    groups = [chat.id for chat in chats.groups(session, INVITED, inside)]
    found = [*groups, *chats.subscriber_ids(session, inside)]
    targets = [chat for chat in dict.fromkeys(found) if chat not in home | asked]
    if not targets:
        return
    publishing.publish(
        session,
        words,
        topic=topic_of(one),
        name=f"{topic_of(one)}:{search.ring_area_id}:{now:%m%d%H%M%S}",
        lane=Lane.LIFE,
        notice=Say(
            text("sectors.invite", code=search.code),
            buttons=rows(button("sectors.button.join", f"签到 {search.code}")),
        ),
        targets=targets,
        now=now,
        actor_id=one.outing.leader_id,
        expires_at=search.expires_at,
    )


def topic_of(one: Standing) -> str:
    """The name under which people are asked to help, and no more once they are not needed."""
    return f"outing:{one.outing.id}"


def widened(session: Session, words: Catalogue, search: Search, now: datetime) -> list[Say]:
    """A wider ring adds sectors to those there are, and asks its helpers."""
    one = records.stands(session, search)
    if one is None or one.outing.stood_down_at is not None:
        return []
    chosen = _chosen(session, search)
    known = [each.area_id for each in one.sectors]
    lines = {each: tuple(areas.get(session, each).lineage) for each in (*chosen, *known)}
    new = rules.fresh(chosen, lines, known)
    for area_id in new:
        sectors.add_sector(session, one.outing, area_id)
    one = records.of_outing(session, one.outing)
    _invite(session, words, one, now)
    told = Say(text("sectors.widened", code=search.code, n=len(new)), lane=Lane.LIFE)
    return [*views.to_leader(session, one, told), *views.board(session, one, anew=True)]


def add_sector(session: Session, actor: Actor, search: Search, words: str) -> list[Say]:
    """Add a building or a place as a sector of its own (分片 寻3 加 7号楼)."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    name = mask(words, doors=True).strip()[: rules.MOST_NAME]
    if not name:
        raise refuse("sectors.refuse.which_place", code=search.code)
    if len(one.sectors) >= rules.MOST_ADDED:
        raise refuse("sectors.refuse.too_many", most=rules.MOST_ADDED)
    added = sectors.add_sector(session, one.outing, search.area_id, name)
    one = records.of_outing(session, one.outing)
    undo = button("sectors.button.drop", f"分片 {search.code} 去 片{added.number}")
    line = text("sectors.added", sector=views.named(session, one, added))
    return [Say(line, buttons=rows(undo)), *views.board(session, one)]


def drop_sector(session: Session, actor: Actor, search: Search, number: int | None) -> list[Say]:
    """Take a sector out that nobody is in (分片 寻3 去 片2)."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    sector = records.sector(session, one, number)
    if one.inside(sector):
        raise refuse("sectors.refuse.busy", sector=views.named(session, one, sector))
    line = text("sectors.dropped", sector=views.named(session, one, sector))
    sectors.drop_sector(session, sector)
    return [Say(line), *views.board(session, records.of_outing(session, one.outing))]


def overview(session: Session, actor: Actor, search: Search) -> list[Say]:
    """Who is in which sector, privately for the leader."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    return [replace(views.overview(session, one), person=actor.id)]


def lead(session: Session, actor: Actor, search: Search) -> list[Say]:
    """Take the lead over (分片 寻3 带队); who led before hears so."""
    one = records.standing(session, search)
    require(actor, "分片", areas.get(session, search.area_id))
    before = one.outing.leader_id
    if before == actor.id:
        raise refuse("sectors.refuse.you_lead", code=search.code)
    one.outing.leader_id = actor.id
    session.flush()
    says = [Say(text("sectors.you_lead", code=search.code)), replace(views.overview(session, one), person=actor.id)]
    if before is not None:
        says += to_people(Say(text("sectors.other_leads", code=search.code, name=called(session, actor.id))), [before])
    return says


def meet_at(session: Session, actor: Actor, search: Search, words: str) -> list[Say]:
    """Say where people meet when they come back (分片 寻3 集合 村委会门口)."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    place = mask(words, doors=True).strip()[: rules.MOST_NAME]
    if not place:
        raise refuse("sectors.refuse.which_place", code=search.code)
    sectors.set_meets(session, one.outing, place)
    return [Say(text("sectors.meets", code=search.code, place=place))]


def join(session: Session, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """Join a search of one's own will (签到); the first one starts the situation notes."""
    one = records.standing(session, search)
    if not records.may_join(session, actor):
        raise refuse("sectors.refuse.subscribe", code=search.code)
    if search.state is not SearchState.PUBLISHED and not one.outing.stood_down_at:
        raise refuse("sectors.refuse.returning", code=search.code)
    try:
        one = records.keep(session, one, one.count.join(actor.id), now)
    except NotNow as error:
        raise records.no(one, error) from error
    if one.outing.next_at is None:
        one.outing.next_at = now + rules.NOTE_EVERY
        session.flush()
    row = one.person(actor.id)
    number = row.number if row is not None else one.outing.joined
    return [
        Say(text("sectors.joined", code=search.code, n=number), buttons=views.offer(session, one), person=actor.id),
        *views.board(session, one),
    ]


def offer(session: Session, actor: Actor, search: Search) -> list[Say]:
    """Which sectors can be taken (领片 alone)."""
    one = records.standing(session, search)
    _searching(one, actor)
    return [Say(text("sectors.which", code=search.code), buttons=views.offer(session, one), person=actor.id)]


def _searching(one: Standing, actor: Actor) -> Searcher:
    """This person's row while they are out; Refusal otherwise."""
    row = one.person(actor.id)
    if one.outing.stood_down_at is not None:
        raise refuse("sectors.refuse.returning", code=one.search.code)
    if row is None or row.back_at is not None:
        raise refuse("sectors.refuse.join_first", code=one.search.code)
    return row


def take(session: Session, actor: Actor, search: Search, number: int) -> list[Say]:
    """Take a sector (领片); those already in it hear, and are named to whoever comes."""
    one = records.standing(session, search)
    row = _searching(one, actor)
    return _put(session, one, row, records.sector(session, one, number))


def give(session: Session, actor: Actor, search: Search, number: int | None, words: str) -> list[Say]:
    """Give a sector to a searcher (领片 寻3 片2 给 3号): by the leader any, by somebody in it their own.

    words: the searcher's number; the leader may say the name.
    """
    one = records.standing(session, search)
    other, own = records.whom(session, actor, one, words)[0], None
    if other is None:
        raise refuse("sectors.refuse.to_whom", code=search.code)
    if number is not None and records.leads(session, actor, search, one.outing):
        sector = records.sector(session, one, number)
    else:
        own, sector = _searching(one, actor), _own_or_led(session, one, actor, None)
    if other.back_at is not None or other is own or one.outing.stood_down_at is not None:
        raise refuse("sectors.refuse.not_out", code=search.code, n=other.number)
    if own is not None:
        own.sector_id = None
        session.flush()
    says = _put(session, one, other, sector)
    given = text("sectors.given", sector=views.named(session, one, sector), n=other.number)
    return [Say(given, person=actor.id), *says, *views.board(session, records.of_outing(session, one.outing))]


def _put(session: Session, one: Standing, row: Searcher, sector: Sector) -> list[Say]:
    """Put a searcher into a sector."""
    if sector.done_at is not None:
        raise refuse("sectors.refuse.done", sector=views.named(session, one, sector), code=one.search.code)
    if row.sector_id == sector.id:
        raise refuse("sectors.refuse.in_it", sector=views.named(session, one, sector))
    there = one.inside(sector)
    row.sector_id = sector.id
    session.flush()
    shown = {"code": one.search.code, "sector": views.named(session, one, sector)}
    beside = text("sectors.beside", who=views.names(session, there)) if there else text("sectors.alone")
    name = called(session, row.person_id)
    return [
        Say(
            text("sectors.taken", beside=beside, **shown),
            buttons=views.own_buttons(one),
            person=row.person_id,
            lane=Lane.LIFE,
        ),
        *to_people(Say(text("sectors.came", name=name, **shown)), [each.person_id for each in there]),
        *views.board(session, records.of_outing(session, one.outing)),
    ]


def hand_over(session: Session, actor: Actor, search: Search) -> list[Say]:
    """Give one's own sector back (领片 寻3 交出); it is free for others, and one may take another."""
    one = records.standing(session, search)
    row = _searching(one, actor)
    sector = next((each for each in one.sectors if each.id == row.sector_id), None)
    if sector is None:
        raise refuse("sectors.refuse.no_own", code=search.code)
    row.sector_id = None
    session.flush()
    one = records.of_outing(session, one.outing)
    line = text("sectors.handed_over", sector=views.named(session, one, sector))
    return [Say(line, buttons=views.offer(session, one), person=actor.id), *views.board(session, one)]


def done(session: Session, actor: Actor, search: Search, number: int | None, note: str, now: datetime) -> list[Say]:
    """A sector has been searched (搜完): by somebody in it, or by the leader; whoever was in it may take another."""
    one = records.standing(session, search)
    sector = _own_or_led(session, one, actor, number)
    if sector.done_at is not None:
        raise refuse("sectors.refuse.done", sector=views.named(session, one, sector), code=search.code)
    there = one.inside(sector)
    sectors.set_done(session, one.outing, sector, mask(note, doors=False)[: rules.MOST_WORDS], now)
    for each in there:
        each.sector_id = None
    session.flush()
    one = records.of_outing(session, one.outing)
    shown = {"code": search.code, "sector": views.named(session, one, sector)}
    undo = button("sectors.button.undo", f"搜完 {search.code} 片{sector.number} 撤销")
    others = [each.person_id for each in there if each.person_id != actor.id]
    line = text("sectors.done", **shown)
    return [
        Say(line, buttons=(*views.offer(session, one), *rows(undo)), person=actor.id),
        *to_people(Say(line, buttons=views.offer(session, one)), others),
        *views.board(session, one),
    ]


def _own_or_led(session: Session, one: Standing, actor: Actor, number: int | None) -> Sector:
    """The sector meant: one's own, or any for the leader."""
    if number is not None and records.leads(session, actor, one.search, one.outing):
        return records.sector(session, one, number)
    row = _searching(one, actor)
    own = next((each for each in one.sectors if each.id == row.sector_id), None)
    if own is None or number not in (None, own.number):
        raise refuse("sectors.refuse.no_own", code=one.search.code)
    return own


def undone(session: Session, actor: Actor, search: Search, number: int | None) -> list[Say]:
    """A wrong tap (搜完 寻3 片2 撤销): the sector is to be searched after all, by whoever pressed."""
    one = records.standing(session, search)
    sector = records.sector(session, one, number)
    leads = records.leads(session, actor, search, one.outing)
    row = one.person(actor.id) if leads else _searching(one, actor)
    if sector.done_at is None:
        raise refuse("sectors.refuse.not_done", sector=views.named(session, one, sector))
    sectors.set_undone(session, sector)
    if row is not None and row.back_at is None and row.sector_id is None:
        row.sector_id = sector.id
        session.flush()
    one = records.of_outing(session, one.outing)
    line = text("sectors.undone", sector=views.named(session, one, sector))
    return [Say(line, buttons=views.own_buttons(one), person=actor.id), *views.board(session, one)]


def say_line(session: Session, actor: Actor, search: Search, words: str) -> list[Say]:
    """The leader's line (情况通报 寻3 …): told with the next note; without words the situation as it is."""
    one = records.standing(session, search)
    records.require_lead(session, actor, one)
    if not words.strip():
        return [Say(views.note(session, one, whole=True), person=actor.id)]
    sectors.set_line(session, one.outing, mask(words.strip(), doors=True)[: rules.MOST_WORDS])
    one.outing.told = ""
    session.flush()
    return [Say(text("sectors.line_kept", code=search.code), person=actor.id)]
