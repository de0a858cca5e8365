"""Chats (群与私聊): where the bot is, what kind of group it is, which area it serves, and whether it may speak."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, bindparam, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import areas, notices, prepared
from storage.accounts import Account
from storage.database import Base, affected
from storage.prepared import Among, Prepared

MOST_TITLE: Final = 128


class ChatKind(StrEnum):
    """What kind of chat it is; the groups of residents, merchants and volunteers are public groups."""

    PRIVATE = "private"
    UNBOUND = "unbound"
    RESIDENTS = "residents"
    MERCHANTS = "merchants"
    VOLUNTEERS = "volunteers"
    WORKERS = "workers"
    OFFICERS = "officers"
    DESK = "desk"
    ADMINS = "admins"

    @property
    def is_group(self) -> bool:
        """Whether more than one person reads here."""
        return self is not ChatKind.PRIVATE

    @property
    def is_public(self) -> bool:
        """A public group, or a group nobody has vouched for yet."""
        return self in PUBLIC or self is ChatKind.UNBOUND


PUBLIC = (ChatKind.RESIDENTS, ChatKind.MERCHANTS, ChatKind.VOLUNTEERS)
TEAM = (ChatKind.WORKERS, ChatKind.OFFICERS, ChatKind.DESK, ChatKind.ADMINS)


class ChatState(StrEnum):
    """Whether the bot can speak there; UNOPENED is a private chat its owner has not opened yet."""

    OPEN = "open"
    UNOPENED = "unopened"
    MUTED = "muted"
    GONE = "gone"


IN_GROUP = text("kind != 'private'")
"""Few among thousands of private talks; written out, since a partial index serves only who says its very words."""


class Chat(Base):
    """A chat on one account of one platform."""

    __tablename__ = "chats"
    __table_args__ = (
        UniqueConstraint("account", "platform_id", "thread"),
        Index("ix_chats_groups", "kind", "area_id", sqlite_where=IN_GROUP, postgresql_where=IN_GROUP),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    platform_id: Mapped[str] = mapped_column(String(128))
    thread: Mapped[str] = mapped_column(String(32), default="")
    kind: Mapped[ChatKind]
    state: Mapped[ChatState] = mapped_column(default=ChatState.OPEN)
    title: Mapped[str] = mapped_column(String(MOST_TITLE), default="")
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    notice_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


_CHATS = Chat.__table__
_AT = Prepared(
    select(_CHATS)
    .where(Chat.account == bindparam("on"), Chat.platform_id == bindparam("named"))
    .where(Chat.thread.in_([bindparam("topic"), ""]))
    .order_by(Chat.thread.desc())
    .limit(1)
)
_PRIVATE = Prepared(select(_CHATS).where(Chat.person_id == bindparam("whose"), Chat.kind == ChatKind.PRIVATE))

_ANY_PRIVATE = Prepared(
    select(Chat.id).where(Chat.person_id == bindparam("whose"), Chat.kind == ChatKind.PRIVATE).limit(1)
)

_AMONG = Among(Chat.id, "ids")
_SEVERAL = Prepared(select(_CHATS).where(_AMONG))
_GROUPS_AMONG = Prepared(select(_CHATS).where(_AMONG, Chat.kind != ChatKind.PRIVATE))
_KINDS_AND_AREAS = Prepared(select(Chat.kind, Chat.area_id).where(_AMONG).distinct())
_PRIVATE_BY_STATE = Prepared(
    select(func.min(Chat.id), func.count()).where(_AMONG, Chat.kind == ChatKind.PRIVATE).group_by(Chat.state)
)
_BY_ACCOUNT = Prepared(select(Chat.account, func.count()).where(_AMONG).group_by(Chat.account))
_SUBSCRIBED = (
    Chat.kind == ChatKind.PRIVATE,
    Among(Chat.area_id, "areas"),
    Chat.state != ChatState.GONE,
    Chat.person_id.is_not(None),
)
_SUBSCRIBERS = Prepared(select(_CHATS).where(*_SUBSCRIBED).order_by(Chat.id))
_SUBSCRIBER_IDS = Prepared(select(Chat.id).where(*_SUBSCRIBED).order_by(Chat.id))


@cache
def _any_kind(kinds: tuple[ChatKind, ...]) -> Prepared:
    return Prepared(select(Chat.id).where(_AMONG, or_(*(Chat.kind == kind for kind in kinds))).limit(1))


@cache
def _groups_in(kinds: tuple[ChatKind, ...], areas_named: int) -> Prepared:
    within = Chat.area_id.in_([bindparam(f"area{n}") for n in range(areas_named)])
    of_kind = or_(*(Chat.kind == kind for kind in kinds))
    return Prepared(select(_CHATS).where(within, of_kind, Chat.state == ChatState.OPEN).order_by(Chat.id))


def get(session: Session, chat_id: int) -> Chat:
    """The chat with this id."""
    return prepared.get_one(session, Chat, chat_id)


def several(session: Session, chat_ids: Sequence[int]) -> list[Chat]:
    """The chats with these ids, in this order."""
    found = {chat.id: chat for chat in _SEVERAL.entities(session, Chat, ids=chat_ids)}
    return [found[chat_id] for chat_id in chat_ids if chat_id in found]


def groups_among(session: Session, chat_ids: Sequence[int]) -> list[Chat]:
    """Those of these chats that are groups, in this order."""
    found = {chat.id: chat for chat in _GROUPS_AMONG.entities(session, Chat, ids=chat_ids)}
    return [found[chat_id] for chat_id in chat_ids if chat_id in found]


def kinds_and_areas(session: Session, chat_ids: Sequence[int]) -> list[tuple[ChatKind, int | None]]:
    """Each (kind, area) there is among these chats, once."""
    return _KINDS_AND_AREAS.all(session, ids=chat_ids)


def private_by_state(session: Session, chat_ids: Sequence[int]) -> list[tuple[int, int]]:
    """(one of them, how many) of the private talks among these chats, by state."""
    return _PRIVATE_BY_STATE.all(session, ids=chat_ids)


def by_account(session: Session, chat_ids: Sequence[int]) -> Counter[str]:
    """How many of these chats are on each account."""
    return Counter(dict(_BY_ACCOUNT.all(session, ids=chat_ids)))


def at(session: Session, account: str, platform_id: str, thread: str = "") -> Chat | None:
    """The chat of this platform id; a thread without a row of its own belongs to its group's."""
    return _AT.entity(session, Chat, on=account, named=platform_id, topic=thread)


