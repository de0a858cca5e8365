"""What befalls a call while it is on the wire: taken back, paused, given new words, moved, replaced."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.channel import CallFailed, ChatGone, ChatMuted, Impossible, NotNow, Refused, Unsure
from storage import changes, chats, copies, deliveries, ending, waiting
from storage.changes import Change, ChangeState
from storage.chats import ChatKind, ChatState
from storage.copies import CopyState
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState, Waits
from tests.jobs.conftest import Post

COMES_BACK: list[CallFailed] = [Refused(timedelta(seconds=3)), NotNow("down"), Unsure("time-out")]


def rows(post: Post, **columns: object) -> list[OutboxRow]:
    """The rows with these values."""
    with post.world.db.read() as session:
        return list(session.scalars(select(OutboxRow).filter_by(**columns).order_by(OutboxRow.id)))


@pytest.mark.parametrize("failure", COMES_BACK)
def test_what_was_taken_back_meanwhile_does_not_leave_again(post: Post, failure: CallFailed) -> None:
    post.publish("寻人", post.chat())
    post.platform.meanwhile = lambda: post.recall() and None
    post.platform.script = [failure]
    post.settle()
    assert "寻人" not in post.platform.texts
    with post.world.db.read() as session:
        assert session.scalars(select(Change.state)).all() == [ChangeState.ENDED]
        assert changes.outcome(session, "search:1").left == 0


def test_a_crash_does_not_send_what_was_taken_back_meanwhile(post: Post) -> None:
    post.publish("寻人", post.chat())
    first = post.owner()
    assert first.own()
    assert first._claim() is not None
    post.recall()
    post.later(4)
    post.settle()
    assert "寻人" not in post.platform.texts
    assert rows(post, lane=Lane.LIFE)[0].state is OutboxState.UNSURE
    with post.world.db.read() as session:
        outcome = changes.outcome(session, "search:1")
    assert (outcome.corrected, outcome.left) == (1, 0), "it may stand there, so it is corrected"


def test_a_message_in_parts_stops_where_it_was_taken_back(post: Post) -> None:
    post.platform.in_parts = 3
    post.publish("寻人", post.chat())
    post.platform.meanwhile = lambda: post.recall() and None
    post.settle()
    assert post.platform.texts.count("寻人") == 1
    assert not any(post.platform.shown.values())


def test_a_delivery_paused_meanwhile_lets_nothing_leave_again(post: Post) -> None:
    chat = post.chat()
    delivery = post.publish("通知", chat, topic="bulletin:1", lane=Lane.BULK)

    def pause() -> None:
        with post.world.db.write() as session:
            assert deliveries.pause(session, deliveries.get(session, delivery))

    post.platform.meanwhile, post.platform.script = pause, [Refused(timedelta(seconds=3))]
    post.settle()
    assert post.platform.texts == []
    assert rows(post)[0].waits is Waits.PAUSED
    with post.world.db.write() as session:
        assert deliveries.resume(session, deliveries.get(session, delivery), post.world.now())
    post.settle()
    assert post.platform.texts == ["通知"]


def test_paused_and_taken_up_again_while_on_the_wire(post: Post) -> None:
    delivery = post.publish("通知", post.chat(), topic="bulletin:1", lane=Lane.BULK)

    def pause_and_resume() -> None:
        with post.world.db.write() as session:
            deliveries.pause(session, deliveries.get(session, delivery))
            deliveries.resume(session, deliveries.get(session, delivery), post.world.now())

    post.platform.meanwhile, post.platform.script = pause_and_resume, [Refused(timedelta(seconds=3))]
    post.settle()
    assert post.platform.texts == ["通知"]


def test_a_delivery_stopped_meanwhile_lets_nothing_leave_again(post: Post) -> None:
    delivery = post.publish("通知", post.chat(), topic="bulletin:1", lane=Lane.BULK)

    def stop() -> None:
        with post.world.db.write() as session:
            deliveries.stop(session, deliveries.get(session, delivery), post.world.now())

    post.platform.meanwhile, post.platform.script = stop, [NotNow("down")]
    post.settle()
    assert post.platform.texts == []
    assert rows(post)[0].state is OutboxState.RECALLED


def test_after_a_recall_only_the_failed_are_not_tried_again(post: Post) -> None:
    delivery = post.publish("通知", post.chat(), topic="bulletin:1", lane=Lane.BULK)
    post.platform.script = [Impossible("bad")]
    post.settle()
    post.recall("bulletin:1")
    with post.world.db.write() as session:
        assert deliveries.again(session, deliveries.get(session, delivery), post.world.now()) == 0


@pytest.mark.parametrize("failure", COMES_BACK)
def test_words_changed_meanwhile_are_the_ones_that_leave(post: Post, failure: CallFailed) -> None:
    post.publish("旧", post.chat())
    post.platform.meanwhile, post.platform.script = lambda: post.update("新"), [failure]
    post.settle()
    assert post.platform.texts[-1] == "新"
    assert "旧" not in post.platform.texts


@pytest.mark.parametrize("failure", COMES_BACK)
def test_an_older_revision_never_leaves_after_a_newer(post: Post, failure: CallFailed) -> None:
    chat = post.chat()
    post.put(chat, "一", Lane.LIFE, slot="s")
    post.platform.meanwhile = lambda: post.put(chat, "二", Lane.LIFE, slot="s") and None
    post.platform.script = [failure]
    post.settle()
    assert post.platform.texts == ["二"]


def test_an_older_revision_is_not_made_again_after_a_crash(post: Post) -> None:
    chat = post.chat()
    post.put(chat, "一", Lane.LIFE, slot="s")
    first = post.owner()
    assert first.own()
    assert first._claim() is not None
    post.put(chat, "二", Lane.REPLY, slot="s")
    post.later(4)
    post.settle()
    assert post.platform.texts == ["二"]


def test_a_message_in_parts_stops_where_a_newer_revision_waits(post: Post) -> None:
    chat = post.chat()
    post.platform.in_parts = 2
    post.put(chat, "一", slot="s")

    def newer() -> None:
        post.platform.in_parts = 1
        post.put(chat, "二", slot="s")

    post.platform.meanwhile = newer
    post.settle()
    assert post.platform.texts == ["一", "二"]
    assert list(post.platform.shown["g1"].values()) == ["二"]


@pytest.mark.parametrize("failure", COMES_BACK)
def test_an_older_update_of_a_copy_never_comes_after_a_newer(post: Post, failure: CallFailed) -> None:
    post.publish("一", post.chat())
    post.settle(2)
    post.update("二")
    post.platform.meanwhile, post.platform.script = lambda: post.update("三"), [failure]
    post.settle()
    assert post.platform.texts == ["一", "三"]


def test_an_update_that_fails_after_the_recall_says_nothing_new(post: Post) -> None:
    post.publish("一", post.chat())
    post.settle(2)
    post.update("二")
    post.platform.meanwhile, post.platform.script = lambda: post.recall() and None, [Impossible("gone")]
    post.settle()
    assert not any(post.platform.shown.values())


def test_an_update_a_copy_cannot_take_leaves_it_in_the_ledger(post: Post) -> None:
    post.publish("一", post.chat())
    post.settle(2)
    post.update("二")
    post.platform.script = [Impossible("too old")]
    post.settle()
    assert post.platform.texts == ["一"]
    assert post.recall() == 1
    post.settle()
    assert not any(post.platform.shown.values())


def test_a_notice_said_anew_leaves_the_old_copy_in_the_ledger(post: Post) -> None:
    chat = post.chat()
    post.put(chat, "一", Lane.LIFE, slot="s", topic="search:1")
    post.settle(2)
    post.put(chat, "二", Lane.LIFE, slot="s", topic="search:1")
    post.platform.script = [Impossible("too old")]
    post.settle()
    assert list(post.platform.shown["g1"].values()) == ["一", "二"]
    assert post.recall() == 2
    post.settle()
    assert not any(post.platform.shown.values())


def test_of_a_copy_nobody_knows_and_one_that_stands_the_standing_one_is_edited(post: Post) -> None:
    chat = post.chat()
    post.put(chat, "一", Lane.LIFE, slot="s", topic="search:1")
    post.platform.script = [Unsure("time-out")]
    post.settle(2)
    post.put(chat, "二", Lane.LIFE, slot="s", topic="search:1")
    post.settle()
    assert list(post.platform.shown["g1"].values()) == ["二"]
    post.recall()
    post.settle()
    assert list(post.platform.shown["g1"].values()) == ["撤回"], "the doubtful one is corrected"


@pytest.mark.parametrize("failure", [ChatGone("gone"), ChatMuted("muted"), Refused(timedelta(seconds=2))])
def test_a_chat_that_moved_meanwhile_gets_its_message_there(post: Post, failure: CallFailed) -> None:
    chat = post.chat("-1")
    row_id = post.put(chat, "k")

    def move() -> None:
        with post.world.db.write() as session:
            waiting.move_chat(session, "a", "-1", "-1001", post.world.now())

    post.platform.meanwhile, post.platform.script = move, [failure]
    post.settle()
    assert [(one.chat, one.text) for one in post.platform.took] == [("-1001", "k")]
    assert post.row(row_id).state is OutboxState.SENT
    with post.world.db.read() as session:
        assert chats.get(session, chat.id).state is ChatState.OPEN


@pytest.mark.parametrize("failure", [None, NotNow("down")])
def test_a_call_on_the_wire_to_a_chat_given_up_belongs_to_the_one_kept(post: Post, failure: CallFailed | None) -> None:
    left, kept = post.chat("-1", ChatKind.UNBOUND), post.chat("-1001")
    row_id = post.put(left, "k", Lane.LIFE, topic="search:1")

    def move() -> None:
        with post.world.db.write() as session:
            waiting.move_chat(session, "a", "-1", "-1001", post.world.now())

    post.platform.meanwhile, post.platform.script = move, [failure]
    post.settle()
    row = post.row(row_id)
    assert (row.state, row.chat_id) == (OutboxState.SENT, kept.id)
    with post.world.db.read() as session:
        assert [copy.chat_id for copy in copies.of_topic(session, "search:1")] == [kept.id]


def test_a_move_to_a_chat_bound_before_hurries_nothing(post: Post) -> None:
    chat, bound = post.chat("-1", ChatKind.UNBOUND), post.chat("-1001")
    later = post.put(chat, "later", not_before=post.world.now() + timedelta(days=1))
    delivery = post.publish("通知", chat, topic="bulletin:1", lane=Lane.BULK)
    with post.world.db.write() as session:
        deliveries.pause(session, deliveries.get(session, delivery))
        waiting.move_chat(session, "a", "-1", "-1001", post.world.now())
    assert (post.row(later).chat_id, post.row(later).waits) == (bound.id, Waits.TIME)
    assert rows(post, delivery_id=delivery)[0].waits is Waits.PAUSED


def test_a_chat_taken_for_gone_that_only_moved_is_open_again(post: Post) -> None:
    chat = post.chat("-1")
    post.platform.script = [ChatGone("gone")]
    post.put(chat, "lost")
    post.drain()
    waits = post.put(chat, "k", Lane.LIFE)
    with post.world.db.write() as session:
        waiting.move_chat(session, "a", "-1", "-1001", post.world.now())
    post.settle()
    assert post.row(waits).state is OutboxState.SENT
    assert post.platform.took[-1].chat == "-1001"


def test_a_platform_that_moves_a_chat_in_circles_is_given_up(post: Post) -> None:
    chat = post.chat("-1")
    post.platform.moved = {"-1": "-2", "-2": "-1"}
    row_id = post.put(chat, "k")
    post.drain()
    assert post.row(row_id).state is OutboxState.DEAD
    assert post.platform.asked < 20


def test_what_is_planned_for_a_moment_keeps_it_where_the_chat_was_shut(post: Post) -> None:
    chat, moment = post.chat(), post.world.now() + timedelta(days=1)
    with post.world.db.write() as session:
        chats.set_state(session, chat.id, ChatState.MUTED, post.world.now())
    row_id = post.put(chat, "k", not_before=moment)
    with post.world.db.write() as session:
        chats.set_state(session, chat.id, ChatState.OPEN, post.world.now())
        waiting.release_held(session, chat.id)
    post.settle(2)
    assert post.platform.texts == []
    post.later(86_400)
    post.drain()
    assert post.row(row_id).state is OutboxState.SENT


def test_what_is_over_is_not_said_though_nobody_swept(post: Post) -> None:
    chat = post.chat()
    row_id = post.put(chat, "k", expires_at=post.world.now() + timedelta(minutes=1))
    post.later(120)
    other = post.put(chat, "o")
    post.drain()
    assert post.platform.texts == ["o"]
    assert (post.row(row_id).state, post.row(other).state) == (OutboxState.QUEUED, OutboxState.SENT)
    with post.world.db.write() as session:
        assert ending.expire(session, post.world.now()) == 1


def test_a_recall_ends_though_a_chat_is_shut_and_goes_on_there_when_it_opens(post: Post) -> None:
    open_, shut = post.chat(), post.chat("g2")
    desk = post.chat("desk", ChatKind.DESK)
    post.publish("寻人", open_, shut)
    post.settle(2)
    with post.world.db.write() as session:
        chats.set_state(session, shut.id, ChatState.MUTED, post.world.now())
    assert post.recall(report_to=desk) == 2
    post.settle(4)
    assert "1/2" in post.platform.texts[-1]
    with post.world.db.write() as session:
        chats.set_state(session, shut.id, ChatState.OPEN, post.world.now())
        waiting.release_held(session, shut.id)
    post.settle(4)
    assert post.platform.shown["g2"] == {}
    with post.world.db.read() as session:
        assert len(copies.of_topic(session, "search:1", [CopyState.DELETED])) == 2
