"""Reports with more than words: voice, place, albums, a picture sent before; and input out of bounds."""

from datetime import timedelta

import pytest

from handlers.dialogue.message import MediaRef, Quoted
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import actor_of
from handlers.dialogue.wording import said
from handlers.incidents import about
from storage import areas, bulletins, chats, incidents, people, searches
from storage.bulletins import BulletinKind, BulletinState
from storage.chats import ChatState
from storage.incidents import Incident, IncidentKind, IncidentState
from storage.purposes import Purpose
from storage.searches import SearchState
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, texts

TEAM = "大侯村网格群"
GROUP = "大侯村居民群"


def _photo(stage: Stage, ref: str = "p1") -> MediaRef:
    stage.play.console.files[ref] = photo_bytes()
    return MediaRef("photo", ref, "image/jpeg", 4000)


def _number(stage: Stage, kind: IncidentKind, number: int) -> Incident:
    with stage.world.db.read() as session:
        found = incidents.numbered(session, kind, number)
        assert found is not None
        return found


def _none_kept(stage: Stage) -> bool:
    with stage.world.db.read() as session:
        return not any(incidents.numbered(session, kind, 1) for kind in IncidentKind)


def test_a_transcript_is_the_text(stage: Stage) -> None:
    voice = MediaRef("voice", "v1", "audio/ogg", 900, 5, transcript="水头村村口路灯坏了")
    stage.play.console.files["v1"] = b"OggS"
    shown = stage.say("居民甲", "上报", media=(voice,))
    assert any("路灯坏了" in one for one in texts(shown, TEAM))
    assert not any("语音" in one for one in texts(shown, "居民甲"))


def test_a_voice_nobody_wrote_down_goes_to_the_worker(stage: Stage) -> None:
    stage.play.console.files["v1"] = b"OggS"
    shown = stage.say("居民甲", "上报", media=(MediaRef("voice", "v1", "audio/ogg", 900, 5),))
    assert any("语音已转给网格员" in one for one in texts(shown, "居民甲"))
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        assert len(incidents.media_of(session, incident)) == 1


def test_a_location_is_for_the_taker_alone(stage: Stage) -> None:
    shown = stage.say("居民甲", "隐患 井盖坏了", location=(35.123456, 112.987654))
    assert not any("35.1" in one or "112.9" in one for one in texts(shown))
    pressed = stage.press("网格员甲", next(one for one in shown if one.chat == TEAM), "接单")
    assert any("35.12346" in one for one in texts(pressed, "网格员甲"))
    assert not any("35.1" in one for one in texts(pressed, TEAM))


def test_an_album_belongs_to_its_report(stage: Stage) -> None:
    stage.say("居民甲", "隐患 水头村村口电线断了", media=(_photo(stage, "a1"),), album="alb")
    shown = stage.say("居民甲", "", media=(_photo(stage, "a2"),), album="alb")
    assert [one.chat for one in shown if one.photo] == [TEAM]
    assert not texts(shown, "居民甲")
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.HAZARD, 1)
        assert incident is not None
        assert len(incidents.media_of(session, incident)) == 2


def test_an_album_of_a_tip_reaches_the_taker_only(stage: Stage) -> None:
    shown = stage.say("居民甲", "线索 3号楼车棚有人撬锁", media=(_photo(stage, "a1"),), album="alb")
    shown += stage.say("居民甲", "", media=(_photo(stage, "a2"),), album="alb")
    assert not any(one.photo for one in shown)
    card = next(one for one in shown if one.chat == TEAM)
    pressed = stage.press("民警甲", card, "接单")
    assert [one.chat for one in pressed if one.photo] == ["民警甲"]
    shown = stage.say("居民甲", "", media=(_photo(stage, "a3"),), album="alb")
    assert [one.chat for one in shown if one.photo] == ["民警甲"]


def test_a_picture_sent_before_becomes_the_hazard(stage: Stage) -> None:
    asked = stage.say("居民甲", "", media=(_photo(stage),))
    question = next(one for one in asked if one.buttons)
    label = next(label for label, does in question.buttons if does.startswith("隐患"))
    shown = stage.press("居民甲", question, label)
    assert any("已记下 隐1" in one for one in texts(shown, "居民甲"))
    assert any(one.photo for one in shown if one.chat == TEAM)


@pytest.mark.parametrize("chat", [None, GROUP])
def test_ten_thousand_characters_are_refused(stage: Stage, chat: str | None) -> None:
    shown = stage.say("居民甲", "/上报 " + "水头村村口路灯坏了" * 1112, chat)
    assert any("1000 字以内" in one for one in texts(shown))
    assert _none_kept(stage)


def test_an_edit_out_of_bounds_changes_nothing(stage: Stage) -> None:
    stage.say("居民甲", "上报 水头村村口路灯坏了", message_id="m1")
    shown = stage.say("居民甲", "上报 " + "坏" * 1200, kind="edited", message_id="m1")
    assert any("1000 字以内" in one for one in texts(shown))
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, IncidentKind.MATTER, 1)
        assert incident is not None
        assert incidents.text_of(session, incident) == "水头村村口路灯坏了"


