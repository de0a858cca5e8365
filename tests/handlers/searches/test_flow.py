"""Searches in what dialogues cannot say: restarts, sightings, copies of old, photos erased, channels of other kinds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.console import ACCOUNT, Shown
from bot.play import Play
from handlers.dialogue.message import MediaRef
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import actor_of
from handlers.dialogue.world import Station
from handlers.searches import actions, telling, views
from jobs.channel import FOREVER, Capabilities
from storage import audit, chats, incidents, media, people, searches
from storage.chats import ChatState
from storage.incidents import IncidentKind
from storage.lanes import Lane
from storage.media import MediumState
from storage.purposes import Purpose
from storage.searches import Search, SearchState
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, make_stage, texts

ANSWERS = ("我奶奶王秀英", "78岁", "今天早上8点水头村菜市场", "蓝棉袄，白头发", "老年痴呆")
PHOTO = (MediaRef("photo", "photo", "image/jpeg", 4000),)


def report(stage: Stage, consent: str = "同意发布", blob: bytes | None = None, age: str = "78岁") -> None:
    """居民甲 reports with first words that hold most answers, photo included."""
    stage.play.console.files["photo"] = photo_bytes() if blob is None else blob
    stage.say("居民甲", f"寻人 我奶奶王秀英，{age}，今天早上8点从水头村走失，穿蓝棉袄，白头发", media=PHOTO)
    for words in (*(["不知道"] if not age else []), "老年痴呆", consent):
        stage.say("居民甲", words)


def publish(stage: Stage, consent: str = "同意发布") -> list[Shown]:
    report(stage, consent)
    return stage.say("民警甲", "核实 寻1")


def able(stage: Stage, can: Capabilities) -> None:
    """The console becomes a channel of another kind."""
    stage.play.console.can = can
    with stage.world.db.write() as session:
        stage.play.dispatcher.introduce(session)


def the_search(stage: Stage) -> Search:
    with stage.world.db.read() as session:
        found = searches.numbered(session, 1)
        assert found is not None
        return found


def tell(stage: Stage, who: str, words: str, pictures: int = 0) -> list[Shown]:
    """Somebody tells of a sighting, as the tips' side records it."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        search = searches.numbered(session, 1)
        person = people.named(session, who)
        assert search is not None
        assert person is not None
        incident = incidents.add(
            session,
            IncidentKind.TIP,
            Purpose.MISSING,
            search.area_id,
            words,
            now,
            expires_at=now + timedelta(days=90),
            origin={"person": person.id},
            teller_id=person.id,
            search_id=search.id,
        )
        stage.play.console.files["seen"] = photo_bytes()
        source = {"account": ACCOUNT, "ref": "seen", "mime": "image/jpeg", "size": 4000, "duration": 0}
        wanted = [media.want(session, media.MediumKind.PHOTO, source, now) for _ in range(pictures)]
        incidents.attach(session, incident, wanted)
        says = actions.sighting(session, stage.world.words, search, incident, now)
        post(session, stage.world.words, says, Cause(f"test:{incident.id}"), now)
    return stage.play.pump()


def test_restart_in_the_middle_of_the_talk(both_stages: Stage) -> None:
    stage = both_stages
    for words in ("寻人", *ANSWERS[:3]):
        stage.say("居民甲", words)
    again = Stage(stage.world, stage.clock, Play.of(stage.world, "another process"))
    stage.clock.move(seconds=5)
    shown = again.say("居民甲", ANSWERS[3])
    assert any("5/7" in one for one in texts(shown, "居民甲"))
    edited = next(one for one in shown if one.chat == "民警甲")
    assert edited.what == "edited"
    assert all(word in edited.text for word in ("王秀英", "78岁", "08:00", "蓝棉袄"))
    assert the_search(stage).state is SearchState.DRAFT


def test_the_first_question_waits_for_a_talk_never_opened(stage: Stage) -> None:
    with stage.world.db.write() as session:
        person = people.named(session, "居民甲")
        assert person is not None
        private = chats.private_of(session, person.id)
        assert private is not None
        chats.set_state(session, private.id, ChatState.UNOPENED, stage.world.now())
    in_group = stage.say("居民甲", "寻人", "大侯村居民群")
    assert [one.chat for one in in_group] == ["大侯村居民群"]
    opened = stage.say("居民甲", "我奶奶")
    assert any("1/7" in one for one in texts(opened, "居民甲"))
    assert any("2/7" in one for one in texts(opened, "居民甲"))


