"""Dealing with a copy: one wire call for one copy of a record that is being changed."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage import accounts, chats, outbox
from storage.changes import Change, ChangeKind
from storage.copies import Copy
from storage.outbox import CallKind


def means(session: Session, change: Change, copy: Copy, now: datetime) -> CallKind | None:
    """How a copy is dealt with by what its account can do; None for one an update cannot reach.

    A recall deletes, else edits, else corrects by a message; a close edits first; an update only edits.
    """
    account = accounts.named(session, copy.account)
    known = account is not None and copy.platform_id is not None
    can_edit = known and account is not None and account.can_edit(copy.sent_at, now)
    can_delete = known and account is not None and account.can_delete(copy.sent_at, now)
    if change.kind is ChangeKind.UPDATE:
        return CallKind.EDIT if can_edit else None
    if can_delete and (change.kind is ChangeKind.RECALL or not can_edit):
        return CallKind.DELETE
    return CallKind.EDIT if can_edit else CallKind.SEND


def deal_with(session: Session, change: Change, copy: Copy, kind: CallKind, now: datetime) -> None:
    """Queue the call that changes, deletes or corrects this copy; once for each copy, change and means."""
    account = accounts.named(session, copy.account)
    bare = account is None or not account.takes_back
    content = change.bare_content_id if bare and change.bare_content_id else change.content_id
    copy.change_id = change.id
    outbox.put(
        session,
        chats.get(session, copy.chat_id),
        f"change:{change.id}:{copy.id}:{kind}",
        now,
        lane=change.lane,
        kind=kind,
        content_id=content,
        topic=change.topic,
        copy_id=copy.id,
        change_id=change.id,
    )
    session.flush()