def test_an_outcome_out_of_bounds_changes_nothing(stage: Stage) -> None:
    stage.say("居民甲", "上报 水头村村口路灯坏了")
    shown = stage.say("网格员甲", "办结 报1 " + "好" * 600)
    assert any("500 字以内" in one for one in texts(shown))
    assert _number(stage, IncidentKind.MATTER, 1).state is IncidentState.OPEN


def test_control_characters_are_not_kept(stage: Stage) -> None:
    shown = stage.say("居民甲", "上报 水头村\x07村口\u202e路灯坏了")
    assert any("水头村村口路灯坏了" in one for one in texts(shown, TEAM))


def test_only_control_characters_are_nothing(stage: Stage) -> None:
    shown = stage.say("居民甲", "/上报 \x07\x07", GROUP)
    assert any("例如：上报" in one for one in texts(shown, GROUP))
    assert _none_kept(stage)


def test_an_answer_too_long_is_asked_for_again(stage: Stage) -> None:
    stage.say("居民甲", "上报")
    shown = stage.say("居民甲", "坏" * 2000)
    assert any("1000 字以内" in one for one in texts(shown, "居民甲"))
    shown = stage.say("居民甲", "水头村村口路灯坏了")
    assert any("已记下 报1" in one for one in texts(shown, "居民甲"))


def test_the_offered_words_are_reported_where_the_platform_hands_them_over(stage: Stage) -> None:
    offer = stage.say("居民甲", "3号楼着火了快来人啊", GROUP)[0]
    does = next(does for label, does in offer.buttons if label == "是")
    original = Quoted(offer.message_id, from_bot=True, text="3号楼着火了快来人啊", sender_id="居民甲")
    shown = stage.play.say("居民乙", does, GROUP, kind="button", reply_to=original)
    assert any("求1" in one and "着火" in one and "代别人报" in one for one in texts(shown, TEAM))
    assert any("求1" in one for one in texts(shown, GROUP))
    assert _number(stage, IncidentKind.HELP, 1).on_behalf


def test_nothing_of_an_offer_is_kept(stage: Stage) -> None:
    stage.say("居民甲", "3号楼着火了快来人啊", GROUP)
    assert _none_kept(stage)


def _search(stage: Stage) -> int:
    now = stage.world.now()
    with stage.world.db.write() as session:
        area, officer = areas.named(session, "大侯村"), people.named(session, "民警甲")
        assert area is not None
        assert officer is not None
        search = searches.add(session, Purpose.MISSING, area.id, {}, now, expires_at=now + timedelta(days=7))
        searches.move(session, search, SearchState.REPORTED)
        searches.move(session, search, SearchState.PUBLISHED, verified_by=officer.id, verified_at=now)
        return search.id


def test_a_sighting_joins_its_search(both_stages: Stage) -> None:
    stage = both_stages
    search_id = _search(stage)
    shown = stage.say("居民甲", "线索 寻1 刚才在菜市场看到，穿蓝棉袄", GROUP)
    assert any("已收到，谢谢" in one for one in texts(shown, GROUP))
    assert not any("蓝棉袄" in one.text or "线1" in one.text for one in shown if one.chat.endswith("群"))
    assert any("蓝棉袄" in one for one in texts(shown, "民警甲"))
    assert not texts(shown, TEAM)
    assert _number(stage, IncidentKind.TIP, 1).search_id == search_id
    shown = stage.say("居民甲", "补充 线1 往东走了")
    assert any("往东走了" in one for one in texts(shown, "民警甲"))
    assert not any(one.chat.endswith("群") for one in shown)


def test_a_sighting_can_be_told_in_two_steps(stage: Stage) -> None:
    _search(stage)
    shown = stage.say("居民甲", "线索 寻1")
    assert any("在哪里" in one for one in texts(shown, "居民甲"))
    shown = stage.say("居民甲", "刚才在菜市场看到")
    assert any("菜市场" in one for one in texts(shown, "民警甲"))
    assert _number(stage, IncidentKind.TIP, 1).search_id is not None


def test_an_answer_to_a_search_notice_is_a_sighting(stage: Stage) -> None:
    search_id = _search(stage)
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", GROUP)
        assert chat is not None
        notice = Say(said("寻人启事"), chat=chat.id, topic=f"search:{search_id}")
        post(session, stage.world.words, [notice], Cause("notice"), stage.world.now())
    shown = stage.play.pump()
    answer = Quoted(shown[0].message_id, from_bot=True, text=shown[0].text)
    shown = stage.say("居民甲", "刚才在菜市场门口看到了，往东走", GROUP, reply_to=answer)
    assert texts(shown, GROUP) == ["已收到，谢谢。"]
    assert any("菜市场" in one for one in texts(shown, "民警甲"))
    assert _number(stage, IncidentKind.TIP, 1).search_id == search_id


def test_a_button_without_words_asks_for_them(stage: Stage) -> None:
    _search(stage)
    shown = stage.play.say("居民甲", "线索 寻1", GROUP, kind="button")
    assert any(one.what == "answer" and "回复那条消息" in one.text and "线索 寻1" in one.text for one in shown)
    assert not texts([one for one in shown if one.what == "sent"])


