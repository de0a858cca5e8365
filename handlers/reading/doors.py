"""Doors (门牌): where exactly somebody lives; a public group never sees it, a team only the building."""

import re
from collections.abc import Iterator

_N = r"[0-9十百]{1,4}"
_GAP = r"[ \-,]{0,2}"
_COUNTED = "人|元|块|米|平|万|年|月|天|点|分|秒|个|次|户|斤|克|度|瓦|伏|号?楼|号?栋|辆|只|条|名|岁|路|%|:"
_NO_COUNT = rf"(?![0-9十百]|\.[0-9]| ?(?:{_COUNTED}))"
_SIDE = r"(?:[东西中南北]边?[户门]|[左右][手边]{0,2}[户门家])"
_ROOM_WORD = "室(?![内外温])|号房|房间|房(?![租价屋])|号(?![楼线院])"
_ROOM = rf"(?:[0-9十百]{{2,4}}(?:{_ROOM_WORD})|[0-9]{{3,4}}{_NO_COUNT})"
_FLOOR = rf"(?:{_N}(?:层|楼(?![道梯顶板])|(?=楼[道梯顶板]))(?![0-9])(?:{_GAP}(?:{_SIDE}|{_ROOM}))?)"
_BUILDING = rf"(?:(?<![A-Za-z0-9]){_N}(?:号楼|栋|幢|座|号院|#楼|#)|[A-Za-z][座栋])"
_UNIT = rf"(?<!第)(?:{_N}|[A-Za-z甲乙丙丁])单元"

_DOORS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<door>{_UNIT}(?:{_GAP}(?:{_FLOOR}|{_SIDE}|{_ROOM}))?)",
        rf"{_BUILDING}{_GAP}(?P<door>{_FLOOR}|{_SIDE}|{_ROOM})",
        rf"(?P<door>(?<![0-9十百第]){_N}[层楼]{_GAP}(?:{_SIDE}|[0-9]{{3,4}}(?:室|房|号)))",
        r"(?<![0-9第])(?P<door>[0-9]{3,4} ?(?:室(?![内外温友])|号房))",
        r"(?<![0-9第共有约近达余建])(?P<door>[0-9]{3,4} ?(?:房间|房(?![租价屋子东贷产顶改型源间])))",
        r"(?<![0-9.\-/])(?P<door>[0-9]{1,2}[-/][0-9]{1,2}[-/](?!(?:19|20)[0-9]{2})[0-9]{3,4}(?:室|房)?)(?![0-9\-/.元])",
        rf"(?:住|住在|家在|小区|家园|花园|苑|公寓) ?(?P<door>[0-9]{{1,2}}-[0-9]{{3,4}}{_NO_COUNT})",
        rf"(?:住|住在|敲|隔壁|楼上|楼下) ?(?P<door>[0-9]{{3,4}}{_NO_COUNT})",
        r"(?<![0-9])(?P<door>[0-9]{3,4})(?=的?(?:业主|住户|邻居|家里))",
    )
)
_STREET = re.compile(
    r"(?<![修铺马走公网上一条])(?:路|街|大道|巷|弄|胡同)[东西南北中]?段? ?"
    rf"(?P<door>{_N}(?:[\-附之][0-9]{{1,3}})?号(?:之[0-9十]{{1,2}})?)(?![楼线口])(?P<after>.{{0,8}})",
    re.DOTALL,
)
_VILLAGE = re.compile(
    r"(?P<before>.{0,8})(?:村|组|屯|庄)的? ?"
    rf"(?P<door>(?P<number>{_N})(?:[\-附之][0-9]{{1,3}})?号)(?![楼线口])(?P<after>.{{0,3}})",
    re.DOTALL,
)
_PLATE_ON_DOOR = re.compile(
    rf"门牌(?:号码|号)?(?:是|为|:)? ?(?P<door>[0-9十百]{{1,4}}(?:-[0-9]{{1,3}})?号?){_NO_COUNT}"
)
_PUBLIC_HOUSE = re.compile(
    r"派出所|警务|公安|社区|居委|村委|党群|服务|大厅|中心|银行|商场|超市|医院|诊所|药店|学校|小学|中学|幼儿园|工地|公园|广场"
)
_LIVES = re.compile(r"住|家|户|门牌|地址")
_LIVES_AFTER = re.compile(r" ?的?(?:院|家|户|住|人家|屋|房|老)")
_DATE_DAYS = 31


def find_doors(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (kind, span) of units, floors and rooms ("door") and of house numbers ("house").

    text: folded, with spelt digits turned into 0–9; 十 and 百 stand as they are. Spans may overlap.
    """
    for pattern in _DOORS:
        for match in pattern.finditer(text):
            yield "door", match.span("door")
    for match in _STREET.finditer(text):
        if not _PUBLIC_HOUSE.search(match["after"]):
            yield "house", match.span("door")
    for match in _VILLAGE.finditer(text):
        if _is_house(match):
            yield "house", match.span("door")
    for match in _PLATE_ON_DOOR.finditer(text):
        yield "house", match.span("door")


def _is_house(match: re.Match[str]) -> bool:
    """Tell 大侯村18号 where somebody lives from 大侯村18号停水, a day of the month."""
    number = match["number"]
    if number.isdecimal() and int(number) > _DATE_DAYS:
        return True
    return bool(_LIVES.search(match["before"]) or _LIVES_AFTER.match(match["after"]))
