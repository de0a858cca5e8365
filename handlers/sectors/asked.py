"""What the words of this room have in common: which search, what is left of the words, and how a group is answered."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.incidents.records import reaches
from handlers.incidents.words import after_codes
from handlers.reading.codes import Code
from handlers.sectors import records
from storage.searches import LETTER, Search


def meant(session: Session, actor: Actor, codes: Sequence[Code], topic: str | None, word: str) -> Search:
    """The search a word of this room is about."""
    return records.meant(session, actor, codes, topic, word)


def rest_of(rest: str, codes: Sequence[Code]) -> str:
    """The words behind the search's code."""
    return after_codes(rest, [code for code in codes if code.prefix == LETTER])


def answered(session: Session, scene: Scene, says: list[Say], key: str, via: str, search: Search) -> list[Say]:
    """In a group a toast or one line says that the rest is private; no name and no sector is said there."""
    if not scene.is_group:
        return says
    line = text(key, code=search.code)
    if not reaches(session, scene.actor.id):
        return [*says, Say(text("sectors.open_private"), opens_for=scene.actor.id, quote=True)]
    if via in ("button", "choice") and says:
        return [replace(says[0], toast=line), *says[1:]]
    return [*says, Say(line, quote=True)]
