"""What the weekly figures count of the watch: patrols, car doors, hours covered, volunteers; and of nobody by name."""

from sqlalchemy import func, select

from handlers.weekly.rules import Amount
from storage import areas
from storage.patrols import PatrolMember
from storage.shifts import ShiftClaim
from tests.support.figures import counted
from tests.support.stage import Stage


def of_county(stage: Stage, name: str) -> Amount:
    """The figure of the whole county up to now."""
    with stage.world.db.read() as session:
        everywhere = [one.id for one in areas.all_of(session)]
        now = stage.world.now()
        return counted(session, name, everywhere, now.replace(year=now.year - 1), now)


def test_patrols_and_car_doors(stage: Stage) -> None:
    for words in ("巡逻 现在 大侯村", "巡逻 结束 巡1", "巡逻 现在 大侯村", "巡逻 明天20点 大侯村", "巡逻 取消 巡3"):
        stage.say("网格员甲", words)
    for number, plate in enumerate(("晋E12345", "晋E12346", "晋E12347"), 1):
        stage.say("居民甲", f"车门 {plate} 大侯村第{number}排")
    stage.say("民警甲", "车门 已联系 车1")
    stage.say("民警甲", "车门 联系不上 车2")
    stage.say("居民甲", "车门 关好了 车3")
    stage.later(minutes=1)
    assert of_county(stage, "patrols") == Amount(1)
    assert of_county(stage, "cars") == Amount(1, 2)


def test_volunteers(stage: Stage) -> None:
    stage.say("居民甲", "志愿 大侯村 周末晚上")
    stage.say("居民乙", "志愿 水头村 随时")
    stage.say("民警甲", "同意志愿 志1")
    stage.later(minutes=1)
    assert of_county(stage, "volunteers") == Amount(1)
    stage.say("居民甲", "志愿 退出")
    assert of_county(stage, "volunteers") == Amount(0)


def test_hours_covered_and_nobody_left(stage: Stage) -> None:
    stage.say("民警甲", "排班 水头村 22点到6点 2人 排1天")
    stage.say("义警甲", "领班 班1 今晚")
    stage.say("义警乙", "领班 班1 1 11-18 22:00-02:00")
    assert of_county(stage, "shifts") == Amount(0, 0)
    for _ in range(21):
        stage.later(hours=1)
    assert of_county(stage, "shifts") == Amount(12, 16)
    with stage.world.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ShiftClaim)) == 0


def test_who_was_on_a_patrol_is_forgotten_a_day_later(stage: Stage) -> None:
    stage.say("网格员甲", "巡逻 现在 大侯村")
    stage.say("义警甲", "巡逻 参加 巡1")
    stage.say("网格员甲", "巡逻 结束 巡1")
    for hours, left in ((23, 1), (1, 0)):
        stage.later(hours=hours)
        with stage.world.db.read() as session:
            assert session.scalar(select(func.count()).select_from(PatrolMember)) == left
