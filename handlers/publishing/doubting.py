"""Doubting (待确认): calls nobody can tell arrived, until a person sends them again or lets them be.

The door for those; `now` is in the station's zone. A private talk is shown without its reader and its words.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import access, paging
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from handlers.publishing import operating, records, rules
from storage import areas, audit, calls, chats, deliveries, doubts, ending, outbox, people
from storage.chats import Chat, ChatKind
from storage.deliveries import DeliveryState
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState

LOOKS_BACK: Final = timedelta(hours=1)
NOTE: Final = "doubts:"
QUIET: Final = timedelta(minutes=10)
"""How far apart two notes about doubts to one group are."""


def listing(session: Session, actor: Actor, page: int, now: datetime) -> list[Say]:
    """待确认: a few at a time, the oldest first, each with what can be done."""
    own = [row for row in doubts.waiting(session) if _concerns(session, actor, row, "待确认")]
    if not own:
        return [Say(text("publishing.doubts_none"))]
    first, last, following = paging.pages(len(own), page, rules.DOUBTS_SHOWN)
    shown = own[first:last]
    lines = tuple(_line(session, row, now) for row in shown)
    buttons: list[tuple[Button, ...]] = [
        (
            button("publishing.button.resend", f"重发 {row.id}", n=row.id),
            button("publishing.button.let_be", f"不管 {row.id}", n=row.id),
        )
        for row in shown
    ]
    if following is not None:
        buttons.append((button("publishing.button.more", f"待确认 {following}"),))
    head = text("publishing.doubts", n=len(own), first=first + 1, last=last, lines=lines)
    return [Say(head, buttons=rows(*buttons))]


def resend(session: Session, actor: Actor, number: int | None, now: datetime) -> list[Say]:
    """重发: make the call once more because a person wants it."""
    row = _named(session, actor, number, "重发")
    _check(session, row, now)
    if row.delivery_id is not None:
        delivery = deliveries.get(session, row.delivery_id)
        operating.renew_words(session, delivery, [row])
        deliveries.reopen(session, delivery.id)
    if not doubts.is_said(session, row):
        raise refuse("publishing.doubt.erased", n=row.id)
    ending.queue_again(session, OutboxRow.id == row.id, OutboxRow.state == OutboxState.UNSURE, now=now)
    audit.write(session, "resend", now, actor_id=actor.id, topic=row.topic, row=row.id)
    return [Say(text("publishing.resent", n=row.id), toast=text("publishing.resent_toast"))]


def let_be(session: Session, actor: Actor, number: int | None, now: datetime) -> list[Say]:
    """不管: it leaves the list; in every count it stays unsure, and a recall still deals with it."""
    row = _named(session, actor, number, "不管")
    if row.state is not OutboxState.UNSURE:
        raise _settled(row)
    if not doubts.let_be(session, row.id):
        raise refuse("publishing.doubt.let_be_already", n=row.id)
    audit.write(session, "let be", now, actor_id=actor.id, topic=row.topic, row=row.id)
    return [Say(text("publishing.let_be", n=row.id), toast=text("publishing.let_be_toast"))]


def step(session: Session, now: datetime) -> list[Say]:
    """What the groups concerned hear of new doubts, once: how many, and how to see them."""
    found = doubts.since(session, now - LOOKS_BACK)
    by_group: dict[int, list[OutboxRow]] = {}
    for row in found:
        for group in _whose(session, row):
            by_group.setdefault(group, []).append(row)
    says = []
    for group, rows_here in sorted(by_group.items()):
        newest = max(row.done_at.timestamp() for row in rows_here if row.done_at is not None)
        slot = f"{NOTE}{rows_here[-1].id}"
        key = f"{slot}:{group}:{newest}"
        told = calls.last_put(session, group, NOTE)
        if outbox.was_put(session, key) or (told is not None and now - told < QUIET):
            continue
        what = text("publishing.doubts_new", n=len(rows_here))
        see = rows(button("publishing.button.doubts", "待确认"))
        says.append(Say(what, buttons=see, chat=group, key=key, slot=slot))
    return says


def any_new(session: Session, now: datetime) -> bool:
    """Whether a call came into doubt lately."""
    return doubts.any_since(session, now - LOOKS_BACK)


def _named(session: Session, actor: Actor, number: int | None, word: str) -> OutboxRow:
    """The call of this number, as far as it concerns this person; raises Refusal, the same whether it is there."""
    if number is None:
        raise refuse("publishing.doubt.which", word=word)
    row = doubts.found(session, number)
    if row is None or not _concerns(session, actor, row, word):
        raise refuse("publishing.doubt.unknown", n=number)
    session.refresh(row, with_for_update=True)
    return row


def _check(session: Session, row: OutboxRow, now: datetime) -> None:
    """Raise Refusal where sending it again would be wrong, or can do nothing."""
    if row.state is not OutboxState.UNSURE:
        raise _settled(row)
    if row.expires_at is not None and row.expires_at <= now:
        raise refuse("publishing.doubt.expired", n=row.id)
    record = records.of_topic(session, row.topic)
    if record is not None:
        operating.not_contested(session, record)
    if row.delivery_id is None:
        return
    delivery = deliveries.get(session, row.delivery_id)
    if delivery.state is DeliveryState.STOPPED or operating.is_taken_back(session, delivery):
        raise refuse("publishing.doubt.stopped", n=row.id)
    if delivery.state is DeliveryState.PAUSED:
        raise refuse("publishing.doubt.paused", n=row.id, code=records.code_of(session, delivery.topic) or "")


def _settled(row: OutboxRow) -> access.Refusal:
    """Why there is nothing to decide about a call any more."""
    under_way = (OutboxState.QUEUED, OutboxState.HELD, OutboxState.SENDING)
    key = "going" if row.state in under_way else str(row.state)
    return refuse(f"publishing.doubt.{key}", n=row.id)


def _concerns(session: Session, actor: Actor, row: OutboxRow, word: str) -> bool:
    """Whether it is of this person's own record, or goes to a chat of an area they answer for."""
    record = records.of_topic(session, row.topic)
    if record is not None and records.concerns(session, actor, word, record):
        return True
    roles = access.MATRIX[word].roles
    held = [hold.path for hold in actor.holds if hold.role in roles]
    return any(rules.covers(held, path) for path in _paths(session, chats.get(session, row.chat_id)))


