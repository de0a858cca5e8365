"""Settling (记账): how a call ended is written down: its row, the copy in the ledger, the chat, the next means."""

from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import drill
from handlers.dialogue.message import Outgoing
from handlers.forwarding import actions as forwarding
from handlers.publishing import deal
from jobs.channel import (
    CallFailed,
    ChatGone,
    ChatMoved,
    ChatMuted,
    Later,
    MediumRefused,
    NotNow,
    Refused,
    Sent,
    StaleUpload,
    TopicGone,
    Unsure,
    WindowClosed,
)
from jobs.watching import Outcome
from jobs.wire import Job
from storage import accounts, calls, changes, chats, claims, contents, copies, media, outbox, waiting
from storage.changes import ChangeKind, ChangeState
from storage.chats import ChatState
from storage.copies import CopyKind, CopyState, Hand
from storage.lanes import Lane
from storage.outbox import CallKind, OutboxState

TRIES: Final = 8
LONGEST: Final = 60.0
KNOCKS_APART: Final = timedelta(hours=1)
"""How long after somebody wrote they are asked at the earliest to write again."""


def succeeded(session: Session, job: Job, epoch: int, sent: Sent | None) -> bool:
    """Note a call that went through; False when its owner was replaced, and then only the copy's id is noted."""
    row, now = job.row, job.now()
    if job.simulated:
        return _simulated(session, job, epoch)
    goes_on = row.part + 1 < job.parts and claims.is_wanted(session, row.id)
    if (chat := claims.settle(session, row.id, epoch, OutboxState.SENT, now)) is None:
        if sent is not None:
            for platform_id, kind in sent.parts:
                copies.confirm(session, row.id, kind, platform_id)
        return False
    row.chat_id = chat
    if sent is not None:
        _note_sent(session, job, sent)
        if goes_on:
            outbox.go_on(session, row, now)
    elif row.kind is CallKind.DELETE and row.copy_id is not None:
        forwarding.taken_out(session, row.copy_id, now)
        copies.mark_gone(session, row.copy_id, now)
    elif row.kind is CallKind.EDIT:
        _note_edit(session, job)
    if job.outgoing.fleeting and not goes_on and row.content_id is not None:
        contents.drop(session, row.content_id)
    return True


def _simulated(session: Session, job: Job, epoch: int) -> bool:
    """A drill's call to residents: settled, and kept in the ledger as one that was never made."""
    row, now = job.row, job.now()
    chat_id = claims.settle(session, row.id, epoch, OutboxState.SIMULATED, now)
    if chat_id is not None and row.kind is CallKind.SEND and row.topic is not None:
        copies.simulate(session, row.id, row.account, chat_id, row.topic, now)
    return chat_id is not None


def _note_sent(session: Session, job: Job, sent: Sent) -> None:
    now, row = job.now(), job.row
    if row.copy_id is not None:
        if not job.can.by_hand:
            copies.mark_with(session, row.copy_id, CopyState.CORRECTED, now)
        return
    for platform_id, kind in sent.parts:
        copies.add(
            session,
            row.id,
            row.account,
            row.chat_id,
            kind,
            platform_id,
            now,
            topic=row.topic,
            slot=row.slot,
            revision=row.revision,
            hand=Hand.ASKED if job.can.by_hand else None,
            change_id=row.change_id or 0,
        )
    for medium_id, file_id in sent.uploads.items():
        media.note_upload(session, medium_id, row.account, file_id, now)


def _note_edit(session: Session, job: Job) -> None:
    """An edit that belongs to a closing ends its copy; any other leaves it standing, and further parts go."""
    now, row = job.now(), job.row
    closes = row.change_id is not None and changes.get(session, row.change_id).kind is not ChangeKind.UPDATE
    for place, copy in enumerate(job.copies):
        if closes:
            copies.mark(session, copy.id, CopyState.CLOSED, now)
        elif place == 0 and copy.kind in (CopyKind.PHOTO, CopyKind.VIDEO):
            copies.note_blank(session, copy.id, not job.outgoing.media)
        elif place > 0 and copy.platform_id is not None:
            chat = chats.get(session, row.chat_id)
            key = f"rest:{copy.id}"
            outbox.put(session, chat, key, now, lane=row.lane, kind=CallKind.DELETE, copy_id=copy.id)


def failed(session: Session, job: Job, epoch: int, failure: CallFailed, *, own_fault: bool) -> Outcome:
    """Note a call that did not go through; how it ended.

    `own_fault` is False while nothing at all gets through: then the call may be tried as often as it takes.
    """
    row, now = job.row, job.now()
    chat = claims.chat_of(session, row.id)
    row.chat_id = chat.id
    again = own_fault is False or row.attempts < TRIES
    put_back = partial(claims.postpone, session, row.id, epoch, now=now)
    outcome: Outcome = "again"
    match failure:
        case ChatMoved() | ChatGone() | ChatMuted() if chat.platform_id != job.chat.platform_id and again:
            put_back("moved")
        case Refused():
            put_back(calls.REFUSED, not_before=now + failure.wait, counts=False)
            outcome = "refused"
        case Later():
            put_back(failure.reason, not_before=now + failure.wait, counts=False)
        case WindowClosed() if row.delivery_id is None:
            _hold(session, job, epoch)
        case ChatMoved() if row.attempts < TRIES:
            waiting.move_chat(session, row.account, job.chat.platform_id, failure.platform_id, now)
            put_back("moved")
        case TopicGone() if again:
            put_back(failure.reason, without="topic")
        case MediumRefused() if again and row.part == 0:
            put_back(failure.reason, without="media")
        case MediumRefused() if row.part + 1 < job.parts:
            goes_on = claims.is_wanted(session, row.id)
            if claims.settle(session, row.id, epoch, OutboxState.DEAD, now, failure.reason) and goes_on:
                outbox.go_on(session, row, now)
            outcome = "dead"
        case StaleUpload() if again:
            for medium in job.media:
                media.forget_upload(session, medium.id, row.account)
            put_back(failure.reason)
        case ChatGone() | ChatMuted():
            _shut(session, job, epoch, failure)
            outcome = "dead"
        case NotNow() if again:
            put_back(failure.reason, not_before=now + pause(row.attempts), counts=own_fault)
        case Unsure() if again and _is_repeated(session, job):
            claims.note_unsure_copy(session, row, now)
            put_back(failure.reason, not_before=now + pause(row.attempts), counts=own_fault)
        case Unsure():
            doubtful(session, job, epoch, failure.reason)
            outcome = "unsure"
        case _:
            wanted = claims.is_wanted(session, row.id)
            if claims.settle(session, row.id, epoch, OutboxState.DEAD, now, failure.reason):
                _next_means(session, job, wanted)
            outcome = "dead"
    return outcome


