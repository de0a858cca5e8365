"""Polite frames (客套): 麻烦你帮我, 你好，我想 … and what says nothing behind the word. Pure; the text is folded."""

from handlers.reading.lazy import Lazy

_FILLER = Lazy(r"(?:一下|一个|一条|一声|下|个(?![人月小])|条|我想|说)?[\s,:;.!、~-]*")
_FRAME = Lazy(
    r"(?:(?:你好|您好|请问|请|麻烦(?:你|您)?(?:们)?|劳驾|拜托|帮个忙|帮忙|帮(?:我|俺|咱|他|她)?|给我|替我"
    r"|我(?:也)?(?:想要?|要|得|需要|有|来|这里?|们)?"
    r"|我?的|俺|咱|(?:叫|喊|通知)我(?:一下|一声)|(?:替|帮|给|为)[我俺](?:家)?(?:[妈爸爷奶姑姨叔舅婶姥爹娘哥姐弟妹]{1,2}"
    r"|邻居)|需要|想要?|要|能不能|可不可以"
    r"|可以|能|有|喂|嗨|在吗|那个|同志|民警|警官|警察|师傅"
    r"|网格员?|小?助手|机器人|现在|马上|再|重新|去)(?:一下)?[,。!.:~、\s]*){0,6}"
    r"(?:查询|查看|查找|查|看看|看|发布|发送|发起|发出|发|设置|设定|设|定|新建|建|开始|开启|开|反映|反应"
    r"|报告|报|提交|提供|发现|看到|举|说|举报|启动|申请|做|打开|显示|点|问|写)?"
    r"(?:一下|一?个|一?条|一?份|下|点|些|新的?)*[,:\s]*"
)
_LONGEST_FRAME = 18


def frame(text: str, at: int) -> bool:
    """Whether what stands before a position is only a polite frame (你好，我想报个|隐患)."""
    return 0 < at <= _LONGEST_FRAME and _FRAME.fullmatch(text, 0, at) is not None


def unframed(text: str) -> str:
    """The text without its polite beginning (麻烦你|明天8点提醒我…)."""
    found = _FRAME.match(text.lstrip())
    return text.lstrip()[found.end() :] if found else text


def filler(rest: str) -> int:
    """How many characters behind a framed word say nothing (上报|一下，)."""
    found = _FILLER.match(rest)
    return found.end() if found else 0


def longest_frame() -> int:
    """How far into a message a framed word may stand, in characters."""
    return _LONGEST_FRAME
