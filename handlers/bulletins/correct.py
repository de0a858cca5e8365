"""更正: new words for a bulletin or a search; which it is, its code says."""

from collections.abc import Sequence

from handlers.bulletins import closing, naming
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading import intent
from handlers.reading.codes import Code


def correct(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """更正 反4 新文字; 更正 寻3 穿的是红棉袄."""
    code = naming.search_code(codes)
    if code is not None:
        search = closing.search_numbered(office, code.number)
        return closing.correct_search(office, actor, search, naming.beside(rest, codes))
    bulletin = naming.meant(office, codes, topic, "更正")
    return closing.correct(office, actor, bulletin, naming.beside(rest, codes))


COMMAND = Command("更正", correct, latin="correct", bare=intent.correct, private=True, rank=26)
