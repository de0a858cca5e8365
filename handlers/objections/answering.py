"""异议成立, 异议不成立, 问异议: what an officer says to an objection."""

from collections.abc import Sequence

from handlers.bulletins import naming
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.objections import actions, notices
from handlers.reading import intent
from handlers.reading.codes import Code


def uphold(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """异议成立 协3."""
    return actions.uphold(office, actor, notices.meant(office, actor, codes, topic, "异议成立"))


def dismiss(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """异议不成立 协3 已核对，是本人."""
    notice = notices.meant(office, actor, codes, topic, "异议不成立")
    return actions.dismiss(office, actor, notice, naming.beside(rest, codes))


def ask(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """问异议 协3 您怎么知道不是他."""
    notice = notices.meant(office, actor, codes, topic, "问异议")
    return actions.ask(office, actor, notice, naming.beside(rest, codes))


COMMANDS = (
    Command("异议成立", uphold, latin="uphold", bare=intent.has_code, rank=27),
    Command("异议不成立", dismiss, latin="dismiss", bare=intent.has_code, rank=27),
    Command("问异议", ask, latin="askobjector", rank=0),
)
