"""The end of a search: copies taken back, tellers thanked, the photo erased."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.publishing import actions as publishing
from storage import incidents, media, searches
from storage.lanes import Lane
from storage.searches import Search


def close_published(
    session: Session,
    words: Catalogue,
    search: Search,
    closing: Text,
    now: datetime,
    *,
    report_to: int | None = None,
    close: bool = False,
) -> None:
    """Take every copy back, or with `close` (expiry) turn it into `closing`; ahead of everything else on the wire."""
    publishing.take_back(
        session,
        words,
        topic=search.topic,
        closing=closing,
        lane=Lane.RECALL_PERSON,
        now=now,
        report_to=report_to,
        close=close,
    )


def thank_tellers(session: Session, search: Search, now: datetime) -> list[Say]:
    """Whoever told of a sighting hears privately that it ended well; reached by the sealed origin alone."""
    tellers = {}
    for incident in incidents.of_search(session, search.id):
        person = incidents.origin_of(session, incident).get("person")
        if person is not None:
            tellers[int(person)] = Say(text("search.thanks_teller", code=search.code), person=int(person))
    return list(tellers.values())


def erase_photo(session: Session, search: Search) -> None:
    """Erase the photo of a closed search; the rest goes by the general rules of keeping."""
    facts = searches.facts_of(session, search)
    if search.medium_id is not None:
        media.erase(session, search.medium_id)
    search.medium_id, search.next_at = None, None
    if facts.get("photo") is not None:
        searches.set_facts(session, search, {**facts, "photo": None})
