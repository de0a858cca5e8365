"""To many groups nothing goes out by one person's one press, and everybody is told how long it takes."""

from dataclasses import replace

import pytest

from storage import accounts, chats
from storage.chats import ChatKind
from tests.support.stage import Stage, texts


@pytest.fixture
def wide(stage: Stage) -> Stage:
    """A station where an author alone may send to many groups of the team; 20 of them; one call a second."""
    stage.world.station = replace(stage.world.station, confirm_groups=500)
    stage.play.pump()
    now = stage.world.now()
    with stage.world.db.write() as session:
        accounts.note(session, "play", now, edits=None, deletes=None, writes_first=True, per_second=1)
        for n in range(20):
            for kind in (ChatKind.WORKERS, ChatKind.RESIDENTS):
                chats.add(session, "play", f"{kind}{n}", kind, now, title=f"{kind}{n}", area_id=1)
    return stage


def test_the_author_is_shown_the_number_again(wide: Stage) -> None:
    wide.say("所长", "预警 今晚有暴雨，请巡查河道")
    shown = wide.say("所长", "改范围 预1 全县 工作群")
    assert "24 个群" in shown[-1].text
    assert "约 30 秒发完" in shown[-1].text
    asked = wide.press("所长", shown[-1], "发送")
    assert texts(asked) == ["预1 要发给 望河县等 24 个群，约 30 秒发完。确定的话请点下面的按钮。"]
    sent = wide.press("所长", asked[0], "确定发给 24 个群")
    assert len([one for one in sent if "【防汛预警】" in one.text]) == 24


def test_a_number_that_has_changed_is_shown_anew(wide: Stage) -> None:
    wide.say("所长", "预警 今晚有暴雨，请巡查河道")
    wide.say("所长", "改范围 预1 全县 工作群")
    asked = wide.say("所长", "发送 预1 共23群")
    assert "要发给 望河县等 24 个群" in asked[0].text
    assert not any("【防汛预警】" in line for line in texts(asked))


def test_a_list_that_was_cut_says_so(wide: Stage) -> None:
    wide.say("所长", "预警 今晚有暴雨，请巡查河道")
    assert "……）" not in wide.say("所长", "改范围 预1 全县 工作群")[-1].text
    assert "……）" in wide.say("所长", "改范围 预1 全县 居民群 工作群")[-1].text


def test_widening_a_search_to_many_groups_shows_their_number_first(wide: Stage) -> None:
    wide.say("居民甲", "寻人 我爷爷80岁今天早上8点从水头村走失穿灰外套")
    shown = wide.say("民警甲", "核实 寻1 依法")
    offer = next(one for one in shown if "下一圈是柳溪镇" in one.text)
    assert "2 个群，几秒钟发完" in offer.text
    wide.press("民警甲", offer, "扩圈")
    asked = wide.say("指挥室", "扩圈 寻1")
    assert "要发到新的 44 个群，约 50 秒发完" in asked[0].text
    assert len(asked) == 1
    sent = wide.press("指挥室", asked[0], "扩圈")
    assert len([one for one in sent if "灰外套" in one.text]) == 44
