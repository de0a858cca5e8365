"""What a search looks like: to the officer in full, to the public as the privacy rules allow."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.wording import Text, text
from handlers.reading.when import read_when
from handlers.searches import reading, rules
from storage import areas, incidents, media, searches
from storage.incidents import Incident, IncidentState
from storage.media import MediumState
from storage.searches import Search

TIMELINE_MOST = 30
WORDS_MOST = 120
PUBLIC_MOST = 200
"""Characters of one line of a notice, so that the whole fits under a photo."""


def area_name(session: Session, search: Search) -> str:
    """The name of the area where somebody was last seen."""
    return areas.get(session, search.area_id).name


def known(session: Session, search: Search, zone: tzinfo | None) -> tuple[Text, ...]:
    """All that is known, line by line; for officers and the desk privately, never for a group."""
    facts = searches.facts_of(session, search)
    seen = facts.get("seen") or {}
    shown: list[tuple[str, object]] = [
        ("who", facts.get("who")),
        ("age", _age(facts)),
        ("when", _moment(seen, zone)),
        ("where", seen.get("where")),
        ("place", seen.get("location")),
        ("clothes", facts.get("clothes")),
        ("health", facts.get("health")),
        ("note", facts.get("note")),
        ("correction", facts.get("correction")),
        ("contact", "、".join(facts.get("contact") or ())),
        ("photo", _photo_state(session, search, facts)),
        ("consent", text(f"search.has.consent_{facts['consent']}") if facts.get("consent") else None),
    ]
    lines = tuple(text(f"search.fact.{name}", value=value) for name, value in shown if value)
    return lines or (text("search.fact.nothing"),)


def about(session: Session, search: Search) -> Text:
    """The missing person in a few words that a team group may read: 王奶奶, 一名男孩."""
    key, gaps = rules.public_name(searches.facts_of(session, search))
    return text(key, **gaps)


def nameless(session: Session, search: Search) -> Text:
    """The missing person without even the family name: 一名男孩."""
    facts = searches.facts_of(session, search)
    key, gaps = rules.public_name({**facts, "who": _nameless(facts)})
    return text(key, **gaps)


def officer_buttons(search: Search) -> tuple[tuple[Button, ...], ...]:
    """What an officer can do with a search that waits for being verified."""
    code = search.code
    return rows(
        (button("search.button.verify", f"核实 {code}"), button("search.button.danger", f"核实 {code} 有危险")),
        (button("search.button.correct", f"更正 {code}"), button("search.button.reject", f"不属实 {code}")),
        (button("search.button.found", f"找到 {code}"),),
    )


def photo_of(session: Session, search: Search) -> tuple[int, ...]:
    """The photo, unless it could not be opened or is erased."""
    if search.medium_id is None:
        return ()
    state = media.get(session, search.medium_id).state
    return (search.medium_id,) if state in (MediumState.WANTED, MediumState.READY) else ()


def notice(session: Session, search: Search, zone: tzinfo | None) -> Say:
    """The notice as a group sees it where copies can be taken back: with the photo and a button for tips."""
    lines = _public_lines(session, search, zone)
    sentence = text("search.notice.text", code=search.code, name=about(session, search), lines=lines)
    tips = rows((button("search.button.tip", f"线索 {search.code}"),))
    return Say(sentence, buttons=tips, media=photo_of(session, search))


def bare_notice(session: Session, search: Search, zone: tzinfo | None) -> Say:
    """The notice where no copy can be taken back: no photo, and of a minor not even the family name (R8).

    With the guardian's recorded consent an adult at risk is shown as everywhere else.
    """
    return _bare(session, search, zone, "search.notice.photo_privately")


def private_notice(session: Session, search: Search, zone: tzinfo | None) -> Say:
    """The same for somebody who asks for it privately where no copy can be taken back: who has the photo."""
    return _bare(session, search, zone, "search.notice.photo_kept")


def contested_notice(session: Session, search: Search, zone: tzinfo | None) -> Say:
    """The notice while an objection hides who it is about (R11): no photo, no name."""
    lines = _public_lines(session, search, zone, nameless=True)
    return Say(text("search.notice.contested", code=search.code, name=nameless(session, search), lines=lines))


def _bare(session: Session, search: Search, zone: tzinfo | None, about_photo: str) -> Say:
    if search.can_stay and not search.minor:
        return notice(session, search, zone)
    facts = searches.facts_of(session, search)
    key, gaps = rules.public_name({**facts, "who": _nameless(facts)} if search.minor else facts)
    fields = {
        "name": text(key, **gaps),
        "lines": _public_lines(session, search, zone, nameless=search.minor),
        "photo": text(about_photo, code=search.code) if photo_of(session, search) else "",
    }
    return Say(text("search.notice.bare", code=search.code, **fields))


def timeline(session: Session, search: Search, now: datetime) -> Say:
    """The sightings as one time-line, for officers privately; tellers are counted, never named (R12)."""
    found = sightings_of(session, search)
    if not found:
        return Say(text("search.line.empty", code=search.code))
    tellers = len({one.teller_digest or f"?{one.id}" for one in found})
    placed = sorted(((told_time(session, one, now), one) for one in found), key=lambda pair: (pair[0], pair[1].id))
    lines = [_line(session, at, one) for at, one in placed[-TIMELINE_MOST:]]
    if len(placed) > TIMELINE_MOST:
        lines.insert(0, text("search.line.older", n=len(placed) - TIMELINE_MOST))
    return Say(text("search.line.head", code=search.code, n=len(found), tellers=tellers, lines=tuple(lines)))


def sightings_of(session: Session, search: Search) -> list[Incident]:
    """The sightings that stand; one its teller took back, or that was merged into another, does not."""
    gone = (IncidentState.WITHDRAWN, IncidentState.MERGED)
    return [one for one in incidents.of_search(session, search.id) if one.state not in gone]


def told_time(session: Session, incident: Incident, now: datetime) -> datetime:
    """When the teller saw it, as said; else when it was told. In the zone of `now`."""
    told = incident.created_at.astimezone(now.tzinfo)
    when = read_when(incidents.text_of(session, incident), told, past=True)
    if when is not None and isinstance(when.start, datetime) and when.start <= told:
        return when.start
    return told


def sighting_words(session: Session, incident: Incident) -> str | Text:
    """What a sighting says, with its place, short enough for a line."""
    place, words = incidents.place_of(session, incident), incidents.text_of(session, incident)
    full = words if not place or place in words else f"{place} {words}"
    short = " ".join(full.split())
    if not short:
        return text("search.line.wordless")
    return short if len(short) <= WORDS_MOST else short[: WORDS_MOST - 1] + "…"


def moment(at: datetime) -> str:
    """11月18日 15:00."""
    return f"{at.month}月{at.day}日 {at:%H:%M}"


def _line(session: Session, at: datetime, incident: Incident) -> Text:
    photos = len(incidents.media_of(session, incident))
    words = sighting_words(session, incident)
    if photos:
        return text("search.line.one_photos", at=moment(at), words=words, photos=photos)
    return text("search.line.one", at=moment(at), words=words)


def _public_lines(session: Session, search: Search, zone: tzinfo | None, *, nameless: bool = False) -> tuple[Text, ...]:
    facts = searches.facts_of(session, search)
    case = rules.case_of(facts)
    seen = facts.get("seen") or {}
    correction = _public(facts, facts.get("correction"), nameless)
    replaced = any(reading.features(facts.get("correction") or ""))
    shown: Sequence[tuple[str, object]] = (
        ("age", _age(facts)),
        ("sex", rules.sex_of(facts)),
        ("when", _moment(seen, zone)),
        ("where", _public(facts, seen.get("where"), nameless)),
        ("clothes", "" if replaced else _public(facts, facts.get("clothes"), nameless)),
        ("correction", correction),
    )
    lines = [text(f"search.notice.{name}", value=value) for name, value in shown if value]
    if reading.ill(f"{case.health}，{case.story}") or reading.in_danger(f"{case.health}，{case.story}"):
        lines.append(text("search.notice.help"))
    return tuple(lines)


def _public(facts: Mapping[str, Any], words: str | None, nameless: bool) -> str:
    if not words:
        return ""
    names = tuple(filter(None, (reading.full_name(facts.get("who") or ""), reading.called_name(words))))
    shown = reading.for_public(words, names=names, minor=rules.is_minor(rules.case_of(facts)))
    for name in names if nameless else ():
        shown = shown.replace(f"{name[0]}某", "本人")
    return shown if len(shown) <= PUBLIC_MOST else shown[: PUBLIC_MOST - 1] + "…"


def _nameless(facts: Mapping[str, Any]) -> str:
    return rules.sex_of(facts) or ""


def _age(facts: Mapping[str, Any]) -> Text | None:
    age = facts.get("age")
    if not age:
        return None
    if age.get("years") is not None:
        return text("search.age_is.years", years=age["years"])
    return text(f"search.age_is.{age['group']}")


def _moment(seen: Mapping[str, Any], zone: tzinfo | None) -> str | None:
    """11月18日 15:00, or 11月18日上午 where no hour was said."""
    if not (iso := seen.get("when")):
        return None
    if len(iso) <= 10:
        day = date.fromisoformat(iso)
        return f"{day.month}月{day.day}日{seen.get('part') or ''}"
    return moment(datetime.fromisoformat(iso).astimezone(zone))


def _photo_state(session: Session, search: Search, facts: Mapping[str, Any]) -> Text | None:
    if search.medium_id is not None:
        return text("search.has.yes" if photo_of(session, search) else "search.has.broken")
    return text("search.has.no") if "photo" in facts else None
