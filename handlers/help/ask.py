"""帮助: what this person can do here; and what is said to a private message that is no command."""

from handlers.dialogue.access import may
from handlers.dialogue.command import Command, main_commands
from handlers.dialogue.say import Say, button, say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import text
from handlers.reading import intent


def help_(scene: Scene) -> Say:
    """The commands this person may use in this chat, the likely ones first."""
    lines = tuple(
        text("help.line", word=command.word, about=text(f"help.{command.word}.about"))
        for command in main_commands()
        if command.rank and may(scene.actor, command.word, scene.kind)
    )
    return say("help.intro", lines=lines)


def talk() -> Say:
    """A private message that is no command."""
    return say(
        "help.what",
        (button("help.hazard", "隐患"), button("help.tip", "线索")),
        (button("help.help", "帮助"),),
    )


COMMAND = Command("帮助", help_, latin="help", bare=intent.nothing, rank=90)
EVENTS = {"talk": talk}
