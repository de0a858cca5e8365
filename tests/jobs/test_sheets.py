"""Sheets of doors: read within bounds, taken once, never kept."""

import io
import zipfile

import pytest
import xlsxwriter
from sqlalchemy import select

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef
from jobs import sheets
from jobs.sheets import NoSheet
from storage.awaited import AwaitedFile
from storage.media import Medium
from storage.visits import Door
from tests.support.stage import Stage, texts

CSV = "序号,地址\r\n1,大侯村3号\r\n2,大侯村5号\r\n"


def xlsx(*rows: tuple[object, ...]) -> bytes:
    """A sheet with these rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def packed(**parts: bytes) -> bytes:
    """A packed file of these parts of a first sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr({"sheet": "xl/worksheets/sheet1.xml"}.get(name, name), part)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_there_are(encoding: str) -> None:
    assert sheets.lines_of(CSV.encode(encoding)) == "序号\t地址\n1\t大侯村3号\n2\t大侯村5号"


def test_an_xlsx_file_is_read() -> None:
    assert sheets.lines_of(xlsx(("序号", "地址"), (1, "大侯村3号"))) == "序号\t地址\n1\t大侯村3号"
    inline = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>'
    inline += '<c t="inlineStr"><is><t>大侯村3号</t></is></c></row></sheetData></worksheet>'.encode()
    assert sheets.lines_of(packed(sheet=inline)) == "大侯村3号"


def test_empty_cells_and_rows_keep_their_place() -> None:
    assert (
        sheets.lines_of(xlsx(("警情", 812, "台账", None, "上周"), (), ("电诈", 3)))
        == "警情\t812\t台账\t\t上周\n\n电诈\t3"
    )


NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def locked() -> bytes:
    """A packed file whose sheet has a password."""
    blob = bytearray(packed(sheet=b"<worksheet/>"))
    blob[6] |= 1
    blob[blob.index(b"PK\x01\x02") + 8] |= 1
    return bytes(blob)


def strange() -> bytes:
    """A packed file whose sheet is packed in a way nobody knows."""
    blob = bytearray(packed(sheet=b"<worksheet/>"))
    blob[8] = blob[blob.index(b"PK\x01\x02") + 10] = 97
    return bytes(blob)


def told_again(times: int) -> bytes:
    """One long word that every cell of a small file names."""
    words = f"<sst {NAMES}><si><t>{'x' * 100_000}</t></si></sst>".encode()
    cells = '<c t="s"><v>0</v></c>' * times
    sheet = f'<worksheet {NAMES}><row r="1">{cells}</row></worksheet>'.encode()
    return packed(sheet=sheet, **{"xl/sharedStrings.xml": words})


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'


@pytest.mark.parametrize(
    "blob",
    [
        b"x" * (sheets.MOST_BYTES + 1),
        b"a,b\x00",
        b"\xff\xfe\x80\x81",
        b"1\n" * (sheets.MOST_LINES + 1),
        sheets.PACKED + b"nothing",
        packed(other=b"x"),
        packed(sheet=b"<worksheet>"),
        packed(sheet=BOMB),
        packed(sheet="<!DOCTYPE x><w/>".encode("utf-16")),
        packed(sheet=b"<a>" + b" " * sheets.MOST_PART + b"</a>"),
        locked(),
        strange(),
        told_again(50),
    ],
    ids=[
        "large",
        "zero",
        "no text",
        "long",
        "broken",
        "no sheet",
        "no end",
        "entity",
        "utf-16",
        "unpacks large",
        "locked",
        "strange",
        "grows",
    ],
)
def test_what_is_no_sheet_is_none(blob: bytes) -> None:
    with pytest.raises(NoSheet):
        sheets.lines_of(blob)


def send(stage: Stage, blob: bytes, words: str = "走访 门牌", who: str = "网格员甲") -> list[Shown]:
    """Somebody sends a file."""
    stage.play.console.files["doors"] = blob
    return stage.say(who, words, media=(MediaRef("file", "doors", "text/csv", len(blob)),))


def test_doors_come_from_a_file_and_the_file_is_not_kept(both_stages: Stage) -> None:
    shown = texts(send(both_stages, xlsx(("地址",), ("大侯村3号",), ("大侯村5号",), ("大侯村7号 张建国",))))
    assert shown[0].startswith("文件收到了")
    assert shown[1].startswith("记下 2 户（1-2 号）")
    assert "第 4 行没有收" in shown[1]
    with both_stages.world.db.read() as session:
        assert len(session.scalars(select(Door)).all()) == 2
        assert session.scalars(select(AwaitedFile)).all() == []
        assert [one.blob for one in session.scalars(select(Medium))] == [None]


def test_a_file_answers_the_question_too(stage: Stage) -> None:
    stage.say("网格员甲", "走访 门牌")
    assert texts(send(stage, CSV.encode(), ""))[-1].startswith("记下 2 户")


def test_a_table_of_people_is_refused_and_nothing_stays(stage: Stage) -> None:
    shown = texts(send(stage, xlsx(("姓名", "地址"), ("张三", "大侯村3号"))))
    assert "我不能收" in shown[-1]
    with stage.world.db.read() as session:
        assert session.scalars(select(Door)).all() == []


def test_a_file_that_cannot_be_read_or_fetched_is_told(stage: Stage) -> None:
    assert "这个文件读不了" in texts(send(stage, b"%PDF\x00"))[-1]
    stage.play.console.files.pop("doors")
    shown = texts(stage.say("网格员甲", "走访 门牌", media=(MediaRef("file", "gone", "text/csv", 3),)))
    assert "这个文件读不了" in shown[-1]
    assert "门牌由网格员自己保管" in texts(send(stage, CSV.encode(), who="民警甲"))[-1]
