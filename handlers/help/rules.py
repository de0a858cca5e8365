"""What is likely wanted (最可能要做的): by role, and how small talk is told from something to be done; pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from handlers.incidents.rules import tells_of_missing
from storage.people import Role

LIKELY: Final[Sequence[tuple[frozenset[Role], tuple[str, ...]]]] = (
    (frozenset({Role.ADMIN}), ("发码", "绑定群", "提醒", "隐患")),
    (frozenset({Role.CHIEF}), ("待办", "协查", "反诈", "提醒")),
    (frozenset({Role.OFFICER, Role.CASE_TEAM}), ("待办", "寻人", "反诈", "提醒")),
    (frozenset({Role.COMMAND_ROOM, Role.SAFETY_OFFICE}), ("待办", "预警", "寻人", "提醒")),
    (frozenset({Role.GRID_WORKER, Role.AUXILIARY}), ("待办", "隐患", "提醒", "寻人")),
    (frozenset({Role.MEDIATOR}), ("待办", "纠纷", "提醒", "隐患")),
    (frozenset({Role.GUARD, Role.VOLUNTEER}), ("巡逻", "领班", "车门", "隐患")),
)
RESIDENT: Final = ("隐患", "求助", "线索", "寻人")
WITH_WORDS: Final = ("隐患", "线索", "求助")
"""What words said without a command most likely are; a worker's may be a reminder, too."""

_QUARREL = re.compile(
    r"吵架|吵了|又吵|吵起来|闹矛盾|闹纠纷|纠纷|不讲理|评评?理|说和|调解|骂[我人]|(?:工钱|工资|货款|押金|欠条?)[^,。]{0,8}(?:不[给还退]|拖|没[给还退])"
    r"|(?:欠|借)[^,。]{0,8}(?:钱|款)[^,。]{0,8}(?:不还|没还|不给)|占(?:了|着)?我(?:家|们)|挪[^,。]{0,4}我家|邻居[^,。]{0,12}(?:吵|骂|闹|占|挪)"
)

_DONE = re.compile(
    r"(?:办|修|处理|解决|弄|换|搞|清理|疏通|收拾|打扫|整改|排除|安|装|补|拖走|挪|移)(?:好|完|掉|开|走|上)了?(?!吗|没)|(?:已经?|都)(?:办|修|处理|解决|清理)"
)

_TIME = (
    r"(?:[今昨前明后][天晚早夜]|早上|上午|中午|下午|晚上|半夜|夜里|凌晨|刚才|刚刚|刚|现在|大概|大约|差不多|左右"
    r"|[\d一二两三四五六七八九十]{1,3}(?:[点时](?:半|多|钟|[\d一二三四五六七八九十]{1,3}分?)?|分钟前|个?小时前|天前))"
)
_SPOT = (
    r"(?:[^在\W_]{0,8}?(?:村|庄|镇|乡|县|社区|小区|网格|街|路|巷|弄|胡同|桥|口|门|[东西南北]头|[旁路河边]边|对面|[前后里外]面|附近"
    r"|楼|单元|栋|幢|室|层|号|院|组|队|店|站|厂|学校|学|部|铺|亭|馆|广场|市场|超市|银行|医院|公园|河|渠|坝|坡|家|那里|那儿|这里|这儿|那边|这边|里|上|下))"
)
_PLACE_OR_TIME = re.compile(
    rf"(?:就|也|人|地点|地址|位置|[我他她]们?)?(?:还|正|就)?(?:是|:)?(?:{_TIME}|在|{_SPOT}|[\s,。、的])++"
)
_A_MATTER = re.compile(
    r"[了过没不坏打吵骂偷抢骗漏堵倒断裂闹摔撞帮买喝吃叫喊说哭丢病死救跑走来去有被把给让要想吗呢吧谁什怎开会做干修接送查看见听找吸赌停积垃臭烧]|(?<!小)卖"
)
LONGEST_PLACE = 30

_THANKS = re.compile(
    r"(?:非常|太|多)?(?:谢谢|感谢|谢了|多谢|好的|好嘞|好滴|好吧|(?<![您你们家])好|行|收到|嗯+|哦+|ok|okay|知道了|明白了?|辛苦了?|了解|没事了?|不用了?|算了"
    r"|客气了?|你们?|大家|满意|您|啦|了|呀|啊|哈|呢|师傅|同志|民警|网格员|机器人|[\s,，。.!！~～👍🙏🌹😊👌💪])+",
    re.I,
)
_HELLO = re.compile(
    r"(?:你好|您好|在吗|在不在|有人吗|hi|hello|嗨|哈喽|早上好|下午好|晚上好|[\s,，。.!！?？~～])+", re.I
)


def likely(roles: Iterable[Role]) -> tuple[str, ...]:
    """The commands a person of these roles most likely wants, the likeliest first."""
    held = frozenset(roles)
    return next((words for among, words in LIKELY if among & held), RESIDENT)


def choices_for_words(roles: Iterable[Role]) -> tuple[str, ...]:
    """What words said without a command may be meant as, for these roles."""
    held = frozenset(roles)
    return WITH_WORDS if not any(among & held for among, _ in LIKELY[:-1]) else ("隐患", "线索", "提醒")


def tells_of_quarrel(said: str) -> bool:
    """Whether people seem to be at odds. said: folded."""
    return _QUARREL.search(said[:600]) is not None


def tells_of_done(said: str) -> bool:
    """Whether something seems to be done. said: folded."""
    return _DONE.search(said[:200]) is not None and re.search(r"没|未|不|还[要得]|吗", said[:200]) is None


def told_by_words(said: str) -> tuple[str, ...]:
    """The commands that what somebody told calls for: a person is gone, or people are at odds. said: folded."""
    missing = ("寻人",) if tells_of_missing(said) else ()
    return (*missing, "纠纷") if tells_of_quarrel(said) else missing


def only_where_or_when(said: str) -> bool:
    """Nothing but a place or a time, which belongs to something else: 在水头村上街, 昨天晚上. said: folded."""
    words = said.strip()
    if not 0 < len(words) <= LONGEST_PLACE or _A_MATTER.search(words):
        return False
    return _PLACE_OR_TIME.fullmatch(words) is not None


_TRANSFERRED = re.compile(
    r"(?:我|我妈|我爸|老人)?(?:已经|都|刚|就)+(?:给(?:他|她|对方))?(?:转|汇)(?:过去|出去|给他|给她|给对方)?了[。!~\s]*"
)


def has_transferred(said: str) -> bool:
    """已经转了, and nothing else: by somebody with no work to hand on it is money that is gone. said: folded."""
    return _TRANSFERRED.fullmatch(said.strip()) is not None


def is_thanks(said: str) -> bool:
    """Thanks or a nod, to which a menu would be rude."""
    return len(said) <= 16 and _THANKS.fullmatch(said.strip()) is not None


def is_hello(said: str) -> bool:
    """A greeting that tells nothing yet."""
    return len(said) <= 16 and _HELLO.fullmatch(said.strip()) is not None
