"""上报、隐患、求助、代报: tell the grid's team of something, with text, photo, voice, video or a place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import Refusal, refuse
from handlers.dialogue.command import Bare, Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.help import pending
from handlers.incidents import about, actions, records, rules, similar
from handlers.incidents.actions import Telling
from handlers.incidents.place import area_of
from handlers.reading import intent
from handlers.reading.codes import codes
from handlers.reading.places import Gazetteer
from storage import sources
from storage.incidents import IncidentKind


def spoken(message: Incoming, rest: str) -> tuple[str, bool]:
    """The words told, a voice message's transcript among them; and whether a voice goes to the worker unread."""
    transcripts = [one.transcript for one in message.media if one.transcript]
    unread = any(one.kind == "voice" and not one.transcript for one in message.media)
    return "\n".join(part for part in (rest, *transcripts) if part), unread


def reporter(kind: IncidentKind, on_behalf: bool = False) -> Callable[..., list[Say]]:
    """The handler of one reporting word."""

    def handle(
        session: Session,
        scene: Scene,
        rest: str,
        media: Sequence[int],
        location: tuple[float, float] | None,
        message: Incoming,
        via: str,
        now: datetime,
        station: Station,
        gazetteer: Gazetteer,
        seen: int | None,
    ) -> list[Say]:
        words, voice = spoken(message, rest)
        if via in ("button", "choice") and not words and not media and scene.chat is not None and not scene.is_group:
            words, media, location = pending.take(session, scene.actor.id, scene.chat.id, now)
        if not rules.clean(words) and not media and location is None:
            return ask(session, scene, kind, on_behalf, now)
        asked_no_more(session, scene, now)
        telling = Telling(kind, words, tuple(media), location, on_behalf, voice)
        says = actions.report(session, scene, telling, message, now, station, gazetteer, seen)
        return [*says, *ask_where(session, scene, telling, message, now)]

    return handle


def ask_where(session: Session, scene: Scene, telling: Telling, message: Incoming, now: datetime) -> list[Say]:
    """Ask where it is when a picture came privately without a word.

    Which record it is lies in the sealed answers: a form's row names the person.
    """
    if scene.is_group or scene.chat is None or telling.words or telling.location is not None:
        return []
    topic = sources.topic_of(session, message.message_name)
    return asking.begin(session, WHERE, scene.actor.id, scene.chat.id, now, {"about": topic})


def ask(
    session: Session, scene: Scene, kind: IncidentKind, on_behalf: bool, now: datetime, about_code: str = ""
) -> list[Say]:
    """Nothing was told: ask for it, privately with a question that waits, in a group with an example."""
    if scene.is_group or scene.chat is None:
        raise refuse(f"incidents.empty.{'代' if on_behalf else kind}")
    answers = {"kind": str(kind), "on_behalf": on_behalf, "about": about_code}
    asked_no_more(session, scene, now)
    says = asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, answers)
    if kind is IncidentKind.HELP:
        return [Say(sentence("incidents.emergency")), *says]
    return says


def asked_no_more(session: Session, scene: Scene, now: datetime) -> None:
    """The question what happened is answered by a command of its own."""
    if scene.chat is not None and not scene.is_group:
        asking.drop(session, FORM, scene.actor.id, scene.chat.id, now)


def read_told(
    text: str, message: Incoming, media: list[int], location: tuple[float, float] | None
) -> dict[str, Any] | Problem:
    """What is told in answer to the question: words, media or a place."""
    words, voice = spoken(message, text)
    words = rules.clean(words)
    if len(words) > rules.MOST:
        return Problem(sentence("incidents.too_long", most=rules.MOST))
    if not words and not media and location is None:
        return Problem(sentence("form.empty"))
    return {"words": words, "media": media, "location": location, "voice": voice}


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
    words: Catalogue,
) -> list[Say]:
    """Record what was told in the guided talk."""
    told = answers["told"]
    kind = IncidentKind(answers["kind"])
    location = tuple(told["location"]) if told["location"] else None
    telling = Telling(kind, told["words"], tuple(told["media"]), location, answers["on_behalf"], told["voice"])
    if answers["about"]:
        try:
            search, bulletin = about.meant(session, scene.actor, codes(answers["about"]), None)
        except Refusal as refusal:
            return [Say(refusal.text)]
        telling = replace(
            telling, search_id=search.id if search else None, bulletin_id=bulletin.id if bulletin else None
        )
        incident, answer = actions.told_about(session, scene, telling, message, now, station, gazetteer)
        return [*answer, *about.tell(session, words, incident, now)]
    area = area_of(session, gazetteer, telling.words, scene)
    seen = similar.likely(session, gazetteer, kind, area.id, telling.words, now)
    return actions.report(session, scene, telling, message, now, station, gazetteer, seen)


def located(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """The words for a picture told without any."""
    incident = records.of_topic(session, answers["about"])
    told = answers["place"]
    if incident is None or told is None:
        return [Say(sentence("incidents.as_it_is"))]
    says = actions.locate(session, incident, told["location"], now) if told["location"] else []
    if told["words"]:
        says += actions.change(session, scene, incident, told["words"], now, station, gazetteer)
    return says


def read_place(text: str, location: tuple[float, float] | None) -> dict[str, Any] | Problem:
    """Where it is: shared as a place, or in words."""
    if location is not None:
        return {"words": rules.clean(text), "location": list(location)}
    words = plain(text)
    return words if isinstance(words, Problem) else {"words": words, "location": None}


def _reporting(
    word: str, kind: IncidentKind, latin: str, alias: str, bare: Bare, rank: int, *, on_behalf: bool = False
) -> Command:
    handle, look = reporter(kind, on_behalf), similar.look_for(kind)
    return Command(word, handle, latin=latin, aliases=(alias,), bare=bare, look=look, rank=rank)


WHERE = Form("incident_where", (Question("place", read_place),), located, keeps=frozenset({"about"}))
FORM = Form(
    "incident_text",
    (Question("told", read_told, optional=False),),
    finish,
    keeps=frozenset({"kind", "about", "on_behalf"}),
)
FORMS = (FORM, WHERE)
COMMANDS = (
    _reporting("隐患", IncidentKind.HAZARD, "hazard", "报隐患", intent.hazard, 10),
    _reporting("上报", IncidentKind.MATTER, "report", "报告", intent.report, 11),
    _reporting("求助", IncidentKind.HELP, "sos", "救命", intent.help_call, 12),
    _reporting("代报", IncidentKind.MATTER, "for_other", "帮报", intent.on_behalf, 15, on_behalf=True),
)
