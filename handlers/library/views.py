"""Views of the library (看法): an item as people will read it, a line of the shelf, a rotation in words."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from handlers.bulletins import rules as notices
from handlers.bulletins.views import Office
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.wording import Text, text
from handlers.reminders.rules import moment_words, repeat_words
from storage import areas, audit, library
from storage.library import ItemState, LibraryItem, LibraryRotation, RotationState, Shelf

SHORT = 16


def content_hash(shelf: Shelf, body: Mapping[str, Any]) -> str:
    """SHA-256 of exactly what is sent; the yes is bound to it."""
    return notices.content_hash({"shelf": str(shelf), "text": body["text"], "media": list(body["media"])})


def shown(office: Office, item: LibraryItem) -> Say:
    """The item as it will be read, with a code and an end in the place of those it will get."""
    body = library.body_of(office.session, item)
    key = "bulletins.notice.fraud" if item.shelf is Shelf.FRAUD else "bulletins.notice.law"
    until = text("library.until", days=office.station.bulletin_lives // timedelta(days=1))
    words = notices.masked(str(body["text"]), office.station.lines, True)
    sentence = text(key, words=words, code=text("library.code_later"), until=until)
    return Say(sentence, media=tuple(body["media"]), links="://" in words)


def state(item: LibraryItem) -> Text:
    """Its state in a word."""
    return text(f"library.state.{item.state}")


def preview(office: Office, item: LibraryItem) -> list[Say]:
    """The item and what can be done with it."""
    return [shown(office, item), Say(text("library.panel", **_panel(office, item)), buttons=buttons(item))]


def _panel(office: Office, item: LibraryItem) -> dict[str, object]:
    return {
        "code": item.code,
        "shelf": item.shelf,
        "state": state(item),
        "area": areas.get(office.session, item.area_id).name,
        "hint": text(f"library.hint.{item.state}", code=item.code),
    }


def buttons(item: LibraryItem) -> tuple[tuple[Button, ...], ...]:
    """What can be done with it as it stands."""
    take_out = button("library.button.out", f"出库 {item.code}")
    if item.state is ItemState.DRAFT:
        return rows((button("library.button.submit", f"入库 {item.code}"), take_out))
    if item.state is ItemState.OUT:
        return rows(button("library.button.back", f"入库 {item.code}"))
    return rows(take_out)


def ask(office: Office, item: LibraryItem) -> list[Say]:
    """What another officer reads before saying yes: exactly what is sent, to whom, how often."""
    sentence = text(
        "library.ask",
        code=item.code,
        shelf=item.shelf,
        author=office.called(item.author_id),
        content=item.content_hash[:8],
        head=audit.head(office.session).hash[: audit.SHOWN],
    )
    choices = (
        button("bulletins.approve", f"批准 {item.code} {item.content_hash[:8]}"),
        button("bulletins.reject", f"驳回 {item.code}"),
    )
    return [shown(office, item), Say(sentence, buttons=rows(choices))]


def line(office: Office, item: LibraryItem, sent: bool) -> Text:
    """One line of the shelf."""
    body = library.body_of(office.session, item)
    words = notices.masked(str(body["text"]), office.station.lines, True).replace("\n", " ")
    return text(
        "library.line",
        code=item.code,
        words=words if len(words) <= SHORT else f"{words[:SHORT]}…",
        media=text("library.with_media", n=len(body["media"])) if body["media"] else "",
        state=text("library.sent_this_season") if sent and item.state is ItemState.READY else state(item),
    )


def rotation(office: Office, row: LibraryRotation) -> Text:
    """A rotation in words: where, when, when next."""
    area = areas.get(office.session, row.area_id).name
    if row.state is RotationState.PAUSED or row.next_at is None:
        return text("library.rotation_paused", area=area, repeat=repeat_words(row.repeat))
    following = moment_words(row.next_at, office.now)
    return text("library.rotation", area=area, repeat=repeat_words(row.repeat), at=following)
