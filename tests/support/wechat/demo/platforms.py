"""The platforms (平台): every emulator on loopback, with the groups and phones of the play."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bot.channels.official_account.callback import PATH as OFFICIAL_PATH
from tests.support.telegram_peer import running as telegram_running
from tests.support.telegram_town import TOKEN as TELEGRAM_TOKEN
from tests.support.telegram_town import Phones, Shown
from tests.support.wechat import aibot_server, corp_api, corp_callbacks, customer_api, official_api, official_callbacks
from tests.support.wechat.aibot_people import NAME
from tests.support.wechat.aibot_server import AibotServer
from tests.support.wechat.corp_api import Corp
from tests.support.wechat.corp_callbacks import Member
from tests.support.wechat.customer_api import CustomerApi
from tests.support.wechat.customer_api import Group as CustomerGroup
from tests.support.wechat.demo.places import Line, Place, Voice
from tests.support.wechat.official_api import OfficialApi
from tests.support.wechat.official_callbacks import Poster
from tests.support.wechat.official_town import openid
from tests.support.wechat.webhook_api import WebhookApi

AIBOT, APP, OFFICIAL, TELEGRAM = "智能机器人", "企业微信应用", "公众号", "Telegram"
ROBOT, DUTY, CUSTOMER = "消息推送", "值班群", "客户群"
ROBOT_KEY = "0a1b2c3d-demo-webhook"
AT = "\u2005"
"""What WeCom puts behind the name somebody was called by."""
Json = dict[str, Any]
MEMBERS = {"wang": "民警老王", "liu": "民警老刘", "ma": "网格员老马", "sun": "村医小孙"}


@dataclass
class Platforms:
    """All that is not ours; `customer_groups` are ids by name, each owned by a member."""

    aibot: AibotServer
    corp: Corp
    robot: WebhookApi
    customers: CustomerApi
    official: OfficialApi
    telegram: Phones
    telegram_url: str
    client: httpx.AsyncClient
    member: Member
    poster: Poster
    _numbers: int = 0

    def settings(self) -> dict[str, Mapping[str, object]]:
        """What a station would write into its `config.toml`."""
        base = {"api_base_url": self.corp.url}
        return {
            "station": {"name": "大侯派出所", "quiet_hours": "00:00-00:00"},
            "telegram": {"token": TELEGRAM_TOKEN, "api_base_url": self.telegram_url},
            "wecom": {"corp_id": corp_api.CORP_ID, **base},
            "wecom_aibot": {
                "bot_id": aibot_server.BOT,
                "secret": aibot_server.SECRET,
                "names": [NAME],
                "socket_url": self.aibot.url,
            },
            "wecom_robot": {"groups": [f"{name}={key}" for key, name in self.robot.groups.items()], **base},
            "wecom_app": {
                "agent_id": corp_api.AGENT,
                "secret": corp_api.SECRET,
                "token": corp_callbacks.TOKEN,
                "aes_key": corp_callbacks.AES_KEY,
            },
            "official_account": {
                "app_id": official_api.APP_ID,
                "secret": official_api.SECRET,
                "token": official_callbacks.TOKEN,
                "aes_key": official_callbacks.AES_KEY,
                "api_base_url": self.official.url,
            },
            "customer_group": {"secret": customer_api.SECRET},
            "relay": {"enabled": True},
        }

    def called_at(self, url: str) -> None:
        """The platforms are told where the program listens."""
        self.member.url, self.poster.url = f"{url}/wecom/app", f"{url}{OFFICIAL_PATH}"

    def talks_to_aibot(self, name: str) -> Voice:
        """Somebody's private talk with the AI bot."""
        place = Place(name, AIBOT, lambda: [Line(one.text) for one in self.aibot.standing(name)])
        return Voice(name, place, lambda words: self.aibot.says(name, words), self._pressing(name, ""))

    def in_aibot_group(self, name: str, group: str) -> Voice:
        """Somebody in a group of the corp, who calls the bot by its name."""
        place = Place(group, f"{AIBOT}，内部群", lambda: [Line(one.text) for one in self.aibot.standing(group)])

        async def says(words: str) -> None:
            await self.aibot.says(name, f"@{NAME}{AT}{words}", group)

        return Voice(name, place, says, self._pressing(name, group))

    def _pressing(self, name: str, group: str) -> Callable[[str], Any]:
        async def presses(label: str) -> None:
            await self.aibot.presses(name, label, group)

        return presses

    def talks_to_app(self, userid: str) -> Voice:
        """A member's private talk with the WeCom app."""
        place = Place(MEMBERS[userid], APP, self._corp(userid))
        return Voice(MEMBERS[userid], place, lambda words: self.member.says(userid, words))

    def follows_account(self, name: str) -> Voice:
        """A resident's private talk with the official account."""
        phone = self.official.phone(openid(name))
        place = Place(name, OFFICIAL, lambda: [Line(one.text or f"【{one.kind}】") for one in phone.shown])
        return Voice(name, place, lambda words: self.poster.say(openid(name), words))

    def talks_on_telegram(self, name: str, number: int) -> Voice:
        """Somebody's private talk on Telegram."""
        return self._telegram(name, number, name, {"id": number, "type": "private", "first_name": name})

    def in_telegram_group(self, name: str, number: int, group: str, chat: int) -> Voice:
        """Somebody in a Telegram group."""
        return self._telegram(name, number, group, {"id": chat, "type": "supergroup", "title": group})

    def _telegram(self, name: str, number: int, where: str, chat: Json) -> Voice:
        place = Place(where, TELEGRAM, lambda: [Line(one.text, one.gone) for one in self._shown(chat["id"])])

        async def says(words: str) -> None:
            self._numbers += 1
            now = int(datetime.now(UTC).timestamp())
            user = {"id": number, "is_bot": False, "first_name": name}
            message = {"message_id": 500_000 + self._numbers, "date": now, "chat": chat, "from": user, "text": words}
            await self.telegram.enqueue_update({"message": message}, token=TELEGRAM_TOKEN)

        return Voice(name, place, says)

    def _shown(self, chat: int) -> Sequence[Shown]:
        return [one for one in self.telegram.history if one.chat == chat]

    def robot_group(self, name: str) -> Place:
        """A group with a push webhook."""
        return Place(name, ROBOT, lambda: [Line(one.text) for one in self.robot.shown[name]])

    def duty_group(self, name: str) -> Place:
        """A duty group, once the app has made it."""

        def reads() -> list[Line]:
            found = [chat for chat, group in self.corp.groups.items() if group.name == name]
            return self._corp(found[0])() if found else []

        return Place(name, DUTY, reads)

    def customer_group(self, chat: str) -> Place:
        """A customer group, as residents see it."""
        name = self.customers.groups[chat].name
        return Place(name, CUSTOMER, lambda: [Line(one.text) for one in self.customers.shown[chat]])

    def tasks_of(self, owner: str) -> Place:
        """What waits to be confirmed on a group owner's phone."""

        def reads() -> list[Line]:
            own = [one for one in self.customers.tasks.values() if one.owner == owner]
            return [Line(one.seen.text, bool(one.confirmed_at or one.stopped)) for one in own]

        return Place(f"群主{MEMBERS[owner]}的群发助手", CUSTOMER, reads)

    def _corp(self, chat: str) -> Callable[[], list[Line]]:
        return lambda: [Line(one.text, one.gone) for one in self.corp.shown[chat]]


