"""What the page of the mission promises is there: each row's dialogue, its commands, its picture."""

import re
from pathlib import Path

import pytest

from handlers.dialogue import command
from tests.support import dialogues

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "mission.md"
SYSTEMS = 23
SHOWN = frozenset(range(1, SYSTEMS + 1))
"""The rows the page must have: all of them."""


def rows() -> list[list[str]]:
    """The cells of each row."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d+ \|", line)]


def test_each_system_has_one_row() -> None:
    numbers = [int(row[0]) for row in rows()]
    assert numbers == sorted(set(numbers))
    assert SHOWN <= set(numbers) <= set(range(1, SYSTEMS + 1))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_a_row_names_is_there(row: list[str]) -> None:
    _, system, say, files, picture = row
    assert system
    said = re.findall(r"`([^`]+)`", say)
    assert said, "what people say"
    assert [one for one in said if one.split()[0] not in command.all_commands()] == []
    named = re.findall(r"`(tests/dialogs/[\w/.-]+\.toml)`", files)
    assert named, "what proves it"
    assert [one for one in named if not (ROOT / one).exists()] == []
    shown = re.findall(r"\]\(([^)]+)\)", picture)
    assert [one for one in shown if not (PAGE.parent / one).exists()] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_rows_dialogue_says_its_first_word(row: list[str]) -> None:
    """A file that never says the word proves nothing about it."""
    word = re.findall(r"`([^`]+)`", row[2])[0].split()[0]
    steps = [step for path in re.findall(r"`(tests/dialogs/[\w/.-]+\.toml)`", row[3]) for step in spoken(ROOT / path)]
    assert any(word in one for one in steps), word


def spoken(path: Path) -> list[str]:
    """What people say and press in a file."""
    return [str(step.get("says") or step.get("presses") or "") for step in dialogues.read(path)["step"]]
