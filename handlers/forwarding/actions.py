"""Forwarding (人工转发): ask somebody to pass on or take back, hear what became of it, remind; the only door."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import refuse
from handlers.dialogue.message import Outgoing
from handlers.dialogue.say import Button, Cause, Say, button, post, rows, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.forwarding import rules
from handlers.publishing import actions as publishing
from handlers.publishing import records
from storage import accounts, changes, chats, contents, copies, forwards, outbox
from storage.changes import CARRIER, ChangeKind
from storage.chats import Chat
from storage.copies import Copy, CopyState, Hand
from storage.forwards import ANSWERABLE, Forward, ForwardState, Purpose
from storage.outbox import CallKind, OutboxRow, OutboxState

LABELS = {
    "已转发": "forwarding.button.done",
    "转不了": "forwarding.button.cannot",
    "已撤回": "forwarding.button.taken_back",
    "已更正": "forwarding.button.corrected",
    "没转发": "forwarding.button.never",
}


def asked(
    session: Session, words: Catalogue, row: OutboxRow, outgoing: Outgoing, platform_id: str | None, now: datetime
) -> None:
    """A call into a group of people's hands went through: from now on somebody is waited for.

    Where no platform asks its member, the keeper of the group gets the message and what to do with it.
    """
    chat = chats.get(session, row.chat_id)
    purpose = Purpose.PASS_ON if row.copy_id is None else Purpose.TAKE_BACK
    about = copies.get(session, row.copy_id) if row.copy_id is not None else _newest(session, row, now)
    if about is None:
        return
    standing = copies.with_it(session, about)
    never_done = all(one.hand is Hand.ASKED for one in standing)
    if purpose is Purpose.TAKE_BACK:
        for one in standing:
            forwards.call_off(session, one.id, now, ANSWERABLE)
    account = accounts.named(session, row.account)
    relays = account is not None and account.relays
    keeper = chat.person_id if relays else None
    private = chats.private_of(session, keeper) if keeper is not None else None
    request = forwards.add(
        session,
        about,
        row.id,
        purpose,
        keeper,
        now,
        platform_id=platform_id,
        next_at=rules.next_look(now, 0),
        delivery_id=row.delivery_id,
        change_id=row.change_id,
    )
    if not relays:
        return
    if private is None:
        _end(session, words, request, ForwardState.REFUSED, now)
        return
    _hand_over(session, words, request, row, outgoing, private, now)
    sentence, buttons = _request(session, request, chat, row.topic, never_done)
    ask = Say(sentence, buttons=buttons, chat=private.id, lane=row.lane, key=f"forward:{request.id}:ask")
    post(session, words, [ask], Cause(f"forward:{request.id}"), now)


def _newest(session: Session, row: OutboxRow, now: datetime) -> Copy | None:
    """The copy to be passed on; one of the same call asked for before gives way to it."""
    found = copies.of_call(session, row.id)
    for earlier in found[:-1]:
        if earlier.hand is Hand.ASKED and earlier.state is CopyState.LIVE:
            copies.mark(session, earlier.id, CopyState.NEVER, now)
            forwards.call_off(session, earlier.id, now, ANSWERABLE)
    return found[-1] if found else None


def _hand_over(
    session: Session, words: Catalogue, one: Forward, row: OutboxRow, outgoing: Outgoing, private: Chat, now: datetime
) -> None:
    """The message itself, ready to be forwarded as it stands; taken back with the record where it can be."""
    ready = Outgoing(outgoing.text, (), outgoing.media)
    outbox.put(
        session,
        private,
        f"forward:{one.id}:carrier",
        now,
        lane=row.lane,
        content_id=contents.keep(session, ready.to_bytes(), ready.media, now),
        topic=row.topic if one.purpose is Purpose.PASS_ON else None,
        slot=f"{CARRIER}{one.id}",
        change_id=row.change_id if one.purpose is Purpose.PASS_ON else None,
    )


def _request(
    session: Session, one: Forward, chat: Chat, topic: str | None, never_done: bool
) -> tuple[Text, tuple[tuple[Button, ...], ...]]:
    """What is asked, and the buttons that answer it."""
    code = records.code_of(session, topic)
    fields = {"code": f"{code} " if code else "", "group": chat.title}
    if one.purpose is Purpose.PASS_ON:
        return text("forwarding.ask", **fields), _buttons(one, "已转发", "转不了")
    if never_done:
        return text("forwarding.ask_back_maybe", **fields), _buttons(one, "没转发", "已撤回", "已更正")
    return text("forwarding.ask_back", **fields), _buttons(one, "已撤回", "已更正", "转不了")


def _buttons(one: Forward, *does: str) -> tuple[tuple[Button, ...], ...]:
    return rows([button(LABELS[word], f"{word} {one.id}") for word in does])


def say_done(session: Session, words: Catalogue, actor: Actor, number: int | None, now: datetime) -> list[Say]:
    """已转发: they passed it on."""
    one = _own(session, actor, number, Purpose.PASS_ON, "已转发")
    _end(session, words, one, ForwardState.DONE, now)
    mistaken = button("forwarding.button.mistaken", f"没转发 {one.id}")
    return [say("forwarding.done", mistaken, group=_group(session, one))]


def say_cannot(session: Session, words: Catalogue, actor: Actor, number: int | None, now: datetime) -> list[Say]:
    """转不了: it cannot be passed on, or taken back."""
    one = _own(session, actor, number, None, "转不了")
    _end(session, words, one, ForwardState.REFUSED, now)
    key = "forwarding.cannot" if one.purpose is Purpose.PASS_ON else "forwarding.cannot_back"
    return [say(key, group=_group(session, one))]


def say_taken_back(
    session: Session, words: Catalogue, actor: Actor, number: int | None, became: CopyState, now: datetime
) -> list[Say]:
    """已撤回 and 已更正: what became of the copy in the group."""
    word = "已撤回" if became is CopyState.DELETED else "已更正"
    one = _own(session, actor, number, Purpose.TAKE_BACK, word)
    _end(session, words, one, ForwardState.DONE, now, became)
    return [say("forwarding.back_done", group=_group(session, one))]


def say_never(session: Session, words: Catalogue, actor: Actor, number: int | None, now: datetime) -> list[Say]:
    """没转发: it was never passed on, or 已转发 was pressed by mistake."""
    named = forwards.find(session, number) if number is not None else None
    if named is not None and named.purpose is Purpose.PASS_ON and named.person_id == actor.id:
        return _undo(session, words, named, now)
    one = _own(session, actor, number, Purpose.TAKE_BACK, "没转发")
    _end(session, words, one, ForwardState.DONE, now, CopyState.NEVER)
    return [say("forwarding.never", group=_group(session, one))]


def _undo(session: Session, words: Catalogue, one: Forward, now: datetime) -> list[Say]:
    copy = copies.get(session, one.copy_id)
    if one.state is not ForwardState.DONE or copy.state is not CopyState.LIVE:
        raise refuse("forwarding.over", group=_group(session, one))
    copies.set_hand(session, copy.id, Hand.ASKED)
    if _is_taken_back(session, copy):
        return _never_was(session, words, one, copy, now)
    forwards.reopen(session, one)
    publishing.reported(session, words, one.delivery_id, one.change_id, now)
    buttons = _buttons(one, "已转发", "转不了")
    return [Say(text("forwarding.undone", group=_group(session, one)), buttons=buttons)]


def _is_taken_back(session: Session, copy: Copy) -> bool:
    change = changes.latest(session, copy.topic, copy.sent_at) if copy.topic is not None else None
    return change is not None and change.kind is not ChangeKind.UPDATE


def _never_was(session: Session, words: Catalogue, one: Forward, copy: Copy, now: datetime) -> list[Say]:
    """It was not passed on after all, and must not be any more: that answers for taking it back, too."""
    forwards.give_up(session, one, now)
    asked = forwards.open_of(session, one.person_id, Purpose.TAKE_BACK) if one.person_id is not None else ()
    back = next((it for it in asked if _is_about(session, it, copy)), None)
    if back is not None and all(it.hand is Hand.ASKED for it in copies.with_it(session, copy)):
        _end(session, words, back, ForwardState.DONE, now, CopyState.NEVER)
    publishing.reported(session, words, one.delivery_id, one.change_id, now)
    return [say("forwarding.never", group=_group(session, one))]


def _is_about(session: Session, one: Forward, copy: Copy) -> bool:
    return one.chat_id == copy.chat_id and copies.get(session, one.copy_id).topic == copy.topic


def taken_out(session: Session, copy_id: int, now: datetime) -> None:
    """The platform took a message out of the hands of somebody who had not passed it on: nobody waits for that."""
    copy = copies.get(session, copy_id)
    if copy.hand is Hand.ASKED:
        forwards.call_off(session, copy.id, now, ANSWERABLE)
        _stopped(session, copy, now)


def _stopped(session: Session, copy: Copy, now: datetime) -> None:
    """The call that asked to pass a copy on counts as stopped: it was never seen in the group."""
    row = outbox.get(session, copy.outbox_id)
    if row.state in (OutboxState.SENT, OutboxState.UNSURE):
        row.state, row.reason, row.done_at = OutboxState.RECALLED, "recalled", now
        session.flush()


def heard(session: Session, words: Catalogue, chat: Chat, platform_id: str, became: str, now: datetime) -> list[Say]:
    """A platform tells what its member did with a message: done, or refused."""
    one = forwards.at(session, chat.id, platform_id)
    if one is not None and became:
        _end(session, words, one, ForwardState.DONE if became == "done" else ForwardState.REFUSED, now)
    return []


def look_after(session: Session, words: Catalogue, one: Forward, now: datetime) -> None:
    """The clock looks at what was asked: remind twice, then wait no longer."""
    if now >= one.asked_at + rules.SILENT_AFTER or one.reminded >= len(rules.REMINDERS):
        _end(session, words, one, ForwardState.SILENT, now)
        return
    if one.purpose is Purpose.PASS_ON and _is_taken_back(session, copies.get(session, one.copy_id)):
        # What is being taken back is not asked for once more; its own request ends this one.
        one.next_at = one.asked_at + rules.SILENT_AFTER
        session.flush()
        return
    one.reminded += 1
    one.next_at = rules.next_look(one.asked_at, one.reminded)
    row, chat = outbox.get(session, one.outbox_id), chats.get(session, one.chat_id)
    account = accounts.named(session, row.account)
    key = f"forward:{one.id}:again:{one.reminded}"
    if account is not None and account.nudges:
        outbox.put(session, chat, key, now, lane=row.lane, kind=CallKind.NUDGE, copy_id=one.copy_id)
    elif one.person_id is not None:
        standing = copies.with_it(session, copies.get(session, one.copy_id))
        never_done = all(copy.hand is Hand.ASKED for copy in standing)
        _, buttons = _request(session, one, chat, row.topic, never_done)
        again = text(f"forwarding.remind.{one.purpose}", group=chat.title)
        post(session, words, [Say(again, buttons=buttons, person=one.person_id, key=key)], Cause(key), now)
    session.flush()


def _own(session: Session, actor: Actor, number: int | None, purpose: Purpose | None, word: str) -> Forward:
    """The request an answer is about: the one named, else the only one open; raises Refusal."""
    if number is not None:
        one = forwards.find(session, number)
        if one is None or one.person_id != actor.id or (purpose is not None and one.purpose is not purpose):
            raise refuse("forwarding.unknown", word=word)
        if one.state not in ANSWERABLE:
            raise refuse("forwarding.over", group=_group(session, one))
        return one
    found = forwards.open_of(session, actor.id, purpose)
    if not found:
        raise refuse("forwarding.none")
    if len(found) > 1:
        lines = tuple(text("forwarding.which_line", word=word, n=one.id, group=_group(session, one)) for one in found)
        raise refuse("forwarding.which", lines=lines)
    return found[0]


def _group(session: Session, one: Forward) -> str:
    return chats.get(session, one.chat_id).title


def _end(
    session: Session,
    words: Catalogue,
    one: Forward,
    state: ForwardState,
    now: datetime,
    became: CopyState = CopyState.CORRECTED,
) -> None:
    """Write down what became of it, and let whoever published it see it."""
    if not forwards.end(session, one, state, now):
        return
    copy, row = copies.get(session, one.copy_id), outbox.get(session, one.outbox_id)
    if one.purpose is Purpose.PASS_ON:
        _passed_on(session, copy, row, state, now)
    elif state is ForwardState.DONE:
        if became is CopyState.NEVER:
            for never in copies.with_it(session, copy):
                _stopped(session, never, now)
        copies.mark_with(session, copy.id, became, now)
    else:
        copies.mark_with(session, copy.id, CopyState.LOST, now)
    session.flush()
    publishing.reported(session, words, one.delivery_id, one.change_id, now)


def _passed_on(session: Session, copy: Copy, row: OutboxRow, state: ForwardState, now: datetime) -> None:
    """The call stands as people say it ended: there, not there, or nobody knows."""
    if state is ForwardState.DONE:
        row.state, row.reason = OutboxState.SENT, None
        copies.set_hand(session, copy.id, Hand.DONE)
    elif state is ForwardState.REFUSED:
        row.state, row.reason, row.done_at = OutboxState.DEAD, "cannot forward", now
        copies.mark(session, copy.id, CopyState.NEVER, now)
    elif state is ForwardState.SILENT:
        row.state, row.reason, row.done_at = OutboxState.UNSURE, "nobody answered", now