class Remembering(Phones):
    """Telegram's phones, which remember what was deleted, too."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal, 1)
        self.history: list[Shown] = []

    def _appears(self, chat: int, number: int, given: dict[str, Any], photo: bool) -> None:
        super()._appears(chat, number, given, photo)
        self.history.append(self.standing[chat, number])


@asynccontextmanager
async def platforms(folder: Path) -> AsyncIterator[Platforms]:
    """Every platform, serving."""
    robot = WebhookApi({ROBOT_KEY: "大侯村商户通知群"})
    corp = Corp(apps={corp_api.SECRET: corp_api.AGENT, customer_api.SECRET: 0}, visible=set(MEMBERS), more=[robot.room])
    customers = CustomerApi({"wrResidents": CustomerGroup("大侯村居民群", "ma")}, corp=corp)
    telegram = Remembering(folder / "telegram.jsonl")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(corp.running())
        aibot = await stack.enter_async_context(AibotServer())
        official = await stack.enter_async_context(OfficialApi())
        telegram_url = await stack.enter_async_context(telegram_running(telegram))
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        member = Member(client, "", lambda: datetime.now(UTC))
        poster = Poster(official, client, "", "aes")
        yield Platforms(aibot, corp, robot, customers, official, telegram, telegram_url, client, member, poster)
