"""The newest (最近一件): what somebody told last, for words said of it without its number."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from storage import cases, incidents, searches
from storage.incidents import IncidentKind, IncidentState
from storage.searches import SearchState

BEFORE = "刚才说的"
"""What stands in a button for the words said before it, which are kept; with a number for these words alone."""
REMEMBERED = timedelta(days=30)
"""So long something told counts as what is spoken of."""
TIP = IncidentKind.TIP.value
REPORTS = frozenset(one.value for one in IncidentKind)
LATELY = timedelta(minutes=30)
"""So long 撤销 alone means a thing told: later it is said of which."""
_GOING = (SearchState.DRAFT, SearchState.REPORTED, SearchState.PUBLISHED)


def without_words(rest: str) -> str | None:
    """What a button says before the words kept for it; None where it is of no such words."""
    found = re.fullmatch(rf"(.*){BEFORE}\d{{0,18}}", rest)
    return found[1] if found is not None else None


def held(session: Session, person_id: int) -> list[str]:
    """The codes of what is in this person's hands and takes more words (补充), the newest first."""
    if not person_id:
        return []
    found = [(one.created_at, one.code) for one in incidents.in_hands_of(session, person_id)]
    for one in cases.in_hands_of(session, person_id):
        kind = kinds.all_kinds().get(one.name)
        if kind is not None and kind.noted and "补充" in kind.answers:
            found.append((one.created_at, one.code))
    return [code for _, code in sorted(found, reverse=True)]


def told(session: Session, person_id: int, word: str, now: datetime) -> str:
    """The code of what this person told last that takes this word (补充, 撤销); empty for none.

    It is still under way; a report that was closed takes more words, too: the lamp is dark again.
    """
    return max(_told(session, person_id, word, now), default=(now, ""))[1]


def surely(session: Session, person_id: int, word: str, now: datetime) -> str:
    """The same where it is beyond doubt what is meant.

    What cannot be undone is taken back only just after it was told, and words that may belong to a tip are not shown
    beside something else.
    """
    found = _told(session, person_id, word, now)
    at, code = max(found, default=(now, ""))
    if word == "撤销":
        return code if now - at <= LATELY else ""
    return code if code[:1] == TIP or not any(other[0] == TIP for _, other in found) else ""


def _told(session: Session, person_id: int, word: str, now: datetime) -> list[tuple[datetime, str]]:
    """When each was told, and its code."""
    if not person_id:
        return []
    counts = {IncidentState.OPEN, IncidentState.TAKEN} | ({IncidentState.DONE} if word == "补充" else set())
    found = [(one.created_at, one.code) for one in incidents.told_by(session, person_id, 5) if one.state in counts]
    for one in cases.told_of(session, person_id, 1):
        kind = kinds.all_kinds().get(one.name)
        if not one.is_over and kind is not None and word in kind.answers:
            found.append((one.created_at, one.code))
    if word == "补充":
        own = searches.told_by(session, person_id, 3)
        found += [(one.created_at, one.code) for one in own if one.state in _GOING]
    return [one for one in found if one[0] > now - REMEMBERED]
