"""What became of tasks is read back, groups are found and renamed, page after page and after every failure."""

import asyncio
from dataclasses import replace

import pytest

from bot.channels import customer_group
from bot.settings import Settings
from handlers.dialogue.message import Incoming
from jobs.channel import Unsure
from storage.sealing import MasterKey
from tests.support.telegram_api import awaits
from tests.support.wechat.customer_api import CustomerApi, Group
from tests.support.wechat.customer_people import MARKET, VILLAGE, corp, section, town, village
from tests.support.wechat.serving import Fault


def results(heard: list[Incoming]) -> list[tuple[str, str, str]]:
    """The tasks whose end was told: chat, task, end."""
    return [(one.chat, one.message_id, one.text) for one in heard if one.kind == "forwarded"]


@awaits
async def test_groups_are_met_once_and_again_under_a_new_name() -> None:
    async with town() as place:
        first = await place.listen(3)
        place.api.groups[VILLAGE].name = "大侯村一组"
        again = await place.listen(16)
    assert [(one.kind, one.chat, one.chat_title, one.private, one.sender) for one in first] == [
        ("met", VILLAGE, "大侯村居民群", False, ""),
        ("met", MARKET, "集市商户群", False, ""),
    ]
    assert [(one.chat, one.chat_title) for one in again] == [(VILLAGE, "大侯村一组")]
    assert len({one.key for one in [*first, *again]}) == 3
    assert place.rests[0] == 120.0


@awaits
async def test_every_page_is_read_and_a_cursor_in_a_circle_ends() -> None:
    api = CustomerApi({f"wr{number}": Group(f"群{number}", "zhangsan") for number in range(7)}, page=2)
    async with town(api) as place:
        assert len(await place.listen()) == 7
        for number in range(5):
            await place.ask(f"通知{number}", f"wr{number}")
            api.confirm("zhangsan")
        assert len(results(await place.listen(2))) == 5
    many = CustomerApi({f"wr{number}": Group("群", f"member{number}") for number in range(101)})
    async with town(many, senders=tuple(f"member{number}" for number in range(101))) as place:
        assert len(await place.listen()) == 101
        assert [len(one["owner_filter"]["userid_list"]) for one in many.made("groupchat/list")] == [100, 1]


@awaits
async def test_a_confirmed_task_is_told_once_with_a_key_of_its_own() -> None:
    async with town() as place:
        await place.listen()
        first, second = await place.ask("停水"), await place.ask("停电", MARKET)
        assert results(await place.listen()) == []
        place.api.confirm("zhangsan")
        heard = await place.listen(2)
        assert results(heard) == [(VILLAGE, first, "done")]
        assert heard[0].key == f"task:{first}:{VILLAGE}:done"
        assert len(heard[0].key) <= 160
        place.api.confirm("lisi")
        assert results(await place.listen(3)) == [(MARKET, second, "done")]


@awaits
async def test_a_new_process_finds_the_tasks_of_the_one_before() -> None:
    api = village()
    async with town(api) as before:
        task_id = await before.ask()
    api.confirm("zhangsan")
    async with town(api) as after:
        after.hands.move(hours=1)
        heard = results(await after.listen())
        assert heard == [(VILLAGE, task_id, "done")]
        after.hands.move(days=4)
        await after.listen()
        asked = len(api.made("get_groupmsg_task"))
        await after.listen(3)
        assert len(api.made("get_groupmsg_task")) == asked


@awaits
async def test_old_tasks_are_looked_at_less_often_and_a_reminder_brings_one_back() -> None:
    async with town() as place:
        task_id = await place.ask()
        await place.listen(10)
        often = len(place.api.made("get_groupmsg_task"))
        place.hands.move(hours=20)
        await place.listen(10)
        seldom = len(place.api.made("get_groupmsg_task")) - often
        assert often >= 8
        assert seldom == 1
        await place.made.nudge(VILLAGE, task_id)
        await place.listen()
        assert len(place.api.made("get_groupmsg_task")) == often + seldom + 1


@awaits
async def test_nothing_comes_of_a_stopped_task() -> None:
    async with town() as place:
        task_id = await place.ask()
        await place.made.delete(VILLAGE, task_id)
        asked = len(place.api.made("get_groupmsg_task"))
        assert results(await place.listen(5)) == []
        assert len(place.api.made("get_groupmsg_task")) == asked


