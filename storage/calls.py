"""Calls (投递情况): what the outbox tells: how a delivery stands, buttons shown last, what was sent lately."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import bindparam, case, func, select, text
from sqlalchemy.orm import Session

from storage.chats import Chat, ChatState
from storage.contents import payload_of
from storage.copies import Copy, CopyState, Hand
from storage.outbox import QUEUED, WAITING, CallKind, OutboxRow, OutboxState, Waits
from storage.prepared import Among, Prepared

WINDOW: Final = "window"
"""Why a call did not reach somebody who must write first."""
REFUSED: Final = "refused"
"""Why a call was put back that a platform found too fast."""
BUTTONS: Final = 5
"""So many of the latest messages with buttons are looked at for an answer that names none."""


class Tally(NamedTuple):
    """How the calls of one delivery stand; `shut` are those into chats where the bot cannot speak now.

    `sent` holds `by_hand`, what people say they passed on; `asked` is what they have not answered for yet. `simulated`
    is what a drill did not send to residents.
    """

    sent: int
    waiting: int
    unsure: int
    dead: int
    stopped: int
    shut: int = 0
    asked: int = 0
    by_hand: int = 0
    simulated: int = 0

    @property
    def total(self) -> int:
        """All calls of the delivery."""
        settled = self.sent + self.unsure + self.dead + self.stopped + self.asked + self.simulated
        return settled + self.waiting + self.shut


def tally(session: Session, delivery_id: int) -> Tally:
    """Count a delivery's messages by how they stand; one in several parts counts as its first."""
    shut = case((OutboxRow.waits == Waits.CHAT, 1), else_=0)
    rows = session.execute(
        select(OutboxRow.state, shut, func.count())
        .where(OutboxRow.delivery_id == delivery_id, OutboxRow.state != OutboxState.REPLACED, OutboxRow.part == 0)
        .group_by(OutboxRow.state, shut)
    ).all()
    by_state: defaultdict[OutboxState, int] = defaultdict(int)
    behind = 0
    for state, is_shut, count in rows:
        if is_shut and state is OutboxState.QUEUED:
            behind += count
        else:
            by_state[OutboxState(state)] += count
    hands = _in_hands(session, delivery_id) if by_state[OutboxState.SENT] else {}
    asked = hands.get(Hand.ASKED, 0)
    return Tally(
        sent=by_state[OutboxState.SENT] - asked,
        waiting=sum(by_state[state] for state in (*WAITING, OutboxState.SENDING)),
        unsure=by_state[OutboxState.UNSURE],
        dead=by_state[OutboxState.DEAD],
        stopped=by_state[OutboxState.RECALLED],
        shut=behind,
        asked=asked,
        by_hand=hands.get(Hand.DONE, 0),
        simulated=by_state[OutboxState.SIMULATED],
    )


def _in_hands(session: Session, delivery_id: int) -> dict[Hand, int]:
    """How many messages of a delivery are in people's hands, by how they stand."""
    rows = session.execute(
        select(Copy.hand, func.count(Copy.outbox_id.distinct()))
        .join(OutboxRow, OutboxRow.id == Copy.outbox_id)
        .where(
            OutboxRow.delivery_id == delivery_id,
            OutboxRow.state == OutboxState.SENT,
            OutboxRow.part == 0,
            Copy.hand.is_not(None),
            Copy.state != CopyState.NEVER,
        )
        .group_by(Copy.hand)
    )
    return {hand: count for hand, count in rows if hand is not None}


def unreached(session: Session, delivery_id: int, targets: Sequence[int]) -> int:
    """How many people a delivery was meant for could not be written to: they must write first (again)."""
    shut = select(func.count()).where(
        OutboxRow.delivery_id == delivery_id, OutboxRow.state == OutboxState.DEAD, OutboxRow.reason == WINDOW
    )
    never = _NEVER_OPENED.scalar(session, ids=targets, delivery=delivery_id)
    return (session.scalar(shut) or 0) + int(never)


_NEVER_OPENED = Prepared(
    select(func.count(Chat.id)).where(
        Among(Chat.id, "ids"),
        Chat.state == ChatState.UNOPENED,
        Chat.id.not_in(select(OutboxRow.chat_id).where(OutboxRow.delivery_id == bindparam("delivery"))),
    )
)


def waiting_by_account(session: Session, delivery_id: int) -> Counter[str]:
    """How many calls of a delivery wait or are on the wire, by account."""
    under_way = OutboxRow.state.in_([*WAITING, OutboxState.SENDING])
    rows = session.execute(
        select(OutboxRow.account, func.count())
        .where(OutboxRow.delivery_id == delivery_id, under_way)
        .group_by(OutboxRow.account)
    ).all()
    return Counter({account: count for account, count in rows})


