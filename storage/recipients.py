"""Recipients (收件情况): how a record's deliveries stand in each group, and with how many people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased

from storage import chats
from storage.chats import Chat, ChatKind
from storage.copies import Copy, CopyState, Hand
from storage.deliveries import Delivery
from storage.outbox import OutboxRow, OutboxState, Waits
from storage.prepared import Among, Prepared
from storage.states import one_of

_MISSING = (OutboxState.DEAD, OutboxState.UNSURE)


class Recipient(NamedTuple):
    """A group, or private talks that all stand alike, `chat` being one of `alike`.

    `state` is None where nothing was ever queued; `at` when it was settled, or last tried, for people the latest.
    `cut`: a later part of the message did not arrive. `copy`: what became of the copy since; `hand`: how it stands
    where a person passes it on.
    """

    chat: Chat
    state: OutboxState | None
    waits: Waits | None = None
    reason: str | None = None
    tries: int = 0
    at: datetime | None = None
    cut: bool = False
    copy: CopyState | None = None
    hand: Hand | None = None
    alike: int = 1


def of_deliveries(session: Session, topic: str, deliveries: Sequence[Delivery]) -> list[Recipient]:
    """The groups of these deliveries of one record in the order they were meant for, then the people by standing.

    The latest call of a chat counts.
    """
    meant = list(dict.fromkeys(chat for one in deliveries for chat in one.targets))
    ids = [one.id for one in deliveries]
    queued = list(_standing(session, topic, ids))
    rest = _never_queued(session, meant, ids) if sum(one.alike for one in queued) < len(meant) else []
    place = {chat_id: number for number, chat_id in enumerate(meant)}
    never = [Recipient(chat, None) for chat in chats.groups_among(session, rest)]
    shut = [Recipient(chats.get(session, one), None, alike=n) for one, n in chats.private_by_state(session, rest)]
    found = [*queued, *never, *shut]
    groups = [one for one in found if one.chat.kind.is_group]
    people = [one for one in found if not one.chat.kind.is_group]
    groups.sort(key=lambda one: place.get(one.chat.id, len(place)))
    return [*groups, *sorted(people, key=lambda one: -one.alike)]


def _never_queued(session: Session, meant: Sequence[int], deliveries: Sequence[int]) -> list[int]:
    """The chats nothing was queued for."""
    return [chat_id for (chat_id,) in _REST.all(session, ids=meant, deliveries=deliveries)]


_QUEUED = Among(OutboxRow.delivery_id, "deliveries"), OutboxRow.part == 0, OutboxRow.state != OutboxState.REPLACED
_REST = Prepared(
    select(Chat.id).where(Among(Chat.id, "ids"), Chat.id.not_in(select(OutboxRow.chat_id).where(*_QUEUED)))
)


def _standing(session: Session, topic: str, deliveries: Sequence[int]) -> Iterator[Recipient]:
    """What was queued: each group, or private talks counted by how they stand."""
    rows = _QUEUED_ALIKE.all(session, topic=topic, deliveries=deliveries)
    known = {chat.id: chat for chat in chats.several(session, [found[0] for found in rows])}
    for chat_id, count, tries, at, *standing in rows:
        state, waits, reason, cut, copy, hand = standing
        yield Recipient(known[chat_id], state, waits, reason, tries, at, bool(cut), copy, hand, count)


def _queued_alike() -> Prepared:
    latest = select(func.max(OutboxRow.id)).where(*_QUEUED).group_by(OutboxRow.chat_id)
    part, newer = aliased(OutboxRow), aliased(Copy)
    missing = one_of(part.state, _MISSING)
    lost = select(part.chat_id).where(Among(part.delivery_id, "deliveries"), part.part > 0, missing)
    newest = ~select(newer.id).where(newer.outbox_id == Copy.outbox_id, newer.id > Copy.id).exists()
    group = case((Chat.kind == ChatKind.PRIVATE, 0), else_=Chat.id)
    row = OutboxRow
    same = row.state, row.waits, row.reason, row.chat_id.in_(lost), Copy.state, Copy.hand
    last = func.max(func.coalesce(row.done_at, row.sending_at), type_=row.done_at.type)
    return Prepared(
        select(func.min(Chat.id), func.count(), func.max(row.attempts), last, *same)
        .join(Chat, Chat.id == row.chat_id)
        .join(Copy, and_(Copy.outbox_id == row.id, Copy.topic == bindparam("topic"), newest), isouter=True)
        .where(row.id.in_(latest))
        .group_by(*same, Chat.state, group)
    )


_QUEUED_ALIKE = _queued_alike()
