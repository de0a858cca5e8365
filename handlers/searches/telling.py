"""Who hears of a search: officers privately, the desk, the team's groups in one line, the family."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.publishing import progress
from handlers.publishing.rules import sure_words
from handlers.searches import rules, views
from storage import accounts, areas, chats, people, searches
from storage.areas import Area
from storage.chats import Chat, ChatKind
from storage.lanes import Lane
from storage.people import Role
from storage.searches import Search, SearchState

Rows = tuple[tuple[Button, ...], ...]
OFFICERS_LINE = (ChatKind.OFFICERS,)
TEAM_LINE = (ChatKind.WORKERS, ChatKind.OFFICERS)
UNDER_WAY = (SearchState.DRAFT, SearchState.REPORTED, SearchState.PUBLISHED)
SURE, NOT_YET = "确认", "还在找"
"""What a button adds to 找到 寻3 once it was asked whether it is really the one."""
PUBLISHED_TO = (ChatKind.RESIDENTS, ChatKind.MERCHANTS, ChatKind.VOLUNTEERS, ChatKind.WORKERS)


def officers(session: Session, search: Search) -> list[int]:
    """The area's officers (its case team or chiefs where it has none), and whoever was told of this search before."""
    near = people.nearest_holders(session, [Role.OFFICER], search.area_id) or people.nearest_holders(
        session, [Role.CASE_TEAM, Role.CHIEF], search.area_id
    )
    before = searches.facts_of(session, search).get("told") or []
    verifier = [search.verified_by] if search.verified_by else []
    return list(dict.fromkeys([*verifier, *near, *before]))


def officers_and_chiefs(session: Session, search: Search) -> list[int]:
    """The officers of a search and the nearest chiefs, each once."""
    chiefs = people.nearest_holders(session, [Role.CHIEF], search.area_id)
    return list(dict.fromkeys([*officers(session, search), *chiefs]))


def remember(session: Session, search: Search) -> None:
    """Keep who has been told, so that they hear the rest, too, when the place turns out to be another."""
    facts = searches.facts_of(session, search)
    told = officers(session, search)
    if facts.get("told") != told:
        searches.set_facts(session, search, {**facts, "told": told})


def to_officers(
    session: Session,
    search: Search,
    what: Text,
    *,
    buttons: Rows = (),
    slot: str | None = None,
    media: tuple[int, ...] = (),
    but: Iterable[int] = (),
) -> list[Say]:
    """The same words for each of the search's officers, privately."""
    left_out = set(but)
    one = Say(what, buttons=buttons, lane=Lane.LIFE, slot=slot, media=media)
    return to_people(one, [person for person in officers(session, search) if person not in left_out])


def can_change(session: Session, one: Say) -> bool:
    """Whether what is said to somebody changes a message of theirs, instead of being one more."""
    chat = chats.private_of(session, one.person) if one.person is not None else None
    return chat is None or progress.edits(session, chat.id)


def to_desk(session: Session, search: Search, what: Text, line: Text, *, buttons: Rows = ()) -> list[Say]:
    """The command room privately in full, its group in one line without details."""
    staff = people.holders(session, [Role.COMMAND_ROOM], search.area_id)
    groups = [chat.id for chat in chats.nearest(session, (ChatKind.DESK,), search.area_id)]
    return [
        *to_people(Say(what, buttons=buttons, lane=Lane.LIFE), staff),
        *to_each(Say(line, lane=Lane.LIFE), groups),
    ]


def to_chiefs(session: Session, search: Search, what: Text, *, buttons: Rows = ()) -> list[Say]:
    """The nearest chiefs privately."""
    chiefs = people.nearest_holders(session, [Role.CHIEF], search.area_id)
    return to_people(Say(what, buttons=buttons, lane=Lane.LIFE), chiefs)


def to_team_groups(
    session: Session, search: Search, key: str, kinds: Iterable[ChatKind], *, hides: bool = False
) -> list[Say]:
    """One line in the team's groups that names nobody in full and changes as the search goes on; at its end nobody."""
    shown = views.about if search.state in UNDER_WAY and not hides else views.nameless
    line = text(key, code=search.code, area=views.area_name(session, search), about=shown(session, search))
    groups = [chat.id for kind in kinds for chat in chats.nearest(session, (kind,), search.area_id)]
    return to_each(Say(line, lane=Lane.LIFE, slot=f"search:{search.id}:group"), groups)