@awaits
async def test_failures_rest_it_longer_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    async with town() as place:
        place.api.fails("groupchat/list", *[Fault(status=502)] * 3)
        heard = await place.listen(7)
        assert (heard, len(place.api.made("groupchat/list"))) == ([], 3)
        assert [one.chat for one in await place.listen()] == [VILLAGE, MARKET]
        task_id = await place.ask()
        place.api.confirm("zhangsan")
        place.api.fails("get_groupmsg_send_result", Fault(page=b"<html>"), Fault(status=503))
        asked = len(place.api.made("get_groupmsg_send_result"))
        assert results(await place.listen(6)) == []
        assert place.made.listening == ""
        assert results(await place.listen(2)) == [(VILLAGE, task_id, "done")]
        assert len(place.api.made("get_groupmsg_send_result")) == asked + 3
        assert place.made.listening == "polling"
    assert caplog.text.count("customer groups are not read") == 5
    assert "canary" not in caplog.text


@awaits
async def test_what_could_not_be_kept_is_told_again_under_the_same_key() -> None:
    async with town() as place:
        await place.ask()
        place.api.confirm("zhangsan")
        keys: list[str] = []

        async def accept(incoming: Incoming) -> None:
            keys.append(incoming.key)
            if len(keys) in (1, 4):
                raise RuntimeError("the database is down")
            place.heard.append(incoming)

        object.__setattr__(place, "accept", accept)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await place.listen(2)
        await place.listen(2)
    assert keys[0] == keys[1]
    assert keys[3] == keys[4]
    assert len(results(place.heard)) == 1


@awaits
async def test_odd_answers_break_nothing() -> None:
    pages = (
        b'{"errcode":0,"group_chat_list":[null,{"chat_id":7},{}],"next_cursor":5}',
        b'{"errcode":0,"group_chat_list":{"chat_id":"x"}}',
        b'{"errcode":0}',
    )
    async with town() as place:
        place.api.fails("groupchat/list", *(Fault(page=page) for page in pages))
        place.api.fails(
            "get_groupmsg_list_v2",
            Fault(page=b'{"errcode":0,"group_msg_list":[{"msgid":1},{"msgid":"m","create_time":99999999999999}]}'),
            Fault(40058),
        )
        place.api.fails("get_groupmsg_task", Fault(page=b'{"errcode":0,"task_list":[{"status":2}]}'))
        place.api.fails(
            "get_groupmsg_send_result",
            Fault(page=b'{"errcode":0,"send_list":[{"status":1},{"chat_id":"c","status":9},{"chat_id":5,"status":1}]}'),
        )
        assert await place.listen(2) == []
        place.api.fails(
            "add_msg_template", Fault(page=b'{"errcode":0,"msgid":7}'), Fault(page=b'{"errcode":0,"fail_list":[]}')
        )
        for _ in range(2):
            with pytest.raises(Unsure):
                await place.ask()


@awaits
async def test_the_check_explains_secret_address_and_range() -> None:
    api = village()
    async with api.corp.running() as url:
        told = Settings().model_copy(update={"wecom": corp(url), "customer_group": section()})

        async def look(settings: Settings, *faults: tuple[str, Fault]) -> str:
            for path, fault in faults:
                api.fails(path, fault)
            (found,) = await asyncio.to_thread(lambda: list(customer_group.examine(settings)))
            assert "canary" not in found.line
            return found.line

        assert (await look(told)).startswith("✓ 客户群 customer groups 3 个")
        assert "企业可信IP" in await look(told, ("gettoken", Fault(60020)))
        assert "企业可信IP" in await look(told, ("groupchat/list", Fault(60020)))
        assert "Secret" in await look(told, ("gettoken", Fault(40001)))
        assert "可调用接口的应用" in await look(told, ("groupchat/list", Fault(48002)))
        assert "网络" in await look(told, ("groupchat/list", Fault(status=502)))
        nobody = told.model_copy(update={"customer_group": section(senders=("zhaoliu",))})
        assert "使用范围" in await look(nobody)
        without = told.model_copy(update={"wecom": Settings().wecom})
        assert "corp_id" in await look(without)
        assert api.tasks == {}


def test_the_settings_make_it_or_not() -> None:
    keys = MasterKey(bytes(32))
    assert customer_group.make(Settings(), keys) is None
    told = Settings().model_copy(update={"wecom": corp("http://127.0.0.1:9"), "customer_group": section()})
    made = customer_group.make(told, keys)
    assert made is not None
    assert made.account == "customer_group"
    assert made.hears_alone
    asyncio.run(made.close())
    assert replace(made.can, by_hand=False) != made.can


@awaits
async def test_a_group_that_goes_while_it_is_read_is_passed_over_and_an_unknown_task_is_let_go() -> None:
    async with town() as place:
        place.api.fails("groupchat/get", Fault(49008))
        assert [one.chat for one in await place.listen()] == [MARKET]
        await place.ask()
        place.api.confirm("zhangsan")
        place.api.fails("get_groupmsg_task", Fault(40058))
        asked = len(place.api.made("get_groupmsg_task"))
        assert results(await place.listen(4)) == []
        assert len(place.api.made("get_groupmsg_task")) == asked + 1
