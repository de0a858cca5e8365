"""Views of a tip's study (看法): the sheet for officers, the preview of an answer, what its teller may know."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import OFFICERS
from handlers.dialogue.say import Button, Say, button, rows, to_people
from handlers.dialogue.wording import Text, said, text
from handlers.incidents import records
from handlers.incidents import views as cards
from handlers.intelligence import likeness
from handlers.intelligence.joining import code_of
from handlers.intelligence.likeness import Alike
from handlers.reading.places import Gazetteer
from handlers.reminders.rules import moment_words
from storage import incidents, intelligence, people
from storage.incidents import Incident, IncidentState
from storage.intelligence import SINGLE, Study, Verdict

MOST_LINES = 10


def verdict_buttons(incident: Incident, but: Verdict | None = None) -> tuple[Button, ...]:
    """查实、查否、无法核."""
    return tuple(
        button(f"intelligence.button.{one.name.lower()}", f"{one} {incident.code}") for one in Verdict if one is not but
    )


def next_buttons(incident: Incident, row: Study) -> list[tuple[Button, ...]]:
    """What comes next: assess, then join or single, then assign, then answer."""
    code = incident.code
    if row.assessed_at is None:
        return [(button("intelligence.button.assess", f"研判 {code}"), *_assign(incident))]
    if row.joined is None:
        pair = button("intelligence.button.join", f"并案 {code}"), button("intelligence.button.single", f"单列 {code}")
        return [pair, _assign(incident)]
    return [_assign(incident), verdict_buttons(incident)]


def _assign(incident: Incident) -> tuple[Button, ...]:
    take = (button("incidents.button.take", f"接单 {incident.code}"),) if incident.taken_by is None else ()
    return (*take, button("incidents.button.assign", f"转派 {incident.code}"))


def which_verdict(incident: Incident, words: str) -> Say:
    """Ask what was found out."""
    key = "intelligence.verdict" if words else "intelligence.verdict_first"
    return Say(text(key, code=incident.code, words=words), buttons=rows(verdict_buttons(incident)), quote=True)


def preview(session: Session, incident: Incident, row: Study) -> Say:
    """Exactly what whoever told it will hear, with what sends it."""
    verdict = row.verdict or Verdict.UNCHECKABLE
    words = intelligence.answer_of(session, incident, row)
    heard = text(f"intelligence.finder.{verdict.name.lower()}", code=incident.code, outcome=words)
    lines: list[Text] = [text("intelligence.preview", code=incident.code, heard=heard)]
    if row.assessed_at is None:
        lines.append(text("intelligence.not_assessed"))
    others = len(incidents.merged_into(session, incident))
    if others:
        lines.append(text("intelligence.also_told", n=others))
    send = button("intelligence.button.send", f"答复 {incident.code} 第{row.draft}稿")
    back = button("intelligence.button.back", f"答复 {incident.code} 退回")
    return Say(
        text("incidents.lines", lines=tuple(lines)),
        buttons=rows((send, back), verdict_buttons(incident, but=verdict)),
    )


def for_officers(session: Session, incident: Incident, shown: Say) -> list[Say]:
    """The preview for the officers nearest to it, where somebody else drafted the answer."""
    return to_people(replace(shown, quote=False), people.nearest_holders(session, OFFICERS, incident.area_id))


def sheet(session: Session, gazetteer: Gazetteer, incident: Incident, row: Study, now: datetime) -> Say:
    """All an officer needs to decide what becomes of a tip; what only its taker reads is not in it."""
    lines: list[Text] = [
        text("intelligence.head", code=incident.code, place=cards.place_line(session, incident)),
        said(incidents.text_of(session, incident) or ""),
        text(
            "intelligence.stands",
            state=cards.state_of(session, incident),
            ago=cards.ago(incident, now),
            due=moment_words(row.due_at, now),
        ),
    ]
    if row.assessed_at is not None:
        lines.append(text("intelligence.assessment", words=intelligence.assessment_of(session, incident, row)))
    if row.joined == SINGLE:
        lines.append(text("intelligence.is_alone"))
    elif to := code_of(session, row.joined):
        lines.append(text("intelligence.belongs_to", to=to))
    if with_it := intelligence.joined_to(session, incident.topic):
        lines.append(text("intelligence.has_joined", codes="、".join(one.code for one in with_it)))
    if merged := incidents.merged_into(session, incident):
        lines.append(text("intelligence.has_merged", codes="、".join(one.code for one in merged)))
    lines += cards.notes(session, incident)
    if incident.state not in records.UNDER_WAY:
        over = rows(button("incidents.button.reopen", f"重开 {incident.code}"))
        parted = incident.state in (IncidentState.DONE, IncidentState.MERGED)
        return Say(text("incidents.lines", lines=tuple(lines)), buttons=over if parted else (), quote=True)
    alike = likeness.of(session, gazetteer, incident, now)
    lines += [text("intelligence.alike", code=one.incident.code, why=_why(one)) for one in alike]
    buttons = next_buttons(incident, row)
    if row.verdict is not None:
        buttons.insert(0, (button("intelligence.button.look", f"答复 {incident.code}"),))
    buttons += _merges(incident, alike)
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=rows(*buttons), quote=True)


def _why(one: Alike) -> Text:
    reasons = "_".join(one.why)
    return text(f"intelligence.why.{reasons}")


def _merges(incident: Incident, alike: Sequence[Alike]) -> list[tuple[Button, ...]]:
    """The newer one into the older one, as their numbers tell."""
    made: list[tuple[Button, ...]] = []
    for one in alike:
        new, old = sorted((incident, one.incident), key=lambda each: -each.number)
        does = f"合并 {new.code} {old.code}"
        made.append((button("incidents.button.merge", does, code=new.code, into=old.code),))
    return made


def waiting(session: Session, area_ids: Sequence[int], now: datetime) -> Say:
    """The tips whose tellers wait for an answer, the one owed first at the head, each with a button."""
    found = intelligence.waiting(session, area_ids, MOST_LINES + 1)
    if not found:
        return Say(text("intelligence.none"), quote=True)
    lines = [_line(session, incident, row, now) for incident, row in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(text("intelligence.more"))
    buttons = [button("intelligence.button.one", f"情报 {one.code}", code=one.code) for one, _ in found[:6]]
    pairs = [tuple(buttons[start : start + 3]) for start in range(0, len(buttons), 3)]
    return Say(text("intelligence.waiting", lines=tuple(lines)), buttons=rows(*pairs), quote=True)


def _line(session: Session, incident: Incident, row: Study, now: datetime) -> Text:
    step = text(f"intelligence.step.{step_name(incident, row)}")
    key = "intelligence.line_late" if row.due_at <= now else "intelligence.line"
    place = cards.place_line(session, incident)
    return text(key, code=incident.code, place=place, step=step, due=moment_words(row.due_at, now))


def step_name(incident: Incident, row: Study) -> str:
    """How far a tip is: received, assessed, joined or single, assigned, its answer drafted."""
    if row.verdict is not None:
        return "drafted"
    if incident.state is IncidentState.TAKEN:
        return "assigned"
    if row.joined is not None and row.assessed_at is not None:
        return "placed"
    return "assessed" if row.assessed_at is not None else "received"


def for_teller(session: Session, incident: Incident) -> list[Text]:
    """What whoever told it may know of its study: that it was looked at, and what was found out."""
    row = intelligence.of(session, incident)
    if row is None:
        return []
    if incident.state is IncidentState.DONE and row.verdict is not None:
        return [text("intelligence.found_out", verdict=row.verdict)]
    looked = row.assessed_at is not None and incident.state in records.UNDER_WAY
    return [text("intelligence.looked_at")] if looked else []
