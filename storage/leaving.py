"""Leaving (离开): what names somebody goes at once from what is kept; what others still need of it stays longer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from storage import cases, holds, incidents, keeping, keys, searches
from storage.cases import Case
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyState
from storage.inbox import InboxRow, InboxState
from storage.incidents import Incident
from storage.outbox import FLYING, WAITING_HERE, OutboxRow
from storage.searches import Search

GONE: Final = "gone:"
MOST: Final = 10_000
TELLING: Final = ("phone", "words")
"""Of what is kept for an incident's taker: what may tell who reported it. Door, plate and position stay to help by."""


def forget_incident(session: Session, incident: Incident) -> bool:
    """Erase a closed incident of somebody who leaves; an open one forgets who told it. Whether it was erased."""
    if incident.state in keeping.CLOSED:
        keeping.bury(session, incident)
        return True
    private = incidents.private_of(session, incident)
    left: Mapping[str, Any] = {name: value for name, value in private.items() if name not in TELLING}
    incident.private = keys.seal_json(session, incident.key_id, "incidents.private", left)
    incident.origin = keys.seal_json(session, incident.key_id, "incidents.origin", {})
    incident.teller_digest, incident.left = None, True
    session.flush()
    return False


def forget_search(session: Session, search: Search) -> bool:
    """Erase a search that is over; an open one forgets who told it, and goes once it is over. Whether it was erased.

    The phone number given for the search itself stays as long as it is open: by it the missing person comes home.
    """
    if search.state in keeping.SEARCH_OVER:
        keeping.bury_search(session, search)
        return True
    search.origin = keys.seal_json(session, search.key_id, "searches.origin", {})
    search.teller_digest, search.left = None, True
    session.flush()
    return False


def forget_case(session: Session, case: Case) -> bool:
    """Erase a case that is over; an open one forgets who told it, and goes once over. Whether it was erased."""
    if case.is_over:
        cases.bury(session, case)
        return True
    cases.forget_teller(session, case)
    return False


def is_held(session: Session, record: Incident | Search | Case) -> bool:
    """Whether a legal hold stands on a record."""
    return holds.of_topic(session, record.topic) is not None


def told_by(session: Session, person_id: int) -> list[Incident | Search | Case]:
    """Every record a person told of that is still kept."""
    told: list[Incident | Search | Case] = [*incidents.told_by(session, person_id, MOST)]
    return [*told, *searches.told_by(session, person_id, MOST), *cases.told_of(session, person_id, MOST)]


def forget_chats(session: Session, before: datetime, most: int) -> int:
    """Blank the platform's id of private talks nobody owns any more since that moment; how many.

    One stays while a call waits or a message is unanswered there, and while a notice stands there that may have to be
    taken back.
    """
    waits = or_(*(exists().where(OutboxRow.chat_id == Chat.id, there) for there in (WAITING_HERE, FLYING)))
    unanswered = exists().where(
        InboxRow.queue == Chat.account.concat("|").concat(Chat.platform_id), InboxRow.state == InboxState.NEW
    )
    public = or_(Copy.topic.startswith("bulletin:"), Copy.topic.startswith("search:"))
    stands = exists().where(Copy.chat_id == Chat.id, Copy.state == CopyState.LIVE, public)
    left = Chat.kind == ChatKind.PRIVATE, Chat.person_id.is_(None), ~Chat.platform_id.startswith(GONE)
    rows = session.scalars(
        select(Chat)
        .where(*left, Chat.changed_at < before, ~waits, ~unanswered, ~stands)
        .order_by(Chat.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for chat in rows:
        chat.platform_id, chat.thread, chat.title = f"{GONE}{chat.id}", "", ""
        chat.state, chat.area_id = ChatState.GONE, None
    session.flush()
    return len(rows)
