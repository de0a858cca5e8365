"""Red flags of fraud (骗局特征): patterns by which a message is known, and how sure they make. Pure.

A pattern finds nothing about a person, only about the words of a message; who sent it or received it plays no part.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from handlers.fraud_check.befallen import befallen
from handlers.fraud_check.moves import MOVES
from handlers.reading.lazy import Lazy
from handlers.reading.normal import fold

LONGEST = 4000
SHORTEST = 4


class Verdict(StrEnum):
    """How sure the flags make: surely a known fraud, like one, nothing found, or words that warn of fraud.

    BEFALLEN is none of the flags': it is told that it has happened, which comes before whatever they say.
    """

    RED = "red"
    YELLOW = "yellow"
    NONE = "none"
    WARNS = "warns"
    BEFALLEN = "befallen"


@dataclass(frozen=True, slots=True)
class Flag:
    """A red flag; `name` finds its sentences. sure: by itself enough; others count where two come together."""

    name: str
    pattern: Lazy
    sure: bool = True


FLAGS = (
    Flag(
        "safe_account",
        Lazy(r"安全账[户号]|资金[^,。\n]{0,4}(?:清查|核查|审查|核验|调查|比对)|保护账户|清查账户|核查账户"),
    ),
    Flag(
        "police",
        Lazy(
            r"(?:公安|警官|民警|检察院|法院|刑警|网警|通信管理局|通管局|海关|医保局|疾控|银监|经侦)[^\n]{0,40}"
            r"(?:涉嫌|洗钱|涉案|通缉|逮捕|笔录|配合|冒用|资金|转接|保密|停机)"
            r"|(?:涉嫌|洗钱|通缉令|涉毒|被冒用|人冒用|停机|行程异常)[^\n]{0,40}"
            r"(?:公安|警官|警方|笔录|检察|配合调查|加(?:我|QQ|微信))"
            r"|(?:冻结|查封)[^\n]{0,10}(?:你|您)?(?:父母|家长)|(?:网址|网站|链接|登录|输入)[^\n]{0,20}(?:逮捕令|通缉令)|(?:逮捕令|通缉令)[^\n]{0,20}(?:网址|网站|链接)"
        ),
    ),
    Flag(
        "code",
        Lazy(
            r"(?:提供|告诉|发给|报一?下|发来|发我|填写|输入|念一?下|转发)[^。\n]{0,18}(?:验证码|动态码|校验码|密码)"
            r"|验证码[^。\n]{0,8}(?:告诉|发给|发我|报给|给我|念给)"
            r"|(?:卡号|账号)(?:和|、|及|跟)?密码|卡号[^。\n]{0,8}(?:余额|有效期|背面|三位)|安全码|(?:六位|6位|几位|那串)数字?[^。\n]{0,8}(?:报|告诉|发|念)"
        ),
    ),
    Flag("screen", Lazy(r"屏幕共享|共享屏幕|远程(?:控制|协助|操作)|会议软件|(?:投屏|录屏)[^。\n]{0,6}操作")),
    Flag(
        "click_farming",
        Lazy(
            r"刷单|刷信誉|点赞[^。\n]{0,6}(?:员|赚|任务|返)|返利|返佣|佣金|做任务[^。\n]{0,10}(?:返|提现|赚)"
            r"|(?:垫付|充值|充)\d*[^。\n]{0,8}返|完成[一二三四五\d]单|做满一[组单]|(?:动动手指|手机操作|在家就能)[^。\n]{0,14}(?:赚|做)"
            r"|日赚|一单一结|每单[^。\n]{0,6}(?:\d|[一二三五八十])+元|关注[^。\n]{0,4}(?:收藏|点赞)[^。\n]{0,14}元|冲业绩|(?:好评|点评)[^。\n]{0,4}返|返现|体验单|(?:兼职|手工活)[^\n]{0,24}(?:押金|保证金|垫|会员费|材料费)|(?:进群|入群|扫码|加群)[^。\n]{0,6}领(?:红包|礼|福利)"
        ),
    ),
    Flag(
        "loan",
        Lazy(
            r"解冻(?:金|费)|(?:贷款|放款|额度|提现)[^\n]{0,30}(?:解冻|保证金|刷流水|验证还款|手续费|工本费|卡号填错|认证金)"
            r"|(?:贷|信用卡|大额)[^\n]{0,20}先(?:交|付|转)|黑户[^。\n]{0,6}贷|无抵押[^\n]{0,12}(?:秒|当天|马上)|包下卡"
            r"|(?:黑户|白户)[^。\n]{0,4}(?:可|能|都)|(?:凭)?身份证就?能?(?:下款|放款)|下款前|征信花[^。\n]{0,8}[能可]|充值解冻|账户冻结[^。\n]{0,8}充值"
        ),
    ),
    Flag(
        "account_closing",
        Lazy(
            r"(?:注销|关闭|取消|清空|清零)[^\n]{0,14}(?:校园贷|学生贷|网贷|贷款账|备用金|京东金条|白条|额度)"
            r"|(?:校园贷|学生贷款|备用金)[^\n]{0,24}(?:注销|关闭|征信|归还)|影响[^。\n]{0,6}(?:征信|信用)|金条额度"
        ),
    ),
    Flag(
        "insurance",
        Lazy(
            r"百万(?:保障|医疗|保险)|(?:会员|直播|保险|服务)[^\n]{0,16}(?:自动(?:扣|续)费|每[月年]扣费?)"
            r"|不取消[^。\n]{0,10}扣费"
        ),
    ),
    Flag(
        "investment",
        Lazy(
            r"(?:网上|网络|微信上|抖音上|软件上)(?:刚)?(?:认识|聊|交往|处)[^\n]{0,16}(?:投资|理财|炒[股币]|赚钱|下注|博彩|充值)"
            r"|(?:网友|网恋|网上的?(?:男|女)?朋友)[^\n]{0,12}(?:带|让|叫|教|拉)[^\n]{0,4}(?:投资|理财|炒|赚钱|下注|充值)"
            r"|稳赚|保本(?:高|收|翻)?|绝对保本|只赚不赔|(?:导师|老师|专家|高手|大神|总监)[^。\n]{0,6}(?:带你|带单|荐股|带着|操作|喊单)"
            r"|数字货币|(?:币|期货|外汇)[^。\n]{0,8}合约|跟单|年化[^。\n]{0,6}(?:[二三四五六七八九]十|百分之[二三四五六七八九]|[2-9]\d)|(?:内幕|内部)[^。\n]{0,6}名额|(?:内幕|内部)(?:消息|原始股|渠道)|原始股|(?:翻|赚)(?:[二三四五十两百\d]+)?倍|翻倍|虚拟[币货]|挖矿"
            r"|后台漏洞|(?:彩票|平台)[^。\n]{0,10}漏洞|每[天日]收益|抓涨停|荐股|带大家[^。\n]{0,6}(?:赚|涨)|在?(?:这个|一个)平台投资|到期返[本还五\d]|每月返利"
        ),
    ),
    Flag(
        "naked_chat",
        Lazy(
            r"裸聊|果聊|激情视频|(?:同城|上门)[^\n]{0,14}(?:保证金|押金|服务)|(?:通讯录|好友)[^\n]{0,14}群发"
            r"|(?:视频|照片)[^\n]{0,20}(?:家人|亲友|单位|朋友|传出去|曝光|公开)[^\n]{0,16}(?:打|转|付|钱)"
        ),
    ),
    Flag(
        "customer_service",
        Lazy(
            r"(?:客服|卖家|淘宝|京东|拼多多|抖音|快递|航空|航班|机票|商家)[^\n]{0,44}"
            r"(?:[两二三四五双几\d]倍[^。\n]{0,4}(?:退|赔)|给您理赔|赔偿\d|办理退款|退(?:改签|款)[^\n]{0,16}(?:卡号|验证码|会议|屏幕|密码)"
            r"|取消请|关闭请|企业微信|注销备用)"
            r"|[两二三四五双几]倍[^。\n]{0,4}(?:退款|理赔|赔偿)|退订请按|(?:理赔|退款|赔付)(?:专员|客服)"
        ),
    ),
    Flag(
        "boss",
        Lazy(
            r"我是(?:你们?)?(?:的)?(?:领导|局长|老板|书记|校长|主任|总)|(?:到|来)我办公室[^\n]{0,30}(?:钱|转|垫|周转)"
            r"|(?:开会|不方便)[^\n]{0,16}(?:转|垫|汇)"
        ),
        sure=False,
    ),
    Flag(
        "relative",
        Lazy(
            r"(?:孙子|孙女|外孙|儿子|女儿|侄[子女]|孩子|亲戚)[^\n]{0,12}(?:出事|车祸|撞[了伤]|打[了伤]人|被抓|被拘|惹祸|闯祸)[^\n]{0,24}(?:[万千百\d]|赔|保释|私了|保证金|取保)"
            r"|冒充[^\n]{0,4}(?:孙|儿|女|亲戚|熟人|亲友|领导|老师|同学)"
            r"|手机(?:掉|坏|丢|进水|摔)[^\n]{0,44}(?:交钱|交[^\n]{0,6}费|转到|打到|打给|汇)"
            r"|猜猜我是谁|听不出我|(?:出事|车祸|住院|抢救|被抓)[^\n]{0,30}(?:打[^\n]{0,6}[万千元钱费]|转[^\n]{0,6}[万千元钱]|急需用?钱)"
        ),
    ),
    Flag(
        "prize",
        Lazy(
            r"(?:中奖|抽中|幸运观众|领奖|奖金|等奖|奖品)[^\n]{0,30}(?:税|手续费|保证金|公证费|预付|先(?:交|付|缴))"
            r"|积分[^\n]{0,10}(?:清零|到期)[^\n]{0,24}(?:点击|兑换)|民族资产|(?:补贴|扶贫|解冻)[^\n]{0,24}(?:会员费|手续费|先交)"
            r"|(?:手机|扫码)[^\n]{0,6}支付一下"
        ),
    ),
    Flag(
        "recovery",
        Lazy(r"(?:追回|追款|挽损|退回)[^\n]{0,20}(?:手续费|先(?:交|付)|黑客|技术)|黑客|消除(?:不良|征信)|征信修复"),
    ),
    Flag(
        "renting_cards",
        Lazy(
            r"(?:租|卖|收|借)[^。\n]{0,8}(?:银行卡|电话卡|手机卡|收款码|对公账户)|出租[^。\n]{0,6}(?:微信|账号|账户|QQ)|(?:银行卡|电话卡|手机卡)[^。\n]{0,6}(?:租给|卖给|出租)"
            r"|跑分|收卡|四件套|有卡[不吗么]|走(?:一下|个|私)?(?:流水|账|帐|卡)|提供收款码"
        ),
    ),
    Flag(
        "abroad",
        Lazy(r"缅北|缅甸|柬埔寨|(?:东南亚|境外)[^\n]{0,16}(?:高薪|月薪|招)|(?:高薪|月薪)[^\n]{0,16}(?:东南亚|境外)"),
    ),
    Flag("kidnap", Lazy(r"(?:孩子|儿子|女儿|家人)[^\n]{0,6}在我(?:手里|这)|撕票|不许报警|不准报警")),
    Flag(
        "link",
        Lazy(
            r"(?:点击|登[录陆]|打开|访问|下载|点开|进入)[^\n]{0,16}(?:https?://|www\.|[a-z0-9-]+\.(?:com|cn|cc|top|vip|xyz|net|shop|club|app|ink|icu))"
            r"|[a-z0-9-]+\.(?:top|vip|xyz|icu|cc|club|ink)(?![a-z])"
        ),
    ),
    Flag("coached", Lazy(r"(?:柜台|银行|派出所|民警)[^。\n]{0,10}问[^。\n]{0,10}(?:就说|别说|不要说|也不)")),
    Flag("purchase", Lazy(r"(?:部队|军区|消防|学校)[^\n]{0,20}(?:采购|订)[^\n]{0,40}(?:垫付|供货商|代购)")),
    Flag(
        "pay_first",
        Lazy(
            r"(?<!我)先(?:交|付|转|缴|打|垫)[^。\n]{0,10}(?:钱|费|金|押金|定金|税|一半|货款)|保证金|手续费|预付|公证费|先交[^。\n]{0,6}定金|解除冻结|垫(?:付|上)|急需[^。\n]{0,6}钱"
            r"|转(?:账)?到(?:以下|指定|个人|这个)|打[^。\n]{0,6}到(?:这个|我|以下)[^。\n]{0,2}(?:账|卡)?|打到这个|转账\d|先转给?我|直接转账"
        ),
        sure=False,
    ),
    Flag(
        "off_platform",
        Lazy(
            r"(?:加|添加)(?:我|一下|客服|老师|Q|微信|企业)[^。\n]{0,8}(?:微信|QQ|qq|私下)|不走平台|私下交易|加[qv扣]|走线下|换个[^,。\n]{0,4}(?:软件|号)聊|(?:加|用)微信走"
        ),
        sure=False,
    ),
    Flag(
        "secrecy",
        Lazy(
            r"不要(?:告诉|挂电话|跟[^。\n]{0,4}说)|(?:案件|务必|严格)保密|别告诉|别(?:跟|和|让)[^。\n]{0,6}(?:说|知道)|只对熟人|私了"
        ),
        sure=False,
    ),
    Flag(
        "urgent",
        Lazy(
            r"(?:马上|立即|赶快|今天|今日|逾期|否则)[^。\n]{0,14}(?:冻结|停机|失效|截止|停用|转|打[^电1]|影响)|快转|快打"
        ),
        sure=False,
    ),
    Flag(
        "unknown_app",
        Lazy(
            r"\.apk|装(?:一下)?这个[^,。\n]{0,4}包|下载(?:这个|一?个|此|附件)?(?:软件|app|安装包)|安装包|扫这个?码(?:交|付|支付|登录)|邀请码|充\d+送\d+"
        ),
        sure=False,
    ),
    Flag(
        "claims",
        Lazy(
            r"^(?:[^,。\n]{0,6}[,:])?(?:我是|我们是|这里是|这边是)[^,。\n]{0,14}(?:客服|专员|中心|平台|银行|贷款部|公司|教导处|导师|警|主任|采购|团队|表[叔哥姐弟舅])"
            r"|(?:大爷|大妈|阿姨)[^\n]{0,16}(?:补助|补贴)|免息|包治百病|名额有限"
        ),
        sure=False,
    ),
    Flag(
        "fee",
        Lazy(
            r"(?:清关|包装|开通|激活|认证|解锁|公证|验资|服装|培训|疏通|担保|托运)费|(?:交|缴|付|扣)[^,。\n]{0,8}个税|订金|监管账户|验资"
            r"|(?:你|帮我)[^,。\n]{0,4}(?:先)?(?:垫|打过来|转过来)|借我[\d一二三四五六七八九两几]"
        ),
        sure=False,
    ),
    Flag(
        "alarm",
        Lazy(
            r"(?:您|你)的?[^,。\n]{0,14}(?:异常|停用|冻结|被锁|失效|消费记录|未领取|订购了|被盗用|违规)|账[号户][^,。\n]{0,6}(?:填错|被锁)|传票"
        ),
        sure=False,
    ),
    Flag(
        "told_to_pay",
        Lazy(
            r"(?:电话|短信|微信|网友|网上|对方|有人|自称)[^。\n]{0,16}(?:让|叫|要)(?:我|咱|他|她)[^。\n]{0,8}"
            r"(?:转账|转钱|汇款|打钱|打款|交钱|充值|付款)"
        ),
        sure=False,
    ),
    Flag(
        "hotline",
        Lazy(
            r"按[0-9#][^,。\n]{0,4}(?:转|人工|键)|转人工|如非本人|立即联系处理|如有疑问请(?:按|加|联系)|才能一起?(?:提|取)"
        ),
        sure=False,
    ),
    Flag(
        "bait",
        Lazy(
            r"免费(?:领|送)[^\n]{0,24}(?:银行卡|验证码|按手印)|包过|内部渠道|征信花|(?:急招|招聘|招募)[^\n]{0,24}(?:先|费)|居家办公"
            r"|学理财|一[箱批]金条|换号了|钱包丢|提现要|充[^,。\n]{0,4}(?:同样|等额)"
        ),
        sure=False,
    ),
    Flag("private_account", Lazy(r"个人账户|补缴[^\n]{0,16}(?:最后|终身)|代办信用卡|内部名额"), sure=False),
)

_WARNS = Lazy(
    r"反诈|谨防|警惕|都是(?:诈骗|骗子|骗局|骗人)|是诈骗|诈骗套路|防骗|不轻信|别上当|凡是?[^。\n]{0,24}(?:诈骗|骗)|(?:均|皆)[为是](?:诈骗|骗)|96110|没有安全账户"
    r"|请勿(?:泄露|告诉|转发)|不要把验证码|诈骗(?:新)?手[法段]|(?:公检法|公安|民警|法院|银行|医保局?|客服|官方|我行|本行)[^。\n]{0,12}不会(?:要求|让|索要|向)|多是(?:圈套|骗)"
)
_SPELT = {
    "扣扣": "qq",
    "叩叩": "qq",
    "裙": "群",
    "帐": "账",
    "薇信": "微信",
    "威信": "微信",
    "v信": "微信",
    "vx": "微信",
    "鸡旦": "鸡蛋",
}
"""How words are spelt so that filters miss them."""
_WORRIED = Lazy(r"我(?:刚|接到|收到|妈|爸)|(?:让|叫|要)我")
_PRESSES = Lazy(
    r"点击|加(?:我|群|微信|Q)|转(?:入|账到)[^。\n]{0,6}(?:安全|指定|以下)账|下载这个|https?://|www\.|拨打(?!1[12]0|96110|12381)|联系我|联系客服"
)
_FORBIDS = Lazy(r"(?:不要|请勿|切勿|别|不)[^,;。!\n]*")
_HAPPENED = Lazy(
    r"被骗|上当|骗了|已经转|刚转|转了(?:钱|\d|[一二三四五六七八九十几两]+[万千百块元])|(?:邻居|老人|奶奶|爷爷|大爷|大妈|有人|我妈|我爸)[^。\n]{0,16}(?:接到|收到|要转|要去转|在转)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a message: how sure, and by which flags, the surest first."""

    verdict: Verdict
    flags: tuple[str, ...] = ()


