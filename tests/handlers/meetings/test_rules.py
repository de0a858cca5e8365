"""The clocks of a meeting against a small model, and how people type a sum, a result, a step."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.meetings import rules
from handlers.meetings.rules import Clock, Missing, Rung, Told

START = datetime(2026, 11, 18, 10, 20, tzinfo=UTC)
MINUTES = st.integers(0, 60 * 24 * 9)


def modelled(reached: bool, minutes: int) -> list[tuple[int, Missing, Rung]]:
    """What strikes within so many minutes of a task nobody has met, written down minute by minute."""
    found = []
    for minute in range(minutes + 1):
        late = Missing.MEETING if reached else Missing.CONTACT
        if not reached and minute == 30:
            found.append((minute, late, Rung.OFFICER))
        if not reached and minute == 60:
            found.append((minute, late, Rung.CHIEF))
        if minute >= 120 and (minute % 120 == 0 if minute <= 1440 else minute % 1440 == 0):
            found.append((minute, late, Rung.CHIEF))
    return found


@given(st.booleans(), st.integers(0, 60 * 24 * 4))
def test_it_strikes_when_the_model_does(reached: bool, minutes: int) -> None:
    clock, at = Clock(START, reached), START
    found = []
    while (one := rules.following(clock, at)).at <= START + timedelta(minutes=minutes):
        found.append((int((one.at - START).total_seconds()) // 60, one.missing, one.rung))
        at = one.at
    assert found == modelled(reached, minutes)


@given(st.booleans(), MINUTES, MINUTES, MINUTES)
def test_a_late_look_takes_the_last_step_that_came(reached: bool, since: int, late: int, met: int) -> None:
    clock = Clock(START, reached, START + timedelta(minutes=met) if met % 2 else None)
    then, now = START + timedelta(minutes=since), START + timedelta(minutes=since + late)
    found = rules.due(clock, then, now)
    following = rules.following(clock, now)
    assert following.at > now
    if found is not None:
        assert then <= found.at <= now
        assert rules.following(clock, found.at).at == following.at


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("3万", 30_000),
        ("３万元", 30_000),
        ("三万", 30_000),
        ("三万五", 35_000),
        ("2.5万", 25_000),
        ("30,000元", 30_000),
        ("没转，2万元", 20_000),
        ("两千块", 2_000),
        ("十二万", 120_000),
        ("800", 800),
        ("30万+", 300_000),
        ("好多", None),
        ("0", None),
        ("", None),
        ("99999亿", None),
    ],
)
def test_sums(said: str, yuan: int | None) -> None:
    assert rules.yuan(said) == yuan


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_not(said: str) -> None:
    found = rules.yuan(said)
    assert found is None or 0 < found <= rules.MOST_YUAN
    assert rules.result(said) in ("", "已止付", "未转", "已转")
    rules.told(said)


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("已止付 3万", "已止付"),
        ("银行止付成功", "已止付"),
        ("拦住了", "已止付"),
        ("未转", "未转"),
        ("没转，2万", "未转"),
        ("没有转", "未转"),
        ("劝住了 5万", "未转"),
        ("已转 5万", "已转"),
        ("已经转了2万", "已转"),
        ("钱转走了", "已转"),
        ("人在邮局", ""),
        ("转派给别人", ""),
    ],
)
def test_results(said: str, result: str) -> None:
    assert rules.result(said) == result


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("已联系", Told.REACHED),
        ("联系上了", Told.REACHED),
        ("打通了", Told.REACHED),
        ("见到了", Told.MET),
        ("已见面", Told.MET),
        ("到现场", Told.MET),
        ("没联系上", Told.NOT_YET),
        ("还没见到", Told.NOT_YET),
        ("联系不上", Told.NOT_YET),
        ("联系他儿子试试", None),
        ("", None),
    ],
)
def test_steps_by_word(said: str, told: Told | None) -> None:
    assert rules.told(said) is told


@pytest.mark.parametrize("said", ["打通了", "见到本人了", "没转 8万", "已经转了", "拦住了", "还没联系上"])
def test_a_step_is_known_without_its_word(said: str) -> None:
    assert rules.is_step(said)


@pytest.mark.parametrize(
    "said",
    [
        "没转发",
        "已经转发了",
        "转给他了",
        "转达了",
        "转了一圈没看到人",
        "来不及吃饭了",
        "拦下了一辆车",
        "没打电话",
        "到家了",
        "好的我马上去",
        "没转成的话我再去一趟他家里看看",
        "",
    ],
)
def test_other_words_are_no_step(said: str) -> None:
    assert not rules.is_step(said)


@given(st.integers(0, 12 * 60))
def test_a_result_that_waited_for_the_morning_is_still_asked_for(minutes: int) -> None:
    clock = Clock(START, reached=True, met_at=START)
    late = rules.following(clock, START).at + timedelta(minutes=minutes)
    found = rules.due(clock, rules.since(clock, late), late)
    assert found is not None
    assert found.missing is Missing.RESULT
