"""The playground in a real browser, with the real bot behind it."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from handlers.dialogue.message import OutButton, Outgoing, PlayCall
from jobs.channel import Medium
from storage.copies import CopyKind
from tests.support.browser import Screen, chromium
from tests.support.pictures import photo_bytes
from tests.support.playing import Playing, playing
from tests.support.stage import ROOT

RESIDENTS, WORKERS, OFFICERS, OWN = range(4)
GROUP = "大侯村居民群"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Playing]:
    with playing(tmp_path) as one:
        yield one


@pytest.fixture
def screen(browser: Browser, play: Playing) -> Iterator[Screen]:
    one = Screen(browser, play.address)
    yield one
    one.context.close()
    assert one.complaints == []


@pytest.fixture
def phone(browser: Browser, play: Playing) -> Iterator[Screen]:
    one = Screen(browser, play.address, phone=True)
    yield one
    one.context.close()
    assert one.complaints == []


def bot(play: Playing, doing: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it gives
    """Let the bot do something on its channel."""
    return asyncio.run_coroutine_threadsafe(doing, play.loop).result(10)


def call(text: str, *buttons: OutButton, chat: str = GROUP, media: tuple[int, ...] = ()) -> PlayCall:
    return PlayCall(chat, "", Outgoing(text, (buttons,) if buttons else (), media))


def test_a_private_talk_is_answered_and_its_buttons_work(screen: Screen) -> None:
    screen.say(OWN, "今天天气不错")
    screen.sees(OWN, "您想做什么")
    screen.press(OWN, "看看能做什么")
    screen.sees(OWN, "您在这里可以")
    screen.become("居民乙")
    expect(screen.column(OWN).locator("li.msg")).to_have_count(0)
    screen.become("居民甲")
    screen.sees(OWN, "您在这里可以")


def test_edits_and_take_downs_happen_before_ones_eyes(play: Playing, screen: Screen) -> None:
    photo = Medium(1, "photo", "image/jpeg", photo_bytes())
    sent = bot(play, play.channel.send(call("寻找一位老人", OutButton("看见了", "线索 寻1"), media=(1,)), (photo,)))
    message_id = sent.parts[0][0]
    message = screen.sees(RESIDENTS, "寻找一位老人")
    expect(message.get_by_role("img", name="照片")).to_have_js_property("naturalWidth", 320)
    bot(play, play.channel.edit(call("还在找，请多留意", media=(1,)), message_id, CopyKind.PHOTO))
    expect(screen.sees(RESIDENTS, "还在找").get_by_text("已编辑")).to_be_visible()
    expect(screen.column(RESIDENTS).locator("button.key")).to_have_count(0)
    bot(play, play.channel.delete(GROUP, message_id))
    gone = screen.sees(RESIDENTS, "已撤回")
    expect(gone.locator("s")).to_be_visible()
    expect(screen.column(RESIDENTS).get_by_text("还在找")).to_have_count(0)
    expect(screen.column(RESIDENTS).get_by_role("img", name="照片")).to_have_count(0)


def test_what_people_type_is_never_markup(screen: Screen) -> None:
    words = "<img src=x onerror=alert(1)><b>黑体</b>"
    screen.say(RESIDENTS, words)
    message = screen.sees(RESIDENTS, "黑体")
    expect(message.locator("p.text")).to_have_text(words)
    expect(message.locator("b")).to_have_count(0)


HOSTILE = (
    "</p></section><script>document.title='x'</script><style>*{display:none}</style><svg onload=alert(1)>"
    "\u202egnp.exe\u202c \u2067倒\u2069 {{7*7}} javascript:alert(1) &lt;b&gt;"
)


def test_what_the_bot_repeats_is_never_markup_either(play: Playing, screen: Screen) -> None:
    opened: list[str] = []
    screen.page.on("dialog", lambda dialog: opened.append(dialog.message))
    title = screen.page.title()
    long = "\n".join(f"第{n}行 {HOSTILE if n == 0 else '<i>'}" for n in range(10_000))
    said = call(long, OutButton("<u>键</u>\u202e", "帮助"))
    bot(play, play.channel.send(said, ()))
    column = screen.column(RESIDENTS)
    expect(column.get_by_text("第9999行 <i>")).to_have_count(1)
    expect(column.get_by_role("button", name="<u>键</u>")).to_be_visible()
    shown = column.locator("article, li, .message").filter(has_text="第9999行").first
    assert HOSTILE[:60] in shown.inner_text()
    for tag in ("script", "style", "svg[onload]", "i", "u"):
        assert column.locator(tag).count() == 0, tag
    assert (screen.page.title(), opened) == (title, [])
    mine = screen.column(WORKERS)
    expect(mine).to_be_visible()
    box = column.bounding_box()
    assert box is not None
    assert box["width"] < 700, "a long message does not push the others aside"


def test_a_drill_says_so_on_the_page_and_on_every_line(browser: Browser, tmp_path: Path) -> None:
    with playing(tmp_path, drill=True) as one:
        screen = Screen(browser, one.address)
        expect(screen.page.get_by_role("note")).to_contain_text("群众收不到任何消息")
        expect(screen.page).to_have_title(re.compile("【演练】网格助手"))
        expect(screen.page.get_by_role("button", name="重新开始")).to_have_count(0)
        for person in ("居民甲", "商户甲", "义警甲"):
            expect(screen.page.get_by_text(person, exact=True)).to_have_count(0)
        screen.become("民警甲")
        screen.say(OWN, "帮助")
        answer = screen.column(OWN).get_by_text("【演练】").first
        expect(answer).to_be_visible()
        colour = "getComputedStyle(document.querySelector('.drilling')).backgroundColor"
        assert screen.page.evaluate(colour) == "rgb(138, 59, 0)"
        assert screen.complaints == []
        screen.context.close()


def test_reply_edit_photo_and_place(screen: Screen, tmp_path: Path) -> None:
    picture = tmp_path / "路灯.jpg"
    picture.write_bytes(photo_bytes())
    group = screen.column(RESIDENTS)
    group.locator("input[type=file]").set_input_files(picture)
    group.get_by_label("图片或位置").click()
    group.get_by_role("button", name="发位置").click()
    screen.page.get_by_role("button", name="水头村村口").click()
    screen.say(RESIDENTS, "就在这儿")
    sent = screen.sees(RESIDENTS, "就在这儿")
    expect(sent.get_by_text("水头村村口")).to_be_visible()
    expect(sent.get_by_role("img", name="照片")).to_have_js_property("naturalWidth", 320)
    sent.hover()
    sent.get_by_role("button", name="编辑").click()
    screen.say(RESIDENTS, "就在路口")
    expect(screen.sees(RESIDENTS, "就在路口").get_by_text("已编辑")).to_be_visible()
    screen.become("居民乙")
    seen = screen.sees(RESIDENTS, "就在路口")
    seen.hover()
    seen.get_by_role("button", name="回复").click()
    screen.say(RESIDENTS, "我也看见了")
    expect(screen.sees(RESIDENTS, "我也看见了").locator("blockquote")).to_have_text("居民甲就在路口")


def test_two_groups_of_one_kind_are_told_apart_by_their_place(phone: Screen) -> None:
    phone.column(RESIDENTS).locator("select").select_option(label="东岭村居民群")
    tabs = phone.page.locator("#tabs button")
    expect(tabs.nth(RESIDENTS)).to_have_text("居民群")
    tabs.nth(WORKERS).click()
    phone.column(WORKERS).locator("select").select_option(label="大侯村居民群")
    expect(tabs.nth(RESIDENTS)).to_have_text("东岭居民群")
    expect(tabs.nth(WORKERS)).to_have_text("大侯居民群")
    assert phone.page.evaluate("document.body.scrollWidth <= innerWidth")


def test_two_tabs_are_two_people_and_a_lost_connection_comes_back(play: Playing, screen: Screen) -> None:
    other = screen.tab(play.address)
    screen.become("居民乙")
    expect(other.locator("#who-name")).to_have_text("居民甲")
    play.loop.call_soon_threadsafe(play.hub.close)
    screen.say(RESIDENTS, "还在吗")
    expect(other.locator("li.msg", has_text="还在吗")).to_be_visible()
    screen.sees(RESIDENTS, "还在吗")


def test_an_open_page_outlives_the_program(browser: Browser, tmp_path: Path) -> None:
    with playing(tmp_path) as first:
        screen = Screen(browser, first.address)
        screen.become("网格员甲")
        screen.say(RESIDENTS, "先说的")
        port = int(first.address.rpartition(":")[2])
    expect(screen.page.get_by_text("正在重连")).to_be_visible()
    with playing(tmp_path, port=port):
        expect(screen.page.locator("li.msg")).to_have_count(0)
        screen.say(OWN, "帮助")
        screen.sees(OWN, "您在这里可以")
        expect(screen.page.locator("#who-name")).to_have_text("网格员甲")
        screen.context.close()


def test_the_tour_writes_but_never_sends(screen: Screen) -> None:
    screen.page.get_by_role("button", name="反诈").click()
    expect(screen.page.locator("#who-name")).to_have_text("民警甲")
    expect(screen.column(OWN).locator("textarea")).to_have_value(re.compile("^反诈 "))
    expect(screen.page.locator("li.msg")).to_have_count(0)


def test_outsiders_watch_and_one_tap_lets_somebody_inside_speak(play: Playing, screen: Screen) -> None:
    bot(play, play.channel.send(call("请接单", OutButton("接单", "接单 隐1"), chat="大侯村网格群"), ()))
    screen.sees(WORKERS, "请接单")
    key = screen.column(WORKERS).locator("button.key")
    expect(key).to_be_disabled()
    screen.column(WORKERS).get_by_role("button", name="网格员甲").click()
    expect(key).to_be_enabled()
    expect(screen.column(WORKERS).locator("textarea")).to_be_focused()


def test_a_phone_shows_one_chat_at_a_time_and_counts_the_others(play: Playing, phone: Screen) -> None:
    expect(phone.column(RESIDENTS)).to_be_visible()
    expect(phone.column(OWN)).to_be_hidden()
    bot(play, play.channel.send(call("您的私聊", chat="居民甲"), ()))
    own = phone.page.get_by_role("navigation", name="聊天").get_by_role("button", name="私聊")
    expect(own.locator(".badge")).to_have_text(re.compile("^1"))
    own.tap()
    phone.sees(OWN, "您的私聊")
    expect(own.locator(".badge")).to_have_count(0)
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    phone.page.get_by_role("button", name="时间").tap()
    before = phone.page.locator("#now-time").inner_text()
    phone.page.get_by_role("button", name="+1小时").tap()
    expect(phone.page.locator("#now-time")).not_to_have_text(before)


def test_a_tall_picture_with_many_words_is_shown_from_its_head(play: Playing, phone: Screen) -> None:
    poster = Medium(1, "photo", "image/png", (ROOT / "docs/images/weekly.png").read_bytes())
    bot(play, play.channel.send(call("\n".join(f"第{n}行" for n in range(60)), media=(1,)), (poster,)))
    picture = phone.sees(RESIDENTS, "第59行").get_by_role("img", name="照片")
    expect(picture).to_have_js_property("naturalHeight", 2910)
    expect(picture).to_be_in_viewport(ratio=0.95)
    picture.tap()
    width = "document.querySelector('dialog .large').getBoundingClientRect().width"
    assert phone.page.evaluate(width) >= 360, "as wide as the phone, and scrolled"


def test_starting_over_asks_first_and_clears_everything(screen: Screen) -> None:
    screen.say(RESIDENTS, "旧的话")
    screen.page.get_by_role("button", name="重新开始").click()
    screen.page.get_by_role("button", name="不用了").click()
    screen.sees(RESIDENTS, "旧的话")
    screen.page.get_by_role("button", name="重新开始").first.click()
    screen.page.get_by_role("button", name="清空，重新开始").click()
    expect(screen.page.locator("li.msg")).to_have_count(0)
    screen.say(OWN, "帮助")
    screen.sees(OWN, "您在这里可以")


def test_a_report_is_answered_and_taken_in_everybodys_sight(screen: Screen) -> None:
    screen.page.get_by_role("button", name="上报").click()
    screen.column(RESIDENTS).get_by_role("button", name="发送").click()
    screen.sees(RESIDENTS, "已记下")
    screen.sees(WORKERS, "路灯坏了")
    screen.column(WORKERS).get_by_role("button", name="网格员甲").click()
    screen.press(WORKERS, "接单")
    expect(screen.sees(WORKERS, "已接单").get_by_text("已编辑")).to_be_visible()
    screen.sees(OWN, "您接了")


def test_a_search_is_told_privately_question_by_question(screen: Screen) -> None:
    screen.page.get_by_role("button", name="寻人").click()
    screen.column(RESIDENTS).get_by_role("button", name="发送").click()
    screen.sees(OWN, "1/")
    screen.say(OWN, "我奶奶王秀英")
    screen.sees(OWN, "2/")


def test_a_reminder_rings_when_time_is_moved_on(screen: Screen) -> None:
    screen.page.get_by_role("button", name="提醒").first.click()
    screen.column(OWN).get_by_role("button", name="发送").click()
    screen.sees(OWN, "10:30")
    screen.page.get_by_role("button", name="到下一件事").click()
    screen.sees(OWN, "提醒：走访7号楼")
    expect(screen.page.locator("#now-time")).to_have_text("10:30")


def test_a_warning_is_approved_by_another_officer_and_reaches_the_residents(screen: Screen) -> None:
    screen.page.get_by_role("button", name="反诈").click()
    screen.column(OWN).get_by_role("button", name="发送").last.click()
    screen.sees(OWN, "还没有发")
    screen.press(OWN, "发送")
    screen.sees(OFFICERS, "请您核准")
    screen.become("所长")
    screen.press(OFFICERS, "批准")
    screen.sees(RESIDENTS, "共享屏幕")
