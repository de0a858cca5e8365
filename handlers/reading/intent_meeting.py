"""见面 without a gap: somebody about to pay a swindler, told from talk about meeting. Pure; folded text."""

from handlers.reading.intent_words import asks
from handlers.reading.lazy import Lazy

_ABOUT_MEETING = Lazy(
    r"[再了的会吧聊谈说就过之以那这要不可好先在跟吗啊也都没改约完给转我他她你咱]|时(?!家|庄)|[前后](?![街村庄])|和(?!平)"
    r"|地[点方址]|礼[物金]|定[在于]|大家|网友|对象|交[给钱接材]|工作|率|一[次起下]"
)
_MONEY_AT_STAKE = Lazy(
    r"转(?:账|帐|钱|款|给|走|出|过去|了(?!一?圈)|\s*[\d一两二三四五六七八九十])|骗|诈|刷单|汇(?![合报总集])"
    r"|打(?:钱|款)|取(?:钱|款|现)|[\d一两二三四五六七八九十][多来]?[万千]"
    r"|(?:要|正|去|在)[^。]{0,12}(?:银行|[农工建中邮]行|邮储|信用社)[^。]{0,6}(?:办|柜|存|取|要|正|等着)"
)


def money_at_stake(said: str) -> bool:
    """Whether what stands right behind 见面 tells of money in danger: 王大爷正要给骗子转3万; not 再说, 改到周三."""
    return not _ABOUT_MEETING.match(said) and _MONEY_AT_STAKE.search(said) is not None and not asks(said)
