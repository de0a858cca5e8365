"""What `wangge check` looks at for customer groups: the secret, this machine's address, which groups can be seen."""

import asyncio
from collections.abc import Iterator
from typing import Final

from bot.channels.customer_group.channel import client_of
from bot.channels.customer_group.paging import paged
from bot.channels.tencent.errors import BadSecret, NotTrusted
from bot.finding import Finding
from bot.settings import Settings
from jobs.channel import CallFailed

PATIENCE: Final = 10.0
WHAT: Final = "客户群 customer groups"
TRUSTED: Final = (
    "这台机器的出口 IP 不在可信名单里（60020），请在企业微信管理后台打开配置了“客户联系”权限的应用，"
    "把出口 IP 写进“企业可信IP”；经过代理时写代理的出口 IP"
)
UNKNOWN_APP: Final = (
    "请把“客户联系 → API → 可调用接口的应用”里那个自建应用的 Secret 写进 [customer_group] secret"
    "（老企业也可以写“客户联系”自己的 Secret），并核对 [wecom] corp_id"
)
UNREACHABLE: Final = "请检查网络；要经过代理请写 [wecom] proxy，政务微信、私有部署请写 [wecom] api_base_url"
REFUSED: Final = (
    "平台不许这个 Secret 看客户群，请在管理后台“客户联系 → API → 可调用接口的应用”里选上它的应用，"
    "再看“客户联系 → 权限配置 → 使用范围”里有没有群主"
)
NONE: Final = (
    "看不到任何客户群，请在“客户联系 → 权限配置 → 使用范围”和应用的“可见范围”里都加上群主，"
    "并核对 [customer_group] senders 写的是成员账号；普通微信群不是客户群，请用人工转发"
)


def look(settings: Settings) -> Iterator[Finding]:
    """One call for a token and one for the list of groups."""
    if not settings.wecom.corp_id:
        yield Finding(False, WHAT, "没有企业 ID，请在设置里写 [wecom] corp_id（管理后台：我的企业 → 企业 ID）")
        return
    try:
        found = asyncio.run(_groups(settings))
    except NotTrusted:
        yield Finding(False, f"{WHAT} trusted IP", TRUSTED)
    except BadSecret:
        yield Finding(False, f"{WHAT} secret", UNKNOWN_APP)
    except CallFailed as failed:
        reached = failed.reason == "not allowed" or failed.reason.startswith("errcode")
        yield Finding(False, f"{WHAT}：{failed.reason}", REFUSED if reached else UNREACHABLE)
    else:
        yield Finding(found > 0, f"{WHAT} {found} 个，每条都要群主在手机上确认才发得出去，听不到里面的话", NONE)


async def _groups(settings: Settings) -> int:
    """How many groups the first page of the list shows; raises a CallFailed."""
    client = client_of(settings.customer_group, settings.wecom, PATIENCE)
    senders = settings.customer_group.senders[:100]
    body = {"limit": 1000, **({"owner_filter": {"userid_list": senders}} if senders else {})}
    found = 0
    try:
        async for _ in paged(client, "groupchat/list", body, "group_chat_list"):
            found += 1
    finally:
        client.close()
    return found
