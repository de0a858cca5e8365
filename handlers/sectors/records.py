"""Which outing is meant (查号), who leads it, and the head-count as it stands in its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, TEAM, refuse
from handlers.dialogue.scene import Actor
from handlers.reading.codes import Code
from handlers.searches import finding
from handlers.searches.views import sightings_of
from handlers.sectors import rules
from handlers.sectors.rules import HeadCount, NotNow, Phase, Situation
from storage import areas, chats, people, searches, sectors
from storage.people import Role
from storage.searches import LETTER, Search, SearchState
from storage.sectors import Outing, Searcher, Sector

HELPERS = TEAM | frozenset({Role.GUARD, Role.VOLUNTEER, Role.MEDIATOR})
"""Who may join without having asked for the notices of an area."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An outing with all that is read of it at once."""

    search: Search
    outing: Outing
    sectors: Sequence[Sector]
    people: Sequence[Searcher]

    @property
    def count(self) -> HeadCount:
        """Who is out and who is back."""
        return HeadCount(
            frozenset(one.person_id for one in self.people if one.back_at is None),
            frozenset(one.person_id for one in self.people if one.back_at is not None),
            self.outing.stood_down_at is not None,
        )

    @property
    def out(self) -> list[Searcher]:
        """Who is out."""
        return [one for one in self.people if one.back_at is None]

    def inside(self, sector: Sector) -> list[Searcher]:
        """Who is in a sector."""
        return [one for one in self.out if one.sector_id == sector.id]

    def person(self, person_id: int) -> Searcher | None:
        """Somebody's own row."""
        return next((one for one in self.people if one.person_id == person_id), None)


def meant(session: Session, actor: Actor, codes: Sequence[Code], topic: str | None, word: str) -> Search:
    """The search named, else the one this person is out for, or to join, the only one that calls helpers.

    Whoever joined finds theirs whatever became of it.
    """
    number = next((code.number for code in codes if code.prefix == LETTER), None)
    own = sectors.joined(session, actor.id) if number is not None else sectors.out_in(session, actor.id)
    found = [one for one in own if number is None or one.number == number]
    if not found and number is None and topic is None and word == "签到":
        found = [one for one in searches.in_state(session, [SearchState.PUBLISHED]) if _calls(session, one)]
    if len(found) == 1:
        return found[0]
    return finding.meant(session, actor, codes, topic, word, [SearchState.PUBLISHED])


def _calls(session: Session, search: Search) -> bool:
    """Whether helpers are called to this search now."""
    one = stands(session, search)
    return one is not None and one.outing.stood_down_at is None


def standing(session: Session, search: Search) -> Standing:
    """The outing of a search as it stands; Refusal where nobody divided it yet."""
    found = stands(session, search)
    if found is None:
        raise refuse("sectors.refuse.none", code=search.code)
    return found


def stands(session: Session, search: Search) -> Standing | None:
    """The outing of a search as it stands, where there is one."""
    outing = sectors.of_search(session, search.id)
    return _read(session, search, outing) if outing is not None else None


def of_outing(session: Session, outing: Outing) -> Standing:
    """An outing as it stands."""
    return _read(session, sectors.search_of(session, outing), outing)


def _read(session: Session, search: Search, outing: Outing) -> Standing:
    return Standing(search, outing, sectors.sectors_of(session, outing), sectors.searchers_of(session, outing))


def leads(session: Session, actor: Actor, search: Search, outing: Outing | None = None) -> bool:
    """Whether this person leads it, or is an officer or the desk of its area."""
    led = outing is not None and outing.leader_id == actor.id
    return led or actor.has(OFFICERS | DESK, areas.get(session, search.area_id))


def require_lead(session: Session, actor: Actor, one: Standing) -> None:
    """Raise a Refusal unless this person leads it."""
    if not leads(session, actor, one.search, one.outing):
        raise refuse("sectors.refuse.not_leader", code=one.search.code)


def may_join(session: Session, actor: Actor) -> bool:
    """Whether this person may be asked to search: the team, its helpers, and residents who asked for notices."""
    if actor.has(HELPERS):
        return True
    return any(chat.area_id is not None for chat in chats.privates_of(session, actor.id))


def whom(session: Session, actor: Actor, one: Standing, words: str) -> tuple[Searcher | None, str]:
    """(the searcher named, the other words): by number, by the leader by name, too; None where nobody is named."""
    number = rules.person_of(words)
    if number is not None:
        return _numbered(one, number), rules.without_person(words)
    said = words.removeprefix("确认").strip()
    if leads(session, actor, one.search, one.outing):
        for each in one.people:
            name = people.name_of(session, each.person_id)
            if name and said.startswith(name):
                return each, said.removeprefix(name).strip(" ，,。：:")
    return None, words


def _numbered(one: Standing, number: int) -> Searcher:
    found = next((each for each in one.people if each.number == number), None)
    if found is None:
        raise refuse("sectors.refuse.not_out", code=one.search.code, n=number)
    return found


def sector(session: Session, one: Standing, number: int | None) -> Sector:
    """The sector of this number; Refusal where there is none."""
    found = next((each for each in one.sectors if each.number == number), None)
    if found is None:
        most = max((each.number for each in one.sectors), default=1)
        raise refuse("sectors.refuse.no_sector", code=one.search.code, most=most)
    return found


def keep(session: Session, one: Standing, after: HeadCount, now: datetime) -> Standing:
    """Write down a new head-count."""
    for each in one.people:
        if each.back_at is None and each.person_id in after.back:
            each.back_at = now
        elif each.back_at is not None and each.person_id in after.out:
            each.back_at = each.confirmed_by = each.reason = None
    known = {each.person_id for each in one.people}
    for person_id in sorted((after.out | after.back) - known):
        sectors.add_searcher(session, one.outing, person_id, now)
    over = after.phase is Phase.BACK
    if after.returning != (one.outing.stood_down_at is not None):
        one.outing.stood_down_at = now if after.returning else None
    if over != (one.outing.over_at is not None):
        one.outing.over_at = now if over else None
    session.flush()
    return of_outing(session, one.outing)


def no(one: Standing, error: NotNow) -> Exception:
    """The Refusal for a step the head-count does not allow."""
    return refuse(f"sectors.refuse.{error.why}", code=one.search.code)


def situation(session: Session, one: Standing) -> Situation:
    """What the situation note counts."""
    return Situation(
        sum(1 for each in one.sectors if each.done_at is not None),
        len(one.sectors),
        len(one.out),
        len(sightings_of(session, one.search)),
    )
