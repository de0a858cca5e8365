"""Doors (门牌): where exactly somebody lives; a public group never sees it, a team only the building."""

import re
from collections.abc import Iterator

_GAP = r"[ \n\-,.·•/、\\|]{0,3}"
_JOINT = r"[ \n\-.·•/、\\|]{1,3}"
_N = r"(?:[0-9]{1,4}|[0-9] [0-9](?: [0-9]){0,2}(?! ?[0-9]))"
_ROOM_N = r"(?:[A-Za-z]?-?(?:[0-9]{3,4}|[0-9] [0-9] [0-9](?: [0-9])?)[A-Za-z]?)"
_COUNTED = (
    "人|元|块|米|平|万|年|月|天|点|分(?!别)|秒|个|次|户|斤|克|度|瓦|伏|号?楼|号?栋|辆|只|条|名|岁|路|%|:|℃|°|k|K|m|公里|厘米|公分|"
    "吨|升|张|台|套|件|多|余|亩|里|位|班|届|期|页|号线|国道|省道|省|医院|航班|次列车"
)
_NO_COUNT = rf"(?![0-9]|[.,][0-9]| ?(?:{_COUNTED}))"
_PEOPLE = r"(?<![0-9])[0-9]{3,4}(?=张|位|[个名](?:租|老|男|女|小孩|孩子|住户))"
"""A room before whoever lives there: 402张三家, 302位老人; only right behind a building or a unit."""
_SIDE = (
    r"(?:[东西中南北][边面侧首]?那?[户门家]|[左右](?:手边|边手|[手边面侧首])?第?[0-9]?那?[户门家间]|对门"
    r"|[东西中南北]边|[左右]手边?)"
)
_ROOM_WORD = "室(?![内外温友])|号房|房间|房(?![租价屋顶改产东])|号(?![楼线院栋])|号室|户(?=[^0-9都共人停断,]|$)"
_ROOM = rf"(?:[A-Za-z]?(?:[0-9]{{2,4}}|[0-9] [0-9](?: [0-9]){{0,2}})[A-Za-z]? ?(?:{_ROOM_WORD})|{_ROOM_N}{_NO_COUNT})"
_LEVEL = r"(?:层|[Ff](?![A-Za-z0-9])|楼(?![道梯顶板])|(?=楼[道梯顶板]))(?!及?以[上下])"
_FLOOR = rf"(?:第?{_N} ?{_LEVEL}(?:{_GAP}(?:{_SIDE}|{_ROOM}))?)"
_BUILDING = (
    rf"(?:(?<![A-Za-z0-9])[A-Za-z]?{_N} ?(?:号 ?楼|号 ?栋|号 ?院|号 ?公寓|#[楼栋]?|[栋幢座](?!山|桥|桥梁|大桥|庙|坟))"
    rf"|[A-Za-z甲乙丙丁东西南北] ?[座栋](?!山))"
)
_UNIT_WORD = r"(?: ?单元| ?号?门(?=[ \-,.·/、]{0,2}[0-9]{3,4}))"
_UNIT = rf"(?<!第)(?:{_N}|[A-Za-z甲乙丙丁东西中南北]){_UNIT_WORD}"
_REST_OF_UNIT = rf"(?:{_GAP}(?:{_FLOOR}|{_SIDE}|{_ROOM}|{_PEOPLE}|{_ROOM_N}(?=[ ,。;\n]|$)))?"
_SHORT_UNIT = rf"(?:[0-9]{{1,2}}{_JOINT}{_ROOM_N}{_NO_COUNT}(?:室|房|号)?)"
_ESTATE = "小区|家园|花园|苑|公寓|新村|新城|嘉园|名邸"
_LIVING = "住|敲|隔壁|楼上|楼下|家是|家在|[我他她]家|房号|室号"
_ADDRESS_GAP = r"(?:是|在|为|:| |,|\n){0,3}"
_THREE = "(?:[0-9]{3,4}|[0-9] [0-9] [0-9](?: [0-9])?)"

