"""名单不收: a table of inhabitants never enters a talk; nothing of it was kept (R6)."""

from handlers.dialogue.say import Say, say
from handlers.dialogue.scene import Scene


def withheld(scene: Scene) -> Say:
    """The one answer to a table of inhabitants, homes or firms."""
    return say("help.withheld_group") if scene.is_group else say("help.withheld")


EVENTS = {"withheld": withheld}
