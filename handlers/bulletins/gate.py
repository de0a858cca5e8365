"""The gate of a suspect notice (协查的门槛, R7 and R8). Pure: facts in, what is lacking or forbidden out.

A notice needs a case number, a time, a place and two descriptors that change with the day (clothes, gait, vehicle,
what is carried). What somebody is — ethnicity, native place, faith, illness — describes thousands of innocent
people and never goes out; neither does anything about anyone under 18.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.reading.identifiers import find
from handlers.reading.normal import fold
from handlers.reading.numerals import number
from handlers.reading.when import read_when

ENOUGH_MARKS = 2
ADULT = 18


class Lack(StrEnum):
    """Why a suspect notice cannot go out; the value is the last part of its sentence's key."""

    CASE = "case"
    TIME = "time"
    FUTURE = "future"
    PLACE = "place"
    MARKS = "marks"
    ETHNICITY = "ethnicity"
    NATIVE = "native"
    FAITH = "faith"
    ILLNESS = "illness"
    MINOR = "minor"


_PEOPLES = (
    "汉|蒙古?|回|藏|维吾尔|维|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|"
    "独龙|鄂伦春|赫哲|门巴|珞巴|基诺"
)
_REGIONS = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|"
    "陕西|甘肃|青海|台湾|内蒙古?|广西|西藏|宁夏|新疆|香港|澳门|东北|西北|华北|江浙|潮汕|温州|闽南|凉山|两广|南方|北方|关中|"
    "苏北|皖北|豫东|川渝|客家"
)
_ETHNICITY = re.compile(
    rf"(?:{_PEOPLES})族|维吾尔|哈萨克|维族|少数民族|民族(?:长相|特征|面孔|男|女|人)|[黑白]人(?!字)|黑种|白种|非裔|混血|老外|"
    r"外国(?:人|籍|面孔|男|女)|(?:越南|缅甸|老挝|朝鲜|韩国|日本|俄罗斯|巴基斯坦|印度|蒙古|尼日利亚|非洲|美国|欧美|东南亚)"
    r"(?:人|籍|面孔|男|女|口音)|疆独|藏人|回民|蒙人|高鼻深目|深眼窝"
)
_NATIVE = re.compile(
    rf"(?:{_REGIONS})(?:人(?!民)|籍|口音|话|佬|仔|妹|婆|老乡|男|女|来的|过来|打工)|口音|籍贯|祖籍|原籍|老家|户籍|户口|老乡|乡音|"
    r"(?:外|本)(?:地|省|乡|村|县|市)(?:人(?!民)|籍|男|女|青年|打工)|外来(?:人|务工|户|工|妹|打工)|乡下人|农村人|城里人|山里人|"
    r"[一-龥][省市县区镇乡村](?:人(?![民大行流口家员])|籍)|方言|土话"
)
_FAITH = re.compile(
    r"穆斯林|伊斯兰|回教|基督|天主教|佛教|道教|东正教|信佛|信教|信主|宗教|教徒|信徒|信众|居士|和尚|尼姑|道士|喇嘛|阿訇|牧师|神父|"
    r"修女|礼拜帽|念经|邪教|法轮|清真(?!寺|饭|餐|牛|食|大寺)|教会成员"
)
_ILLNESS = re.compile(
    r"精神病|精神(?:分裂|异常|失常|障碍|不正常|有问题|疾病)|神经病|疯(?:子|癫|婆|汉)|癫痫|羊癫|羊角风|艾滋|HIV|乙肝|肝炎|肺结核|结核病|"
    r"传染病|性病|梅毒|新冠|残疾|残障|智障|弱智|智力|傻子|痴呆|失智|抑郁|躁狂|自闭|聋|哑巴|哑人|盲人|失明|患有|患者|有病|病人|病史|"
    r"病态|糖尿病|高血压|心脏病|癌|白血病|尿毒|白化病|白癜风|侏儒|脑瘫|小儿麻痹|中风|偏瘫|半身不遂|皮肤病|牛皮癣|麻风|唐氏|毒瘾",
    re.I,
)
_MINOR = re.compile(
    r"未成年|未满(?:18|十八)|不(?:满|到|足|够)(?:18|十八)|小孩|孩子|孩童|男孩|女孩|男童|女童|儿童|幼儿|婴儿|少年|少女|(?<!大)学生|"
    r"小学|初中|高中|中学|校服|红领巾|娃娃|小朋友|十几岁|十来岁|(?<![二三四五六七八九])十[一二三四五六七](?:[一二三四五六七八]|、|至|到|-)*"
    r"(?:周)?岁|(?:0[89]|[12]\d)后(?:男|女|青)|(?:零八|零九|一零)后"
)
_AGE = re.compile(
    r"(?P<low>\d{1,3})\s*(?:岁|周岁)?\s*(?:(?:[-~至到、/或]|多|左右|来|上下)\s*(?P<high>\d{1,3})?)?\s*(?:周?岁)|年龄[^\d]{0,4}(?P<age>\d{1,3})"
)
_SPELT_TENS = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?(?=(?:多|几|来|左右|周)?岁)")
_SPELT_ONES = re.compile(r"(?<![一二两三四五六七八九十百])[一二两三四五六七八九]{1,2}(?=周?岁)")
"""八岁, 七八岁; not the end of 二十七八岁."""
_BORN = re.compile(r"(?P<year>(?:19|20)\d\d)年?\d{0,2}月?\d{0,2}日?(?:出生|生(?!产|锈|活|意))")

