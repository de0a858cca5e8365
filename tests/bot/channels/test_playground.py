"""The playground as a platform: what the bot does is seen, what people do reaches the bot like on any other."""

import asyncio
import struct
import zlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import pytest

from bot.channels.playground import Playground
from bot.web.hub import BEHIND, KEPT, Denied, PlaygroundHub
from bot.web.roster import PlayPerson, read_roster
from bot.web.shelf import NoPicture, Shelf, picture_type
from handlers.dialogue.message import Incoming, OutButton, Outgoing, PlayCall, RealCall
from jobs.channel import ChatGone, Impossible, Medium
from storage.copies import CopyKind
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT, START

GROUP = "大侯村居民群"


@pytest.fixture
def hub() -> PlaygroundHub:
    return PlaygroundHub(read_roster(ROOT / "samples"), lambda: START)


@pytest.fixture
def channel(hub: PlaygroundHub) -> Playground:
    return Playground(hub)


@pytest.fixture
def heard(hub: PlaygroundHub) -> list[Incoming]:
    got: list[Incoming] = []

    async def accept(incoming: Incoming) -> None:
        got.append(incoming)

    hub.accept = accept
    return got


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
    return asyncio.run(coroutine)


def somebody(hub: PlaygroundHub, name: str) -> PlayPerson:
    return next(person for person in hub.roster.people if person.name == name)


def call(
    text: str, *buttons: OutButton, chat: str = GROUP, reply_to: str = "", media: tuple[int, ...] = ()
) -> PlayCall:
    return PlayCall(chat, "", Outgoing(text, (buttons,) if buttons else (), media), reply_to)


def events(hub: PlaygroundHub, name: str, do: Callable[[], None]) -> list[tuple[str, dict[str, Any]]]:
    """What a page of this person is told because of something."""

    async def watch() -> list[tuple[str, dict[str, Any]]]:
        stream = hub.open(somebody(hub, name))
        stream.waiting.get_nowait()
        do()
        got = []
        while not stream.waiting.empty():
            event = stream.waiting.get_nowait()
            if event is not None:
                got.append(event)
        hub.leave(stream)
        return got

    return run(watch())  # type: ignore[no-any-return]


def test_what_the_bot_says_is_seen_by_everybody_in_the_group(hub: PlaygroundHub, channel: Playground) -> None:
    seen = events(hub, "居民甲", lambda: run_inside(channel.send(call("收到", OutButton("接单", "接单 隐1")), ())))
    (what, data) = seen[0]
    assert what == "message"
    assert data["message"]["text"] == "收到"
    assert data["message"]["buttons"] == [[{"label": "接单", "opens": False}]]
    assert "接单 隐1" not in str(data)


