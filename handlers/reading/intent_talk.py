"""What is said to the bot itself (私聊): commands turned round, and private talk. Pure; the text is folded."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from handlers.reading.codes import codes
from handlers.reading.intent_answer import SURELY_SEEN, sighting
from handlers.reading.intent_frame import frame
from handlers.reading.intent_meeting import money_at_stake
from handlers.reading.intent_words import (
    ENDS,
    GAPS,
    ON_A_RECORD,
    asks,
    asks_but_tells,
    code_at_head,
    has_place,
    has_trouble,
    head,
    is_han,
)
from handlers.reading.lazy import Lazy
from handlers.reading.when import When, read_when

_ANY_MOMENT = datetime(2026, 1, 7, 12, tzinfo=timezone(timedelta(hours=8)))
_TURNED = Lazy(
    r"(?P<gap>[号的 ,:!]{0,3})(?P<who>(?:我(?:来|要|想)?|请|申请|可以|已经?|都|先|帮我|麻烦)?\s*)"
    r"(?P<word>接单|转派|办结|核实|扩圈|找到|批准|驳回|撤回|撤销|进度|补充|更正|合并"
    r"|夜间发送|线索汇总|异议成立|异议不成立|异议|复核)(?P<rest>.*)",
    re.S,
)
_BEFORE_CODE = Lazy(
    r"(?:把|将|给|对|请|请把|请给|麻烦把|帮我把|帮我|查|查一下|查查|看|看看|看一下|问|问一下|请问|我想问)\s*"
)
_PLAIN_PROGRESS = Lazy(
    r"(?:了|呢|吗|到?哪(?:里|儿)?(?:了|一?步)?|怎么样|如何|多少|什么|查一?下|谢谢|处理|完|没|有|情况|啊|呀"
    r"|是|到|现在)*[?!。.,~\s]*"
)
_ENDS = Lazy(r"$|[\s,:;.。!~-]")
_AFTER = {
    "转派": Lazy(r"给|到|[\s,:]"),
    "找到": Lazy(r"[了啦]?(?:$|[\s,.:!。在人~])"),
    "补充": Lazy(r""),
    "办结": Lazy(r"[了啦]?(?:$|[\s,.:!。~已])"),
}
_TURNED_REMINDER = Lazy(
    r"[,:\s]*(?:的时候|再|请|记得|麻烦|要|帮我|帮忙)*提醒(?P<who>我们|咱们|大家|我"
    r"|咱|俺|一下我)?(?:一下|一声|下)?[,:\s]*(?P<what>.*)",
    re.S,
)


@dataclass(frozen=True, slots=True)
class Turned:
    """A command whose word stands behind its code or its time (隐12 办结 …)."""

    word: str
    rest: str


def time_at_head(text: str, *, dated: bool = False) -> When | None:
    """The time phrase a text begins with, an hour or a repetition in it; dated: a day alone will do."""
    found = read_when(text[:48], _ANY_MOMENT)
    if found is None or text[: found.span[0]].strip(GAPS):
        return None
    told = isinstance(found.start, datetime) or found.repeat is not None or (dated and found.start is not None)
    return found if told else None


def turned_round(text: str, *, loose: bool = False) -> Turned | None:
    """A code first and the word behind it, 隐12办结 已换灯泡; loose where the bot is surely meant (把隐12转派给…)."""
    said = text.strip()
    named = next(iter(codes(said[:48])), None)
    if named is None:
        return None
    before = said[: named.span[0]]
    if before and not (loose and (_BEFORE_CODE.fullmatch(before) or frame(before, len(before)))):
        return None
    found = _TURNED.match(said, named.span[1])
    if found is None or (not loose and found["who"].strip() in ("请", "可以", "先", "都", "麻烦", "申请")):
        return None
    word, rest = found["word"], found["rest"]
    if word == "进度":
        return Turned(word, str(named)) if loose or _PLAIN_PROGRESS.fullmatch(rest) else None
    if asks(rest) or not (loose or _AFTER.get(word, _ENDS).match(rest)):
        return None
    told = re.sub(r"^[了啦]?[\s,:;.!]*", "", rest).rstrip()
    return Turned(word, f"{said[named.span[0] : named.span[1]]} {told}".strip())


_STEPS = {"巡": ("巡逻", "参加|退出|开始|结束|取消|名单"), "车": ("车门", "已联系|联系不上|换人|还原|关好了")}


_OFFERS = Lazy(r"(?:我?(?:也)?(?:想|要|来|愿意)(?:当|做|报名)|报名|报名当|申请当?|当)(?:一?[个名])?志愿者")
_LEAVES = Lazy(r"(?:我?(?:不|不想|不再)(?:当|做|干)|退出|志愿退出|取消)志愿者?(?:队伍?)?|志愿者?退出")
_WISHES = Lazy(
    r"(?:我|俺)?(?:这儿|这里)?(?:也|还)?(?:想|要)?(?:提|说|许|报|登记|有)(?:一?[个件])?(?:小|微)?(?P<word>心愿|诉求)[\s,:.。]*(?P<rest>.*)",
    re.S,
)
_LEFT_OPEN = Lazy(r"车门(?:没有?|未|忘了?)(?:上?锁|关)|车门(?:是|还)?开着")
_TAKEN = Lazy(r"偷|盗|撬|砸|抢|丢")
_ON_PATROL = Lazy(r"(?:去|的|组织|安排)?巡逻[\s,:]*(?P<rest>.*)", re.S)


def step_of(text: str) -> Turned | None:
    """What is meant by words of the watch turned round, said to the bot.

    参加 巡1; 车2 已联系; 结束巡逻; 今晚8点巡逻 水头村; 我想当志愿者; 有辆车车门没锁 晋E12345.
    """
    said = text.strip().rstrip("了。!~ ")
    if _OFFERS.fullmatch(said):
        return Turned("志愿", "")
    if found := _WISHES.fullmatch(said):
        return Turned(found["word"], found["rest"])
    if _LEAVES.fullmatch(said):
        return Turned("志愿", "退出")
    if _LEFT_OPEN.search(said) and not _TAKEN.search(said) and not asks(said):
        return Turned("车门", _LEFT_OPEN.sub(" ", said))
    if found := re.fullmatch(rf"({_STEPS['巡'][1]})巡逻", said):
        return Turned("巡逻", found[1])
    when = time_at_head(said) if "巡逻" in said[:24] else None
    behind = _ON_PATROL.match(said, when.span[1]) if when is not None else None
    if when is not None and behind is not None and not asks(said):
        return Turned("巡逻", f"{said[: when.span[1]]} {behind['rest']}".strip())
    named = next(iter(codes(said[:24])), None)
    word, steps = _STEPS.get(named.prefix if named is not None else "", ("", ""))
    if named is None or not word:
        return None
    step = f"{said[: named.span[0]]}{said[named.span[1] :]}".strip(GAPS)
    return Turned(word, f"{step} {named}") if re.fullmatch(steps, step) else None


_AFTER_A_SPAN = Lazy(r"过?[\d一二两三四五六七八九十半个]+(?:分钟|小时|钟头|刻钟|半)+")


def reminder_turned(text: str, *, loose: bool = True, team: bool = False) -> Turned | None:
    """The time first and the word behind it, 30分钟后提醒我关水.

    loose: the bot is surely spoken to. team: only the team reads along; elsewhere 晚上8点提醒我 is said to people,
    and only a span of minutes or hours is not.
    """
    said = text.strip()
    if "提醒" not in said[:40]:
        return None
    when = time_at_head(said, dated=loose)
    found = _TURNED_REMINDER.match(said, when.span[1]) if when is not None else None
    if when is None or found is None or asks(found["what"]) or found["what"].startswith(("了", "过", "你", "他", "她")):
        return None
    what = found["what"].strip(GAPS + "啊哈呗吧哦噢")
    if not loose and (found["who"] not in ("我", "咱", "俺", "一下我") or len(what) < 2):
        return None
    if not loose and not team and _AFTER_A_SPAN.match(said) is None:
        return None
    at = said[when.span[0] : when.span[1]].removesuffix("的时候")
    return Turned("提醒", f"{at} {what}".strip())


_BEHIND = Lazy(
    r"[,。!?;\s](?:我?要|我想|帮我|给我|麻烦|请|帮忙)?(?:查|看)?(?:一下|下)?"
    r"(?P<word>上报|隐患|求助|线索|代报|寻人|撤销|办结|接单|补充|进度|帮助|待办|我的数据|我的提醒"
    r"|帮?(?:忙|我)?(?:报|反[映应])一?下)(?:一下|了)?$"
)
_WHOSE = Lazy(r"(?P<place>[一-龥\d]{1,12}?)(?:这边|那边|现在|的事)?(?:是|归|由|该)?谁(?:负责|管|在管)的?[呀啊呢?]*")
_WEEKLY = Lazy(
    r"(?:看|查|发|要|给我|我要|我想看)?(?:一?下)?(?P<of>(?:上+|这|本)个?(?:周|星期)|\d{1,2}月第?[一二三四五六1-6]个?(?:周|星期)"
    r"|[一-龥]{1,10}[县镇乡区]|[一-龥]{2,8}街道)的?周报(?P<rest>图片?|表格?)?"
)
_FRAUD = r"(?:个|遇到|碰到)?(?:骗子|诈骗|骗人|骗局|骗钱|电诈)的?(?:电话|短信|信息)?"
_IS_IT_FRAUD = Lazy(
    rf"(?:(?:这|那)(?:个|种|些)?(?:人|事|电话|短信|链接)?)?"
    rf"(?:(?:是不是|会不会是|算不算){_FRAUD}[吗吧啊呀呢]?|是{_FRAUD}[吗吧])(?=[ \n,?。]|$)"
)
_LONGEST_BEHIND, _SHORTEST_MATTER = 24, 4
_NEAR_WORDS = ("上报", "隐患", "求助", "提醒")


def word_behind(text: str) -> Turned | None:
    """The matter first and the word as its last clause, said to the bot: 东巷路灯又黑了，上报; 隐42报错了，撤销."""
    if (asked := _IS_IT_FRAUD.search(text.strip())) is not None:
        before, behind = text.strip()[: asked.start()], text.strip()[asked.end() :]
        return Turned("问骗", f"{before.rstrip(GAPS)} {behind.lstrip(GAPS + ENDS)}".strip())
    whole = head(text).strip().rstrip("。!~ ")
    if (place := _WHOSE.fullmatch(whole)) is not None:
        return Turned("谁负责", place["place"])
    if weekly := _WEEKLY.fullmatch(whole):
        return Turned("周报", f"{weekly['of']} {weekly['rest'] or ''}".strip())
    found = _BEHIND.search(whole, max(0, len(whole) - _LONGEST_BEHIND))
    if found is None or found.start() < _SHORTEST_MATTER:
        return None
    said, word = whole[: found.start()].rstrip(GAPS), found["word"]
    if word in ("帮助", "待办", "我的数据", "我的提醒"):
        return Turned(word, "")
    if word.endswith("下"):
        word = "上报"
    if word in ON_A_RECORD:
        return Turned(word, str(next(iter(codes(said[:60]))))) if codes(said[:60]) else None
    return Turned(word, said) if has_trouble(said) and not asks_but_tells(said) else None


def seen_by_code(text: str) -> Turned | None:
    """A search or a suspect by its code and something seen of it, said to the bot: 协3那个人我见过."""
    said = text.strip()
    code = code_at_head(said)
    if code is None or code.prefix not in ("寻", "协") or not SURELY_SEEN.search(_AGREED.sub("", said)):
        return None
    return None if asks(_AGREED.sub("", said)) else Turned("线索", said)


_AGREED = Lazy(r"(?:行|好|可以|中|成)(?:不|吗|么|吧)[?\s]*$")


def misspelt(text: str) -> Turned | None:
    """One sign of the word mistyped, and what follows fits (隐换 楼道堆煤球), said to the bot."""
    said = text.strip()
    typed, rest = said[:2], said[2:].lstrip(GAPS)
    if len(rest) < 4 or said[2:3] not in GAPS:
        return None
    for word in _NEAR_WORDS:
        if sum(one == other for one, other in zip(typed, word, strict=True)) == 1:
            fits = time_at_head(rest) is not None if word == "提醒" else has_place(rest) and has_trouble(rest)
            if fits and not asks_but_tells(rest):
                return Turned(word, rest)
    return None


_ABOUT = Lazy(
    r"[了过的给完]|人员|材料|名单|数据|表|截止|情况|就|都|也|是|会|得|怎|谁|吗|没|不|太|很|真|好|早|我早"
    r"|已|能|有用|有什么|要|该|在哪|电话|热线|平台|系统|渠道|流程"
    r"|排查|猛|台账|整改率|无门|信息|帖|奖励|征集|断|提供|人|吧|呢|啊|条|也|那|这个|什么"
)
_ABOUT_NOTICE = Lazy(
    r"讲座|宣传|中心|app|专班|民警|警察|电话|短信|信[息号]|工作|意识|知识|课|已|真|太|的|就|是|做|拍|通报"
    r"|函|要求|任务|单|数据|指令|级别|发[布了出]|了|过|劝阻|车|员|团|队|有|很|也|怎|系统|平台"
)
_ABOUT_HELP = Lazy(r"[了过的到]|别人|大家|孩子|他|她|你|老|邻|群众|居民|社会|困难|同学|很|最|太|邻居|[张李王赵刘陈]")
_ABOUT_SEARCH = Lazy(r"启事|的|节目|难|群|了|过|帖|广告|真|太|那|信息|网|怎|是|公告|启示")
_WORD_ONLY = Lazy(
    r"(?:[了啦吧呢啊呀。!~?\s]|一?下|列表|菜单|看看|有哪些|有什么|有几[件个条]|还有(?:哪些|几[件个]|什么)"
    r"|情况|查询|都有什么|哪些|多少|我)*"
)
_REPORTS = frozenset({"上报", "隐患", "求助", "代报"})
_NOTICES = frozenset({"反诈", "预警", "协查"})
_WATCH = frozenset({"志愿", "巡逻", "车门", "排班", "领班", "换班"})
_ABOUT_WATCH = Lazy(r"[了过的吗呢很太真]|服务|活动|填报|高考|军|队员?|车|员|表|制度|都|就|也|怎么|打不开|关不上")
_CHATTY = Lazy(r"^[哈啊呀哦噢嘛呗哎呢](?=[\s,:;.!~、])")
_NOT_THERE = Lazy(r"走丢|走失|失踪|不见了|失联|联系不上|没回|找不[到着]|走散")


def private_command(word: str, after: str) -> bool:
    """Whether a private message beginning with a command word is that command, not talk about it.

    word: main word of the command. after: all that follows, the gap before it included; folded.
    """
    after = _CHATTY.sub("", after)
    gap = not after or not is_han(after[0])
    said = head(after).lstrip(GAPS).rstrip(ENDS)
    if not said or code_at_head(said) is not None:
        return True
    return _private_rule(word, said, gap=gap)


def _private_rule(word: str, said: str, *, gap: bool) -> bool:
    short_question = asks(said) and len(said) <= 24
    if word in _REPORTS:
        told = has_place(said) and has_trouble(said) and not _ABOUT.match(said)
        if said.startswith(("了", "过")) or (short_question and asks_but_tells(said) and not told):
            return False
        return told or gap or not _ABOUT.match(said)
    if word in ("寻", "照片", "查看"):
        return re.fullmatch(r"[寻协反预]?\s*-?\d{1,6}\s*[号。.!?]?", said) is not None
    if word == "线索":
        if not gap and not _ABOUT.match(said) and has_trouble(said) and not short_question:
            return True
        return (
            (gap and not short_question)
            or (said.startswith("我") and sighting(said) and has_place(said))
            or (not _ABOUT.match(said) and sighting(said))
        )
    if word in _NOTICES:
        return not short_question and (gap or not _ABOUT_NOTICE.match(said))
    if word in ON_A_RECORD:
        return _on_a_record(word, said, gap=gap)
    return _other(word, said, gap=gap, question=short_question)


def _on_a_record(word: str, said: str, *, gap: bool) -> bool:
    if said[0].isdecimal() or _WORD_ONLY.fullmatch(said) or (word == "进度" and _PLAIN_PROGRESS.fullmatch(said)):
        return True
    if codes(said[:60]) and not asks(said):
        return True
    if word == "见面" and not gap and money_at_stake(said):
        return True
    if word == "约谈" and time_at_head(said) is not None and not asks(said):
        return True
    return gap and word not in ("找到", "核实", "进度") and not asks(said)


def _other(word: str, said: str, *, gap: bool, question: bool) -> bool:
    if word == "寻人":
        if said.startswith(("怎", "咋")) and _NOT_THERE.search(said):
            return True
        return not _ABOUT_SEARCH.match(said) and (not question or _NOT_THERE.search(said) is not None)
    if word == "提醒":
        if said.startswith(("了", "过", "完", "得")) or asks(said):
            return False
        timed = read_when(said[:60], _ANY_MOMENT) is not None
        return timed or gap or said.startswith(("我", "自己", "一下", "咱"))
    if word == "帮助":
        return bool(_WORD_ONLY.fullmatch(said)) or (gap and len(said) <= 6) or not _ABOUT_HELP.match(said)
    if word == "纠纷":
        return (
            gap
            or not said.startswith(("了", "过", "的", "员", "室", "很", "太", "真", "多", "成", "好", "完", "不", "结"))
        ) and not question
    if word == "问骗":
        return True
    if word in ("反诈库", "普法库"):
        return gap or not question
    if word == "返赃":
        return not question and (gap or not said.startswith(("了", "过", "的", "大会", "仪式", "活动", "工作", "情况")))
    if word == "谁负责":
        return gap or (has_place(said) and len(said) <= 16)
    if word == "名片":
        return not question and (gap or said in ("同意", "收回", "楼道") or (has_place(said) and len(said) <= 12))
    if word == "十户":
        return gap or not said.startswith(("联防", "是", "的", "都", "人家", "左右", "以上", "一组"))
    if word in _WATCH:
        return _ABOUT_WATCH.match(said) is None and not question
    if word == "绑定":
        return not question and not said.startswith(("了", "过", "的"))
    if word == "发码":
        return not question and (gap or re.search(r"网格员|民警|辅警|所长|\d", said) is not None)
    if word == "退出":
        return (
            re.fullmatch(r"(?:吧|了|网格|网格员|服务|绑定|机器人|这个|身份|角色|通知|确定|确认|[\s。!])*", said)
            is not None
        )
    if word == "我叫":
        return re.fullmatch(r"[一-龥]{2,4}[。!]?|[一-龥]+(?:·[一-龥]+)+[。!]?", said) is not None
    if word in ("周报", "周报录入"):
        told = not said.startswith(("了", "过", "的", "写", "交", "还", "已", "什么"))
        return _WORD_ONLY.fullmatch(said) is not None or (told and not question)
    if word in ("绑定群", "登记群", "订阅"):
        return not question and not said.startswith(("了", "过", "的", "号"))
    return _WORD_ONLY.fullmatch(said) is not None or (not question and (gap or _fits(word, said)))


def _fits(word: str, said: str) -> bool:
    """What is written right behind the word is what the word is for: where, when, of which number."""
    if word in ("心愿", "诉求"):
        return has_place(said) and not _ABOUT.match(said)
    if word == "夜话":
        return time_at_head(said) is not None
    return word == "走访" and _ROUND.search(said) is not None and not _ABOUT.match(said)


_ROUND = Lazy(r"^门牌$|(?:\d|[一二两三四五六七八九十])+[天日周]内")


def leaves_form(text: str) -> bool:
    """Words that mean the bot itself, never an answer to the open question: 帮助, 十户, or a command on a record.

    取消, 返回 and 不知道 are answers the guided talk itself understands.
    """
    said = text.strip().strip("!?。~ ")
    if said in ("帮助", "菜单", "我的数据", "删除我", "我的提醒", "待办"):
        return True
    if turned_round(said) is not None or _LEAVES.fullmatch(said.rstrip("了")):
        return True
    if said.startswith("十户") and private_command("十户", said.removeprefix("十户").removeprefix("联防")):
        return True
    return any(said.startswith(one) and code_at_head(said[len(one) :]) is not None for one in ON_A_RECORD)