def test_a_wrong_search_is_told_which_are_open(stage: Stage) -> None:
    search_id = _search(stage)
    shown = stage.say("居民甲", "线索 寻7 刚才在菜市场看到")
    assert any("没有 寻7" in one and "寻1" in one for one in texts(shown, "居民甲"))
    with stage.world.db.write() as session:
        searches.move(session, searches.get(session, search_id), SearchState.FOUND)
    shown = stage.say("居民甲", "线索 寻1 刚才在菜市场看到")
    assert any("寻1 已经找到" in one for one in texts(shown, "居民甲"))
    assert _none_kept(stage)


def test_an_answer_to_a_notice_reaches_its_author(stage: Stage) -> None:
    now = stage.world.now()
    with stage.world.db.write() as session:
        area, author = areas.named(session, "大侯村"), people.named(session, "民警乙")
        assert area is not None
        assert author is not None
        bulletin = bulletins.add(
            session,
            BulletinKind.WARNING,
            Purpose.WARNING,
            area.id,
            author.id,
            {},
            [],
            now,
            expires_at=now + timedelta(days=7),
        )
        bulletins.move(session, bulletin, BulletinState.APPROVED)
        bulletins.move(session, bulletin, BulletinState.LIVE)
        topic, author_id = bulletin.topic, author.id
    shown = stage.say("居民甲", "线索 预1 昨晚也看到了那辆车", GROUP)
    assert any("那辆车" in one for one in texts(shown, "民警乙"))
    assert not any("那辆车" in one.text for one in shown if one.chat.endswith("群"))
    with stage.world.db.read() as session:
        search, found = about.meant(session, actor_of(session, author_id), (), topic)
        assert search is None
        assert found is not None
        assert about.meant(session, actor_of(session, author_id), (), "incident:1") == (None, None)
    shown = stage.say("居民甲", "补充 线1 是白色的车")
    assert any("白色" in one for one in texts(shown, "民警乙"))


def test_a_taker_who_has_not_opened_the_private_talk_is_led_there(stage: Stage) -> None:
    shown = stage.say("居民甲", "线索 3号楼车棚有人撬锁")
    card = next(one for one in shown if one.chat == TEAM)
    with stage.world.db.write() as session:
        officer = people.named(session, "民警甲")
        assert officer is not None
        private = chats.private_of(session, officer.id)
        assert private is not None
        chats.set_state(session, private.id, ChatState.UNOPENED, stage.world.now())
    pressed = stage.press("民警甲", card, "接单")
    assert not texts([one for one in pressed if one.what == "sent"], "民警甲")
    led = [one for one in pressed if one.chat == TEAM and one.what == "sent"]
    assert [label for label, _ in led[0].buttons] == ["私聊查看"]
    assert "线1" not in led[0].text
    opened = stage.say("民警甲", "进度 线1")
    assert any("撬锁" in one for one in texts(opened, "民警甲"))


def test_somebody_else_in_danger_is_a_call_for_help(stage: Stage) -> None:
    shown = stage.say("居民甲", "代报 3号楼王大爷晕倒了")
    assert any("120" in one for one in texts(shown, "居民甲"))
    assert _number(stage, IncidentKind.HELP, 1).on_behalf


def test_an_outcome_asked_for_too_late_ends_the_question(stage: Stage) -> None:
    stage.say("居民甲", "上报 水头村村口路灯坏了")
    stage.say("网格员甲", "接单 报1")
    stage.say("网格员甲", "办结 报1")
    stage.say("民警甲", "办结 报1 已换灯泡")
    shown = stage.say("网格员甲", "我也去过了")
    assert any("已办结" in one for one in texts(shown, "网格员甲"))
    assert any("没有待办" in one for one in texts(stage.say("网格员甲", "待办"), "网格员甲"))


def test_a_search_that_ended_meanwhile_ends_the_question(stage: Stage) -> None:
    search_id = _search(stage)
    stage.say("居民甲", "线索 寻1")
    with stage.world.db.write() as session:
        searches.move(session, searches.get(session, search_id), SearchState.FOUND)
    shown = stage.say("居民甲", "刚才在菜市场看到")
    assert any("寻1 已经找到" in one for one in texts(shown, "居民甲"))
    assert _none_kept(stage)


def test_how_a_search_stands_is_answered_privately(stage: Stage) -> None:
    _search(stage)
    shown = stage.say("居民甲", "/进度 寻1", GROUP)
    assert any("已私聊回复" in one for one in texts(shown, GROUP))
    assert texts(shown, "居民甲")
    shown = stage.say("居民甲", "进度 反4")
    assert any("没有 反4" in one for one in texts(shown, "居民甲"))


def test_the_family_can_say_more_about_a_search(stage: Stage) -> None:
    _search(stage)
    assert any("没有 寻9" in one for one in texts(stage.say("居民甲", "补充 寻9 戴帽子"), "居民甲"))
    assert any("例如" in one for one in texts(stage.say("民警甲", "补充 寻1"), "民警甲"))
    assert any("戴帽子" in one for one in texts(stage.say("民警甲", "补充 寻1 戴帽子"), "民警甲"))
