"""Intent (意图): does a bare word mean the bot, or is it ordinary talk? Pure; the text is folded.

In a group the command words are everyday words too (反诈讲座几点开始, 提醒家里老人关煤气). Each command has a predicate
that decides by what must follow its word, by who speaks and in what kind of chat; in doubt the answer is no.
"""

import re

from handlers.reading.intent_answer import objects, sighting, tells_something
from handlers.reading.intent_danger import danger, holds_danger
from handlers.reading.intent_frame import filler, frame, longest_frame, unframed
from handlers.reading.intent_heard import (
    Heard,
    has_code,
    never,
    nothing,
    only_code,
)
from handlers.reading.intent_matter import help_call, missing, on_behalf, tip, told
from handlers.reading.intent_notice import notice
from handlers.reading.intent_plain import ordered, plainly
from handlers.reading.intent_talk import (
    Turned,
    leaves_form,
    misspelt,
    private_command,
    reminder_turned,
    seen_by_code,
    step_of,
    time_at_head,
    turned_round,
    word_behind,
)
from handlers.reading.intent_words import (
    GAPS,
    asks,
    code_at_head,
    jokes,
)
from handlers.reading.lazy import Lazy

__all__ = [
    "Heard",
    "Turned",
    "add_note",
    "answers",
    "approve",
    "asks_about",
    "bind",
    "bind_group",
    "bulletins",
    "cancel_reminder",
    "change_reminder",
    "correct",
    "danger",
    "done",
    "filler",
    "found",
    "frame",
    "fraud",
    "hand_over",
    "has_code",
    "hazard",
    "help_",
    "help_call",
    "holds_danger",
    "issue_codes",
    "leave",
    "leaves_form",
    "longest_frame",
    "meant_by_frame",
    "merge",
    "missing",
    "misspelt",
    "my_data",
    "my_reminders",
    "never",
    "night_send",
    "nothing",
    "objects",
    "on_behalf",
    "only_a_tag",
    "only_code",
    "ordered",
    "plainly",
    "private_command",
    "progress",
    "recall",
    "reject",
    "remind",
    "reminder_turned",
    "report",
    "seen_by_code",
    "sighting",
    "step_of",
    "suspect",
    "take",
    "tells_something",
    "timeline",
    "tip",
    "todo",
    "turned_round",
    "unframed",
    "unsure",
    "verify",
    "warning",
    "who",
    "widen",
    "withdraw_report",
    "word_behind",
]


_ANSWERABLE = Lazy(
    r"(?![这那我你他她咱本哪])(?:[一-龥]{1,8}(?:村|小区|社区|网格|大院|花园))?(?:[\d一二三四五六七八九十]{1,3}(?:号楼|号院|栋|幢))?"
)


def who(heard: Heard) -> bool:
    """Nothing but a village, an estate, a grid or a house follows; 谁负责打扫卫生 is said to neighbours."""
    place = heard.rest.rstrip("?的呢啊呀")
    return bool(place) and _ANSWERABLE.fullmatch(place) is not None


def bulletins(heard: Heard) -> bool:
    """Nothing follows, or a record code alone."""
    return nothing(heard) or only_code(heard)


def help_(heard: Heard) -> bool:
    """帮助 alone; 菜单 and 怎么用 are everyday words."""
    return nothing(heard) and heard.word in ("", "帮助", "help")


report = hazard = told


_HOW_FAR = Lazy(
    r"号?的?(?:[\s,:了呢吗啊呀到哪里儿步一怎么样如何处理完没有多少是什么情况现在查下谢谢请问好咋]|修|办"
    r"|弄)*[?!。.,~\s]*"
)


def progress(heard: Heard) -> bool:
    """A record code follows, and nothing but how far it is."""
    code = code_at_head(heard.rest)
    return code is not None and _HOW_FAR.fullmatch(heard.rest[code.span[1] :]) is not None


withdraw_report = hand_over = done = merge = verify = widen = found = has_code
approve = reject = recall = night_send = cancel_reminder = change_reminder = has_code
timeline = has_code


