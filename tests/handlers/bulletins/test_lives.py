"""What becomes of a bulletin: first copies too late, words changed under an approval, channels that keep copies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers.bulletins import actions, closing, drafting, views
from handlers.bulletins.views import Office
from handlers.dialogue.message import MediaRef
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import Catalogue
from jobs.bulletins import tick
from storage import areas, bulletins, chats, people, searches, sources
from storage.audit import START, AuditEntry
from storage.bulletins import Bulletin, BulletinKind, BulletinState
from storage.chats import ChatKind
from storage.purposes import Purpose
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, texts

FACTS = {
    "case": "柳公立字〔2026〕123号",
    "when": "昨天下午3点",
    "place": "水头村村口",
    "marks": "黑色外套、骑红色电动车，望河职业技术学院的人",
    "adult": "成年",
}
FRAUD = "反诈 冒充客服退款诈骗高发，不要转账"


def act(stage: Stage, who: str, what: Callable[[Office, Actor], Any]) -> Any:  # noqa: ANN401 - what `what` gives
    """Do something by the actions' door, without letting anything be sent."""
    with stage.world.db.write() as session:
        person = people.named(session, who)
        assert person is not None
        office = Office(session, stage.world.words, stage.world.station, stage.world.now())
        return what(office, actor_of(session, person.id))


def suspect(stage: Stage, media: tuple[int, ...] = ()) -> int:
    """A suspect notice asked for by 民警甲."""

    def draft(office: Office, actor: Actor) -> int:
        one = drafting.draft(office, actor, BulletinKind.SUSPECT, facts=FACTS, media=media)
        actions.submit(office, actor, one)
        return one.id

    number: int = act(stage, "民警甲", draft)
    return number


def approve(stage: Stage, bulletin_id: int, *who: str) -> None:
    """These people say yes."""
    for name in who:
        act(
            stage,
            name,
            lambda office, actor: closing.approve(office, actor, bulletins.get(office.session, bulletin_id)),
        )


def found(stage: Stage, bulletin_id: int = 1) -> Bulletin:
    """The bulletin as it stands."""
    with stage.world.db.read() as session:
        return bulletins.get(session, bulletin_id)


def test_no_copy_leaves_later_than_ten_minutes_after_the_approval(stage: Stage) -> None:
    number = suspect(stage)
    approve(stage, number, "民警乙", "所长")
    assert found(stage, number).state is BulletinState.LIVE
    shown = stage.later(minutes=10)
    assert found(stage, number).state is BulletinState.EXPIRED
    assert not any(one.chat == "大侯村居民群" for one in shown)
    assert any("没有在规定时间内" in text for text in texts(shown, "民警甲"))


def test_an_approval_just_before_night_does_not_let_copies_out_in_the_night(stage: Stage) -> None:
    stage.clock.move(hours=11, minutes=35)
    number = suspect(stage)
    approve(stage, number, "民警乙", "所长")
    shown = stage.later(minutes=6)
    assert not any(one.chat == "大侯村居民群" for one in shown)


def test_words_of_the_station_changed_under_an_approval_void_it(stage: Stage) -> None:
    number = suspect(stage)
    approve(stage, number, "民警乙")
    changed = {**stage.world.words.sentences, "bulletins.notice.suspect": "换了 {when}{place}{marks}{code}{until}"}
    stage.world.words = Catalogue(changed)
    approve(stage, number, "所长")
    assert found(stage, number).state is BulletinState.LAPSED
    assert not any(one.chat == "大侯村居民群" for one in stage.play.pump())


def test_a_group_that_became_public_stops_a_scheduled_bulletin(stage: Stage) -> None:
    stage.say("民警甲", "预警 明天9点 沿河巡查发现多起电动车被盗，请各网格留意")
    stage.say("民警甲", "改范围 预1 工作群")
    stage.say("民警甲", "发送 预1")
    assert found(stage).state is BulletinState.APPROVED
    with stage.world.db.write() as session:
        group = chats.at(session, "play", "大侯村网格群")
        assert group is not None
        assert group.area_id is not None
        chats.bind(session, group, ChatKind.RESIDENTS, group.area_id, stage.world.now())
    shown = stage.later(days=1)
    assert found(stage).state is BulletinState.LAPSED
    assert not any(one.chat == "大侯村网格群" for one in shown)


