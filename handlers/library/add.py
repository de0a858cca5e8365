"""入库 and 出库: put something into the library, in one message or question by question, and take it out again."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.bulletins import form as notices
from handlers.bulletins.views import Office
from handlers.dialogue import asking
from handlers.dialogue.command import Command
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say, button
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text as sentence
from handlers.incidents.words import after_codes
from handlers.library import actions, records, views
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from storage import chats, library, sources
from storage.library import Shelf

_SHELF = re.compile(r"\s*(反诈|普法|法律|防骗)库?[\s:：,，。、]*")
_SHELVES = {"反诈": Shelf.FRAUD, "防骗": Shelf.FRAUD, "普法": Shelf.LAW, "法律": Shelf.LAW}


def put_in(
    office: Office, actor: Actor, rest: str, codes: Sequence[Code], media: list[int], message: Incoming
) -> list[Say]:
    """入库 反诈 冒充客服退款…; 入库 库3 sends a draft to be approved, or undoes 出库; alone it asks."""
    if records.named(codes) and len(after_codes(rest, records.named(codes))) < 2:
        return actions.submit(office, actor, records.meant(office, actor, codes, None, "入库"))
    shelf, words = split(rest)
    if shelf is None or len(words) < 2:
        return _ask(office, actor, shelf, words, media)
    return _added(office, actor, shelf, words, media, message)


def split(rest: str) -> tuple[Shelf | None, str]:
    """The shelf named first, and the words behind it."""
    found = _SHELF.match(fold(rest))
    return (_SHELVES[found[1]], rest[found.end() :].strip()) if found else (None, rest.strip())


def _ask(office: Office, actor: Actor, shelf: Shelf | None, words: str, media: list[int]) -> list[Say]:
    actions.home(office.session, actor)
    chat = chats.private_of(office.session, actor.id)
    if chat is None:
        return [Say(sentence("library.add_how"))]
    known: dict[str, Any] = {"shelf": str(shelf)} if shelf is not None else {}
    if len(words) >= 2:
        known["words"] = {"words": words, "media": media}
    elif media:
        known["picture"] = media
    return asking.begin(office.session, FORM, actor.id, chat.id, office.now, known)


def _added(
    office: Office, actor: Actor, shelf: Shelf, words: str, media: Sequence[int], message: Incoming
) -> list[Say]:
    item = actions.add(office, actor, shelf, words, media)
    for name in filter(None, (message.message_id and message.message_name, message.album and message.album_name)):
        sources.note(office.session, name, item.topic, office.now)
    return views.preview(office, item)


def take_out(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """出库 库3."""
    return actions.take_out(office, actor, records.meant(office, actor, codes, topic, "出库"))


def read_shelf(rest: str) -> str | Problem:
    """反诈 or 普法."""
    shelf, _ = split(rest)
    return str(shelf) if shelf is not None else Problem(sentence("library.no_shelf"))


def finish(office: Office, actor: Actor, answers: Mapping[str, Any], message: Incoming) -> list[Say]:
    """The draft and its preview."""
    media = [*answers["words"]["media"], *(answers.get("picture") or ())]
    return _added(office, actor, Shelf(answers["shelf"]), answers["words"]["words"], media, message)


def further_picture(office: Office, actor: Actor, topic: str, media: list[int]) -> list[Say]:
    """A further picture of the same album joins the draft."""
    item = library.find(office.session, int(topic.partition(":")[2]))
    says = actions.add_media(office, actor, item, media) if item is not None else []
    return notices.privately(says, actor.id)


def edited(office: Office, actor: Actor, topic: str) -> list[Say]:
    """The message an item came from was edited: what stands in the library stays as it was looked at."""
    item = library.find(office.session, int(topic.partition(":")[2]))
    if item is None or item.author_id != actor.id:
        return []
    return [Say(sentence("library.no_edit", code=item.code), buttons=views.buttons(item), person=actor.id)]


_CHOICES = ((button("library.button.fraud", "反诈"), button("library.button.law", "普法")),)
FORM = Form(
    "library",
    (
        Question("shelf", read_shelf, _CHOICES, optional=False),
        Question("words", notices.read_words, optional=False),
        Question("picture", notices.read_picture),
    ),
    finish,
)
EVENTS = {"album:library": further_picture, "edit:library": edited}
COMMANDS = (
    Command("入库", put_in, bare=intent.never, form=FORM, private=True, rank=0),
    Command("出库", take_out, bare=intent.never, private=True, rank=0),
)
