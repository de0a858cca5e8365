"""What the documents show is what the code does."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import app as command_line
from bot.channels.official_account.callback import PATH as OFFICIAL
from bot.channels.wecom_aibot.callback import PATH as AIBOT
from bot.channels.wecom_app.channel import PATH as APP
from bot.settings import Settings
from bot.web.films import PATH as FILM
from handlers.dialogue import access, command
from handlers.dialogue.access import EVERYONE, Rule
from handlers.dialogue.wording import Catalogue
from tests.support import access_page
from tests.support.stage import Stage, texts

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TOP = [ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = [*sorted(DOCS.rglob("*.md")), *TOP]
WECHAT = (DOCS / "wechat.md").read_text(encoding="utf-8")
WECHAT_SECTIONS = ("wecom", "wecom_aibot", "wecom_robot", "wecom_app", "official_account", "customer_group", "relay")


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_a_page_names_exist(page: Path) -> None:
    words = page.read_text(encoding="utf-8")
    root = DOCS.parent
    named = re.findall(r"`((?:bot|jobs|handlers|storage|tests|benchmarks|docs)/[\w/.-]+)`", words)
    assert [name for name in named if not (root / name).exists()] == []
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", words)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_a_page_names_exist(page: Path) -> None:
    words = page.read_text(encoding="utf-8")
    groups = {
        str(one.name): {_name(each) for each in one.typer_instance.registered_commands}
        for one in command_line.registered_groups
        if one.typer_instance is not None
    }
    known = {_name(one) for one in command_line.registered_commands}
    for first, second in re.findall(r"\bwangge ([a-z]+)(?: ([a-z]+)\b)?", words):
        assert first in known or second in groups.get(first, ()), f"wangge {first} {second}"
    made = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert [name for name in re.findall(r"`make ([a-z-]+)", words) if name not in made] == []


def _name(one: Any) -> str:  # noqa: ANN401 - typer's record of a command
    return str(one.name or one.callback.__name__).rstrip("_")


def test_every_setting_of_wechat_is_explained() -> None:
    shown: dict[str, set[str]] = {}
    for block in re.findall(r"```toml\n(.+?)```", WECHAT, re.S):
        for section, keys in tomllib.loads(block).items():
            shown.setdefault(section, set()).update(keys)
    fields = {name: set(type(getattr(Settings(), name)).model_fields) for name in Settings.model_fields}
    assert {name: keys - fields[name] for name, keys in shown.items() if keys - fields[name]} == {}
    assert {name: fields[name] - shown[name] for name in WECHAT_SECTIONS if fields[name] - shown[name]} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_a_page_names_exist(page: Path) -> None:
    fields = {name: set(type(getattr(Settings(), name)).model_fields) for name in Settings.model_fields}
    named = re.findall(r"`\[([a-z_]+)\](?: ([a-z_]+))?", page.read_text(encoding="utf-8"))
    assert [one for one in named if one[0] not in fields or (one[1] and one[1] not in fields[one[0]])] == []


def test_the_addresses_a_proxy_leads_to_are_the_channels_own() -> None:
    led = re.findall(r"location (?:= )?(/\S+)", WECHAT)
    assert sorted(led) == sorted([APP, AIBOT, OFFICIAL, f"{FILM}/"])


def test_what_the_check_prints_is_what_the_page_explains() -> None:
    sources = [ROOT / "bot" / "doctor.py", *(ROOT / "bot" / "channels").rglob("*.py")]
    said = "\n".join(one.read_text(encoding="utf-8") for one in sources)
    table = WECHAT.partition("`wangge check` 每一行的意思")[2].partition("\n## ")[0]
    shown = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(shown) > 10
    words = [word for line in shown for word in re.split(r"[\s（）“”…✓✗|]+", line) if len(word) > 3]
    assert [word for word in words if word not in said] == []
