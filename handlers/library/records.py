"""Which item of the library is meant (查号)."""

from collections.abc import Sequence

from handlers.bulletins import audience
from handlers.bulletins.views import Office
from handlers.dialogue.access import refuse
from handlers.dialogue.scene import Actor
from handlers.reading.codes import Code
from storage import library
from storage.library import LETTER, LibraryItem


def named(codes: Sequence[Code]) -> list[Code]:
    """The codes of items among those of a message."""
    return [code for code in codes if code.prefix == LETTER]


def meant(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None, word: str) -> LibraryItem:
    """The item named, or the one whose message was answered, of one's own station; raises Refusal."""
    own = named(codes)
    name, _, number = (topic or "").partition(":")
    found = None
    if own:
        found = library.numbered(office.session, own[0].number)
    elif not codes and name == "library" and number.isdecimal():
        found = library.find(office.session, int(number))
    if found is None and not own:
        raise refuse("library.which", word=word)
    if found is None or not audience.is_ours(office.session, actor, found.area_id):
        raise refuse("library.unknown", code=str(own[0]) if own else "")
    return found