_CLOTHES = (
    r"外套|上衣|夹克|冲锋衣|[Tt]恤|短袖|长袖|衬衫|衬衣|羽绒服|棉袄|棉衣|棉服|卫衣|毛衣|马甲|背心|风衣|大衣|雨衣|雨披|西装|西服|"
    r"工作服|工装|迷彩服|迷彩|运动服|运动衣|运动装|运动裤|皮衣|牛仔衣|牛仔服|睡衣|军大衣|唐装|长裤|短裤|牛仔裤|西裤|黑裤|裤子|裤|连衣裙|短裙|长裙|裙子|裙|"
    r"运动鞋|皮鞋|布鞋|拖鞋|凉鞋|球鞋|胶鞋|雨靴|靴子|靴|鞋|鸭舌帽|棒球帽|草帽|毛线帽|帽子|渔夫帽|头盔|安全帽|帽|口罩|围巾|手套|墨镜|眼镜|头巾"
)
_CARRIED = (
    r"双肩包|背包|书包|挎包|手提包|单肩包|腰包|公文包|蛇皮袋|编织袋|塑料袋|手提袋|布袋|行李箱|拉杆箱|工具箱|工具包|纸箱|雨伞|拐杖|拐棍|"
    r"撬棍|钳子|锤子|梯子|扁担|铁锹|钓鱼竿"
)
_GAIT = (
    r"一瘸一拐|瘸|跛|拄拐|外八字?|内八字?|罗圈腿|步态|步子|走路[^，。；,;]{0,8}|驼着?背|弓着?背|弯着?腰|左撇子|右手插兜|低头快走|小跑|"
    r"打着?绷带|手臂吊着"
)
_VEHICLES = (
    r"电动三轮车?|三轮车|三轮摩托|电动自行车|电动车|电瓶车|摩托车|摩托|自行车|单车|面包车|轿车|小轿车|越野车|SUV|皮卡车?|厢式货车|货车|"
    r"卡车|农用车|拖拉机|出租车|商务车|客车|房车|小汽车|汽车|踏板车|平衡车|滑板车|无牌车"
)
_MARKS = re.compile(f"(?:{_VEHICLES})|(?:{_GAIT})|(?:{_CARRIED})|(?:{_CLOTHES})", re.I)
_DYED = re.compile(
    r"染[^，。；,;、]{0,4}发|[黄红蓝绿紫粉银金白]色?头?发|光头|寸头|平头|板寸|短发|长发|卷发|马尾|辫子|秃顶|胡子|胡须|络腮胡"
)

_VAGUE_PLACE = re.compile(
    r"^(?:不知道|不清楚|附近|这边|那边|这里|那里|某地|外面|到处|网上|本地|当地|辖区|某处|路上|街上|家里)*$"
)
_PLACE_PERSON = re.compile(
    rf"(?:{_REGIONS})(?:人(?!民)|籍|口音)|[回藏维满苗彝壮]族(?:男|女|人|青)|教徒|信徒|外地人|口音|籍贯"
)
_UNNAMED = re.compile(
    r"(?:姓名|名叫|叫做|外号|绰号|名字)[^，。；,;、\n]{0,12}|[^，。；,;、\n]{0,10}(?:大学|学院|技校|学校|职校)[^，。；,;、\n]{0,6}"
)


