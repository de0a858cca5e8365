"""Time phrases: the table of phrases, the traps, and what must hold for any text at all."""

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from handlers.reading import when_hours
from handlers.reading.calendar_cn import add_months, dongzhi, festival_dates, lunar_dates
from handlers.reading.lunar_years import solar_date
from handlers.reading.numerals import number, plain
from handlers.reading.when import Repeat, When, read_all, read_when
from handlers.reading.when_repeat import Every
from handlers.reading.workdays import add_workdays
from tests.support.busy import seconds_of

ZONE = ZoneInfo("Asia/Shanghai")
TRADITIONAL = OpenCC("s2t")
NOW = datetime(2026, 11, 18, 10, 20, tzinfo=ZONE)  # a Wednesday
DATA = tomllib.loads((Path(__file__).parents[2] / "phrases" / "when.toml").read_text("utf-8"))
TRAPS: list[str] = DATA["traps"]["phrases"]
ROWS = [
    pytest.param(datetime.fromisoformat(table["now"]).replace(tzinfo=ZONE), *row[:2], id=f"{name} {row[0]}")
    for name, table in DATA.items()
    if name != "traps"
    for row in table["phrases"]
]


def meaning(found: When | None) -> object:
    """Return a phrase's meaning in the table's notation."""
    if found is None:
        return None
    written = found.as_json()
    if isinstance(written, dict):
        repeat = written["repeat"]
        assert isinstance(repeat, dict)
        return repeat | ({"from": written["from"]} if "from" in written else {})
    assert written is not None
    bound = "" if found.bound == "at" else found.bound + " "
    return bound + written.removesuffix(":00+08:00")


@pytest.mark.parametrize(("now", "phrase", "expected"), ROWS)
def test_phrase(now: datetime, phrase: str, expected: object) -> None:
    assert meaning(read_when(phrase, now)) == expected


@pytest.mark.parametrize("words", TRAPS)
def test_trap(words: str) -> None:
    assert read_all(words, NOW) == []
    assert read_when(words, NOW) is None


def test_table_is_large_enough() -> None:
    assert len(ROWS) >= 150
    assert len(TRAPS) >= 40
    assert len({p.id for p in ROWS}) == len(ROWS)
    assert len(set(TRAPS)) == len(TRAPS)


@pytest.mark.parametrize("words", TRAPS)
def test_trap_does_not_hide_a_time(words: str) -> None:
    found = read_when(f"{words}，明天下午3点去", NOW)
    assert found is not None
    assert found.as_json() == "2026-11-19T15:00:00+08:00"


@pytest.mark.parametrize(("now", "phrase", "expected"), ROWS)
def test_traditional_characters_read_like_simplified(now: datetime, phrase: str, expected: object) -> None:
    assert meaning(read_when(TRADITIONAL.convert(phrase), now)) == expected


@pytest.mark.parametrize(("now", "phrase", "expected"), ROWS)
def test_full_width_digits_and_signs(now: datetime, phrase: str, expected: object) -> None:
    wide = str.maketrans({str(n): chr(0xFF10 + n) for n in range(10)} | {":": "：", ".": "．", "/": "／"})
    assert meaning(read_when(phrase.translate(wide), now)) == expected


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("提醒 明天9点 走访7号楼", "提醒  走访7号楼"),
        ("提醒每周五下午4点报周报", "提醒报周报"),
        ("提醒 下周二之前 交台账", "提醒  交台账"),
        ("截止到周五交表", "交表"),
        ("提醒 40分钟后 关煤气", "提醒  关煤气"),
        ("明天（周四）上午9点开会", "开会"),
        ("提醒　後天下午３點　開會", "提醒　　開會"),
        ("每天8点到12月1日 巡逻", " 巡逻"),
    ],
)
def test_span_cuts_the_phrase_out(text: str, cut: str) -> None:
    found = read_when(text, NOW)
    assert found is not None
    assert text[: found.span[0]] + text[found.span[1] :] == cut


