"""进度: how a report stands, for its finder and the area's team; anybody else learns nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import views as shared
from handlers.dialogue import kinds
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.incidents import records, views
from handlers.intelligence import views as studies
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.searches import actions as finding
from handlers.searches.finding import told_of
from storage import cases, incidents, searches
from storage.incidents import Incident, IncidentKind, IncidentState

MOST = 5


def progress(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """How the incident named or answered to stands; without one, this person's own latest."""

    def answer() -> list[Say]:
        incident = records.find_for_anyone(session, scene, codes, topic)
        if incident is None:
            return [_own(session, scene, now)]
        if scene.is_group and records.hidden(session, incident):
            told = Say(_state(session, scene, incident, now, station), person=scene.actor.id)
            return [told, Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True)]
        return [Say(_state(session, scene, incident, now, station), quote=True)]

    if codes and not records.named(codes):
        return _of_search(session, scene, codes, now)
    return records.aside(scene, codes, answer)


def _of_search(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """How a search stands, privately; Refusal for the code of anything else, and of a search one may not know of."""
    code = codes[0]
    search = searches.numbered(session, code.number) if code.prefix == searches.LETTER else None
    if search is None or not told_of(session, scene.actor, search):
        raise refuse("incidents.unknown_code", code=str(code))
    says = finding.show(session, scene.actor, search, now)
    if not scene.is_group:
        return says
    aside = Say(text("incidents.aside"), opens_for=scene.actor.id, quote=True)
    return [*(replace(one, person=scene.actor.id) for one in says), aside]


def _state(session: Session, scene: Scene, incident: Incident, now: datetime, station: Station) -> Text:
    team = records.is_team(session, scene.actor, incident) and not scene.kind.is_public
    lines = [
        text(
            "incidents.progress.head",
            code=incident.code,
            state=views.state_of(session, incident, with_name=team),
            ago=views.ago(incident, now),
        )
    ]
    outcome = incidents.outcome_of(session, incident)
    if incident.state is IncidentState.DONE and outcome:
        lines.append(text("incidents.card.outcome", outcome=mask(outcome, doors=scene.kind.is_public)))
    lines += studies.for_teller(session, incident)
    if not scene.kind.is_public:
        lines += shared.lines(session, incident.topic, incident.created_at, now, station) if team else []
        lines += views.notes(session, incident) if team else views.notes(session, incident, only=views.TELLERS)
    return text("incidents.lines", lines=tuple(lines))


def _own(session: Session, scene: Scene, now: datetime) -> Say:
    """This person's latest reports; in a group only those made in that group, never a tip."""
    own = list(incidents.told_by(session, scene.actor.id)) if scene.actor.id else []
    if scene.is_group:
        here = scene.chat.id if scene.chat is not None else 0
        own = [
            one
            for one in own
            if one.kind is not IncidentKind.TIP and incidents.origin_of(session, one).get("chat") == here
        ]
    lines = [
        text("incidents.progress.line", code=one.code, state=views.state_of(session, one, with_name=False))
        for one in own[:MOST]
    ]
    if not scene.is_group:
        told = {kind.name for kind in cases.told_kinds(session, scene.actor.id)} if scene.actor.id else set()
        for kind in kinds.all_kinds().values():
            if kind.own is not None and kind.name in told:
                lines += kind.own(session, scene.actor)
    if not lines:
        return say("incidents.progress.none")
    return Say(text("incidents.progress.own", lines=tuple(lines)), quote=True)


COMMAND = Command("进度", progress, latin="progress", aliases=("查进度",), bare=intent.progress, rank=16)