def any_due(session: Session, accounts: Collection[str], now: datetime) -> bool:
    """Whether a call of these accounts is on the wire or may go now, limits apart."""
    own = select(OutboxRow.id).where(OutboxRow.account.in_(list(accounts))).limit(1)
    looks = (
        own.where(text("outbox.state = 'sending'")),
        own.where(QUEUED, OutboxRow.waits.is_(None)),
        own.where(QUEUED, OutboxRow.waits.in_([Waits.ROOM, Waits.MEDIUM])),
        own.where(QUEUED, OutboxRow.waits == Waits.TIME, OutboxRow.not_before <= now),
    )
    return any(session.scalar(one) is not None for one in looks)


_BUTTONS = Prepared(
    select(OutboxRow.content_id)
    .where(
        OutboxRow.chat_id == bindparam("chat"),
        text("outbox.has_buttons = true"),
        OutboxRow.created_at >= bindparam("since"),
        text("outbox.state IN ('queued', 'sending', 'sent', 'unsure')"),
        OutboxRow.content_id.is_not(None),
    )
    .order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc())
    .limit(BUTTONS)
)


def last_buttons(session: Session, chat_id: int, since: datetime, most: int = BUTTONS) -> list[bytes]:
    """The latest messages with buttons shown in a chat, newest first, for answers such as 1 or 接单."""
    contents = _BUTTONS.all(session, chat=chat_id, since=since)[:most]
    payloads = (payload_of(session, content_id) for (content_id,) in contents)
    return [payload for payload in payloads if payload is not None]


class Past(NamedTuple):
    """A wire call made before: `done_at` None where nobody knows when it was over."""

    chat_id: int
    kind: CallKind
    is_group: bool
    sending_at: datetime
    done_at: datetime | None


def recent(session: Session, account: str, since: datetime) -> Sequence[Past]:
    """Wire calls since then in the order they were made, from which limits are rebuilt."""
    rows = session.execute(
        select(OutboxRow.chat_id, OutboxRow.kind, Chat.kind, OutboxRow.sending_at, OutboxRow.done_at)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(OutboxRow.account == account, OutboxRow.sending_at >= since)
        .order_by(OutboxRow.sending_at)
    )
    return [Past(chat, kind, of.is_group, sent, done) for chat, kind, of, sent, done in rows if sent is not None]


def refused_until(session: Session, account: str, now: datetime) -> Sequence[tuple[int, datetime]]:
    """(chat id, moment) of refusals that are not over yet."""
    rows = session.execute(
        select(OutboxRow.chat_id, func.max(OutboxRow.not_before))
        .where(
            QUEUED,
            OutboxRow.account == account,
            OutboxRow.waits == Waits.TIME,
            OutboxRow.not_before > now,
            OutboxRow.reason == REFUSED,
        )
        .group_by(OutboxRow.chat_id)
    )
    return [(chat_id, until) for chat_id, until in rows if until is not None]


class Shown(NamedTuple):
    """How a message that edits itself stands: when it last left, and whether a newer wording waits to leave."""

    at: datetime | None
    waits: bool


def last_shown(session: Session, chat_id: int, slot: str) -> Shown:
    """How the message of this slot stands in a chat."""
    rows = session.execute(
        select(OutboxRow.state, OutboxRow.sending_at)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot)
        .order_by(OutboxRow.id.desc())
        .limit(10)
    ).all()
    left = [at for _, at in rows if at is not None]
    return Shown(max(left, default=None), any(state in WAITING for state, _ in rows))


def live_copies(session: Session, chat_id: int, slot: str) -> Sequence[Copy]:
    """The copies that stand in a chat under this slot, in the order they were sent."""
    return _LIVE.entities(session, Copy, place=chat_id, named=slot)


_LIVE = Prepared(
    select(Copy)
    .where(Copy.chat_id == bindparam("place"), Copy.slot == bindparam("named"), Copy.state == CopyState.LIVE)
    .order_by(Copy.id)
)


def last_said(session: Session, chat_id: int, slot: str, before: int) -> bytes | None:
    """What the message of this slot said when it was last sent, before the call of this id."""
    content_id = session.scalar(
        select(OutboxRow.content_id)
        .where(OutboxRow.chat_id == chat_id, OutboxRow.slot == slot, OutboxRow.id < before)
        .where(OutboxRow.state == OutboxState.SENT)
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return payload_of(session, content_id) if content_id is not None else None


def chats_reached(session: Session, topic: str) -> list[int]:
    """The chats in which a record's messages stand, stood, may stand or are about to."""
    stood = select(Copy.chat_id).where(Copy.topic == topic, Copy.state != CopyState.NEVER)
    leaves = OutboxRow.kind == CallKind.SEND, OutboxRow.state.in_([OutboxState.SENDING, OutboxState.UNSURE])
    flies = select(OutboxRow.chat_id).where(OutboxRow.topic == topic, *leaves)
    return sorted({*session.scalars(stood), *session.scalars(flies)})


def last_put(session: Session, chat_id: int, slots: str) -> datetime | None:
    """When a message of a slot that begins so was last queued for a chat."""
    return session.scalar(
        select(func.max(OutboxRow.created_at)).where(OutboxRow.chat_id == chat_id, OutboxRow.slot.like(f"{slots}%"))
    )
