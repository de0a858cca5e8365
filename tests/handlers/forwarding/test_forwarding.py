"""What people pass on by hand: no face or full name in their hands, nothing asked for what is taken back, true sums."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.console import Shown
from bot.play import Play
from handlers.dialogue.say import Say
from handlers.dialogue.wording import said
from handlers.publishing import actions
from storage import accounts, calls, changes, chats, people
from storage.changes import Outcome
from storage.chats import Chat, ChatKind
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from tests.support.stage import Stage

TOPIC, KEEPER, GROUP = "bulletin:1", "网格员甲", "大侯村微信群"
FULL, BARE = "走失：王秀英，78岁", "走失：王某，78岁"


def _officer(session: Session) -> int:
    officer = people.named(session, "民警甲")
    assert officer is not None
    chat = chats.private_of(session, officer.id)
    assert chat is not None
    return chat.id


def _keep(stage: Stage, *names: str, who: str = KEEPER) -> None:
    for name in names or (GROUP,):
        assert "登记好了" in stage.say(who, f"登记群 {name}")[0].text


def _targets(session: Session, groups: int) -> list[int]:
    """The relay's groups and so many of residents."""
    relay = accounts.relaying(session)
    assert relay is not None
    own = session.scalars(select(Chat.id).where(Chat.account == relay.name).order_by(Chat.id)).all()
    others = [one.id for one in chats.groups(session, (ChatKind.RESIDENTS,)) if one.id not in own]
    return [*own, *others[:groups]]


def _publish(stage: Stage, groups: int = 1) -> list[Shown]:
    _queue(stage, groups)
    return stage.play.pump()


def _queue(stage: Stage, groups: int, lane: Lane = Lane.LIFE) -> None:
    with stage.world.db.write() as session:
        actions.publish(
            session,
            stage.world.words,
            topic=TOPIC,
            name="n1",
            lane=lane,
            notice=Say(said(FULL)),
            bare=Say(said(BARE)),
            targets=_targets(session, groups),
            now=stage.world.now(),
            report_to=_officer(session),
        )


def _correct(stage: Stage) -> list[Shown]:
    with stage.world.db.write() as session:
        actions.update(
            session,
            stage.world.words,
            topic=TOPIC,
            lane=Lane.LIFE,
            notice=Say(said(f"{FULL}，穿红衣")),
            bare=Say(said(f"{BARE}，穿红衣")),
            now=stage.world.now(),
        )
    return stage.play.pump()


def _recall(stage: Stage) -> list[Shown]:
    _begin_recall(stage)
    return stage.play.pump()


def _begin_recall(stage: Stage) -> None:
    with stage.world.db.write() as session:
        actions.take_back(
            session,
            stage.world.words,
            topic=TOPIC,
            closing=said("已撤回"),
            lane=Lane.RECALL,
            now=stage.world.now(),
            report_to=_officer(session),
        )


def _outcome(stage: Stage) -> Outcome:
    with stage.world.db.read() as session:
        return changes.outcome(session, TOPIC)


def _tally(stage: Stage) -> calls.Tally:
    with stage.world.db.read() as session:
        return calls.tally(session, 1)


def _asks(shown: list[Shown], label: str, who: str = KEEPER) -> list[Shown]:
    return [one for one in shown if one.chat == who and label in [name for name, _ in one.buttons]]


def test_a_correction_gives_nobody_the_full_name_to_pass_on(stage: Stage) -> None:
    _keep(stage)
    shown = _publish(stage)
    (ask,) = _asks(shown, "已转发")
    shown = _correct(stage)
    for one in shown:
        assert not (one.chat == KEEPER and "王秀英" in one.text), shown
    assert [one.what for one in shown if one.chat == KEEPER and BARE in one.text and "红衣" in one.text] == ["sent"]
    assert [one.what for one in shown if one.chat == KEEPER and one.what == "deleted"] == ["deleted"], "old words go"
    assert "已经处理过" in stage.press(KEEPER, ask, "已转发")[0].text
    assert _outcome(stage).total == 2