def add(
    session: Session,
    account: str,
    platform_id: str,
    kind: ChatKind,
    now: datetime,
    *,
    title: str = "",
    area_id: int | None = None,
    person_id: int | None = None,
    state: ChatState = ChatState.OPEN,
    thread: str = "",
) -> Chat:
    """Make the row of a chat the bot has met."""
    chat = Chat(
        account=account,
        platform_id=platform_id,
        thread=thread,
        kind=kind,
        state=state,
        title=title,
        area_id=area_id,
        person_id=person_id,
        created_at=now,
        changed_at=now,
    )
    session.add(chat)
    session.flush()
    return chat


def bind(session: Session, chat: Chat, kind: ChatKind, area_id: int, now: datetime) -> None:
    """Bind a group to an area as this kind of group (绑定群)."""
    chat.kind, chat.area_id, chat.changed_at = kind, area_id, now
    session.flush()


def note_notice(session: Session, account: str, version: int) -> None:
    """Note that every chat of an account has heard this version of the notice."""
    session.execute(update(Chat).where(Chat.account == account).values(notice_version=version))


def rename(session: Session, chat: Chat, title: str, now: datetime) -> None:
    """Note what a group is called now."""
    chat.title, chat.changed_at = title, now
    session.flush()


def deaf_groups(session: Session) -> Sequence[Chat]:
    """Groups in which the bot hears nothing, to be bound from the private talk, by name; not those a worker names."""
    deaf = select(Account.name).where(~Account.hears_groups, or_(~Account.by_hand, Account.nudges))
    return session.scalars(
        select(Chat)
        .where(Chat.account.in_(deaf), Chat.kind != ChatKind.PRIVATE, Chat.state != ChatState.GONE)
        .order_by(Chat.title, Chat.id)
    ).all()


