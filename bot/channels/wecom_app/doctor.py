"""What `wangge check` looks at for the WeCom app: the corp, the secret, the trusted address, the visible range."""

import asyncio
from collections.abc import Iterator
from typing import Any

from bot.channel_settings import Wecom, WecomApp
from bot.channels.tencent import corp
from bot.channels.tencent.errors import BadSecret, NotTrusted
from bot.channels.wecom_app.channel import PATH
from bot.finding import Finding
from jobs.channel import CallFailed, Refused

APP = "企业微信应用 wecom_app"
ONLY = "只能和本企业的成员一对一说话，听不到任何群；群里用智能机器人"
ROOT = 1
"""The department above all others."""


def look(app: WecomApp, wecom: Wecom, patience: float = 10.0) -> Iterator[Finding]:
    """Ask for a token and about the app: two calls; errors are told without the platform's words."""
    if not wecom.corp_id:
        yield Finding(
            False, f"{APP}：没有企业 ID corp id missing", "请在设置里写 [wecom] corp_id（我的企业 → 企业 ID）"
        )
        return
    yield from asyncio.run(_ask(app, wecom, patience))


async def _ask(app: WecomApp, wecom: Wecom, patience: float) -> list[Finding]:
    client = corp.client(wecom, app.secret.get_secret_value(), timeout=patience)
    try:
        await client.check()
        told = await client.call("get", "agent/get", params={"agentid": str(app.agent_id)}, matters=False)
    except BadSecret:
        mend = "请核对 [wecom] corp_id 和 [wecom_app] secret（应用管理 → 应用 → Secret）"
        return [Finding(False, f"{APP}：企业微信不认企业 ID 或 Secret secret refused", mend)]
    except NotTrusted:
        mend = (
            "请在后台打开这个应用，最下面的“企业可信IP”里加上本机上网的公网地址（要先保存“接收消息”的网址才填得上；"
            "没有固定地址就经过有固定地址的代理，写 [wecom] proxy，填代理的地址）"
        )
        return [Finding(False, f"{APP}：本机不在可信IP里 address not trusted", mend)]
    except Refused:
        mend = "请过几分钟再运行一次；常常这样，请看是不是别的程序用同一个应用"
        return [Finding(False, f"{APP}：问得太快 too fast", mend)]
    except CallFailed as failed:
        mend = "请检查网络；要经过代理请写 [wecom] proxy，政务微信、私有部署请写 [wecom] api_base_url"
        if failed.reason.startswith("errcode"):
            mend = "请核对 [wecom_app] agent_id（应用管理 → 应用 → AgentId），它要和 secret 是同一个应用的"
        return [Finding(False, f"{APP}：问不到应用 unreachable ({failed.reason})", mend)]
    finally:
        client.close()
    seen = any(_some(told.get(f"allow_{kind}")) for kind in ("userinfos", "partys", "tags"))
    return [
        Finding(True, f"{APP}：{str(told.get('name', '?'))[:32]}，{ONLY}"),
        Finding(told.get("close") != 1, f"{APP}：启用 enabled", "请在后台启用这个应用"),
        Finding(seen, f"{APP}：可见范围 visible range", "是空的，谁也收不到；请在应用的“可见范围”里加上网格员和民警"),
        Finding(True, f"值班群 duty groups：{_duty(told)}"),
        Finding(True, f"{APP}：后台“接收消息”的网址应填 https://本单位的域名{PATH}，能保存就是通的 callback"),
    ]


def _duty(told: dict[str, Any]) -> str:
    """Whether the app may make duty groups: only one that everybody sees may."""
    departments = told.get("allow_partys")
    found = departments.get("partyid") if isinstance(departments, dict) else None
    if isinstance(found, list) and ROOT in found:
        return "可见范围是整个企业，可以用 wangge wecom group 建"
    return "可见范围不是整个企业，建不了；要建请把根部门加进应用的“可见范围”"


def _some(told: object) -> bool:
    """Whether a list of the visible range names anybody."""
    return isinstance(told, dict) and any(isinstance(one, list) and one for one in told.values())
