"""Publishing (发布): the only door by which a notice goes to many chats, is updated, closed or recalled.

`publish` begins a delivery and queues its first chunk; `advance` (called by the clock) queues the next ones, deals
with copies of records that are being changed, and keeps the progress message up to date.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.dialogue.aloud import aloud
from handlers.dialogue.say import Say, render
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.publishing import deal, progress, records
from storage import audit, calls, changes, chats, contents, deliveries, ending, forwards, outbox
from storage.changes import Change, ChangeKind, ChangeState
from storage.chats import Chat, ChatState
from storage.deliveries import CHUNK, Delivery, DeliveryState
from storage.lanes import Lane
from storage.outbox import One

HALTED_FOR = timedelta(minutes=1)
"""For how long after a pause or a stop calls may still come back from the wire."""


def publish(
    session: Session,
    words: Catalogue,
    *,
    topic: str,
    name: str,
    lane: Lane,
    notice: Say,
    targets: Sequence[int],
    now: datetime,
    bare: Say | None = None,
    report_to: int | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
    actor_id: int | None = None,
    content_hash: str | None = None,
) -> int:
    """Send `notice` to the chats `targets`; the delivery's id. That it was begun stands in the audit chain.

    `actor_id` is who sends it, None for the clock; `content_hash` what approvals were bound to, where there were any.
    `name` is permanent: the same name is never delivered twice. `bare` goes to accounts that cannot take a copy
    back (R8). `report_to` is the chat that sees one progress message edit itself.
    """
    public = chats.any_public(session, targets)
    content = _keep(session, words, notice, now, public)
    bare_content = _keep(session, words, bare, now, public) if bare is not None else None
    delivery = deliveries.add(
        session,
        name,
        topic,
        lane,
        content,
        list(dict.fromkeys(targets)),
        now,
        bare_content_id=bare_content,
        not_before=not_before,
        expires_at=expires_at,
        report_chat_id=report_to,
    )
    audit.write(
        session,
        "send",
        now,
        actor_id=actor_id,
        topic=topic,
        delivery=delivery.id,
        groups=len(delivery.targets),
        content=content_hash,
    )
    _fill(session, delivery, now)
    progress.show(session, words, delivery, now)
    return delivery.id


def take_back(
    session: Session,
    words: Catalogue,
    *,
    topic: str,
    closing: Text,
    lane: Lane,
    now: datetime,
    report_to: int | None = None,
    close: bool = False,
) -> int:
    """Stop what has not left and deal with every copy that has; how many copies there are to deal with.

    A recall (default) deletes a copy, else edits it to `closing`, else sends `closing` as a correction. With
    `close` (expiry) a copy is edited to `closing` first. What is on the wire now is dealt with when it has landed.
    """
    under_way = [one for one in deliveries.of_topic(session, topic) if one.state not in deliveries.OVER]
    ending.stop(session, topic, now)
    changes.stop_deliveries(session, topic)
    for delivery in under_way:
        session.refresh(delivery)
        delivery.reported_at = now
        progress.show(session, words, delivery, now)
    kind = ChangeKind.CLOSE if close else ChangeKind.RECALL
    content = _keep(session, words, Say(closing), now, _was_public(session, topic))
    change = changes.add(session, topic, kind, lane, content, now, report_chat_id=report_to)
    _deal(session, change, now)
    outcome = changes.outcome(session, topic)
    return outcome.left + outcome.simulated


def update(
    session: Session,
    words: Catalogue,
    *,
    topic: str,
    lane: Lane,
    notice: Say,
    now: datetime,
    bare: Say | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Give a record's copies new words: what is queued leaves with them, what has left is edited.

    New words said as a message of their own leave until `expires_at`, the record's end.
    `bare` goes to accounts that cannot take a copy back, as in `publish`; those hear the new words as a message that
    says it corrects another.
    """
    public = _was_public(session, topic)
    content = _keep(session, words, notice, now, public)
    plain = bare or notice
    bare_content = _keep(session, words, bare, now, public) if bare is not None else None
    corrected = replace(plain, text=text("publishing.corrected", notice=plain.text))
    corrected_content = _keep(session, words, corrected, now, public)
    changes.rewrite_waiting(session, topic, content, bare_content)
    changes.drop_updates(session, topic, now)
    change = changes.add(
        session, topic, ChangeKind.UPDATE, lane, content, now, bare_content_id=corrected_content, expires_at=expires_at
    )
    _deal(session, change, now)


def advance(session: Session, words: Catalogue, now: datetime) -> int:
    """Take the most urgent delivery and the changes a chunk further; how much there was to do."""
    done = 0
    for delivery in deliveries.in_state(session, DeliveryState.FILLING, 1):
        _fill(session, delivery, now)
        progress.show(session, words, delivery, now)
        done += 1
    for delivery in deliveries.in_state(session, DeliveryState.FILLED):
        done += progress.show(session, words, delivery, now)
    for delivery in deliveries.just_halted(session, now - HALTED_FOR):
        deliveries.hold(session, delivery, now)
        progress.show(session, words, delivery, now)
    for change in changes.going(session):
        done += _deal(session, change, now)
        done += _end(session, words, change, now)
    return done


