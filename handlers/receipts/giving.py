"""Giving a receipt (给回执): the digits are shown once, privately, in a message that is forgotten at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.wording import text
from handlers.reading.receipts import grouped
from storage import receipts
from storage.incidents import Incident, IncidentKind
from storage.lanes import Lane


def give(session: Session, incident: Incident, now: datetime, *, person: int | None) -> list[Say]:
    """The receipt of a tip just told; nothing for any other incident. `person`: who is told where others read along."""
    if incident.kind is not IncidentKind.TIP:
        return []
    digits = grouped(receipts.give(session, incident, now))
    return [Say(text("receipts.given", digits=digits), person=person, fleeting=True)]


def give_anew(session: Session, incident: Incident, now: datetime, *, person: int | None) -> list[Say]:
    """The old number was read by others: it is void, and the teller hears privately why, with a new one.

    Where no teller is known (they left) there is nobody to give it to. Whoever wants no messages gets this one: without
    it they could never come back.
    """
    if person is None:
        receipts.drop(session, incident)
        return []
    digits = grouped(receipts.give(session, incident, now))
    return [Say(text("receipts.given_anew", digits=digits), person=person, lane=Lane.LIFE, fleeting=True)]