def take(heard: Heard) -> bool:
    """A record code follows; before the team the word alone."""
    return has_code(heard) or (nothing(heard) and heard.team and heard.team_chat and heard.word in ("", "接单"))


def unsure(heard: Heard) -> bool:
    """The word alone, from the team before the team."""
    return nothing(heard) and heard.team and heard.team_chat


def add_note(heard: Heard) -> bool:
    """A record code follows, whatever is told behind it."""
    return code_at_head(heard.rest) is not None and not asks(heard.rest)


correct = add_note
todo = my_data = my_reminders = nothing
leave = suspect = never

fraud = warning = notice

_TO_NEIGHBOURS = Lazy(
    r"大家|各位|邻居|业主|居民们|家长|同学|同志|弟兄|别忘|记得|注意|请|停[水电气]|检修|@|的(?:人|朋友|师傅"
    r"|车主)|都要|全体|所有|老人|孩子们|挪车|小心|培训|召开"
)


def remind(heard: Heard) -> bool:
    """A time with its hour stands at the head; it is a reminder of one's own or of the team, not a notice."""
    rest = heard.rest
    own = re.match(r"(?:我们?|咱们?|俺|自己)(?:一下)?[,:\s]*", rest)
    words = rest[own.end() :] if own else rest
    when = time_at_head(words)
    if when is None or asks(rest) or jokes(rest):
        return False
    what = words[when.span[1] :].strip(GAPS)
    if len(what) < 2 or _TO_NEIGHBOURS.search(words):
        return False
    if own or heard.team_chat:
        return True
    return heard.gap and not heard.colon


def bind(heard: Heard) -> bool:
    """A join code follows: said before others it is void, and that must be told."""
    return re.fullmatch(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 -]{5,15}", heard.rest) is not None


def bind_group(heard: Heard) -> bool:
    """The word alone or the name of an area."""
    return nothing(heard) or (heard.gap and len(heard.rest) <= 12 and not asks(heard.rest))


def issue_codes(heard: Heard) -> bool:
    """The word alone or a role to hand a code out for."""
    if nothing(heard):
        return True
    return (
        re.match(
            r"居民|商户|网格员|辅警|社区民警|民警|办案队|所长|指挥室|平安办|调解员|保安|义警"
            r"|保密员|审计员|管理员|\d",
            heard.rest,
        )
        is not None
    )


_WORK = frozenset(
    (
        "接单 转派 办结 合并 核实 复核 扩圈 找到 批准 驳回 撤回 撤销 补充 更正 进度 夜间发送 异议 异议成立 异议不成立"
    ).split()
)


def answers(word: str, heard: Heard) -> bool:
    """Whether a command word at the head of an answer to the bot's own message is that command on its record."""
    if jokes(heard.rest):
        return False
    if word == "异议" and heard.word != word:
        return True
    if word == "线索":
        return heard.gap or tells_something(heard.rest)
    if word == "进度":
        return heard.gap or _HOW_FAR.fullmatch(heard.rest) is not None
    if word in _WORK:
        return not asks(heard.rest) and not heard.rest.startswith(("不", "率", "没"))
    return heard.gap and not asks(heard.rest) and told(heard)


timed = remind


def asks_about(text: str) -> bool:
    """It is a question among people."""
    return asks(text)


def meant_by_frame(framed: str, heard: Heard) -> bool:
    """Whether a polite frame in a group (我要|上报 …, 查|进度 隐12) speaks to the bot, not to a neighbour."""
    if code_at_head(heard.rest) is not None:
        return re.search(r"^(?:请(?!问)|麻烦|帮|给|拜托)", framed) is None
    if nothing(heard):
        return framed == "我的"
    return told(heard)


def only_a_tag(text: str, after: str | None = None) -> bool:
    """A sign not meant for the bot: a topic tag (#反诈宣传#, #反诈宣传周 …); after: what follows the word."""
    said = text.lstrip()[:64]
    if re.match(r"#[^#\s]+#", said):
        return True
    if not said.startswith("#") or after is None:
        return False
    heard = Heard(after.split("\n")[0])
    if heard.gap or code_at_head(heard.rest) is not None:
        return False
    return not (told(heard) or time_at_head(heard.rest))
