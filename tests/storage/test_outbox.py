"""Every wire call is a row of a permanent key; lanes, slots, media and unopened talks decide which goes next."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import calls, chats, contents, copies, media, outbox
from storage.chats import Chat, ChatKind, ChatState
from storage.copies import Copy, CopyKind
from storage.database import Database
from storage.lanes import Lane
from storage.media import MediumKind
from storage.outbox import CallKind, OutboxRow, OutboxState
from tests.support.stage import START


def _chat(db: Database, name: str = "g", state: ChatState = ChatState.OPEN) -> Chat:
    with db.write() as session:
        return chats.add(session, "a", name, ChatKind.RESIDENTS, START, state=state)


def _put(db: Database, chat: Chat, key: str, lane: Lane = Lane.REPLY, **more: object) -> int | None:
    with db.write() as session:
        more.setdefault("content_id", contents.keep(session, key.encode(), (), START))
        return outbox.put(session, chat, key, START, lane=lane, **more)  # type: ignore[arg-type]


def _claim(db: Database, **more: object) -> OutboxRow | None:
    with db.write() as session:
        return outbox.claim(session, "a", 1, START, **more)  # type: ignore[arg-type]


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


def test_a_closed_chat_waits_and_a_narrow_one_lets_urgent_lanes_through(db: Database) -> None:
    full, narrow = _chat(db, "full"), _chat(db, "narrow")
    _put(db, full, "1", Lane.LIFE)
    _put(db, narrow, "2", Lane.BULK)
    urgent = _put(db, narrow, "3", Lane.SUSPECT)
    row = _claim(db, closed_chats={full.id}, lanes_only={narrow.id: Lane.SUSPECT})
    assert row is not None
    assert row.id == urgent
    assert _claim(db, closed_chats={full.id}, lanes_only={narrow.id: Lane.SUSPECT}) is None


def test_only_its_owner_settles_a_call(db: Database) -> None:
    _put(db, _chat(db), "k")
    row = _claim(db)
    assert row is not None
    with db.write() as session:
        assert not outbox.settle(session, row.id, 2, OutboxState.SENT, START)
        assert outbox.settle(session, row.id, 1, OutboxState.SENT, START)
        assert not outbox.settle(session, row.id, 1, OutboxState.DEAD, START)


def test_a_newer_revision_replaces_a_queued_one_and_waits_for_one_in_flight(db: Database) -> None:
    chat = _chat(db)
    first = _put(db, chat, "1", slot="s")
    second = _put(db, chat, "2", slot="s")
    assert _state(db, first) is OutboxState.REPLACED
    row = _claim(db)
    assert row is not None
    assert (row.id, row.kind, row.revision) == (second, CallKind.SEND, 2)
    third = _put(db, chat, "3", slot="s")
    assert _claim(db) is None, "the same message is still on the wire"
    with db.write() as session:
        outbox.settle(session, row.id, 1, OutboxState.SENT, START)
    row = _claim(db)
    assert row is not None
    assert (row.id, row.kind, row.revision) == (third, CallKind.EDIT, 3)


def test_what_an_unopened_talk_should_hear_is_held_until_it_opens(db: Database) -> None:
    chat = _chat(db, state=ChatState.UNOPENED)
    held = _put(db, chat, "k")
    assert _state(db, held) is OutboxState.HELD
    with db.write() as session:
        chats.set_state(session, chat.id, ChatState.OPEN, START)
        assert outbox.release_held(session, chat.id) == 1
    row = _claim(db)
    assert row is not None
    assert row.id == held


def test_a_call_waits_for_its_medium(db: Database) -> None:
    chat = _chat(db)
    with db.write() as session:
        medium_id = media.want(session, MediumKind.PHOTO, {"account": "a", "ref": "x"}, START)
        content = contents.keep(session, b"x", (medium_id,), START)
    _put(db, chat, "k", content_id=content)
    assert _claim(db) is None
    with db.write() as session:
        media.fail(session, medium_id, "gone")
    assert _claim(db) is not None


def test_a_crash_resends_urgent_lanes_and_shows_routine_ones(db: Database) -> None:
    chat = _chat(db)
    urgent = _put(db, chat, "1", Lane.LIFE, topic="search:1")
    routine = _put(db, chat, "2", Lane.BULK, topic="bulletin:1")
    reply = _put(db, chat, "3", Lane.REPLY)
    for _ in range(3):
        _claim(db)
    with db.write() as session:
        assert outbox.recover(session, "a", START) == (1, 2)
    assert _state(db, urgent) is OutboxState.QUEUED
    assert _state(db, routine) is OutboxState.UNSURE
    assert _state(db, reply) is OutboxState.UNSURE
    with db.read() as session:
        noted = session.scalars(select(Copy.topic)).all()
        assert sorted(str(topic) for topic in noted) == ["bulletin:1", "search:1"]


def test_a_call_too_late_is_given_up(db: Database) -> None:
    late = _put(db, _chat(db), "k", expires_at=START + timedelta(seconds=5))
    with db.write() as session:
        assert outbox.expire(session, START) == 0
        assert outbox.expire(session, START + timedelta(seconds=5)) == 1
    assert _state(db, late) is OutboxState.DEAD


def test_a_postponed_call_comes_back(db: Database) -> None:
    _put(db, _chat(db), "k")
    row = _claim(db)
    assert row is not None
    with db.write() as session:
        assert outbox.postpone(session, row.id, 1, START + timedelta(seconds=9), "refused")
        assert calls.next_due(session, "a") == START + timedelta(seconds=9)
    assert _claim(db) is None
    with db.write() as session:
        assert outbox.claim(session, "a", 1, START + timedelta(seconds=9)) is not None


def test_words_are_dropped_a_while_after_the_last_call_ended(db: Database) -> None:
    chat = _chat(db)
    _put(db, chat, "old")
    row = _claim(db)
    assert row is not None
    assert row.content_id is not None
    day = timedelta(days=1)
    with db.write() as session:
        assert outbox.drop_contents(session, START + day) == 0, "still on the wire"
        outbox.settle(session, row.id, 1, OutboxState.SENT, START)
        assert outbox.drop_contents(session, START) == 0, "ended only now"
        assert outbox.drop_contents(session, START + day) == 1
        session.expire_all()
        assert contents.payload_of(session, row.content_id) is None


def test_words_lie_sealed(lite: Database) -> None:
    _put(lite, _chat(lite), "a secret sentence")
    path = Path(lite.engine.url.database or "")
    lite.close()
    for file in path.parent.glob(f"{path.name}*"):
        assert b"a secret sentence" not in file.read_bytes()


def test_a_supergroup_keeps_the_rows_of_its_group(db: Database) -> None:
    chat = _chat(db, "-1")
    _put(db, chat, "k")
    with db.write() as session:
        met = chats.add(session, "a", "-1001", ChatKind.UNBOUND, START)
        chats.migrate(session, "a", "-1", "-1001", START)
        chats.migrate(session, "a", "-1", "-1001", START)
        moved = chats.at(session, "a", "-1001")
        assert moved is not None
        assert moved.id == chat.id
        assert chats.get(session, met.id).state is ChatState.GONE
    row = _claim(db)
    assert row is not None
    assert row.chat_id == chat.id


@pytest.mark.parametrize("kind", [CopyKind.TEXT, CopyKind.PHOTO])
def test_an_answered_copy_tells_its_record(db: Database, kind: CopyKind) -> None:
    chat = _chat(db)
    row_id = _put(db, chat, "k", topic="search:3")
    with db.write() as session:
        copies.add(session, row_id or 0, "a", chat.id, kind, "55", START, topic="search:3")
        assert copies.topic_at(session, chat.id, "55") == "search:3"
        assert copies.topic_at(session, chat.id, "56") is None
        assert [copy.platform_id for copy in copies.of_topic(session, "search:3")] == ["55"]