def subscribe(session: Session, chat: Chat, area_id: int | None, now: datetime) -> None:
    """Note for which area somebody wants notices in their private talk (订阅); None for none."""
    chat.area_id, chat.changed_at = area_id, now
    if area_id is not None:
        chat.notice_version = notices.VERSION
    session.flush()


def privates_of(session: Session, person_id: int) -> Sequence[Chat]:
    """Every private talk of a person, on whichever account."""
    own = Chat.person_id == person_id, Chat.kind == ChatKind.PRIVATE
    return session.scalars(select(Chat).where(*own).order_by(Chat.id)).all()


def unsubscribe(session: Session, person_id: int, now: datetime) -> list[int]:
    """Note that somebody wants no notices in any of their private talks (退订); ids of the areas they had wanted."""
    wanted = []
    for chat in privates_of(session, person_id):
        if chat.area_id is not None:
            wanted.append(chat.area_id)
            subscribe(session, chat, None, now)
    return wanted


def subscribers(session: Session, area_ids: Iterable[int]) -> Sequence[Chat]:
    """Private talks whose owners want the notices of one of these areas."""
    return _SUBSCRIBERS.entities(session, Chat, areas=area_ids)


def subscriber_ids(session: Session, area_ids: Iterable[int]) -> list[int]:
    """The ids of `subscribers`."""
    return [chat_id for (chat_id,) in _SUBSCRIBER_IDS.all(session, areas=area_ids)]


def any_private(session: Session, chat_ids: Sequence[int]) -> bool:
    """Whether one of these is a private talk."""
    return _any_of(session, chat_ids, (ChatKind.PRIVATE,))


def any_public(session: Session, chat_ids: Sequence[int]) -> bool:
    """Whether one of these is a public group, or one nobody has vouched for."""
    return _any_of(session, chat_ids, (*PUBLIC, ChatKind.UNBOUND))


def _any_of(session: Session, chat_ids: Sequence[int], kinds: Sequence[ChatKind]) -> bool:
    return _any_kind(tuple(kinds)).first(session, ids=chat_ids) is not None


def kept_by(session: Session, account: str, person_id: int) -> Sequence[Chat]:
    """Groups of an account that a person looks after."""
    own = Chat.person_id == person_id, Chat.kind.in_(PUBLIC), Chat.state == ChatState.OPEN
    return session.scalars(select(Chat).where(Chat.account == account, *own).order_by(Chat.id)).all()


def unbind(session: Session, chat: Chat, now: datetime) -> None:
    """A group is nobody's audience any more; what stands there can still be taken back."""
    chat.kind, chat.area_id, chat.changed_at = ChatKind.UNBOUND, None, now
    session.flush()


def set_state(session: Session, chat_id: int, state: ChatState, now: datetime) -> bool:
    """Note whether the bot can speak there; False when that was known."""
    changed = session.execute(
        update(Chat).where(Chat.id == chat_id, Chat.state != state).values(state=state, changed_at=now)
    )
    return bool(affected(changed))


def migrate(session: Session, account: str, old: str, new: str, now: datetime) -> Sequence[tuple[int, int]]:
    """A group became a supergroup: its rows go on under the new id (both service messages may come, or none).

    Where the new id has been met already, the bound one of the two rows stays; pairs (given up, kept) of chat ids
    are returned, so that what waits for the one goes to the other. A group taken for gone has only moved.
    """
    pairs = []
    for chat in session.scalars(select(Chat).where(Chat.account == account, Chat.platform_id == old)).all():
        met = session.scalar(
            select(Chat).where(Chat.account == account, Chat.platform_id == new, Chat.thread == chat.thread)
        )
        if met is not None:
            kept, left = (
                (chat, met) if chat.kind is not ChatKind.UNBOUND or met.kind is ChatKind.UNBOUND else (met, chat)
            )
            left.platform_id, left.state, left.changed_at = f"{new}#{left.id}", ChatState.GONE, now
            session.flush()
            pairs.append((left.id, kept.id))
            chat = kept
        chat.platform_id, chat.changed_at = new, now
        if chat.state is ChatState.GONE:
            chat.state = ChatState.OPEN
    session.flush()
    return pairs


