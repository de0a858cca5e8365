"""Record codes (编号) such as 隐12 or 寻 3: read where they are meant, left alone inside everyday words."""

import re
from dataclasses import dataclass

from handlers.reading.normal import fold

PREFIXES = "隐报求线纠劝库寻反预协提返联访愿夜巡车班志"
UNCOUNTED = "纠返访愿"
"""Letters in which nothing is counted: 纠2 张三 is a code though 2 张 are sheets."""
OFFICIAL_LINES = frozenset(("110", "119", "120", "122", "96110", "12345", "12389"))
_DIGITS = {
    character: value
    for value, row in enumerate(("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for character in row
}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_CODE = re.compile(
    rf"(?P<prefix>[{PREFIXES}])(?P<gap>[ \-_#:.]{{0,2}})"
    r"(?:(?P<digits>[0-9]{1,9})(?![0-9])|(?P<spelt>[零〇一二两三四五六七八九十百千]{1,8}))"
)
_COMMANDS = (
    "一下|查下|看下|问下|接单|转派|办结|进度|补充|撤销|核实|扩圈|找到|撤回|更正|异议|成立|复核|错人了|不是我|反对发布|验真|批准|驳回|线索|回执|取消|修改|确认|接|转|办|"
    "参加|退出|开始|结束|名单|已联系|联系不上|换人|还原|关好了|召集|同意志愿|"
    "回复|关于|查看|查询|查|看看|看|就是|还有|那个|这个|编号|单号|记录|通报|给|把|对|和|与|跟|及|或|是|到|在|按|凭|问|去"
)
_COMMAND_BEFORE = re.compile(rf"(?:{_COMMANDS})$")
_TOLD_OF = re.compile(
    r"(?:接单|转派|办结|进度|补充|撤销|重开|核实|扩圈|找到|撤回|更正|批准|驳回|复查|查实|查否|研判|调解记|达成)$"
)
"""Words after which a record is named and then something is told of it."""
_FREE_BEFORE = {"隐": frozenset("归退恐"), "寻": frozenset("搜找追探查访")}
_UNIT_AFTER = re.compile(
    r" ?(?:号(?:楼|院|门|线|桌|机|下午|上午|晚|早|中午|夜)|楼|栋|幢|单元|室|户|层|个|点|分|秒|月|天|"
    r"年|日|周(?![一二三四五六日天末])|岁|小时|元|块|万|米|公里|度|次|只|条(?!线)|辆|位|名|人(?!已|在|都|还|走|没|抓|不|跑|回|找|送|了|手)|斤|套|台(?!阶)|张(?![一-龥]{0,2}(?:家|师傅|大爷|大妈|奶奶|爷爷|阿姨|[叔婶哥姐某三四五工队总书记主任说])|[一-龥]{1,2}(?:没|不在|不说|已))|件|瓶|箱|份|把|路|%|[:.\-/][0-9])"
)
_NUMBER_SIGN_AFTER = re.compile(r" ?号(?!码)")
_SPELT_END = re.compile(
    r"$|[^一-龥0-9A-Za-z]|号|接|转派|办结|补充|撤|进度|核实|扩圈|找到|更正|异议|验真|批准|驳回|怎么|和|与|跟|及|处理|谁|已"
)


@dataclass(frozen=True)
class Code:
    """One record code: prefix, number, and span (start, end) in characters of the text."""

    prefix: str
    number: int
    span: tuple[int, int]

    def __str__(self) -> str:
        """Write the code as the bot does, 隐12."""
        return f"{self.prefix}{self.number}"


def codes(text: str) -> list[Code]:
    """Return the record codes named in text, in their order; 隐12, 隐 12, 隐１２, 隐十二.

    Kinds: 隐 hazard, 报 report, 求 call for help, 线 tip, 寻 missing person, 反 anti-fraud, 预 warning,
    协 suspect notice, 提 reminder, 纠 dispute, 劝 money warning face to face, 库 item of the library. Never raises.
    上报12, 热线12345, 求3号楼钥匙, 寻3小时 and 快报110 are none; 纠2 张三 is one, for nothing is counted in 纠.
    """
    folded = fold(text)
    found: list[Code] = []
    for match in _CODE.finditer(folded):
        if _is_meant(folded, match):
            number = int(match["digits"]) if match["digits"] else _spelt_number(match["spelt"])
            if number > 0:
                found.append(Code(match["prefix"], number, match.span()))
    return found


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Decide by what stands before and after whether these characters name a record.

    Behind a command word a space ends the code: 办结 报2 台阶补好了 is about steps, not two machines.
    """
    prefix, end = match["prefix"], match.end()
    if "." in match["gap"] or (prefix == "报" and match["gap"]):
        return False
    before = text[max(0, match.start() - 4) : match.start()]
    commanded = _COMMAND_BEFORE.search(before) is not None
    apart = text[end : end + 1] == " " and _TOLD_OF.search(before.rstrip()) is not None
    if prefix not in UNCOUNTED and not apart and _UNIT_AFTER.match(text, end):
        return False
    if _NUMBER_SIGN_AFTER.match(text, end) and prefix not in "隐寻线":
        return False
    if match["spelt"] and not _SPELT_END.match(text, end):
        return False
    alone = text.strip() == match.group()
    if match["digits"] in OFFICIAL_LINES and not (commanded or alone):
        return False
    if not before or not (before[-1].isalpha() or before[-1] == "_") or commanded:
        return True
    return prefix in _FREE_BEFORE and before[-1] not in _FREE_BEFORE[prefix]


def _spelt_number(words: str) -> int:
    """Read 十二, 一百零三 or 一二 as a number; 0 where it is none."""
    if not any(character in _SCALES for character in words):
        return int("".join(str(_DIGITS[character]) for character in words))
    total, current = 0, 0
    for character in words:
        if character in _SCALES:
            total += (current or 1) * _SCALES[character]
            current = 0
        else:
            current = _DIGITS[character]
    return total + current
