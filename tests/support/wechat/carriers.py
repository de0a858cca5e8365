"""Carriers on WeChat: a WeCom app or a 公众号 for private talk beside duty groups, and the AI bot for both."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.channels import official_account, wecom_aibot, wecom_app, wecom_duty
from bot.channels.console import Shown
from bot.channels.official_account import reading
from bot.channels.official_account.callback import PATH
from bot.channels.wecom_aibot import WecomAibot
from storage.worlds import WorldKind
from tests.support.carrier import Carrier, Home, at_home, closing, groups, inhabitants, moved_in, numbered
from tests.support.stage import KEYS, Hands
from tests.support.wechat.aibot_people import NAME, HandClock, settings
from tests.support.wechat.aibot_server import AibotServer
from tests.support.wechat.corp_api import LIFE, Corp, Group
from tests.support.wechat.corp_api import Seen as CorpSeen
from tests.support.wechat.corp_callbacks import Member
from tests.support.wechat.corp_world import app, duty
from tests.support.wechat.official_api import OfficialApi
from tests.support.wechat.official_callbacks import Poster
from tests.support.wechat.official_people import of

MINUTE = 61.0
ENOUGH = 10**6
INVITES = "点我的头像，进入单聊"


def ascii_id(name: str) -> str:
    """What a platform that wants letters calls somebody or a group."""
    return f"m{name.encode().hex()}"[:64]


@dataclass
class Corps:
    """A corp whose clock goes on a minute between two messages, and its duty groups, in which everybody is."""

    hands: Hands
    extra: float = 0.0
    _seen: dict[str, int] = field(default_factory=dict)
    _gone: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        members = [ascii_id(name) for name in inhabitants()]
        self.corp = Corp(visible=set(members), clock=self.seconds)
        self.corp.groups = {ascii_id(name): Group(name, members[0], members[:5]) for name in groups()}

    def passes(self) -> None:
        """A minute; tokens stay good, since only time stands still for the rest of the program."""
        self.extra += MINUTE
        self.corp.tokens = {token: (secret, self.seconds() + LIFE) for token, (secret, _) in self.corp.tokens.items()}

    def seconds(self) -> float:
        """The corp's own time."""
        return self.hands().timestamp() + self.extra

    def news(self, names: Mapping[str, str]) -> list[Shown]:
        """What members and groups saw since this was asked last; `names` of ids."""
        assert not self.corp.dropped, f"dropped in silence: {self.corp.dropped}"
        found = []
        for chat, messages in list(self.corp.shown.items()):
            for number, one in enumerate(messages):
                if number >= self._seen.get(chat, 0):
                    found.append(_shown(names[chat], one))
                if one.gone and (chat, one.id) not in self._gone:
                    self._gone.add((chat, one.id))
                    found.append(Shown("deleted", names[chat], message_id=one.id))
            self._seen[chat] = len(messages)
        return found


def _shown(chat: str, one: CorpSeen) -> Shown:
    file = one.name if one.kind == "file" else ""
    return Shown("sent", chat, one.text, numbered(one.text), one.kind == "image", one.id, file)


@dataclass
class CorpCarrier(Carrier):
    """Members who write to the app; the groups are duty groups."""

    corps: Corps = field(kw_only=True)
    member: Member = field(kw_only=True)

    async def write(self, who: str, text: str, group: str | None, photo: bytes, quoted: Shown | None) -> str:
        """Tencent posts what a member wrote."""
        assert group is None
        there = ascii_id(who)
        if photo:
            assert not text
            status = await self.member.sends(there, "image", PicUrl="", MediaId=self.corps.corp.keep("image", photo))
        else:
            status = await self.member.says(there, text)
        assert status == 200
        return str(self.member._numbers)

    def seen(self) -> list[Shown]:
        """What stands with members and in groups."""
        return self.corps.news({home.name: name for name, home in self.homes.items()})

    async def passes(self) -> None:
        """A minute."""
        self.corps.passes()


@asynccontextmanager
async def corp_carrier(folder: Path, *, floods: bool = False) -> AsyncIterator[Carrier]:
    """The county over a WeCom app, its groups as duty groups."""
    homes = at_home(
        lambda name: Home(wecom_app.channel.ACCOUNT, ascii_id(name)),
        lambda name: Home(wecom_duty.duty.ACCOUNT, ascii_id(name)),
    )
    world, hands = moved_in(folder, homes, floods=floods)
    corps = Corps(hands)
    async with corps.corp.running() as url, httpx.AsyncClient(transport=httpx.ASGITransport(site := Starlette())) as to:
        channel, rooms = app(url, hands), duty(url, corps.seconds)
        member = Member(to, "http://bot/wecom/app", hands)
        made = CorpCarrier(world, hands, [rooms, channel], channel.can, rooms.can, homes, corps=corps, member=member)
        site.router.routes.extend(wecom_app.routes(channel, made.accept))
        async with closing(made):
            yield made


