"""Kinds of record (案由): what rooms that serve several kinds (ladders, call-backs, supervision) need of each.

A capability says so once, by `KIND` in one of its files. By the letter of a code, or the message answered, a word
that several kinds share (进度, 重开 …) finds the one whose it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue import command, nearby
from handlers.dialogue.access import Refusal, check, may, refuse
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text
from handlers.dialogue.world import Station
from handlers.ladders.rules import Spans, Standing, Step
from handlers.reading.codes import Code
from storage import cases, incidents
from storage.chats import ChatKind


@dataclass(frozen=True, slots=True)
class Case:
    """A record as the shared rooms see it; `place` goes to the building at most, `going` while it is under way."""

    topic: str
    code: str
    key_id: str
    area_id: int
    handler_id: int | None
    created_at: datetime
    going: bool
    place: str

    @property
    def kind(self) -> "Kind":
        """Its kind."""
        return all_kinds()[self.topic.partition(":")[0]]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who is called back: asked themselves, or by phone through the person `by_phone`.

    `side` says whose answer it is.
    """

    person: int
    side: str
    by_phone: bool = False


def nobody(_session: Session, _record: object) -> Sequence[Addressee]:
    """Nobody is called back about it."""
    return ()


def nothing(_session: Session, _record: object, _now: datetime, _station: Station) -> list[Say]:
    """A call-back changes nothing of it."""
    return []


def no_card(_session: Session, _record: object) -> list[Say]:
    """No group has a card of it."""
    return []


def as_said(_session: Session, _record: object, words: str) -> str:
    """Words about it may be read as they were said."""
    return words


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record; by itself nobody is called back about it, no card shows it, and it climbs no ladder.

    `name` begins its topics, `letters` its codes. `of_id` and `numbered` find a record (None once erased); `is_team`
    tells who works on it; `note` keeps a line beside it; `refreshed` shows its card anew; `shown` are words about it as
    others than its handler may read them. `addressees` are called back, `reach` tells a caller whom to phone for a
    side. `reopen` is called when somebody was not satisfied, `called_back` when nobody was not, `cleared` when a
    supervision ended. `spans` are its ladder's, and `stepped` is told of each step (step, standing, moment, reason).
    `todo` are its lines of somebody's open work, `own` of what they told of; `noted` tells whether who has it in hand
    adds words (补充), or its teller alone does. `answers`: word → handler, for words of other files about it;
    `opened_by`: word → the word whose row of the access table opens it, too, where this kind is meant: 办结 to a
    volunteer, 重开 to who told it.
    """

    name: str
    letters: str
    of_id: Callable[[Session, int], Case | None]
    numbered: Callable[[Session, str, int], Case | None]
    is_team: Callable[[Session, Actor, Case], bool]
    note: Callable[[Session, Case, str, str, datetime], None]
    addressees: Callable[[Session, Case], Sequence[Addressee]] = nobody
    reopen: Callable[[Session, Case, datetime, Station], list[Say]] = nothing
    called_back: Callable[[Session, Case, datetime, Station], list[Say]] = nothing
    refreshed: Callable[[Session, Case], list[Say]] = no_card
    shown: Callable[[Session, Case, str], str] = as_said
    reach: Callable[[Session, Case, str, int, datetime], str] | None = None
    cleared: Callable[[Session, Case, datetime, Station], list[Say]] | None = None
    spans: Spans | None = None
    stepped: Callable[[Session, Case, Step, Standing, datetime, str], list[Say]] | None = None
    todo: Callable[[Session, Scene, datetime], Iterable[Text]] | None = None
    own: Callable[[Session, Actor], Iterable[Text]] | None = None
    noted: bool = True
    answers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    opened_by: Mapping[str, str] = field(default_factory=dict)


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Name → kind, from the files' `KIND`."""
    found = [getattr(module, "KIND", None) for module in command.all_modules()]
    return {one.name: one for one in found if isinstance(one, Kind)}


def case_of(session: Session, topic: str | None) -> Case | None:
    """The record of a topic; None where it is of no kind or erased."""
    name, _, number = (topic or "").partition(":")
    kind = all_kinds().get(name)
    return kind.of_id(session, int(number)) if kind is not None and number.isdecimal() else None


def named(session: Session, codes: Sequence[Code], topic: str | None) -> Case | None:
    """The record named by the first code of any kind, else the one whose message was answered."""
    for code in codes:
        kind = next((one for one in all_kinds().values() if code.prefix in one.letters), None)
        if kind is not None:
            return kind.numbered(session, code.prefix, code.number)
    return case_of(session, topic) if not codes else None


def for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Case:
    """The record a member of its team means, unnamed the only one in their hands; a Refusal that tells a stranger
    nothing."""
    found = named(session, codes, topic)
    if found is None and not codes:
        found = _only_one_in_hand(session, scene.actor)
    if found is not None and found.kind.is_team(session, scene.actor, found):
        return found
    raise unknown(session, scene, codes)


def _only_one_in_hand(session: Session, actor: Actor) -> Case | None:
    if not actor.id:
        return None
    mine = [one.topic for one in incidents.in_hands_of(session, actor.id)]
    mine += [one.topic for one in cases.in_hands_of(session, actor.id)]
    return case_of(session, mine[0]) if len(mine) == 1 else None


def unknown(session: Session, scene: Scene, codes: Sequence[Code]) -> Refusal:
    """The same answer to a number that does not exist and to one that is not theirs."""
    if not codes:
        return refuse("cases.which")
    return Refusal(nearby.missing(session, scene, codes[0]))


def answering(word: str, codes: Sequence[Code], topic: str | None) -> Callable[..., Any] | None:
    """Who answers this word about the record named or answered to, where that is not the word's own file."""
    kind = _meant(codes, topic)
    return kind.answers.get(word) if kind is not None else None


def check_access(actor: Actor, word: str, at: ChatKind, codes: Sequence[Code], topic: str | None) -> None:
    """Raise a kind Refusal unless the word may be used there, by its own row or by one that opens it for this kind."""
    kind = _meant(codes, topic)
    also = kind.opened_by.get(word) if kind is not None else None
    if also is None or not may(actor, also, at):
        check(actor, word, at)


def _meant(codes: Sequence[Code], topic: str | None) -> Kind | None:
    """The kind of the record named or answered to."""
    if not codes:
        return all_kinds().get((topic or "").partition(":")[0])
    return next((one for one in all_kinds().values() if codes[0].prefix in one.letters), None)