def test_a_photo_that_cannot_be_opened_holds_nothing_up(stage: Stage) -> None:
    report(stage, blob=b"no picture at all")
    stage.later(minutes=30)
    search = the_search(stage)
    with stage.world.db.read() as session:
        assert media.get(session, search.medium_id or 0).state is MediumState.FAILED
    shown = stage.say("民警甲", "核实 寻1")
    notice = next(one for one in shown if one.chat == "大侯村居民群")
    assert not notice.photo
    assert "寻1" in notice.text


def test_sightings_become_one_time_line_and_their_tellers_stay_unseen(stage: Stage) -> None:
    publish(stage)
    first = tell(stage, "居民乙", "九点多在桥头看见一个穿蓝棉袄的老人")
    assert {one.chat for one in first} == {"民警甲"}
    assert sum("新线索" in one for one in texts(first)) == 1
    second = tell(stage, "居民丙", "8点半在菜市场门口见过她", pictures=2)
    line = next(one for one in second if one.what == "edited")
    assert "2 条，2 人" in line.text
    assert line.text.index("菜市场") < line.text.index("桥头"), "by the time said, not by the time told"
    assert "2 张图" in line.text
    assert any(one.photo for one in second)
    third = tell(stage, "居民乙", "又看到她往水头村走")
    assert any("3 条，2 人" in one for one in texts(third))
    assert not any(
        name in one for one in texts([*first, *second, *third]) for name in ("居民乙", "居民丙", "线1", "线2")
    )
    asked = stage.say("民警甲", "线索汇总 寻1", "派出所警务群")
    assert not any("桥头" in one for one in texts(asked, "派出所警务群"))
    assert any("3 条，2 人" in one and "桥头" in one for one in texts(asked, "民警甲"))
    refused = stage.say("居民乙", "线索汇总 寻1")
    assert "社区民警" in refused[0].text


def test_no_question_to_widen_while_somebody_has_seen_her(stage: Stage) -> None:
    publish(stage)
    stage.clock.move(minutes=40)
    tell(stage, "居民乙", "在桥头看见她")
    assert not any("扩大到" in one for one in texts(stage.later(minutes=20)))
    stage.say("所长", "复核 寻1")
    assert any("扩大到柳溪镇" in one for one in texts(stage.later(hours=1), "民警甲"))


def test_tellers_are_thanked_once_each_when_found(stage: Stage) -> None:
    publish(stage)
    tell(stage, "居民乙", "在桥头看见她")
    tell(stage, "居民乙", "还在桥头")
    shown = stage.say("民警甲", "找到 寻1")
    assert len(texts(shown, "居民乙")) == 1
    late = tell(stage, "居民乙", "桥头那位是她吗")
    assert any("已结束" in one for one in texts(late, "民警甲"))


def test_the_photo_is_erased_three_days_after_the_end(stage: Stage) -> None:
    publish(stage)
    medium_id = the_search(stage).medium_id or 0
    stage.say("民警甲", "找到 寻1")
    stage.later(days=2, hours=23)
    with stage.world.db.read() as session:
        assert media.blob_of(session, medium_id) is not None
    stage.later(hours=1)
    with stage.world.db.read() as session:
        assert media.blob_of(session, medium_id) is None
        assert media.get(session, medium_id).state is MediumState.ERASED
    assert the_search(stage).medium_id is None
    assert stage.later(days=30) == []


def test_copies_too_old_to_delete_are_edited_without_photo_or_name(stage: Stage) -> None:
    able(stage, Capabilities(edits=FOREVER, deletes=timedelta(hours=48), buttons=True, photo=True))
    publish(stage)
    stage.clock.move(hours=49)
    shown = stage.say("民警甲", "找到 寻1")
    edited = [one for one in shown if one.what == "edited" and "请勿再转发" in one.text]
    assert {one.chat for one in edited} == {"大侯村居民群", "大侯村网格群", "商户群", "义警群"}
    assert not any(one.photo or "王" in one.text for one in edited)
    assert any("4/4" in one for one in texts(shown, "民警甲"))


@pytest.mark.parametrize(
    ("age", "consent", "photo", "name"),
    [
        ("78岁", "同意发布", False, "王奶奶"),
        ("78岁", "同意可留", True, "王奶奶"),
        ("9岁", "同意可留", False, "一名女孩"),
        ("", "同意可留", False, "一名女士"),
    ],
)
def test_where_no_copy_can_be_taken_back(stage: Stage, age: str, consent: str, photo: bool, name: str) -> None:
    able(stage, Capabilities(edits=None, deletes=None, buttons=True, photo=True))
    report(stage, consent, age=age)
    shown = stage.say("民警甲", "核实 寻1")
    notice = next(one for one in shown if one.chat == "大侯村居民群")
    assert notice.photo is photo
    assert name in notice.text
    assert "王秀英" not in notice.text
    assert ("照片请私聊机器人回复 寻1" in notice.text) is not photo
    asked = stage.say("居民乙", "寻1")
    assert asked[0].photo is photo


