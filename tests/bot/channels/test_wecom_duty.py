"""Duty groups: made by the app, spoken to with real mentions, never faster than the platform lets everybody read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot import channels
from bot.channels import wecom_duty
from bot.channels.tencent.client import corp_client
from bot.channels.wecom_duty.duty import Duty, make_group
from bot.settings import Settings, load_settings
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import ChatGone, Impossible, Later, Medium, NotNow, Unsure
from storage.copies import CopyKind
from storage.worlds import WorldKind
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits
from tests.support.wechat.corp_api import AGENT, CORP_ID, SECRET, Corp, Group
from tests.support.wechat.corp_callbacks import AES_KEY, TOKEN
from tests.support.wechat.corp_world import call, duty, settings, wecom
from tests.support.wechat.serving import Fault

PEOPLE = ["zhang", "li", "wang"]


@dataclass
class Scene:
    """A corp with two duty groups and the channel; `moment` is everybody's clock."""

    corp: Corp
    channel: Duty
    moment: list[float]


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """All of it at work."""
    moment = [1_790_000_000.0]
    corp = Corp(visible=set(PEOPLE), clock=lambda: moment[0])
    corp.groups = {"g1": Group("值班一组", "zhang", PEOPLE), "g2": Group("值班二组", "zhang", PEOPLE[:2])}
    async with corp.running() as url:
        channel = duty(url, lambda: moment[0])
        yield Scene(corp, channel, moment)
        await channel.close()


@awaits
async def test_words_mention_those_who_are_there() -> None:
    async with scene() as at:
        await at.channel.send(call("请接单 <@wang>", "g2", mentions=("li", "wang")), ())
        await at.channel.send(call("都看", "g2", mentions=("@all",)), ())
        first, second = at.corp.shown["g2"]
        assert (first.text, first.mentions) == ("请接单 ＜@wang>", ("li",))
        assert second.mentions == ("@all",)


@awaits
async def test_media_go_into_the_group_and_copies_have_names_of_ours() -> None:
    picture = Medium(7, "photo", "image/jpeg", b"\xff\xd8\xff-jpeg")
    async with scene() as at:
        sent = await at.channel.send(call("看", "g1", media=(7,), mentions=("li",)), (picture,), 0)
        words = await at.channel.send(call("看", "g1", media=(7,), mentions=("li",)), (picture,), 1)
        assert at.channel.parts(Outgoing("看"), (picture,)) == 2
        assert [(one.kind, one.mentions) for one in at.corp.shown["g1"]] == [("image", ()), ("text", ("li",))]
        assert sent.parts[0][1] is CopyKind.PHOTO
        assert sent.uploads.keys() == {7}
        assert words.parts[0][0] != sent.parts[0][0]
        with pytest.raises(Impossible):
            await at.channel.send(call("看", "g1"), (), 1)


@awaits
async def test_what_would_be_dropped_in_silence_goes_out_in_the_next_minute() -> None:
    async with scene() as at:
        waits: list[float] = []
        for number in range(450):
            group = "g1" if number % 2 else "g2"
            while True:
                try:
                    await at.channel.send(call(f"第{number}条", group, key=str(number)), ())
                    break
                except Later as later:
                    waits.append(later.wait.total_seconds())
                    at.moment[0] += waits[-1]
            at.moment[0] += 0.01
        assert at.corp.dropped == []
        assert len(at.corp.shown["g1"]) + len(at.corp.shown["g2"]) == 450
        assert 2 <= len(waits) <= 10
        assert max(waits) <= 62
        assert len([one for one in at.corp.calls if one[0] == "appchat/get"]) == 2, "members are asked for now and then"


@awaits
async def test_members_are_asked_for_again_after_a_while() -> None:
    async with scene() as at:
        await at.channel.send(call("一", "g2"), ())
        at.corp.groups["g2"].members.append("wang")
        await at.channel.send(call("二", "g2", mentions=("wang",)), ())
        at.moment[0] += 601
        await at.channel.send(call("三", "g2", mentions=("wang",)), ())
        assert [one.mentions for one in at.corp.shown["g2"]] == [(), (), ("wang",)]


@awaits
async def test_each_end_has_its_kind() -> None:
    async with scene() as at:
        for chat in ("g3", "chat:1", "群", ""):
            with pytest.raises(ChatGone):
                await at.channel.send(call("好", chat), ())
        at.corp.faults.add("appchat/get", Fault(page=b'{"errcode":0}'))
        with pytest.raises(NotNow):
            await at.channel.send(call("好", "g1"), ())
        at.corp.faults.add("appchat/send", Fault(breaks=True))
        with pytest.raises(Unsure):
            await at.channel.send(call("好", "g1"), ())
        assert at.channel.can.remembers is None
        assert not at.channel.can.takes_back
        for work in (at.channel.delete("g1", "?x"), at.channel.edit(call("x", "g1"), "?x", CopyKind.TEXT)):
            with pytest.raises(Impossible):
                await work
        with pytest.raises(Impossible):
            await at.channel.fetch("m", 5)
        with pytest.raises(TypeError):
            await at.channel.send(PlayCall("g1", "", Outgoing("x")), ())
        await at.channel.answer("", "")
        await at.channel.probe()
    with pytest.raises(TypeError):
        Duty(settings(), wecom("http://h"), WorldKind.DRILL)


@awaits
async def test_a_group_is_made_once_even_where_no_answer_came() -> None:
    async with scene() as at:
        client = corp_client(CORP_ID, SECRET, base_url=at.corp.url)
        chat = await make_group(client, "值班三组", "zhang", ["li", "zhang"])
        assert at.corp.groups[chat] == Group("值班三组", "zhang", ["zhang", "li"])
        at.corp.faults.add("appchat/create", Fault(breaks=True, after=True))
        assert await make_group(client, "值班四组", "zhang", ["li"]) in at.corp.groups
        at.corp.faults.add("appchat/create", Fault(breaks=True))
        with pytest.raises(ChatGone):
            await make_group(client, "值班五组", "zhang", ["li"])
        for name, owner, members in (
            ("", "zhang", ["li"]),
            ("x" * 51, "zhang", ["li"]),
            ("x", "zhang", []),
            ("x", "@all", ["li"]),
        ):
            with pytest.raises(ValueError, match="no "):
                await make_group(client, name, owner, members)
        client.close()


def test_the_settings_of_the_app_make_it() -> None:
    assert wecom_duty.make(Settings(), KEYS) is None
    env = {"AGENT_ID": str(AGENT), "SECRET": SECRET, "TOKEN": TOKEN, "AES_KEY": AES_KEY}
    told = load_settings(env={f"WANGGE_WECOM_APP__{name}": value for name, value in env.items()})
    made = channels.configured(told, KEYS)
    assert sorted(one.account for one in made) == ["wecom_app", "wecom_duty"]
    assert [len(list(channels.routes(one, print))) for one in made] == [1, 0]  # type: ignore[arg-type]
    assert made[1].can.directory == made[0].account
