"""An item of the library as a kind of record (库): shared words about it (批准, 驳回, 进度, 撤销, 撤回)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins import audience, naming
from handlers.bulletins.views import Office
from handlers.dialogue.access import OFFICERS
from handlers.dialogue.kinds import Case, Kind
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.library import actions, records, views
from handlers.reading.codes import Code
from storage import areas, library
from storage.library import LETTER, ItemState, LibraryItem, Shelf

MOST_LINES = 4


def _case(session: Session, item: LibraryItem) -> Case:
    place = areas.get(session, item.area_id).name
    going = item.state is ItemState.WAITING
    return Case(item.topic, item.code, item.key_id, item.area_id, None, item.created_at, going, place)


def _of_id(session: Session, item_id: int) -> Case | None:
    found = library.find(session, item_id)
    return _case(session, found) if found is not None else None


def _numbered(session: Session, _letter: str, number: int) -> Case | None:
    found = library.numbered(session, number)
    return _case(session, found) if found is not None else None


def _is_team(session: Session, actor: Actor, case: Case) -> bool:
    return audience.is_ours(session, actor, case.area_id)


def _no_note(_session: Session, _case: Case, _kind: str, _words: str, _now: datetime) -> None:
    """Nothing is noted beside an item."""


def _todo(session: Session, scene: Scene, _now: datetime) -> Iterable[Text]:
    """What waits for this officer's yes."""
    if not scene.actor.has(OFFICERS):
        return
    waiting = [one for shelf in Shelf for one in library.on_shelf(session, shelf, (ItemState.WAITING,))]
    asked = [one for one in waiting if one.author_id != scene.actor.id]
    for one in [one for one in asked if audience.is_colleague(session, scene.actor, one.area_id)][:MOST_LINES]:
        yield text("library.todo", code=one.code, shelf=one.shelf)


def show(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """The item as it will be read."""
    return views.preview(office, records.meant(office, actor, codes, topic, "进度"))


def approve(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """批准 库3 1a2b3c4d."""
    item = records.meant(office, actor, codes, topic, "批准")
    return actions.approve(office, actor, item, naming.beside(rest, records.named(codes)).strip().lower())


def reject(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """驳回 库3 太长."""
    item = records.meant(office, actor, codes, topic, "驳回")
    return actions.reject(office, actor, item, naming.beside(rest, records.named(codes)))


def take_out(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """撤销, 撤回 and 作废 of an item are 出库."""
    return actions.take_out(office, actor, records.meant(office, actor, codes, topic, "出库"))


KIND = Kind(
    name="library",
    letters=LETTER,
    of_id=_of_id,
    numbered=_numbered,
    is_team=_is_team,
    note=_no_note,
    todo=_todo,
    answers={
        "批准": approve,
        "驳回": reject,
        "进度": show,
        "通报": show,
        "撤销": take_out,
        "撤回": take_out,
        "作废": take_out,
    },
)