def _paths(session: Session, chat: Chat) -> list[str | None]:
    """The areas a chat belongs to: a group's own, or those of whoever a private talk is with."""
    if chat.kind.is_group:
        return [areas.get(session, chat.area_id).path if chat.area_id is not None else None]
    grants = people.grants_of(session, chat.person_id) if chat.person_id is not None else ()
    return [areas.get(session, one.area_id).path for one in grants] or [None]


def _whose(session: Session, row: OutboxRow) -> Iterable[int]:
    """The groups that hear of it: the officers nearest to it, else the admins."""
    chat = chats.get(session, row.chat_id)
    near = chat.area_id
    if near is None and chat.person_id is not None:
        grants = people.grants_of(session, chat.person_id)
        near = grants[0].area_id if grants else None
    found: Sequence[Chat] = chats.nearest(session, (ChatKind.OFFICERS,), near) if near is not None else ()
    return [one.id for one in found or chats.groups(session, (ChatKind.ADMINS,))]


def _line(session: Session, row: OutboxRow, now: datetime) -> Text:
    at = (row.done_at or row.created_at).astimezone(now.tzinfo)
    chat = chats.get(session, row.chat_id)
    return text(
        "publishing.doubt.line",
        n=row.id,
        at=f"{at.month}月{at.day}日 {at:%H:%M}",
        where=operating.title_of(chat),
        what=_what(session, row),
    )


def _what(session: Session, row: OutboxRow) -> Text | str:
    """What kind of message it was; never what it said."""
    code = records.code_of(session, row.topic)
    if code is not None:
        return code
    if row.lane is Lane.REMINDER:
        return text("publishing.what.reminder")
    return text("publishing.what.reply" if row.lane is Lane.REPLY else "publishing.what.notice")
