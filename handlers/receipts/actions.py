"""What a receipt opens (凭回执): how the tip stands, what was asked, adding to it; the team's question. The only door.

Whoever has the digits is the teller, from any account. What is said there is put beside no person: no row names who
asked, and no answer names the tip's number.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse, require
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents import actions as telling
from handlers.incidents import records, views
from handlers.incidents import rules as told
from handlers.intelligence import views as studies
from handlers.reading.identifiers import mask
from handlers.reading.receipts import MOST, numbers_in
from handlers.receipts import giving, rules
from storage import areas, audit, chats, incidents, receipts, tries
from storage.incidents import Incident, IncidentKind, IncidentState

EVERYBODY = ""
"""Under this name the wrong numbers of all are counted together."""


def find(session: Session, message: Incoming, digits: str, now: datetime) -> Incident | None:
    """The tip of these digits; None where there is none, it is erased, or too many wrong ones were tried.

    The same is looked up whatever the digits are and however often they were wrong, and a wrong one counts by account,
    so that leaving and coming back as a new person wins no further tries.
    """
    who = f"{message.account}|{message.sender}"
    own = tries.count(session, "receipt", who, now, rules.TRIES_WITHIN)
    everybody = tries.count(session, "receipts", EVERYBODY, now, rules.TRIES_WITHIN)
    found = receipts.find(session, digits)
    if own >= rules.TRIES or everybody >= rules.ALL_TRIES:
        return None
    if found is None:
        tries.wrong(session, "receipt", who, now, rules.TRIES_WITHIN)
        tries.wrong(session, "receipts", EVERYBODY, now, rules.TRIES_WITHIN)
    return found


def show(session: Session, incident: Incident, now: datetime) -> list[Say]:
    """How the tip stands, and what the team asked; neither its words nor its number."""
    last = _last(session, incident)
    state = views.state_of(session, last, with_name=False)
    lines = [text("receipts.stands", state=state, ago=views.ago(incident, now))]
    lines += studies.for_teller(session, last)
    outcome = incidents.outcome_of(session, last)
    if last.state is IncidentState.DONE and outcome:
        lines.append(text("incidents.card.outcome", outcome=mask(outcome)))
    asked = _questions(session, incident)
    lines += asked
    if incident.state is not IncidentState.WITHDRAWN:
        lines.append(text("receipts.answer_how" if asked else "receipts.add_how"))
    return [say("incidents.lines", lines=tuple(lines))]


def _last(session: Session, incident: Incident) -> Incident:
    """Where the tip is dealt with: itself, or what it was merged into as long as that is kept."""
    for _ in range(10):
        into = incidents.get(session, incident.merged_into_id) if incident.merged_into_id else None
        if into is None or into.text is None:
            break
        incident = into
    return incident


def _questions(session: Session, incident: Incident) -> list[Text]:
    """What the team asked of this teller; never what it asked another whose tip was merged with theirs."""
    notes = incidents.notes_of(session, incident)
    return [text("receipts.was_asked", words=words) for _, kind, words in notes if kind == views.ASKED]


def add(
    session: Session, incident: Incident, words: str, media: Sequence[int], now: datetime, station: Station
) -> list[Say]:
    """Add words or media (row ids) as the teller; whoever works on it hears at once."""
    added = telling.sized(words)
    if incident.state is IncidentState.WITHDRAWN:
        raise refuse("receipts.withdrawn")
    telling.keep_added(session, incident, added, media, now, station)
    last = _last(session, incident)
    return [say("receipts.added"), *telling.tell_added(session, last, added, media, now, called=incident.code)]


def ask(session: Session, actor: Actor, incident: Incident, words: str, now: datetime, station: Station) -> list[Say]:
    """Ask whoever told a tip (问线索): privately where they can be reached, and kept for whoever has the receipt.

    The answer is the same whether they can be reached or not: the team learns nothing of them.
    """
    if incident.taken_by != actor.id:
        require(actor, "问线索", areas.get(session, incident.area_id))
    if incident.kind is not IncidentKind.TIP:
        raise refuse("receipts.only_tips")
    if incident.state not in records.UNDER_WAY:
        raise refuse("incidents.not_open", state=text(f"incidents.state.{incident.state}"))
    question = told.clean(words)
    if not question:
        raise refuse("receipts.ask_what")
    if len(question) > rules.MOST_QUESTION:
        raise refuse("incidents.too_long", most=rules.MOST_QUESTION)
    masked = told.split_private(question, station.lines).masked
    incidents.add_note(session, incident, views.ASKED, masked, now, actor.id)
    audit.write(session, "tip.ask", now, actor_id=actor.id, topic=incident.topic)
    teller = _teller(session, incident)
    line = text("receipts.question", code=incident.code, words=masked)
    return [say("receipts.asked"), *([Say(line, person=teller)] if teller is not None else [])]


def shown_to_all(session: Session, scene: Scene, message: Incoming, now: datetime) -> list[Say]:
    """A receipt was shown in a group: nothing is done with it; a real one is void, and its teller gets a new one.

    What the group sees is the same for any number.
    """
    says = [Say(text("receipts.not_here"), opens_for=scene.actor.id, quote=True)]
    for digits in list(dict.fromkeys(numbers_in(message.text)))[:MOST]:
        incident = receipts.find(session, digits)
        if incident is None:
            tries.wrong(session, "receipt", f"{message.account}|{message.sender}", now, rules.TRIES_WITHIN)
            continue
        audit.write(session, "receipt.void", now, topic=incident.topic)
        says += giving.give_anew(session, incident, now, person=_teller(session, incident))
    return says


def _teller(session: Session, incident: Incident) -> int | None:
    """Who told it, as long as they have a private talk in which they can be told; None for whoever left."""
    person = incidents.origin_of(session, incident).get("person")
    if person is None or chats.private_of(session, int(person)) is None:
        return None
    return int(person)