def test_a_channel_that_cannot_take_back_gets_no_face_and_no_school(stage: Stage) -> None:
    stage.play.console.can = replace(stage.play.console.can, edits=None, deletes=None)
    stage.play.console.files["photo"] = photo_bytes()
    for words in ("协查", FACTS["case"], FACTS["when"], FACTS["place"], FACTS["marks"], "成年"):
        stage.say("民警甲", words)
    stage.say("民警甲", media=(MediaRef("photo", "photo", "image/jpeg", 4000),))
    for words in ("本村", "24小时", "发送 协1"):
        stage.say("民警甲", words)
    stage.say("民警乙", "批准 协1")
    shown = [one for one in stage.say("所长", "批准 协1") if one.chat == "大侯村居民群"]
    assert len(shown) == 1
    assert not shown[0].photo
    assert "学院" not in shown[0].text
    assert "照片请私聊机器人回复 协1" in shown[0].text
    assert "黑色外套、骑红色电动车" in shown[0].text


def test_every_step_stands_in_the_audit_chain(stage: Stage) -> None:
    stage.say("民警甲", FRAUD)
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    stage.say("所长", "撤回 反1")
    stage.say("民警甲", f"{FRAUD}，一天内有效")
    stage.say("民警甲", "发送 反2")
    stage.say("民警乙", "批准 反2")
    stage.later(days=1)
    with stage.world.db.read() as session:
        chain = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.topic, one.action) for one in chain if str(one.topic).startswith("bulletin")] == [
        *(("bulletin:1", action) for action in ("ask", "approve", "send", "recall")),
        *(("bulletin:2", action) for action in ("ask", "approve", "send", "expire")),
    ]
    assert [one.previous for one in chain] == [START, *(one.hash for one in chain[:-1])]
    by_action = {one.action: one for one in chain if one.topic == "bulletin:1"}
    assert by_action["approve"].detail["content"] == by_action["send"].detail["content"]


def test_the_approver_is_shown_the_hash_that_is_sent_and_the_audit_head(stage: Stage) -> None:
    stage.say("民警甲", FRAUD)
    asked = next(text for text in texts(stage.say("民警甲", "发送 反1"), "所长") if "核对码" in text)
    one = found(stage)
    with stage.world.db.read() as session:
        head = session.scalars(select(AuditEntry).where(AuditEntry.action == "ask")).one().hash
        office = Office(session, stage.world.words, stage.world.station, stage.world.now())
        assert views.content_hash(office, one, bulletins.body_of(session, one)) == one.content_hash
    assert one.content_hash[:8] in asked
    assert head[:8] in asked


def test_many_team_groups_need_one_other(stage: Stage) -> None:
    stage.world.station = replace(stage.world.station, confirm_groups=3)
    stage.say("所长", "预警 有人冒充物业入室盗窃，请各网格留意")
    shown = stage.say("所长", "改范围 预1 全县 工作群")
    assert any("望河县等 4 个群" in text and "另一位民警批准" in text for text in texts(shown))


def test_another_picture_of_the_album_joins_the_draft(stage: Stage) -> None:
    stage.play.console.files["photo"] = photo_bytes()
    picture = (MediaRef("photo", "photo", "image/jpeg", 4000),)
    stage.say("民警甲", FRAUD, media=picture, album="a1", message_id="m1")
    shown = stage.say("民警甲", "", media=picture, album="a1", message_id="m2")
    assert any("【反诈提醒】" in text for text in texts(shown))
    with stage.world.db.read() as session:
        assert len(bulletins.body_of(session, bulletins.get(session, 1))["media"]) == 2
    stage.say("民警甲", "发送 反1")
    stage.say("民警乙", "批准 反1")
    assert stage.say("民警甲", "", media=picture, album="a1", message_id="m3") == []


def test_somebody_elses_edit_changes_nothing(stage: Stage) -> None:
    stage.say("民警甲", FRAUD, message_id="m1")
    with stage.world.db.write() as session:
        sources.note(session, "play|民警乙|m9", "bulletin:1", stage.world.now())
    assert stage.say("民警乙", "反诈 换成别的不要转账", kind="edited", message_id="m9") == []
    with stage.world.db.read() as session:
        assert "冒充客服" in bulletins.body_of(session, bulletins.get(session, 1))["text"]


def test_a_search_is_recalled_by_the_searches_own_door(stage: Stage) -> None:
    with stage.world.db.write() as session:
        area = areas.named(session, "大侯村")
        assert area is not None
        now = stage.world.now()
        searches.add(session, Purpose.MISSING, area.id, {}, now, expires_at=now + timedelta(days=1))
    shown = stage.say("民警甲", "撤回 寻1")
    assert any("寻1" in text for text in texts(shown, "民警甲"))
    with stage.world.db.read() as session:
        assert searches.get(session, 1).state is searches.SearchState.CANCELLED


