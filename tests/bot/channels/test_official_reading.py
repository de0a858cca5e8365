"""What a 公众号 posts, as the bot reads it: every kind, and every way of saying it wrongly."""

from datetime import UTC, datetime

import pytest

from bot.channels.buttons import Buttons
from bot.channels.official_account.reading import ACCOUNT, read
from bot.channels.tencent.callback import Malformed, parse_fields
from handlers.dialogue.message import Incoming, MediaRef
from tests.support.stage import KEYS
from tests.support.wechat.official_callbacks import xml

WANG = "oWang-76543210"
BUTTONS = Buttons(KEYS, ACCOUNT)
COMMON = {"ToUserName": "gh_1", "FromUserName": WANG, "CreateTime": "1790000000"}
NUMBER = {"MsgId": "23847562938475629"}


def heard(**fields: str) -> Incoming | None:
    """A message, through XML."""
    return read(parse_fields(xml({**COMMON, **fields})), BUTTONS)


def said(**fields: str) -> Incoming:
    """A message that is heard."""
    incoming = heard(**NUMBER, **fields)
    assert incoming is not None
    return incoming


def event(name: str, **fields: str) -> Incoming | None:
    """An event; events have no number."""
    return heard(MsgType="event", Event=name, **fields)


def test_a_text() -> None:
    incoming = said(MsgType="text", Content="水头村村口路灯坏了")
    assert incoming == Incoming(
        account="official_account",
        key=f"{WANG}:23847562938475629",
        kind="message",
        chat=WANG,
        private=True,
        sender=WANG,
        sender_name="",
        at=datetime.fromtimestamp(1_790_000_000, UTC),
        text="水头村村口路灯坏了",
        message_id="23847562938475629",
    )


@pytest.mark.parametrize("words", ["a]]>b", "<xml><MsgType>event</MsgType></xml>", "&amp; &lt;", "两行\n第二行"])
def test_what_looks_like_xml_is_what_they_typed(words: str) -> None:
    assert said(MsgType="text", Content=words).text == words


def test_media() -> None:
    photo = said(MsgType="image", PicUrl="http://mmbiz.qpic.cn/x", MediaId="M-1_a")
    assert photo.media == (MediaRef("photo", "M-1_a", "image/jpeg"),)
    assert photo.text == ""
    voice = said(MsgType="voice", Format="amr", MediaId="v1", Recognition="村口路灯坏了")
    assert voice.media == (MediaRef("voice", "v1", "audio/amr", transcript="村口路灯坏了"),)
    assert said(MsgType="voice", Format="speex", MediaId="v1").media[0].mime == "audio/speex"
    for kind in ("video", "shortvideo"):
        film = said(MsgType=kind, MediaId="f1", ThumbMediaId="t1")
        assert film.media == (MediaRef("video", "film:f1", "video/mp4"),)


def test_a_place_is_told_in_wgs84_with_its_name() -> None:
    place = said(MsgType="location", Location_X="39.907375", Location_Y="116.391300", Scale="16", Label="天安门")
    assert place.text == "天安门"
    assert place.location is not None
    north, east = place.location
    assert (north, east) == pytest.approx((39.90597, 116.38506), abs=2e-5)


def test_a_link() -> None:
    incoming = said(MsgType="link", Title="通知", Description="停水", Url="https://example.com/a")
    assert incoming.text == "通知\n停水\nhttps://example.com/a"


def test_an_unknown_kind_is_heard_without_words() -> None:
    for fields in (
        {"MsgType": "miniprogrampage"},
        {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"},
    ):
        incoming = said(**fields)
        assert (incoming.kind, incoming.text, incoming.media) == ("message", "", ())
    unnumbered = heard(MsgType="newkind")
    assert unnumbered is not None
    assert unnumbered.key == f"{WANG}:1790000000"


def test_events() -> None:
    for opens in (event("subscribe", EventKey="qrscene_12"), event("subscribe"), event("SCAN", EventKey="12")):
        assert opens is not None
        assert (opens.kind, opens.text, opens.chat) == ("opened", "", WANG)
    left = event("unsubscribe")
    assert left is not None
    assert (left.kind, left.private) == ("left", True)
    names = ("VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "subscribe_msg_popup_event", "yet_unknown", "")
    assert [event(name, EventKey="x") for name in names] == [None] * len(names)


def test_a_press_says_what_was_signed() -> None:
    press = event("CLICK", EventKey=BUTTONS.pack("隐患"))
    assert press is not None
    assert (press.kind, press.text, press.callback) == ("button", "隐患", "")
    forged = event("CLICK", EventKey="AAAAAAAA隐患")
    assert forged is not None
    assert forged.text == ""


def test_keys_tell_apart_what_is_apart() -> None:
    one = event("CLICK", EventKey=BUTTONS.pack("隐患"))
    same = event("CLICK", EventKey=BUTTONS.pack("隐患"))
    other = event("CLICK", EventKey=BUTTONS.pack("求助"))
    gone, back = event("unsubscribe"), event("subscribe")
    assert one == same
    somebody = heard(**{**NUMBER, "FromUserName": "oLi", "MsgType": "text", "Content": "好"})
    mine = said(MsgType="text", Content="好")
    keys = {incoming.key for incoming in (one, other, gone, back, somebody, mine) if incoming is not None}
    assert len(keys) == 6, "somebody else's message may have the same number"
    assert all(len(key) <= 160 for key in keys)


@pytest.mark.parametrize(
    "fields",
    [
        {"FromUserName": ""},
        {"FromUserName": "o w"},
        {"FromUserName": "o" * 65},
        {"CreateTime": ""},
        {"CreateTime": "-1"},
        {"CreateTime": "1e9"},
        {"CreateTime": "9" * 40},
        {"CreateTime": "１７９"},
        {"MsgId": "1 2"},
        {"MsgId": "9" * 65},
        {"MsgType": "image", "MediaId": ""},
        {"MsgType": "image", "MediaId": "../../etc"},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "91", "Location_Y": "1"},
        {"MsgType": "location", "Location_Y": "1"},
    ],
)
def test_what_the_platform_never_says(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        read(parse_fields(xml({**COMMON, **NUMBER, "MsgType": "text", "Content": "好", **fields})), BUTTONS)


def test_a_field_that_is_said_twice_or_holds_others() -> None:
    whole = xml({**COMMON, **NUMBER, "MsgType": "text"})
    for more in ("<Content>a</Content><Content>b</Content>", "<Content><b>x</b></Content>"):
        with pytest.raises(Malformed):
            read(parse_fields(whole.replace("</xml>", f"{more}</xml>")), BUTTONS)


def test_entities_are_refused() -> None:
    bomb = '<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><MsgType>text</MsgType><Content>&a;</Content></xml>'
    with pytest.raises(Malformed):
        parse_fields(bomb)
