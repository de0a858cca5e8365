"""撤回: any one officer takes a notice back, at once."""

from collections.abc import Sequence

from handlers.bulletins import closing, naming
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading import intent
from handlers.reading.codes import Code
from storage import searches
from storage.searches import Search


def recall(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """撤回 反4; 撤回 协2 认错人; 撤回 寻3."""
    search = _search(office, codes, topic)
    if search is not None:
        return closing.recall_search(office, actor, search)
    bulletin = naming.meant(office, codes, topic, "撤回")
    return closing.recall(office, actor, bulletin, naming.beside(rest, codes))


def _search(office: Office, codes: Sequence[Code], topic: str | None) -> Search | None:
    code = naming.search_code(codes)
    if code is not None:
        return closing.search_numbered(office, code.number)
    kind, _, number = (topic or "").partition(":")
    return searches.get(office.session, int(number)) if kind == "search" and not codes else None


COMMAND = Command("撤回", recall, latin="recall", bare=intent.recall, rank=25)
