"""Rules of ten households (规则): what follows 十户 means, when the clock strikes, what is too much. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from handlers.help.rules import is_hello, is_thanks
from handlers.reading import intent
from handlers.reading.identifiers import mask
from handlers.reading.intent_danger import holds_danger
from handlers.reading.intent_words import has_trouble
from handlers.reading.normal import fold

MOST_MEMBERS: Final = 15
MOST_CALLED: Final = 16
MOST_NAME: Final = 20
MOST_WORDS: Final = 200
LONGEST_OWN: Final = 60
"""Longer words are none of its own, however they begin."""
CODE_LIVES: Final = timedelta(days=7)
FALSE_WITHIN: Final = timedelta(minutes=10)
"""So long whoever raised an alarm may say that it was none; the team may at any time."""
ANSWER_IN: Final = timedelta(minutes=3)
CLOCK: Final = (ANSWER_IN, timedelta(minutes=30), timedelta(hours=12))
"""After so long the officer hears who has not answered; that nobody has cleared it; and it ends by itself."""
MOST_ALARMS: Final = 3
"""So many alarms of one household within `ALARMS_WITHIN` reach the neighbours; further ones the team alone."""
ALARMS_WITHIN: Final = timedelta(hours=1)
MOST_ADDED: Final = 5
"""So many further words to one alarm reach the neighbours; further ones the team alone."""
TRIES: Final = 5
TRIES_WITHIN: Final = timedelta(minutes=15)


class Wish(StrEnum):
    """What is wanted by 十户 and the word behind it; anything else that is said is an alarm."""

    ALARM = "报警"
    SHOW = "看"
    KNOW = "收到"
    CLEAR = "解除"
    FALSE = "误报"
    LEAVE = "退出"
    JOIN = "加入"
    FOUND = "新建"
    INVITE = "邀请"
    REMOVE = "移出"
    END = "撤组"
    HOW = "怎么用"


@dataclass(frozen=True, slots=True)
class Said:
    """What 十户 means: the wish, the numbers behind it, and the words."""

    wish: Wish
    numbers: tuple[int, ...] = ()
    words: str = ""


_LOOKS = "看|查看|名单|成员|列表|情况"
_SLIPS = "按错|点错|误点|误触|发错|弄错"
_EXACT = re.compile(
    rf"(?P<word>报警|一键报警|{_LOOKS}|收到|知道|解除|没事|误报|{_SLIPS}|退出|邀请|移出|撤组)了?"
    r"(?:联?\s*(?P<a>[0-9]{1,9})(?:\s+(?P<b>[0-9]{1,9}))?(?:号|组)?)?[。.!]*"
)
_FOUND = re.compile(r"(?:新建|建立|建组)\s+(?P<name>\S.*)", re.DOTALL)
_JOIN = re.compile(
    r"加入\s*(?P<code>[0-9a-z](?:[- ]?[0-9a-z]){7})(?![0-9a-z])[\s,，:：]*(?P<called>.*)", re.DOTALL | re.IGNORECASE
)
_CLOSE = re.compile(
    r"(?:新建|建立|建组)(?P<name>(?![的了着路街巷村区里镇楼房小设]|[东南西北中]路)(?!.*(?:[来快救事]|有人))[一-龥a-z0-9]{1,18}"
    r"(?:[段街路巷村组区楼栋号院里排片户庄沟]|胡同|门面|商铺|市场|单元|家园))",
    re.IGNORECASE,
)
_A_UNIT = re.compile(r"我?(?:想|要)?(?:新建|建立|建)一?个?新?(?:小?组|联防组?)[吧了。!]*")
_WRONG_CODE = re.compile(
    r"加入\s*(?P<code>(?=[0-9 -]*[a-z])[0-9a-z](?:[- ]?[0-9a-z]){3,13}|[0-9]{4}[- ]?[0-9]{4})(?![0-9a-z])"
    r"[\s,，:：]*(?P<called>.{0,20})",
    re.IGNORECASE,
)
_LEAVES = re.compile(
    r"(?:我|我们|我家|我们家|俺|俺们|俺家)?(?:想要?|要|申请)?退出(?:[吧啦了]|联防|十户|这?个?小?组|群)*[。.!~\s]*"
)
_WISHES_TO_JOIN = re.compile(
    r"(?:我|我们|我家|俺|俺家)?(?:也?想要?|要|申请)?加入(?:[吧啦]|联防|十户|这?个?小?组)*[。.!~\s]*"
)
_OVER = re.compile(
    r"(?:对不起|不好意思|抱歉|刚才?|刚刚|现在|已经|是|,|\s)*(?:"
    rf"(?:(?P<over>没事|解除)了|我?(?:刚才?|刚刚)?(?:误报|{_SLIPS})|我?是?不小心按)"
    r"(?:[了啦的哈啊到]|谢谢|大家|辛苦|不好意思|对不起|抱歉|[,。.!~\s]"
    r"|[,。\s](?:人|小偷|贼|火|他|她)?(?:已经|都)?(?:抓住|抓到|带走|走|跑|灭|扑灭|回去|劝走)了)*){1,3}"
)
_DOES = r"(?:用|加入?|退出?|报警?|操作|弄|建|设|解除|取消|邀请|移出|误报|改名)"
_HOW = re.compile(
    rf"(?:联防)?(?:怎么|如何|咋)(?:样)?{_DOES}(?:啊|呢|呀)?|(?:联防)?(?:是|有)?(?:什么|啥)(?:意思|用|东西)?"
    r"|(?:联防)?(?:是)?(?:干什么|干啥)的?|怎么回事"
)
_ASKS = re.compile(
    r"(?:请问|[想要]?问一?下|我|咱们?|我们|你们|这个?(?=小?组|群|联防)|联防|十户|小?组里?|群里?|加入码?|邀请码|的|[,\s])*(?:"
    rf"(?:怎么|如何|咋)(?:样)?(?:才能?|可以|能)?{_DOES}(?:联防|十户|成员|小?组|报警|误报|码)?"
    r"|(?:负责人|网格员|民警)?的?(?:电话|号码|热线)(?:号码?)?(?:是|有)?(?:多少|几号|什么|啥)"
    r"|(?:要|用)?(?:收费|交钱|交费|花钱|要钱|免费)的?[吗不么]"
    r"|(?:一?共|总共)?(?:是|有)?(?:多少|几)(?:户|家)(?:人家?)?"
    r"|(?:能|可以|可不可以|能不能)(?:退出|加入|不用|改名)|(?:是|归)?谁(?:管|负责|建)"
    r")[的了啊呢呀吗么?。!~\s]*"
)
_I_AM = re.compile(r"^(?:我们?家?|俺们?家?)(?:这一?[家户])?(?:是|叫做?)")
_OTHER_NAMES = {
    "知道": "收到",
    "没事": "解除",
    "一键报警": "报警",
    **dict.fromkeys(_LOOKS.split("|"), "看"),
    **dict.fromkeys(_SLIPS.split("|"), "误报"),
}


def read(rest: str, *, founder: bool = False) -> Said:
    """What follows 十户: one of its own words and nothing else, or else what is wrong, for that is never missed.

    founder: said by one of those who found units; of them alone 新建和平街东段 without a gap is no alarm.
    """
    folded = fold(rest).strip()
    exact = _EXACT.fullmatch(re.sub(r"(?<=\D)\s+(?=联?\s*\d)|\s+(?=联)", "", folded))
    if exact is not None:
        word = _OTHER_NAMES.get(exact["word"], exact["word"])
        return Said(Wish(word), tuple(int(one) for one in (exact["a"], exact["b"]) if one))
    if joins := _JOIN.fullmatch(folded):
        code = re.sub(r"[- ]", "", joins["code"]).upper()
        return Said(Wish.JOIN, words=f"{code} {rest.strip()[joins.start('called') :].strip()}".strip())
    if found := _FOUND.fullmatch(folded):
        return Said(Wish.FOUND, words=found["name"].strip())
    return _nearly(folded, founder=founder) or Said(Wish.ALARM, words=rest.strip())


def _nearly(folded: str, *, founder: bool) -> Said | None:
    """One of its own words as it is mistyped or said in a sentence; None in doubt, for then it is an alarm."""
    if len(folded) > LONGEST_OWN:
        return None
    if over := _OVER.fullmatch(folded):
        return Said(Wish.CLEAR if over["over"] else Wish.FALSE)
    if _LEAVES.fullmatch(folded):
        return Said(Wish.LEAVE)
    if _WISHES_TO_JOIN.fullmatch(folded):
        return Said(Wish.JOIN)
    if folded in ("新建", "建组") or _A_UNIT.fullmatch(folded):
        return Said(Wish.FOUND)
    if _HOW.fullmatch(folded.rstrip("?。!吗 ")) or _ASKS.fullmatch(folded):
        return Said(Wish.HOW)
    if has_trouble(folded) or holds_danger(folded) or intent.danger(folded):
        return None
    if wrong := _WRONG_CODE.fullmatch(folded):
        return Said(Wish.JOIN, words=re.sub(r"[- ]", "", wrong["code"]).upper())
    if founder and (close := _CLOSE.fullmatch(folded)):
        return Said(Wish.FOUND, words=close["name"])
    return None


def joins(words: str) -> bool:
    """加入 and a code, said without 十户."""
    told = _JOIN.fullmatch(fold(words).strip())
    return told is not None and not told["called"]


def named(words: str) -> str:
    """What a household calls itself, as the others may read it; empty where it is none, as a mere 收到."""
    said = _I_AM.sub("", " ".join(words.split()).strip(" ，,。."))
    if is_thanks(said) or is_hello(said):
        return ""
    return said if 0 < len(said) <= MOST_CALLED and mask(said, doors=False) == said else ""


def strikes_at(since: datetime, stage: int) -> datetime | None:
    """When the clock's next step comes; None after the last."""
    return since + CLOCK[stage] if stage < len(CLOCK) else None


def braked(earlier: Iterable[datetime], now: datetime) -> bool:
    """Whether this household has raised so many alarms lately that the team alone hears of another; never the first."""
    return sum(now - at < ALARMS_WITHIN for at in earlier) >= MOST_ALARMS