def test_nobody_is_asked_again_to_pass_on_what_is_being_taken_back(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    (done,) = stage.press(KEEPER, ask, "已转发")[:1]
    (back,) = _asks(_recall(stage), "已撤回")
    shown = stage.press(KEEPER, done, "点错了")
    assert _asks(shown, "已转发") == [], shown
    assert any(one.chat == KEEPER and "不用处理" in one.text for one in shown)
    assert _outcome(stage).left == 0
    assert "已经处理过" in stage.press(KEEPER, back, "已撤回")[0].text


def test_pressed_by_mistake_in_the_moment_of_a_recall(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    (done,) = stage.press(KEEPER, ask, "已转发")[:1]
    _begin_recall(stage)
    does = next(does for name, does in done.buttons if name == "点错了")
    shown = stage.say(KEEPER, does)
    assert _asks(shown, "已转发") == [], shown
    (back,) = _asks(shown, "没转发")
    stage.press(KEEPER, back, "没转发")
    assert (_outcome(stage).left, _outcome(stage).total) == (0, 1)
    assert (_tally(stage).sent, _tally(stage).stopped) == (1, 1), "it never was in that group, so nobody sent it there"


def test_an_answer_to_a_request_that_was_made_anew_does_not_upset_the_sums(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    stage.later(hours=3)
    assert _tally(stage).unsure == 1
    with stage.world.db.read() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.state == OutboxState.UNSURE)).one()
    (anew,) = _asks(stage.say("所长", f"重发 {row.id}"), "已转发")
    assert "已经处理过" in stage.press(KEEPER, ask, "已转发")[0].text
    assert (_tally(stage).asked, _tally(stage).by_hand) == (1, 0)
    stage.press(KEEPER, anew, "已转发")
    assert (_tally(stage).asked, _tally(stage).by_hand, _tally(stage).sent) == (0, 1, 2)
    assert (_outcome(stage).total, _outcome(stage).left) == (2, 2)


def test_whoever_is_asked_about_several_copies_is_counted_for_all_of_them(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    stage.press(KEEPER, ask, "已转发")
    (ask,) = _asks(_correct(stage), "已转发")
    stage.press(KEEPER, ask, "已转发")
    shown = _recall(stage)
    report = [one.text for one in shown if one.chat == "民警甲"][-1]
    assert "等人撤回" in report
    assert "0 个联系不上" in report, report
    (back,) = _asks(shown, "已撤回")
    shown = stage.press(KEEPER, back, "已撤回")
    report = [one.text for one in shown if one.chat == "民警甲"][-1]
    assert "3/3" in report, report
    assert "系统 1，人工自报 2" in report


def test_names_of_groups_are_names_whatever_is_typed(stage: Stage) -> None:
    for name in ("水" * 60, "{key}群{0}", "<@all>群"):
        shown = stage.say(KEEPER, f"登记群 {name}")
        assert "登记好了" in shown[0].text, name
        (drop,) = [one for one in stage.say(KEEPER, "登记群") if one.chat == KEEPER]
        assert "登记" in drop.text
        gone = stage.press(KEEPER, shown[0], "不再负责")
        assert "不再请您转发" in gone[0].text, name


def test_an_unknown_area_is_told_with_an_example_of_this_command(stage: Stage) -> None:
    assert "登记群" in stage.say(KEEPER, "登记群 河边群 居民群 没有这个村")[0].text


def test_who_gave_a_group_up_is_still_asked_to_take_back_what_they_forwarded(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    stage.press(KEEPER, ask, "已转发")
    stage.say(KEEPER, f"登记群 {GROUP} 取消")
    shown = _recall(stage)
    assert len(_asks(shown, "已撤回")) == 1
    assert "1 个群等人撤回或更正" in [one.text for one in shown if one.chat == "民警甲"][-1]


def test_nobody_is_reminded_of_what_is_being_taken_back(stage: Stage) -> None:
    _keep(stage)
    _publish(stage)
    _begin_recall(stage)
    shown = stage.later(minutes=50)
    assert _asks(shown, "已转发") == []
    assert len(_asks(shown, "没转发")) == 1


def test_a_keeper_who_leaves_is_asked_no_more_and_nothing_hangs(stage: Stage) -> None:
    _keep(stage)
    _publish(stage)
    stage.say(KEEPER, "退出 确定")
    shown = stage.later(hours=3)
    assert [one for one in shown if one.chat == KEEPER] == []
    assert _tally(stage).asked == 0
    _recall(stage)
    shown = stage.later(hours=3)
    assert [one for one in shown if one.chat == KEEPER] == []
    assert _outcome(stage).left == 0


def test_whoever_takes_a_group_over_is_asked_to_take_back(stage: Stage) -> None:
    _keep(stage)
    (ask,) = _asks(_publish(stage), "已转发")
    stage.press(KEEPER, ask, "已转发")
    with stage.world.db.write() as session:
        other = people.named(session, "网格员乙")
        chat = session.scalars(select(Chat).where(Chat.title == GROUP)).one()
        assert other is not None
        chat.person_id = other.id
    shown = _recall(stage)
    assert _asks(shown, "已撤回") == []
    (back,) = _asks(shown, "已撤回", "网格员乙")
    assert "没有等您" in stage.say(KEEPER, "已撤回")[0].text
    stage.press("网格员乙", back, "已撤回")
    assert (_outcome(stage).left, _outcome(stage).by_hand) == (0, 1)


@pytest.mark.parametrize("lane", [Lane.LIFE, Lane.BULK])
def test_a_crash_on_the_way_to_a_keepers_hands_leaves_no_doubt(stage: Stage, lane: Lane) -> None:
    _keep(stage)
    _queue(stage, 0, lane)
    with stage.world.db.write() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.account == "relay")).one()
        assert row.state is OutboxState.QUEUED
        row.state, row.sending_at, row.attempts = OutboxState.SENDING, stage.world.now(), 1
    stage.play = Play.of(stage.world, "another")
    stage.clock.move(minutes=5)
    assert len(_asks(stage.play.pump(), "已转发")) == 1
    assert (_tally(stage).unsure, _tally(stage).asked) == (0, 1)
