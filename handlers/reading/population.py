"""Population data (一标三实: 人口、房屋、单位、地址的名单) pasted into a talk is recognised and refused (R6)."""

import re
from collections import Counter

from handlers.reading.identifiers import find
from handlers.reading.visible import visible

SURE, NAMED = 3, 2
"""So many people make a list by themselves; so many under a heading that names such a table."""
MANY_DOORS = 5
FEW_FIELDS = 4
_SHORTEST = 24

_TABLE = re.compile(
    r"一标三实|实有(?:人口|房屋|单位)|标准地址|(?:常住|流动|户籍|暂住|外来|登记)人口|花名册|户口底册|人口底册|人房关联|"
    r"(?:人口|住户|户主|租户|租客|居民|村民|业主)(?:信息|名单|登记表|台账|底册|明细)"
)
_FIELDS = re.compile(
    r"姓名|性别|民族|身份证|证件号|户籍地|现住|住址|地址|联系电话|联系方式|手机号|户主|出生日期|文化程度|婚姻|从业|服务处所|"
    r"房主|承租|法人|单位名称|房屋用途|门牌"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范"
    "汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤牛原司申焦郎靳元毋樊暴阴苗连秋"
)
_EDGE = r"[\s,、|:;.()]"
_NAME = re.compile(rf"(?:^|{_EDGE}|[0-9])(?P<name>[{_SURNAMES}][一-龥]{{1,2}})(?={_EDGE}|[男女0-9]|$)", re.MULTILINE)
_PEOPLE = ("id", "phone", "door", "house")


def is_population(text: str) -> bool:
    """Whether a text is a table of inhabitants, homes or firms rather than what somebody has to tell.

    One person's own particulars are none, whatever they hold: who asks for help says who and where.
    """
    if len(text) < _SHORTEST:
        return False
    found = Counter(one.kind for one in find(text) if one.kind in _PEOPLE)
    ids, phones, doors = found["id"], found["phone"], found["door"] + found["house"]
    if max(ids, phones, doors) < NAMED:
        return False
    shown = visible(text).text
    names = len({match["name"] for match in _NAME.finditer(shown)})
    headed = _TABLE.search(shown) is not None or len(set(_FIELDS.findall(shown))) >= FEW_FIELDS
    enough = NAMED if headed else SURE
    if ids >= enough or min(phones, doors) >= enough:
        return True
    if headed and (min(phones, names) >= NAMED or doors >= SURE):
        return True
    return min(doors, names) >= MANY_DOORS


_COLUMNS = re.compile(
    r"姓名|名字|户主|房主|房东|承租|租客|住户|业主|联系人|性别|民族|身份证|证件|户籍|电话|手机|联系方式|出生|年龄|文化|婚姻|职业|单位名称|法人|人数|人口"
)


def names_field(heading: str) -> bool:
    """Whether a column's heading is about people (姓名, 身份证号, 电话 …)."""
    return _COLUMNS.search(visible(heading).text) is not None


def names_somebody(line: str) -> bool:
    """Whether a line names somebody by surname and given name, set apart from what else stands there."""
    return _NAME.search(visible(line).text) is not None
