"""The end of a search: found, not true or withdrawn; copies taken back, tellers thanked, the photo erased."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.dialogue.world import Station
from handlers.publishing import actions as publishing
from handlers.searches import rules, telling
from handlers.searches.finding import OVER, check_mine
from handlers.sectors import homecoming
from storage import areas, audit, chats, deliveries, incidents, media, searches
from storage.lanes import Lane
from storage.searches import Search, SearchState


def found(
    session: Session,
    words: Catalogue,
    station: Station,
    scene: Scene,
    search: Search,
    now: datetime,
    *,
    sure: bool = True,
) -> list[Say]:
    """找到: an officer or the desk ends the search; the family's word freezes widening and asks the officer.

    sure: nothing leads back, so whoever may mean another search or was not asked is asked once, unless the family
    says so, too.
    """
    actor = scene.actor
    if search.state in OVER:
        key = "search.refuse.ended_found" if search.state is SearchState.FOUND else "search.refuse.over"
        raise refuse(key, code=search.code, word="找到")
    if not actor.has(access.OFFICERS | access.DESK, areas.get(session, search.area_id)):
        return _found_by_family(session, station, actor, search, now)
    if not sure and not searches.facts_of(session, search).get("frozen"):
        return [telling.ask_if_sure(session, scene, search, "找到")]
    public, draft = search.verified_at is not None, search.state is SearchState.DRAFT
    if not searches.move(session, search, SearchState.FOUND, closed_at=now, next_at=now):
        raise refuse("search.refuse.ended_found", code=search.code)
    audit.write(session, "search.found", now, actor_id=actor.id, topic=search.topic)
    done = text("search.officer.found" if public else "search.officer.found_unpublished", code=search.code)
    says = [Say(done), *telling.to_officers(session, search, done, but=[actor.id])]
    if public:
        closing = text("search.closed_found", code=search.code)
        close_published(session, words, search, closing, now, report_to=telling.private_chat(session, actor))
        _thank_groups(session, words, search, now)
        says += [*thank_tellers(session, search, now), *homecoming.ended(session, words, search, now)]
    kinds = telling.OFFICERS_LINE if draft else telling.TEAM_LINE
    says += telling.to_team_groups(session, search, "search.officer.line_over", kinds)
    return [*says, *telling.to_family(session, search, "search.family.found")]


def not_found(search: Search) -> list[Say]:
    """It was not the one looked for: nothing is changed."""
    if search.state in OVER:
        raise refuse("search.refuse.over", code=search.code, word="找")
    return [Say(text("search.officer.not_found", code=search.code))]


def _found_by_family(session: Session, station: Station, actor: Actor, search: Search, now: datetime) -> list[Say]:
    if search.teller_digest != searches.teller_digest(session, actor.id):
        tell = button("search.button.tip", f"线索 {search.code}")
        return [Say(text("search.refuse.not_family", code=search.code), buttons=rows(tell))]
    facts = searches.facts_of(session, search)
    searches.set_facts(session, search, {**facts, "frozen": now.isoformat()})
    search.next_at = now + (station.verify / 2 if search.minor else station.verify)
    asked = text("search.officer.family_found", code=search.code)
    return [
        Say(text("search.family.told_found", code=search.code)),
        *telling.to_officers(session, search, asked, buttons=telling.confirm_button(search)),
    ]


def _thank_groups(session: Session, words: Catalogue, search: Search, now: datetime) -> None:
    """One line in every group that was told; it is no copy of the notice and stays.

    Where no copy can be taken back the correction has said it.
    """
    told = [chat for one in deliveries.of_topic(session, search.topic) for chat in one.targets]
    heard = {chat.id for chat in chats.several(session, told) if telling.takes_back(session, chat)}
    if not heard:
        return
    publishing.publish(
        session,
        words,
        topic=f"thanks:{search.id}",
        name=f"thanks:{search.id}",
        lane=Lane.LIFE,
        notice=Say(text("search.thanks", code=search.code)),
        targets=[chat for chat in dict.fromkeys(told) if chat in heard],
        now=now,
        expires_at=rules.expiry(now, rules.LONGEST),
    )


def reject(session: Session, scene: Scene, search: Search, now: datetime, *, sure: bool = True) -> list[Say]:
    """不属实: not published; the family hears it kindly, with what to do if it is true after all.

    sure: whoever may mean another search is asked once.
    """
    actor = scene.actor
    check_mine(session, actor, "不属实", search)
    if search.state in (SearchState.PUBLISHED, SearchState.EXPIRED):
        raise refuse("search.refuse.reported_only", code=search.code)
    if not sure and search.state not in OVER:
        return [telling.ask_if_sure(session, scene, search, "不属实")]
    if not searches.move(session, search, SearchState.CANCELLED, closed_at=now, next_at=now):
        raise refuse("search.refuse.over", code=search.code, word="不属实")
    audit.write(session, "search.reject", now, actor_id=actor.id, topic=search.topic)
    done = text("search.officer.rejected", code=search.code)
    return [
        Say(done),
        *telling.to_officers(session, search, done, but=[actor.id]),
        *telling.to_team_groups(session, search, "search.officer.line_over", telling.OFFICERS_LINE),
        *telling.to_family(session, search, "search.family.rejected"),
    ]


def withdraw(session: Session, words: Catalogue, actor: Actor, search: Search, now: datetime) -> list[Say]:
    """撤回: any one officer, from any state; every copy is taken back once more if it was before (R10)."""
    check_mine(session, actor, "撤回", search)
    was_open = searches.move(session, search, SearchState.CANCELLED, closed_at=now, next_at=now)
    audit.write(session, "search.withdraw", now, actor_id=actor.id, topic=search.topic)
    if search.verified_at is not None:
        closing = text("search.closed_withdrawn", code=search.code)
        close_published(session, words, search, closing, now, report_to=telling.private_chat(session, actor))
    done = text("search.officer.withdrawn", code=search.code)
    says = [Say(done)]
    if was_open:
        says += telling.to_officers(session, search, done, but=[actor.id])
        says += telling.to_team_groups(session, search, "search.officer.line_over", telling.OFFICERS_LINE)
        says += telling.to_family(session, search, "search.family.withdrawn")
        says += homecoming.ended(session, words, search, now)
    return says


def close_published(
    session: Session,
    words: Catalogue,
    search: Search,
    closing: Text,
    now: datetime,
    *,
    report_to: int | None = None,
    close: bool = False,
) -> None:
    """Take every copy back, or with `close` (expiry) turn it into `closing`; ahead of everything else on the wire."""
    publishing.take_back(
        session,
        words,
        topic=search.topic,
        closing=closing,
        lane=Lane.RECALL_PERSON,
        now=now,
        report_to=report_to,
        close=close,
    )


def thank_tellers(session: Session, search: Search, now: datetime) -> list[Say]:
    """Whoever told of a sighting hears privately that it ended well; reached by the sealed origin alone."""
    tellers = {}
    for incident in incidents.of_search(session, search.id):
        person = incidents.origin_of(session, incident).get("person")
        if person is not None:
            tellers[int(person)] = Say(text("search.thanks_teller", code=search.code), person=int(person))
    return list(tellers.values())


def erase_photo(session: Session, search: Search) -> None:
    """Erase the photo of a closed search; the rest goes by the general rules of keeping."""
    facts = searches.facts_of(session, search)
    if search.medium_id is not None:
        media.erase(session, search.medium_id)
    search.medium_id, search.next_at = None, None
    if facts.get("photo") is not None:
        searches.set_facts(session, search, {**facts, "photo": None})
