"""What `wangge check` looks at for the AI bot; it never subscribes, which would throw out the bot at work."""

import logging
from collections.abc import Iterator

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bot.channel_settings import WecomAibot
from bot.channels.wecom_aibot.callback import PATH
from bot.finding import Finding

PATIENCE = 10.0


def look(aibot: WecomAibot, proxy: str) -> Iterator[Finding]:
    """Whether the platform can be reached, and what only a look into the console tells."""
    if aibot.mode == "socket":
        yield _reach(aibot.socket_url, proxy)
    else:
        where = f"智能机器人用回调：后台的回调网址应填 https://本单位的域名{PATH}，能保存就是通的 AI bot, callback"
        yield Finding(True, where)
    yield Finding(
        bool(aibot.names),
        "智能机器人的名字 names",
        '请在 [wecom_aibot] 写 names，例如 ["网格助手"]，和群里显示的名字一样，才认得出 @它 的话',
    )
    yield Finding(True, "智能机器人只听得到 @它 的话 hears mentions only：在群里说“@机器人 帮助”，有回答就是好的")
    yield Finding(True, "它只能进本企业的内部群，进不了外部群、客户群和普通微信群 internal groups only")
    yield Finding(True, "别人找不到它时，请管理员在后台放宽它的可见范围（刚建好时只有创建人看得见）visible range")
    yield Finding(True, "同一个机器人只能由一个程序使用；另一个一连上，先连的就会停下，直到重新启动 one program a bot")


def _reach(url: str, proxy: str) -> Finding:
    """Whether a socket can be opened; nothing is said over it."""
    logging.getLogger("websockets").setLevel(logging.WARNING)
    mend = "请检查网络；要经过代理时请写 [wecom] proxy，专有部署请写 [wecom_aibot] socket_url"
    try:
        with connect(url, proxy=proxy or None, open_timeout=PATIENCE, close_timeout=1.0):
            return Finding(True, "连得上智能机器人的长连接（Bot ID 和 Secret 对不对，启动后看日志）AI bot socket")
    except (OSError, WebSocketException):
        return Finding(False, "连不上智能机器人的长连接 AI bot socket unreachable", mend)
