"""A matter (事情): is something told behind 上报, 求助, 线索, 代报 or 寻人, or only spoken of? Pure; folded text."""

import re

from handlers.reading.intent_answer import sighting, tells_something
from handlers.reading.intent_danger import danger
from handlers.reading.intent_heard import Heard, nothing
from handlers.reading.intent_words import (
    asks,
    asks_but_tells,
    code_at_head,
    has_place,
    has_trouble,
    is_over,
    jokes,
    supposes,
)
from handlers.reading.lazy import Lazy

_ABOUT_REPORTS = Lazy(r"[了过的给完再多纸]|不(?!知|晓|清)|人员|材料|名单|数据|截止|情况|排查|领导|台账|整改|单位")
_GRUMBLES = Lazy(r"(?:天天|年年|成天|整天|老是|总是|光会?|就会)(?:就)?(?:喊|说|讲|叫|让|催|要|查|排查|搞|报|提)")
_RUNS_ON = Lazy(r"[也都得才该可便的]")


def speaks_of_the_word(heard: Heard) -> bool:
    """The word is part of a sentence about itself: 隐患隐患，天天喊隐患; 代报也得把电话写清楚."""
    runs_on = not heard.gap and _RUNS_ON.match(heard.after) is not None
    again = bool(heard.word) and heard.rest.startswith(heard.word)
    return runs_on or again or _GRUMBLES.search(heard.matter) is not None


def told(heard: Heard) -> bool:
    """A concrete matter follows: a place and something wrong, neither a joke nor over nor imagined."""
    rest = heard.matter
    if speaks_of_the_word(heard):
        return False
    if heard.media and nothing(heard):
        return True
    if _ABOUT_REPORTS.match(rest) or jokes(rest) or is_over(rest) or supposes(rest) or asks_but_tells(rest):
        return False
    return (has_place(rest) and has_trouble(rest)) or danger(rest)


_NEIGHBOURS = Lazy(
    r"谁|哪[位家个里儿]|推荐|借|求购|拼车|投票|投个票|作业|密码|靠谱|转让|出售|宝妈|有经验|怎么做|攻略"
    r"|打呼|麻将|热线|信息|帖"
)
_IN_NEED = Lazy(
    r"敲门(?:没|不)|没人?应|没动静|叫不[醒应]|晕|摔|跌|走丢|不见|落水|掉[进到]?河|被困|困|锁|流血|难受"
    r"|不舒服|打[人架]|闹事|跟踪|漏|爆|停[电水气]|坏|断|塌|淹|倒|骗|起不来|没人管"
)


def help_call(heard: Heard) -> bool:
    """Somebody is in need, and asks the bot rather than the neighbours for a ladder."""
    rest = heard.matter
    if danger(rest):
        return True
    if heard.media and nothing(heard):
        return True
    if _NEIGHBOURS.search(rest) or _ABOUT_REPORTS.match(rest) or jokes(rest) or is_over(rest) or asks_but_tells(rest):
        return False
    placed = has_place(rest)
    return (placed and has_trouble(rest)) or ((placed or heard.gap) and _IN_NEED.search(rest) is not None)


_ABOUT_TIPS = Lazy(r"没有?线索|别瞎|奖金|看到了吗|已经?(?:提供|移交|报|说|给|交)|台账|核查|移交")
_OWN_EYES = Lazy(
    r"我?(?:们)?(?:刚[才刚]?|[今昨前]|早上|上午|中午|下午|晚上|\d)[^。]{0,16}(?:看[见到]|见[到过]|碰[见到]"
    r"|遇[见到])"
)
_WHEN = Lazy(r"[昨今前]天|[昨今前][晚夜早]|刚[才刚]|早上|上午|中午|下午|晚上|夜里|半夜|凌晨|\d点|每天|这几天|最近|经常")
_TOLD_OF = Lazy(
    r"有(?:一?[个伙帮群辆台]|几个|人|男|女|陌生|外地)\S{0,12}(?:卖|偷|撬|拉|运|收|拆|藏|躲|赌|骗|打听|转悠|翻|割|剪|推销|传销|吸毒|烧|砸)"
    r"|发现\S{0,8}(?:可疑|陌生|偷|撬|赌|骗|不明)|来路不明|来历不明|鬼鬼祟祟|形迹可疑"
)


def tip(heard: Heard) -> bool:
    """A code of a notice follows, or something seen is told."""
    rest = heard.matter
    if code_at_head(rest) is not None:
        return not asks(rest) or tells_something(rest)
    if jokes(rest) or asks(rest) or len(rest) < 8 or _ABOUT_TIPS.search(rest):
        return False
    if not heard.gap:
        return _OWN_EYES.match(rest) is not None and has_place(rest)
    if has_place(rest) and has_trouble(rest) and not is_over(rest) and not supposes(rest):
        return True
    if _TOLD_OF.search(rest) and not is_over(rest) and not supposes(rest):
        return True
    return sighting(rest) or (has_place(rest) and _WHEN.search(rest) is not None and len(rest) >= 10)


_SOMEBODY = Lazy(r"邻居|奶奶|爷爷|大[爷娘妈伯叔姐哥]|阿姨|叔|婶|老人|老太|居民|住户|租户|我[妈爸]|我家")


def on_behalf(heard: Heard) -> bool:
    """Somebody else's matter follows."""
    rest = heard.matter
    if (
        speaks_of_the_word(heard)
        or re.match(r"[名销税考一]|的事", rest)
        or jokes(rest)
        or asks_but_tells(rest)
        or is_over(rest)
    ):
        return False
    if not (heard.gap or has_place(rest)):
        return False
    return (
        has_trouble(rest)
        or danger(rest)
        or (_SOMEBODY.search(rest) is not None and has_place(rest) and len(rest) >= 10)
    )


_LOST = Lazy(r"走丢|走失|失踪|不见|失联|联系不上|没回|找不到|走散|离家|出走|下落不明")
_A_PERSON = Lazy(
    r"岁|姓|名叫|[男女][,孩童]|身高|^(?:我|俺)(?:家|们)?[^,。]{0,3}[妈爸爹娘爷奶婆公姥孩娃弟妹哥姐叔婶舅姨]"
)


def missing(heard: Heard) -> bool:
    """The word alone, or somebody told as lost; not a poster passed on."""
    rest = heard.rest
    if nothing(heard):
        return True
    if (
        not heard.gap
        or asks(rest)
        or jokes(rest)
        or re.search(
            r"启事|扩散|转发|急转|请(?:速)?联系|联系(?:电话|人)|电话\d|1\d{10}|失主|找到[了啦]|已找到|节目|顺风车", rest
        )
    ):
        return False
    described = re.search(r"\d岁|[一二三四五六七八九十]岁", rest) and re.search(r"穿|戴|糊涂|痴呆|走的|出门|走了", rest)
    first = heard.matter
    told_first = _LOST.search(first) or (_A_PERSON.search(first) and _LOST.search(rest))
    return bool(told_first or described)
