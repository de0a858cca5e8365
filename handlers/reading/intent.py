"""Intent (意图): does a bare word mean the bot, or is it ordinary talk? Pure; the text is folded.

In a group the command words are everyday words too (反诈讲座几点开始, 提醒家里老人关煤气). Each command has a predicate
that decides by what must follow its word, by who speaks and in what kind of chat; in doubt the answer is no.
"""

import re

from handlers.reading.intent_danger import danger, holds_danger
from handlers.reading.intent_heard import (
    Heard,
    has_code,
    never,
    nothing,
    only_code,
)
from handlers.reading.intent_notice import notice
from handlers.reading.intent_plain import plainly
from handlers.reading.intent_talk import (
    Turned,
    filler,
    frame,
    leaves_form,
    longest_frame,
    misspelt,
    objects,
    private_command,
    reminder_turned,
    seen_by_code,
    sighting,
    step_of,
    tells_something,
    time_at_head,
    turned_round,
    unframed,
    word_behind,
)
from handlers.reading.intent_words import (
    GAPS,
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


report = hazard = told


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
