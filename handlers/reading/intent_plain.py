"""Plain words (大白话): what people say to the bot without its word: 有人管吗, 我回来了, 片5. Pure; folded text."""

import re

from handlers.reading.codes import codes
from handlers.reading.intent_talk import Turned
from handlers.reading.intent_words import GAPS
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
_BACK = Lazy(r"(?:我|我们|俺|俺们)?都?(?:已经|已|刚)?(?:平安|安全)?(?:回来|返回|到家|回家|回到家)了[啊呀啦]*")
_SECTOR = Lazy(r"(?:我?(?:去|来|领|选|搜))?(?P<sector>第?\d{1,2}片|片 ?\d{1,2})")
_JOIN_CODE = Lazy(
    r"(?:这是|我的)?(?:(?:绑定|加入)?码)?\s*[是为:]?\s*"
    r"(?P<code>(?=[^\d]*\d)(?=[^a-z]*[a-z])[a-hjkmnp-z2-9]{4}[- ]?[a-hjkmnp-z2-9]{4})",
    re.IGNORECASE,
)
"""As they are given out (storage.tokens): eight signs, a digit among them; digits alone are a number of something."""


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
    return Turned("进度", str(named or "")) if rest and _HOW_FAR.fullmatch(rest) else None
