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
        ("3万5", 35_000),
        ("1万2千", 12_000),
        ("3万5千", 35_000),
        ("２千５", 2_500),
        ("3万零500", 30_500),
        ("三万五千元", 35_000),
        ("一百二", 120),
        ("3w", 30_000),
        ("20多万", 200_000),
        ("30000 农行2楼", 30_000),
        ("13点在农行劝住，3万", 30_000),
        ("跟他说了一遍", None),
        ("1,2000", None),
        ("2万50", None),
        ("3块5", None),
        ("两三万", None),
        ("3万 5000", None),
        ("3到5万", None),
        ("3万半", None),
        ("1万" * 2000, None),
        ("3万，还有2万已转走", None),
    ],
)
def test_sums(said: str, yuan: int | None) -> None:
    assert rules.yuan(said) == yuan


HAN = "零一二三四五六七八九"


def in_numerals(number: int) -> str:
    """A number below 10000 in Chinese numerals."""
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        gap = gap or (bool(said) and not digit)
        if digit:
            said, gap = said + ("零" if gap else "") + HAN[digit] + name, False
    return said


@st.composite
def written_sums(draw: st.DrawFn) -> tuple[str, int]:
    """A sum, and one of the ways in which people write it."""
    many, thousands = draw(st.integers(1, 99)), draw(st.integers(1, 9))
    plain = draw(st.integers(1, 10**8))
    rest = draw(st.integers(1, 9999))
    zero = "零" if rest < 1000 else ""
    way, total = draw(
        st.sampled_from(
            (
                (str(plain), plain),
                (f"{plain:,}", plain),
                (f"{many}万", many * 10_000),
                (f"{many}.{thousands}万", many * 10_000 + thousands * 1000),
                (f"{many}万{thousands}", many * 10_000 + thousands * 1000),
                (f"{many}万{thousands}千", many * 10_000 + thousands * 1000),
                (f"{thousands}千{many % 9 + 1}", thousands * 1000 + (many % 9 + 1) * 100),
                (f"{many}万{zero}{rest}", many * 10_000 + rest),
                (f"{many} 万 {thousands}千", many * 10_000 + thousands * 1000),
                (in_numerals(rest) + "元", rest),
                (f"{in_numerals(many)}万{HAN[thousands]}", many * 10_000 + thousands * 1000),
                (f"{in_numerals(many)}万{zero}{in_numerals(rest)}", many * 10_000 + rest),
            )
        )
    )
    return way, total


@given(written_sums(), st.sampled_from(("{}", "{}元", "未转 {}", "已止付，{}块钱", "没转，大约{}，人在农行")))
def test_a_sum_reads_back_to_itself(written: tuple[str, int], among: str) -> None:
    said, total = written
    assert rules.yuan(among.format(said)) == total


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
        ("王大爷联系上了", Told.REACHED),
        ("老人见到了", Told.MET),
        ("她联系不上", Told.NOT_YET),
        ("联系他儿子试试", None),
        ("他见到了骗子", None),
        ("他到现场了", None),
        ("他到了银行", None),
        ("", None),
    ],
)
def test_steps_by_word(said: str, told: Told | None) -> None:
    assert rules.told(said) is told


@pytest.mark.parametrize(
    "said",
    [
        "打通了",
        "见到本人了",
        "没转 8万",
        "已经转了",
        "拦住了",
        "还没联系上",
        "他已经转了3万了",
        "王大爷已经转了1万2千块了",
        "老人联系不上",
        "她没转成",
        "赵大妈联系上了",
    ],
)
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
        "他转告了",
        "他转了一圈",
        "他到家了",
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
