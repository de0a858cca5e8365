"""What `wangge check` looks at for the WeCom app: the corp, the secret, the trusted address, the visible range."""

import asyncio
from collections.abc import Iterator

from bot.channel_settings import Wecom, WecomApp
from bot.channels.tencent import corp
from bot.channels.tencent.errors import BadSecret, NotTrusted
from bot.finding import Finding
from jobs.channel import CallFailed

APP = "企业微信应用 wecom_app"
ONLY = "只能和本企业的成员一对一说话，听不到任何群；群里用智能机器人"


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
        mend = "请在应用的“企业可信IP”里加上本机的公网地址（没有固定地址就经过有固定地址的 wecom.proxy）"
        return [Finding(False, f"{APP}：本机不在可信IP里 address not trusted", mend)]
    except CallFailed as failed:
        mend = "请检查网络，或设置 wecom.proxy、wecom.api_base_url；应用编号请核对 [wecom_app] agent_id"
        return [Finding(False, f"{APP}：问不到应用 unreachable ({failed.reason})", mend)]
    finally:
        client.close()
    seen = any(_some(told.get(f"allow_{kind}")) for kind in ("userinfos", "partys", "tags"))
    return [
        Finding(True, f"{APP}：{str(told.get('name', '?'))[:32]}，{ONLY}"),
        Finding(told.get("close") != 1, f"{APP}：启用 enabled", "请在后台启用这个应用"),
        Finding(seen, f"{APP}：可见范围 visible range", "是空的，谁也收不到；请在应用的“可见范围”里加上网格员和民警"),
    ]


def _some(told: object) -> bool:
    """Whether a list of the visible range names anybody."""
    return isinstance(told, dict) and any(isinstance(one, list) and one for one in told.values())
