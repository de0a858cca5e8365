"""The flows of residents over a 公众号 to their end: callback, inbox, answer, and what stands on their phones."""

from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import select

from storage import sealing
from storage.chats import Chat, ChatState
from storage.inbox import InboxRow
from tests.support.pictures import photo_bytes
from tests.support.telegram_api import awaits
from tests.support.wechat.official_api import Fault, Seen
from tests.support.wechat.official_callbacks import Mode
from tests.support.wechat.official_town import OfficialTown, official_town, openid

WANG, WORKER, OFFICER = "王大妈", "网格员甲", "民警甲"
STAFF = {WORKER: "网格员 大侯村", OFFICER: "社区民警 大侯村"}


def state_of(town: OfficialTown, who: str) -> ChatState | None:
    """Whether the bot may speak to somebody."""
    with town.world.db.read() as session:
        return session.scalar(select(Chat.state).where(Chat.platform_id == openid(who)))


@pytest.mark.parametrize("mode", get_args(Mode))
@awaits
async def test_one_report_however_often_it_is_posted(tmp_path: Path, mode: Mode) -> None:
    async with official_town(tmp_path, mode) as town:
        await town.set_up(**STAFF)
        await town.follow(WANG)
        town.new(WORKER)
        town.poster.renews = mode != "plain"
        said = town.poster.message(openid(WANG), MsgType="text", Content="上报水头村村口路灯坏了", MsgId="7")
        town.api.phone(openid(WANG)).may_get(5, town.clock.moment.replace(year=2030))
        for _ in range(3):
            assert await town.poster.post(said) == [200]
            await town.later(seconds=5)
        (told,) = town.new(WANG)
        assert "已记下 报1" in told
        (card,) = town.new(WORKER)
        assert "路灯坏了" in card
        assert "回复 1 接单" in card

        assert "您接了" in "".join(await town.say(WORKER, "回复1"))
        assert "报1 已有人接单" in "".join(town.new(WANG))
        await town.say(WORKER, "办结 报1 已换灯泡")
        assert "已换灯泡" in "".join(town.new(WANG))
        with town.world.db.read() as session:
            name = sealing.digest(session, "inbox.key", f"official_account|{openid(WANG)}:7")
            kept = session.scalars(select(InboxRow).where(InboxRow.platform_key == name)).all()
            assert not [one for one in session.scalars(select(InboxRow.platform_key)) if openid(WANG) in one]
        assert len(kept) == 1