def test_caller_may_say_that_the_past_is_meant() -> None:
    assert read_when("下午3点", NOW) == When(datetime(2026, 11, 18, 15, 0, tzinfo=ZONE), None, (0, 4))
    assert read_when("下午3点", NOW, past=True) == When(datetime(2026, 11, 17, 15, 0, tzinfo=ZONE), None, (0, 4))
    ahead = read_when("9点看见他", NOW, past=False)
    assert ahead is not None
    assert ahead.as_json() == "2026-11-18T21:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("明天傍晚", time(18)),
        ("中午", time(12)),
        ("明早", time(8)),
        ("每天晚上", time(20)),
        ("明天", None),
        ("晚上8点", None),
    ],
)
def test_part_of_day_gives_a_hint(text: str, hint: time | None) -> None:
    found = read_when(text, NOW)
    assert found is not None
    assert found.hint == hint


def test_read_all_gives_the_day_to_later_hours() -> None:
    found = read_all("明天上午9点开会，下午3点走访7号楼，后天休息，8点半集合", NOW)
    assert [when.as_json() for when in found] == [
        "2026-11-19T09:00:00+08:00",
        "2026-11-19T15:00:00+08:00",
        "2026-11-20",
        "2026-11-20T08:30:00+08:00",
    ]


def test_repeat_as_dict_names_what_differs() -> None:
    full = Repeat("week", 2, (0, 6), (), None, time(9, 5), date(2026, 12, 1))
    assert full.as_dict() == {
        "every": "week",
        "interval": 2,
        "weekdays": ["一", "日"],
        "at": "09:05",
        "until": "2026-12-01",
    }
    assert Repeat("year", days=(5,), month=3).as_dict() == {"every": "year", "days": [5], "month": 3}


def test_empty_when_has_no_json() -> None:
    assert When(None, None, (0, 0)).as_json() is None


PIECES = st.sampled_from(
    (
        "今 明 昨 晚 早 天 周 一 三 五 月 日 号 点 半 刻 分 时 年 每 隔 前 后 内 之 到 差 零 十 廿 百 9 "
        "12 30 31 : . - / ， （ ） 上午 下午 夜里 凌晨 中午 星期 工作日 小时 分钟 个 春节 农历 八月 初 底 "
        "起 截止 现在 了 的 楼 两 2026 99 底前 周末 这 下下"
    ).split()
)
MOMENTS = st.datetimes(timezones=st.just(ZONE))
LATELY = st.timedeltas(timedelta(days=-8000), timedelta(days=24000)).map(lambda t: NOW + t)


@given(st.text(max_size=80) | st.lists(PIECES, max_size=25).map("".join), MOMENTS, st.none() | st.booleans())
def test_any_text_at_any_moment(text: str, now: datetime, past: bool | None) -> None:
    found = read_all(text, now, past=past)
    first = read_when(text, now, past=past)
    assert (first is None) == (not found)
    end = 0
    for when in found:
        assert end <= when.span[0] < when.span[1] <= len(text)
        end = when.span[1]
        assert when.start is not None or when.repeat is not None
        assert when.as_json() is not None
        if isinstance(when.start, datetime):
            assert when.start.tzinfo is now.tzinfo


def test_a_word_between_two_times_belongs_to_the_first() -> None:
    assert [when.span for when in read_all("上午截止周一", NOW)] == [(0, 4), (4, 6)]


PHRASES = sorted({row[0] for name, table in DATA.items() if name != "traps" for row in table["phrases"]})


@given(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=4), MOMENTS, st.booleans())
def test_known_phrases_at_any_moment(phrases: list[str], now: datetime, past: bool) -> None:
    text = "".join(phrases)
    for when in read_all(text, now, past=past):
        assert when.as_json() is not None
        assert text[slice(*when.span)].strip()


WEEKLY = (
    "今晚七点一刻 昨天夜里1点 周五 上周五晚上8点 下下周一 这周日9点 周三9点 8点 12点 凌晨2点 三天内 两小时后 "
    "半夜 周末 大后天 下周二之前 周一丢的 明天8.30 最迟后天"
).split()


@given(
    st.sampled_from(WEEKLY),
    LATELY,
    st.integers(1, 500),
)
def test_weeks_later_means_weeks_later(phrase: str, now: datetime, weeks: int) -> None:
    shift = timedelta(weeks=weeks)
    early, late = read_when(phrase, now), read_when(phrase, now + shift)
    assert early is not None
    assert late is not None
    assert early.start is not None
    assert late.start == early.start + shift


@given(
    st.sampled_from(["8点", "周五", "晚上9点半", "25号", "春节", "月底"]),
    LATELY,
)
def test_bare_phrases_look_forward(phrase: str, now: datetime) -> None:
    found = read_when(phrase, now)
    assert found is not None
    start = found.start
    assert start is not None
    assert start > now if isinstance(start, datetime) else start >= now.date()


