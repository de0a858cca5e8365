"""Dealing with copies: one wire call for one copy of a record that is being changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from storage import accounts, chats, copies, ending, forwards, outbox
from storage.accounts import Account
from storage.changes import CARRIER, Change, ChangeKind
from storage.chats import Chat
from storage.copies import Copy, CopyState, Hand
from storage.deliveries import Delivery
from storage.outbox import CONTINUES, CallKind, One, OutboxRow, OutboxState

CORRECTION_ENDED: Mapping[OutboxState | None, CopyState] = {
    OutboxState.SENT: CopyState.CORRECTED,
    OutboxState.DEAD: CopyState.LOST,
}
"""What becomes of a copy whose chat's correction has ended already."""


def words_for(session: Session, notice: Change | Delivery, account_name: str) -> int:
    """The content an account gets: the bare one, where there is one and a copy could not be taken back there (R8).

    An update's bare one is what is said anew where nothing can be edited.
    """
    account = accounts.named(session, account_name)
    anew = isinstance(notice, Change) and notice.kind is ChangeKind.UPDATE
    bare = account is None or not account.takes_back_always or (anew and account.edits_for is None)
    return notice.bare_content_id if bare and notice.bare_content_id is not None else notice.content_id


def means(account: Account | None, change: Change, copy: Copy, now: datetime) -> CallKind:
    """How a copy is dealt with by what its account can do.

    A recall deletes, else edits, else corrects by a message; a close edits first; an update edits, else says the new
    words in a message of their own. What lies in a person's hands is taken out of them where the platform can.
    """
    if copy.hand is not None:
        stops = copy.hand is Hand.ASKED and account is not None and account.stops
        return CallKind.DELETE if stops and change.kind is not ChangeKind.UPDATE else CallKind.SEND
    known = account is not None and copy.platform_id is not None
    can_edit = known and account is not None and account.can_edit(copy.sent_at, now)
    can_delete = known and account is not None and account.can_delete(copy.sent_at, now)
    if change.kind is ChangeKind.UPDATE:
        return CallKind.EDIT if can_edit else CallKind.SEND
    if can_delete and (change.kind is ChangeKind.RECALL or not can_edit):
        return CallKind.DELETE
    return CallKind.EDIT if can_edit else CallKind.SEND


def deal_with_all(session: Session, change: Change, copies: Sequence[Copy], now: datetime) -> None:
    """Queue the call that changes, deletes or corrects each of these copies."""
    known = {name: accounts.named(session, name) for name in {copy.account for copy in copies}}
    deal_with(session, change, [(copy, means(known[copy.account], change, copy, now)) for copy in copies], now)


def go_on_with(session: Session, change: Change, copy: Copy, kind: CallKind, now: datetime) -> None:
    """Queue the next means for a copy, the one before having failed; ahead of copies not begun with.

    What it must wait for in its chat then passes while the others are dealt with.
    """
    deal_with(session, change, [(copy, kind)], now, rank=CONTINUES)


def deal_with(
    session: Session,
    change: Change,
    chosen: Sequence[tuple[Copy, CallKind]],
    now: datetime,
    *,
    rank: int = 1,
) -> None:
    """Queue calls for copies by the means chosen; once for each copy, change and means.

    A correction stands once in a chat, for all its copies there that nothing else can reach.
    """
    words = {name: words_for(session, change, name) for name in {copy.account for copy, _ in chosen}}
    there = {chat.id: chat for chat in chats.several(session, list({copy.chat_id for copy, _ in chosen}))}
    calls = []
    for copy, kind in chosen:
        copy.change_id = change.id
        if kind is CallKind.SEND and change.kind is ChangeKind.UPDATE:
            _say_anew(session, change, copy, there[copy.chat_id], words[copy.account], now)
            continue
        key = f"change:{change.id}:{copy.id}:{kind}"
        if kind is CallKind.SEND:
            key = f"change:{change.id}:chat:{copy.chat_id}"
            if (end := CORRECTION_ENDED.get(outbox.state_of(session, key))) is not None:
                copies.mark(session, copy.id, end, now)
                continue
        calls.append(One(there[copy.chat_id], key, words[copy.account], kind, copy.id, rank))
    outbox.put_all(session, calls, now, lane=change.lane, topic=change.topic, change_id=change.id)
    session.flush()


def _say_anew(session: Session, change: Change, copy: Copy, chat: Chat, content_id: int, now: datetime) -> None:
    """New words for a copy that cannot be edited: a message of their own, once a chat, which joins the ledger.

    The old copy goes where it can be deleted. Whoever passes messages on is handed the new words when they are asked,
    and not once more. They leave until the record's end however late the first words might have left: what stands
    there has to be set right. What somebody was asked to pass on and has not is not passed on any more: the new words
    take its place.
    """
    row, account = outbox.get(session, copy.outbox_id), accounts.named(session, copy.account)
    awaited = copy.hand is Hand.ASKED and forwards.call_off(session, copy.id, now)
    if not (copy.slot or "").startswith(CARRIER):
        outbox.put(
            session,
            chat,
            f"change:{change.id}:chat:{copy.chat_id}",
            now,
            lane=change.lane,
            content_id=content_id,
            topic=change.topic,
            change_id=change.id,
            delivery_id=row.delivery_id if awaited else None,
            expires_at=change.expires_at,
        )
    if awaited:
        row.state = OutboxState.REPLACED
        stops = account is not None and account.stops
        copies.mark(session, copy.id, CopyState.LIVE if stops else CopyState.NEVER, now)
    if copy.hand is not None:
        _take_carriers(session, change, copy, now)
    deletable = account is not None and ((awaited and account.stops) or account.can_delete(copy.sent_at, now))
    if deletable and copy.platform_id is not None:
        key = f"change:{change.id}:{copy.id}:{CallKind.DELETE}"
        outbox.put(session, chat, key, now, lane=change.lane, kind=CallKind.DELETE, copy_id=copy.id, topic=change.topic)


def _take_carriers(session: Session, change: Change, copy: Copy, now: datetime) -> None:
    """What somebody was given to pass on as this copy is out of date: it leaves no more, and goes where it can."""
    slots = [f"{CARRIER}{one}" for one in forwards.ids_of_copy(session, copy.id)]
    ending.end(session, OutboxState.REPLACED, now, "newer", OutboxRow.topic == change.topic, OutboxRow.slot.in_(slots))
    for carrier in copies.in_slots(session, change.topic, slots):
        account = accounts.named(session, carrier.account)
        if account is None or carrier.platform_id is None or not account.can_delete(carrier.sent_at, now):
            continue
        chat, key = chats.get(session, carrier.chat_id), f"change:{change.id}:{carrier.id}:{CallKind.DELETE}"
        outbox.put(
            session, chat, key, now, lane=change.lane, kind=CallKind.DELETE, copy_id=carrier.id, topic=change.topic
        )