def _is_repeated(session: Session, job: Job) -> bool:
    """Whether a call in doubt is made once more by itself."""
    return claims.is_repeated(job.row, job.now(), job.can.remembers) and claims.is_wanted(session, job.row.id)


def doubtful(session: Session, job: Job, epoch: int, reason: str) -> None:
    """Note a call of which nobody knows whether it arrived; its copy may stand there."""
    if claims.settle(session, job.row.id, epoch, OutboxState.UNSURE, job.now(), reason):
        claims.note_unsure_copy(session, job.row, job.now())


def pause(attempts: int) -> timedelta:
    """How long a call rests after so many attempts."""
    return timedelta(seconds=min(2.0**attempts, LONGEST))


def _hold(session: Session, job: Job, epoch: int) -> None:
    """The person must write first: all that is for them waits for that, and they are asked once where that can be."""
    row, now = job.row, job.now()
    chat = chats.get(session, row.chat_id)
    was = chat.state
    claims.hold(session, row.id, epoch)
    waiting.hold_chat(session, chat.id)
    if was is ChatState.OPEN and job.can.knocks and row.kind is CallKind.SEND:
        key, rests = f"knock:{chat.id}:{chat.changed_at.timestamp()}", chat.changed_at + KNOCKS_APART
        outbox.put(session, chat, key, now, lane=row.lane, kind=CallKind.KNOCK, not_before=max(now, rests))
    chats.set_state(session, chat.id, ChatState.UNOPENED, now)


def _shut(session: Session, job: Job, epoch: int, failure: CallFailed) -> None:
    """Kicked, blocked or silenced: the chat is set apart until the bot hears that it may speak there again."""
    row, now = job.row, job.now()
    if not claims.settle(session, row.id, epoch, OutboxState.DEAD, now, failure.reason):
        return
    chats.set_state(session, row.chat_id, ChatState.GONE if isinstance(failure, ChatGone) else ChatState.MUTED, now)
    if row.copy_id is not None:
        copies.mark(session, row.copy_id, CopyState.LOST, now)


def _next_means(session: Session, job: Job, wanted: bool) -> None:
    """A copy that cannot be deleted is edited, one that cannot be edited is corrected, a message is sent anew.

    An update that a copy cannot take leaves it as it stands, still in the ledger, unless it hides somebody: then the
    new words are said anew, and the old go where they can. A newer change has its own means.
    """
    row, now = job.row, job.now()
    if row.copy_id is None:
        _anew(session, job, wanted)
        return
    if row.change_id is None:
        return
    copy, change = copies.get(session, row.copy_id), changes.get(session, row.change_id)
    if change.state is ChangeState.REPLACED:
        return
    if change.kind is ChangeKind.UPDATE:
        if change.lane is Lane.RECALL_PERSON and row.kind is CallKind.EDIT:
            deal.go_on_with(session, change, copy, CallKind.SEND, now)
        return
    account = accounts.named(session, row.account)
    can_edit = account is not None and account.can_edit(copy.sent_at, now)
    if row.kind is CallKind.DELETE and can_edit and copy.platform_id is not None:
        deal.go_on_with(session, change, copy, CallKind.EDIT, now)
    elif row.kind is CallKind.SEND:
        copies.mark_with(session, copy.id, CopyState.LOST, now)
    else:
        deal.go_on_with(session, change, copy, CallKind.SEND, now)


def _says_the_same(session: Session, job: Job) -> bool:
    """Whether what stands there says this already, so that nobody reads it twice; a drill's mark is no difference."""
    row = job.row
    payload = calls.last_said(session, row.chat_id, row.slot or "", row.id)
    if payload is None:
        return False
    before, said = drill.marked(Outgoing.from_bytes(payload)), drill.marked(job.outgoing)
    return (before.text, before.media) == (said.text, said.media)


def _anew(session: Session, job: Job, wanted: bool) -> None:
    """A message that cannot be changed any more is said once more; what stood there stays in the ledger."""
    row, now = job.row, job.now()
    if row.kind is not CallKind.EDIT or row.slot is None or not wanted or _says_the_same(session, job):
        return
    for copy in job.copies:
        copies.leave_slot(session, copy.id)
    outbox.put(
        session,
        chats.get(session, row.chat_id),
        f"anew:{row.id}",
        now,
        lane=row.lane,
        content_id=row.content_id,
        topic=row.topic,
        slot=row.slot,
        thread=row.thread,
        has_buttons=row.has_buttons,
        expires_at=row.expires_at,
    )
