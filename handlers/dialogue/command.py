"""Commands (命令): one file each; words, who answers, and how the bare word is told from ordinary talk."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue.form import Form
from handlers.dialogue.scene import Scene
from handlers.reading import intent
from handlers.reading.intent import Heard

Bare = Callable[[Heard], bool]
"""Whether what follows the bare word in a group shows that the bot is meant; see `handlers.reading.intent`."""

never = intent.never


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    `word` is its main Chinese word, `aliases` other ways to say it, `latin` its name in a menu that takes Latin
    names only. `handle` answers: a plain function whose parameters are handed in by name (`handlers.dialogue.given`).
    `look` (optional) reads and compares before the write transaction; what it returns is handed in as `seen`.
    `bare` tells the bare word in a group from ordinary talk. `form` is the guided talk it opens, if any.
    `own` (optional) knows what is said, privately and without its word or a number, of the only work one has in hand.
    `private` commands said in a group are answered privately. Its help stands in the catalogue as
    `help.<word>.about` and `help.<word>.usage`; `rank` orders it there (lower is earlier; 0 hides it).
    """

    word: str
    handle: Callable[..., Any]
    latin: str = ""
    aliases: tuple[str, ...] = ()
    bare: Bare = never
    look: Callable[..., Any] | None = None
    form: Form | None = None
    private: bool = False
    rank: int = 50
    own: Callable[[Session, Scene, str], bool] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Every word it answers to."""
        return (self.word, *self.aliases)


class TwoCommands(Exception):
    """Two files claim one word."""


@cache
def all_modules() -> tuple[ModuleType, ...]:
    """The files of the capability folders that carry commands."""
    package = importlib.import_module("handlers")
    return tuple(
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, "handlers.")
        if not found.ispkg
        and not found.name.startswith(("handlers.dialogue.", "handlers.drawing.", "handlers.reading."))
        and found.name.rsplit(".", 1)[1] not in ("rules", "actions", "picture")
    )


@cache
def all_commands() -> Mapping[str, Command]:
    """Word → command; raises TwoCommands naming both files."""
    return gather(all_modules())


@cache
def all_events() -> Mapping[str, Callable[..., Any]]:
    """What answers happenings that are no command, from the `EVENTS` of the files.

    Names: joined, left, migrated, muted, unmuted (the bot in a chat), talk (a private message that is no command),
    danger (words of danger in a group), withheld (a table of inhabitants), flood (somebody said too much in a
    minute), `edit:<record>` and `album:<record>` (a message that became a record).
    """
    return {name: handle for module in all_modules() for name, handle in getattr(module, "EVENTS", {}).items()}


@cache
def all_given() -> Mapping[str, Callable[..., Any]]:
    """Further names a handler may ask for, from the `GIVEN` of the files: name → what makes it."""
    return {name: make for module in all_modules() for name, make in getattr(module, "GIVEN", {}).items()}


@cache
def all_extra_forms() -> Mapping[str, Form]:
    """Guided talks that no single command opens, from the `FORMS` of the files."""
    return {form.name: form for module in all_modules() for form in getattr(module, "FORMS", ())}


def gather(modules: Iterable[ModuleType]) -> dict[str, Command]:
    """Word → command of these modules (`COMMAND`, or `COMMANDS` where one file carries close kin)."""
    found: dict[str, Command] = {}
    owner: dict[str, str] = {}
    for module in modules:
        own = getattr(module, "COMMANDS", None) or filter(None, [getattr(module, "COMMAND", None)])
        for command in own:
            for word in (*command.words, command.latin):
                if word and word in found:
                    raise TwoCommands(f"{word}: {owner[word]} / {module.__name__}")
                if word:
                    found[word], owner[word] = command, module.__name__
    return found


@cache
def of_own_work() -> tuple[Command, ...]:
    """The commands that know what is said of the only work one has in hand."""
    return tuple(one for one in main_commands() if one.own is not None)


def main_commands() -> list[Command]:
    """Each command once, in the order of its rank."""
    return sorted({id(c): c for c in all_commands().values()}.values(), key=lambda c: (c.rank, c.word))
