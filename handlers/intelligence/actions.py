"""What can be done with a tip (情报): assess, join or let stand alone, draft and send its answer. The only door.

Whoever told it gets no other answer than this one, and none before an officer has read it.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS, refuse, require
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.incidents import records, work
from handlers.incidents import rules as telling
from handlers.incidents import views as cards
from handlers.intelligence import owing, rules, views
from handlers.intelligence.joining import Target
from handlers.reading.identifiers import mask
from storage import areas, audit, incidents, intelligence, moments
from storage.incidents import Incident, IncidentState
from storage.intelligence import SINGLE, Study, Verdict
from storage.moments import Clock


def study(session: Session, incident: Incident) -> Study:
    """The study of a tip; a Refusal for what is none."""
    row = intelligence.of(session, incident)
    if row is None or not owing.is_owed(incident):
        raise refuse("intelligence.only_tips", code=incident.code)
    return row


def _going(incident: Incident) -> None:
    if incident.state not in records.UNDER_WAY:
        raise refuse("intelligence.over", code=incident.code, state=text(f"incidents.state.{incident.state}"))


def assess(session: Session, actor: Actor, incident: Incident, words: str, now: datetime, station: Station) -> Say:
    """Keep what an officer or the case team makes of it (研判); said again it takes the place of what was said."""
    require(actor, "研判", areas.get(session, incident.area_id))
    row = study(session, incident)
    _going(incident)
    said = telling.clean(words)
    if len(said) > rules.MOST_WORDS:
        raise refuse("incidents.too_long", most=rules.MOST_WORDS)
    intelligence.assess(session, incident, row, telling.split_private(said, station.lines).private["words"], now)
    moments.note(session, incident.topic, Clock.RESPONDED, now)
    audit.write(session, "tip.assess", now, actor_id=actor.id, topic=incident.topic)
    return Say(text("intelligence.assessed", code=incident.code), buttons=rows(*views.next_buttons(incident, row)))


def join(session: Session, actor: Actor, incident: Incident, to: Target, now: datetime) -> list[Say]:
    """Join a tip to what it belongs to (并案); it keeps its number, and its teller their own answer."""
    require(actor, "并案", areas.get(session, incident.area_id))
    row = study(session, incident)
    _going(incident)
    _assessed(incident, row)
    if to.topic == incident.topic:
        raise refuse("incidents.merge_same")
    if row.joined == to.topic:
        raise refuse("intelligence.is_joined", code=incident.code, to=to.code)
    intelligence.change(session, row, joined=to.topic)
    audit.write(session, "tip.join", now, actor_id=actor.id, topic=incident.topic, to=to.code)
    line = text("intelligence.joined", code=incident.code, to=to.code)
    says = [Say(line, buttons=rows(*views.next_buttons(incident, row)))]
    for person in to.told:
        if person != actor.id:
            told = text("intelligence.was_joined", code=incident.code, to=to.code)
            look = button("intelligence.button.open", f"情报 {incident.code}")
            says.append(Say(told, buttons=rows(look), person=person))
    return says


def single(session: Session, actor: Actor, incident: Incident, now: datetime) -> list[Say]:
    """Let a tip stand alone (单列); also parts it from what it was joined to."""
    require(actor, "单列", areas.get(session, incident.area_id))
    row = study(session, incident)
    _going(incident)
    _assessed(incident, row)
    if row.joined == SINGLE:
        raise refuse("intelligence.is_single", code=incident.code)
    intelligence.change(session, row, joined=SINGLE)
    audit.write(session, "tip.single", now, actor_id=actor.id, topic=incident.topic)
    line = text("intelligence.single", code=incident.code)
    return [Say(line, buttons=rows(*views.next_buttons(incident, row)))]


def _assessed(incident: Incident, row: Study) -> None:
    if row.assessed_at is None:
        raise refuse("intelligence.assess_first", code=incident.code)


def draft(
    session: Session, actor: Actor, incident: Incident, verdict: Verdict | None, words: str, now: datetime
) -> list[Say]:
    """Draft what whoever told it is to hear (查实、查否、无法核); without a verdict it is asked for.

    An officer reads exactly what will be said before it is sent.
    """
    row = study(session, incident)
    work.may_close(session, actor, incident)
    said = mask(telling.clean(words)) or intelligence.answer_of(session, incident, row)
    if len(said) > rules.MOST_ANSWER:
        raise refuse("incidents.too_long", most=rules.MOST_ANSWER)
    says = _taken(session, actor, incident, now)
    intelligence.draft(session, incident, row, verdict, said, actor.id)
    if verdict is None:
        return [*says, views.which_verdict(incident, said)]
    audit.write(session, "tip.draft", now, actor_id=actor.id, topic=incident.topic, verdict=verdict, version=row.draft)
    preview = views.preview(session, incident, row)
    if actor.has(OFFICERS, areas.get(session, incident.area_id)):
        return [*says, preview]
    told = views.for_officers(session, incident, preview)
    return [*says, Say(text("intelligence.to_officer", code=incident.code)), *told]


def _taken(session: Session, actor: Actor, incident: Incident, now: datetime) -> list[Say]:
    """Whoever drafts the answer to a tip nobody has taken has it from now on."""
    only = {IncidentState.OPEN}
    taken = {"taken_by": actor.id, "taken_at": now, "next_at": None}
    if not incidents.move(session, incident, IncidentState.TAKEN, only_from=only, **taken):
        return []
    moments.note(session, incident.topic, Clock.RESPONDED, now)
    return cards.to_team(session, incident)


def look(session: Session, actor: Actor, incident: Incident) -> list[Say]:
    """What will be said, for the officer who is to send it."""
    require(actor, "答复", areas.get(session, incident.area_id))
    row = study(session, incident)
    _going(incident)
    if row.verdict is None or row.answer is None:
        raise refuse("intelligence.no_draft", code=incident.code)
    return [views.preview(session, incident, row)]


def send(session: Session, actor: Actor, incident: Incident, seen: int, now: datetime, station: Station) -> list[Say]:
    """Send the answer an officer has read (答复): the tip is done, and all who told it hear; another version is shown.

    seen: the version they have read.
    """
    shown = look(session, actor, incident)
    row = study(session, incident)
    if seen != row.draft or row.verdict is None:
        return [Say(text("intelligence.changed", code=incident.code)), *shown]
    words = intelligence.answer_of(session, incident, row)
    verdict, version, by = row.verdict, row.draft, row.drafted_by
    told = f"intelligence.finder.{verdict.name.lower()}"
    says = work.close(session, actor, incident, words, now, station, told=told)
    audit.write(session, "tip.answer", now, actor_id=actor.id, topic=incident.topic, verdict=verdict, version=version)
    undo = rows(button("incidents.button.reopen", f"重开 {incident.code}"))
    line = text("intelligence.sent", code=incident.code, verdict=verdict)
    if by not in (None, actor.id, incident.taken_by):
        says.append(Say(line, person=by))
    return [Say(line, buttons=undo, quote=True), *says]


def hand_back(session: Session, actor: Actor, incident: Incident, why: str, now: datetime) -> list[Say]:
    """An officer does not send it so (退回): whoever drafted it hears why, and drafts it anew."""
    look(session, actor, incident)
    row = study(session, incident)
    audit.write(session, "tip.hand_back", now, actor_id=actor.id, topic=incident.topic, version=row.draft)
    by = row.drafted_by
    intelligence.change(session, row, verdict=None)
    reason = mask(telling.clean(why), doors=False)[: rules.MOST_ANSWER]
    key = "intelligence.handed_back_why" if reason else "intelligence.handed_back"
    line = text(key, code=incident.code, name=called(session, actor.id), why=reason)
    buttons = rows(views.verdict_buttons(incident))
    says = [Say(line, buttons=buttons, person=by)] if by not in (None, actor.id) else []
    return [Say(text("intelligence.is_handed_back", code=incident.code)), *says]
