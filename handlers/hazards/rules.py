"""Rules of hazards (规则): the day by which one is mended, when it is reminded of, which sort it is. Pure."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.reading.when import read_when

MOST_DAYS: Final = 180
AT: Final = time(18)
"""The hour a day without one ends at."""
BEFORE: Final = timedelta(days=1)
OFFICER_AFTER: Final = timedelta(days=1)
"""So long after the day whoever mends it has, before the officer hears."""
AGAIN: Final = timedelta(days=3)
MOST_WORDS: Final = 300

_DAYS = re.compile(r"(?<![0-9])([0-9]{1,3})\s*(天|个?星期|周|个月)(?!前|之前|以前)")
_UNITS: Final[Mapping[str, int]] = {"天": 1, "周": 7, "星期": 7, "个星期": 7, "个月": 30}
_PASSED = re.compile(r"(?:已经?|复查)?(?:通过|合格|整改到位|改好|改完|已整改|没问题)(?:了)?(?![不没未吗])")
_FAILED = re.compile(
    r"(?:复查)?(?:[不没未]通过|没有通过|通过不了|没法通过|不合格|不过关|不行|没(?:有)?改[好完]|没整改|未整改|还没改|不到位)(?:了)?"
)

PREMISES: Final[Mapping[str, str]] = {
    "小学校": r"学校|幼儿园|托管|培训班|辅导班",
    "小医院": r"医院|诊所|卫生室|药房|养老院",
    "小餐饮": r"餐|饭[店馆]|面馆|烧烤|火锅|小吃|食堂|酒馆|奶茶",
    "小旅馆": r"旅[馆店社]|宾馆|民宿|客栈|招待所|出租屋",
    "小歌舞娱乐": r"歌舞|ktv|棋牌|麻将|台球|娱乐|酒吧",
    "小网吧": r"网吧|网咖|电竞",
    "小美容洗浴": r"美容|美发|理发|洗浴|澡堂|足疗|按摩|浴室",
    "小生产加工": r"作坊|加工|工厂|厂|车间|仓库|修理",
    "小商店": r"商店|超市|便利店|小卖部|门市|五金|服装店|店",
}
FAULTS: Final[Mapping[str, str]] = {
    "安全出口锁闭": r"出口|锁[闭了着住死]|防火门|卷帘",
    "疏散通道堵塞": r"通道|楼道|堵|占用|疏散",
    "灭火器缺失过期": r"灭火器|消火栓|消防栓|烟感|喷淋|应急灯",
    "电动车违规充电": r"电动车|电瓶|充电|飞线",
    "电线私拉乱接": r"电线|私拉|乱接|插[座板排]|线路|配电",
    "用气不规范": r"煤气|燃气|液化气|气瓶|气罐|用气",
    "违规住人": r"住人|住宿|睡",
    "易燃物堆放": r"易燃|可燃|纸箱|泡沫|油漆|烟花|堆",
}


def day_of(words: str, now: datetime) -> datetime | None:
    """The day named (周五, 3天, 11月30日 下午5点), aware; its evening where no hour is said; None where none is."""
    said = fold(words)
    span = _DAYS.search(said)
    if span is not None:
        last = now.date() + timedelta(days=int(span[1]) * _UNITS[span[2]])
        return datetime.combine(last, AT, now.tzinfo)
    when = read_when(said, now, past=False)
    if when is None or when.start is None:
        return None
    if isinstance(when.start, datetime):
        return when.start
    start: date = when.start
    return datetime.combine(start, when.hint or AT, now.tzinfo)


def fits(day: datetime, now: datetime) -> bool:
    """Whether a day lies ahead and not too far off."""
    return now < day <= now + timedelta(days=MOST_DAYS)


def remind_at(day: datetime, now: datetime) -> datetime:
    """A day before it; of a shorter span half-way."""
    return day - BEFORE if day - now >= 2 * BEFORE else now + (day - now) / 2


def verdict(words: str) -> tuple[bool | None, str]:
    """(passed or not, what else was said) of a re-check; None where neither is said."""
    said = words.strip()
    for passed, pattern in ((False, _FAILED), (True, _PASSED)):
        found = pattern.match(said)
        if found is not None:
            return passed, said[found.end() :].strip(" ，,。；;：:")
    return None, said


def one_of(kinds: Mapping[str, str], words: str) -> str | None:
    """Which of a closed list the words name: by its own name, else by what is usually said."""
    said = fold(words)
    named = next((one for one in kinds if one in said), None)
    return named or next((one for one, usual in kinds.items() if re.search(usual, said, re.I)), None)
