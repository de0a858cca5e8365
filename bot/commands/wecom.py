"""`wangge wecom group`: a duty group made by the WeCom app; the bot meets it like any other group."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.cannot import CannotDo
from bot.settings import Settings, load_settings
from bot.worlds import open_real
from handlers.dialogue import gate
from handlers.dialogue.message import Incoming
from jobs.channel import CallFailed

REASONS = {
    "secret": "企业微信不认企业 ID 或 Secret，请核对设置。",
    "address": "本机不在应用的“企业可信IP”里，请在后台加上。",
    "errcode 86005": "群主不是可见的成员，请核对账号。",
    "errcode 86007": "有成员不在应用的可见范围里，请核对账号。",
    "errcode 60011": "应用的可见范围要含根部门才能建群，请在后台改好。",
}
ACCOUNT = "wecom_duty"


def group(name: str, owner: str, members: Sequence[str], config: Path | None) -> list[str]:
    """Make a duty group, have the real world meet it, and tell its id; raises CannotDo."""
    settings = load_settings(config)
    if not settings.wecom_app.on or not settings.wecom.corp_id:
        raise CannotDo("没有设置企业微信应用，请先填好 [wecom] 和 [wecom_app]，再运行一次。")
    world = open_real(settings)
    try:
        chat = asyncio.run(_made(settings, name, owner, members))
        now = world.now()
        met = Incoming(ACCOUNT, f"met|{chat}", "met", chat, False, "", "", now, chat_title=name)
        with world.db.write() as session:
            gate.keep(session, world.gate.sift(world, [met], now), now)
    finally:
        world.db.close()
    return [f"已建群“{name}”，群号 {chat}。管理员会收到私聊，照着绑定就能用；群在收到第一条消息时才出现。 Made: {chat}"]


async def _made(settings: Settings, name: str, owner: str, members: Sequence[str]) -> str:
    from bot.channels.tencent import corp
    from bot.channels.wecom_duty import duty

    client = corp.client(settings.wecom, settings.wecom_app.secret.get_secret_value())
    try:
        return await duty.make_group(client, name, owner, members)
    except ValueError:
        raise CannotDo("群名最多 50 个字，群主和成员一共 2 到 2000 人，账号用英文字母和数字。") from None
    except CallFailed as failed:
        mend = REASONS.get(failed.reason, "请检查网络和账号，稍后再试。")
        raise CannotDo(f"没有建成群（{failed.reason}）：{mend}") from None
    finally:
        client.close()
