"""Which search is meant: by code, by the message answered, or the only one it can be; codes cannot be walked (R12)."""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.scene import Actor
from handlers.reading.codes import Code
from storage import areas, searches
from storage.searches import LETTER, Search, SearchState

OVER = (SearchState.FOUND, SearchState.CANCELLED)
SHOWN = (SearchState.PUBLISHED, SearchState.FOUND, SearchState.EXPIRED, SearchState.CANCELLED)


def meant(
    session: Session,
    actor: Actor,
    codes: Sequence[Code],
    topic: str | None,
    word: str,
    states: Collection[SearchState],
) -> Search:
    """The search that `word` is about; without a code the only one of the actor's in `states`.

    Raises a Refusal that says which there are; a search the actor may not know of is refused like none at all.
    """
    number = next((code.number for code in codes if code.prefix == LETTER), None)
    if number is None and topic is not None and topic.startswith("search:"):
        return searches.get(session, int(topic.partition(":")[2]))
    if number is not None:
        search = searches.numbered(session, number)
        if search is not None and knows(session, actor, search):
            return search
        nearest = _nearest(session, actor)
        if nearest is None:
            raise refuse("search.refuse.none", code=f"{LETTER}{number}")
        raise refuse("search.refuse.nearest", code=f"{LETTER}{number}", nearest=nearest.code)
    own = _own(session, actor, states)
    if len(own) == 1:
        return own[0]
    if own:
        raise refuse("search.refuse.which_of", codes="、".join(one.code for one in own[:5]))
    raise refuse("search.refuse.which", word=word)


def is_sure(
    session: Session, actor: Actor, codes: Sequence[Code], via: str, search: Search, states: Collection[SearchState]
) -> bool:
    """Whether the number was typed, and no digit of it may be a slip: no other search of the actor's is in `states`."""
    typed = any(one.prefix == LETTER for one in codes) and via not in ("button", "choice")
    return typed and all(one.id == search.id for one in _own(session, actor, states))


def check_goes_on(session: Session, actor: Actor, codes: Sequence[Code], word: str) -> None:
    """Raise a Refusal that says how to look on, where the search named has ended and the actor may know of it."""
    number = next((code.number for code in codes if code.prefix == LETTER), None)
    search = searches.numbered(session, number) if number is not None else None
    if search is not None and search.state in OVER and knows(session, actor, search):
        raise refuse("search.refuse.over", code=search.code, word=word)


def knows(session: Session, actor: Actor, search: Search) -> bool:
    """Whether the actor may learn that this search is there: it was published, is theirs, or they are a team's."""
    if search.verified_at is not None and search.state in SHOWN:
        return True
    return _concerns(session, actor, search) or actor.has(access.OFFICERS | access.DESK)


def told_of(session: Session, actor: Actor, search: Search) -> bool:
    """Like `knows`; the area's team read its line in their group."""
    return knows(session, actor, search) or actor.has(access.TEAM, areas.get(session, search.area_id))


def check_mine(session: Session, actor: Actor, word: str, search: Search) -> None:
    """Refuse kindly whoever may not use the word at all, or not over the search's area."""
    area = areas.get(session, search.area_id)
    rule = access.MATRIX[word]
    if actor.has(rule.roles) and not actor.has(rule.roles, area):
        raise refuse("search.refuse.area", code=search.code, area=area.name)
    access.require(actor, word, area)


def _own(session: Session, actor: Actor, states: Collection[SearchState]) -> list[Search]:
    return [one for one in searches.in_state(session, states) if _concerns(session, actor, one)]


def _concerns(session: Session, actor: Actor, search: Search) -> bool:
    if search.teller_digest == searches.teller_digest(session, actor.id):
        return True
    return actor.has(access.OFFICERS | access.DESK, areas.get(session, search.area_id))


def _nearest(session: Session, actor: Actor) -> Search | None:
    """The newest search the actor may know of, before those of others one that concerns them."""
    living = [SearchState.DRAFT, SearchState.REPORTED, SearchState.PUBLISHED]
    found = [one for one in searches.in_state(session, living) if knows(session, actor, one)]
    return min(found, key=lambda one: not _concerns(session, actor, one), default=None)
