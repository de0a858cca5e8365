"""What can be done to a search (寻人): the only door, for talk, jobs and pages alike.

`station` holds the spans, `now` is in the station's zone. Each function answers what is to be said; a `Refusal`
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Catalogue, text
from handlers.dialogue.world import Station
from handlers.publishing import actions as publishing
from handlers.publishing.rules import asks_if_sure
from handlers.searches import reading, rules, telling, views
from handlers.searches.closing import found, not_found, reject, withdraw
from handlers.searches.finding import OVER, check_mine
from handlers.searches.sightings import sighting, timeline
from handlers.sectors.actions import widened
from storage import areas, audit, chats, objections, searches
from storage.lanes import Lane
from storage.searches import Search, SearchState

__all__ = [
    "correct",
    "found",
    "not_found",
    "reject",
    "review",
    "show",
    "sighting",
    "supplement",
    "timeline",
    "verify",
    "widen",
    "withdraw",
]


def verify(
    session: Session,
    words: Catalogue,
    station: Station,
    actor: Actor,
    search: Search,
    now: datetime,
    *,
    danger: bool = False,
    by_law: bool = False,
) -> list[Say]:
    """核实: an officer confirms; what passes the gate goes out to the groups of the area at once.

    `danger`: the officer says there is some. `by_law`: the statutory note in place of the guardian's consent.
    """
    check_mine(session, actor, "核实", search)
    facts = searches.facts_of(session, search)
    if search.state is SearchState.PUBLISHED:
        return _go_on(session, words, actor, search, facts, now)
    if search.state in OVER:
        raise refuse("search.refuse.over", code=search.code, word="核实")
    if facts.get("frozen"):
        return _ask_once_more(session, station, search, facts, now)
    photo = bool(views.photo_of(session, search))
    case = rules.case_of(facts, confirmed=True, danger=danger, by_law=by_law, photo=photo)
    _pass_the_gate(search, case)
    if danger:
        searches.set_facts(session, search, {**facts, "danger": True})
    ring, targets = telling.first_ring(session, search)
    if not _to_published(session, station, actor, search, case, ring.id, now):
        raise refuse("search.refuse.verified", code=search.code)
    head = audit.write(
        session, "search.publish", now, actor_id=actor.id, topic=search.topic, by_law=by_law, groups=len(targets)
    )
    _publish(session, words, search, ring.id, targets, actor, now)
    if not targets:
        return [
            Say(
                text("search.officer.lonely", code=search.code, ring=ring.name, head=head[: audit.SHOWN]),
                buttons=telling.widen_button(search),
            )
        ]
    shown = {"code": search.code, "ring": ring.name, "n": len(targets), "head": head[: audit.SHOWN]}
    return [
        Say(text("search.officer.published", **shown)),
        *_offer_ring(session, actor, search),
        *_is_out(session, actor, search, len(targets)),
    ]


def _pass_the_gate(search: Search, case: rules.Case) -> None:
    """Raise a Refusal that names all that is lacking (R7)."""
    lacks = rules.lacking(case)
    if lacks:
        lines = tuple(text(f"search.lack.{lack}", code=search.code) for lack in lacks)
        raise Refusal(text("search.lack.intro", code=search.code, lines=lines))


def _is_out(session: Session, actor: Actor, search: Search, groups: int) -> list[Say]:
    """Other officers are asked for a second look; the team and the family hear that it stands in so many groups."""
    return [
        *telling.ask_for_review(session, search, actor.id),
        *telling.to_team_groups(session, search, "search.officer.line_verified", telling.TEAM_LINE),
        *telling.to_family(session, search, "search.family.published", n=groups),
    ]


def widen(
    session: Session, words: Catalogue, actor: Actor, search: Search, now: datetime, *, sure: int | None = None
) -> list[Say]:
    """扩圈: the groups of the next area up that have not been told.

    sure: the number of groups the officer was shown; to many nothing goes out before they were.
    """
    check_mine(session, actor, "扩圈", search)
    if search.state is not SearchState.PUBLISHED:
        over = search.state in (*OVER, SearchState.EXPIRED)
        key = "search.refuse.over" if over else "search.refuse.not_published"
        raise refuse(key, code=search.code, word="扩圈")
    if searches.facts_of(session, search).get("frozen"):
        raise refuse("search.refuse.frozen", code=search.code)
    if objections.is_frozen(session, search.topic):
        raise refuse("search.refuse.contested", code=search.code)
    if rules.waits_for_review(search.verified_at or now, search.reviewed_by is not None, now):
        raise refuse("search.refuse.unreviewed", code=search.code)
    ring = telling.next_ring(session, search)
    if ring is None:
        top = areas.get(session, search.ring_area_id or search.area_id)
        raise refuse("search.refuse.top", code=search.code, ring=top.name)
    area, targets = ring
    if asks_if_sure(len(targets), sure):
        ask = text("search.officer.widen_sure", code=search.code, **telling.reach(session, area, targets))
        return [Say(ask, buttons=telling.widen_button(search, len(targets)))]
    search.ring_area_id, search.next_at = area.id, now + rules.LOOK_AGAIN
    head = audit.write(session, "search.widen", now, actor_id=actor.id, topic=search.topic, groups=len(targets))
    _publish(session, words, search, area.id, targets, actor, now)
    shown = {"code": search.code, "ring": area.name, "n": len(targets), "head": head[: audit.SHOWN]}
    return [
        Say(text("search.officer.widened", **shown)),
        *_offer_ring(session, actor, search),
        *widened(session, words, search, now),
    ]


def review(session: Session, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """复核: a second officer has looked at what one alone published; widening may go on (R7)."""
    check_mine(session, actor, "复核", search)
    if search.state is not SearchState.PUBLISHED:
        over = search.state in (*OVER, SearchState.EXPIRED)
        raise refuse("search.refuse.over" if over else "search.refuse.not_published", code=search.code, word="复核")
    session.refresh(search, with_for_update=True)
    if search.verified_by == actor.id:
        raise refuse("search.refuse.review_self", code=search.code)
    if search.reviewed_by is not None:
        raise refuse("search.refuse.reviewed", code=search.code)
    search.reviewed_by, search.review_at = actor.id, None
    audit.write(session, "search.review", now, actor_id=actor.id, topic=search.topic)
    says = [Say(text("search.officer.reviewed", code=search.code))]
    if search.verified_by is not None:
        told = text("search.officer.reviewed_told", code=search.code, who=called(session, actor.id))
        says.append(Say(told, person=search.verified_by, lane=Lane.LIFE))
    return says


def correct(
    session: Session, words: Catalogue, actor: Actor, search: Search, correction: str, now: datetime
) -> list[Say]:
    """更正: new words for the notice; copies that stand are edited, queued ones leave with the new words."""
    check_mine(session, actor, "更正", search)
    if search.state in (*OVER, SearchState.EXPIRED):
        raise refuse("search.refuse.over", code=search.code, word="更正")
    if not correction.strip():
        raise refuse("search.officer.correct_how", code=search.code)
    if len(correction) > 500:
        raise refuse("form.too_long", most=500)
    masked, phones = reading.split_contact(correction.strip())
    facts = searches.facts_of(session, search)
    contact = list(dict.fromkeys([*(facts.get("contact") or []), *phones]))
    searches.set_facts(session, search, {**facts, "correction": masked, "contact": contact})
    search.revision += 1
    audit.write(session, "search.correct", now, actor_id=actor.id, topic=search.topic, revision=search.revision)
    hidden = facts.get("hidden") or objections.hides(session, search.topic)
    if search.state is not SearchState.PUBLISHED or hidden:
        return [Say(text("search.officer.corrected_quiet", code=search.code))]
    publishing.update(
        session,
        words,
        topic=search.topic,
        lane=Lane.LIFE,
        notice=views.notice(session, search, now.tzinfo),
        bare=views.bare_notice(session, search, now.tzinfo),
        now=now,
        expires_at=search.expires_at,
    )
    return [Say(text("search.officer.corrected", code=search.code))]


def supplement(session: Session, actor: Actor, search: Search, added: str, now: datetime) -> list[Say]:
    """补充: the family says more; officers read it privately, the notice changes only by an officer's 更正."""
    if search.teller_digest != searches.teller_digest(session, actor.id):
        check_mine(session, actor, "更正", search)
    if search.state in OVER:
        raise refuse("search.refuse.over", code=search.code, word="补充")
    masked, phones = reading.split_contact(added.strip()[:500])
    facts = searches.facts_of(session, search)
    note = "；".join(filter(None, (facts.get("note"), masked)))[:1500]
    contact = list(dict.fromkeys([*(facts.get("contact") or []), *phones]))
    searches.set_facts(session, search, {**facts, "note": note, "contact": contact})
    told = text("search.officer.more", code=search.code, words="，".join((masked, *phones)))
    buttons = rows(button("search.button.correct", f"更正 {search.code}"))
    return [
        Say(text("search.family.later", code=search.code)),
        *viewed(session, search.topic, "added", telling.to_officers(session, search, told, buttons=buttons), now),
    ]