def test_withdrawn_by_any_officer_from_any_state(stage: Stage) -> None:
    publish(stage)

    def withdraw(who: str) -> list[Shown]:
        now = stage.world.now()
        with stage.world.db.write() as session:
            search, person = searches.numbered(session, 1), people.named(session, who)
            assert search is not None
            assert person is not None
            says: list[Say] = actions.withdraw(session, stage.world.words, actor_of(session, person.id), search, now)
            mine = [one if one.person or one.chat else _to(one, person.id) for one in says]
            post(session, stage.world.words, mine, Cause(f"test:{now}:{who}"), now)
        return stage.play.pump()

    shown = withdraw("所长")
    assert sum(one.what == "deleted" for one in shown) == 4
    assert any("4/4" in one for one in texts(shown, "所长"))
    assert any("撤回" in one for one in texts(shown, "民警甲"))
    assert any("撤下" in one for one in texts(shown, "居民甲"))
    assert the_search(stage).state is SearchState.CANCELLED
    stage.clock.move(minutes=1)
    assert not any(one.what == "deleted" for one in withdraw("民警甲"))
    assert stage.say("民警甲", "扩圈 寻1")[0].text.startswith("寻1 已经结束")


def _to(one: Say, person: int) -> Say:
    return Say(one.text, buttons=one.buttons, person=person)


def test_a_talk_nobody_finishes_lapses_after_a_day(stage: Stage) -> None:
    for words in ("寻人", "我奶奶"):
        stage.say("居民甲", words)
    for _ in range(23):
        stage.later(hours=1)
    shown = stage.later(hours=1)
    assert the_search(stage).state is SearchState.CANCELLED
    assert any("没有报完" in one for one in texts(shown, "民警甲"))
    assert any("寻人" in one for one in texts(shown, "居民甲"))


def test_the_message_that_began_it_may_be_changed(stage: Stage) -> None:
    stage.say("居民甲", "寻人 我奶奶78岁走失了", message_id="m1")
    shown = stage.say("居民甲", "寻人 我奶奶78岁走失了，可能去了桥头，13912345678", kind="edited", message_id="m1")
    told = next(one for one in shown if one.chat == "民警甲")
    assert told.what == "edited"
    assert "桥头" in told.text
    assert "13912345678" in told.text


def test_what_the_family_adds_later_reaches_the_officer_only(stage: Stage) -> None:
    publish(stage)
    now = stage.world.now()
    with stage.world.db.write() as session:
        search, person = searches.numbered(session, 1), people.named(session, "居民甲")
        assert search is not None
        assert person is not None
        says = actions.supplement(session, actor_of(session, person.id), search, "她爱去河边，电话13800001111", now)
        post(session, stage.world.words, says, Cause("test"), now)
    shown = stage.play.pump()
    assert {one.chat for one in shown} == {"民警甲"}
    assert "河边" in shown[0].text
    assert "13800001111" in shown[0].text


def test_every_decision_stands_in_the_audit_chain(stage: Stage) -> None:
    publish(stage)
    stage.say("民警甲", "更正 寻1 红棉袄")
    stage.say("民警甲", "扩圈 寻1")
    stage.say("民警甲", "找到 寻1")
    with stage.world.db.read() as session:
        entries = session.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.id)).all()
    about_it = [one for one in entries if one.topic == "search:1" and one.action != "view"]
    kept = ["search.publish", "send", "search.correct", "search.widen", "send", "search.found"]
    assert [one.action for one in about_it] == kept
    assert not any("王" in str(one.detail) for one in entries)


def test_notices_overtake_and_closings_overtake_them(stage: Stage) -> None:
    publish(stage)
    search = the_search(stage)
    with stage.world.db.read() as session:
        assert views.notice(session, search, stage.world.now().tzinfo).topic is None
        shown = actions.show(session, actor_of(session, 1), search, stage.world.now())
    assert [(one.topic, one.lane) for one in shown] == [("search:1", Lane.LIFE)]
    assert search.expires_at - stage.world.now() <= timedelta(days=7)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Stage]:
    """A station whose searches live for two hours."""
    yield from make_stage(tmp_path, station=Station(search_lives=timedelta(hours=2)))


def test_an_unverified_search_is_not_kept_for_ever(quick: Stage) -> None:
    report(quick)
    for _ in range(8):
        shown = quick.later(minutes=15)
    assert the_search(quick).state is SearchState.CANCELLED
    assert any("收" in one for one in texts(shown, "民警甲"))


