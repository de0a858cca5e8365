"""A plain kind of record (普通案由): one without ladder and call-back, told apart by its table alone."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from handlers.dialogue.kinds import Case, Kind
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text
from storage import areas, cases

C = TypeVar("C", bound=cases.Case)


def kind(
    table: type[C],
    *,
    is_team: Callable[[Session, Actor, C], bool],
    shown: Callable[[Session, C], list[Say]],
    todo: Callable[[Session, Scene, datetime], Iterable[Text]] | None = None,
    own: Callable[[Session, Actor], Iterable[Text]] | None = None,
    answers: Mapping[str, Callable[..., Any]],
) -> Kind:
    """The kind of a table's records: nobody is called back about them, and they climb no ladder.

    is_team: who works on one. shown: its card anew. todo, own, answers: as in `Kind`.
    """

    def case(session: Session, row: C) -> Case:
        place = areas.get(session, row.area_id).name
        key = row.topic, row.code, row.key_id, row.area_id, row.handler_id, row.created_at
        return Case(*key, not row.is_over, place)

    def of_id(session: Session, number: int) -> Case | None:
        found = cases.find(session, table, number)
        return case(session, found) if found is not None else None

    def numbered(session: Session, _letter: str, number: int) -> Case | None:
        found = cases.numbered(session, table, number)
        return case(session, found) if found is not None else None

    def row_of(session: Session, one: Case) -> C:
        return session.get_one(table, int(one.topic.partition(":")[2]))

    return Kind(
        name=table.name,
        letters=table.letter,
        of_id=of_id,
        numbered=numbered,
        is_team=lambda session, actor, one: is_team(session, actor, row_of(session, one)),
        note=lambda session, one, sort, words, now: cases.add_note(session, row_of(session, one), sort, words, now),
        addressees=lambda _session, _one: (),
        reopen=lambda _session, _one, _now, _station: [],
        called_back=lambda _session, _one, _now, _station: [],
        refreshed=lambda session, one: shown(session, row_of(session, one)),
        shown=lambda _session, _one, words: words,
        todo=todo,
        own=own,
        answers=answers,
    )
