"""How people answer the bot's question in their own words (答话): well done or not, or the button they mean. Pure."""

import re
from typing import Final

from handlers.reading.intent_words import asks, has_place
from handlers.reading.lazy import Lazy

LONGEST: Final = 40
_NO = Lazy(
    r"(?<![意有么啥没])(?<!不是)不(?:太|怎么|很|大)?满意|(?<!没)有不满意|没有?(?:给我?)?(?:(?:修|办|弄|做|换|装|搞|处理|调解)[好完成]|解决)|还没[好完]|根本没|^不[好行]$"
)
_STILL = Lazy(
    r"还是(?:老样子|那样|不行|不亮|不通|没|坏|漏|堵|吵)|^(?:[今昨]天|现在|结果|可是?|但是?)?又(?:坏|漏|堵|灭|不亮|吵起来)"
)
"""What may as well be told anew: with a place it is."""
_YES = Lazy(
    r"(?:都|已经|挺|很|非常|十分|比较|基本|全|蛮)*(?:(?:没有?|没什么|没啥)不满意的?|满意|(?:修|办|弄|换|装|做|处理)好|解决|不错|(?<=[挺很都蛮])好)[了啦的]*"
    r"(?:[,。!~ ]*(?:真的?|太|多|非常|辛苦|麻烦|感谢|谢|满意|挺好|很好)[^,。!]{0,14}){0,2}"
)
_HEDGES = re.compile(
    r"(?:还|也|都)?(?:行|可以|好|一般般?|凑合|马马虎虎|差不多|就那样|过得去|是|对|嗯+)[吧啊呢了的哈]*[。.!~\s]*"
)
_THANKS = re.compile(
    r"(?:[,。.!~;:、\s]*(?:真的?|太|多|非常|很|挺|都|也|好的|嗯+|辛苦|麻烦(?=[了您你]|$)|感谢|谢|满意|不错|挺?好)"
    r"(?:(?!不错|没得说)[^,。.!~;不没未又再还吗别但可却先等改换差慢坏假怪]){0,14}|[,。.!~;:、\s]+|不错|没得说)*"
)
"""What behind an answer takes nothing of it back: 满意，谢谢小伙子."""
_SAYS_NO = re.compile(r"[不没未]")
_OF_WORK = re.compile(r"满意|[修办弄换装做搞]|处理|调解|解决|坏|漏|堵|亮|通|吵")
_NO_MORE = re.compile(
    r"(?:一下|吧|掉|了|刚才|刚刚|上一?|这一?|那一?|[条个件]|我|报|的|说|错|发|点|请|帮|谢谢|[\s,，.。!！~])*"
)
_WHAT_NOW = re.compile(r"[,。!\s]*(?:怎么办|咋办|怎么弄|咋整)[啊呀呢]?$")
_HOW = re.compile(
    r"(?:现在|到底|[的那这]件?事|办得?|修得?|弄得?|情况|[,\s])*(?:怎么样|怎样|咋样|如何|到?哪[里儿]?一?步?|什么情况"
    r"|(?:什么|啥)时候(?:能|才|可以|会)*(?:有人)?(?:办|修|弄|来|好|完|处理)*|(?:办|修|弄|处理|解决)[好完]?"
    r"|有(?:没有)?(?:人|消息)(?:认领|管|接|来|办)?)(?:了|呢|吗|没有?|啊|呀|[?!。~\s])*"
)
_CLAUSE = re.compile(r"[,。.!~;:、\s]+")
_BEFORE = re.compile(r"^(?:我们?|已经|已|都)+")
_BEHIND = re.compile(r"[了啦吧啊呀哦哈]+$")


def satisfied(said: str) -> bool | None:
    """Whether folded words say that something was done well; None where they say neither, or ask."""
    words = _WHAT_NOW.sub("", said.strip().strip("。.!?~ "))
    if not words or len(words) > LONGEST or asks(words):
        return None
    if _NO.search(words) or (_STILL.search(words) and not has_place(words)):
        return False
    return True if _YES.fullmatch(words) else None


def hedges(said: str) -> bool:
    """Whether folded words are an answer that says neither well nor badly done: 还行吧, 一般, a mere 嗯."""
    return _HEDGES.fullmatch(said.strip()) is not None


def names_it(said: str) -> bool:
    """Whether an answer speaks of work or of being satisfied: 不行 and 挺好 may be said to anything."""
    return _OF_WORK.search(said) is not None


def asks_how(rest: str) -> bool:
    """Whether folded words beside a record's number only ask how it stands: 怎么样了, 什么时候能修好, 有人管吗."""
    return len(rest) <= LONGEST and asks(rest) and _HOW.fullmatch(rest) is not None


def core(said: str) -> str:
    """What a label and an answer to it have in common: the first clause without 我, 已 and 了; empty if too short."""
    first = _CLAUSE.split(said.strip(), maxsplit=1)[0]
    bare = _BEHIND.sub("", _BEFORE.sub("", first))
    return bare if len(bare) > 1 else ""


def meant(said: str) -> str:
    """The core of an answer; empty where what follows may take a yes back: 同意，但是要先问问他."""
    found = core(said)
    rest = said.strip()[len(_CLAUSE.split(said.strip(), maxsplit=1)[0]) :]
    return found if _SAYS_NO.search(found) or _THANKS.fullmatch(rest) else ""


def says_no_more(rest: str) -> bool:
    """Whether folded words behind 撤销 name nothing: 撤销 刚才的."""
    return _NO_MORE.fullmatch(rest.strip()) is not None
