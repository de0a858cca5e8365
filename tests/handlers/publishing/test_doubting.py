"""Calls in doubt: who hears of them, what is shown of them, and that both answers twice are kindly taken."""

from sqlalchemy import select

from jobs.channel import Unsure
from storage import chats, claims, contents, outbox
from storage.lanes import Lane
from storage.outbox import OutboxRow, OutboxState
from tests.support.stage import Stage, texts

LOST = Unsure("no answer")


def _send(stage: Stage, *lost: str) -> list[int]:
    """A warning of 民警甲 whose copies to these groups nobody can tell arrived; the calls' numbers."""
    stage.play.console.faults.update(dict.fromkeys(lost, LOST))
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.play.console.faults.clear()
    return _unsure(stage)


def _unsure(stage: Stage) -> list[int]:
    with stage.world.db.read() as session:
        return list(
            session.scalars(select(OutboxRow.id).where(OutboxRow.state == OutboxState.UNSURE).order_by(OutboxRow.id))
        )


def _last(stage: Stage, who: str, says: str) -> str:
    return texts(stage.say(who, says), who)[-1]


def test_sending_again_twice_and_letting_be_twice(both_stages: Stage) -> None:
    stage = both_stages
    one, two = _send(stage, "商户群", "义警群")
    shown = stage.say("民警甲", "待确认")
    assert [label for label, _ in shown[0].buttons] == [f"重发 {one}", f"不管 {one}", f"重发 {two}", f"不管 {two}"]
    shown = stage.press("民警甲", shown[0], f"重发 {one}")
    assert [row.chat for row in shown if "【反诈提醒】" in row.text] == ["商户群"]
    assert "已经发到了" in _last(stage, "民警甲", f"重发 {one}")
    assert "不管了" in _last(stage, "民警甲", f"不管 {two}")
    assert "已经选过不管" in _last(stage, "民警甲", f"不管 {two}")
    assert _last(stage, "民警甲", "待确认") == "没有待确认的消息。"
    assert "已经发到了" in _last(stage, "民警甲", f"不管 {one}")


def test_what_is_let_be_stays_in_doubt_in_every_count(stage: Stage) -> None:
    (one,) = _send(stage, "商户群")
    stage.say("民警甲", f"不管 {one}")
    assert "不能确定 1" in _last(stage, "民警甲", "通报 反1")
    report = [row for row in stage.say("民警甲", "发送情况 反1") if row.file]
    assert "· 商户群：不能确定（已看过），已有人看过，选了不管" in report[0].text
    shown = stage.say("民警乙", "撤回 反1")
    assert any("3/3 已处理：删 2、改 0、更正 1" in line for line in texts(shown, "民警乙"))


def test_it_may_be_sent_again_after_all(stage: Stage) -> None:
    (one,) = _send(stage, "商户群")
    stage.say("民警甲", f"不管 {one}")
    shown = stage.say("民警甲", f"重发 {one}")
    assert [row.chat for row in shown if "【反诈提醒】" in row.text] == ["商户群"]


def test_what_was_taken_back_or_has_no_words_left_is_not_sent_again(stage: Stage) -> None:
    one, two = _send(stage, "商户群", "义警群")
    with stage.world.db.write() as session:
        row = outbox.get(session, one)
        content = session.get_one(contents.Content, row.content_id)
        kept, content.wrapped = content.wrapped, None
    assert "原话已按期限删除" in _last(stage, "民警甲", f"重发 {one}")
    with stage.world.db.write() as session:
        session.get_one(contents.Content, outbox.get(session, one).content_id).wrapped = kept
    stage.say("民警乙", "撤回 反1")
    assert "不能重发" in _last(stage, "民警甲", f"重发 {two}")
    with stage.world.db.write() as session:
        outbox.get(session, two).expires_at = stage.world.now()
    assert "已过有效时间" in _last(stage, "民警甲", f"重发 {two}")


def test_the_words_sent_again_are_the_corrected_ones(stage: Stage) -> None:
    (one,) = _send(stage, "商户群")
    stage.say("民警甲", "更正 反1 冒充快递理赔诈骗高发，不要转账")
    stage.say("民警乙", "批准 反1")
    shown = stage.say("民警甲", f"重发 {one}")
    assert ["快递理赔" in row.text for row in shown if row.chat == "商户群"] == [True]


def test_numbers_of_others_cannot_be_walked(stage: Stage) -> None:
    (one,) = _send(stage, "商户群")
    answers = {_last(stage, "民警丙", f"重发 {number}").replace(str(number), "N") for number in (one, 1, 99999)}
    assert answers == {"没有第 N 条待确认的消息。发“待确认”可以看到编号。"}
    assert _unsure(stage) == [one]


def test_a_crash_is_told_once_to_the_officers_and_shows_nobodys_words(both_stages: Stage) -> None:
    stage = both_stages
    with stage.world.db.write() as session:
        talk = chats.at(session, "play", "居民甲")
        assert talk is not None
        content = contents.keep(session, b"{}", (), stage.world.now())
        row_id = outbox.put(session, talk, "k", stage.world.now(), lane=Lane.REPLY, content_id=content)
        assert row_id is not None
        assert claims.claim(session, row_id, 1, stage.world.now(), outbox.CallKind.SEND) is not None
        assert claims.recover(session, "play", stage.world.now()) == (0, 1)
    assert texts(stage.play.pump()) == ["有 1 条消息不能确定是否发到，请回复“待确认”查看。"]
    assert stage.play.pump() == []
    assert stage.later(minutes=20) == []
    listed = _last(stage, "民警甲", "待确认")
    assert f"{row_id}｜11月18日 10:20｜私聊｜答复" in listed
    assert "居民甲" not in listed
    assert _last(stage, "民警丙", "待确认") == "没有待确认的消息。"


def test_a_few_at_a_time(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        group = chats.at(session, "play", "大侯村网格群")
        assert group is not None
        for n in range(12):
            content = contents.keep(session, b"{}", (), now)
            row_id = outbox.put(session, group, f"k{n}", now, lane=Lane.REMINDER, content_id=content)
            assert row_id is not None
            claims.claim(session, row_id, 1, now, outbox.CallKind.SEND)
        claims.recover(session, "play", now)
    first = next(one for one in stage.say("民警甲", "待确认") if one.chat == "民警甲")
    assert "有 12 条" in first.text
    assert first.text.count("｜提醒") == 5
    second = stage.press("民警甲", first, "往后看")[-1]
    assert "第 6—10 条" in second.text
    assert "第 11—12 条" in stage.press("民警甲", second, "往后看")[-1].text


def test_many_doubts_in_a_row_are_told_together(stage: Stage) -> None:
    _send(stage, "商户群")
    stage.play.console.faults["商户群"] = LOST
    stage.later(minutes=1)
    stage.say("民警甲", "反诈 冒充快递理赔诈骗高发，不要转账")
    stage.say("民警甲", "发送 反2")
    shown = stage.say("民警乙", "批准 反2")
    assert not any("不能确定是否发到" in line for line in texts(shown, "派出所警务群"))
    shown = stage.later(minutes=10)
    assert texts(shown, "派出所警务群") == ["有 2 条消息不能确定是否发到，请回复“待确认”查看。"]
    assert stage.later(hours=3) == []
