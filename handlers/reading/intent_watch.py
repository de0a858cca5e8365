"""Words of patrols and shifts (巡防): whether they mean the bot where the team or the volunteers read along. Pure."""

import re

from handlers.reading.identifiers import find
from handlers.reading.intent_heard import Heard, has_code
from handlers.reading.intent_talk import time_at_head
from handlers.reading.intent_words import asks, jokes
from handlers.reading.lazy import Lazy

_STEP = Lazy(r"(?:参加|退出|开始|结束|取消|名单)\s*巡\s?\d")
_CAR_STEP = Lazy(r"(?:已联系|联系不上|换人|还原|关好了)\s*车\s?\d")
_LONGEST_BEFORE_PLATE = 12


def _among_us(heard: Heard) -> bool:
    return heard.team_chat or heard.chat == "volunteers"


def patrol(heard: Heard) -> bool:
    """A step and a code, or said by the team an hour first: 巡逻 今晚8点 水头村."""
    if not _among_us(heard) or asks(heard.rest) or jokes(heard.rest):
        return False
    if has_code(heard) or _STEP.match(heard.rest):
        return True
    return heard.team and heard.gap and not heard.colon and time_at_head(heard.rest) is not None


def car_door(heard: Heard) -> bool:
    """A step and a code, or a plate right behind the word: 车门 晋E12345 水头村村口."""
    if not _among_us(heard) or asks(heard.rest):
        return False
    if has_code(heard) or _CAR_STEP.match(heard.rest):
        return True
    plates = [one for one in find(heard.rest[:48]) if one.kind == "plate"]
    return heard.gap and bool(plates) and plates[0].span[0] <= _LONGEST_BEFORE_PLATE


def shift(heard: Heard) -> bool:
    """A plan's code follows."""
    return _among_us(heard) and has_code(heard) and re.search(r"班\s?\d", heard.rest) is not None
