"""寻人: a family reports somebody missing in a guided talk of seven questions; in a group it moves to private."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import asking, whereabouts
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.dialogue.world import Station
from handlers.reading import intent
from handlers.reading.places import Gazetteer
from handlers.searches import actions, opening, reading, telling
from handlers.searches import answers as answered
from storage import chats, forms, searches, sources
from storage.forms import FormState, OpenForm
from storage.lanes import Lane
from storage.searches import Search, SearchState

NOTE_MOST = 1000
LAST = "consent"
"""The question always asked, and asked last."""


def ask(
    session: Session,
    scene: Scene,
    station: Station,
    gazetteer: Gazetteer,
    message: Incoming,
    rest: str,
    media: list[int],
    now: datetime,
) -> list[Say]:
    """Open the talk; what was said with the word is kept, told at once, and not asked again."""
    private = chats.private_of(session, scene.actor.id)
    if private is None:
        return [say("search.group")]
    known, search = {}, None
    already = forms.open_of(session, scene.actor.id, private.id, now)
    told_before = already is not None and already.name == FORM.name
    if reading.meaningful(rest) and not told_before:
        known = _prefill(rest, message, media, gazetteer, scene, now)
        search = _open(session, station, scene, known, now)
        opening.learn(session, search, known)
        note, phones = reading.split_contact(rest[:NOTE_MOST])
        facts = searches.facts_of(session, search)
        searches.set_facts(session, search, {**facts, "note": note, "contact": [*facts["contact"], *phones]})
        sources.note(session, message.message_name, search.topic, now)
    says = [Say(text("search.calm"), chat=private.id, lane=Lane.LIFE)]
    if told_before and already is not None and reading.meaningful(rest):
        says += _add_words(session, scene, already, rest, private.id, now)
    if search is not None:
        says.append(Say(text("search.noted"), chat=private.id))
    says += asking.begin(session, FORM, scene.actor.id, private.id, now, known, search.topic if search else None)
    if search is not None:
        says += opening.tell_first(session, search, now)
    if scene.is_group:
        says.append(Say(text("search.group"), opens_for=scene.actor.id, quote=True))
    return says


def on_answer(
    session: Session, station: Station, scene: Scene, form: OpenForm, answers: dict[str, Any], rest: str, now: datetime
) -> list[Say]:
    """After every answer the record and the officers' message are brought up to date; the first one opens it."""
    search = _search_of(session, form)
    if search is None:
        search = _open(session, station, scene, answers, now)
        form.topic = search.topic
        opening.learn(session, search, answers)
        return opening.tell_first(session, search, now)
    if search.state not in opening.OPEN:
        return []
    opening.learn(session, search, answers)
    if form.step == "age" and reading.more_than_age(rest):
        _keep_beside(session, search, rest)
    says = opening.brief(session, search, now)
    # The whole follows the last answer at once: where nothing can be edited the officer reads only that.
    return says if LAST not in answers else [one for one in says if telling.can_change(session, one)]


def finish(session: Session, station: Station, form: OpenForm, now: datetime) -> list[Say]:
    """The last answer is given: it is reported, and the clock of verifying runs."""
    search = _search_of(session, form)
    return opening.report(session, station, search, now) if search is not None else []


def on_end(session: Session, form: OpenForm, now: datetime) -> list[Say]:
    """The talk is cancelled, or nobody went on with it: whoever was told hears which."""
    search = _search_of(session, form)
    if search is None:
        return []
    if form.state is FormState.CANCELLED:
        return opening.cancel(session, search, now)
    return opening.lapse(session, search, now) if search.state is SearchState.DRAFT else []


def edited(session: Session, topic: str, rest: str, now: datetime) -> list[Say]:
    """The message that opened a search was changed: officers read the new words; what was answered stays."""
    search = searches.get(session, int(topic.partition(":")[2]))
    if search.state not in (SearchState.DRAFT, SearchState.REPORTED) or not reading.meaningful(rest):
        return []
    note, phones = reading.split_contact(rest.removeprefix("/").removeprefix("寻人").strip()[:NOTE_MOST])
    facts = searches.facts_of(session, search)
    contact = list(dict.fromkeys([*(facts.get("contact") or []), *phones]))
    searches.set_facts(session, search, {**facts, "note": note, "contact": contact})
    return opening.brief(session, search, now)


