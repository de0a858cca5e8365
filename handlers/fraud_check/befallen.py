"""It has happened (已经受骗): words that tell of money or codes given to a swindler, or just being given. Pure.

Warnings, doubts and what nearly happened are told clause by clause from what did happen.
"""

import re

from handlers.reading.lazy import Lazy
from handlers.reading.normal import fold

LONGEST = 600
_TAKER = r"(?:他们?|她们?|对方|骗子|人家|客服|网友|陌生人|那个?人|那边|别人)"
_SUM = (
    r"(?:\d+(?:\.\d+)?[多来几]?[块元万千百]|(?!1[12][09]|96110)\d{3,}(?![次个下遍号条\d])"
    r"|[一二两三四五六七八九十几]+[百千万](?![次个下遍条]))"
)
_MONEY = rf"(?:钱|款|{_SUM})"

_CHEATED = Lazy(
    r"(?:被骗|受骗|被(?:电信|网络)?诈骗|被电诈|被坑骗)(?:子)?(?:了|走|掉|光|去|怎么办|咋办|报警|\d|[一二两三四五六七八九十几]+[百千万])"
    r"|(?:我|妈|爸|爷爷|奶奶|老人|家里人?|老公|老婆|儿子|女儿|孩子)[^,]{0,4}(?:被骗|受骗|被诈骗)$"
    r"|(?:被|让|给|遭)(?:人|骗子|他|她|对方|网友|客服)[^,]{0,4}(?:骗|转|划|刷|盗|取)(?:了|走|掉|光|去)"
    r"|(?:钱|款|存款|积蓄|养老钱)[^,]{0,4}(?:骗|转|划|刷|盗刷)(?:走|光|没)了?|骗(?:了|走|去)(?:我|咱|俺|妈|爸)[^,]{0,6}"
    r"|(?:遇|碰)(?:到|上|见)(?:了)?(?:骗子|诈骗)了?[^,]{0,4}(?:转|给|付|打)了|(?:我|妈|爸)[^,]{0,4}上(?:了)?(?:骗子的?)?当了?$|上当受骗了"
)
_PAID = Lazy(
    rf"(?:已经?|刚刚?|刚才|都|才|全)[^,]{{0,6}}(?:转|汇|打)(?:账|款|钱)?(?:了|过去|出去|走|进去)[^,]{{0,3}}{_MONEY}"
    rf"|{_MONEY}[^,]{{0,6}}(?:转|汇|打|付)(?:账|款)?(?:给(?:了)?{_TAKER}|过去|出去|走)了"
    rf"|(?:转|汇|打|付|充)(?:账|款|钱)?(?:给)?(?:了)?(?:给)?{_TAKER}(?:了)?{_MONEY}"
    rf"|(?:转|汇|打|付|充)(?:账|款)?(?:了|过去|出去){_MONEY}(?:给{_TAKER}|(?:了)?(?:怎么办|咋办|才发现|去?安全))"
    rf"|(?:已经?|刚刚?|刚才|都)[^,]{{0,4}}(?:给{_TAKER}|往安全账[户号])[^,]{{0,4}}(?:(?:转|汇)(?:了|过)|打(?:了|过)[^,]{{0,4}}{_MONEY})"
    r"|(?:转|汇|打)(?:进|到|入)?(?:了)?安全账[户号]了"
)
_CODES = Lazy(
    rf"(?:验证码|校验码|动态码|短信码|卡号|(?:银行卡|支付|取款|卡的?|微信)密码)[^,]{{0,6}}"
    rf"(?:(?:告诉|报|念|发|给|说|提供)(?:给)?(?:了{_TAKER}|{_TAKER}了)|(?:告诉|报|念|发|给|说|提供|填|输)(?:给)?(?:了|过去了|出去了))"
    rf"|(?:告诉|报|念|发|给|提供)(?:给)?(?:了)?{_TAKER}(?:了)?(?:我的?|银行)?[^,]{{0,4}}(?:验证码|校验码|动态码|银行卡密码)(?:了)?$"
)
_ASKED_CODE = Lazy(r"验证码|校验码|动态码|银行卡密码|支付密码")
_ASKED_MONEY = Lazy(rf"{_TAKER}[^,]{{0,6}}(?:要|让|叫)[^,]{{0,6}}(?:转账|转钱|汇款|打钱|转{_SUM})")
_GAVE = Lazy(
    r"(?:^|我|妈|爸)(?:就|都|已经?|也|刚)*(?:给|说|报|发|念|告诉|转|汇|打)(?:给)?(?:他|她|对方)?了(?:怎么办|咋办)?$"
)
_JUST_PAID = Lazy(
    r"(?:我|妈|爸|奶奶|爷爷)?(?:已经?|都|刚刚?|就|也|把)*(?:(?:钱|款)(?:已经?|都|刚刚?|就)*(?:转|汇|打)|(?:转|汇)(?:账|款|钱))"
    r"(?:给(?:他|她|对方|人家))?(?:过去|出去)?了(?:,?怎么办|,?咋办)?"
)
"""Nothing else is said: 钱已经转了."""
_PAYS = Lazy(
    r"(?:正|要|在|准备|马上|非|去)[^,]{0,6}给骗子[^,]{0,6}(?:转|汇|打|付|送|存|钱)|(?:正|要|在)[^,]{0,6}(?:转|汇|打)[^,]{0,6}给骗子"
)
_GOES_TO_PAY = Lazy(r"正(?:在|要|往|去|给)[^,]{0,3}(?:去|到|往)?[^,]{0,4}(?:银行|转账|汇款|转钱|打钱|取款机|柜台)")
_OF_FRAUD = Lazy(r"骗子|安全账[户号]|刷单|诈骗|公检法|洗钱")