def test_where_no_group_is_bound_the_officer_hears_it_and_may_widen(stage: Stage) -> None:
    report(stage)
    with stage.world.db.write() as session:
        for group in chats.groups(session, telling.PUBLISHED_TO):
            chats.set_state(session, group.id, ChatState.GONE, stage.world.now())
    shown = stage.say("民警甲", "核实 寻1")
    assert any("还没有绑定的群" in one for one in texts(shown, "民警甲"))
    assert the_search(stage).state is SearchState.PUBLISHED
    assert "最大范围" in stage.say("民警甲", "扩圈 寻1")[0].text


def test_found_before_it_was_published(stage: Stage) -> None:
    report(stage)
    shown = stage.say("居民甲", "找到 寻1")
    assert any("家属说" in one for one in texts(shown, "民警甲"))
    late = stage.later(minutes=10)
    assert any("没有人确认" in one for one in texts(late, "指挥室"))
    done = stage.say("民警甲", "寻1 找到")
    assert any("没有发过群" in one for one in texts(done, "民警甲"))
    assert any("已确认找到" in one for one in texts(done, "居民甲"))
    assert not texts(done, "大侯村居民群")


def test_several_searches_need_their_number(stage: Stage) -> None:
    stage.say("居民甲", "寻人 我奶奶78岁走失了")
    stage.say("居民乙", "寻人 我儿子9岁走失了")
    assert "寻1" in stage.say("民警甲", "找到")[0].text
    assert "寻2" in stage.say("民警甲", "找到")[0].text


def test_a_position_answers_where(stage: Stage) -> None:
    for words in ("寻人", "我奶奶", "78岁"):
        stage.say("居民甲", words)
    shown = stage.say("居民甲", location=(36.1234567, 113.7654321))
    assert any("4/7" in one for one in texts(shown, "居民甲"))
    told = next(one for one in shown if one.chat == "民警甲")
    assert "36.12346,113.76543" in told.text


def test_answers_far_too_long_change_nothing(stage: Stage) -> None:
    stage.say("居民甲", "寻人")
    shown = stage.say("居民甲", "我奶奶" * 3000)
    assert any("500" in one for one in texts(shown, "居民甲"))
    assert any("1/7" in one for one in texts(shown, "居民甲"))
    assert {one.chat for one in shown} == {"居民甲"}


def test_a_long_time_line_leaves_out_the_oldest(stage: Stage) -> None:
    publish(stage)
    for number in range(views.TIMELINE_MOST + 2):
        stage.clock.move(minutes=1)
        shown = tell(stage, "居民乙", f"在{number}号路口看见她" + "走得很慢" * 40)
    line = next(one for one in shown if one.what == "edited")
    assert "更早的 2 条略" in line.text
    assert len(line.text) < 4096


def test_a_minor_vanishes_within_ten_minutes_of_the_familys_word(stage: Stage) -> None:
    report(stage, age="9岁")
    stage.say("民警甲", "核实 寻1")
    stage.say("居民乙", "寻1")
    stage.say("居民甲", "找到 寻1")
    shown = stage.later(minutes=5)
    assert sorted(one.chat for one in shown if one.what == "deleted") == sorted(
        ["大侯村居民群", "大侯村网格群", "商户群", "义警群", "居民乙"]
    )
    assert any("没有人确认" in one for one in texts(shown, "指挥室"))
    asked = stage.say("居民乙", "寻1")
    assert not asked[0].photo
    assert "已结束" in asked[0].text
    again = stage.say("民警甲", "核实 寻1")
    assert sum(one.photo for one in again) == 4
    done = stage.say("民警甲", "找到 寻1")
    assert sum(one.what == "deleted" for one in done) == 4


def test_an_old_button_publishes_nobody_who_was_found(stage: Stage) -> None:
    report(stage)
    stage.say("居民甲", "找到 寻1")
    shown = stage.say("民警甲", "核实 寻1")
    assert {one.chat for one in shown} == {"民警甲"}
    assert "家属说人已找到" in shown[0].text
    assert any(one.chat == "大侯村居民群" for one in stage.say("民警甲", "核实 寻1"))


def test_saying_it_again_in_the_middle_adds_to_it(stage: Stage) -> None:
    stage.say("居民甲", "寻人 我奶奶78岁走失了")
    shown = stage.say("居民甲", "/寻人 她可能去了桥头", "大侯村居民群")
    assert any("桥头" in one for one in texts(shown, "民警甲"))
    assert not any("桥头" in one for one in texts(shown, "大侯村居民群"))
    assert any("已补进" in one for one in texts(shown, "居民甲"))
