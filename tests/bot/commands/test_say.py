"""`wangge say` and `parse`: one message or sentence on the sample county of the current directory."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cannot import CannotDo
from bot.channels.console import Shown
from bot.commands.here import meant, read_moment
from bot.commands.parse import parse
from bot.commands.say import line, say
from bot.worlds import open_world
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes

ROOT = Path(__file__).parents[3]
NOW = "2026-11-18T10:20:00+08:00"
SLOW = {
    "telegram",
    "starlette",
    "alembic",
    "wechatpy",
    "PIL",
    "structlog",
    "pydantic",
    "uvicorn",
    "httpx",
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the county was made once."""
    folder = tmp_path_factory.mktemp("county")
    with contextlib.chdir(folder):
        say("居民甲", None, "帮助", NOW, None, False, None)
    return folder


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(county, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def spoken(who: str, text: str, chat: str | None = None, now: str | None = NOW) -> list[dict[str, object]]:
    """What the bot said because of it."""
    return [json.loads(one) for one in say(who, chat, text, now, None, False, None)]


def wangge(*words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The command as people start it, in a terminal that knows no Chinese."""
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C", **env}
    known |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return subprocess.run([sys.executable, "-m", "bot", *words], capture_output=True, check=False, env=known)


def test_the_first_word_makes_the_county_and_is_answered(empty: Path) -> None:
    shown = spoken("居民甲", "帮助")
    assert [one["chat"] for one in shown] == ["居民甲"]
    assert list(shown[0]) == ["chat", "text", "buttons", "photo"]
    assert "隐患" in str(shown[0]["text"])
    assert shown[0]["photo"] is False
    assert (empty / "wangge.db").stat().st_mode & 0o077 == 0
    assert (empty / "wangge.key").stat().st_mode & 0o077 == 0
    assert spoken("居民甲", "/帮助", "大侯村居民群")[0]["chat"] == "大侯村居民群"


def test_ordinary_talk_is_answered_by_silence() -> None:
    assert spoken("居民甲", "今天天气不错", "大侯村居民群") == []


def test_the_clock_may_go_back_between_two_words() -> None:
    assert spoken("居民甲", "帮助", now="2031-01-01T08:00:00+08:00")
    assert spoken("居民甲", "帮助", now="2026-01-01T08:00:00+08:00")
    assert spoken("居民甲", "帮助", now=None)


def test_a_label_or_a_number_presses_a_button() -> None:
    labels = spoken("居民甲", "你好")[0]["buttons"]
    assert isinstance(labels, list)
    assert labels
    assert spoken("居民甲", str(labels[-1]))
    spoken("居民甲", "你好")
    assert spoken("居民甲", "回复1")


@pytest.mark.parametrize(
    ("who", "chat", "now", "photo", "sentence"),
    [
        ("居民家", None, NOW, None, "没有叫“居民家”的人，您是不是要写 居民甲？"),
        ("居民甲", "大侯居民群", NOW, None, "没有叫“大侯居民群”的群，您是不是要写 大侯村居民群？"),
        ("qwxyz", None, NOW, None, "没有叫“qwxyz”的人，有：居民甲、"),
        ("居民甲", None, "明天", None, "--now 要写成日期和时间，例如 2026-11-18T10:20:00+08:00。"),
        ("居民甲", None, NOW, Path("no.jpg"), "读不了图片 no.jpg"),
    ],
)
def test_a_wrong_word_is_refused_in_a_sentence(
    who: str, chat: str | None, now: str, photo: Path | None, sentence: str
) -> None:
    with pytest.raises(CannotDo) as caught:
        say(who, chat, "帮助", now, photo, False, None)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith("。")


def test_a_real_database_is_left_alone(empty: Path) -> None:
    open_world(WorldKind.REAL, "sqlite:///wangge.db", Path("wangge.key")).db.close()
    before = (empty / "wangge.db").read_bytes()
    done = wangge("say", "--as", "居民甲", "帮助")
    assert done.returncode == 2
    assert done.stdout == b""
    assert (
        done.stderr.decode()
        == "数据库 wangge.db 里是真实群的数据，不能当作演练场使用，请换一个数据库，或换一个文件夹。\n"
    )
    assert (empty / "wangge.db").read_bytes() == before


def test_a_photo_goes_along() -> None:
    Path("lamp.jpg").write_bytes(photo_bytes())
    assert say("居民甲", None, "帮助", NOW, Path("lamp.jpg"), False, None)


def test_everything_shown_can_be_asked_for() -> None:
    gone = Shown("deleted", "大侯村居民群", message_id="7")
    assert json.loads(line(gone, everything=True))["what"] == "deleted"
    assert "what" not in json.loads(line(gone))


def test_two_at_once_do_not_get_into_each_others_way(empty: Path) -> None:
    command = [sys.executable, "-m", "bot", "say", "--as", "居民甲", "帮助"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) for _ in range(3)]
    for process in running:
        shown, wrong = process.communicate(timeout=60)
        assert (process.returncode, wrong) == (0, b"")
        assert json.loads(shown.decode())["chat"] == "居民甲"


def test_the_terminal_gets_utf8_whatever_it_says() -> None:
    done = wangge("parse", "上报水头村村口路灯坏了", "--now", NOW)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.decode("utf-8"))["place"] == "水头村村口"
    assert "水头村" in done.stdout.decode("utf-8")


def test_a_bad_setting_is_one_sentence() -> None:
    done = wangge("say", "帮助", WANGGE_WEB__PORT="no")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("环境变量 WANGGE_WEB__PORT 写错了")
    assert done.stderr.decode().count("\n") == 1


def test_a_second_word_loads_nothing_slow() -> None:
    spoken("居民甲", "帮助")
    program = (
        f"import sys; from bot.commands.say import say; say('居民甲', None, '帮助', '{NOW}', None, False, None);"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert SLOW & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("帮助", {"command": "帮助", "text": "", "when": None, "place": None, "codes": []}),
        ("今天天气不错", {"command": None, "text": "今天天气不错", "codes": []}),
        ("明天9点在大侯村开会", {"when": "2026-11-19T09:00:00+08:00", "place": "大侯村"}),
        ("隐12 和 寻 3 一样吗", {"codes": ["隐12", "寻3"]}),
    ],
)
def test_a_sentence_is_read(text: str, wanted: dict[str, object]) -> None:
    read = json.loads(parse(text, NOW, None))
    assert list(read) == ["command", "text", "when", "place", "codes"]
    assert {key: read[key] for key in wanted} == wanted


def test_a_moment_without_a_zone_is_meant_at_home() -> None:
    assert read_moment(None) is None
    assert json.loads(parse("明天9点", "2026-11-18T10:20", None))["when"] == "2026-11-19T09:00:00+08:00"


def test_a_long_list_of_names_is_cut() -> None:
    assert meant("q", [str(n) for n in range(20)]).endswith("11……。")