def lacks(facts: Mapping[str, str], now: datetime) -> list[Lack]:
    """What keeps a suspect notice back, in the order a person would mend it; empty when it may go on.

    facts: `case` (案号), `when`, `place`, `marks` (descriptors), `adult` (the author's answer); now: aware moment.
    """
    found = []
    if not has_case(facts.get("case", "")):
        found.append(Lack.CASE)
    found += time_lack(facts.get("when", ""), now)
    if not has_place(facts.get("place", "")):
        found.append(Lack.PLACE)
    marks = facts.get("marks", "")
    if len(marks_in(marks)) < ENOUGH_MARKS:
        found.append(Lack.MARKS)
    said = " \n".join(facts.get(name, "") for name in ("case", "when", "marks"))
    found += forbidden(f"{said}\n{facts.get('extra', '')}", now)
    if _PLACE_PERSON.search(fold(facts.get("place", ""))):
        found.append(Lack.NATIVE)
    if not says_adult(facts.get("adult", "")):
        found.append(Lack.MINOR)
    return list(dict.fromkeys(found))


def has_case(words: str) -> bool:
    """Whether this is a case number: four digits at least, and neither a telephone nor an identity number."""
    folded = fold(words)
    if any(one.kind in ("phone", "id") for one in find(folded)) and not re.search(r"[字案第号A-Za-z]", folded):
        return False
    return len(re.findall(r"\d", folded)) >= 4 and len(folded.strip()) <= 40


def time_lack(words: str, now: datetime) -> list[Lack]:
    """Whether a day at least is said, and not one to come."""
    when = read_when(words, now, past=True)
    if when is None or when.start is None or when.repeat is not None:
        return [Lack.TIME]
    later = when.start > now + timedelta(minutes=5) if isinstance(when.start, datetime) else when.start > now.date()
    return [Lack.FUTURE] if later else []


def has_place(words: str) -> bool:
    """Whether a place is named that somebody could walk to."""
    folded = fold(words).strip(" ,.。")
    return len(folded) >= 3 and not _VAGUE_PLACE.match(folded)


def marks_in(words: str) -> list[str]:
    """The descriptors that change with the day, each once: clothes, gait, vehicle, what is carried, hair as worn."""
    folded = fold(words)
    return list(dict.fromkeys(one.group() for pattern in (_MARKS, _DYED) for one in pattern.finditer(folded)))


def forbidden(words: str, now: datetime) -> list[Lack]:
    """What must not describe anybody, in these words."""
    folded = fold(words)
    found = [
        lack
        for lack, pattern in (
            (Lack.ETHNICITY, _ETHNICITY),
            (Lack.NATIVE, _NATIVE),
            (Lack.FAITH, _FAITH),
            (Lack.ILLNESS, _ILLNESS),
        )
        if pattern.search(folded)
    ]
    if _MINOR.search(folded) or _youngest(folded, now) < ADULT:
        found.append(Lack.MINOR)
    return found


def says_adult(words: str) -> bool:
    """Whether the author vouches that the person is grown up; 不确定 does not."""
    folded = fold(words).strip()
    return bool(re.match(r"(?:是|已|都|确定)?(?:已)?成年|(?:已|年)?满(?:18|十八)|是的?$", folded))


def says_no_adult(words: str) -> bool:
    """Whether the author says that the person may be a minor, or that it cannot be told."""
    folded = fold(words).strip()
    return (
        _MINOR.search(folded) is not None
        or re.search(r"不|否|没|未|可能|也许|大概|岁|年纪|^\d{1,2}$", folded) is not None
    )


def without_name_and_school(words: str) -> str:
    """The words as a channel gets them that cannot take a copy back: no name, no school (R8)."""
    return re.sub(r"[，,、；;]{2,}", "，", _UNNAMED.sub("", words)).strip("，,、；; ")


def _youngest(folded: str, now: datetime) -> int:
    """The lowest age in years that the words allow; high where none is said."""
    spelt = _SPELT_TENS.sub(lambda found: str(number(found.group()) or found.group()), folded)
    spelt = _SPELT_ONES.sub(lambda found: str(number(found.group()[0]) or found.group()), spelt)
    ages = [int(said) for one in _AGE.finditer(spelt) for said in one.groups() if said]
    ages += [now.year - int(one["year"]) - 1 for one in _BORN.finditer(folded)]
    return min(ages, default=200)


def when_shown(words: str, now: datetime) -> str:
    """The time as it stays true tomorrow: 11月17日 15:00前后, or the day alone."""
    when = read_when(words, now, past=True)
    start = when.start if when is not None else None
    if isinstance(start, datetime):
        return f"{start.month}月{start.day}日 {start:%H:%M} 前后"
    return f"{start.month}月{start.day}日" if start is not None else ""
