"""Plain words (大白话): what people say to the bot without its word: 有人管吗, 我回来了, 片5. Pure; folded text."""

import re

from handlers.reading.codes import codes
from handlers.reading.intent_talk import Turned, time_at_head
from handlers.reading.intent_words import GAPS, ON_A_RECORD, asks
from handlers.reading.lazy import Lazy

_LONGEST = 24
_TOLD = r"我(?:家|们)?(?:上次|昨天|前天|今天|刚才)?(?:报|反映|登记|说)的?(?:那|这)?件?(?:事情?|情况|纠纷)?"
_HOW_FAR = Lazy(
    rf"(?:请问|麻烦)?(?:{_TOLD})?(?:那|这)?件?(?:事情?|情况|纠纷)?(?:现在|办得|处理得|弄得|查得)?(?:"
    r"(?:怎么样|咋样|怎样)了?|[办到]*到哪(?:里|儿|一?步)?了?"
    r"|还?有(?:没有)?人(?:来|来?(?:管|看|修|处理))|(?:怎么|咋)还?没(?:有)?(?:人|动静|消息)来?管?"
    r"|(?:什么|啥)时候(?:能|可以|会)?(?:有人|派人)?(?:来人?|处理|解决)"
    r"|有(?:没有)?(?:结果|消息|回音|答复|进展)了?|答复呢|我?(?:要|想)看答复|催(?:一下|一催|催|办|办一下|一下进度)?"
    r")[了吗呢啊呀吧没]*"
    rf"|(?:请问)?{_TOLD}[呢了吗]+"
)
_NO_MEETING = Lazy(r"(?:(?:取消|不用|不去?)约谈|约谈(?:取消|不[谈去约]))[了吧]*")
_BACK = Lazy(r"(?:我|我们|俺|俺们)?都?(?:已经|已|刚)?(?:平安|安全)?(?:回来|返回|到家|回家|回到家)了[啊呀啦]*")
_SECTOR = Lazy(r"(?:我?(?:去|来|领|选|搜))?(?P<sector>第?\d{1,2}片|片 ?\d{1,2})")
_JOIN_CODE = Lazy(
    r"(?:这是|我的)?(?:(?:绑定|加入)?码)?\s*[是为:]?\s*"
    r"(?P<code>(?=[^\d]*\d)(?=[^a-z]*[a-z])[a-hjkmnp-z2-9]{4}[- ]?[a-hjkmnp-z2-9]{4})",
    re.IGNORECASE,
)
"""As they are given out (storage.tokens): eight signs, a digit among them; digits alone are a number of something."""

_ORDERED = Lazy(r"[了啦吧]?(?:$|[\s,:;.。!~-])")
_EVERYDAY = frozenset({"暂停", "继续", "离开", "发送"})


def ordered(word: str, after: str) -> bool:
    """Whether a command's word right behind a record's number orders it: 纠1 暂停计时 等鉴定, not 纠1 当场就好了.

    word: main word of the command; after: what follows it, the gap before it included.
    """
    if word not in ON_A_RECORD or word in _EVERYDAY or asks(after):
        return False
    return _ORDERED.match(after) is not None or (word == "约谈" and time_at_head(after) is not None)


def plainly(text: str) -> Turned | None:
    """What is asked for in plain words said to the bot: one's own record, that one is back, a sector, to join."""
    said = text.strip().strip(GAPS)
    if not 1 < len(said) <= _LONGEST:
        return None
    if _BACK.fullmatch(said):
        return Turned("已返回", "")
    if sector := _SECTOR.fullmatch(said):
        return Turned("领片", sector["sector"])
    if joined := _JOIN_CODE.fullmatch(said):
        return Turned("绑定", joined["code"])
    named = next(iter(codes(said)), None)
    rest = said if named is None else f"{said[: named.span[0]]}{said[named.span[1] :]}".strip(f"{GAPS}的号")
    if _NO_MEETING.fullmatch(rest):
        return Turned("约谈", f"{named or ''} 取消".strip())
    return Turned("进度", str(named or "")) if rest and _HOW_FAR.fullmatch(rest) else None
