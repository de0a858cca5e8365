"""Figures sent as a file (周报录入): all of them or none, asked about where they replace, and taken back."""

import pytest
from sqlalchemy import select

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef
from storage.awaited import AwaitedFile
from storage.media import Medium
from storage.weekly import WeeklyEntry
from tests.jobs.test_sheets import xlsx
from tests.support.stage import Stage, texts

TABLE = '项目,数,来源,地区\r\n警情,８１２,县局110台账,\r\n电诈,"1,012",反诈中心日报,柳溪镇\r\n'


def send(stage: Stage, blob: bytes, words: str = "周报 录入", who: str = "指挥室") -> list[Shown]:
    """Somebody sends a file."""
    stage.play.console.files["figures"] = blob
    return stage.say(who, words, media=(MediaRef("file", "figures", "text/csv", len(blob)),))


def standing(stage: Stage) -> list[tuple[str, int, str]]:
    """What counts: kind, figure, source."""
    with stage.world.db.read() as session:
        rows = session.scalars(select(WeeklyEntry).where(WeeklyEntry.undone_at.is_(None)).order_by(WeeklyEntry.id))
        return [(one.kind, one.value, one.source) for one in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_entered_and_not_kept(stage: Stage, encoding: str) -> None:
    shown = texts(send(stage, TABLE.encode(encoding)))
    assert shown[0].startswith("文件收到了")
    assert shown[1].startswith("已录入 2 项")
    assert "望河县 警情 812，来源：县局110台账" in shown[1]
    assert standing(stage) == [("警情", 812, "县局110台账"), ("电诈", 1012, "反诈中心日报")]
    with stage.world.db.read() as session:
        assert session.scalars(select(AwaitedFile)).all() == []
        assert [one.blob for one in session.scalars(select(Medium))] == [None]


def test_what_it_would_replace_is_asked_about_and_can_be_taken_back(both_stages: Stage) -> None:
    stage = both_stages
    send(stage, TABLE.encode())
    sheet = xlsx(
        ("地区", "项目", "数", "来源", "周"),
        ("", "警情", 820, "县局复核", ""),
        ("柳溪镇", "电诈", 1012, "反诈中心日报"),
    )
    shown = send(stage, sheet)
    assert "望河县 警情 820（原来 812）" in shown[1].text
    assert "照这样录入吗" in shown[2].text
    assert ("警情", 820, "县局复核") not in standing(stage)
    kept = stage.press("指挥室", shown[2], "录入")
    assert "已录入 1 项" in kept[0].text
    assert ("警情", 820, "县局复核") in standing(stage)
    assert "现在按以前录的 812 算" in texts(stage.press("指挥室", kept[0], "撤销这 1 项"))[0]
    assert ("警情", 820, "县局复核") not in standing(stage)


def test_the_same_file_once_more_changes_nothing(stage: Stage) -> None:
    send(stage, TABLE.encode())
    assert "这 2 项和已经录的一样" in texts(send(stage, TABLE.encode()))[1]


def test_every_bad_line_is_named_and_nothing_is_entered(stage: Stage) -> None:
    table = "项目,数,来源,地区\n警情,八百,台账\n打架,5,台账\n电诈,5,台账,月亮镇\n行政,5,张三13800138000\n刑事,7,台账\n"
    told = texts(send(stage, table.encode()))[1]
    assert "有 4 行要改，一行都没有录" in told
    assert all(f"第 {line} 行：" in told for line in (2, 3, 4, 5))
    assert "13800138000" not in told
    assert standing(stage) == []


def test_a_file_answers_the_question_too(stage: Stage) -> None:
    assert "把 CSV 或 Excel 表格直接发来" in texts(stage.say("指挥室", "周报录入"))[0]
    assert "已录入 2 项" in texts(send(stage, TABLE.encode(), ""))[-1]


def test_words_answer_it_as_well(stage: Stage) -> None:
    stage.say("指挥室", "周报录入")
    assert "能录的项目有" in texts(stage.say("指挥室", "打架 三十"))[0]
    assert "已录入：望河县" in texts(stage.say("指挥室", "警情 812 来源 县局110台账"))[0]
    assert standing(stage) == [("警情", 812, "县局110台账")]


def test_its_number_names_a_kind_where_there_are_no_buttons(stage: Stage) -> None:
    stage.say("指挥室", "周报录入")
    assert "（1/2）是多少" in texts(stage.say("指挥室", "２"))[0]
    stage.say("指挥室", "33")
    assert "刑事 33" in texts(stage.say("指挥室", "县局月报"))[0]


def test_what_is_no_table_is_told(stage: Stage) -> None:
    assert "这个文件读不了" in texts(send(stage, b"%PDF\x00"))[-1]
    assert "里面没有数" in texts(send(stage, b"\xef\xbb\xbf"))[-1]
    assert "图片看不懂" in texts(stage.say("指挥室", "周报录入", media=(MediaRef("photo", "x"),)))[-1]
    assert standing(stage) == []


def test_who_may_not_enter_is_told_so(stage: Stage) -> None:
    assert "指挥室" in texts(send(stage, TABLE.encode(), "周报录入", who="民警甲"))[-1]
    assert standing(stage) == []


def test_towns_beyond_their_county_are_refused_whole(stage: Stage) -> None:
    table = "电诈,20,日报,柳溪镇\n电诈,10,日报,石桥镇\n电诈,25,日报\n"
    assert "各镇的电诈加起来已有 30，比望河县的 25 还多" in texts(send(stage, table.encode()))[1]
    assert standing(stage) == []
