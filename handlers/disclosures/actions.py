"""Opening who told a tip (查身份): a case officer asks with a reason, a keeper of secrets agrees. The only door.

Neither alone gets anywhere, whoever holds both roles neither, and no emergency changes that. Request, answer and
opening stand in the audit chain, and every auditor hears of each.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, refuse, require
from handlers.dialogue.say import Say, say, to_people
from handlers.dialogue.scene import Actor, actor_of, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.disclosures import rules, views
from handlers.disclosures.views import Watchers
from handlers.incidents import rules as told
from storage import areas, audit, disclosures, incidents, outbox
from storage.disclosures import Disclosure, DisclosureState
from storage.incidents import Incident, IncidentKind

ASK, AGREE, REFUSE = "查身份", "同意查身份", "不同意查身份"


def ask(session: Session, actor: Actor, incident: Incident, words: str, now: datetime, station: Station) -> list[Say]:
    """Ask to learn who told a tip; nothing is shown by this."""
    require(actor, ASK, areas.get(session, incident.area_id))
    if incident.kind is not IncidentKind.TIP:
        raise refuse("disclosures.only_tips")
    reason = told.split_private(told.clean(words), station.lines).masked
    if not rules.is_reason(reason):
        raise refuse("disclosures.reason", code=incident.code, least=rules.LEAST)
    if len(reason) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    if any(rules.waits(row.asked_at, now) for row in disclosures.waiting(session, incident)):
        raise refuse("disclosures.waits", code=incident.code)
    keepers, watchers = views.keepers(session, incident, actor.id), Watchers(session, actor.id)
    if not keepers:
        raise refuse("disclosures.no_keeper")
    if not watchers:
        raise refuse("disclosures.no_watcher")
    row = disclosures.ask(session, incident, actor.id, reason, now, now + rules.LIVES)
    audit.write(session, "disclosure.ask", now, actor_id=actor.id, topic=incident.topic, request=row.id)
    question = views.question(session, incident, row, reason, rules.LIVES)
    line = text("disclosures.was_asked", who=called(session, actor.id), code=incident.code, reason=reason)
    return [
        say("disclosures.asked", minutes=views.minutes(rules.LIVES)),
        *to_people(question, keepers),
        *watchers.tell(line),
    ]


def agree(session: Session, actor: Actor, incident: Incident, number: int | None, now: datetime) -> list[Say]:
    """A keeper of secrets agrees: the case officer who asked is shown it once. `number`: the button's request."""
    row = _answerable(session, actor, AGREE, incident, number, now)
    asker = actor_of(session, row.asked_by)
    if not asker.has(OFFICERS, areas.get(session, incident.area_id)):
        raise refuse("disclosures.asker_gone", code=incident.code)
    watchers = Watchers(session, actor.id, asker.id)
    if not watchers:
        raise refuse("disclosures.no_watcher")
    _settle(session, row, DisclosureState.OPENED, actor, now)
    line, known = views.identity(session, incident, rules.SHOWN)
    audit.write(session, "disclosure.agree", now, actor_id=actor.id, topic=incident.topic, request=row.id)
    audit.write(
        session,
        "disclosure.open",
        now,
        actor_id=asker.id,
        topic=incident.topic,
        request=row.id,
        agreed_by=actor.id,
        known=known,
    )
    shown = Say(
        line,
        person=asker.id,
        slot=views.slot_of(row),
        fleeting=True,
        expires_at=now + rules.LIVES,
        key=_key(row, "show"),
    )
    answer = text("disclosures.agreed", who=called(session, asker.id), code=incident.code)
    opened = text(
        "disclosures.was_opened",
        who=called(session, asker.id),
        keeper=called(session, actor.id),
        code=incident.code,
    )
    return [Say(answer, toast=answer), shown, *watchers.tell(opened)]


def refuse_it(session: Session, actor: Actor, incident: Incident, number: int | None, now: datetime) -> list[Say]:
    """A keeper of secrets refuses."""
    row = _answerable(session, actor, REFUSE, incident, number, now)
    _settle(session, row, DisclosureState.REFUSED, actor, now)
    audit.write(session, "disclosure.refuse", now, actor_id=actor.id, topic=incident.topic, request=row.id)
    answer = text("disclosures.refused", code=incident.code)
    refused = text(
        "disclosures.was_refused",
        who=called(session, row.asked_by),
        keeper=called(session, actor.id),
        code=incident.code,
    )
    told_asker = Say(text("disclosures.not_agreed", code=incident.code), person=row.asked_by)
    return [Say(answer, toast=answer), told_asker, *Watchers(session, actor.id, row.asked_by).tell(refused)]


def look_after(session: Session, row: Disclosure, now: datetime) -> list[Say]:
    """What time does: a request nobody answered lapses, and an identity shown is taken away again.

    It is taken away where it was shown, though that talk may be nobody's by now: they left, or their roles were taken.
    """
    incident = incidents.get(session, row.incident_id)
    if row.state is DisclosureState.OPENED:
        row.next_at = None
        session.flush()
        shown_in = outbox.chat_of(session, _key(row, "show"))
        if shown_in is None:
            return []
        line = text("disclosures.taken_away", code=incident.code)
        return [Say(line, chat=shown_in, slot=views.slot_of(row), key=_key(row, "hide"))]
    if not disclosures.move(session, row, DisclosureState.LAPSED, next_at=None):
        return []
    audit.write(session, "disclosure.lapse", now, topic=incident.topic, request=row.id)
    lapsed = Say(text("disclosures.lapsed", code=incident.code), person=row.asked_by, key=_key(row, "lapsed"))
    line = text("disclosures.was_lapsed", who=called(session, row.asked_by), code=incident.code)
    return [lapsed, *Watchers(session, row.asked_by).tell(line, _key(row, "lapsed"))]


def _key(row: Disclosure, what: str) -> str:
    return f"disclosure:{row.id}:{what}"


def _answerable(
    session: Session, actor: Actor, word: str, incident: Incident, number: int | None, now: datetime
) -> Disclosure:
    """The request that is answered; Refusal unless it waits, in time, for this keeper of secrets and no other's key."""
    require(actor, word, areas.get(session, incident.area_id))
    rows = [
        row
        for row in disclosures.waiting(session, incident)
        if rules.waits(row.asked_at, now) and number in (None, row.id)
    ]
    if not rows:
        raise refuse("disclosures.none_waits", code=incident.code)
    if len(rows) > 1:
        raise refuse("disclosures.which_one", code=incident.code)
    if views.same(session, actor.id, rows[0].asked_by):
        raise refuse("disclosures.own", code=incident.code)
    return rows[0]


def _settle(session: Session, row: Disclosure, to: DisclosureState, actor: Actor, now: datetime) -> None:
    """Answer it, once."""
    hides = now + rules.SHOWN if to is DisclosureState.OPENED else None
    if not disclosures.move(session, row, to, answered_by=actor.id, answered_at=now, next_at=hides):
        raise refuse("disclosures.none_waits", code=incidents.get(session, row.incident_id).code)
