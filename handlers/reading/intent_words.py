"""The word lists (词表) intent is decided by: places, troubles, questions, jokes. Bounded patterns, folded text."""

from handlers.reading.codes import Code, codes
from handlers.reading.lazy import Lazy
from handlers.reading.place_words import DETAIL

_LONGEST_PLACE, _LONGEST_NAME = 16, 6
LONGEST = 600
"""Characters that are looked at; what a message wants stands at its beginning."""

GAPS = " \t\r\n,:;.!-、，。：；！～~?？"

ON_A_RECORD = frozenset(
    (
        "进度 补充 撤销 接单 转派 办结 合并 重开 平息 "
        "核实 扩圈 找到 复核 "
        "批准 驳回 撤回 更正 夜间发送 线索汇总 作废 发送 改时间 改范围 不属实 "
        "暂停 继续 停发 发送情况 补发 重发 不管 "
        "取消提醒 改提醒 完成提醒 再提醒 "
        "见面 出库 "
        "异议 异议成立 异议不成立 问异议 "
        "研判 并案 单列 查实 查否 无法核 答复 "
        "当场 跟踪 警务室 转办 接手 调解方式 约谈 调解记 达成 终止 升级 暂停计时 恢复计时 督办 解除督办 "
        "领取 "
        "限期 复查 "
        "分片 签到 领片 搜完 已返回 离开 收队 情况通报 "
        "认领 夜话记 "
        "召集 同意志愿 不同意志愿 "
    ).split()
)
"""Words of commands on a record, a line a capability."""

_PLACE = Lazy(
    r"村|路|楼|单元|门|小区|社区|街|桥|巷|栋|幢|组|店|学校|小学|中学|广场|公园|河|沟|渠|坝|水库|市场|菜场"
    r"|车库|车棚|院|家|屋"
    r"|墙|坡|山|田|地里|厕所|厂|工地|仓库|站|通道|电梯|充电桩|井盖|窨井|下水道|变压器|电线|路灯|护栏"
    r"|红绿灯|消防栓"
    r"|垃圾|水管|燃气|煤气|管道|宿舍|超市|饭馆|银行|果园|大棚|停车场|停车位|树|[A-Za-z]区|[东西南北]区"
)
_TROUBLE = Lazy(
    r"坏|堵|漏|塌|[中打拉扯]断|断[了裂开电水网成]|倒(?!是|也|挺|不|霉|闭|计)|破|冒烟"
    r"|冒火|火花|(?:起|着)火(?!锅)"
    r"|积水|淹|涌"
    r"|停[水电气运]|停了|[堆摞]|乱(?!说|讲)|占[用了着道满]|被占|占|吵(?!着要)|打架|偷(?![吃懒笑着])|盗|撬"
    r"|贼|可疑|鬼鬼祟祟|掉|裂"
    r"|(?<![轻放])松[动了脱]|松|没[电水气灯盖亮人]|不[亮灵通转动制]|失灵|失效|爆|坑|[斜歪]|过期|裸露|外露"
    r"|老化|锈|脱落|鼓包|臭|异味"
    r"|缺[了失]|盖没|没了|不见|打不开|关不|[开打]不了|卡[住了死]|困|摔|晕|咬|野狗|流浪狗|烈犬|[太很]暗"
    r"|漆黑|全黑|灭了|全灭|挡|封死|反锁"
    r"|污|排放|倾倒|违[建停章]|私[拉搭自]|飞线|结冰|滑|隐患|危险|安全问题|噪音|扰民|骗|陌生|吸毒|赌|超载"
    r"|飙车|脏|渗|坠|高空抛物"
    r"|一闪|闪[烁个]|忽明|翘|凹|塌陷|下沉|倾斜|摇晃|堆放|充电|传销|嫖|诈|尾随|异响|[冒反返跑]水|倒灌"
    r"|(?<![天])黑(?:了|着|乎|咕|漆)|漫(?![画长步游谈山])|[走过]不[去了通]|[出进]不[来去]"
    r"|没人[收清管修扫]|满了|溢"
    r"|滴水|[在直]滴|没[有]?[^,。]{0,2}(?:窗|扶手|栏|标志|灭火|逃生)|没窗|松脱|腐"
    r"|虫|蜂|蛇|短路|跳闸|打火|烧|砸|踩空|没盖|没上锁|锁[不坏]|没锁|没关|无人看管|没有护栏|没护栏|没灭火器"
)
_ASKS = Lazy(
    r"[吗么呢嘛吧?][啊呀哈]?[^\w\n]*$|[了过好完]吗|什么|怎么|怎样|如何|谁|(?<![好这那前后过十有来上下头的])几[点个次条时号天岁]"
    r"|哪"
    r"|多少|多久|为啥|[干是有说为]啥|啥[时事啊呀]|咋"
    r"|是不是|有没有|能不能|会不会|要不要|可不可以|对不对|行不行|好不好|没收到没"
    r"|[了好过完到]没有?[啊呀哇]?[^\w\n]*$"
)
_UNSURE = Lazy(r"不(?:知道?|晓得|清楚|认识)(?:到底)?(?:又|都)?(?:是|被|让)?(?:谁|什么|哪|怎么|咋)|什么的|没什么")
_TAIL = Lazy(
    r"[,。!;. \n]+(?:这|请问)?(?:什么时候|啥时候|何时|多久)?(?:能|可以|会|有)?(?:不能|没有)?(?:人|派人"
    r"|谁)?(?:来|去|给)?(?:个人)?"
    r"(?:看看|看一?下|修修|修一?下|修|管管|管一?下|管|处理一?下|处理|解决一?下|解决|清理一?下|清理|怎么办"
    r"|咋办|怎么弄|快来人|谢谢)"
    r"(?:好|行)?[了啊呀呢吗吧]*[^\w\n]*$"
)
_JOKE = Lazy(
    r"哈哈|嘿嘿|呵呵|嘻嘻|233|[\U0001F602\U0001F923\U0001F604\U0001F605\U0001F601\U0001F606\U0001F61C]"
    r"|\[(?:捂脸|偷笑|笑|坏笑|旺柴|呲牙)"
    r"|狗头|doge|开玩笑|喜讯|好消息|打呼噜"
)
_OVER = Lazy(
    r"已(?:经)?(?:修|处理|解决|整改|完成|销号|排除|让|叫|找|联系|通知)|(?:修|处理|解决|整改|排除|清理|弄"
    r"|换|搞|疏通|清|收拾|打扫)(?:好|完|掉|过|定|毕|通)?[了啦](?!吗|没|一半|又)|没事了|已经好了|恢复了"
    r"|不用[管修]了"
)
_NOT_FIXED = Lazy(r"(?:没|不|未|找|人)(?:有)?(?:人)?(?:来)?(?:修|处理|解决|整改|清理|管)|[又还].{0,6}(?:坏|漏|堵)")
_SUPPOSE = Lazy(r"如果|要是|的话|万一|假如|应该多|建议|希望大家|最好")
_HAN = Lazy(r"[\u4e00-\u9fff]")
ENDS = GAPS.replace("?", "").replace("？", "")


