"""What is for private talk only stays there, whatever is said or pressed later."""

from handlers.dialogue.message import Quoted
from storage import areas, chats, incidents, people
from storage.chats import ChatState
from storage.incidents import IncidentKind
from tests.support.stage import Stage, texts

TEAM = "大侯村网格群"
GROUP = "大侯村居民群"


def test_an_addition_that_describes_a_person_hides_the_report(stage: Stage) -> None:
    stage.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    shown = stage.say("居民甲", "补充 报1 是个穿黑色外套的男子砸的", GROUP)
    assert not any("黑色" in one.text or "报1" in one.text for one in shown if one.chat.endswith("群"))
    assert any("已收到，谢谢" in one for one in texts(shown, GROUP))
    assert any("已补充到 报1" in one for one in texts(shown, "居民甲"))
    card = next(one for one in shown if one.chat == TEAM)
    assert card.what == "edited"
    pressed = stage.press("民警甲", card, "接单")
    assert any("黑色外套" in one for one in texts(pressed, "民警甲"))
    assert not texts(pressed, GROUP)


def test_an_outcome_that_describes_a_person_is_told_privately(stage: Stage) -> None:
    stage.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    shown = stage.say("民警甲", "办结 报1 抓到了砸灯的光头男子")
    assert not any("光头" in one.text for one in shown if one.chat.endswith("群"))
    assert any("光头" in one for one in texts(shown, "居民甲"))


def test_closing_a_tip_in_the_group_names_nothing(stage: Stage) -> None:
    told = stage.say("居民甲", "线索 3号楼车棚有人撬锁")
    card = next(one for one in told if one.chat == TEAM)
    stage.press("民警甲", card, "接单")
    answer = Quoted(card.message_id, from_bot=True, text=card.text)
    asked = stage.say("民警甲", "/办结", TEAM, reply_to=answer)
    assert any("查得怎么样" in one for one in texts(asked, "民警甲"))
    assert all("线1" not in one for one in texts(asked, TEAM))
    shown = stage.say("民警甲", "/办结 已核实过了", TEAM, reply_to=answer)
    assert "已私聊回复您。" in texts(shown, TEAM)
    assert all("线1" not in one and "核实" not in one for one in texts(shown, TEAM))
    sent = stage.say("民警甲", "答复 线1 第1稿")
    assert all("线1" not in one and "核实" not in one for one in texts(sent, TEAM))
    assert any("线1 查实了" in one for one in texts(sent, "居民甲"))


def test_handing_on_a_tip_in_the_group_asks_privately(stage: Stage) -> None:
    told = stage.say("居民甲", "线索 3号楼车棚有人撬锁")
    card = next(one for one in told if one.chat == TEAM)
    answer = Quoted(card.message_id, from_bot=True, text=card.text)
    shown = stage.say("网格员甲", "/转派", TEAM, reply_to=answer)
    assert any("线1 转给谁" in one for one in texts(shown, "网格员甲"))
    assert all("线1" not in one for one in texts(shown, TEAM))


def test_two_tips_about_one_thing_are_merged_without_a_word(stage: Stage) -> None:
    stage.say("居民甲", "线索 3号楼车棚昨晚有人撬锁偷电瓶")
    told = stage.say("居民乙", "线索 3号楼车棚昨晚有人撬锁偷了电瓶")
    card = next(one for one in told if one.chat == TEAM)
    assert "可能" not in card.text
    pressed = stage.press("民警甲", card, "接单")
    assert any("可能与 线1" in one for one in texts(pressed, "民警甲"))
    shown = stage.say("民警甲", "/合并 线2 线1", TEAM)
    assert "好的，已合并。" in texts(shown, TEAM)
    assert all("线" not in one or "线索" in one for one in texts(shown, TEAM))
    assert any("合并一起办" in one and "线1" not in one for one in texts(shown, "居民乙"))


def test_a_report_merged_into_a_tip_does_not_name_it(stage: Stage) -> None:
    stage.say("居民甲", "线索 3号楼车棚昨晚有人撬锁")
    stage.say("居民乙", "上报3号楼车棚门锁坏了", GROUP)
    shown = stage.say("民警甲", "合并 报1 线1")
    assert not any("线1" in one.text for one in shown if one.chat.endswith("群"))
    assert any("报1" in one for one in texts(shown, GROUP))


def test_a_finder_whose_group_is_gone_is_told_privately(stage: Stage) -> None:
    stage.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", GROUP)
        assert chat is not None
        chats.set_state(session, chat.id, ChatState.GONE, stage.world.now())
    shown = stage.say("网格员甲", "接单 报1")
    assert any("报1 已有人接单" in one for one in texts(shown, "居民甲"))


def test_where_no_team_has_a_group_the_people_hear_it(stage: Stage) -> None:
    with stage.world.db.write() as session:
        for name in (TEAM, "派出所警务群"):
            chat = chats.at(session, "play", name)
            assert chat is not None
            chats.set_state(session, chat.id, ChatState.GONE, stage.world.now())
    shown = stage.say("居民甲", "上报 水头村村口路灯坏了")
    assert any("报1 待接单" in one for one in texts(shown, "网格员甲"))
    assert any("报1 待接单" in one for one in texts(shown, "民警甲"))
    shown = stage.say("网格员甲", "接单 报1")
    assert any("您接了" in one for one in texts(shown, "网格员甲"))
    shown = stage.later(minutes=65)
    assert not shown


def test_a_desk_without_a_group_hears_it_privately(stage: Stage) -> None:
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", "综合指挥室群")
        assert chat is not None
        chats.set_state(session, chat.id, ChatState.GONE, stage.world.now())
    stage.say("居民甲", "上报 水头村村口路灯坏了")
    stage.later(minutes=15)
    assert any("1小时" in one for one in texts(stage.later(minutes=45), "指挥室"))


def test_somebody_who_belongs_nowhere_is_heard(stage: Stage) -> None:
    with stage.world.db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        people.revoke_all(session, person.id)
        county = areas.all_of(session)[0].id
    stage.say("居民甲", "上报 路灯坏了")
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        assert incident.area_id == county


def test_a_stale_step_of_the_ladder_is_put_away(stage: Stage) -> None:
    stage.say("居民甲", "上报 水头村村口路灯坏了")
    stage.say("网格员甲", "接单 报1")
    with stage.world.db.write() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        incident.next_at = stage.world.now()
    assert not stage.later(minutes=1)
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        assert incident.next_at is None


def test_a_long_list_says_how_many_are_left(stage: Stage) -> None:
    for number in range(14):
        stage.say("居民甲", f"上报 {number + 1}号楼门口路灯坏了")
    assert any("还有 2 件" in one for one in texts(stage.say("网格员甲", "待办"), "网格员甲"))


def test_progress_of_what_is_done_says_how(stage: Stage) -> None:
    stage.say("居民甲", "上报水头村村口路灯坏了", GROUP)
    stage.say("网格员甲", "办结 报1 已换灯泡，大侯村58号门口")
    public = stage.say("居民甲", "进度 报1", GROUP)
    assert any("已换灯泡" in one and "58号" not in one for one in texts(public, GROUP))


def test_an_answer_with_nothing_in_it_is_asked_for_again(stage: Stage) -> None:
    stage.say("居民甲", "上报")
    shown = stage.say("居民甲", "\x07")
    assert any("没看到内容" in one for one in texts(shown, "居民甲"))
