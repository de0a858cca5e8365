"""Stories told: the county's day comes out as its script says, and one that does not says where it went wrong."""

import asyncio
from pathlib import Path

import pytest

from bot.story import script, stage
from bot.story.teller import WentWrong

BEGINS = 'begins = 2026-11-20T08:00:00+08:00\n[[scene]]\ntitle = "一"\n[[scene.step]]\n'
TOLD = 'who = "居民甲"\nin = "大侯村居民群"\nsays = "上报 水头村村口路灯坏了"\n'


def tell(folder: Path, text: str) -> list[str]:
    """Every line said while this script is told."""
    path = folder / "story.toml"
    path.write_text(BEGINS + text, encoding="utf-8")
    lines: list[str] = []
    asyncio.run(stage.print_only(script.read(path), 0, lines.append))
    return lines


def test_the_day_of_the_county_comes_out() -> None:
    lines: list[str] = []
    told = script.read(stage.of_the_county())
    asyncio.run(stage.print_only(told, 0, lines.append))
    for scene in told.scenes:
        assert any(scene.title in line for line in lines)
    assert {row for scene in told.scenes for row in scene.rows} == set(range(1, 24))
    last = lines[max(place for place, line in enumerate(lines) if told.scenes[-1].title in line) :]
    weekly = [line for line in last if line.startswith("16:00   [综合指挥室群] 【周报】望河县")]
    assert [line.count("［照片］") for line in weekly] == [1]


def test_what_is_said_and_shown_is_printed(tmp_path: Path) -> None:
    lines = tell(tmp_path, TOLD + 'at = 08:10:00\nsees = [{ in = "大侯村网格群", has = "报1" }]\n')
    assert "08:10 居民甲（大侯村居民群）：上报 水头村村口路灯坏了" in lines
    assert any(line.startswith("08:10   [大侯村网格群] 【上报 报1】") for line in lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOLD + 'sees = [{ in = "大侯村网格群", has = "报2" }]\n', "没有看到 大侯村网格群 里的“报2”"),
        (TOLD.replace("居民甲", "路人甲"), "没有叫“路人甲”的人"),
        (TOLD.replace("大侯村居民群", "别的群"), "没有叫“别的群”的群"),
        (TOLD + 'photo = "lamp.jpg"\n', "读不了照片 lamp.jpg"),
        (TOLD + 'photo = "story.toml"\n', "不是照片"),
        (TOLD + 'place = "月亮"\n', "没有叫“月亮”的地点"),
        ('who = "网格员甲"\non = "大侯村网格群"\npresses = "接单"\n', "没有“接单”按钮"),
        ('who = "网格员甲"\nin = "大侯村网格群"\nreplies = "好"\n', "还没有可以回复的消息"),
        ('who = "居民甲"\nsays = "名片 {名片}"\n', "还没有人看到过{名片}"),
        (TOLD.replace("上报 水头村村口路灯坏了", " "), "做不了这一步"),
    ],
)
def test_where_it_goes_wrong_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(WentWrong, match=told) as caught:
        tell(tmp_path, text)
    assert "第 1 场第 1 步" in str(caught.value)


def test_a_code_that_was_shown_can_be_said(tmp_path: Path) -> None:
    first = 'who = "网格员甲"\nsays = "十户 新建 和平街东段"\n'
    then = '[[scene.step]]\nwho = "商户甲"\nsays = "十户 加入 {口令} 李记面馆"\n'
    lines = tell(tmp_path, first + then + 'sees = [{ in = "商户甲", has = "已加入" }]\n')
    assert not any("{口令}" in line for line in lines)


def test_a_photo_and_a_place_are_sent(tmp_path: Path) -> None:
    from tests.support.pictures import photo_bytes

    (tmp_path / "lamp.jpg").write_bytes(photo_bytes())
    step = 'who = "居民甲"\nsays = "上报 路灯坏了"\nphoto = "lamp.jpg"\nplace = "水头村村口"\n'
    lines = tell(tmp_path, step)
    assert "08:00 居民甲（私聊）：上报 路灯坏了［照片］" in lines
