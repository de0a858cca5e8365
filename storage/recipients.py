"""Recipients (收件情况): how a record's deliveries stand in every chat they were meant for."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import chats
from storage.chats import Chat
from storage.copies import Copy, CopyState, Hand
from storage.deliveries import Delivery
from storage.outbox import OutboxRow, OutboxState, Waits


class Recipient(NamedTuple):
    """One chat: `state` None where nothing was ever queued for it; `at` when it was settled, or last tried.

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


def of_deliveries(session: Session, topic: str, deliveries: Sequence[Delivery]) -> list[Recipient]:
    """The chats of these deliveries of one record, in the order they were meant for; the latest call counts."""
    base: dict[int, OutboxRow] = {}
    cut: set[int] = set()
    wanted = select(OutboxRow).where(
        OutboxRow.delivery_id.in_([one.id for one in deliveries]), OutboxRow.state != OutboxState.REPLACED
    )
    for row in session.scalars(wanted.order_by(OutboxRow.id)):
        if row.part == 0:
            base[row.chat_id] = row
        elif row.state in (OutboxState.DEAD, OutboxState.UNSURE):
            cut.add(row.chat_id)
    became: dict[int, tuple[CopyState, Hand | None]] = {
        outbox_id: (state, hand)
        for outbox_id, state, hand in session.execute(
            select(Copy.outbox_id, Copy.state, Copy.hand).where(Copy.topic == topic).order_by(Copy.id)
        )
    }
    meant = dict.fromkeys([*(chat for one in deliveries for chat in one.targets), *base])
    found = []
    for chat in chats.several(session, list(meant)):
        call = base.get(chat.id)
        if call is None:
            found.append(Recipient(chat, None))
            continue
        at = call.done_at or call.sending_at
        copy, hand = became.get(call.id, (None, None))
        found.append(
            Recipient(chat, call.state, call.waits, call.reason, call.attempts, at, chat.id in cut, copy, hand)
        )
    return found
