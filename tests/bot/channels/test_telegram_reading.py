"""What the channel makes of everything Telegram can tell it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Update

from bot.channels.buttons import Buttons
from bot.channels.telegram.reading import Me, Reader
from handlers.dialogue.address import split
from handlers.dialogue.message import Incoming, MediaRef, Quoted
from tests.support.stage import KEYS
from tests.support.telegram_api import BOT, DATE, TOKEN
from tests.support.telegram_people import GROUP, PRIVATE, WANG, Json, entity, member, message, press

NAME = BOT["username"]
NOW = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)
SIGNED = Buttons(KEYS, "telegram")
READER = Reader("telegram", Bot(TOKEN), Me(4242, NAME, "网格小助手", False), SIGNED, lambda: NOW)
FILE = {"file_id": "f1", "file_unique_id": "u1", "file_size": 900}


def read(**update: Any) -> Incoming | None:  # noqa: ANN401 - any update
    return READER.read({"update_id": 9, **update})


def heard(body: Json, kind: str = "message") -> Incoming:
    found = read(**{kind: body})
    assert isinstance(found, Incoming)
    return found


def test_a_plain_message_in_a_group() -> None:
    said = heard(message("路灯坏了"))
    assert said == Incoming(
        account="telegram",
        key=f"9:{DATE}",
        kind="message",
        chat="-1001",
        private=False,
        sender="7",
        sender_name="王 大妈",
        at=datetime.fromtimestamp(DATE, UTC),
        text="路灯坏了",
        message_id="55",
        chat_title="大侯村居民群",
    )
    assert Incoming.from_bytes(said.to_bytes()) == said


def test_a_private_message_and_an_edited_one() -> None:
    assert heard(message("你好", chat=PRIVATE)).private
    edited = heard(message("你好", chat=PRIVATE, edit_date=DATE + 5), "edited_message")
    assert (edited.kind, edited.message_id) == ("edited", "55")


@pytest.mark.parametrize(
    ("text", "token"),
    [("/start", ""), ("/start AbC_-9", "AbC_-9"), (f"/start@{NAME} x", "x"), ("/start  \n", "")],
)
def test_a_start_link_opens_the_private_talk(text: str, token: str) -> None:
    opened = heard(message(text, chat=PRIVATE))
    assert (opened.kind, opened.text) == ("opened", token)


def test_more_words_after_start_or_a_group_are_ordinary_words() -> None:
    assert heard(message("/start 一 二", chat=PRIVATE)).kind == "message"
    assert heard(message("/start x")).kind == "message"


@pytest.mark.parametrize(
    ("text", "part", "kind"),
    [
        (f"@{NAME} 上报 路灯坏了", f"@{NAME}", "mention"),
        (f"😀😀 上报 路灯 @{NAME.upper()}", f"@{NAME.upper()}", "mention"),
        (f"/report@{NAME} 路灯", f"/report@{NAME}", "bot_command"),
    ],
)
def test_the_bot_is_named(text: str, part: str, kind: str) -> None:
    said = heard(message(text, entities=[entity(kind, text, part)]))
    assert said.mentioned
    assert said.text == text
    by_caption = heard(
        message(
            None, caption=text, photo=[FILE | {"width": 9, "height": 9}], caption_entities=[entity(kind, text, part)]
        )
    )
    assert by_caption.mentioned


def test_the_name_typed_can_be_taken_off() -> None:
    assert split(f"@{NAME} 上报 路灯", (NAME, "网格小助手"), True) == ("上报 路灯", True)


def test_named_without_a_user_name() -> None:
    text = "网格小助手 上报 路灯"
    said = heard(message(text, entities=[entity("text_mention", text, "网格小助手", user=BOT)]))
    assert (said.text, said.mentioned) == ("上报 路灯", True)
    other = heard(message(text, entities=[entity("text_mention", text, "网格小助手", user=WANG)]))
    assert (other.text, other.mentioned) == (text, False)


def test_somebody_else_is_named() -> None:
    text = "@someone_else 上报"
    assert not heard(message(text, entities=[entity("mention", text, "@someone_else")])).mentioned
    command = "/report@other_bot 路灯"
    assert read(message=message(command, entities=[entity("bot_command", command, "/report@other_bot")])) is None
    bare = "/report 路灯"
    assert not heard(message(bare, entities=[entity("bot_command", bare, "/report")])).mentioned


def test_answers_to_the_bot_and_to_people() -> None:
    to_bot = heard(message("看到了", reply_to_message=message("寻3", number=40, sender=BOT)))
    assert to_bot.reply_to == Quoted("40", True, "寻3", "")
    to_wang = heard(message("看到了", reply_to_message=message("帮我看看", number=41)))
    assert to_wang.reply_to == Quoted("41", False, "帮我看看", "7")


def test_topics() -> None:
    opening = message(None, number=33, forum_topic_created={"name": "报修", "icon_color": 0})
    said = heard(message("上报", message_thread_id=33, is_topic_message=True, reply_to_message=opening))
    assert (said.thread, said.reply_to) == ("33", None)
    assert heard(message("上报", message_thread_id=1, is_topic_message=True)).thread == ""
    assert heard(message("上报", message_thread_id=50)).thread == ""


@pytest.mark.parametrize(
    ("content", "ref"),
    [
        (
            {"photo": [FILE | {"width": 90, "height": 60}, FILE | {"file_id": "big", "width": 900, "height": 600}]},
            MediaRef("photo", "big", "image/jpeg", 900),
        ),
        ({"voice": FILE | {"duration": 7}}, MediaRef("voice", "f1", "audio/ogg", 900, 7)),
        (
            {"video": FILE | {"width": 9, "height": 9, "duration": 4, "mime_type": "video/webm"}},
            MediaRef("video", "f1", "video/webm", 900, 4),
        ),
        ({"video_note": FILE | {"length": 9, "duration": 4}}, MediaRef("video", "f1", "video/mp4", 900, 4)),
        (
            {"animation": FILE | {"width": 9, "height": 9, "duration": 2}, "document": FILE},
            MediaRef("video", "f1", "video/mp4", 900, 2),
        ),
        ({"document": FILE | {"mime_type": "image/png"}}, MediaRef("photo", "f1", "image/png", 900)),
        ({"document": FILE | {"mime_type": "application/pdf"}}, MediaRef("file", "f1", "application/pdf", 900)),
        ({"document": FILE}, MediaRef("file", "f1", "application/octet-stream", 900)),
        ({"audio": FILE | {"duration": 60}}, MediaRef("file", "f1", "audio/mpeg", 900, 60)),
    ],
)
def test_media(content: Json, ref: MediaRef) -> None:
    said = heard(message(None, caption="门口", media_group_id="a1", **content))
    assert (said.media, said.text, said.album) == ((ref,), "门口", "a1")


def test_places() -> None:
    place = {"latitude": 30.5, "longitude": 114.25}
    assert heard(message(None, location=place)).location == (30.5, 114.25)
    venue = {"location": place, "title": "村委会", "address": "一号"}
    assert heard(message(None, venue=venue, location=place)).location == (30.5, 114.25)
    assert read(edited_message=message(None, location=place | {"live_period": 60})) is None


STICKER = {"sticker": FILE | {"width": 9, "height": 9, "type": "regular", "is_animated": False, "is_video": False}}
CONTACT = {"contact": {"phone_number": "13800000000", "first_name": "李"}}


@pytest.mark.parametrize("content", [STICKER, CONTACT, {"dice": {"emoji": "🎲", "value": 3}}])
def test_what_says_nothing_is_silence_in_a_group_and_a_question_privately(content: Json) -> None:
    assert read(message=message(None, **content)) is None
    said = heard(message(None, chat=PRIVATE, **content))
    assert (said.text, said.media) == ("", ())
    assert b"138" not in said.to_bytes()


@pytest.mark.parametrize(
    "body",
    [
        message("上报", sender=BOT | {"id": 5, "username": "other_bot"}),
        message("上报", chat={"id": -100, "type": "channel", "title": "频道"}),
        message("上报", is_automatic_forward=True, sender_chat={"id": -100, "type": "channel", "title": "频道"}),
        message("上报", forward_origin={"type": "hidden_user", "sender_user_name": "李", "date": DATE}),
        message(None, new_chat_members=[WANG]),
        message(None, chat=PRIVATE, pinned_message=message("x", chat=PRIVATE)),
    ],
)
def test_none_of_the_bots_business(body: Json) -> None:
    assert read(message=body) is None


def test_a_forwarded_message_is_heard_privately() -> None:
    origin = {"type": "hidden_user", "sender_user_name": "李", "date": DATE}
    assert heard(message("上报", chat=PRIVATE, forward_origin=origin)).text == "上报"


def test_who_writes_as_a_chat_is_nobody_in_particular() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    said = heard(message("上报 路灯", sender_chat=GROUP, sender=anonymous))
    assert (said.sender, said.sender_name) == ("as:-1001", "大侯村居民群")


def test_migration_is_told_by_both_messages_under_the_old_id() -> None:
    old, new = {"id": -5, "type": "group", "title": "群"}, {"id": -1005, "type": "supergroup", "title": "群"}
    for body in (message(None, chat=old, migrate_to_chat_id=-1005), message(None, chat=new, migrate_from_chat_id=-5)):
        moved = heard(body)
        assert (moved.kind, moved.chat, moved.text, moved.sender) == ("migrated", "-5", "-1005", "7")


@pytest.mark.parametrize(
    ("before", "after", "more", "kind"),
    [
        ("left", "member", {}, "joined"),
        ("kicked", "administrator", {}, "joined"),
        ("left", "restricted", {"can_send_messages": True}, "joined"),
        ("member", "kicked", {}, "left"),
        ("administrator", "left", {}, "left"),
        ("member", "restricted", {"is_member": False}, "left"),
        ("member", "restricted", {}, "muted"),
        ("restricted", "member", {}, "unmuted"),
        ("restricted", "restricted", {"can_send_messages": True}, "unmuted"),
    ],
)
def test_the_bots_standing(before: str, after: str, more: Json, kind: str) -> None:
    happened = heard(member(before, after, **more), "my_chat_member")
    assert (happened.kind, happened.chat, happened.chat_title) == (kind, "-1001", "大侯村居民群")


def test_standings_that_mean_nothing() -> None:
    assert read(my_chat_member=member("member", "administrator")) is None
    assert read(my_chat_member=member("kicked", "member", chat=PRIVATE)) is None
    assert read(my_chat_member=member("left", "administrator", chat={"id": -1, "type": "channel"})) is None
    blocked = heard(member("member", "kicked", chat=PRIVATE), "my_chat_member")
    assert (blocked.kind, blocked.private) == ("left", True)


def test_a_pressed_button() -> None:
    asked = message("我妈不见了", number=50)
    pressed = heard(press(SIGNED.pack("求助"), reply_to_message=asked), "callback_query")
    assert (pressed.kind, pressed.text, pressed.callback, pressed.key) == ("button", "求助", "q1", "9:q1")
    assert pressed.reply_to == Quoted("60", True, "我妈不见了", "7")
    assert (pressed.at, pressed.sender, pressed.chat) == (NOW, "7", "-1001")
    plain = heard(press(SIGNED.pack("接单 隐12"), is_topic_message=True, message_thread_id=33), "callback_query")
    assert (plain.reply_to, plain.thread) == (Quoted("60", True), "33")


def test_a_button_too_old_for_telegram_to_show_still_works() -> None:
    query = press(SIGNED.pack("接单 隐12")) | {"message": {"chat": GROUP, "message_id": 60, "date": 0}}
    assert heard(query, "callback_query").reply_to == Quoted("60", True)


def test_buttons_nobody_made() -> None:
    forged = heard(press("接单 隐12"), "callback_query")
    assert (forged.kind, forged.text, forged.callback, forged.sender) == ("button", "", "q1", "7")
    bare = press(SIGNED.pack("接单"))
    del bare["message"]
    assert read(callback_query=bare) is None
    assert read(callback_query=press(SIGNED.pack("接单")) | {"from": BOT}) is None


@pytest.mark.parametrize("kind", ["channel_post", "poll", "message_reaction", "something_new"])
def test_other_kinds_of_update_say_nothing(kind: str) -> None:
    assert read(**({kind: message("上报")} if kind in ("channel_post", "something_new") else {})) is None


def test_signs_no_database_holds_are_taken_out() -> None:
    said = heard(message("坏\ud83d了\x00！", sender=WANG | {"last_name": "\ud800"}))
    assert said.text == "坏\ufffd了！"
    assert Incoming.from_bytes(said.to_bytes()) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)


@given(
    st.dictionaries(st.sampled_from(["text", "caption", "media_group_id", "unknown", "has_spoiler"]), JSON, max_size=3)
)
def test_unknown_fields_do_no_harm(more: Json) -> None:
    read(message=message("上报", extra=more))


WORDS = st.text(max_size=12)
PLAIN = st.builds(
    lambda text, chat, sender, date: {"message_id": 5, "date": date, "chat": chat, "from": sender, "text": text},
    st.one_of(WORDS, st.sampled_from(["/start", "/start x", "隐患 路灯坏了", "\ud800坏", "\x00"])),
    st.builds(
        lambda kind, title: {"id": -7, "type": kind, "title": title},
        st.sampled_from(["private", "group", "supergroup", "channel"]),
        WORDS,
    ),
    st.builds(
        lambda robot, first, last: {"id": 7, "is_bot": robot, "first_name": first, "last_name": last},
        st.booleans(),
        WORDS,
        WORDS,
    ),
    st.integers(0, 2_000_000_000),
)


@given(PLAIN)
def test_a_plain_message_reads_the_same_with_and_without_the_library(body: Json) -> None:
    raw = {"update_id": 9, "message": body}
    quick = READER._plain(raw)
    if quick is not None:
        by_library = Reader._message(READER, 9, Update.de_json(raw, Bot(TOKEN)).message, "message")
        assert quick == by_library


@pytest.mark.parametrize("kind", ["hashtag", "url", "bold", "phone_number", "mention", "text_mention", "bot_command"])
def test_marks_that_may_name_the_bot_are_left_to_the_library(kind: str) -> None:
    body = message("/progress@x", entities=[entity(kind, "/progress@x", "/progress@x")])
    quick = READER._plain({"update_id": 9, "message": body})
    assert (quick is None) == (kind in ("mention", "text_mention", "bot_command"))
    if quick is not None:
        by_library = Reader._message(READER, 9, Update.de_json({"update_id": 9, "message": body}).message, "message")
        assert quick == by_library


def test_what_is_only_text_needs_no_library() -> None:
    assert READER._plain({"update_id": 9, "message": message("隐患 路灯坏了")}) is not None
    assert READER._plain({"update_id": 9, "message": message("#隐患", entities=[entity("hashtag", "#隐患", "#隐患")])})


@pytest.mark.parametrize(
    "more", [{"reply_to_message": {}}, {"photo": []}, {"forward_origin": {}}, {"sender_chat": {}}, {"via_bot": {}}]
)
def test_anything_more_is_left_to_the_library(more: Json) -> None:
    assert READER._plain({"update_id": 9, "message": {**message("隐患"), **more}}) is None
    assert READER._plain({"update_id": 9, "message": {**message("隐患"), "from": None}}) is None
    assert READER._plain({"update_id": "9", "message": message("隐患")}) is None