def _prefill(
    rest: str, message: Incoming, media: list[int], gazetteer: Gazetteer, scene: Scene, now: datetime
) -> dict[str, Any]:
    """Answers that stand in the first words already, and a picture sent along."""
    return {**told_along(rest, gazetteer, scene, now), **shown_along(rest, media, message)}


def shown_along(rest: str, media: list[int], message: Incoming) -> dict[str, Any]:
    """The picture that came along with words."""
    if not any(ref.kind == "photo" for ref in message.media):
        return {}
    photo = answered.photo(rest, media, message)
    return {} if photo is None or isinstance(photo, Problem) else {"photo": photo}


def filled_along(
    rest: str,
    gazetteer: Gazetteer,
    scene: Scene,
    media: list[int],
    message: Incoming,
    leave: Callable[[], None],
    now: datetime,
) -> dict[str, Any]:
    """Answers to further questions in what was said or sent to one."""
    shown = shown_along(rest, media, message)
    if not shown:
        leave()
    return {**told_along(rest, gazetteer, scene, now), **shown}


def told_along(rest: str, gazetteer: Gazetteer, scene: Scene, now: datetime) -> dict[str, Any]:
    """Answers that stand in words said to another question, too; health and consent are always asked."""
    told = reading.told_at_once(rest)
    read = {
        "who": answered.who(told["who"]) if "who" in told else None,
        "age": answered.age(told["age"]) if "age" in told else None,
        "clothes": answered.clothes(told["clothes"]) if "clothes" in told else None,
    }
    seen = answered.place_and_time(rest, now, gazetteer, scene.area_id)
    if not isinstance(seen, Problem) and seen["when"] is not None and gazetteer.find(rest, scene.area_id) is not None:
        read["seen"] = {**seen, "where": _place_words(rest, gazetteer, scene.area_id)}
    return {name: value for name, value in read.items() if value is not None and not isinstance(value, Problem)}


def _keep_beside(session: Session, search: Search, words: str) -> None:
    """What was said beside an age, which keeps no words itself, stands in the note that officers read."""
    note, phones = reading.split_contact(" ".join(words.split())[: answered.MOST])
    facts = searches.facts_of(session, search)
    whole = "；".join(filter(None, (facts.get("note"), note)))[:NOTE_MOST]
    contact = list(dict.fromkeys([*(facts.get("contact") or []), *phones]))
    searches.set_facts(session, search, {**facts, "note": whole, "contact": contact})


def _place_words(rest: str, gazetteer: Gazetteer, near: int | None) -> str | None:
    place = gazetteer.find(rest, near)
    return reading.split_contact(place.place_text or "")[0] if place is not None else None


def _open(session: Session, station: Station, scene: Scene, known: dict[str, Any], now: datetime) -> Search:
    place = (known.get("seen") or {}).get("area")
    area_id = place or scene.area_id or whereabouts.whole(session).id
    return opening.open_search(session, station, scene.actor.id, area_id, {}, now)


def _add_words(session: Session, scene: Scene, form: OpenForm, rest: str, private: int, now: datetime) -> list[Say]:
    """What is said with 寻人 once more, in the middle of the talk, goes to the officers as 补充."""
    search = _search_of(session, form)
    if search is None or search.state not in opening.OPEN:
        return []
    answer, *told = actions.supplement(session, scene.actor, search, rest, now)
    return [replace(answer, chat=private), *told]


def _search_of(session: Session, form: OpenForm) -> Search | None:
    kind, _, number = (form.topic or "").partition(":")
    return searches.get(session, int(number)) if kind == "search" else None


def _choices(*pairs: tuple[str, str]) -> tuple[tuple[Button, ...], ...]:
    return tuple((button(f"search.choice.{label}", does),) for label, does in pairs)


FORM = Form(
    "search",
    (
        Question("who", answered.who),
        Question("age", answered.age, _choices(("child", "儿童"), ("adult", "成年"), ("old", "60岁以上"))),
        Question("seen", answered.seen),
        Question("clothes", answered.clothes),
        Question("health", answered.health),
        Question("photo", answered.photo, _choices(("no_photo", "没有照片"))),
        Question(
            LAST,
            answered.consent,
            _choices(("yes", "同意发布"), ("stay", "同意可留"), ("no", "不同意")),
            optional=False,
        ),
    ),
    finish,
    on_answer,
    on_end,
    fills=filled_along,
)

COMMAND = Command("寻人", ask, latin="missing", bare=intent.missing, form=FORM, rank=20)
EVENTS = {"edit:search": edited}