def show(session: Session, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """寻3: the live notice and photo, as a copy the ledger knows; an ended search only says that it is over."""
    if search.state is SearchState.PUBLISHED and not searches.facts_of(session, search).get("hidden"):
        chat = chats.private_of(session, actor.id)
        notice = views.notice if telling.takes_back(session, chat) else views.private_notice
        if objections.hides(session, search.topic):
            notice = views.contested_notice
        shown = notice(session, search, now.tzinfo)
        return [replace(shown, topic=search.topic, lane=Lane.LIFE, expires_at=search.expires_at)]
    keys = {SearchState.FOUND: "found", SearchState.REPORTED: "waiting", SearchState.DRAFT: "drafting"}
    return [Say(text(f"search.look.{keys.get(search.state, 'ended')}", code=search.code))]


def _go_on(
    session: Session, words: Catalogue, actor: Actor, search: Search, facts: Mapping[str, Any], now: datetime
) -> list[Say]:
    """核实 once more: where the family's word had frozen widening the search goes on; hidden copies go out again."""
    if not facts.get("frozen"):
        raise refuse("search.refuse.verified", code=search.code)
    if objections.hides(session, search.topic):
        raise refuse("search.refuse.contested", code=search.code)
    searches.set_facts(session, search, {**facts, "frozen": None, "hidden": None})
    search.next_at = now + rules.LOOK_AGAIN
    if facts.get("hidden"):
        search.revision += 1
        ring = areas.get(session, search.ring_area_id or search.area_id)
        audit.write(session, "search.again", now, actor_id=actor.id, topic=search.topic)
        _publish(session, words, search, ring.id, telling.groups_of(session, ring), actor, now)
    return [Say(text("search.officer.goes_on", code=search.code), buttons=telling.widen_button(search))]


def _ask_once_more(
    session: Session, station: Station, search: Search, facts: Mapping[str, Any], now: datetime
) -> list[Say]:
    """An older button may be pressed after the family said 找到: nothing goes out before a second 核实."""
    searches.set_facts(session, search, {**facts, "frozen": None})
    search.next_at = now + station.verify
    buttons = (*telling.confirm_button(search), *rows(button("search.button.verify", f"核实 {search.code}")))
    return [Say(text("search.officer.said_found", code=search.code), buttons=buttons)]


def _to_published(
    session: Session, station: Station, actor: Actor, search: Search, case: rules.Case, ring_id: int, now: datetime
) -> bool:
    if search.state is SearchState.DRAFT:
        searches.move(session, search, SearchState.REPORTED)
    renewed = search.state is SearchState.EXPIRED
    return searches.move(
        session,
        search,
        SearchState.PUBLISHED,
        verified_by=actor.id,
        verified_at=now,
        reviewed_by=None,
        review_at=now + rules.REVIEW_WITHIN,
        ring_area_id=ring_id,
        minor=rules.is_minor(case),
        can_stay=rules.photo_can_stay(case),
        revision=search.revision + int(renewed),
        expires_at=rules.expiry(now, station.search_lives),
        closed_at=None,
        stage=0,
        next_at=now + rules.LOOK_AGAIN,
    )


def _publish(
    session: Session, words: Catalogue, search: Search, ring_id: int, targets: list[int], actor: Actor, now: datetime
) -> None:
    if not targets:
        return
    publishing.publish(
        session,
        words,
        topic=search.topic,
        name=f"{search.topic}:{search.revision}:{ring_id}",
        lane=Lane.LIFE,
        notice=views.notice(session, search, now.tzinfo),
        bare=views.bare_notice(session, search, now.tzinfo),
        targets=targets,
        now=now,
        actor_id=actor.id,
        report_to=telling.private_chat(session, actor),
        expires_at=search.expires_at,
    )


def _offer_ring(session: Session, actor: Actor, search: Search) -> list[Say]:
    """The next ring as a button, privately."""
    ring = telling.next_ring(session, search)
    if ring is None:
        return []
    offer = text("search.officer.widen_now", **telling.reach(session, *ring))
    return [Say(offer, person=actor.id, buttons=telling.widen_button(search, len(ring[1])))]
