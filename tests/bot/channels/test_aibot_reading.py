"""What the AI bot's callbacks say, whole and mangled."""

import json
import os
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.buttons import Buttons
from bot.channels.wecom_aibot.reading import GROUP, NotReadable, Reader, target
from handlers.dialogue.message import Incoming
from tests.support.stage import KEYS
from tests.support.telegram_api import awaits
from tests.support.wechat.aibot_bodies import EVENT, IN_GROUP, mangled
from tests.support.wechat.aibot_people import NAME, at_work

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
MUTATIONS = 20 * int(os.environ.get("FUZZ_FRAMES", "500"))


def reader(*names: str) -> Reader:
    """A reader of a bot with these names that said one thing."""
    said = {"wrTeam|我说过": "id-7"}
    return Reader(
        "wecom_aibot",
        names or (NAME,),
        Buttons(KEYS, "wecom_aibot"),
        lambda chat, words: said.get(f"{chat.removeprefix(GROUP)}|{words}", ""),
        lambda: NOW,
    )


DEEP: dict[str, Any] = {"msgtype": "text", "text": {"content": "x"}}
for _ in range(2000):
    DEEP = {"msgtype": "mixed", "mixed": {"msg_item": [DEEP]}}


def read(**more: Any) -> Incoming | None:  # noqa: ANN401 - JSON
    """What a message in the group says with these fields; one that is None is left out."""
    body = {name: value for name, value in {**IN_GROUP, **more}.items() if value is not None}
    return reader().read(body)


def private(kind: str, content: dict[str, Any]) -> Incoming | None:
    """What a private message of another kind says."""
    return read(**{"chatid": None, "chattype": "single", "text": None, "msgtype": kind, kind: content})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"@{NAME} 帮助", "帮助"),
        (f"@{NAME}\u2005帮助", "帮助"),
        (f"  @{NAME}帮助", "帮助"),
        (f"@{NAME}", ""),
        ("@网格二号 帮助", "帮助"),
        ("@网格二号\u2005帮助 @王五", "帮助 @王五"),
        ("@网格二号", ""),
        ("帮助", "帮助"),
        ("请看 @王五 说的", "请看 @王五 说的"),
        (f"@{NAME} @王五 接单", "@王五 接单"),
        ("@" + "长" * 40 + " 帮助", "@" + "长" * 40 + " 帮助"),
        (f"@{NAME} 报\x00告\x0b\n第二行\t完", "报告\n第二行\t完"),
    ],
)
def test_the_mention_it_begins_with_is_taken_off(said: str, meant: str) -> None:
    heard = read(text={"content": said})
    assert heard is not None
    assert (heard.text, heard.mentioned, heard.private) == (meant, True, False)


def test_privately_nothing_is_taken_off() -> None:
    heard = private("text", {"content": "@王五 打人了"})
    assert heard is not None
    assert (heard.text, heard.mentioned, heard.private, heard.chat) == ("@王五 打人了", False, True, "zhang")


def test_who_where_and_when() -> None:
    heard = read()
    assert heard is not None
    assert (heard.account, heard.key, heard.chat) == ("wecom_aibot", IN_GROUP["msgid"], "group:wrTeam")
    assert (heard.sender, heard.sender_name, heard.message_id) == ("zhang", "", IN_GROUP["msgid"])
    assert heard.at == datetime.fromtimestamp(1_795_000_000, UTC)
    undated = read(create_time=None)
    assert undated is not None
    assert undated.at == NOW
    assert target("group:wrTeam") == {"chatid": "wrTeam", "chat_type": 2}
    assert target("zhang") == {"chatid": "zhang", "chat_type": 1}


def test_pictures_among_words() -> None:
    items = [
        {"msgtype": "text", "text": {"content": f"@{NAME} 隐患"}},
        {"msgtype": "image", "image": {"url": "https://x/1", "aeskey": "K"}},
        {"msgtype": "text", "text": {"content": "路灯坏了"}},
        {"msgtype": "image", "image": {"url": "https://x/2", "aeskey": "L"}},
    ]
    heard = read(msgtype="mixed", text=None, mixed={"msg_item": items})
    assert heard is not None
    assert heard.text == "隐患\n路灯坏了"
    assert [json.loads(one.ref)["url"] for one in heard.media] == ["https://x/1", "https://x/2"]
    assert {one.kind for one in heard.media} == {"photo"}


def test_a_voice_is_the_words_it_was_understood_as() -> None:
    heard = private("voice", {"content": "路灯坏了"})
    assert heard is not None
    assert (heard.text, heard.media) == ("路灯坏了", ())
    assert private("voice", {"content": ""}) is None


