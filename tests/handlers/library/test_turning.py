"""What the library owes: the yes is bound to the words, a picture outlives its notices, nobody hears two in a day."""

from datetime import timedelta

from sqlalchemy import select

from handlers.dialogue.message import MediaRef
from handlers.weekly.rules import Amount
from storage import areas, bulletins, library, media, people
from storage.bulletins import BulletinState
from storage.library import ItemState, LibraryItem, RotationState, Shelf
from storage.media import MediumState
from tests.support.figures import counted
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage

PUBLIC = ("大侯村居民群", "幸福社区居民群", "东岭村居民群", "阳光社区居民群", "商户群", "义警群")


def put_in(stage: Stage, who: str, words: str, yes: str, code: str) -> None:
    """Something stands in the library."""
    stage.say(who, words)
    stage.say(who, f"入库 {code}")
    stage.say(yes, f"批准 {code}")


def item(stage: Stage, number: int = 1) -> LibraryItem:
    """The item with this number."""
    with stage.world.db.read() as session:
        found = library.numbered(session, number)
        assert found is not None
        return found


def test_nobody_is_told_two_things_in_one_day(stage: Stage) -> None:
    """Three rotations over nested areas, both shelves, a notice by hand, one that waits for the morning: two weeks."""
    for number in range(1, 7):
        shelf = "反诈" if number % 2 else "普法"
        put_in(stage, "所长", f"入库 {shelf} 第{number}件要大家知道的事情", "教导员", f"库{number}")
    stage.say("居民甲", "订阅 大侯村")
    stage.say("所长", "反诈库 每天上午11点")
    stage.say("所长", "普法库 每周五上午11点")
    stage.say("民警甲", "普法库 每周四晚上11点")
    stage.say("民警甲", "反诈 今天有人冒充客服行骗")
    stage.say("民警甲", "发送 反1")
    days = [stage.say("所长", "批准 反1") + stage.later(hours=1), *(stage.later(days=1) for _ in range(13))]
    heard = [
        (day, one.chat)
        for day, shown in enumerate(days)
        for one in shown
        if one.chat in (*PUBLIC, "居民甲") and one.what == "sent" and one.text.startswith(("【反诈提醒】", "【普法】"))
    ]
    assert (0, "大侯村居民群") in heard
    assert {chat for _, chat in heard} == {*PUBLIC, "居民甲"}
    assert len(heard) == len(set(heard)) > 20


def test_what_goes_out_is_what_was_approved(stage: Stage) -> None:
    put_in(stage, "民警甲", "入库 反诈 刷单返利都是骗局", "所长", "库1")
    row = item(stage)
    stage.say("民警甲", "反诈库 每天上午11点")
    with stage.world.db.write() as session:
        found = session.get_one(LibraryItem, row.id)
        library.set_body(session, found, {"text": "请点这个链接", "media": []}, found.content_hash)
    shown = stage.later(hours=1)
    assert not any("点这个链接" in one.text for one in shown)
    assert any("反诈库里没有批准过的" in one.text for one in shown)


def test_its_bulletin_carries_the_yes_of_the_library_and_no_other_goes(stage: Stage) -> None:
    put_in(stage, "民警甲", "入库 反诈 刷单返利都是骗局", "所长", "库1")
    stage.say("民警甲", "反诈库 每天上午11点")
    stage.later(hours=1)
    with stage.world.db.read() as session:
        row = bulletins.in_state(session, [BulletinState.LIVE])[0]
        (given,) = bulletins.approvals(session, row)
        kept = library.numbered(session, 1)
        assert kept is not None
        assert given.person_id == kept.approved_by != row.author_id
        assert given.created_at == kept.approved_at


def test_a_picture_outlives_the_notices_that_showed_it_and_goes_with_its_item(stage: Stage) -> None:
    stage.play.console.files["photo"] = photo_bytes()
    stage.say("民警甲", "入库 反诈 刷单返利都是骗局", media=(MediaRef("photo", "photo", "image/jpeg", 4000),))
    stage.say("民警甲", "入库 库1")
    stage.say("所长", "批准 库1")
    stage.say("民警甲", "反诈库 每周三上午11点")
    stage.later(hours=1)
    stage.say("民警甲", "反诈库 停")
    for _ in range(4):
        stage.later(days=60)
    with stage.world.db.read() as session:
        (shown,) = session.scalars(select(library.LibraryMedium.medium_id)).all()
        assert media.get(session, shown).state is not MediumState.ERASED
    stage.say("民警甲", "出库 库1")
    stage.later(days=31)
    with stage.world.db.read() as session:
        assert media.get(session, shown).state is MediumState.ERASED
        gone = session.scalars(select(LibraryItem)).one()
        assert (gone.state, gone.body) == (ItemState.GONE, None)
    assert any("没有 库1" in one.text for one in stage.say("民警甲", "入库 库1"))


def test_a_rotation_nobody_answers_for_any_more_pauses(stage: Stage) -> None:
    put_in(stage, "民警甲", "入库 反诈 刷单返利都是骗局", "所长", "库1")
    stage.say("民警甲", "反诈库 每天上午11点")
    with stage.world.db.write() as session:
        person = people.named(session, "民警甲")
        assert person is not None
        people.revoke_all(session, person.id)
    shown = stage.later(hours=1)
    assert not any(one.chat in PUBLIC for one in shown)
    assert any("没人管了" in one.text for one in shown if one.chat == "所长")
    with stage.world.db.read() as session:
        area = areas.named(session, "大侯村")
        assert area is not None
        row = library.rotation_of(session, Shelf.FRAUD, area.id)
        assert row is not None
        assert row.state is RotationState.PAUSED
    assert any("接着轮播" in one.text for one in stage.say("所长", "反诈库 大侯村 继续"))


def test_pushes_and_reach_are_counted_with_their_whole(stage: Stage) -> None:
    since = stage.world.now()
    put_in(stage, "民警甲", "入库 反诈 刷单返利都是骗局", "所长", "库1")
    stage.say("民警甲", "反诈库 每周三上午11点")
    stage.later(hours=1)
    stage.later(days=3)
    until = since + timedelta(days=5)
    with stage.world.db.read() as session:
        county = areas.named(session, "望河县")
        assert county is not None
        whole = areas.subtree(session, county.id)
        assert counted(session, "fraud_pushes", whole, since, until) == Amount(1)
        assert counted(session, "fraud_reach", whole, since, until) == Amount(3, 6)
        assert counted(session, "law_pushes", whole, since, until) == Amount(0)
        assert counted(session, "fraud_reach", whole, until, until + timedelta(days=7)) == Amount(0, 0)
