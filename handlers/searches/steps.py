"""What time does to a search: nobody verified it, nobody has seen the person, its days are over, its photo goes."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.say import Say, to_people
from handlers.dialogue.wording import Catalogue, text
from handlers.dialogue.world import Station
from handlers.searches import opening, rules, telling, views
from handlers.searches.closing import close_published, erase_photo
from handlers.sectors import homecoming
from storage import audit, chats, holds, objections, searches
from storage.lanes import Lane
from storage.searches import Search, SearchState

HELD_ASKS_AGAIN: Final = timedelta(days=1)
"""How often it is looked whether a legal hold still keeps a photo."""


def step(session: Session, words: Catalogue, station: Station, search: Search, now: datetime) -> list[Say]:
    """The step due now; `next_at` is set to the one behind it."""
    if search.state is SearchState.PUBLISHED:
        return _published(session, words, station, search, now)
    if search.state in (SearchState.DRAFT, SearchState.REPORTED):
        if search.expires_at <= now:
            return opening.lapse(session, search, now)
        if searches.facts_of(session, search).get("frozen"):
            return _unconfirmed(session, words, station, search, now)
        return _unverified(session, station, search, now)
    return _closed(session, station, search, now)


def expire(session: Session, words: Catalogue, search: Search, now: datetime) -> list[Say]:
    """Its days are over: every copy turns into the closing words; a new 核实 would renew it (R9)."""
    if not searches.move(session, search, SearchState.EXPIRED, closed_at=now, next_at=now):
        return []
    audit.write(session, "search.expire", now, topic=search.topic)
    officer = chats.private_of(session, search.verified_by) if search.verified_by else None
    report_to = officer.id if officer is not None else None
    close_published(session, words, search, text("search.closed"), now, report_to=report_to, close=True)
    return [
        *telling.to_officers(session, search, text("search.officer.expired", code=search.code)),
        *telling.to_team_groups(session, search, "search.officer.line_over", telling.TEAM_LINE),
        *telling.to_family(session, search, "search.family.expired"),
        *homecoming.ended(session, words, search, now),
    ]


def unreviewed(session: Session, search: Search, now: datetime) -> list[Say]:
    """No second officer has looked at it in time: desk and chiefs hear, widening rests until somebody does (R7)."""
    search.review_at = None
    minutes = _minutes(search.verified_at or now, now)
    audit.write(session, "search.unreviewed", now, topic=search.topic)
    what = text("search.officer.unreviewed", code=search.code, area=views.area_name(session, search), minutes=minutes)
    buttons = telling.review_button(search)
    return [
        *telling.to_desk(session, search, what, what),
        *to_people(Say(what, buttons=buttons, lane=Lane.LIFE), telling.officers_and_chiefs(session, search)),
    ]


def _unverified(session: Session, station: Station, search: Search, now: datetime) -> list[Say]:
    step = rules.unverified(search.stage, station.verify)
    search.stage += 1
    search.next_at = min(now + step.then, search.expires_at)
    area, minutes = views.area_name(session, search), _minutes(search.created_at, now)
    what = text(
        "search.officer.unverified",
        code=search.code,
        area=area,
        minutes=minutes,
        lines=views.known(session, search, now.tzinfo),
    )
    line = text("search.officer.unverified_line", code=search.code, area=area, minutes=minutes)
    buttons = views.officer_buttons(search)
    says = telling.to_desk(session, search, what, line, buttons=buttons)
    if step.tells == "chiefs":
        says += telling.to_chiefs(session, search, what, buttons=buttons)
    return viewed(session, search.topic, "search", says, now)


def _published(session: Session, words: Catalogue, station: Station, search: Search, now: datetime) -> list[Say]:
    frozen = bool(searches.facts_of(session, search).get("frozen"))
    if frozen:
        return _unconfirmed(session, words, station, search, now)
    search.next_at = now + rules.LOOK_AGAIN
    since = now - rules.LOOK_AGAIN
    seen = any(one.created_at > since for one in views.sightings_of(session, search))
    ring = telling.next_ring(session, search)
    held = objections.is_frozen(session, search.topic) or rules.waits_for_review(
        search.verified_at or now, search.reviewed_by is not None, now
    )
    if ring is None or not rules.asks_to_widen(frozen or held, seen):
        return []
    ask = text("search.officer.widen", code=search.code, **telling.reach(session, *ring))
    return telling.to_officers(session, search, ask, buttons=telling.widen_button(search, len(ring[1])))


def _unconfirmed(session: Session, words: Catalogue, station: Station, search: Search, now: datetime) -> list[Say]:
    """The family says found, and no officer has confirmed it: officers again, and the desk; a minor is hidden (R8)."""
    facts = searches.facts_of(session, search)
    lines: list[Say] = []
    if search.minor and search.state is SearchState.PUBLISHED and not facts.get("hidden"):
        searches.set_facts(session, search, {**facts, "hidden": now.isoformat()})
        audit.write(session, "search.hide", now, topic=search.topic)
        close_published(session, words, search, text("search.closed"), now)
        lines = telling.to_team_groups(session, search, "search.officer.line_hidden", telling.TEAM_LINE, hides=True)
    since = datetime.fromisoformat(facts["frozen"])
    search.next_at = now + max(station.verify, rules.LOOK_AGAIN / 2)
    late = text("search.officer.family_found_late", code=search.code, minutes=_minutes(since, now))
    buttons = telling.confirm_button(search)
    return [
        *telling.to_officers(session, search, late, buttons=buttons),
        *telling.to_desk(session, search, late, late, buttons=buttons),
        *lines,
    ]


def _closed(session: Session, station: Station, search: Search, now: datetime) -> list[Say]:
    due = rules.photo_goes_at(search.closed_at or now, station.photo_after_close)
    if now < due:
        search.next_at = due
    elif holds.of_topic(session, search.topic) is not None:
        search.next_at = now + HELD_ASKS_AGAIN
    else:
        erase_photo(session, search)
    return []


def _minutes(since: datetime, now: datetime) -> int:
    return int((now - since).total_seconds() // 60)
