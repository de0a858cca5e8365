"""Scripts of stories: what is read, and what is said of a file that is wrong."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.cannot import CannotDo
from bot.story import script

BEGINS = "begins = 2026-11-20T08:00:00+08:00\n"
STEP = '[[scene]]\ntitle = "一"\n[[scene.step]]\n'


def read(folder: Path, text: str) -> script.Script:
    path = folder / "story.toml"
    path.write_text(text, encoding="utf-8")
    return script.read(path)


def test_a_step_is_read_whole(tmp_path: Path) -> None:
    told = read(
        tmp_path,
        BEGINS
        + '[[scene]]\ntitle = "一"\nrows = [1, 8]\n[[scene.step]]\nat = 08:30:00\nwho = "居民甲"\nin = "大侯村居民群"\n'
        + 'says = "上报 路灯坏了"\nsees = [{ in = "大侯村网格群", has = ["报1", "待接单"] }, { in = "居民甲" }]\n'
        + '[[scene.step]]\nlater = "90m"\n'
        + '[[scene.step]]\nwho = "网格员甲"\npresses = "接单"\non = "大侯村网格群"\n',
    )
    scene = told.scenes[0]
    first, second, third = scene.steps
    assert (scene.title, scene.rows, told.folder) == ("一", (1, 8), tmp_path)
    assert (first.does, first.words, first.who, first.chat, first.at) == (
        "says",
        "上报 路灯坏了",
        "居民甲",
        "大侯村居民群",
        time(8, 30),
    )
    assert first.sees == (script.Sight("大侯村网格群", ("报1", "待接单")), script.Sight("居民甲", ()))
    assert (second.does, second.later) == ("", timedelta(minutes=90))
    assert (third.does, third.chat) == ("presses", "大侯村网格群")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("begins = 8", "缺少开始的时间"),
        ("begins = 2026-11-20T08:00:00", "缺少开始的时间"),
        ("begins = ", "写法不对"),
        (BEGINS, "没有一场戏"),
        (BEGINS + "[[scene]]\n", "第 1 场要有 title"),
        (BEGINS + STEP + 'says = "上报"\n', "第 1 场第 1 步的写法不对（says）"),
        (BEGINS + STEP + 'who = "居民甲"\nsays = "上报"\npresses = "接单"\n', "says、presses"),
        (BEGINS + STEP + 'who = "居民甲"\nshouts = "上报"\n', "shouts"),
        (BEGINS + STEP + 'later = "3 hours"\n', "later 要写成"),
        (BEGINS + STEP + 'at = "8点"\n', "at 要写成"),
        (BEGINS + STEP + 'sees = [{ has = "报1" }]\n', "sees 要写成"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CannotDo, match=told):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="读不了故事"):
        script.read(tmp_path / "none.toml")
