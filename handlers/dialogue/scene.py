"""The scene: who speaks, where, and with which roles; read before anything is decided."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue.message import Incoming
from handlers.dialogue.wording import Text, text
from storage import accounts, areas, chats, people, waiting
from storage.areas import Area
from storage.chats import Chat, ChatKind, ChatState
from storage.people import Role

SAID = ("message", "edited", "button")
"""Kinds of what people say in a chat."""

DONE = ("opened", *SAID)
"""Kinds of what people do in a chat, and are kept for; the others are what became of the bot there."""

UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What ends a line, turns its direction or is no sign at all."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A role held over an area and everything inside it; `path` as in `Area.path`."""

    role: Role
    area_id: int
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever speaks; `id` is 0 for somebody the bot has not kept yet."""

    id: int
    holds: tuple[Hold, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        """Every role held anywhere; everybody is a resident somewhere."""
        return frozenset(hold.role for hold in self.holds) | {Role.RESIDENT}

    def has(self, roles: frozenset[Role], area: Area | None = None) -> bool:
        """Whether one of these roles is held, over this area where one is named."""
        if Role.RESIDENT in roles and area is None:
            return True
        return any(hold.role in roles and (area is None or area.path.startswith(hold.path)) for hold in self.holds)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks where; `area_id` is the area the talk is about unless the words name another."""

    actor: Actor
    chat: Chat | None
    kind: ChatKind
    area_id: int | None

    @property
    def is_group(self) -> bool:
        """Whether others read along."""
        return self.kind.is_group


def actor_of(session: Session, person_id: int) -> Actor:
    """A person with all roles they hold."""
    return _actor(session, person_id, people.holds_of(session, person_id))


def _actor(session: Session, person_id: int, holds: Iterable[tuple[Role, int]]) -> Actor:
    known = areas.tree(session).by_id
    return Actor(person_id, tuple(Hold(role, area_id, known[area_id].path) for role, area_id in holds))


def called(session: Session, person_id: int) -> Text | str:
    """What colleagues read of somebody: the name they gave, or what they are where they gave none."""
    if name := people.name_of(session, person_id):
        return name
    holds = people.holds_of(session, person_id)
    return text("common.nameless", role=holds[-1][0].value) if holds else text("common.somebody")


def look(session: Session, incoming: Incoming) -> Scene:
    """The scene as it is known; nothing is stored."""
    known = people.known_behind(session, incoming.account, incoming.sender)
    actor = _actor(session, *known) if known is not None else Actor(0)
    return _seen(incoming, actor, chats.at(session, incoming.account, incoming.chat, incoming.thread))


def _seen(incoming: Incoming, actor: Actor, chat: Chat | None) -> Scene:
    if incoming.private:
        return Scene(actor, chat, ChatKind.PRIVATE, _home(actor))
    if chat is None:
        return Scene(actor, None, ChatKind.UNBOUND, None)
    return Scene(actor, chat, chat.kind, chat.area_id)


def enter(session: Session, incoming: Incoming, now: datetime) -> Scene:
    """The scene, with rows for a person and chat met for the first time; an unopened private talk opens.

    Whoever only had to do with the bot's own life in a chat (put it in, blocked it) has said nothing, and is not kept.
    """
    if not incoming.sender:
        return _met(session, incoming, now)
    known = people.known_behind(session, incoming.account, incoming.sender)
    if known is None and incoming.kind not in DONE:
        return look(session, incoming) if incoming.private else _met(session, incoming, now)
    if known is None:
        person = people.add(session, incoming.sender_name, now)
        people.identify(session, person, incoming.account, incoming.sender, now)
        known = person.id, []
    person_id, holds = known
    chat = chats.at(session, incoming.account, incoming.chat, incoming.thread)
    if chat is None:
        kind = ChatKind.PRIVATE if incoming.private else ChatKind.UNBOUND
        owner = person_id if incoming.private else None
        chat = chats.add(
            session,
            incoming.account,
            incoming.chat,
            kind,
            now,
            person_id=owner,
            title="" if incoming.private else titled(incoming.chat_title),
        )
    if incoming.private:
        _open(session, chat, person_id, now)
    elif chat.state is ChatState.GONE and incoming.kind in DONE:
        _reopen(session, chat, now)
    if not incoming.private and chat.area_id is not None and chat.kind in (ChatKind.RESIDENTS, ChatKind.MERCHANTS):
        role = Role.MERCHANT if chat.kind is ChatKind.MERCHANTS else Role.RESIDENT
        if not holds and people.grant(session, person_id, role, chat.area_id, now):
            holds = [(role, chat.area_id)]
    if not incoming.private and not chats.has_private(session, person_id):
        _expect(session, incoming, person_id, now)
    return _seen(incoming, _actor(session, person_id, holds), chat)


def titled(name: str) -> str:
    """What a group is called, as one line that a report can show and the database can hold."""
    return " ".join(UNSEEN.sub(" ", name).split())[: chats.MOST_TITLE]


def _met(session: Session, incoming: Incoming, now: datetime) -> Scene:
    """A group about which a platform tells, while nobody said anything; its name may have changed."""
    chat, title = chats.at(session, incoming.account, incoming.chat), titled(incoming.chat_title)
    if chat is None:
        chat = chats.add(session, incoming.account, incoming.chat, ChatKind.UNBOUND, now, title=title)
    elif title and chat.title != title:
        chats.rename(session, chat, title, now)
    return _seen(incoming, Actor(0), chat)


def _expect(session: Session, incoming: Incoming, person_id: int, now: datetime) -> None:
    """A private talk to come; somebody who once left has a row there already, which waits to be opened anew."""
    account = accounts.named(session, incoming.account)
    state = ChatState.OPEN if account is not None and account.writes_first else ChatState.UNOPENED
    left = chats.at(session, incoming.account, incoming.sender)
    if left is None:
        chats.add(session, incoming.account, incoming.sender, ChatKind.PRIVATE, now, person_id=person_id, state=state)
    elif left.kind is ChatKind.PRIVATE and left.person_id is None:
        left.person_id = person_id
        chats.set_state(session, left.id, state, now)
        session.refresh(left)


def _reopen(session: Session, chat: Chat, now: datetime) -> None:
    """The bot was taken for thrown out; but it hears what is said there, so it may speak again."""
    chats.set_state(session, chat.id, ChatState.OPEN, now)
    session.refresh(chat)
    waiting.release_held(session, chat.id)


def _open(session: Session, chat: Chat, person_id: int, now: datetime) -> None:
    if chat.person_id is None:
        chat.person_id = person_id
    if chat.state is not ChatState.OPEN:
        chats.set_state(session, chat.id, ChatState.OPEN, now)
        session.refresh(chat)
    waiting.release_held(session, chat.id)


def _home(actor: Actor) -> int | None:
    """The smallest area a person belongs to."""
    if not actor.holds:
        return None
    return max(actor.holds, key=lambda hold: hold.path.count("/")).area_id