def private_of(session: Session, person_id: int) -> Chat | None:
    """The private chat by which a person is reached: an open one before an unopened one, the newest first."""
    found = _PRIVATE.entities(session, Chat, whose=person_id)
    ranks = {ChatState.OPEN: 0, ChatState.UNOPENED: 1, ChatState.MUTED: 2, ChatState.GONE: 3}
    return min(found, key=lambda chat: (ranks[chat.state], -chat.changed_at.timestamp()), default=None)


def user_ids(session: Session, account: str, person_ids: Sequence[int]) -> list[str]:
    """What an account calls these people, as far as it knows them, in their order."""
    own = Chat.account == account, Chat.kind == ChatKind.PRIVATE, Chat.person_id.in_(list(person_ids))
    found = {whose: named for whose, named in session.execute(select(Chat.person_id, Chat.platform_id).where(*own))}
    return [found[one] for one in person_ids if one in found]


def has_private(session: Session, person_id: int) -> bool:
    """Whether there is a private chat of this person, opened or not."""
    return _ANY_PRIVATE.first(session, whose=person_id) is not None


def groups(session: Session, kinds: Iterable[ChatKind], area_ids: Iterable[int] | None = None) -> Sequence[Chat]:
    """Groups of these kinds bound to one of the areas (or to any), that can be spoken in."""
    open_ones = IN_GROUP, Chat.kind.in_(list(kinds)), Chat.state == ChatState.OPEN, Chat.area_id.is_not(None)
    query = select(Chat).where(*open_ones)
    if area_ids is not None:
        query = query.where(Chat.area_id.in_(list(area_ids)))
    return session.scalars(query.order_by(Chat.id)).all()


def team_of(session: Session, area_id: int) -> Sequence[Chat]:
    """The workers' groups nearest to the area: its own, else its parent's, and so on up."""
    return nearest(session, (ChatKind.WORKERS,), area_id) or nearest(session, (ChatKind.OFFICERS,), area_id)


def nearest(session: Session, kinds: Iterable[ChatKind], area_id: int) -> Sequence[Chat]:
    """Groups of these kinds at the area or the nearest parent that has one."""
    line = [area.id for area in areas.lineage(session, area_id)]
    if not line:
        return []
    look = _groups_in(tuple(kinds), len(line))
    found = look.entities(session, Chat, **{f"area{n}": one for n, one in enumerate(line)})
    at = min((line.index(chat.area_id) for chat in found if chat.area_id is not None), default=None)
    return [chat for chat in found if at is not None and chat.area_id == line[at]]


def ids_of(session: Session, account: str, *, private: bool) -> list[str]:
    """Platform ids of an account's private chats or groups, in the order they were met."""
    kind = Chat.kind == ChatKind.PRIVATE if private else Chat.kind != ChatKind.PRIVATE
    return list(session.scalars(select(Chat.platform_id).where(Chat.account == account, kind).order_by(Chat.id)))


def give_to(session: Session, person_id: int, other_id: int, account: str, now: datetime) -> None:
    """The private talk of one person on an account is another's from now on: they are the same."""
    own = Chat.person_id == person_id, Chat.account == account, Chat.kind == ChatKind.PRIVATE
    for chat in session.scalars(select(Chat).where(*own)).all():
        chat.person_id, chat.changed_at = other_id, now
    session.flush()


def disown(session: Session, person_id: int, now: datetime) -> list[int]:
    """Nobody is reached by this person's private chats any more; their ids."""
    own = session.scalars(select(Chat).where(Chat.person_id == person_id, Chat.kind == ChatKind.PRIVATE)).all()
    for chat in own:
        chat.person_id, chat.area_id, chat.changed_at = None, None, now
    session.flush()
    return [chat.id for chat in own]