def to_family(session: Session, search: Search, key: str, **gaps: object) -> list[Say]:
    """Words for whoever reported the search, privately."""
    person = searches.origin_of(session, search).get("person")
    if person is None:
        return []
    return [Say(text(key, code=search.code, **gaps), person=int(person), lane=Lane.LIFE)]


def first_ring(session: Session, search: Search) -> tuple[Area, list[int]]:
    """The smallest area around the place that has groups, and the ids of its groups."""
    line = areas.lineage(session, search.area_id)
    for area in line:
        groups = groups_of(session, area)
        if groups:
            return area, groups
    return line[0], []


def next_ring(session: Session, search: Search) -> tuple[Area, list[int]] | None:
    """The next area up that has groups not told yet, and the ids of those; None at the top."""
    inner = areas.get(session, search.ring_area_id or search.area_id)
    told = set(groups_of(session, inner))
    for area in areas.lineage(session, inner.id)[1:]:
        fresh = [chat for chat in groups_of(session, area) if chat not in told]
        if fresh:
            return area, fresh
    return None


def reach(session: Session, area: Area, targets: list[int]) -> dict[str, object]:
    """What an officer is told before it goes out: where to, how many groups, how long it takes."""
    return {"ring": area.name, "n": len(targets), "takes": progress.takes(session, targets)}


def widen_button(search: Search, groups: int = 0) -> Rows:
    """The button that widens; groups: how many the message above it says that are."""
    return rows(
        (
            button("search.button.widen", f"扩圈 {search.code}{sure_words(groups)}"),
            button("search.button.found", f"找到 {search.code}"),
        ),
        button("search.button.divide", f"分片 {search.code}"),
    )


def review_button(search: Search) -> Rows:
    """The buttons below what a second officer is to look at."""
    return rows(
        (button("search.button.review", f"复核 {search.code}"), button("search.button.withdraw", f"撤回 {search.code}"))
    )


def ask_for_review(session: Session, search: Search, verifier: int) -> list[Say]:
    """The officers told of it and the nearest chiefs are asked to look at what one alone has published (R7)."""
    asked = text("search.officer.review", code=search.code, minutes=int(rules.REVIEW_WITHIN.total_seconds() // 60))
    who = [one for one in officers_and_chiefs(session, search) if one != verifier]
    return to_people(Say(asked, buttons=review_button(search), lane=Lane.LIFE), who)


def confirm_button(search: Search) -> Rows:
    """The button by which an officer confirms that somebody was found."""
    return rows(button("search.button.confirm_found", f"找到 {search.code} {SURE}"))


def ask_if_sure(session: Session, scene: Scene, search: Search, word: str) -> Say:
    """Ask once more before 找到 or 不属实 ends a search; who is meant is said privately only."""
    key = "found" if word == "找到" else "reject"
    meant = text("search.officer.meant", area=views.area_name(session, search), about=views.about(session, search))
    yes = button(f"search.button.{key}_yes", f"{word} {search.code} {SURE}")
    no = button(f"search.button.{key}_no", f"找到 {search.code} {NOT_YET}")
    asked = text(f"search.officer.{key}_sure", code=search.code, who="" if scene.is_group else meant)
    return Say(asked, buttons=rows((yes, no)))


def groups_of(session: Session, area: Area) -> list[int]:
    """The groups that a search published to this area reaches."""
    return [chat.id for chat in chats.groups(session, PUBLISHED_TO, areas.subtree(session, area.id))]


def takes_back(session: Session, chat: Chat | None) -> bool:
    """Whether a copy in this talk can be made to vanish or change."""
    account = accounts.named(session, chat.account) if chat is not None else None
    return account is not None and account.takes_back


def private_chat(session: Session, actor: Actor) -> int | None:
    """This person's own talk, where they read how a delivery goes; None where it was never opened."""
    return chat.id if (chat := chats.private_of(session, actor.id)) is not None else None