@pytest.mark.parametrize(("kind", "ours"), [("image", "photo"), ("video", "video"), ("file", "file")])
def test_media_are_kept_as_address_and_key(kind: str, ours: str) -> None:
    heard = private(kind, {"url": "https://x/1", "aeskey": "K"})
    assert heard is not None
    (medium,) = heard.media
    assert (medium.kind, json.loads(medium.ref)) == (ours, {"url": "https://x/1", "aeskey": "K"})


def test_kinds_nobody_knows_yet_say_nothing() -> None:
    assert private("location", {"x": 1}) is None
    assert reader().read({**EVENT, "event": {"eventtype": "feedback_event"}}) is None
    assert reader().read({**EVENT, "event": {"eventtype": "something_new"}}) is None


def test_a_quotation_of_the_bot_and_of_others() -> None:
    for words, ours, number in (("我说过", True, "id-7"), ("别人说过", False, "")):
        heard = read(quote={"msgtype": "text", "text": {"content": words}})
        assert heard is not None
        assert heard.reply_to is not None
        assert (heard.reply_to.from_bot, heard.reply_to.message_id, heard.reply_to.text) == (ours, number, words)
    silent = read(quote={"msgtype": "image", "image": {"url": "https://x/1"}})
    assert silent is not None
    assert silent.reply_to is None


def test_names_too_long_to_be_kept_are_replaced_by_others_as_unique() -> None:
    heard, other = read(msgid="m" * 100), read(msgid="m" * 99 + "n")
    assert heard is not None
    assert other is not None
    assert len(heard.message_id) <= 64
    assert heard.message_id != other.message_id
    press = reader().read({**EVENT, "msgid": "e" * 100}, "r" * 250)
    assert press is not None
    assert (len(press.message_id) <= 64, len(press.callback) <= 160, len(press.key) <= 160) == (True, True, True)
    with pytest.raises(NotReadable):
        read(chatid="w" * 200)


def test_an_event_without_a_name_is_known_by_what_who_and_when() -> None:
    body = {**EVENT, "event": {"eventtype": "enter_chat"}}
    del body["msgid"]
    heard = reader().read(body)
    assert heard is not None
    assert (heard.kind, heard.key) == ("opened", "enter_chat:zhang:1795000000")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"msgtype": "text"},
        {**IN_GROUP, "from": None},
        {**IN_GROUP, "from": {"userid": 7}},
        {**IN_GROUP, "chatid": None},
        {**IN_GROUP, "chatid": "a\nb"},
        {**IN_GROUP, "msgid": ["m"]},
        {**IN_GROUP, "text": "帮助"},
        {**IN_GROUP, "text": {"content": 7}},
        {**IN_GROUP, "msgtype": "mixed", "mixed": {"msg_item": 7}},
        {**IN_GROUP, "create_time": 10**30},
        {**IN_GROUP, "msgtype": "mixed", "mixed": {"msg_item": [DEEP]}},
        {**EVENT, "event": None},
        {**EVENT, "event": {"eventtype": "template_card_event", "task_id": 7}},
    ],
)
def test_what_is_no_callback_can_not_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(NotReadable):
        reader().read(body)


def test_mangled_callbacks_are_read_or_refused_and_nothing_else() -> None:
    dice, one, read_well = random.Random(20261122), reader(), 0
    mixed = {**IN_GROUP, "msgtype": "mixed", "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": "x"}}]}}
    quoting = {**IN_GROUP, "quote": {"msgtype": "mixed", "mixed": mixed["mixed"]}}
    for number in range(MUTATIONS):
        body = mangled((IN_GROUP, EVENT, mixed, quoting)[number % 4], dice)
        try:
            heard = one.read(body, "callback")
        except NotReadable:
            continue
        if heard is not None:
            read_well += 1
            assert Incoming.from_bytes(heard.to_bytes()) == heard
            assert len(heard.chat) <= 128
            assert len(heard.key) <= 160
            assert "\x00" not in heard.text
    assert MUTATIONS // 10 < read_well < MUTATIONS


@awaits
async def test_mangled_frames_end_no_connection() -> None:
    dice = random.Random(20261122)
    async with at_work() as work:
        assert work.server.live is not None
        for number in range(2000):
            frame = {"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": (IN_GROUP, EVENT)[number % 2]}
            raw = bytearray(json.dumps(mangled(frame, dice), ensure_ascii=True).encode())
            if dice.random() < 0.3:
                raw[dice.randrange(len(raw))] = dice.randrange(256)
            await work.server.live.send(raw.decode("utf-8", "replace"))
        await work.hears("zhang", "还在", msgid="the-last-one")
        assert work.bot.listening == "socket"
        assert work.server.subscriptions == 1