_NOT_SO = Lazy(
    r"谨防|警惕|防范|防骗|反诈|预防|避免|以免|以防|小心|当心|别(?!人|的)|不要|请勿|切勿|不会|不能|不想|不被|如果|要是|万一|假如|一旦"
    r"|会不会|可能|容易|差点|险些|幸亏|多亏|好在|听说|据说|新闻|报道|讲座|宣传|演练|案例|课|如何|怎么(?:防|才)|怎样|凡是?|防止|担心|怕"
    r"|(?:没有?|未|还没)[^,]{0,4}(?:被骗|受骗|上当|转|给|告诉|汇|打|报|说|损失)|(?:是|有)没有|有人[^,]{0,8}[吗没]|(?:被骗|上当|受骗|转|给)了(?:吗|没有?)$|谁被骗|被骗的(?!钱|是我)|你|您|大家|各位"
    r"|打(?:了|好|完|下)?[多来几]?[\d一二两三四五六七八九十几百千万多]+块(?:木|石|砖|瓷|地|铁|钢|玻璃|水泥|板|牌|补丁|桩)"
)
_TO_MANY = Lazy(r"大家|各位|请勿|轻信|请[打拨]|案例|居民朋友|广大|群众|提醒|转发|本平台|加(?:微信|q|群)|诈骗手[法段]")
_TO_OWN = Lazy(
    r"给(?:我|咱|俺)?(?:的)?(?:[妈爸爷奶弟妹哥姐舅姨叔姑婶]|儿子|女儿|孩子|孙|老[公婆]|媳妇|家里|房东|同学|朋友|学校|老师|医院|老板)"
)
_ONES_OWN = Lazy(r"[我俺咱]")
_CAREFUL = re.compile(
    r"[你您]好|不小心|没(?:有)?(?:注意|留神|多想|忍住|防备)|不知道|(?:给|告诉)?(?:你|您)(?:们)?(?:说|讲|好)|怕是|可能(?=已|是?被骗)"
)


def befallen(words: str) -> bool:
    """Whether it is told that money or codes were given, or that somebody is just about to pay a swindler."""
    said = re.sub(r"[\s,，。;；!！?？、:：~…]+", ",", _CAREFUL.sub("", fold(words[:LONGEST]).lower())).strip(",")
    if _TO_MANY.search(said) and not _ONES_OWN.search(said):
        return False
    clauses = [one for one in said.split(",") if one and not _NOT_SO.search(one)]
    if "骗" not in said:
        clauses = [one for one in clauses if not _TO_OWN.search(one)]
    if _JUST_PAID.fullmatch(said) is not None:
        return True
    if any(one.search(clause) for clause in clauses for one in (_CHEATED, _PAID, _CODES, _PAYS)):
        return True
    if _OF_FRAUD.search(said) and any(_GOES_TO_PAY.search(one) for one in clauses):
        return True
    wanted = _ASKED_CODE.search(said) or _ASKED_MONEY.search(said)
    return wanted is not None and any(_GAVE.search(one) for one in clauses)