_DOORS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<door>{_UNIT}{_REST_OF_UNIT})",
        rf"{_BUILDING}的?{_GAP}(?P<door>{_SHORT_UNIT}|{_FLOOR}|{_SIDE}|{_ROOM}|{_PEOPLE})",
        rf"(?P<door>(?<![0-9第.])第?{_N} ?(?:[层楼]|[Ff](?![A-Za-z])){_GAP}"
        rf"(?:{_SIDE}|[A-Za-z]?[0-9]{{3,4}}(?:室|房|号|(?![0-9.:/\-])){_NO_COUNT}))",
        rf"(?<![0-9第.])(?P<door>[A-Za-z]?{_THREE}[A-Za-z]? ?(?:室(?![内外温友])|号房(?![租价])|号室))",
        r"(?<![0-9第共有约近达余建.])(?P<door>[0-9]{3,4} ?(?:房间|房(?![租价屋子东贷产顶改型源间])))",
        r"(?<![0-9.\-/])(?P<door>[0-9]{1,2}#?[-/.#][0-9]{1,2}[-/.](?!(?:19|20)[0-9]{2}(?![0-9]))[0-9]{3,4}(?:室|房)?)"
        r"(?![0-9\-/.元:米平])",
        rf"(?:{_ESTATE}|{_LIVING}|地址|门牌){_ADDRESS_GAP}(?P<door>[0-9]{{1,2}}{_JOINT}(?:[0-9]{{1,2}}{_JOINT})?[0-9]{{3,4}}{_NO_COUNT})",
        rf"(?:{_LIVING}){_ADDRESS_GAP}(?P<door>[A-Za-z]?{_THREE}{_NO_COUNT})",
        r"(?<![0-9.])(?P<door>[A-Za-z]?[0-9]{3,4})(?=的?(?:业主|住户|邻居|老太太|老人|老头|大爷|大妈|奶奶|爷爷|家里|那户|这户|那家|这家|户主|租户|租客))",
    )
)
_IS_DAY_AFTER = re.compile(
    r" ?(?:起|开始|至|到|前|之前|以前|后|上午|下午|晚|早|凌晨|中午|傍晚|夜|当天|[~\-、][0-9]{1,2}[号日]"
    r"|\(?(?:周|星期)[1-6日天])"
)
_NUMBER = rf"(?P<number>{_N})"
_SUB = r"(?: ?[\-附之] ?[0-9]{1,3})?"
_STREET = re.compile(
    r"(?<![修铺马走公网上一条道铁水线电网高])(?:路|街|大道|巷|弄|胡同|里弄|街坊|微网格)[东西南北中]?段?的?[ \n]?"
    rf"(?P<door>(?:[甲乙丙丁附] ?)?{_NUMBER}{_SUB} ?号(?:之[0-9]{{1,2}}|附[0-9]{{1,2}}号?)?)(?! ?[楼线口])"
)
_VILLAGE = re.compile(
    r"(?:村|组|屯|庄|沟|坪|洼|寨|堡|网格)的?[ \n]?"
    rf"(?P<door>(?:[甲乙丙丁附] ?)?{_NUMBER}{_SUB} ?号)(?! ?[楼线口])"
)
_HOME = re.compile(
    rf"(?:住|敲|家[在是住]|[我他她]家)(?:是|在|的|:| ){{0,3}}(?P<door>{_N}{_SUB} ?号)(?! ?[楼线栋办开结搬出入])"
    rf"|(?<![0-9月年.\-/第路线、])(?P<next>{_N}{_SUB} ?号)(?= ?(?:家(?!长)|民房|的?住户|的?邻居|的?户主|门口那家))"
)
_ROW = re.compile(
    rf"(?<![0-9第])(?P<door>[0-9]{{1,2}}排{_GAP}[东西南北左右]?[数起边]?第?[0-9]{{1,3}}(?:号(?! ?座|的?票)|户|家|院))"
)
_PLATE_ON_DOOR = re.compile(rf"门牌(?:号码|号)?(?:是|为|:| |\n){{0,3}}(?P<door>{_N}(?:-[0-9]{{1,3}})?号?){_NO_COUNT}")
_PUBLIC_HOUSE = re.compile(
    r"派出所|警务|公安|社区|居委|村委|党群|服务|大厅|中心|银行|商场|超市|医院|诊所|药店|学校|小学|中学|幼儿园|工地|公园|广场"
)
_LIVES = re.compile(r"住|家|户|门牌|地址")
_LIVES_AFTER = re.compile(r"[ \n]?的?(?:院|家|户|住|人家|屋|房|老|邻居|门口|着火|起火|失火|冒烟|有人|打架|吵架|漏水)")
_DATE_DAYS = 31
_ROOM_DIGITS = 3
_NEAR = 8
"""So many characters before and after a number say whether it is a house."""


def find_doors(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (kind, span) of units, floors and rooms ("door") and of house numbers ("house").

    text: visible and spelt, so that every number stands in 0–9. Spans may overlap.
    """
    for pattern in _DOORS:
        for match in pattern.finditer(text):
            yield "door", match.span("door")
    for match in _STREET.finditer(text):
        after = text[match.end() : match.end() + _NEAR]
        if not _PUBLIC_HOUSE.search(after) and not _is_day(match["number"], after):
            yield "house", match.span("door")
    for match in _VILLAGE.finditer(text):
        before = text[max(0, match.start() - _NEAR) : match.start()]
        if _is_house(match["number"], before, text[match.end() : match.end() + _NEAR]):
            yield "house", match.span("door")
    for match in _HOME.finditer(text):
        yield "house", match.span(match.lastgroup or 0)
    for match in _ROW.finditer(text):
        yield "house", match.span("door")
    for match in _PLATE_ON_DOOR.finditer(text):
        room = match["door"].isdecimal() and len(match["door"]) >= _ROOM_DIGITS
        yield "door" if room else "house", match.span("door")


def _is_day(number: str, after: str) -> bool:
    """Tell 中山路18号起封闭, a day of the month, from a house number."""
    return int(number.replace(" ", "")) <= _DATE_DAYS and _IS_DAY_AFTER.match(after) is not None


def _is_house(number: str, before: str, after: str) -> bool:
    """Tell 大侯村18号 where somebody lives from 大侯村18号停水, a day of the month."""
    if int(number.replace(" ", "")) > _DATE_DAYS:
        return True
    return bool(_LIVES.search(before) or _LIVES_AFTER.match(after))