def check(words: str) -> Found:
    """The red flags of a message's words."""
    said = re.sub(r"[ \t　]+", "", fold(words[:LONGEST])).lower()
    for spelt, meant in _SPELT.items():
        said = said.replace(spelt, meant)
    sure, hints = _names(said)
    if _WARNS.search(said) and not _WORRIED.search(said) and not _PRESSES.search(_FORBIDS.sub("", said)):
        return Found(Verdict.WARNS)
    names = (*sure, *hints)
    if sure or len(hints) > 1:
        return Found(Verdict.RED, names)
    return Found(Verdict.YELLOW, names) if names else Found(Verdict.NONE)


def answered(words: str) -> Found:
    """What is to be answered to words handed on: what to do now where it has happened, else what is found in them."""
    found = check(words)
    return Found(Verdict.BEFALLEN, found.flags) if befallen(words) else found


def _names(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of what is found: those sure by themselves, and the others; each once."""
    flags = [(one.name, one.sure) for one in FLAGS if one.pattern.search(said)]
    flags += [(one.name, one.sure) for one in MOVES if one.found_in(said)]
    sure = tuple(dict.fromkeys(name for name, is_sure in flags if is_sure))
    return sure, tuple(dict.fromkeys(name for name, is_sure in flags if not is_sure and name not in sure))


def passed_on(words: str) -> bool:
    """Whether a private message without a command is a fraud passed on: surely one, and it tells nobody's story."""
    told = befallen(words) or _HAPPENED.search(fold(words)) is not None
    return len(words.strip()) >= 12 and not told and check(words).verdict is Verdict.RED
