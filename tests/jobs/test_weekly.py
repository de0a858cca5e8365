"""The week's figures in time: once, on the last working day before a holiday, not for weeks before the world began."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.channels.console import ACCOUNT, Shown
from jobs import weekly as clock
from storage import areas, people, weekly
from tests.support.stage import ZONE, Stage, texts

DESK = "综合指挥室群"


@pytest.fixture
def told(stage: Stage) -> Stage:
    """A stage on which the week's figures are told."""
    stage.world.station = replace(stage.world.station, weekly_at=time(16))
    stage.say("网格员甲", "隐患 水头村上街路灯坏了")
    return stage


def weeks_told(shown: list[Shown]) -> list[str]:
    return [one.splitlines()[1] for one in texts(shown, DESK) if one.startswith("【周报】")]


def at(stage: Stage, month: int, day: int, hour: int = 16, minute: int = 1, year: int = 2026) -> list[Shown]:
    """Go to this moment and let the clocks run."""
    stage.clock.moment = datetime(year, month, day, hour, minute, tzinfo=ZONE)
    return stage.play.pump()


def test_it_is_told_once_each_friday(told: Stage) -> None:
    assert weeks_told(at(told, 11, 20, 15, 59)) == []
    assert weeks_told(at(told, 11, 20)) == ["2026年11月13日（周五）至11月19日（周四）"]
    assert weeks_told(at(told, 11, 20, 16, 2)) == []
    assert weeks_told(at(told, 11, 26, 23)) == []
    assert weeks_told(at(told, 11, 27)) == ["2026年11月20日（周五）至11月26日（周四）"]


def test_two_processes_tell_it_once(told: Stage) -> None:
    """The second one had counted, too, before the first one had told."""
    told.clock.moment = datetime(2026, 11, 20, 16, 1, tzinfo=ZONE)
    assert clock.tick(told.world) == 1
    with told.world.db.write() as session:
        first = datetime(2026, 11, 13, tzinfo=UTC).date()
        assert not weekly.note_issue(session, first, None, told.clock.moment)
    assert clock.tick(told.world) == 0


def test_before_a_holiday_it_is_told_on_the_last_working_day(told: Stage) -> None:
    """1 January 2027 is a Friday: it is told on Thursday, as far as the week has come."""
    at(told, 12, 25)
    assert weeks_told(at(told, 12, 31)) == ["2026年12月25日（周五）至12月31日（周四）16:01，本周还没过完"]
    assert weeks_told(at(told, 1, 1, year=2027)) == []
    assert weeks_told(at(told, 1, 8, year=2027)) == ["2027年1月1日（周五）至1月7日（周四）"]


def test_late_is_told_within_three_days_and_no_later(told: Stage) -> None:
    assert weeks_told(at(told, 11, 22, 10)) == ["2026年11月13日（周五）至11月19日（周四）"]
    assert weeks_told(at(told, 12, 1, 10)) == []


def test_a_world_that_began_later_has_nothing_to_tell(stage: Stage) -> None:
    stage.world.station = replace(stage.world.station, weekly_at=time(16))
    stage.clock.moment = datetime(2026, 11, 20, 17, tzinfo=ZONE)
    stage.say("网格员甲", "隐患 水头村上街路灯坏了")
    assert weeks_told(stage.later(minutes=1)) == []


def test_it_can_be_left_to_those_who_ask(told: Stage) -> None:
    told.world.station = replace(told.world.station, weekly_at=None)
    assert weeks_told(at(told, 11, 20)) == []


def test_what_was_told_of_a_week_stays(told: Stage) -> None:
    """A record erased or opened again later changes no figure that was told."""
    for number in range(2, 8):
        told.say("网格员甲", f"隐患 水头村上街{number}号路灯坏了")
        told.say("网格员甲", f"办结 隐{number} 换了灯泡")
    at(told, 11, 20)
    before = told.say("所长", "周报 11月13日")[0].text
    told.say("网格员甲", "重开 隐3")
    assert "6/7件" in before
    assert told.say("所长", "周报 11月13日")[0].text == before


def test_a_picture_asked_for_is_made_once_and_beside_the_talk(told: Stage) -> None:
    told.world.station = replace(told.world.station, weekly_at=None)
    incoming = told.say("所长", "周报 图")
    assert [one.photo for one in incoming] == [False, True]
    with told.world.db.write() as session:
        person = people.behind(session, ACCOUNT, "所长")
        assert person is not None
        county = areas.named(session, "望河县")
        assert county is not None
        for _ in range(2):
            weekly.order(session, person.id, county.id, date(2026, 11, 13), "picture", told.clock())
        assert len(weekly.orders(session)) == 1, "asked twice it is made once"
        weekly.order(session, person.id, county.id, date(2026, 11, 13), "sheet", told.clock.moment - timedelta(hours=1))
    made = told.play.pump()
    assert [one.photo for one in made] == [True, False]
    assert "没有做成，请再说一次" in made[1].text, "one that has waited too long is given up aloud"


def test_what_was_asked_for_is_not_made_for_who_may_no_longer_see_it(told: Stage) -> None:
    with told.world.db.write() as session:
        person = people.behind(session, ACCOUNT, "居民甲")
        assert person is not None
        county = areas.named(session, "望河县")
        assert county is not None
        weekly.order(session, person.id, county.id, date(2026, 11, 13), "picture", told.clock())
    shown = told.play.pump()
    assert not any(one.photo for one in shown)
