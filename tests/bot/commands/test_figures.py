"""`wangge weekly import`: figures of elsewhere from files, by the door chat uses."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cannot import CannotDo
from bot.commands import people
from bot.commands.figures import import_figures
from bot.worlds import open_world, samples
from storage.weekly import WeeklyEntry
from storage.worlds import WorldKind
from tests.jobs.test_sheets import xlsx


@pytest.fixture(autouse=True)
def _county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    people.import_files([samples() / name for name in ("areas.csv", "people.csv")], None, None)


def figures() -> list[tuple[str, int, str]]:
    """Kind, figure and role of all that was entered."""
    world = open_world(WorldKind.PLAYGROUND, "sqlite:///playground.db", Path("playground.key"))
    with world.db.read() as session:
        found = session.scalars(select(WeeklyEntry).order_by(WeeklyEntry.id)).all()
        told = [(one.kind, one.value, one.role) for one in found]
    world.db.close()
    return told


def test_figures_come_from_csv_and_xlsx() -> None:
    Path("a.csv").write_bytes("项目,数,来源,地区\n警情,812,县局台账,\n警情,500,县局台账,柳溪镇\n".encode("gb18030"))
    Path("b.xlsx").write_bytes(xlsx(("项目", "数", "来源"), ("电诈", 12, "反诈中心日报")))
    told = import_figures([Path("a.csv"), Path("b.xlsx")], None, None, replace=False)
    assert told == ["演练场：已录入 3 项。 Entered: 3 figures."]
    assert figures() == [("警情", 812, "管理员"), ("警情", 500, "管理员"), ("电诈", 12, "管理员")]


def test_what_stands_is_replaced_only_when_told_so() -> None:
    Path("a.csv").write_text("警情,812,县局台账\n", encoding="utf-8")
    Path("b.csv").write_text("警情,820,县局复核\n电诈,9,日报\n", encoding="utf-8")
    import_figures([Path("a.csv")], None, None, replace=False)
    with pytest.raises(CannotDo, match=r"(?s)1 项会替换.*--replace.*警情 820（原来 812）"):
        import_figures([Path("b.csv")], None, None, replace=False)
    assert len(figures()) == 1
    import_figures([Path("b.csv")], None, None, replace=True)
    assert [value for _, value, _ in figures()] == [812, 820, 9]


def test_one_bad_line_and_nothing_is_entered() -> None:
    Path("a.csv").write_text("警情,812,县局台账\n", encoding="utf-8")
    Path("b.csv").write_text("项目,数,来源\n警情,多,县局台账\n", encoding="utf-8")
    Path("c.csv").write_bytes(b"\xff\xff\x00\x80")
    with pytest.raises(CannotDo, match=r"b\.csv：有 1 行要改(?s:.)*第 2 行"):
        import_figures([Path("a.csv"), Path("b.csv")], None, None, replace=True)
    with pytest.raises(CannotDo, match="不是表格"):
        import_figures([Path("c.csv")], None, None, replace=True)
    with pytest.raises(CannotDo, match=r"读不了 none\.csv"):
        import_figures([Path("none.csv")], None, None, replace=True)
    assert figures() == []
