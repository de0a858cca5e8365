"""Understanding: signs and mentions, what is said around a word, buttons by label and number, and silence."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.dialogue import command, scene, understand
from handlers.dialogue.address import address, split
from handlers.dialogue.meaning import Danger, Meaning
from handlers.dialogue.message import MediaRef, Quoted
from handlers.reading import intent
from handlers.reading.normal import fold
from tests.support import phrases
from tests.support.phrases import Line
from tests.support.stage import Stage

NAMES = ("网格助手", "网格")


@pytest.fixture(autouse=True)
def _whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = phrases.table()
    monkeypatch.setattr(command, "all_commands", lambda: whole)


def read(stage: Stage, line: Line, **changed: object) -> Meaning | Danger | None:
    with stage.world.db.read() as session:
        said = replace(phrases.incoming(line), **changed)  # type: ignore[arg-type]
        there = scene.look(session, said)
        return understand.read(session, said, there, stage.world.now(), stage.world.bot_names)


def resident(text: str) -> Line:
    return Line("residents", "居民", text)


@pytest.mark.parametrize(
    ("typed", "text", "signs"),
    [
        ("/上报 路灯坏了", "上报 路灯坏了", "/"),
        ("／上报　路灯坏了", "上报　路灯坏了", "/"),
        ("＃隐患", "隐患", "#"),
        ("＠网格助手　上报 Ａ座", "上报 Ａ座", "@"),
        ("@网格助手，/上报", "上报", "@/"),
        ("@网格 上报", "上报", "@"),
        ("@网格员甲 上报", "@网格员甲 上报", ""),
        ("@居民甲 @网格助手 上报", "上报 @居民甲", "@"),
        ("上报 路灯坏了 @网格助手", "上报 路灯坏了", "@"),
        ("地下室进水了 @网格助手 上报", "上报 地下室进水了", "@"),
        ("/ 上报", "/ 上报", ""),
        ("a@b.cn", "a@b.cn", ""),
        ("", "", ""),
    ],
)
def test_signs_and_mentions_come_off_and_what_was_typed_stays(typed: str, text: str, signs: str) -> None:
    found = address(typed, NAMES)
    assert (found.text, found.signs) == (text, signs)


def test_a_platform_mention_takes_the_latin_name_off() -> None:
    assert address("@WanggeBot 上报 路灯坏了", NAMES, mentioned=True).text == "上报 路灯坏了"
    assert address("@WanggeBot 上报", NAMES).signs == ""


@given(st.text(max_size=120))
def test_taking_signs_off_never_changes_a_character(text: str) -> None:
    rest, _ = split(text)
    assert text.endswith(rest)


@given(text=st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_group_message_without_sign_word_or_danger_is_forgotten(stage: Stage, text: str) -> None:
    if set(fold(text)) & set("/#@") or any(word in fold(text).lower() for word in command.all_commands()):
        return
    if intent.danger(fold(text)):
        return
    assert read(stage, resident(text)) is None


def test_the_rest_is_kept_as_it_was_typed(stage: Stage) -> None:
    meaning = read(stage, resident("上報：　水頭村Ａ口路燈壞了"))
    assert isinstance(meaning, Meaning)
    assert meaning.rest == "水頭村Ａ口路燈壞了"
    framed = read(stage, Line("private", "居民", "麻煩上報一下，３號樓電梯壞了"))
    assert isinstance(framed, Meaning)
    assert framed.rest == "３號樓電梯壞了"


def test_who_may_not_is_not_answered_without_a_code(stage: Stage) -> None:
    assert read(stage, resident("待办")) is None
    refused = read(stage, resident("接单 隐12"))
    assert isinstance(refused, Meaning)
    assert [str(code) for code in refused.codes] == ["隐12"]


def test_a_sign_is_always_meant_and_a_tag_never(stage: Stage) -> None:
    sent = read(stage, resident("/反诈宣传几点"))
    assert isinstance(sent, Meaning)
    assert sent.via == "sign"
    assert read(stage, resident("#反诈宣传周 大家都来")) is None


def test_a_mention_with_talk_gets_the_menu_not_an_action(stage: Stage) -> None:
    for text in ("@网格助手 反诈讲座几点开始", "@网格助手 你好", "@网格助手 找到停车位了"):
        meaning = read(stage, resident(text))
        assert isinstance(meaning, Meaning)
        assert (meaning.command, meaning.via) == (None, "talk")


def test_a_picture_under_the_bare_word_in_a_group(stage: Stage) -> None:
    photo = (MediaRef("photo", "p"),)
    assert phrases.word_of(read(stage, resident("隐患"), media=photo)) == "隐患"
    assert read(stage, resident("隐患")) is None
    assert read(stage, resident(""), media=photo) is None


def test_numbers_and_labels_in_a_group_count_only_where_the_bot_is_meant(stage: Stage) -> None:
    shown = stage.say("居民甲", "我妈不见了快帮帮我", "大侯村居民群")
    offer = next(one for one in shown if one.buttons)
    label, does = offer.buttons[0]
    assert read(stage, resident(label)) is None
    assert read(stage, resident("1")) is None
    quoted = Quoted(offer.message_id, from_bot=True, text=offer.text)
    for text in (label, "1", "回复1"):
        chosen = read(stage, resident(text), reply_to=quoted)
        assert isinstance(chosen, Meaning)
        assert chosen.command is not None
        assert does.startswith(chosen.command.word)


def test_danger_is_offered_to_be_reported(stage: Stage) -> None:
    assert read(stage, resident("3号楼着火了，快来人")) == Danger("3号楼着火了，快来人")
    assert read(stage, resident("昨天的新闻说着火了")) is None
    assert phrases.word_of(read(stage, resident("求助 3号楼着火了"))) == "求助"


def test_ten_thousand_characters_are_read_at_once(stage: Stage) -> None:
    for text in ("上报 " + "哈" * 10_000, "@" * 10_000, "隐12" * 3_000, "我妈" * 5_000):
        for line in (resident(text), Line("private", "居民", text)):
            read(stage, line)
