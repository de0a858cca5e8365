"""异议: anybody says that a public notice is wrong, by its code or in answer to it."""

from collections.abc import Sequence

from handlers.bulletins import naming
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.objections import actions, notices
from handlers.reading import intent
from handlers.reading.codes import Code

ALSO = ("反对发布", "这不是我", "发错人了", "认错人了")


def make(
    office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None, message: Incoming
) -> list[Say]:
    """异议 协3 照片不是他; 认错人了 协3."""
    notice = notices.meant(office, actor, codes, topic, "异议")
    return actions.make(office, actor, notice, naming.beside(rest, codes), f"{message.account}|{message.sender}")


COMMAND = Command("异议", make, latin="objection", aliases=ALSO, bare=intent.has_code, private=True, rank=60)
