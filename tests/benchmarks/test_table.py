"""The table: verdicts, how figures are printed, the page, and the lines of programs."""

import importlib
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.__main__ import MEASURES
from benchmarks.measures import programs
from benchmarks.table import Row, markdown, not_run, over, put_between


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 1.04, 1.06, target="≤1.04", worst_target="≤1.06"), "reached"),
        (Row("a", 1.044, 1.05, target="≤1.04"), "reached"),
        (Row("a", 1.046, 1.05, target="≤1.04"), "missed"),
        (Row("a", 1.03, 1.07, target="≤1.04", worst_target="≤1.06"), "missed"),
        (Row("a", 0, 0, target="=0", worst_target="=0"), "reached"),
        (Row("a", 0, 1, target="=0", worst_target="=0"), "missed"),
        (Row("a", 3499, target="≥3500"), "missed"),
        (Row("a", 12345, target="≥3500"), "reached"),
        (Row("a", 5), ""),
        (not_run("a", "no network"), "not run"),
    ],
)
def test_a_verdict_is_about_the_printed_figure(row: Row, verdict: str) -> None:
    assert row.verdict == verdict


def test_a_target_must_be_one() -> None:
    with pytest.raises(ValueError, match="not a target"):
        Row("a", 1, target="about 3")


def test_the_worst_is_the_lowest_where_much_is_asked() -> None:
    assert over("a", [3.0, 1.0, 2.0], target="≥2").worst == 1.0
    assert over("a", [3.0, 1.0, 2.0], target="≤2").worst == 3.0
    assert over("a", [3.0, 1.0, 2.0]).median == 2.0


def test_the_table_tells_what_was_missed_and_what_was_not_run() -> None:
    rows = [Row("ours | theirs", 1.5, 2, "s", "≤1", note="slow", rival="3 s"), not_run("theirs", "no wheel")]
    shown = markdown([("Speed", rows)]).splitlines()
    assert shown[0] == "### Speed"
    assert shown[4] == "| ours \\| theirs | 1.50 | 2 | s | ≤1 | **missed** | 1 | slow; rival: 3 s |"
    assert shown[5] == "| theirs | – | – |  |  | **not run** | 0 | **not run**: no wheel |"
    assert all(line.count(" | ") == shown[2].count(" | ") for line in shown[4:6])


def test_only_what_lies_between_the_markers_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    for _ in range(2):
        put_between(page, "new")
        assert page.read_text() == f"before\n{table.BEGIN}\n\nnew\n\n{table.END}\nafter\n"
    page.write_text("no markers")
    with pytest.raises(ValueError, match="no markers"):
        put_between(page, "new")


def test_the_page_of_the_project_has_its_markers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    assert page.index(table.BEGIN) < page.index(table.END)


def test_a_row_goes_through_a_line() -> None:
    row = Row("持久收件", 3941.2, 3759, "/s", "≥3500", runs=5)
    assert Row.of_line(row.line()) == row
    with pytest.raises(TypeError):
        Row.of_line('{"name": "a", "median": 1, "colour": "red"}')


def test_a_program_that_is_not_there_is_told_loudly() -> None:
    (row,) = programs.run("no_such_program", short=True)
    assert row.verdict == "not run"


def test_every_measure_has_a_title() -> None:

    for name in MEASURES:
        module = importlib.import_module(f"benchmarks.measures.{name}")
        assert module.TITLE
        assert callable(module.measure)


def test_what_could_not_be_run_names_no_path_of_this_machine() -> None:
    row = not_run("rival", "Error: exists: '/home/me/.envs/x.so' -> '/usr/lib/x.so' at 1 / 30 s")
    assert row.note == "**not run**: Error: exists: '…' -> '…' at 1 / 30 s"
