"""纠纷: register a dispute in one message, or question by question; always privately."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import address, asking
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question, plain
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station, World
from handlers.disputes import actions, kind, records, rules
from handlers.disputes.actions import Telling
from handlers.disputes.rules import Party, Told
from handlers.help.rules import tells_of_quarrel
from handlers.incidents.rules import clean
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.intent_words import asks
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage import people
from storage.disputes import DisputeState

ONESELF = frozenset({"我", "我家", "我自己", "我本人", "本人", "俺", "俺家", "自己"})


def register(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Register what is told; a code alone asks how it stands, and what cannot be read is asked for."""
    words = clean(rest)
    if codes and codes[0].span[0] == 0 and len(words) <= codes[0].span[1] + 1:
        return kind.progress(session, scene, codes, None, now, station)
    if len(words) > rules.MOST:
        raise refuse("incidents.too_long", most=rules.MOST)
    told = _by_name(session, scene, rules.read(words))
    if scene.chat is None:
        return []
    if told is None:
        matter = len(words) > rules.MOST_NAME or rules.sort_of(words) != rules.OTHER or tells_of_quarrel(fold(words))
        known: dict[str, Any] = {"about": words} if matter else {}
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, known)
    asking.drop(session, FORM, scene.actor.id, scene.chat.id, now)
    if gazetteer.find(told.about, scene.area_id) is None:
        sides = {f"side_{n}": [one.name, one.phone] for n, one in enumerate(told.parties)}
        return asking.begin(session, FORM, scene.actor.id, scene.chat.id, now, {**sides, "about": told.about})
    return actions.register(session, scene, Telling(told.parties, told.about), message, now, station, gazetteer)


def _by_name(session: Session, scene: Scene, told: Told | None) -> Told | None:
    return replace(told, parties=tuple(_oneself(session, scene, one) for one in told.parties)) if told else None


def _oneself(session: Session, scene: Scene, side: Party) -> Party:
    """A side that says 我 is its teller, whom the handler should find by name."""
    if side.name not in ONESELF:
        return side
    return replace(side, name=people.name_of(session, scene.actor.id) or side.name)


def read_side(text: str) -> list[str] | Problem:
    """One side: a name, and a phone number where there is one."""
    nod = plain(text)
    if isinstance(nod, Problem):
        return nod
    found = rules.party(clean(text)) if not asks(fold(text)) else None
    return [found.name, found.phone] if found is not None else Problem(sentence("disputes.no_name"))


def finish(
    session: Session,
    scene: Scene,
    answers: Mapping[str, Any],
    message: Incoming,
    now: datetime,
    station: Station,
    gazetteer: Gazetteer,
) -> list[Say]:
    """Register what was told question by question."""
    parties = tuple(Party(*(answers[name] or ("", ""))) for name in ("side_0", "side_1"))
    telling = Telling(tuple(_oneself(session, scene, one) for one in parties), answers["about"], answers["where"] or "")
    return actions.register(session, scene, telling, message, now, station, gazetteer)


def edited(
    session: Session, scene: Scene, topic: str, message: Incoming, world: World, now: datetime, station: Station
) -> list[Say]:
    """The message that became a dispute was edited: until it is sorted its words count, later they are 补充."""
    dispute = records.meant(session, (), topic)
    if dispute is None or not records.is_teller(session, scene.actor, dispute):
        return []
    raw, _ = address.split(message.text, world.bot_names, message.mentioned)
    found = address.words_of(raw)
    words = clean(found.rest if found is not None else raw)
    told = _by_name(session, scene, rules.read(words))
    if dispute.state is DisputeState.REPORTED and told is not None and len(words) <= rules.MOST:
        return actions.rewrite(session, dispute, told, station)
    return actions.told_more(session, dispute, words, now) if words else []


FORM = Form(
    "dispute",
    (
        Question("side_0", read_side),
        Question("side_1", read_side),
        Question("about", plain, optional=False),
        Question("where", plain),
    ),
    finish,
)
FORMS = (FORM,)
EVENTS = {"edit:dispute": edited}
COMMAND = Command("纠纷", register, latin="dispute", aliases=("矛盾纠纷", "调解"), bare=intent.never, rank=43)
