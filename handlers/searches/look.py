"""查看 寻3, 寻3: the live notice with its photo, privately, to anybody who asks for a published search."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading.codes import Code
from handlers.reading.codes import codes as named_in
from handlers.reading.normal import fold
from handlers.searches import actions
from handlers.searches.finding import meant
from storage.searches import SearchState


def look(
    session: Session, actor: Actor, message: Incoming, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """寻3; the code is read from the whole message, as its letter is the command word, or is that of a button named."""
    access.require(actor, "查看", None)
    named = named_in(fold(message.text)) or codes
    search = meant(session, actor, named, topic, "查看", [SearchState.PUBLISHED])
    return actions.show(session, actor, search, now)


COMMAND = Command("查看", look, latin="look", aliases=("看", "寻"), private=True, rank=26)