def run_inside(coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


def test_private_talk_is_seen_by_its_owner_only_and_others_learn_that_there_is_some(
    hub: PlaygroundHub, channel: Playground
) -> None:
    def speak() -> None:
        run_inside(channel.send(call("只给您", chat="居民甲"), ()))

    assert [what for what, _ in events(hub, "居民甲", speak)] == ["message", "nudge"]
    seen = events(hub, "居民乙", speak)
    assert [what for what, _ in seen] == ["nudge"]
    assert "只给您" not in str(seen)


def test_an_edit_changes_the_message_and_drops_the_picture_it_no_longer_has(
    hub: PlaygroundHub, channel: Playground
) -> None:
    photo = Medium(1, "photo", "image/jpeg", photo_bytes())
    sent = run(channel.send(call("找人", media=(1,)), (photo,)))
    ((message_id, kind),) = sent.parts
    assert kind is CopyKind.PHOTO
    message = hub.room(GROUP).find(message_id)  # type: ignore[union-attr]
    assert message is not None
    ((_, name),) = message.media
    run(channel.edit(call("还在找", media=(1,)), message_id, kind))
    assert message.text == "还在找"
    assert hub.shelf.get(name) is not None
    run(channel.edit(call("已结束"), message_id, kind))
    assert (message.text, message.edited, message.media) == ("已结束", True, [])
    assert hub.shelf.get(name) is None
    run(channel.edit(call("又在找", media=(1,)), message_id, kind, (photo,)))
    ((shown, again),) = message.media
    assert shown == "photo"
    assert hub.shelf.get(again) is not None


def test_a_take_down_forgets_the_words_also_where_they_were_quoted(hub: PlaygroundHub, channel: Playground) -> None:
    sent = run(channel.send(call("寻找张三"), ()))
    message_id = sent.parts[0][0]
    run(channel.send(call("有人看见吗", reply_to=message_id), ()))

    seen = events(hub, "居民甲", lambda: run_inside(channel.delete(GROUP, message_id)))
    assert [what for what, _ in seen] == ["change", "change"]
    assert seen[0][1]["message"]["gone"] is True
    assert seen[1][1]["message"]["quote"]["gone"] is True
    assert "张三" not in str(seen)
    assert events(hub, "居民甲", lambda: run_inside(channel.delete(GROUP, message_id))) == []


def test_what_is_no_longer_in_memory_cannot_be_edited(hub: PlaygroundHub, channel: Playground) -> None:
    with pytest.raises(Impossible):
        run(channel.edit(call("新"), "gone-1", CopyKind.TEXT))
    with pytest.raises(ChatGone):
        run(channel.send(call("x", chat="没有的群"), ()))


def test_a_real_worlds_call_is_never_shown(channel: Playground) -> None:
    with pytest.raises(TypeError):
        run(channel.send(RealCall(GROUP, "", Outgoing("真的")), ()))


def test_a_message_reaches_the_bot_with_its_reply_picture_and_place(
    hub: PlaygroundHub, channel: Playground, heard: list[Incoming]
) -> None:
    person = somebody(hub, "居民甲")
    room = hub.room(GROUP)
    assert room is not None
    bots = run(channel.send(call("收到 隐1"), ())).parts[0][0]
    blob = photo_bytes()
    name = hub.shelf.put(blob, "image/jpeg")
    said = run(hub.say(person, room, "@网格助手 这里", photo=name, place=(37.0, 112.0, "村口"), answers=bots))
    (incoming,) = heard
    assert (incoming.chat, incoming.private, incoming.sender, incoming.kind) == (GROUP, False, "居民甲", "message")
    assert incoming.mentioned
    assert incoming.message_id == said.id
    assert incoming.location == (37.0, 112.0)
    assert incoming.reply_to is not None
    assert (incoming.reply_to.message_id, incoming.reply_to.from_bot, incoming.reply_to.text) == (
        bots,
        True,
        "收到 隐1",
    )
    assert run(channel.fetch(incoming.media[0].ref, 10**6)) == blob
    with pytest.raises(Impossible):
        run(channel.fetch(incoming.media[0].ref, 10))


def test_an_edit_keeps_the_message_id_and_has_a_key_of_its_own(hub: PlaygroundHub, heard: list[Incoming]) -> None:
    person, room = somebody(hub, "居民甲"), hub.room(GROUP)
    assert room is not None
    said = run(hub.say(person, room, "上报 路灯"))
    run(hub.rewrite(person, room, said.id, "上报 路灯坏了"))
    first, second = heard
    assert (second.kind, second.message_id, second.text) == ("edited", first.message_id, "上报 路灯坏了")
    assert first.key != second.key
    with pytest.raises(Denied, match="not_yours"):
        run(hub.rewrite(somebody(hub, "居民乙"), room, said.id, "别人的"))
    with pytest.raises(Denied, match="empty"):
        run(hub.rewrite(person, room, said.id, " \n"))
    hub.take_down(room, said)
    with pytest.raises(Denied, match="no_message"):
        run(hub.rewrite(person, room, said.id, "还在吗"))


def test_a_press_says_the_buttons_command_with_what_was_said_before(
    hub: PlaygroundHub, channel: Playground, heard: list[Incoming]
) -> None:
    person, room = somebody(hub, "居民甲"), hub.room(GROUP)
    assert room is not None
    said = run(hub.say(person, room, "我妈不见了快帮帮我"))
    asked = run(channel.send(call("要报给网格员吗？", OutButton("是", "是 1"), reply_to=said.id), ())).parts[0][0]
    assert run(hub.press(person, room, asked, 0, 0)) is False
    pressed = heard[-1]
    assert (pressed.kind, pressed.text) == ("button", "是 1")
    assert pressed.reply_to is not None
    assert (pressed.reply_to.message_id, pressed.reply_to.from_bot) == (asked, True)
    assert (pressed.reply_to.text, pressed.reply_to.sender_id) == ("我妈不见了快帮帮我", "居民甲")

    def answer() -> None:
        run_inside(channel.answer(pressed.callback, "已报"))

    assert events(hub, "居民甲", answer) == [("toast", {"text": "已报"})]
    assert events(hub, "居民甲", answer) == []
    with pytest.raises(Denied, match="old_button"):
        run(hub.press(person, room, asked, 0, 5))


def test_presses_nobody_answered_are_forgotten(
    hub: PlaygroundHub, channel: Playground, heard: list[Incoming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.hub.CALLBACKS", 1)
    person, room = somebody(hub, "居民甲"), hub.room(GROUP)
    assert room is not None
    shown = run(channel.send(call("请点", OutButton("好", "好")), ())).parts[0][0]
    for _ in range(2):
        run(hub.press(person, room, shown, 0, 0))
    first, second = heard
    assert events(hub, "居民甲", lambda: run_inside(channel.answer(first.callback, "一"))) == []
    assert events(hub, "居民甲", lambda: run_inside(channel.answer(second.callback, "二"))) == [
        ("toast", {"text": "二"})
    ]


def test_a_closed_channel_lets_the_pages_go(hub: PlaygroundHub, channel: Playground) -> None:
    async def page() -> None:
        stream = hub.open(somebody(hub, "居民甲"))
        stream.waiting.get_nowait()
        await channel.close()
        assert stream.waiting.get_nowait() is None

    run(page())


def test_a_link_opens_the_private_talk(hub: PlaygroundHub, channel: Playground, heard: list[Incoming]) -> None:
    person, room = somebody(hub, "居民甲"), hub.room(GROUP)
    assert room is not None
    shown = run(channel.send(call("已收到", OutButton("私聊查看", token="t0ken")), ())).parts[0][0]
    assert run(hub.press(person, room, shown, 0, 0)) is True
    assert (heard[0].kind, heard[0].private, heard[0].chat, heard[0].text) == ("opened", True, "居民甲", "t0ken")


def test_nobody_speaks_where_they_are_not(hub: PlaygroundHub) -> None:
    officers = next(group.id for group in hub.roster.groups if group.name == "派出所警务群")
    with pytest.raises(Denied, match="not_member"):
        hub.room_for(somebody(hub, "居民甲"), officers)
    with pytest.raises(Denied, match="no_chat"):
        hub.room_for(somebody(hub, "居民甲"), "g999")


def test_without_a_listening_bot_people_hear_that_it_is_not_ready(hub: PlaygroundHub, channel: Playground) -> None:
    person, room = somebody(hub, "居民甲"), hub.room(GROUP)
    assert room is not None
    with pytest.raises(Denied, match="not_ready"):
        run(hub.say(person, room, "你好"))

    async def listening() -> None:
        async def accept(incoming: Incoming) -> None:
            return

        task = asyncio.create_task(channel.listen(accept))
        await asyncio.sleep(0)
        assert hub.accept is accept
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert hub.accept is None

    run(listening())


def test_memory_is_bounded(hub: PlaygroundHub) -> None:
    room = hub.room(GROUP)
    assert room is not None
    for number in range(KEPT + 5):
        hub.post(room, None, str(number))
    assert len(room.messages) == KEPT

    async def slow_page() -> None:
        stream = hub.open(somebody(hub, "居民甲"))
        for _ in range(BEHIND + 5):
            hub.post(room, None, "很多")
        first = await stream.waiting.get()
        assert first is None

    run(slow_page())
    shelf = Shelf(most=100)
    old = shelf.put(b"x" * 60, "image/png")
    new = shelf.put(b"y" * 60, "text/html")
    assert shelf.get(old) is None
    assert shelf.get(new) == (b"y" * 60, "application/octet-stream")


def test_start_over_clears_every_chat(hub: PlaygroundHub) -> None:
    room = hub.room(GROUP)
    assert room is not None
    hub.post(room, None, "旧的")
    seen = events(hub, "居民甲", hub.start_over)
    assert [what for what, _ in seen] == ["snapshot"]
    assert all(not messages for messages in seen[0][1]["chats"].values())


def test_only_real_pictures_are_pictures() -> None:
    assert picture_type(photo_bytes()) == "image/jpeg"
    for blob in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0 nonsense", b"%PDF-1.4"):
        with pytest.raises(NoPicture):
            picture_type(blob)


def test_a_picture_of_absurd_size_is_refused_unopened() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(NoPicture):
        picture_type(bomb)


def test_a_message_carries_the_worlds_time() -> None:
    later = datetime.fromisoformat("2026-12-01T08:00:00+08:00")
    hub = PlaygroundHub(read_roster(ROOT / "samples"), lambda: later)
    room = hub.room(GROUP)
    assert room is not None
    assert hub.post(room, None, "早").at == later


def test_a_file_is_shown_by_its_name_until_it_goes(hub: PlaygroundHub, channel: Playground) -> None:
    sheet = Medium(1, "file", "application/zip", b"sheet", name="发送情况-反4.xlsx")
    message_id = run(channel.send(call("反4 发送情况", media=(1,)), (sheet,))).parts[0][0]
    room = hub.room(GROUP)
    assert room is not None
    (_, name) = room.messages[-1].media[0]
    assert hub.shelf.title(name) == "发送情况-反4.xlsx"
    assert hub.shelf.get(name) == (b"sheet", "application/octet-stream")
    run(channel.delete(GROUP, message_id))
    assert hub.shelf.title(name) == ""


def test_a_shelfs_titles_give_way_with_what_they_name() -> None:
    shelf = Shelf(most=10)
    old = shelf.put(b"x" * 8, "", "a.xlsx")
    shelf.put(b"x" * 8, "", "b.xlsx")
    assert shelf.title(old) == ""
    shelf.clear()
    assert shelf.title(old) == ""
