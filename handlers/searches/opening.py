"""A search begins (报告): opened at the first answer, told at once, kept up to date with every further answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.audit.actions import viewed
from handlers.dialogue.say import Say
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.searches import rules, telling, views
from storage import areas, searches
from storage.purposes import Purpose
from storage.searches import Search, SearchState

WORDS = ("who", "clothes", "health")
OPEN = (SearchState.DRAFT, SearchState.REPORTED, SearchState.PUBLISHED)


def facts_from(answers: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What the answers say, on top of what was known; phone numbers are gathered apart from the words."""
    facts = dict(before)
    contact = list(before.get("contact") or [])
    for name in WORDS:
        if name in answers:
            facts[name] = (answers[name] or {}).get("words")
            contact += (answers[name] or {}).get("contact") or []
    for name in ("age", "photo", "consent"):
        if name in answers:
            facts[name] = answers[name]
    if "seen" in answers:
        facts["seen"] = answers["seen"]
        contact += (answers["seen"] or {}).get("contact") or []
    facts["contact"] = list(dict.fromkeys(contact))
    return facts


def open_search(
    session: Session, station: Station, teller: int, area_id: int, facts: Mapping[str, Any], now: datetime
) -> Search:
    """Make the record at the first thing said; nobody has verified anything yet."""
    return searches.add(
        session,
        Purpose.MISSING,
        area_id,
        facts,
        now,
        expires_at=now + rules.DRAFT_LIVES,
        origin={"person": teller},
        teller_id=teller,
        next_at=now + station.verify,
    )


def learn(session: Session, search: Search, answers: Mapping[str, Any]) -> None:
    """Take the answers into the record: facts, photo, area, and whether it is about a minor."""
    facts = facts_from(answers, searches.facts_of(session, search))
    search.medium_id = facts.get("photo")
    case = rules.case_of(facts)
    search.minor = rules.is_minor(case)
    place = (facts.get("seen") or {}).get("area")
    if place is not None and place != search.area_id:
        new, old = areas.get(session, place), areas.get(session, search.area_id)
        if not areas.covers(new, old):
            search.area_id = new.id
    searches.set_facts(session, search, facts)


def tell_first(session: Session, search: Search, now: datetime) -> list[Say]:
    """The area's officers hear at the first answer; their group hears that there is something."""
    says = [
        *viewed(session, search.topic, "search", brief(session, search, now), now),
        *telling.to_team_groups(session, search, "search.officer.line", telling.OFFICERS_LINE),
    ]
    telling.remember(session, search)
    return says


def brief(session: Session, search: Search, now: datetime) -> list[Say]:
    """The officers' message about a search still being told; it edits itself with every answer."""
    sentence = text(
        "search.officer.draft",
        code=search.code,
        area=views.area_name(session, search),
        lines=views.known(session, search, now.tzinfo),
    )
    says = telling.to_officers(session, search, sentence, slot=f"search:{search.id}:brief")
    telling.remember(session, search)
    return says


def report(session: Session, station: Station, search: Search, now: datetime) -> list[Say]:
    """The talk is at its end: officers get the whole with buttons; the clock of verifying runs from here."""
    moved = searches.move(
        session,
        search,
        SearchState.REPORTED,
        stage=0,
        next_at=now + station.verify,
        expires_at=rules.expiry(now, station.search_lives),
    )
    if not moved:
        closed = search.state not in OPEN
        return telling.to_family(session, search, "search.refuse.over_plain" if closed else "search.family.later")
    sentence = text(
        "search.officer.ready",
        code=search.code,
        area=views.area_name(session, search),
        lines=views.known(session, search, now.tzinfo),
        **telling.reach(session, *telling.first_ring(session, search)),
    )
    says = telling.to_officers(session, search, sentence, buttons=views.officer_buttons(search))
    viewed(session, search.topic, "search", says, now)
    photo = views.photo_of(session, search)
    if photo:
        says += telling.to_officers(session, search, text("search.officer.photo", code=search.code), media=photo)
    return [
        *telling.to_family(session, search, "search.family.reported"),
        *says,
        *telling.to_team_groups(session, search, "search.officer.line_ready", telling.TEAM_LINE),
    ]


def cancel(session: Session, search: Search, now: datetime) -> list[Say]:
    """The family stops the talk: officers, who were told already, hear that, too, and ring up."""
    ended = searches.move(
        session, search, SearchState.CANCELLED, only_from=[SearchState.DRAFT], closed_at=now, next_at=now
    )
    if not ended and search.state not in OPEN:
        return []
    says = telling.to_officers(session, search, text("search.officer.cancelled", code=search.code))
    if ended:
        says += telling.to_team_groups(session, search, "search.officer.line_over", telling.OFFICERS_LINE)
    return [*says, *telling.to_family(session, search, "search.family.cancelled")]


def lapse(session: Session, search: Search, now: datetime) -> list[Say]:
    """Nobody went on with it: put away, and both sides hear what to do if the person is still missing."""
    unanswered = [SearchState.DRAFT, SearchState.REPORTED]
    if not searches.move(session, search, SearchState.CANCELLED, only_from=unanswered, closed_at=now, next_at=now):
        return []
    return [
        *telling.to_officers(session, search, text("search.officer.lapsed", code=search.code)),
        *telling.to_team_groups(session, search, "search.officer.line_lapsed", telling.OFFICERS_LINE),
        *telling.to_family(session, search, "search.family.lapsed"),
    ]