def _keep(session: Session, words: Catalogue, one: Say, now: datetime, public: bool) -> int:
    """Keep what goes to many chats, as the most public of them may see it."""
    outgoing = aloud(render(session, words, one, now), words.lines, public=public)
    return contents.keep(session, outgoing.to_bytes(), one.media, now)


def _was_public(session: Session, topic: str) -> bool:
    return any(chats.any_public(session, one.targets) for one in deliveries.of_topic(session, topic))


def _fill(session: Session, delivery: Delivery, now: datetime) -> None:
    """Queue the next chunk."""
    chunk = delivery.targets[delivery.cursor : delivery.cursor + CHUNK]
    here = [chat for chat in chats.several(session, chunk) if chat.state not in (ChatState.GONE, ChatState.UNOPENED)]
    queue(session, delivery, here, now)
    delivery.cursor += len(chunk)
    if delivery.cursor >= len(delivery.targets):
        delivery.state = DeliveryState.FILLED
    session.flush()


def queue(session: Session, delivery: Delivery, here: Sequence[Chat], now: datetime) -> None:
    """Queue a delivery's notice for these chats; a chat that was queued before is passed over by its key.

    So is a private talk whose owner wants no such notices any more (退订); but what clears somebody's name goes
    wherever the name went.
    """
    if delivery.lane is not Lane.RECALL_PERSON:
        here = [chat for chat in here if chat.kind.is_group or chat.area_id is not None]
    contents_of = {name: deal.words_for(session, delivery, name) for name in {chat.account for chat in here}}
    outbox.put_all(
        session,
        [One(chat, f"delivery:{delivery.name}:{chat.id}", contents_of[chat.account]) for chat in here],
        now,
        lane=delivery.lane,
        topic=delivery.topic,
        delivery_id=delivery.id,
        not_before=delivery.not_before,
        expires_at=delivery.expires_at,
    )


def _deal(session: Session, change: Change, now: datetime) -> int:
    copies = changes.untouched(session, change, CHUNK)
    deal.deal_with_all(session, change, copies, now)
    return len(copies)


def _end(session: Session, words: Catalogue, change: Change, now: datetime) -> int:
    """Close a change that is through, and say how it went; 1 when it was. People may still be at it by hand."""
    if changes.still_flying(session, change) or changes.untouched(session, change, 1):
        return 0
    change.state, change.ended_at = ChangeState.ENDED, now
    _tell_outcome(session, words, change, now)
    session.flush()
    return 1


def reported(session: Session, words: Catalogue, delivery_id: int | None, change_id: int | None, now: datetime) -> None:
    """Somebody said what became of a message in their hands: whoever published it sees it in the same message."""
    if delivery_id is not None:
        progress.show(session, words, deliveries.get(session, delivery_id), now)
    if change_id is not None:
        change = changes.get(session, change_id)
        if change.state is ChangeState.ENDED:
            _tell_outcome(session, words, change, now)


def _tell_outcome(session: Session, words: Catalogue, change: Change, now: datetime) -> None:
    """Say what became of a record's copies; where a message cannot be edited, not at each step of people's hands."""
    if change.report_chat_id is None or change.kind is ChangeKind.UPDATE:
        return
    slot, asked = f"change:{change.id}", forwards.asked_for_change(session, change.id)
    shown = calls.last_shown(session, change.report_chat_id, slot)
    first = shown.at is None and not shown.waits
    if asked and not first and not progress.edits(session, change.report_chat_id):
        return
    told = Say(_outcome(session, change, asked), chat=change.report_chat_id)
    progress.tell(session, words, told, slot, f"asked{asked}" if asked else "end", now)


def _outcome(session: Session, change: Change, asked: int) -> Text:
    """What became of a record's copies, and who says so."""
    outcome = changes.outcome(session, change.topic)
    lost = outcome.lost + outcome.left - (forwards.copies_awaited(session, change.id) if asked else 0)
    key = "publishing.taken_back_waits" if asked else "publishing.taken_back_lost" if lost else "publishing.taken_back"
    code = records.code_of(session, change.topic)
    done = outcome.done - outcome.lost
    drill = text("publishing.drill_taken_back", n=outcome.simulated) if outcome.simulated else ""
    return text(
        key,
        code=f"{code} " if code else "",
        done=done,
        total=outcome.total,
        deleted=outcome.deleted,
        edited=outcome.edited,
        corrected=outcome.corrected,
        lost=lost,
        asked=asked,
        head=audit.short_head(session),
        hands=progress.hands(done - outcome.by_hand, outcome.by_hand),
        drill=drill,
    )
