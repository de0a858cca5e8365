"""一键、九小: report a hazard by a photo and a place; one of small premises by lists to press."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import WORKERS, refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said, text
from handlers.dialogue.world import Station
from handlers.hazards import actions, rules
from handlers.help import pending
from handlers.incidents import actions as telling
from handlers.incidents import similar, views
from handlers.incidents.actions import Telling
from handlers.incidents.place import area_of
from handlers.incidents.report import spoken
from handlers.incidents.rules import MOST, clean
from handlers.reading import intent
from handlers.reading.places import Gazetteer
from storage import hazards
from storage.hazards import Fault, Premises
from storage.incidents import IncidentKind
from storage.people import Role

INSPECTORS = WORKERS | {Role.OFFICER}
"""Who sees to what they found at small premises of their own area."""


def one_tap(
    session: Session,
    scene: Scene,
    rest: str,
    media: Sequence[int],
    location: tuple[float, float] | None,
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """一键: photo and place at once, or what is missing is asked for, the photo first."""
    if scene.is_group or scene.chat is None:
        raise refuse("access.private", word="一键")
    words, _ = spoken(message, rest)
    words = clean(words)
    if not words and not media and location is None:
        words, media, location = pending.take(session, scene.actor.id, scene.chat.id, now)
    known: dict[str, Any] = {}
    if media:
        known["photo"] = list(media)
    if words or location is not None:
        known["place"] = {"words": words, "location": list(location) if location else None}
    if len(known) == 2:
        return finish(session, scene, known, message, now, station, gazetteer)
    return asking.begin(session, ONE_TAP, scene.actor.id, scene.chat.id, now, known)


def photo(media: list[int]) -> list[int] | Problem:
    """A picture of it."""
    return list(media) if media else Problem(text("one_tap.photo.bad"))


def captioned(text: str, media: list[int]) -> list[int] | dict[str, Any] | Problem:
    """A picture of it; what is written below it says where it is, and is not asked for again."""
    words = clean(text)
    if not media or not words or len(words) > MOST:
        return photo(media)
    return {"media": list(media), "words": words}


def _uncaptioned(answers: Mapping[str, Any]) -> bool:
    """Whether the place is still to be asked for."""
    return not isinstance(answers.get("photo"), dict)


def place(text: str, location: tuple[float, float] | None) -> dict[str, Any] | Problem:
    """Where it is: shared as a place, or in words, with what is wrong there."""
    words = clean(text)
    if len(words) > MOST:
        return Problem(_too_long())
    if not words and location is None:
        return Problem(_no_place())
    return {"words": words, "location": list(location) if location else None}


def _too_long() -> Any:  # noqa: ANN401 - `text` is the answer's name in a reader
    return text("incidents.too_long", most=MOST)


def _no_place() -> Any:  # noqa: ANN401
    return text("one_tap.place.bad")


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Report what was told."""
    shown, caption = answers["photo"], ""
    if not _uncaptioned(answers):
        shown, caption = shown["media"], shown["words"]
    where = answers.get("place") or {"words": caption, "location": None}
    spot = tuple(where["location"]) if where["location"] else None
    told = Telling(IncidentKind.HAZARD, where["words"], tuple(shown or ()), spot)
    area = area_of(session, gazetteer, told.words, scene)
    seen = similar.likely(session, gazetteer, IncidentKind.HAZARD, area.id, told.words, now)
    return telling.report(session, scene, told, message, now, station, gazetteer, seen)


def premises(
    session: Session,
    scene: Scene,
    rest: str,
    media: list[int],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """九小 水头村上街小餐馆灭火器过期; what the words do not tell is asked for by buttons."""
    if scene.chat is None:
        return []
    words = clean(rest)
    known: dict[str, Any] = {"photo": list(media)} if media else {}
    for name, kinds in (("premises", rules.PREMISES), ("fault", rules.FAULTS)):
        if found := rules.one_of(kinds, words):
            known[name] = found
    if words and gazetteer.find(words, scene.area_id) is not None:
        known["where"] = words
    if {"premises", "fault", "where"} <= known.keys():
        return finish_premises(session, scene, known, message, now, station, gazetteer)
    return asking.begin(session, SMALL, scene.actor.id, scene.chat.id, now, known)


def _choice(kinds: Sequence[str], per_row: int) -> tuple[tuple[Button, ...], ...]:
    every = [Button(said(one), one) for one in kinds]
    return tuple(tuple(every[at : at + per_row]) for at in range(0, len(every), per_row))


def read_premises(text: str) -> str | Problem:
    """One of the nine sorts."""
    found = rules.one_of(rules.PREMISES, text)
    return found if found is not None else Problem(_which("premises"))


def read_fault(text: str) -> str:
    """What is wrong, of the closed list; 其他 where it is none of them."""
    return rules.one_of(rules.FAULTS, text) or Fault.OTHER


def read_where(text: str, media: list[int]) -> str | dict[str, Any] | Problem:
    """Where it is, in words; a picture that comes along is not asked for again."""
    words = clean(text)
    if not 0 < len(words) <= rules.MOST_WORDS:
        return Problem(_which("where"))
    return {"words": words, "media": list(media)} if media else words


def _unseen(answers: Mapping[str, Any]) -> bool:
    """Whether the picture is still to be asked for."""
    return not isinstance(answers.get("where"), dict)


def _which(name: str) -> Any:  # noqa: ANN401
    return text(f"small.bad_{name}")


def finish_premises(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Report it as a hazard of its sort, and ask by when it is to be mended; whoever inspects there sees to it."""
    where = answers["where"] if _unseen(answers) else answers["where"]["words"]
    shown = answers.get("photo") if _unseen(answers) else answers["where"]["media"]
    words = f"{where}（{answers['premises']}，{answers['fault']}）"
    inspects = scene.actor.has(INSPECTORS, area_of(session, gazetteer, clean(words), scene))
    told = Telling(IncidentKind.HAZARD, words, tuple(shown or ()), taken=inspects)
    incident, says = telling.told_about(session, scene, told, message, now, station, gazetteer)
    if incident.kind is not IncidentKind.HAZARD:
        return [*says, *views.to_team(session, incident)]
    hazards.sort(session, incident, Premises(answers["premises"]), Fault(answers["fault"]), now)
    if inspects:
        actions.keep(session, scene.actor, incident, now)
    ask = actions.offer_days(incident, f"限期 {incident.code}", "hazards.which_day")
    return [*says, *views.to_team(session, incident), ask]


ONE_TAP = Form("one_tap", (Question("photo", captioned), Question("place", place, when=_uncaptioned)), finish)
SMALL = Form(
    "small",
    (
        Question("premises", read_premises, choices=_choice(tuple(Premises), 3), optional=False),
        Question("fault", read_fault, choices=_choice(tuple(Fault), 2), optional=False),
        Question("where", read_where, optional=False),
        Question("photo", photo, when=_unseen),
    ),
    finish_premises,
)
FORMS = (ONE_TAP, SMALL)
COMMANDS = (
    Command("一键", one_tap, latin="one_tap", aliases=("一键上报",), bare=intent.never, rank=43),
    Command("九小", premises, aliases=("九小场所",), bare=intent.never, private=True, rank=0),
)
