"""What people write about somebody missing, read: age, sex, relation, clothes, illness. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from handlers.reading import identifiers
from handlers.reading.normal import fold
from handlers.reading.numerals import number

CHILD: Final = "child"
ADULT: Final = "adult"
OLD: Final = "old"

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞"
    "颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧阳司马"
)
_FEMALE: Final = (
    "奶奶|外婆|姥姥|婆婆|阿婆|老太|妈|母亲|老婆|妻子|媳妇|爱人女|闺女|女儿|孙女|姐|妹|阿姨|大娘|婶|姑|姨|女"
)
_MALE: Final = "爷爷|外公|姥爷|公公|阿公|大爷|老头|爸|爹|父亲|老公|丈夫|儿子|孙子|哥|弟|叔|伯|舅|男"
_SEX: Final = re.compile(rf"(?P<female>{_FEMALE})|(?P<male>{_MALE})")
_PERSON: Final = re.compile(rf"{_FEMALE}|{_MALE}|老人|老伴|孩子|小孩|娃|亲戚|邻居|同学|家人|家里人")
_LOST: Final = re.compile(r"走失|走丢|不见|丢了|失踪|失联|没回|未归|联系不上|找不到|找不着|离家")
_ELDER: Final = "奶奶|爷爷|大爷|大娘|老太|阿婆|阿公|老头|阿姨|叔叔|大叔|师傅"
_CALLED: Final = re.compile(
    rf"(?:叫|姓名|名字|名叫|大名|是)(?:做|是|为)?[ :]?(?P<name>[{_SURNAMES}][一-龥]{{1,2}})(?![一-龥])"
)
_AFTER_RELATION: Final = re.compile(
    rf"(?:{_FEMALE}|{_MALE}|孩子|老伴|邻居)(?P<name>[{_SURNAMES}][一-龥]{{1,2}})(?![一-龥])"
)
_FAMILY: Final = re.compile(rf"姓(?P<family>[{_SURNAMES}])(?!名)")
_HONOURED: Final = re.compile(rf"(?<![一-龥])(?P<family>[{_SURNAMES}])(?P<title>{_ELDER})")
_NAME_ALONE: Final = re.compile(rf"(?<![一-龥])(?P<name>[{_SURNAMES}][一-龥]{{1,2}})(?![一-龥])")
_NOT_IN_NAME: Final = re.compile(rf"[的个子岁色衣裤鞋帽走丢穿在从村路头发]|{_ELDER}|{_FEMALE}|{_MALE}")
_BREAKS: Final = re.compile(r"[\s,.;:!?、。;()|]+")

_AGE: Final = re.compile(
    r"(?P<years>\d{1,3}|[零〇一二两三四五六七八九十百]{1,5})(?P<about>多|来|几)?\s*(?:周|虚)?(?:岁|歲)"
)
_BARE_AGE: Final = re.compile(
    r"(?:大概|大约|约|快|虚岁|周岁|实岁|今年|都|已经|有|满|[他她])*\s*(?P<years>\d{1,3}|[一二两三四五六七八九十百]{1,5})\s*(?:左右|多|[了啦吧])*"
)
_MONTHS: Final = re.compile(r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})个(?:半)?月")
_GROUPS: Final = (
    (re.compile(r"儿童|18岁以下|未成年|小孩|孩子|婴儿|幼儿"), CHILD),
    (re.compile(r"60岁以上|老年|老人|老年人"), OLD),
    (re.compile(r"成年|大人|青年|中年|年轻人"), ADULT),
)

_CLOTHES: Final = re.compile(
    r"衣|裤|鞋|帽|袄|裙|外套|夹克|羽绒|毛衫|T恤|t恤|衬衫|校服|背心|围巾|袜|大褂|棉服|卫衣|雨披|一身|红|蓝|黑|白色|灰|绿|黄色|紫|花布|格子"
)
_LOOKS: Final = re.compile(
    r"身高|\d米\d|1\d\d(?:cm|公分|厘米)?|个子|高个|矮|胖|瘦|头发|短发|长发|白发|光头|秃|辫|眼镜|胡子|痣|疤|胎记|纹身|"
    r"驼背|拐杖|轮椅|跛|瘸|推车|三轮|自行车|背包|书包|手提|口音|缺牙"
)
_ILL: Final = re.compile(
    r"痴呆|失智|阿尔茨|糊涂|健忘|记性|精神病|精神分裂|精神障碍|精神异常|抑郁|躁郁|智障|智力|残疾|残障|自闭|癫痫|羊癫疯|"
    r"心脏|糖尿|高血压|血压高|中风|偏瘫|脑梗|聋|哑|失明|眼盲|看不见|听不见|听不清|走不动|腿脚不便|服药|吃药|药|癌|术后|住院|病"
)
_IN_DANGER: Final = re.compile(
    r"轻生|自杀|想不开|寻短见|遗书|绝笔|不想活|被骗|被带走|被拐|拐卖|拐走|威胁|跳河|跳楼|落水|水库边|喝多|喝醉|醉酒|受伤|流血|挨冻|没带药"
)
_NOT_ILL: Final = re.compile(
    r"(?:没有|没|无|不是|未患|从没|没什么|没啥)[^,。;,，;\s]{0,4}?(?:病|痴呆|残疾|药|毛病)|(?:不|没|没有)(?:用|需要|必)?[吃服][^,。;,，;\s]{0,3}?药|身体(?:很|挺)?(?:好|健康)"
)
_NOT_IN_DANGER: Final = re.compile(r"(?:没有|没|不会|不是|无)(?:要|想)?(?:轻生|自杀|受伤|被骗|喝醉|喝多|威胁)")
_SCHOOL: Final = re.compile(
    r"(?:(?![在从到往去点半时午,])[一-龥0-9A-Za-z]){0,10}?(?:幼儿园|小学|初中|中学|高中|职高|技校|大学|学校|学院|实验校|附中|附小|一中|二中|三中|[一二三四五六]小(?!时))"
    r"(?:[一二三四五六七八九初高0-9]{1,2}年级)?(?:[(（]?[一二三四五六七八九十0-9]{1,2}[)）]?班)?"
)
_GRADE: Final = re.compile(r"[一二三四五六七八九初高0-9]{1,2}年级(?:[(（]?[一二三四五六七八九十0-9]{1,2}[)）]?班)?")
_CLAUSES: Final = re.compile(r"([,。;!\n，；！])")
_MASKED_OUT: Final = tuple(identifiers.MASKS[kind] for kind in ("phone", "id", "card"))
_PHONE_KINDS: Final = frozenset({"phone"})


@dataclass(frozen=True, slots=True)
class Age:
    """An age in whole years (None where only the group was said) and the group: child, adult, old."""

    years: int | None
    group: str


def age_group(years: int) -> str:
    """The group of an age: under 18, from 60 on, or between."""
    return CHILD if years < 18 else OLD if years >= 60 else ADULT


def read_age(text: str, *, alone: bool = True) -> Age | None:
    """Read 78岁, 七十八, 儿童（18岁以下） or 8个月; None for what is no age between 0 and 120.

    `alone`: the text is nothing but the answer, so that a bare number or 老人 counts.
    """
    folded = fold(text).strip()
    if alone:
        for pattern, group in _GROUPS:
            if pattern.search(folded) and not _AGE.search(re.sub(r"(?:18岁以下|60岁以上)", "", folded)):
                return Age(None, group)
    found = _AGE.search(folded) or (_BARE_AGE.fullmatch(folded) if alone else None)
    if found is not None:
        years = number(found["years"])
        return Age(years, age_group(years)) if years is not None and 0 <= years <= 120 else None
    return Age(0, CHILD) if _MONTHS.search(folded) and alone else None


def sex_of(text: str) -> str | None:
    """男 or 女 by the first word that tells, None where none does."""
    found = _SEX.search(fold(text))
    return None if found is None else "女" if found["female"] else "男"


def full_name(text: str) -> str | None:
    """The full name in an answer such as 我奶奶，王秀英 or 叫李小明; None where there is none."""
    folded = _BREAKS.sub(" ", fold(text))
    called = called_name(text)
    if called is not None:
        return called
    for pattern in (_AFTER_RELATION, _NAME_ALONE):
        for found in pattern.finditer(folded):
            if not _NOT_IN_NAME.search(found["name"][1:]):
                return found["name"]
    return None


def called_name(text: str) -> str | None:
    """The full name said as one, 叫王秀英, anywhere in a text."""
    called = _CALLED.search(_BREAKS.sub(" ", fold(text)))
    return called["name"] if called is not None and not _NOT_IN_NAME.search(called["name"][1:]) else None


def family_name(text: str) -> tuple[str, str] | None:
    """(family name, how elders are called with it or "") in an answer: 王奶奶 → (王, 奶奶), 姓王 → (王, "")."""
    folded = _BREAKS.sub(" ", fold(text))
    honoured = _HONOURED.search(folded)
    if honoured is not None:
        return honoured["family"], honoured["title"]
    named = full_name(text)
    if named is not None:
        return named[0], ""
    family = _FAMILY.search(folded)
    return (family["family"], "") if family else None


def features(text: str) -> tuple[bool, bool]:
    """(clothes described, looks described)."""
    folded = fold(text)
    return _CLOTHES.search(folded) is not None, _LOOKS.search(folded) is not None


def ill(text: str) -> bool:
    """Words of illness or need for help that are not denied."""
    return _ILL.search(_NOT_ILL.sub(" ", fold(text))) is not None


def in_danger(text: str) -> bool:
    """Words of danger to life that are not denied."""
    return _IN_DANGER.search(_NOT_IN_DANGER.sub(" ", fold(text))) is not None


def meaningful(text: str) -> bool:
    """Whether it can be an answer in words: at least two different Chinese characters, or a number."""
    folded = fold(text)
    return len(set(re.findall(r"[一-龥]", folded))) >= 2 or re.search(r"\d", folded) is not None


def told_at_once(text: str) -> dict[str, str]:
    """What 寻人 我奶奶78岁…穿蓝棉袄 already answers: `who`, `age`, `clothes`, as typed."""
    folded = fold(text)
    found: dict[str, str] = {}
    person = _PERSON.search(folded)
    if person is not None:
        begin = max((m.end() for m in re.finditer(r"[,。;\s]", folded[: person.start()])), default=0)
        end = min((m.start() + person.end() for m in re.finditer(r"[,。;\s\d]", folded[person.end() :])), default=None)
        found["who"] = text[begin:end][:40].strip() if end is not None else text[begin : person.end()].strip()
    age = _AGE.search(folded)
    if age is not None:
        found["age"] = text[slice(*age.span())]
    clothes = re.search(r"(?:身)?穿(?:着|了)?([^,。;!\n]{2,60})", folded)
    if clothes is not None and features(clothes[1])[0]:
        begin, end = clothes.start(1), clothes.start(1) + _until_illness(clothes[1])
        found["clothes"] = text[begin:end].strip()
    return found


def _until_illness(folded: str) -> int:
    """Where the clothes end and an illness begins: 蓝棉袄有老年痴呆."""
    for has in re.finditer(r"有|患|得了", folded):
        if ill(folded[has.start() :]) and not features(folded[has.start() :])[0]:
            return has.start()
    return len(folded)


def more_than_age(text: str) -> bool:
    """Whether an answer says more than an age or its group: at least three further characters."""
    left = _AGE.sub("", re.sub(r"儿童|18岁以下|60岁以上", "", fold(text)))
    return len(re.findall(r"[一-龥]", left)) >= 3


def tells_of_missing(text: str) -> bool:
    """A person and that they are gone stand in the text."""
    folded = fold(text)
    return (_PERSON.search(folded) is not None or _AGE.search(folded) is not None) and _LOST.search(folded) is not None


def split_contact(text: str) -> tuple[str, list[str]]:
    """(the text with identifiers masked, the house left in; the phone numbers in it)."""
    phones = [text[slice(*one.span)] for one in identifiers.find(text) if one.kind in _PHONE_KINDS]
    return identifiers.mask(text, doors=False), phones


def for_public(text: str, *, names: tuple[str, ...] = (), minor: bool = False) -> str:
    """The text as a public group may read it.

    Identifiers and doors are masked, full names in `names` shortened to 王某, clauses about illness left out,
    and a minor's school and class, too.
    """
    shown = text
    for name in names:
        shown = shown.replace(name, f"{name[0]}某")
    pieces = _CLAUSES.split(identifiers.mask(shown))
    kept = [
        clause + mark
        for clause, mark in zip(pieces[::2], [*pieces[1::2], ""], strict=True)
        if not (ill(clause) or in_danger(clause) or any(mask in clause for mask in _MASKED_OUT))
    ]
    shown = "".join(kept).strip("，,；;。 \n")
    if minor:
        shown = _GRADE.sub("", _SCHOOL.sub("学校", shown))
    return shown.strip()