@dataclass
class OfficialCarrier(Carrier):
    """Residents who write to the 公众号; the groups are a corp's duty groups.

    Everybody has written just now, and may be written to as often as it takes: how few that are in truth is another
    test's matter.
    """

    corps: Corps = field(kw_only=True)
    api: OfficialApi = field(kw_only=True)
    poster: Poster = field(kw_only=True)
    _marks: dict[str, int] = field(default_factory=dict)

    async def write(self, who: str, text: str, group: str | None, photo: bytes, quoted: Shown | None) -> str:
        """The platform posts what a resident wrote."""
        assert group is None
        there = ascii_id(who)
        if photo:
            assert not text
            media = self.api.keeps("image", photo)
            tries = await self.poster.send(there, MsgType="image", MediaId=media, PicUrl="http://127.0.0.1/p")
        else:
            tries = await self.poster.say(there, text)
        assert tries == [200]
        return str(self.poster._numbers)

    def seen(self) -> list[Shown]:
        """What stands on phones and in groups."""
        names = {home.name: name for name, home in self.homes.items()}
        found = self.corps.news(names)
        for openid, phone in self.api.phones.items():
            for number, one in enumerate(phone.shown[self._marks.get(openid, 0) :]):
                known = f"{openid}-{number}"
                found.append(Shown("sent", names[openid], one.text, numbered(one.text), one.kind == "image", known))
            self._marks[openid] = len(phone.shown)
        return found

    async def passes(self) -> None:
        """A minute; everybody may be written to."""
        self.corps.passes()
        for name in inhabitants():
            self.api.phone(ascii_id(name)).may_get(ENOUGH, self.hands() + timedelta(days=2))


@asynccontextmanager
async def official_carrier(folder: Path, *, floods: bool = False) -> AsyncIterator[Carrier]:
    """The county over a 公众号, its groups as duty groups."""
    homes = at_home(
        lambda name: Home(reading.ACCOUNT, ascii_id(name)),
        lambda name: Home(wecom_duty.duty.ACCOUNT, ascii_id(name)),
    )
    world, hands = moved_in(folder, homes, floods=floods)
    corps = Corps(hands)
    site = Starlette()
    async with (
        corps.corp.running() as url,
        OfficialApi(hands) as api,
        httpx.AsyncClient(transport=httpx.ASGITransport(site)) as to,
    ):
        channel, rooms = of(api, "aes"), duty(url, corps.seconds)
        poster = Poster(api, to, f"http://127.0.0.1{PATH}", "aes")
        made = OfficialCarrier(
            world,
            hands,
            [rooms, channel],
            channel.can,
            rooms.can,
            homes,
            files=False,
            corps=corps,
            api=api,
            poster=poster,
        )
        site.router.routes.extend(official_account.routes(channel, made.accept))
        async with closing(made):
            yield made