def test_at_once_by_day_does_not_let_an_ordinary_warning_out_at_night(stage: Stage) -> None:
    stage.clock.move(hours=11, minutes=30)
    stage.say("民警甲", FRAUD)
    stage.say("民警甲", "发送 反1 现在")
    stage.later(minutes=30)
    shown = stage.say("民警乙", "批准 反1")
    assert any("11月19日 07:00" in text for text in texts(shown, "民警乙"))
    assert texts(shown, "大侯村居民群") == []


def test_an_edit_that_takes_the_danger_out_takes_the_night_back(stage: Stage) -> None:
    stage.clock.move(hours=13)
    stage.say("民警甲", "预警 上游泄洪，河边的人请马上撤离")
    stage.say("民警甲", "发送 预1 现在")
    stage.say("民警甲", "更正 预1 明天村里开会请大家准时到")
    asked = stage.say("民警乙", "批准 预1")
    shown = stage.press("民警乙", next(one for one in asked if one.buttons), "批准")
    assert any("11月19日 07:00" in text for text in texts(shown, "民警乙"))
    assert texts(shown, "大侯村居民群") == []


def test_an_edit_the_day_after_keeps_the_day_it_happened(stage: Stage) -> None:
    number = suspect(stage)

    def rewrite(office: Office, actor: Actor) -> str:
        one = bulletins.get(office.session, number)
        closing.correct(office, actor, one, "灰色夹克、骑红色电动车")
        when: str = bulletins.body_of(office.session, one)["facts"]["when_shown"]
        return when

    stage.clock.move(days=1)
    assert act(stage, "民警甲", rewrite) == "11月17日 15:00 前后"


def test_an_edit_back_to_the_first_words_does_not_bring_yeses_back(stage: Stage) -> None:
    number = suspect(stage)
    approve(stage, number, "民警乙")
    for marks in ("灰色夹克、骑红色电动车", FACTS["marks"]):
        act(
            stage,
            "民警甲",
            lambda office, actor, marks=marks: closing.correct(
                office, actor, bulletins.get(office.session, number), marks
            ),
        )
    seen = found(stage, number).content_hash[:8]
    act(
        stage,
        "所长",
        lambda office, actor: closing.approve(office, actor, bulletins.get(office.session, number), seen),
    )
    assert found(stage, number).state is BulletinState.WAITING


def test_a_tick_with_nothing_due_does_nothing(stage: Stage) -> None:
    assert tick(stage.world) == 0


@pytest.mark.parametrize("ending", ["驳回 协1 不行", "撤回 协1", "later"])
def test_the_face_shown_to_approvers_goes_with_a_notice_that_never_left(stage: Stage, ending: str) -> None:
    stage.play.console.files["photo"] = photo_bytes()
    for words in ("协查", FACTS["case"], FACTS["when"], FACTS["place"], FACTS["marks"], "成年"):
        stage.say("民警甲", words)
    stage.say("民警甲", media=(MediaRef("photo", "photo", "image/jpeg", 4000),))
    stage.say("民警甲", "本村")
    stage.say("民警甲", "24小时")
    asked = [one for one in stage.say("民警甲", "发送 协1") if one.photo]
    assert asked
    shown = stage.later(minutes=31) if ending == "later" else stage.say("所长", ending)
    gone = {one.message_id for one in shown if one.what in ("edited", "deleted") and not one.photo}
    assert {one.message_id for one in asked} <= gone


def test_a_long_list_turns_the_page(stage: Stage) -> None:
    for _ in range(15):
        suspect(stage)
    listed = stage.say("民警甲", "通报")[-1]
    assert (listed.text.count("协"), listed.buttons) == (15, ())
    suspect(stage)
    first = stage.say("民警甲", "通报")[-1]
    assert "现有通报 16 条，第 1—15 条" in first.text
    second = stage.press("民警甲", first, "往后看")[-1]
    assert "第 16—16 条" in second.text
    assert second.buttons == ()
    assert "协16" in first.text or "协16" in second.text
    shown = [line for one in (first, second) for line in one.text.splitlines() if line.startswith("协")]
    assert len(set(shown)) == 16
    assert stage.say("民警甲", "通报 2")[-1].text == second.text
    assert stage.say("民警甲", "通报 第９页")[-1].text == second.text
