"""When a bare 反诈 or 预警 is a notice to be sent (通告), not talk among the team. Pure; folded text."""

from handlers.reading.intent_heard import Heard
from handlers.reading.intent_words import asks, jokes
from handlers.reading.lazy import Lazy

_AMONG_US = Lazy(
    r"收到|辛苦|开会|群里|转发|已|材料|上报|报表|数据|上面|老婆|劝阻|完成|签收|处置|值班|会议|记录|模板|词"
    r"|太|都不|通报|台账|安排"
)


_OF_THE_WORK = Lazy(
    r"宣传|讲座|培训|知识|活动|中心|app|工作|案例|视频|手册|海报|民警|意识|课|会|进|力度|形势|群|信[息号]"
    r"|发布|解除|短信|系统|[了的这都那就先再也还我你他做搞小中]"
    r"|大家|专项|骗术|部门|平台|机制|级别|等级|期间|后|时|任务|单|数据|指令|劝阻|车|专班"
)
_HARM = Lazy(
    r"诈|骗|转账|刷单|冒充|贷款|汇款|验证码|火|洪|汛|[暴大]雨|暴雪|雨雪|雷电|台风|大风|积水|盗|偷|毒|燃气"
    r"|煤气|滑坡|结冰|寒潮|大雾|高温|诱导|点击|链接|扫码"
)
_HEED = Lazy(r"不要|别|勿|当心|注意|警惕|谨防|小心|高发|多发|防范|提防|撤离|转移|远离|绕行|[锁关]好|做好|避免|防止")


def notice(heard: Heard) -> bool:
    """In a team chat, a text to be sent stands by itself behind the word; before residents never."""
    rest = heard.rest
    if not heard.team_chat or not heard.team or len(rest) < 8 or asks(rest) or jokes(rest):
        return False
    if not heard.gap:
        said = heard.matter
        return not _OF_THE_WORK.match(said) and bool(_HARM.search(said) and _HEED.search(said))
    return _AMONG_US.search(rest[:12]) is None and bool(_HARM.search(rest) or _HEED.search(rest))
