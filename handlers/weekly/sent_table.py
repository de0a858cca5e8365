"""A table of figures (外来数表), pasted or sent as a file: kept at once, or shown and asked where it replaces."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from handlers.dialogue import asking
from handlers.dialogue.access import refuse
from handlers.dialogue.form import Form, Problem, Question
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text as sentence
from handlers.dialogue.world import Station
from handlers.reading.normal import fold
from handlers.weekly import entering
from handlers.weekly.entering import Ready, Teller
from handlers.weekly.tables import Row
from storage import awaited, chats

YES: Final = frozenset({"录入", "录", "替换", "是", "是的", "对", "好", "好的", "确认", "确定", "可以"})


def is_table(message: Incoming) -> bool:
    """Whether a file came along."""
    return bool(message.media) and message.media[0].kind == "file"


def expect(session: Session, actor: Actor, medium_id: int, now: datetime) -> list[Say]:
    """A file is on its way; what is taken of it is told once it is here."""
    entering.teller_of(session, actor)
    awaited.expect(session, awaited.Use.FIGURES, actor.id, medium_id, now)
    return [Say(sentence("weekly.file_comes"))]


def offer(session: Session, actor: Actor, station: Station, told: Sequence[Row], now: datetime) -> list[Say]:
    """Keep a table; where it would replace what stands, that is shown and asked first."""
    teller = entering.teller_of(session, actor)
    some = entering.checked(session, teller, station, told, now)
    fresh = [one for one in some if not one.same]
    replaced = [one for one in fresh if one.was is not None]
    if not fresh:
        return [Say(sentence("weekly.all_same", n=len(some)))]
    chat = chats.private_of(session, actor.id)
    if not replaced or chat is None:
        return [_kept(session, teller, fresh, now)]
    kept = [[one.area.id, one.first.isoformat(), one.kind, one.value, one.source] for one in fresh]
    lines = entering.lines_of(replaced, now)
    shown = sentence("weekly.replaces", n=len(fresh), many=len(replaced), lines=lines)
    return [Say(shown), *asking.begin(session, SURE, actor.id, chat.id, now, {"rows": kept})]


def _kept(session: Session, teller: Teller, some: Sequence[Ready], now: datetime) -> Say:
    numbers = entering.keep(session, teller, some, now)
    undo_all = button("weekly.button.undo_all", f"周报录入 撤销 {numbers[0]}-{numbers[-1]}", n=len(some))
    lines = entering.lines_of(some, now)
    return Say(sentence("weekly.entered_all", n=len(some), lines=lines), buttons=rows(undo_all))


def read_sure(text: str) -> str | Problem:
    """A yes; 取消 is understood everywhere."""
    return "yes" if fold(text).strip(" 。!") in YES else Problem(sentence("weekly.sure_how"))


def finish(session: Session, actor: Actor, answers: Mapping[str, Any], now: datetime) -> list[Say]:
    """Keep the table that was shown; an area that is no longer the teller's is refused."""
    teller = entering.teller_of(session, actor)
    own = {one.id: one for one in teller.areas}
    if any(area not in own for area, *_ in answers["rows"]):
        raise refuse("weekly.no_area")
    some = [Ready(own[area], date.fromisoformat(first), *told) for area, first, *told in answers["rows"]]
    return [_kept(session, teller, entering.beside(session, some), now)]


_CHOICES: Final[tuple[tuple[Button, ...], ...]] = ((button("weekly.button.replace", "录入"),),)
SURE: Final = Form(
    "weekly_sure", (Question("sure", read_sure, _CHOICES, optional=False),), finish, keeps=frozenset({"rows"})
)
FORMS = (SURE,)
