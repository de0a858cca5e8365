"""A kind of record told by its table (案由): what all of these do alike is done here, each says only what differs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from handlers.dialogue import kinds
from handlers.dialogue.kinds import Addressee, Case, Kind
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text
from handlers.dialogue.world import Station
from handlers.ladders.rules import Spans, Standing, Step
from storage import areas, cases

C = TypeVar("C", bound=cases.Case)
P = ParamSpec("P")
R = TypeVar("R")


def case_of(session: Session, row: cases.Case, place: str | None = None) -> Case:
    """A row as the shared rooms see it; its place is its area unless another is told."""
    where = areas.get(session, row.area_id).name if place is None else place
    return Case(row.topic, row.code, row.key_id, row.area_id, row.handler_id, row.created_at, not row.is_over, where)


def kind(
    table: type[C],
    *,
    is_team: Callable[[Session, Actor, C], bool],
    case: Callable[[Session, C], Case] = case_of,
    addressees: Callable[[Session, C], Sequence[Addressee]] = kinds.nobody,
    reopen: Callable[[Session, C, datetime, Station], list[Say]] = kinds.nothing,
    called_back: Callable[[Session, C, datetime, Station], list[Say]] = kinds.nothing,
    refreshed: Callable[[Session, C], list[Say]] = kinds.no_card,
    shown: Callable[[Session, C, str], str] = kinds.as_said,
    reach: Callable[[Session, C, str, int, datetime], str] | None = None,
    cleared: Callable[[Session, C, datetime, Station], list[Say]] | None = None,
    spans: Spans | None = None,
    stepped: Callable[[Session, C, Step, Standing, datetime, str], list[Say]] | None = None,
    todo: Callable[[Session, Scene, datetime], Iterable[Text]] | None = None,
    own: Callable[[Session, Actor], Iterable[Text]] | None = None,
    noted: bool = True,
    answers: Mapping[str, Callable[..., Any]],
    opened_by: Mapping[str, str] = MappingProxyType({}),
) -> Kind:
    """The kind of a table's records: `case` is a row as the shared rooms see it, the rest is as in `Kind`, of rows."""

    def seen(session: Session, row: C | None) -> Case | None:
        return case(session, row) if row is not None else None

    def row_of(session: Session, one: Case) -> C:
        return session.get_one(table, int(one.topic.partition(":")[2]))

    def by_row(does: Callable[Concatenate[Session, C, P], R]) -> Callable[Concatenate[Session, Case, P], R]:
        def called(session: Session, one: Case, /, *args: P.args, **named: P.kwargs) -> R:
            return does(session, row_of(session, one), *args, **named)

        return called

    return Kind(
        name=table.name,
        letters=table.letter,
        of_id=lambda session, number: seen(session, cases.find(session, table, number)),
        numbered=lambda session, _letter, number: seen(session, cases.numbered(session, table, number)),
        is_team=lambda session, actor, one: is_team(session, actor, row_of(session, one)),
        note=by_row(cases.add_note),
        addressees=by_row(addressees),
        reopen=by_row(reopen),
        called_back=by_row(called_back),
        refreshed=by_row(refreshed),
        shown=by_row(shown),
        reach=by_row(reach) if reach is not None else None,
        cleared=by_row(cleared) if cleared is not None else None,
        spans=spans,
        stepped=by_row(stepped) if stepped is not None else None,
        todo=todo,
        own=own,
        noted=noted,
        answers=answers,
        opened_by=opened_by,
    )
