"""Rules of wishes (规则): what may be shown of one, of which kind it is, how long it may wait. Pure."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from handlers.incidents.rules import describes_person
from handlers.reading import identifiers
from handlers.reading.intent_words import asks
from handlers.reading.normal import fold

MOST: Final = 500
MOST_SHOWN: Final = 60
UNCLAIMED: Final = timedelta(days=3)
"""So long nobody claims it before the grid's worker hears, and as long again before the desk does."""
SILENT: Final = timedelta(days=7)
"""So long after it was claimed, or somebody last said a word of it, the helper is asked how it goes."""
ASKED_AFTER: Final = timedelta(0)
"""Who wished it is asked at once whether it was done well; the night is left out."""

_WANTS: Final = (
    (
        "公共设施",
        r"路灯|井盖|道路|路面|健身|广场|公厕|垃圾|绿化|充电桩|车棚|停车|桥|水渠|监控|楼道灯|扶手|坡道|凉亭|长凳",
    ),
    ("修修补补", r"修|换(?:个|一)?(?:灯|锁|窗|玻璃|水龙头)|漏水|堵了|坏了|不亮|通下水|补墙|粉刷|安装?|装个"),
    ("跑腿代办", r"代买|代办|代领|代交|买药|买菜|取(?:药|快递|件)|跑腿|陪.{0,4}办|缴费|理发|剪头|接送"),
    ("陪伴照看", r"陪|聊天|说话|照看|照顾|看护|过生日|拍(?:张|个)?(?:照|全家福)|包饺子|看望"),
    ("学点本领", r"学|教|辅导|功课|作业|手机|智能|培训"),
    ("缺件东西", r"缺|想要|需要(?:一|个)|轮椅|拐杖|书包|文具|衣服|棉被|电视|收音机|床|书|二手|旧"),
)
_TROUBLE: Final = re.compile(
    r"病|癌|瘫|残|聋|哑|盲|失明|痴呆|糊涂|抑郁|精神|独居|孤寡|孤身|一个人住|空巢|留守|离婚|寡|丧|去世|坐牢|服刑|戒毒|低保|五保|贫困"
    r"|没钱|欠|借钱|失业|下岗|残疾证|证号|孤儿|父母双亡|家暴|吵架|不孝|没人管"
)
"""Words of somebody's trouble: then nothing of what was said is shown to others."""
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范"
    "汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤牛原司申焦郎靳元毋樊暴阴苗连秋"
)
_MASKED: Final = re.compile(r"[,，、\s]*(?:(?:联系)?电话|手机|门牌|微信)?号?(?:码)?[:：]?\s*〔[^〕]+〕")
_CALLED: Final = re.compile(
    rf"(?:老|小|阿)[{_SURNAMES}](?:家|头|太)?|[{_SURNAMES}](?:家)?(?:大爷|大妈|大娘|大伯|大叔|大姐|大哥|大嫂|奶奶|爷爷|阿姨|叔叔?|婶子?"
    rf"|姨|伯|姐|哥|嫂|老师|师傅|老汉|老太太?|婆婆|女士|先生|某某?)(?:家)?"
)
_NAMED: Final = re.compile(
    rf"(?:我叫|名叫|姓名|联系人)(?:是)?[:：\s]*[一-龥·]{{2,4}}?(?=[,，。.;；!！\s、]|电话|手机|住在|$)|"
    rf"(?:我叫|我是|名叫|叫|找|联系(?:人)?|姓名)[:：\s]*[{_SURNAMES}][一-龥]{{1,2}}(?=[,，。.;；!！\s的家]|电话|手机|住|在|$)"
    rf"|(?<![一-龥])[{_SURNAMES}][一-龥]{{1,2}}(?=[,，。;；\s:：]|$)"
)


def want_of(words: str) -> str:
    """Which kind of help is wished for, by the words."""
    folded = fold(words)
    return next((want for want, pattern in _WANTS if re.search(pattern, folded)), "别的事")


def shown(words: str) -> str:
    """What the grid's helpers may read before one of them has claimed it; empty where the words tell of somebody.

    Numbers, doors and names are taken out; where somebody's trouble or looks are told, nothing of the words is shown.
    """
    if _TROUBLE.search(fold(words)) or describes_person(words):
        return ""
    bare = _NAMED.sub("一位居民", _CALLED.sub("一位居民", _MASKED.sub("", identifiers.mask(words))))
    line = re.sub(r"\s+", " ", bare).strip(" ，,。.")
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"


DOES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("做好了", "办完了", "已办好", "完成了", "完成", "做完了", "办结"), "done"),
    **dict.fromkeys(("退回", "不认领了", "办不了", "不办了"), "back"),
    **dict.fromkeys(("转给", "交给"), "hand"),
    **dict.fromkeys(("办好了", "圆满", "满意"), "yes"),
    **dict.fromkeys(("没办好", "没有办好", "不满意", "没修好", "没弄好", "没做好", "还没好", "又坏了"), "no"),
}
"""What is said behind a wish's code, and what it means; 办好了 is done when its helper says it."""
_TELLS: Final = re.compile(
    r"^(?:已经?|都|全)?(?:[修换装弄买]好|送到|办妥|搞定)了(?!.{0,4}(?:告诉|通知|再|就|说))"
    r"|[,。;!\s](?:已经?|都|全)?(?:[修换装弄买做]好|送到|办妥|搞定|办完)了[啦!。~ ]*$"
)
"""That it is done, and what was done besides: 换好了灯泡; 换了灯座，修好了."""
NOT_NEEDED: Final = frozenset({"撤销", "取消", "不用了", "不要了", "不需要了"})
"""What who wished it says, alone, when nobody need come any more."""
SURELY_NOT_NEEDED: Final = "真的不用了"


def said_of(words: str) -> tuple[str, str]:
    """(what is to be done with a wish, the words behind it); what is nothing of the list is ("", words)."""
    told = words.strip()
    if asks(re.split(r"[,。;!\s]", fold(told))[0]):
        return "", told
    if _TELLS.search(fold(told)):
        return "done", told
    if told.strip(" ，,。.!！") in NOT_NEEDED:
        return "off", ""
    if told == SURELY_NOT_NEEDED:
        return "surely_off", ""
    for one in sorted(DOES, key=len, reverse=True):
        if told.startswith(one):
            return DOES[one], told[len(one) :].strip(" ，,。:：;；")
    return "", told
