"""A notice to many groups: progress, update, close and recall, counted to the last copy."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.publishing import actions, deal
from jobs.channel import FOREVER, Capabilities, ChatGone, Impossible, WindowClosed
from storage import accounts, changes, chats, copies, people
from storage.chats import ChatKind
from storage.copies import CopyKind, CopyState
from storage.lanes import Lane
from storage.outbox import CallKind
from tests.support import chain
from tests.support.stage import Stage, texts

TOPIC = "bulletin:1"


def _reports(session: Session) -> int:
    """The private chat in which the officer sees how it goes."""
    officer = people.named(session, "民警甲")
    assert officer is not None
    chat = chats.private_of(session, officer.id)
    assert chat is not None
    return chat.id


def _publish(stage: Stage, count: int = 4, **more: object) -> list[str]:
    with stage.world.db.write() as session:
        groups = chats.groups(session, (ChatKind.RESIDENTS,))[:count]
        actions.publish(
            session,
            stage.world.words,
            topic=TOPIC,
            name="n1",
            lane=Lane.BULK,
            notice=Say(said("防骗提醒")),
            targets=[group.id for group in groups],
            now=stage.world.now(),
            report_to=_reports(session),
            **more,  # type: ignore[arg-type]
        )
        return [group.title for group in groups]


def _take_back(stage: Stage, **more: bool) -> None:
    with stage.world.db.write() as session:
        actions.take_back(
            session,
            stage.world.words,
            topic=TOPIC,
            closing=said("已撤回"),
            lane=Lane.RECALL,
            now=stage.world.now(),
            report_to=_reports(session),
            **more,
        )


def test_every_group_gets_it_once_and_a_short_sending_shows_its_end_alone(both_stages: Stage) -> None:
    groups = _publish(both_stages)
    shown = both_stages.play.pump()
    assert sorted(one.chat for one in shown if one.text == "防骗提醒") == sorted(groups)
    progress = [one for one in shown if one.chat == "民警甲"]
    assert [one.what for one in progress] == ["sent"]
    assert progress[0].text == "已发完：4/4 个群都收到了。" + chain.head(both_stages)
    assert both_stages.play.pump() == []


def test_a_recall_deletes_every_copy_and_counts_them(both_stages: Stage) -> None:
    stage = both_stages
    groups = _publish(both_stages)
    both_stages.play.pump()
    _take_back(both_stages)
    shown = both_stages.play.pump()
    assert sorted(one.chat for one in shown if one.what == "deleted") == sorted(groups) or len(shown) == 5
    assert "4/4 已处理：删 4、改 0、更正 0。" + chain.head(stage) in texts(shown, "民警甲")


def test_a_recall_before_the_first_copy_stops_them_all(stage: Stage) -> None:
    _publish(stage)
    _take_back(stage)
    shown = stage.play.pump()
    assert "防骗提醒" not in texts(shown)
    assert "0/0 已处理：删 0、改 0、更正 0。" + chain.head(stage) in texts(shown, "民警甲")


def test_what_cannot_be_deleted_is_edited_and_what_cannot_be_edited_is_corrected(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = _publish(stage)
    stage.play.pump()
    console = stage.play.console

    async def refuse_delete(chat: str, platform_id: str) -> None:
        raise Impossible("too old")

    plain_edit = type(console).edit

    async def refuse_one_edit(self: object, call: object, platform_id: str, kind: object, *more: object) -> None:
        if call.chat == groups[0]:  # type: ignore[attr-defined]
            raise Impossible("too old")
        await plain_edit(console, call, platform_id, kind)  # type: ignore[arg-type]

    monkeypatch.setattr(type(console), "delete", lambda self, chat, platform_id: refuse_delete(chat, platform_id))
    monkeypatch.setattr(type(console), "edit", refuse_one_edit)
    _take_back(stage)
    shown = stage.play.pump()
    assert "4/4 已处理：删 0、改 3、更正 1。" + chain.head(stage) in texts(shown, "民警甲")
    assert [one.chat for one in shown if one.what == "sent" and one.text == "已撤回"] == [groups[0]]
    assert [one.chat for one in shown if one.text == "已撤回"] == groups, "what was begun with is finished first"


def test_a_group_where_copies_are_in_doubt_hears_one_correction_for_all(both_stages: Stage) -> None:
    groups = _publish(both_stages)
    both_stages.play.pump()
    with both_stages.world.db.write() as session:
        chat = chats.at(session, "play", groups[0])
        assert chat is not None
        for _ in range(3):
            copies.add(session, 1, "play", chat.id, CopyKind.TEXT, None, both_stages.world.now(), topic=TOPIC)
    _take_back(both_stages)
    shown = both_stages.play.pump()
    assert [one.chat for one in shown if one.text == "已撤回"] == [groups[0]]
    assert any("7/7 已处理：删 4、改 0、更正 3。" in line for line in texts(shown, "民警甲"))
    with both_stages.world.db.write() as session:
        late = copies.add(session, 1, "play", chat.id, CopyKind.TEXT, None, both_stages.world.now(), topic=TOPIC)
        change = changes.latest(session, TOPIC, both_stages.world.now())
        assert change is not None
        deal.go_on_with(session, change, copies.get(session, late), CallKind.SEND, both_stages.world.now())
        assert copies.get(session, late).state is CopyState.CORRECTED, "what stands there corrects this one, too"
    assert both_stages.play.pump() == []


def test_a_group_that_is_gone_is_named_as_out_of_reach(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    _publish(stage)
    stage.play.pump()

    async def gone(self: object, chat: str, platform_id: str) -> None:
        raise ChatGone("kicked")

    monkeypatch.setattr(type(stage.play.console), "delete", gone)
    _take_back(stage)
    assert any("4 个联系不上" in line for line in texts(stage.play.pump(), "民警甲"))


def test_at_its_end_a_notice_is_edited_where_it_stands(stage: Stage) -> None:
    groups = _publish(stage)
    stage.play.pump()
    _take_back(stage, close=True)
    shown = stage.play.pump()
    assert sorted(one.chat for one in shown if one.what == "edited" and one.text == "已撤回") == sorted(groups)


def test_an_update_edits_the_old_copies_and_a_recall_still_reaches_them(stage: Stage) -> None:
    groups = _publish(stage)
    stage.play.pump()
    with stage.world.db.write() as session:
        actions.update(
            session,
            stage.world.words,
            topic=TOPIC,
            lane=Lane.BULK,
            notice=Say(said("更正后的提醒")),
            now=stage.world.now(),
        )
    shown = stage.play.pump()
    assert sorted(one.chat for one in shown if one.text == "更正后的提醒") == sorted(groups)
    assert {one.what for one in shown} == {"edited"}
    _take_back(stage)
    assert any("删 4" in line for line in texts(stage.play.pump(), "民警甲"))


def test_an_account_that_cannot_take_back_gets_the_bare_notice_and_a_correction(stage: Stage) -> None:
    stage.play.console.can = Capabilities(edits=None, deletes=None, buttons=True)
    with stage.world.db.write() as session:
        stage.play.dispatcher.introduce(session)
    groups = _publish(stage, bare=Say(said("请私聊")))
    shown = stage.play.pump()
    assert [one.chat for one in shown if one.text == "请私聊"] == groups
    assert "防骗提醒" not in texts(shown)
    _take_back(stage)
    shown = stage.play.pump()
    assert [one.chat for one in shown if one.text == "已撤回"] == groups
    assert any("更正 4" in line for line in texts(shown, "民警甲"))


def test_an_update_of_what_is_queued_stays_bare_where_nothing_can_be_taken_back(both_stages: Stage) -> None:
    both_stages.play.console.can = Capabilities(edits=None, deletes=None, buttons=True)
    with both_stages.world.db.write() as session:
        both_stages.play.dispatcher.introduce(session)
    groups = _publish(both_stages, bare=Say(said("请私聊")))
    with both_stages.world.db.write() as session:
        actions.update(
            session,
            both_stages.world.words,
            topic=TOPIC,
            lane=Lane.BULK,
            notice=Say(said("带脸的新通报")),
            bare=Say(said("请私聊看新的")),
            now=both_stages.world.now(),
        )
    shown = both_stages.play.pump()
    assert "带脸的新通报" not in texts(shown)
    assert [one.chat for one in shown if one.text == "请私聊看新的"] == groups


def test_a_delivery_to_many_groups_is_queued_in_chunks(stage: Stage) -> None:
    with stage.world.db.write() as session:
        for number in range(450):
            chats.add(
                session, "play", f"群{number}", ChatKind.RESIDENTS, stage.world.now(), title=f"群{number}", area_id=1
            )
    _publish(stage, 10_000)
    shown = stage.play.pump()
    assert len([one for one in shown if one.text == "防骗提醒"]) == 454
    with stage.world.db.read() as session:
        assert changes.outcome(session, TOPIC).left == 454


def test_windows_of_an_account_are_kept_in_seconds(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        accounts.note(session, "x", now, edits=None, deletes=timedelta(hours=48), writes_first=False)
        account = accounts.named(session, "x")
        assert account is not None
        assert account.can_delete(now - timedelta(hours=47), now)
        assert not account.can_delete(now - timedelta(hours=49), now)
        assert not account.can_edit(now, now)


@pytest.mark.parametrize(
    ("edits", "deletes", "full"),
    [
        (None, None, False),
        (None, timedelta(hours=24), False),
        (timedelta(hours=48), timedelta(hours=48), False),
        (FOREVER, timedelta(hours=48), True),
        (None, timedelta(days=30), True),
    ],
)
def test_a_face_goes_only_where_it_can_be_taken_back_as_long_as_the_notice_stands(
    both_stages: Stage, edits: timedelta | None, deletes: timedelta | None, full: bool
) -> None:
    stage = both_stages
    with stage.world.db.write() as session:
        accounts.note(session, "play", stage.world.now(), edits=edits, deletes=deletes, writes_first=True)
    _publish(stage, count=2, bare=Say(said("照片请私聊机器人")))
    words = "防骗提醒" if full else "照片请私聊机器人"
    assert [one.text for one in stage.play.pump() if one.chat.endswith("居民群")] == [words] * 2


def test_where_nothing_can_be_edited_new_words_are_a_message_of_their_own_that_a_recall_reaches(
    both_stages: Stage,
) -> None:
    stage = both_stages
    stage.play.console.can = Capabilities(edits=None, deletes=timedelta(hours=24), buttons=True)
    with stage.world.db.write() as session:
        stage.play.dispatcher.introduce(session)
    groups = _publish(stage)
    stage.play.pump()
    with stage.world.db.write() as session:
        actions.update(
            session,
            stage.world.words,
            topic=TOPIC,
            lane=Lane.BULK,
            notice=Say(said("新的提醒")),
            now=stage.world.now(),
        )
    shown = stage.play.pump()
    assert sorted(one.chat for one in shown if one.what == "deleted") == sorted(groups), "the old words go"
    assert sorted(one.chat for one in shown if one.what == "sent" and "新的提醒" in one.text) == sorted(groups)
    assert all(one.text.startswith("【更正】") for one in shown if one.what == "sent" and "新的提醒" in one.text)
    assert stage.play.pump() == [], "once a chat, and the new copies are not dealt with by their own change"
    _take_back(stage)
    shown = stage.play.pump()
    assert sorted(one.chat for one in shown if one.what == "deleted") == sorted(groups)


def test_people_who_must_write_first_count_as_not_reached(both_stages: Stage) -> None:
    stage, now = both_stages, both_stages.world.now()
    with stage.world.db.write() as session:
        shut = chats.add(session, "play", "住户", ChatKind.PRIVATE, now, state=chats.ChatState.UNOPENED)
        closes = chats.at(session, "play", "居民丙")
        assert closes is not None
        for one in (shut, closes):
            chats.subscribe(session, one, 1, now)
        groups = [chat.id for chat in chats.groups(session, (ChatKind.RESIDENTS,))]
        actions.publish(
            session,
            stage.world.words,
            topic=TOPIC,
            name="n",
            lane=Lane.BULK,
            notice=Say(said("防骗提醒")),
            targets=[*groups, shut.id, closes.id],
            now=now,
            report_to=_reports(session),
        )
    stage.play.console.faults["居民丙"] = WindowClosed("window")
    shown = stage.play.pump()
    ended = next(one for one in reversed(shown) if one.chat == "民警甲")
    assert "4/6 个群和居民收到" in ended.text
    assert "0 个没发到，2 位居民未触达" in ended.text
    assert "补发" not in dict(ended.buttons), "only they themselves can mend that"
