"""Time and disputes: a long sleep, many processes, nights; and when a record's time is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from jobs import callbacks as asking
from jobs import clock, disputes, ladders, retention, supervisions
from storage import cases, keys, people
from storage import disputes as room
from storage.callbacks import Callback, CallbackAsk, CallbackState
from storage.cases import CaseNote
from storage.disputes import DisputeState
from storage.ladders import LadderRow
from storage.moments import Moments
from tests.support.stage import Stage, texts

TEAM = "大侯村网格群"


def a_dispute(stage: Stage) -> None:
    """Told by a resident, followed by the grid worker."""
    stage.say("居民甲", "纠纷 王大毛和赵铁柱因为地界，水头村上街微网格")
    stage.say("网格员甲", "跟踪 纠1")


def test_every_clock_ticks() -> None:
    ticks = set(clock.all_ticks().values())
    assert {ladders.tick, asking.tick, supervisions.tick, disputes.tick} <= ticks


def test_after_a_long_sleep_every_rung_hears_it_once(both_stages: Stage) -> None:
    a_dispute(both_stages)
    shown = both_stages.later(days=60)
    reached = [one.split("升级到")[1].split("（到时")[0] for one in texts(shown) if "请接手办理" in one]
    assert sorted(reached) == ["社区（村）", "社区（村）", "网格", "镇", "镇"]
    assert sum("超期" in one for one in texts(shown)) == 1
    assert sum("该跟踪了" in one for one in texts(shown)) == 1
    with both_stages.world.db.read() as session:
        row = session.scalars(select(LadderRow)).one()
        assert (row.rung, row.over, row.climbs, row.next_at) == ("town", True, 3, None)
    assert not any("升级" in one for one in texts(both_stages.later(days=30)))


def test_two_processes_that_tick_at_once_say_it_once(both_stages: Stage) -> None:
    a_dispute(both_stages)
    both_stages.clock.move(days=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ladders.tick(both_stages.world), range(4)))
    shown = both_stages.play.pump()
    assert sum("升级到网格" in one for one in texts(shown, "辅警甲")) == 1


def test_nobody_is_called_back_at_night(stage: Stage) -> None:
    a_dispute(stage)
    stage.later(hours=13)
    stage.say("网格员甲", "达成 纠1 以老地界为准")
    assert not any("满意" in one for one in texts(stage.later(days=7, minutes=5)))
    assert any("满意吗" in one for one in texts(stage.later(hours=8)))


def test_who_has_left_is_not_asked_and_the_record_still_ends(stage: Stage) -> None:
    stage.say("居民甲", "上报 水头村村口路灯坏了")
    stage.say("网格员甲", "接单 报1")
    stage.say("网格员甲", "办结 报1 修好了")
    shown = stage.say("居民甲", "退出")
    stage.press("居民甲", shown[-1], "确定退出")
    for days in (7, 3, 3):
        assert not any("满意" in one for one in texts(stage.later(days=days)))
    with stage.world.db.read() as session:
        assert session.scalars(select(Callback.state)).all() == [CallbackState.UNANSWERED]
        assert session.scalars(select(Moments.called_at)).all() == [None]


def test_what_is_told_of_a_tip_is_never_asked_about(stage: Stage) -> None:
    stage.say("居民甲", "线索 3号楼车棚昨晚有人撬锁")
    stage.say("民警甲", "接单 线1")
    stage.say("民警甲", "办结 线1 已查实")
    stage.say("民警甲", "答复 线1 第1稿")
    with stage.world.db.read() as session:
        assert session.scalars(select(Callback.id)).all() == []


def test_after_a_year_words_names_and_askers_are_gone(stage: Stage) -> None:
    a_dispute(stage)
    stage.say("网格员甲", "调解记 纠1 谈了一次")
    stage.say("网格员甲", "达成 纠1 以老地界为准")
    for days in (7, 3, 3):
        stage.later(days=days)
    with stage.world.db.read() as session:
        row = session.get_one(room.Dispute, 1)
        assert row.state is DisputeState.CLOSED
        key_id, proof = row.key_id, row.agreement_hash
    stage.clock.move(days=364)
    retention.sweep(stage.world, stage.world.now())
    with stage.world.db.read() as session:
        assert cases.numbered(session, room.Dispute, 1) is not None
    stage.clock.move(days=2)
    retention.sweep(stage.world, stage.world.now())
    with stage.world.db.read() as session:
        assert cases.numbered(session, room.Dispute, 1) is None
        gone = session.get_one(room.Dispute, 1)
        assert (gone.number, gone.state, gone.agreement_hash) == (1, DisputeState.CLOSED, proof)
        assert session.get(keys.DataKey, key_id) is None
        assert session.scalars(select(CaseNote.id)).all() == []
        assert set(session.scalars(select(CallbackAsk.who_digest)).all()) == {""}
    assert any("没有查到 纠1" in one for one in texts(stage.say("网格员甲", "进度 纠1")))


def test_what_is_forgotten_while_it_still_runs_says_nothing_more(stage: Stage) -> None:
    a_dispute(stage)
    stage.say("平安办甲", "督办 纠1")
    with stage.world.db.write() as session:
        row = session.get_one(room.Dispute, 1)
        row.expires_at = stage.world.now() + timedelta(minutes=1)
    stage.clock.move(minutes=11)
    retention.sweep(stage.world, stage.world.now())
    assert [one.text for one in stage.later(days=60) if "纠1" in one.text] == []


def test_who_told_of_it_leaves_and_nothing_points_to_them(stage: Stage) -> None:
    a_dispute(stage)
    assert any("纠1 正在调解" in one for one in texts(stage.say("居民甲", "我的数据")))
    assert any("纠1" in one for one in texts(stage.say("居民甲", "删除我")))
    stage.say("居民甲", "删除我 确定")
    with stage.world.db.read() as session:
        row = session.get_one(room.Dispute, 1)
        assert (row.left, row.teller_digest, cases.origin_of(session, row)) == (True, None, {})
        assert row.private is not None, "the two sides are still to be helped"
    stage.say("网格员甲", "终止 纠1 双方已搬走")
    stage.clock.move(minutes=11)
    retention.sweep(stage.world, stage.world.now())
    with stage.world.db.read() as session:
        assert session.get_one(room.Dispute, 1).private is None


def test_what_is_over_goes_at_once_with_who_told_it(stage: Stage) -> None:
    a_dispute(stage)
    stage.say("网格员甲", "终止 纠1 双方已搬走")
    stage.say("居民甲", "删除我 确定")
    with stage.world.db.read() as session:
        assert cases.numbered(session, room.Dispute, 1) is None


def test_nobody_leaves_with_a_dispute_in_hand(stage: Stage) -> None:
    a_dispute(stage)
    assert any("转派 纠1" in one for one in texts(stage.say("网格员甲", "删除我 确定")))
    stage.say("网格员甲", "转派 纠1 调解员甲")
    with stage.world.db.read() as session:
        assert people.name_of(session, session.get_one(room.Dispute, 1).handler_id or 0) == "调解员甲"


def test_a_hold_keeps_it(stage: Stage) -> None:
    a_dispute(stage)
    stage.say("网格员甲", "终止 纠1 双方已起诉")
    held = texts(stage.say("所长", "保留 纠1 30天 法院要调取"))
    assert any("纠1" in one for one in held), held
    with stage.world.db.write() as session:
        session.get_one(room.Dispute, 1).expires_at = stage.world.now()
    stage.clock.move(minutes=11)
    retention.sweep(stage.world, stage.world.now())
    with stage.world.db.read() as session:
        assert cases.numbered(session, room.Dispute, 1) is not None
