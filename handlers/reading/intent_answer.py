"""Answers to a notice (回应): something seen is told, or somebody says that it is wrong. Pure; the text is folded."""

import re

from handlers.reading.intent_words import asks, head
from handlers.reading.lazy import Lazy

_SAW = Lazy(
    r"看[见到](?:一|过|有|了|个|他|她|老|穿|这)|[看见]过|遇[到见]|碰[到见]|撞见|认[得出识]|像是?(?:他|她"
    r"|这|那)|(?:就|好像|可能|应该|估计)(?:是|在|往|去)|监控|出现|经过|路过|拍到"
    r"|(?:往|朝|向|顺着|沿着?)[^,。]{1,10}(?:走|去|跑|方向|拐|骑|开)|(?:坐|上)了?[^,。]{0,6}(?:车|路)"
    r"|(?:刚[才刚]?|[上下中]午|早[上晨]|昨[天晚]|\d+点)[^,。]{0,6}在|(?:在|到)[^,。]{1,12}(?:边|口|里|站"
    r"|旁|附近|超市|市场|门|路|桥|公园|店|村|楼|街|河|这|那|上|院|头|处|家|铺|场)"
    r"|穿[着的]?[^,。]{0,4}[红黄蓝绿黑白灰紫花]|我(?:家|们)?(?:门口|这[里儿边])|看[见到]|见(?:了|到)"
)
_NOTHING_SEEN = Lazy(
    r"没(?:有)?(?:看|见|遇|碰|发现|印象)|不(?:认识|知道|清楚|是我)|收到|扩散|转发|已转|帮转|一生平安|祈祷"
    r"|祈福|保佑|愿|希望|早日|早点|辛苦|谢谢|感谢|加油|可怜|注意|留意|帮忙(?:看|找|留)|大家(?:都)?(?:看|找"
    r"|帮|留)|[盼祝]|顶|往群里|朋友圈|其他群|别的群|如果|要是|谁(?:看|见)|有(?:没有|谁)|看到(?:的"
    r"|了)?(?:请|麻烦|联系|打)"
)
SURELY_SEEN = Lazy(
    r"看[见到](?:一|过|有|了|个|他|她|老|穿|这|的)|[看见]过|遇[到见]|碰[到见]|撞见|监控|拍到|(?:往|朝"
    r"|向)[^,。]{1,10}(?:走|去|跑|拐)"
)
_SEEN_AND_ASKS = Lazy(r"是不是(?:他|她|这|那)?|对不对|吗|吧|\?")


def sighting(text: str) -> bool:
    """Something seen is told."""
    return _SAW.search(head(text)) is not None


def tells_something(text: str) -> bool:
    """An answer to a notice that tells something, not just 收到, 扩散 or 好人一生平安."""
    said = head(text).strip()
    if len(said) < 4:
        return False
    seen = [one for one in re.split(r"[,。!;\n ]+", said) if one and not _NOTHING_SEEN.search(one)]
    told = ",".join(seen)
    if SURELY_SEEN.search(told) and not asks(_SEEN_AND_ASKS.sub("", told)):
        return True
    return not asks(said) and _SAW.search(told) is not None


_OBJECTS = Lazy(
    r"[认发搞弄抓找]错人|[认发搞弄抓]错[了啦](?!群)"
    r"|错人了|[就才]?不是(?:本人|同一个?人|这个?人)|不是(?:我|他|她)(?:[,。!;呀啊吧的了 ]|$)|冤枉"
    r"|(?:照片|图片?|上面|里面|这)[^,。]{0,4}(?:就)?是我(?:[,。!;呀啊 ]|$)|侵犯|肖像权|隐私"
    r"|(?:请|马上|立刻|快|赶紧|麻烦|把)[^,。]{0,8}(?:删[掉除了]|撤[掉下回了])|(?:未经|没经|没有经过)[^,。]{0,6}同意"
    r"|反对(?:发|公布)|不同意(?:发|公布)|提异议|有异议"
)


def objects(text: str) -> bool:
    """An answer to a public notice that says it is wrong, or about the wrong person."""
    said = text.strip()[:80]
    return _OBJECTS.search(said) is not None and not asks(said) and not tells_something(said)