@pytest.mark.parametrize(
    "unit",
    ["1", "一", "每", "11-", "8:", "8点", "周一", "每周一、", "三月", "过三", " ", "，", "明天",
     "现在", "7号楼",
     "再过半个小时零五",
     "大家好今天的天气真的不错我们小区的电动车又被偷了", "2026年", "农历八月", "差五分", "\u3000", "十"],
)  # fmt: skip
def test_long_texts_are_read_at_once(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    assert seconds_of(lambda: (read_when(text, NOW), read_all(text, NOW))) < 0.1


@pytest.mark.parametrize(
    ("written", "value"),
    [("12", 12), ("十", 10), ("二十五", 25), ("廿三", 23), ("一百二", 120), ("一百零五", 105),
     ("二〇二六", 2026),
     ("零五", 5),     ("两", 2), ("七八", 7), ("八七", None), ("", None), ("12345", None), ("一二三", None),
     ("二廿", None),
     ("百", None),     ("十x", None), ("1二", None)],
)  # fmt: skip
def test_number(written: str, value: int | None) -> None:
    assert number(written) == value


@given(st.text())
def test_plain_keeps_positions(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_festivals_of_known_years() -> None:
    assert date(2024, 2, 10) in festival_dates("春节", 2025)
    assert date(2025, 1, 28) in festival_dates("除夕", 2025)
    assert date(2025, 10, 6) in festival_dates("中秋节", 2025)  # after a leap sixth month
    assert date(2023, 6, 22) in festival_dates("端午", 2025)
    assert date(2026, 4, 5) in festival_dates("清明节", 2026)
    assert dongzhi(2021) == date(2021, 12, 21)
    assert lunar_dates(12, 8, 2026)[-1] == date(2029, 1, 22)
    assert festival_dates("没有这个节", 2026) == ()
    assert festival_dates("大年初x", 2026) == ()


def test_calendar_edges() -> None:
    assert solar_date(1999, 1, 1) is None
    assert solar_date(2026, 12, 30) is None
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2027, 1, 31), -13) == date(2025, 12, 31)
    assert add_workdays(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert add_workdays(date(2026, 11, 21), 5) == date(2026, 11, 27)
    assert add_workdays(date(2026, 9, 30), 3) == date(2026, 10, 10), "a week of holidays, then a Saturday of work"


def rule(every: Every = "day", interval: int = 1, weekdays: tuple[int, ...] = (), days: tuple[int, ...] = ()) -> Repeat:
    """Return a repetition at nine."""
    return Repeat(every, interval, weekdays, days, at=time(9))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("每天9点", rule()), ("每工作日9点", rule("workday")), ("每两天9点", rule(interval=2)),
     ("每周一到周三9点", rule("week", weekdays=(0, 1, 2))),
     ("每周五至周一9点", rule("week", weekdays=(0, 4, 5, 6))),
     ("每月中旬9点", rule("month", days=(15,))), ("每月初9点", rule("month", days=(1,))),
     ("逢周五9点", rule("week", weekdays=(4,))), ("每周五8点", Repeat("week", weekdays=(4,), at=time(8))),
     ("每半天9点", rule("hour", interval=12))],
)  # fmt: skip
def test_repetitions(text: str, expected: Repeat) -> None:
    found = read_when(text, NOW)
    assert found is not None
    assert found.repeat == expected


@pytest.mark.parametrize("text", ["每半周", "每零天", "每月32号", "每年13月5日"])
def test_impossible_repetitions_are_left_plain(text: str) -> None:
    found = read_when(text, NOW)
    assert found is None or (found.repeat is not None and not found.repeat.days)


def test_working_days_leave_holidays_out() -> None:
    now = datetime(2026, 9, 30, 10, tzinfo=NOW.tzinfo)
    found = read_when("3个工作日内", now)
    assert found is not None
    assert found.start == date(2026, 10, 10)


def test_every_part_of_the_day_has_a_word_that_everybody_knows() -> None:
    named = {part: when_hours.part_of_day(when_hours.hint_of(part)) for part in when_hours._HINTS}
    assert named["头晌"] == named["上午"] == "上午"
    assert named["后半夜"] == "凌晨"
    assert all(named.values())
    assert when_hours.part_of_day(None) == ""
