"""Intent: does a bare word mean the bot, or is it ordinary talk? Pure; the text is folded.

In a group the command words are everyday words too (反诈讲座几点开始, 提醒家里老人关煤气). Each function decides for
one command by what must follow its word; in doubt the answer is no.
"""

import re
from dataclasses import dataclass

_CODE = re.compile(r"[报隐求线寻反预协提]\s*-?\d{1,6}(?!\d)")
_ASKS = re.compile(r"[吗么呢嘛?？]\s*$|什么|怎么|谁|几点|哪里|哪儿|多少|为什么|是不是|有没有")
_PLACE = re.compile(r"村|路|楼|单元|门口|小区|街|桥|巷|栋|幢|组|店|学校|广场|公园|河|菜市场|车库")
_TROUBLE = re.compile(
    r"坏|堵|漏|塌|断|倒|破|冒烟|起火|着火|积水|停水|停电|堆|乱|占|吵|打架|偷|可疑|掉|裂|松|没电|不亮|失灵|爆"
)


@dataclass(frozen=True, slots=True)
class Turned:
    """A command whose word stands behind its code (隐12 办结 …)."""

    word: str
    rest: str


def has_code(rest: str) -> bool:
    """A record code stands at the beginning of what follows."""
    return _CODE.match(rest.lstrip()) is not None


def only_code(rest: str) -> bool:
    """Nothing but a record code follows."""
    return _CODE.fullmatch(rest.strip()) is not None


def nothing(rest: str) -> bool:
    """Nothing follows."""
    return not rest.strip()


def report(rest: str) -> bool:
    """A concrete matter follows: a place and something wrong."""
    return bool(_PLACE.search(rest) and _TROUBLE.search(rest)) and not asks_about(rest)


_SOMEBODY = re.compile(r"[爷奶爸妈爹娘父母哥弟姐妹叔伯姑姨舅]|儿|孩|老人|老公|老婆|丈夫|妻子|\d岁")
_GONE = re.compile(r"走失|走丢|不见了|丢了|失踪|失联|没回|联系不上|找不到|找不着")


def missing(rest: str) -> bool:
    """Nothing follows, or somebody and that they are gone (寻人 我奶奶走失了); never a passed-on 寻人启事."""
    if rest.lstrip().startswith(("启事", "的", "栏", "群", "网", "成功")):
        return False
    return not rest.strip(" !。.") or bool(_SOMEBODY.search(rest) and _GONE.search(rest))


def asks_about(text: str) -> bool:
    """It is a question among people."""
    return _ASKS.search(text) is not None


def only_a_tag(text: str) -> bool:
    """A sign that is not meant for the bot: a topic tag (#反诈宣传#) or a sticker (/强)."""
    return re.fullmatch(r"\s*#[^#\s]+#.*", text, re.S) is not None


def leaves_form(text: str) -> bool:
    """Words that always mean the bot itself, also in the middle of a guided talk."""
    return text.strip() in ("取消", "帮助", "退出")


def private_command(word: str, rest: str, text: str) -> bool:
    """Whether a private message beginning with a command word is that command."""
    if word == "查看":
        return re.fullmatch(r"\s*寻?\s*-?\d{1,6}\s*[。.!?]?\s*", rest) is not None
    return True


def turned_round(text: str) -> Turned | None:
    """A code first and the word behind it, 隐12办结 已换灯泡."""
    found = re.match(
        r"\s*([报隐求线寻反预协提]\s*-?\d{1,6})\s*[,:]?\s*(接单|转派|办结|核实|扩圈|找到|批准|驳回|撤回|撤销|进度)(.*)",
        text,
        re.S,
    )
    return Turned(found.group(2), f"{found.group(1)} {found.group(3).strip()}".strip()) if found else None


def tells_something(text: str) -> bool:
    """An answer to a notice that tells something, not just 收到."""
    return len(text.strip()) >= 4 and re.search(r"看见|看到|见过|在|往|穿", text) is not None


def danger(text: str) -> bool:
    """Words of danger that are not about a film, a drill or a figure of speech."""
    return re.search(r"着火了|不见了.*(帮|快)|要跳楼|晕倒|打人", text) is not None and not asks_about(text)


_TIME_FIRST = re.compile(
    r"(?:今|明|后|大后|当)[天日早晚儿]|(?:下|这|本)*个?(?:周|星期|礼拜)[一二三四五六日天末1-7]|每|隔[天周日]|工作日"
    r"|过?(?:\d+|[一二两三四五六七八九十半]+)个?(?:半)?(?:分钟|小时|钟头|天|周|刻钟)"
    r"|(?:早上|上午|中午|下午|傍晚|晚上|夜里|凌晨)?(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点|:\d\d|时)"
    r"|(?:早上|上午|中午|下午|傍晚|晚上|夜里|凌晨|月底|年底)|\d{1,2}月\d{1,2}|\d{1,2}[号日](?!楼)"
)
_CLOCK = re.compile(r"[\d一二两三四五六七八九十]点|\d:\d\d|(?:分钟|小时|钟头|刻钟|天|周)(?:以|之)?后|^每|^隔|^工作日")
_TURNED_REMINDER = re.compile(
    r"(?P<time>[^。!?]{1,24}?)[,\s]*(?:的时候|再|请|记得|麻烦|要)*提醒(?P<who>我们|咱们|大家|我|咱|俺)?(?:一下|下)?"
    r"[,:\s]*(?P<what>.*)",
    re.S,
)


_TIME_WORDS = re.compile(
    r"[今明后大当天日早晚儿下这本个周星期礼拜一二三四五六七八九十两半每隔工作过点分钟小时头刻整零月号年上午中夜里凌晨傍底以之前内"
    r"左右的末\d:\s]"
)


def timed(rest: str) -> bool:
    """A time with an hour follows at once (提醒 明天9点 走访)."""
    words = rest.strip().removeprefix("我").lstrip()
    return _TIME_FIRST.match(words) is not None and _CLOCK.search(words[:16]) is not None


def reminder_turned(text: str) -> Turned | None:
    """The time first and the word behind it, 30分钟后提醒我关水; only where the bot is surely meant."""
    found = _TURNED_REMINDER.fullmatch(text.strip())
    if found is None or not _TIME_FIRST.match(found["time"]) or _TIME_WORDS.sub("", found["time"]):
        return None
    if found["what"].startswith(("了", "过", "你", "他")) or asks_about(found["what"]):
        return None
    return Turned("提醒", f"{found['time']} {found['what']}".strip())


def code_or_nothing(rest: str) -> bool:
    """A record code follows, or nothing at all."""
    return nothing(rest) or only_code(rest)


def tip(rest: str) -> bool:
    """A code with something told about it, or a concrete matter."""
    return (has_code(rest) and not only_code(rest)) or report(rest)