def head(text: str) -> str:
    """The part that is looked at."""
    return text[:LONGEST]


def asks(text: str) -> bool:
    """It is a question among people."""
    return _ASKS.search(_UNSURE.sub("", head(text))) is not None


def asks_but_tells(text: str) -> bool:
    """It is a question, and not just a 什么时候能修 behind something told."""
    return asks(_TAIL.sub("", head(text)))


def jokes(text: str) -> bool:
    """Somebody laughs."""
    return _JOKE.search(head(text)) is not None


def is_over(text: str) -> bool:
    """The trouble is told as gone."""
    return _OVER.search(head(text)) is not None and _NOT_FIXED.search(head(text)) is None


def supposes(text: str) -> bool:
    """Something is imagined or wished, not told."""
    return _SUPPOSE.search(head(text)) is not None


def has_place(text: str) -> bool:
    """A place is named."""
    return _PLACE.search(head(text)) is not None or DETAIL.search(head(text)) is not None


_NO_PLAIN_NAME = Lazy(r"[了着过的会要来去是有没不就昨今明我你他她它们啥吗呢吧]")


def only_a_place(text: str) -> bool:
    """Nothing but a place is said: beside house or landmark at most a short name, and no verb."""
    found = DETAIL.search(text) if len(text) <= _LONGEST_PLACE else None
    if found is None:
        return False
    beside = (text[: found.start()] + text[found.end() :]).strip(GAPS)
    return len(beside) <= _LONGEST_NAME and _NO_PLAIN_NAME.search(beside) is None


def exact_place(text: str) -> bool:
    """A house, a unit or a landmark is named."""
    return DETAIL.search(head(text)) is not None


def has_trouble(text: str) -> bool:
    """Something wrong is named."""
    return _TROUBLE.search(head(text)) is not None


def code_at_head(text: str) -> Code | None:
    """The record code a text begins with."""
    cut = text[:48]
    first = next(iter(codes(cut)), None)
    return first if first is not None and not cut[: first.span[0]].strip(GAPS) else None


def is_han(character: str) -> bool:
    """A Chinese character."""
    return _HAN.match(character) is not None
