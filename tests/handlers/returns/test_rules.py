"""The clocks of a return, its proposals, what may be said of a thing, and the machine of its states."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.workdays import Workdays
from handlers.returns import rules
from handlers.returns.collect import moments_of
from storage.returns import MOVES, OVER, ReturnState

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("一辆蓝色电动车，车架号LZX2019A8834", "一辆蓝色电动车，车架号〔编号〕"),
        ("华为手机 IMEI 867530012345678", "华为手机 IMEI 〔编号〕"),
        ("一台水泵，2018年买的", "一台水泵，2018年买的"),
        ("一部手机，编号 AB-12345", "一部手机，编号 〔编号〕"),
        ("3捆铜线，约50米", "3捆铜线，约50米"),
    ],
)
def test_numbers_of_a_thing_are_not_kept(said: str, kept: str) -> None:
    assert rules.unserialled(said) == kept


def test_whose_it_is_is_told_apart_from_what_it_is() -> None:
    assert rules.split_owner("一辆三轮车，失主 老王，打村委电话") == ("一辆三轮车", "老王，打村委电话")
    assert rules.split_owner("一辆三轮车") == ("一辆三轮车", "")


def test_a_proposal_without_a_day_is_on_the_day_of_the_one_before() -> None:
    found = moments_of("明天上午10点，下午3点，周五上午9点", NOW)
    assert [f"{one:%m-%d %H:%M}" for one in found] == ["11-19 10:00", "11-19 15:00", "11-20 09:00"]
    for said in ("周四上午10点 周五下午3点", "周四上午10点周五下午3点", "周四10:00 周五15:00", "周四10点，周五3点"):
        assert [f"{one:%m-%d %H:%M}" for one in moments_of(said, NOW)] == ["11-19 10:00", "11-20 15:00"], said
    assert [f"{one:%H:%M}" for one in moments_of("明天上午10点下午3点", NOW)] == ["10:00", "15:00"]
    assert moments_of("明天上午10点，随便", NOW) == []
    assert moments_of("昨天上午10点", NOW) == []
    assert moments_of("", NOW) == []


@given(st.integers(-200, 2000), st.integers(0, 3000))
def test_the_clock_of_an_appointment_strikes_later_and_ends(hours: int, minutes: int) -> None:
    meets_at = NOW + timedelta(hours=hours)
    now, struck = NOW + timedelta(minutes=minutes), 0
    while now < meets_at + rules.MISSED:
        following = rules.strike_of_meeting(meets_at, now)
        assert following > now
        now, struck = following, struck + 1
    assert struck <= len(rules.BEFORE) + 2


@given(st.integers(0, 24 * 700))
def test_three_proposals_lie_ahead_on_working_days(hours: int) -> None:
    now, days = NOW + timedelta(hours=hours), Workdays()
    found = rules.proposals(now, days)
    assert found == sorted(set(found))
    assert all(one > now and days.counts(one.date()) for one in found)


@pytest.mark.parametrize("said", ["1", "第1个", "１", "202611191000"])
def test_a_moment_is_chosen_by_number_or_button(said: str) -> None:
    known = [NOW.replace(day=19, hour=10, minute=0), NOW.replace(day=20)]
    assert rules.unstamped(said, known) == known[0]
    assert rules.unstamped("3", known) is None


@pytest.mark.parametrize(
    ("said", "part", "meant"),
    [
        (datetime(2026, 11, 19, 10, tzinfo=ZONE), None, [0]),
        (datetime(2026, 11, 19, 11, tzinfo=ZONE), None, []),
        (date(2026, 11, 19), None, [0, 1]),
        (date(2026, 11, 19), time(15), [1]),
        (date(2026, 11, 20), None, [2]),
        (date(2026, 11, 21), None, []),
        (datetime(2026, 11, 18, 22, tzinfo=ZONE), None, [0, 2]),
    ],
)
def test_the_moment_meant_is_one_of_those_proposed(said: date, part: time | None, meant: list[int]) -> None:
    known = [datetime(2026, 11, day, hour, tzinfo=ZONE) for day, hour in ((19, 10), (19, 15), (20, 10))]
    assert rules.fitting(known, said, part, NOW.date()) == [known[one] for one in meant]


@pytest.mark.parametrize("said", ["去不了", "都不行", "我来不了了", "这三个时间都不行", "没空"])
def test_words_that_decline(said: str) -> None:
    assert rules.denies(said)
    assert not rules.takes(said)


@pytest.mark.parametrize("said", ["", "可以", "我可以", "我有空", "可以的"])
def test_words_that_take(said: str) -> None:
    assert rules.takes(said)
    assert not rules.denies(said)


def test_a_code_has_four_digits() -> None:
    assert rules.digits("是 ４８２１") == "4821"
    assert rules.digits("48 21") == "4821"
    assert rules.digits("00000") == rules.digits("没带") == ""


@given(st.lists(st.sampled_from(list(ReturnState)), max_size=12))
def test_nothing_is_handed_over_that_nobody_verified(wanted: list[ReturnState]) -> None:
    state, verified = ReturnState.REGISTERED, False
    for to in wanted:
        if to not in MOVES[state]:
            continue
        if to is ReturnState.REGISTERED:
            verified = False
        verified = verified or to is ReturnState.VERIFIED
        state = to
        if state in (ReturnState.MEETING, ReturnState.HANDED, ReturnState.CLOSED):
            assert verified
    assert set(OVER) <= set(MOVES)