class TalkClock(HandClock):
    """Seconds that pass between messages; whoever sleeps longer than an answer may grow is not woken."""

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock was moved on so far."""
        await (super().sleep(seconds) if seconds < 20.0 else asyncio.Event().wait())


@dataclass
class AibotCarrier(Carrier):
    """People who talk to the AI bot, in groups by a mention."""

    server: AibotServer = field(kw_only=True)
    bot: WecomAibot = field(kw_only=True)
    steady: TalkClock = field(kw_only=True)
    _read: int = 0
    _streams: dict[str, tuple[str, str]] = field(default_factory=dict)
    _cards: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def write(self, who: str, text: str, group: str | None, photo: bytes, quoted: Shown | None) -> str:
        """Somebody writes privately, or in a group to the bot."""
        said = f"@{NAME}\u2005{text}" if group and not text.startswith("@") else text
        more: dict[str, Any] = {}
        if photo:
            items: list[dict[str, Any]] = [{"msgtype": "image", "image": self.server.file(photo)}]
            if said:
                items.insert(0, {"msgtype": "text", "text": {"content": said}})
            more = {"msgtype": "mixed", "mixed": {"msg_item": items}}
        if quoted is not None:
            more["quote"] = {"msgtype": "text", "text": {"content": quoted.text}}
        message = await self.server.says(who, said, group or "", create_time=self._now(), **more)
        return await self._kept(message)

    async def press_button(self, who: str, shown: Shown, label: str) -> None:
        """Somebody presses a button of the newest card that has it."""
        await self._kept(await self.server.presses(who, label, "" if shown.chat == who else shown.chat))

    def seen(self) -> list[Shown]:
        """What came to phones, frame by frame: an answer that grows is news by what was added."""
        found: list[Shown] = []
        frames, self._read = self.server.frames[self._read :], len(self.server.frames)
        for frame in frames:
            one = self._shown(frame)
            if one is None:
                continue
            before = next((old for old in reversed(found) if old.chat == one.chat and old.what == "sent"), None)
            if before is not None and one.what == "sent" and one.buttons and _names(one.text, before.text):
                found[found.index(before)] = Shown("sent", one.chat, before.text, one.buttons, before.photo)
            else:
                found.append(one)
        return found

    async def passes(self) -> None:
        """A minute, in which answers are finished."""
        for _ in range(6):
            await self.steady.passes(MINUTE / 6)

    def _shown(self, frame: Mapping[str, Any]) -> Shown | None:
        cmd, body, req_id = frame["cmd"], frame.get("body") or {}, frame["headers"]["req_id"]
        if cmd == "aibot_send_msg":
            return self._message(str(body["chatid"]), body)
        if cmd in ("aibot_respond_msg", "aibot_respond_welcome_msg"):
            return self._message(self.server._callbacks[req_id][2], body)
        if cmd == "aibot_respond_update_msg":
            return self._toast(body["userids"][0], body["template_card"])
        return None

    def _toast(self, who: str, card: Mapping[str, Any]) -> Shown | None:
        """What a changed card says that it did not say before."""
        below = card.get("sub_title_text") or ""
        first, _, rest = below.partition("\n")
        before = self._cards[card["task_id"]].get("sub_title_text") or ""
        said = first if below != before else ""
        assert not said or before.startswith(rest.rstrip("…"))
        return Shown("answer", who, said) if said else None

    def _message(self, chat: str, body: Mapping[str, Any]) -> Shown | None:
        kind = body["msgtype"]
        content = body[kind]
        if kind == "stream":
            _, before = self._streams.get(content["id"], ("", ""))
            self._streams[content["id"]] = (chat, content["content"])
            added = content["content"].removeprefix(before).strip("\n")
            return Shown("sent", chat, read_back(added), numbered(added)) if added else None
        if kind in ("markdown", "text"):
            said = read_back(content["content"])
            return Shown("sent", chat, said, numbered(said))
        if kind == "template_card":
            self._cards[content["task_id"]] = content
            buttons = tuple((one["text"], one["key"]) for one in content["button_list"])
            return Shown("sent", chat, _card_text(content), buttons, message_id=content["task_id"])
        return Shown("sent", chat, "", (), kind == "image", "", kind if kind == "file" else "")

    def _now(self) -> int:
        return int(self.hands().timestamp())

    async def _kept(self, message: str) -> str:
        await self.server.until(lambda: message in self.heard)
        return message


def _card_text(card: Mapping[str, Any]) -> str:
    return "\n".join(filter(None, (card.get("main_title", {}).get("title"), card.get("sub_title_text"))))


def _names(title: str, text: str) -> bool:
    """Whether a card is only the buttons of the words before it."""
    return text.startswith(title.rstrip("…")) or title.rstrip("…") in text


def read_back(said: str) -> str:
    """What was made safe for markdown, as it was written."""
    plain = said.replace("\u200b", "")
    return plain.translate(str.maketrans("＜［］｀＊～＼｜＿＆", "<[]`*~\\|_&"))


@asynccontextmanager
async def aibot_carrier(folder: Path, *, floods: bool = False) -> AsyncIterator[Carrier]:
    """The county over the AI bot."""
    homes = at_home(
        lambda name: Home(wecom_aibot.channel.ACCOUNT, name),
        lambda name: Home(wecom_aibot.channel.ACCOUNT, f"group:{name}"),
    )
    world, hands = moved_in(folder, homes, floods=floods)
    steady = TalkClock()
    async with AibotServer(steady) as server:
        server.known = set(homes)
        bot = WecomAibot(settings(server), KEYS, WorldKind.REAL, now=hands, sleep=steady.sleep, clock=steady)
        made = AibotCarrier(
            world, hands, [bot], bot.can, bot.can, homes, INVITES, server=server, bot=bot, steady=steady
        )
        listening = asyncio.create_task(bot.listen(made.accept))
        await server.until(lambda: bot.listening)
        async with closing(made):
            try:
                yield made
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