@awaits
async def test_a_guided_search_with_numbers_and_a_photo(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up(**STAFF)
        await town.follow(WANG)
        hello = (await town.press(WANG, "寻人"))[-1]
        assert "110" in hello or "1/7" in hello
        assert "2/7" in (await town.say(WANG, "我奶奶王秀英"))[-1]
        asked = (await town.say(WANG, "回复3"))[-1]
        assert "3/7" in asked, "回复3 is 60岁以上"
        assert "2/7" in (await town.say(WANG, "回复2"))[-1], "回复2 is 上一步"
        assert "3/7" in (await town.say(WANG, "78岁"))[-1]
        for answer in ("今天早上8点，水头村菜市场门口", "蓝棉袄黑裤子，白头发"):
            await town.say(WANG, answer)
        assert "6/7" in (await town.say(WANG, "回复1"))[-1], "回复1 is 不知道"
        media_id = town.api.keeps("image", photo_bytes(exif=True))
        assert "7/7" in (await town.send(WANG, MsgType="image", PicUrl="http://x", MediaId=media_id))[-1]
        await town.say(OFFICER, "待办")
        town.new(OFFICER)
        assert "寻1" in (await town.say(WANG, "回复 1"))[-1]
        await town.later(seconds=5)
        seen = town.seen(OFFICER)
        assert any(one.kind == "image" and one.blob.startswith(b"\xff\xd8") for one in seen)
        assert any("王秀英" in one.text and "78岁" in one.text for one in seen)
        with_photo = next(one.blob for one in seen if one.kind == "image")
        assert b"Exif" not in with_photo


@awaits
async def test_voice_place_and_what_cannot_be_shown(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up(**STAFF)
        await town.follow(WANG)
        town.new(WORKER)
        await town.press(WANG, "隐患")
        voice = town.api.keeps("voice", b"#!AMR\n voice")
        told = await town.send(WANG, MsgType="voice", Format="amr", MediaId=voice, Recognition="水头村村口电线掉下来了")
        assert "已记下" in "".join(told)
        assert "电线掉下来了" in "".join(town.new(WORKER))
        place = await town.send(
            WANG, MsgType="location", Location_X="23.134521", Location_Y="113.358803", Scale="20", Label="水头村"
        )
        assert place
        for kind in ("miniprogrampage", "kind_of_tomorrow"):
            assert await town.send(WANG, MsgType=kind), "answered kindly"
        assert town.poster.statuses.count(200) == len(town.poster.statuses)


@awaits
async def test_who_leaves_is_left_alone_and_who_comes_back_is_heard(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up(**STAFF)
        await town.follow(WANG)
        await town.say(WANG, "上报水头村村口路灯坏了")
        assert state_of(town, WANG) is ChatState.OPEN
        assert await town.unfollow(WANG) == []
        assert state_of(town, WANG) is ChatState.GONE
        asked = len(town.api.calls)
        await town.say(WORKER, "接单 报1")
        assert town.new(WANG) == []
        sent = [call.body["touser"] for call in town.api.calls[asked:] if "touser" in call.body]
        assert openid(WANG) not in sent
        town.clock.move(seconds=1)
        assert "您好" in (await town.follow(WANG))[0]
        assert state_of(town, WANG) is ChatState.OPEN


@awaits
async def test_who_shuts_messages_off_is_left_alone(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up()
        town.api.faults["/cgi-bin/message/custom/send"].append(Fault(43019))
        assert len(await town.follow(WANG)) <= 1
        assert state_of(town, WANG) is ChatState.GONE
        assert await town.say(WANG, "帮助"), "who speaks is heard again"


@awaits
async def test_a_platform_that_fails_for_a_while_loses_no_answer(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up()
        await town.follow(WANG)
        faults = town.api.faults["/cgi-bin/message/custom/send"]
        faults += [Fault(status=502), Fault(-1), Fault(page=True)]
        await town.say(WANG, "帮助")
        for _ in range(4):
            await town.later(seconds=61)
        shown = "".join(town.api.shows(openid(WANG)))
        assert shown.count("您在这里可以") == 1
        assert not faults


@pytest.mark.parametrize("kind", ["template", "subscribe"])
@awaits
async def test_after_two_days_one_knock_and_all_that_waited(tmp_path: Path, kind: str) -> None:
    async with official_town(tmp_path, told={"template_id": "T1", "template_kind": kind}) as town:
        await town.set_up(**STAFF)
        await town.follow(WANG)
        await town.say(WANG, "上报水头村村口路灯坏了")
        await town.later(hours=49)
        town.new(WANG)
        await town.say(WORKER, "接单 报1")
        await town.say(WORKER, "办结 报1 已换灯泡")
        assert town.seen(WANG) == [Seen(kind, "您的反映有新进展，请回复 进度")]
        shown = "\n".join(await town.say(WANG, "进度"))
        assert "报1 已有人接单" in shown
        assert "已换灯泡" in shown
        assert "报1：" in shown, "and the answer to 进度 itself"


@awaits
async def test_without_a_template_what_waited_comes_when_they_write(tmp_path: Path) -> None:
    async with official_town(tmp_path) as town:
        await town.set_up(**STAFF)
        await town.press(WANG, "帮助")
        await town.say(WANG, "上报水头村村口路灯坏了")
        await town.later(hours=49)
        town.new(WANG)
        await town.say(WORKER, "接单 报1")
        assert town.new(WANG) == []
        assert any("报1 已有人接单" in line for line in await town.press(WANG, "进度"))
