"""What `wangge check` looks at for Telegram: the token, what the bot may hear, the clock."""

from collections.abc import Iterator

import httpx

from bot.channel_settings import Telegram
from bot.channels.telegram.polling import clock_off
from bot.finding import Finding

CLOCK_OFF = 30.0
PATIENCE = 10.0


def look(telegram: Telegram) -> Iterator[Finding]:
    """Token, privacy mode and clock, by one call; errors are told without the library's words (they hold the token)."""
    url = f"{telegram.methods_url}{telegram.token.get_secret_value()}/getMe"
    try:
        with httpx.Client(proxy=telegram.proxy or None, timeout=PATIENCE, trust_env=False) as client:
            answer = client.get(url)
            said = answer.json()
    except (httpx.HTTPError, ValueError):
        mend = "请检查网络；连不上外网时请设置 telegram.proxy 或 telegram.api_base_url"
        yield Finding(False, "连不上 Telegram unreachable", mend)
        return
    if not isinstance(said, dict) or not said.get("ok"):
        yield Finding(False, "Telegram 不认这个令牌 token refused", "请向 @BotFather 重新要令牌，写进设置")
        return
    me = said["result"]
    yield Finding(True, f"Telegram 令牌 token：@{me.get('username', '?')}")
    yield Finding(
        bool(me.get("can_read_all_group_messages")),
        "隐私模式 privacy mode",
        "开着时机器人听不到群里的危急话语，请在 @BotFather 用 /setprivacy 选 Disable，再把机器人移出群、重新拉进来",
    )
    yield Finding(me.get("can_join_groups", True) is True, "可以进群 may join groups", "请用 /setjoingroups 打开")
    off = clock_off(answer.headers.get("date"))
    if off is not None:
        yield Finding(abs(off) <= CLOCK_OFF, f"与 Telegram 的时钟相差 {off:+.0f} 秒 clock", "请校准系统时钟")
