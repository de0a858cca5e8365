"""The menu (自定义菜单) under the talk: the bot's own commands, at most three groups of five.

What a button sends is signed like any other button's data, so that nobody can make up a press.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.channels.buttons import Buttons
from handlers.dialogue import command

GROUPS: Final = 3
MOST: Final = 5
LAYOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "report": ("隐患", "求助", "线索", "上报", "寻人"),
    "follow": ("进度", "补充", "撤销", "查看", "找到"),
    "more": ("提醒", "我的提醒", "我的数据", "绑定", "帮助"),
}
"""Where a command stands; one that is not offered leaves its place to the next that has none."""


def offered(latin: Iterable[str]) -> list[str]:
    """The Chinese words of commands by their Latin names, each once."""
    known = command.all_commands()
    return list(dict.fromkeys(known[name].word for name in latin if name in known))


def layout(words: Sequence[str]) -> dict[str, list[str]]:
    """Group → the command words in it, of those offered; an empty group is left out."""
    taken = {name: [word for word in group if word in words] for name, group in LAYOUT.items()}
    placed = {word for group in taken.values() for word in group}
    spare = [word for word in words if word not in placed]
    for group in reversed(taken.values()):
        free = MOST - len(group)
        group[len(group) :], spare = spare[:free], spare[free:]
    return {name: group for name, group in taken.items() if group}


def built(words: Sequence[str], titles: Mapping[str, str], buttons: Buttons) -> dict[str, Any]:
    """The menu as the platform takes it; `titles` name the groups."""
    return {
        "button": [
            {"name": titles[name], "sub_button": [_button(word, buttons) for word in group]}
            for name, group in layout(words).items()
        ]
    }


def _button(word: str, buttons: Buttons) -> dict[str, str]:
    return {"type": "click", "name": word, "key": buttons.pack(word)}
