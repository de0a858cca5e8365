"""The command menu (菜单): what Telegram offers behind “/”, built from the commands like the help is."""

from handlers.dialogue import command
from handlers.dialogue.access import may
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Catalogue, text
from storage.chats import ChatKind

ANYBODY = Actor(0)
SCOPES = {"private": ChatKind.PRIVATE, "groups": ChatKind.RESIDENTS}


def menus(words: Catalogue) -> dict[str, list[tuple[str, str]]]:
    """By scope, the Latin name and the Chinese words of every command anybody may use there, the likely ones first."""
    return {scope: _entries(words, kind) for scope, kind in SCOPES.items()}


def _entries(words: Catalogue, kind: ChatKind) -> list[tuple[str, str]]:
    return [
        (one.latin, words.render(text("telegram.menu", word=one.word, about=text(f"help.{one.word}.about"))))
        for one in command.main_commands()
        if one.latin and one.rank and may(ANYBODY, one.word, kind) and words.has(f"help.{one.word}.about")
    ]
