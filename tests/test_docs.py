"""What the documents show is what the code does."""

import re
from pathlib import Path

import pytest

from handlers.dialogue import access, command
from handlers.dialogue.access import EVERYONE, Rule
from handlers.dialogue.wording import Catalogue
from tests.support import access_page
from tests.support.stage import Stage, texts

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_rights_is_current() -> None:
    assert access_page.PAGE.read_text(encoding="utf-8") == access_page.page()


def test_the_example_of_a_command_works(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```python\n(.+?)```", (DOCS / "add-a-command.md").read_text(encoding="utf-8"), re.S)
    assert example is not None
    file: dict[str, object] = {"__name__": "handlers.weather.weather"}
    exec(example.group(1), file)  # noqa: S102 - the page's own example
    new = file["COMMAND"]
    assert isinstance(new, command.Command)
    commands = {**command.all_commands(), new.word: new}
    monkeypatch.setattr(command, "all_commands", lambda: commands)
    monkeypatch.setattr(access, "MATRIX", {**access.MATRIX, new.word: Rule(EVERYONE)})
    said = {"weather.none": "没有区域。", "weather.quiet": "{area}明天没有天气预警。"}
    stage.world.words = Catalogue({**stage.world.words.sentences, **said})
    assert texts(stage.say("网格员甲", "天气")) == ["大侯村明天没有天气预警。"]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_files_a_page_names_exist(page: Path) -> None:
    words = page.read_text(encoding="utf-8")
    root = DOCS.parent
    named = re.findall(r"`((?:bot|jobs|handlers|storage|tests|benchmarks|docs)/[\w/.-]+)`", words)
    assert [name for name in named if not (root / name).exists()] == []
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", words)
    assert [link for link in links if not (page.parent / link).exists()] == []
