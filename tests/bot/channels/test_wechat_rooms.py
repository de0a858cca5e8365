"""Webhooks and customer contact are rooms of one corp: one address, one clock, every channel its own secret."""

import asyncio

import pytest

from bot import channels
from bot.channels.customer_group import CustomerGroup
from bot.channels.wecom_robot import WecomRobot, name_of
from bot.settings import load_settings
from handlers.dialogue.message import Outgoing, RealCall
from jobs.channel import NotNow
from storage.sealing import MasterKey
from storage.worlds import WorldKind
from tests.bot.channels.test_wecom_robot import GROUPS, KEY, section
from tests.support.telegram_api import awaits
from tests.support.wechat import customer_people
from tests.support.wechat.corp_api import AGENT, Corp
from tests.support.wechat.corp_api import SECRET as APP
from tests.support.wechat.customer_api import CORP, SECRET
from tests.support.wechat.customer_people import VILLAGE, corp, village
from tests.support.wechat.webhook_api import WebhookApi


@awaits
async def test_one_corp_holds_both() -> None:
    webhooks, contact = WebhookApi(GROUPS), village()
    whole = Corp(CORP, {SECRET: 0, APP: AGENT}, more=[webhooks.room, contact.room], clock=lambda: 1_790_000_000.0)
    async with whole.running() as url:
        robot = WecomRobot(section(url), WorldKind.REAL)
        owners = CustomerGroup(customer_people.section(), corp(url), WorldKind.REAL)
        stranger = CustomerGroup(customer_people.section(secret=APP), corp(url), WorldKind.REAL)
        await robot.probe()
        await owners.probe()
        await robot.send(RealCall(name_of(KEY), "", Outgoing("今晚停水")), ())
        await owners.send(RealCall(VILLAGE, "", Outgoing("今晚停水")), ())
        with pytest.raises(NotNow):
            await stranger.send(RealCall(VILLAGE, "", Outgoing("别的应用")), ())
        for one in (robot, owners, stranger):
            await one.close()
    contact.confirm("zhangsan")
    assert webhooks.texts("大侯村网格群") == contact.texts(VILLAGE) == ["今晚停水"]


def test_the_settings_bring_them() -> None:
    env = {
        "WANGGE_WECOM__CORP_ID": CORP,
        "WANGGE_WECOM_ROBOT__GROUPS": f"大侯村网格群={KEY},网格员群=another-key",
        "WANGGE_CUSTOMER_GROUP__SECRET": SECRET,
        "WANGGE_CUSTOMER_GROUP__SENDERS": "zhangsan,lisi",
    }
    made = channels.configured(load_settings(env=env), MasterKey(bytes(32)))
    assert [one.account for one in made] == ["customer_group", "wecom_robot"]
    assert [list(channels.routes(one, _nobody)) for one in made] == [[], []]
    for one in made:
        asyncio.run(one.close())


async def _nobody(_incoming: object) -> None:
    """Hear nothing."""
