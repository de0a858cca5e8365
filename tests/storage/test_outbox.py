"""Every wire call is a row of a permanent key; lanes, slots, media and unopened talks decide which goes next."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import accounts, calls, chats, claims, contents, copies, ending, media, outbox, waiting
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyKind
from storage.database import Database
from storage.lanes import Lane
from storage.media import MediumKind
from storage.outbox import CallKind, OutboxRow, OutboxState, Waits
from tests.support.stage import START


def _chat(db: Database, name: str = "g", state: ChatState = ChatState.OPEN) -> Chat:
    with db.write() as session:
        return chats.add(session, "a", name, ChatKind.RESIDENTS, START, state=state)


def _put(db: Database, chat: Chat, key: str, lane: Lane = Lane.REPLY, **more: object) -> int | None:
    with db.write() as session:
        more.setdefault("content_id", contents.keep(session, key.encode(), (), START))
        return outbox.put(session, chat, key, START, lane=lane, **more)  # type: ignore[arg-type]


def _claim(db: Database, now: datetime = START) -> OutboxRow | None:
    with db.write() as session:
        waiting.bring_due(session, "a", now)
        fronts = claims.front(session, "a", 1)
        return claims.claim(session, fronts[0].id, 1, now, fronts[0].kind) if fronts else None


def _state(db: Database, row_id: int | None) -> OutboxState:
    with db.read() as session:
        return session.get_one(OutboxRow, row_id).state


def test_a_key_is_queued_once_for_ever(db: Database) -> None:
    chat = _chat(db)
    assert _put(db, chat, "k") is not None
    assert _put(db, chat, "k") is None
    with db.read() as session:
        assert outbox.was_put(session, "k")
        assert not outbox.was_put(session, "other")


def test_lanes_go_before_age(db: Database) -> None:
    chat = _chat(db)
    lanes = [Lane.BULK, Lane.REPLY, Lane.LIFE, Lane.RECALL_PERSON, Lane.BULK]
    for number, lane in enumerate(lanes):
        _put(db, chat, f"k{number}", lane)
    order = []
    while (row := _claim(db)) is not None:
        order.append(row.lane)
    assert order == sorted(lanes)


def test_parked_calls_come_forward_one_by_one_in_their_order(db: Database) -> None:
    chat = _chat(db)
    ids = [_put(db, chat, f"k{number}", lane) for number, lane in enumerate([Lane.BULK, Lane.REPLY, Lane.BULK])]
    other = _put(db, _chat(db, "other"), "o", Lane.BULK)
    with db.write() as session:
        waiting.park(session, [chat.id], [CallKind.SEND], None)
        assert [one.id for one in claims.front(session, "a", 9)] == [other]
        assert waiting.parked_chats(session, "a") == [chat.id]
        assert waiting.unpark(session, chat.id)
        assert [one.id for one in claims.front(session, "a", 9)] == [ids[1], other]
        assert waiting.unpark(session, chat.id)
        assert waiting.unpark(session, chat.id)
        assert not waiting.unpark(session, chat.id)


def test_of_a_narrow_chat_only_later_lanes_are_parked(db: Database) -> None:
    chat = _chat(db)
    urgent, _ = _put(db, chat, "u", Lane.SUSPECT), _put(db, chat, "b", Lane.BULK)
    with db.write() as session:
        waiting.park(session, [chat.id], [CallKind.SEND], Lane.SUSPECT)
        assert [one.id for one in claims.front(session, "a", 9)] == [urgent]


def test_only_its_owner_settles_a_call(db: Database) -> None:
    _put(db, _chat(db), "k")
    row = _claim(db)
    assert row is not None
    with db.write() as session:
        assert not claims.settle(session, row.id, 2, OutboxState.SENT, START)
        assert claims.settle(session, row.id, 1, OutboxState.SENT, START)
        assert not claims.settle(session, row.id, 1, OutboxState.DEAD, START)


def test_a_newer_revision_replaces_a_queued_one_and_edits_one_in_flight(db: Database) -> None:
    chat = _chat(db)
    first = _put(db, chat, "1", slot="s")
    second = _put(db, chat, "2", slot="s")
    assert _state(db, first) is OutboxState.REPLACED
    row = _claim(db)
    assert row is not None
    assert (row.id, row.kind, row.revision) == (second, CallKind.SEND, 2)
    third = _put(db, chat, "3", slot="s")
    with db.read() as session:
        assert session.get_one(OutboxRow, third).kind is CallKind.EDIT, "the first may stand there by then"


def test_where_nothing_is_edited_news_is_said_in_its_turn_and_the_same_not_twice(db: Database) -> None:
    chat = _chat(db)
    with db.write() as session:
        accounts.note(session, "a", START, edits=None, deletes=None, writes_first=True)
        same = contents.keep(session, b"the same", (), START)
    first = _put(db, chat, "1", slot="s", content_id=same)
    row = _claim(db)
    assert row is not None
    assert row.id == first
    assert _put(db, chat, "2", slot="s", content_id=same) is None
    news, later = _put(db, chat, "3", slot="s"), _put(db, chat, "4")
    with db.read() as session:
        assert outbox.get(session, news or 0).kind is CallKind.SEND
    order = [row.id for row in (_claim(db), _claim(db)) if row is not None]
    assert order == [news, later]


def test_what_an_unopened_talk_should_hear_is_held_until_it_opens(db: Database) -> None:
    chat = _chat(db, state=ChatState.UNOPENED)
    held = _put(db, chat, "k")
    assert _state(db, held) is OutboxState.HELD
    with db.write() as session:
        chats.set_state(session, chat.id, ChatState.OPEN, START)
        assert waiting.release_held(session, chat.id) == 1
    row = _claim(db)
    assert row is not None
    assert row.id == held


def test_a_call_waits_for_its_medium(db: Database) -> None:
    chat = _chat(db)
    with db.write() as session:
        medium_id = media.want(session, MediumKind.PHOTO, {"account": "a", "ref": "x"}, START)
        content = contents.keep(session, b"x", (medium_id,), START)
    _put(db, chat, "k", content_id=content)
    with db.write() as session:
        assert waiting.wants_medium(session, content)
        waiting.wait_for(session, Waits.MEDIUM, content_id=content)
        assert waiting.forgotten(session, "a") == []
    assert _claim(db) is None
    with db.write() as session:
        media.fail(session, medium_id, "gone")
        assert len(waiting.forgotten(session, "a")) == 1, "found again even where nobody released it"
        assert waiting.medium_came(session, medium_id) == 1
    assert _claim(db) is not None


def test_what_waits_for_a_chat_goes_out_when_the_bot_may_speak_there_again(db: Database) -> None:
    chat = _chat(db, state=ChatState.MUTED)
    _put(db, chat, "k")
    assert _claim(db) is None
    with db.write() as session:
        assert waiting.forgotten(session, "a") == []
        chats.set_state(session, chat.id, ChatState.OPEN, START)
        assert len(waiting.forgotten(session, "a")) == 1
        assert waiting.release_held(session, chat.id) == 1
    assert _claim(db) is not None


@pytest.mark.parametrize(("remembers", "again"), [(None, 0), (timedelta(hours=4), 1), (timedelta(minutes=1), 0)])
def test_where_the_platform_knows_repeats_routine_calls_are_made_again(
    db: Database, remembers: timedelta | None, again: int
) -> None:
    _put(db, _chat(db), "k", Lane.BULK)
    _claim(db)
    with db.write() as session:
        assert claims.recover(session, "a", START + timedelta(minutes=2), remembers) == (again, 1 - again)


def test_a_crash_resends_urgent_lanes_and_shows_routine_ones(db: Database) -> None:
    chat = _chat(db)
    urgent = _put(db, chat, "1", Lane.LIFE, topic="search:1")
    routine = _put(db, chat, "2", Lane.BULK, topic="bulletin:1")
    reply = _put(db, chat, "3", Lane.REPLY)
    for _ in range(3):
        _claim(db)
    with db.write() as session:
        assert claims.recover(session, "a", START) == (1, 2)
    assert _state(db, urgent) is OutboxState.QUEUED
    assert _state(db, routine) is OutboxState.UNSURE
    assert _state(db, reply) is OutboxState.UNSURE
    with db.read() as session:
        noted = session.scalars(select(Copy.topic)).all()
        assert sorted(str(topic) for topic in noted) == ["bulletin:1", "search:1"]


def test_a_call_too_late_is_given_up(db: Database) -> None:
    late = _put(db, _chat(db), "k", expires_at=START + timedelta(seconds=5))
    with db.write() as session:
        assert ending.expire(session, START) == 0
        assert ending.expire(session, START + timedelta(seconds=5)) == 1
    assert _state(db, late) is OutboxState.DEAD


def test_a_postponed_call_comes_back(db: Database) -> None:
    _put(db, _chat(db), "k")
    row = _claim(db)
    assert row is not None
    later = START + timedelta(seconds=9)
    with db.write() as session:
        assert claims.postpone(session, row.id, 1, "refused", START, not_before=later, counts=False)
        assert waiting.next_due(session, "a") == later
        assert calls.refused_until(session, "a", START) == [(row.chat_id, later)]
    assert _claim(db) is None
    again = _claim(db, later)
    assert again is not None
    assert again.attempts == 1, "a refusal is not the call's own fault"


def test_when_the_clock_is_set_back_a_put_back_call_does_not_wait_for_it(db: Database) -> None:
    chat = _chat(db)
    _put(db, chat, "k")
    planned = _put(db, chat, "plan", not_before=START + timedelta(hours=2))
    row = _claim(db)
    assert row is not None
    with db.write() as session:
        claims.postpone(session, row.id, 1, "down", START, not_before=START + timedelta(seconds=4))
        waiting.shift(session, "a", timedelta(hours=-1))
    again = _claim(db, START - timedelta(minutes=59))
    assert again is not None
    assert again.id == row.id
    with db.read() as session:
        assert session.get_one(OutboxRow, planned).not_before == START + timedelta(hours=2)


def test_words_are_dropped_a_while_after_the_last_call_ended(db: Database) -> None:
    chat = _chat(db)
    _put(db, chat, "old")
    row = _claim(db)
    assert row is not None
    assert row.content_id is not None
    day = timedelta(days=1)
    with db.write() as session:
        assert ending.drop_contents(session, START + day) == 0, "still on the wire"
        claims.settle(session, row.id, 1, OutboxState.SENT, START)
        assert ending.drop_contents(session, START) == 0, "ended only now"
        assert ending.drop_contents(session, START + day) == 1
        session.expire_all()
        assert contents.payload_of(session, row.content_id) is None


def test_words_lie_sealed(lite: Database) -> None:
    _put(lite, _chat(lite), "a secret sentence")
    path = Path(lite.engine.url.database or "")
    lite.close()
    for file in path.parent.glob(f"{path.name}*"):
        assert b"a secret sentence" not in file.read_bytes()


@pytest.mark.parametrize("bound_first", [True, False])
def test_a_supergroup_takes_over_what_waits_and_what_stands(db: Database, bound_first: bool) -> None:
    kinds = (ChatKind.RESIDENTS, ChatKind.UNBOUND)
    with db.write() as session:
        old = chats.add(session, "a", "-1", kinds[not bound_first], START)
        new = chats.add(session, "a", "-1001", kinds[bound_first], START)
        stands = copies.add(session, 1, "a", new.id, CopyKind.TEXT, "7", START, topic="search:1")
    _put(db, old, "old")
    _put(db, new, "new")
    with db.write() as session:
        waiting.move_chat(session, "a", "-1", "-1001", START)
        waiting.move_chat(session, "a", "-1", "-1001", START)
        there = chats.at(session, "a", "-1001")
        assert there is not None
        assert (there.id, there.kind, there.state) == (
            (old if bound_first else new).id,
            ChatKind.RESIDENTS,
            ChatState.OPEN,
        )
        assert chats.get(session, (new if bound_first else old).id).state is ChatState.GONE
        session.refresh(session.get_one(Copy, stands))
        assert session.get_one(Copy, stands).chat_id == there.id
    claimed = [row.chat_id for row in iter(lambda: _claim(db), None)]
    assert claimed == [there.id, there.id]


@pytest.mark.parametrize("kind", [CopyKind.TEXT, CopyKind.PHOTO])
def test_an_answered_copy_tells_its_record(db: Database, kind: CopyKind) -> None:
    chat = _chat(db)
    row_id = _put(db, chat, "k", topic="search:3")
    with db.write() as session:
        copies.add(session, row_id or 0, "a", chat.id, kind, "55", START, topic="search:3")
        assert copies.topic_at(session, chat.id, "55") == "search:3"
        assert copies.topic_at(session, chat.id, "56") is None
        assert [copy.platform_id for copy in copies.of_topic(session, "search:3")] == ["55"]


def test_what_was_shown_long_ago_costs_nobody_who_answers_a_button(db: Database) -> None:
    """A chat keeps all its messages of a year; the button that is meant stands among those of two days."""
    chat = _chat(db)
    spent = [0]

    def looked() -> tuple[int, list[bytes]]:
        with db.read() as session:
            calls.last_buttons(session, chat.id, START)
            driver = session.connection().connection.dbapi_connection
            spent[0] = 0
            if isinstance(driver, sqlite3.Connection):
                driver.set_progress_handler(lambda: spent.__setitem__(0, spent[0] + 1), 1)
            found = calls.last_buttons(session, chat.id, START)
            if isinstance(driver, sqlite3.Connection):
                driver.set_progress_handler(None, 0)
            return spent[0], found

    _shown(db, chat, "now", START)
    few, found = looked()
    for number in range(300):
        _shown(db, chat, f"old{number}", START - timedelta(days=3))
    steps, again = looked()
    assert steps < few + 10
    assert again == found == [b"now"]


def _shown(db: Database, chat: Chat, key: str, now: datetime) -> None:
    with db.write() as session:
        content = contents.keep(session, key.encode(), (), now)
        outbox.put(session, chat, key, now, lane=Lane.REPLY, content_id=content, has_buttons=True)
