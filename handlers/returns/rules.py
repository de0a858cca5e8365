"""Rules of returns (规则): the clocks, the code of the spot, what may be said of a thing; pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from handlers.reading.normal import fold
from handlers.reading.workdays import Workdays, add_workdays, hours, workdays

UNVERIFIED: Final = hours(24)
"""So long a registered thing may wait for the other officer."""
NO_APPOINTMENT: Final = workdays(3)
"""So long after it was verified an appointment may take."""
BEFORE: Final = (timedelta(days=1), timedelta(hours=1))
"""So long before they meet both are reminded."""
AFTER: Final = timedelta(hours=1)
"""So long after the appointed moment the officer is asked whether the owner came."""
MISSED: Final = timedelta(hours=24)
"""So long after it an appointment nobody spoke of was missed."""
CONFIRM: Final = timedelta(hours=2)
"""So long after the code was right the owner is asked once more whether they have it."""
SLIP: Final = timedelta(minutes=10)
"""So long whoever verified may take that back."""
MOST_TIMES: Final = 3
MOST_TRIES: Final = 3
FARTHEST: Final = timedelta(days=30)
MOST: Final = 200
HOURS: Final = (time(10), time(15), time(10))
"""The hours proposed for the next working days."""

_SERIAL = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9\-]*[0-9])[A-Za-z0-9][A-Za-z0-9\-]{5,}(?![A-Za-z0-9])")
_OWNER = re.compile(r"[\s,，。;；]*(?:失主|物主|车主|主人|机主)\s*(?:是|叫)?[:：]?\s*(?P<who>.+)$", re.S)
_DAY = r"(?:[下这本上]?(?:周|星期|礼拜)[一二三四五六日天1-7]|大?[明后]天|[01]?\d月|[上下]午|早上|晚上)"
_BETWEEN = re.compile(
    rf"[,，、;；\n/]+|或者?|还是|(?:(?<=[点半分时])|(?<=[:：]\d\d))(?:\s*(?={_DAY})|\s+(?=\d{{1,2}}[日号点:：]))"
)

_TAKES = re.compile(
    r"(?:那|就|我|都|也)*(?:可以|行|好|同意|没问题|能[来去]|有空|方便|[来去])?(?:的|吧|了|啊|呀|[来去])*"
)
_DENIES = re.compile(
    r"(?:我|这|那|哪|三|几|个|些|时间|全|也)*(?:都(?:不行|不可以)|都?(?:[来去]不了|没空|没时间|不方便|不合适))(?:的|了|啊|呀)*"
)
_APPOINTS = re.compile(r"(?:[约谈见面定在吧领取来]|失主|时间)*")


def unserialled(words: str) -> str:
    """What a thing is without its numbers: whoever owns it can tell them, and nobody shall learn them here."""
    return _SERIAL.sub("〔编号〕", words)


def split_owner(words: str) -> tuple[str, str]:
    """What was found and whose it is, from one message; the second is empty where that was not said."""
    found = _OWNER.search(words)
    return (words[: found.start()].strip(), found["who"].strip()) if found else (words.strip(), "")


def parts(words: str) -> list[str]:
    """The proposals of one message, each still in words."""
    return [one.strip() for one in _BETWEEN.split(words) if one.strip()]


def proposals(now: datetime, days: Workdays) -> list[datetime]:
    """Three moments an officer may propose with one tap: the next working days, morning and afternoon."""
    return [
        datetime.combine(add_workdays(now.date(), place, days), hour, now.tzinfo) for place, hour in enumerate(HOURS, 1)
    ]


def strike_of_meeting(meets_at: datetime, now: datetime) -> datetime:
    """When the clock of an appointment strikes next: a day and an hour before, an hour and a day after."""
    moments = [*(meets_at - one for one in BEFORE), meets_at + AFTER, meets_at + MISSED]
    return next((one for one in moments if one > now), now + MISSED)


def stamp(moment: datetime) -> str:
    """A moment as a button says it, 202611241000."""
    return f"{moment:%Y%m%d%H%M}"


def unstamped(words: str, known: Sequence[datetime]) -> datetime | None:
    """The one of these moments that a button, a number (第2个) or the words on it mean."""
    said = fold(words).strip("。.! 第个选")
    for place, one in enumerate(known, 1):
        if said in (stamp(one), str(place)):
            return one
    return None


def fitting(known: Sequence[datetime], said: date | datetime | None, part: time | None, today: date) -> list[datetime]:
    """Those of these moments that are meant by a moment, a day and a part of it (明天下午), or an hour alone (10点)."""
    if isinstance(said, datetime):
        alone = [one for one in known if (one.hour % 12, one.minute) == (said.hour % 12, said.minute)]
        return [one for one in known if one == said] or (alone if said.date() == today else [])
    noon = time(12)
    return [one for one in known if one.date() == said and (part is None or (one.time() < noon) == (part < noon))]


def takes(left: str) -> bool:
    """Whether folded words beside a moment say yes to it: 可以, 我有空, nothing."""
    return _TAKES.fullmatch(left) is not None


def denies(left: str) -> bool:
    """Whether folded words, the moment left out, say that it does not suit: 都不行, 去不了."""
    return _DENIES.fullmatch(left) is not None


def only_a_time(left: str) -> bool:
    """Whether what an officer says beside a moment is nothing but that it is to be an appointment: 约, 见面."""
    return _APPOINTS.fullmatch(left) is not None


def digits(words: str) -> str:
    """The code read out on the spot; empty where none is said."""
    found = re.search(r"(?<![0-9])[0-9]{4}(?![0-9])", fold(words).replace(" ", ""))
    return found.group() if found else ""
