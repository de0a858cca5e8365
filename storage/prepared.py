"""Prepared statements (预编译语句): SQL of the hot path, compiled once and handed straight to the driver.

The ORM takes 120 to 220 µs a statement, Core 45, this about 8, most of them the database's own; a report is some
thirty statements, and a core must do four hundred reports a second (docs/decisions/receiving.md). The statement itself
is written in SQLAlchemy as everywhere, so that it fits SQLite and PostgreSQL alike; only the way it is run is shorter:
values pass the same column types, an error becomes the same SQLAlchemy error and never repeats a value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    String,
    TextClause,
    TypeDecorator,
    and_,
    bindparam,
    case,
    exc,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql import CompoundSelect, Select
from sqlalchemy.sql.dml import UpdateBase

E = TypeVar("E", bound=DeclarativeBase)
Statement = Select[*tuple[Any, ...]] | CompoundSelect[Any] | UpdateBase | TextClause
Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class _Ids(TypeDecorator[Any]):
    """Any number of ids as one value, written as each database reads a list."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ANN401 - SQLAlchemy's signature
        """`[1, 2]` for SQLite, `{1, 2}` for PostgreSQL."""
        within = ", ".join(str(int(one)) for one in value)
        return f"[{within}]" if dialect.name == "sqlite" else f"{{{within}}}"


class Among(ColumnElement[bool]):
    """Whether a column is one of the ids given as `name`; the statement stays the same however many there are."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: InstrumentedAttribute[Any], name: str) -> None:
        self.column, self.ids = column, bindparam(name, type_=_Ids())

    def self_group(self, against: Any = None) -> "Among":  # noqa: ANN401 - SQLAlchemy's signature
        """As it is: compared with true, as other values are, it would serve no index."""
        return self


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    column, ids = compiler.process(element.column, **kw), compiler.process(element.ids, **kw)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - names and places of values only


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: Any, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    column, ids = compiler.process(element.column, **kw), compiler.process(element.ids, **kw)
    return f"{column} = ANY (CAST({ids} AS INTEGER[]))"


class _Compiled(NamedTuple):
    """A statement for one dialect: `order` of its values where they go by place, else None."""

    sql: str
    order: tuple[str, ...] | None
    fixed: dict[str, Any]
    into: dict[str, Callable[[Any], Any]]
    out: tuple[Convert, ...]
    converts: bool

    def values(self, given: Values) -> Any:  # noqa: ANN401 - whatever the driver takes
        """The given values as the driver wants them."""
        told = {**self.fixed, **given} if self.fixed else given
        if self.order is None:
            return {name: self.into[name](value) if name in self.into else value for name, value in told.items()}
        into = self.into
        return [into[name](told[name]) if name in into else told[name] for name in self.order]


class Prepared:
    """A statement whose values are named `bindparam`s; `once` makes an insert give way to a row that stands."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._compiled: dict[str, _Compiled] = {}

    @classmethod
    def insert(
        cls, table: type[DeclarativeBase], columns: Sequence[str], *, once: bool = False, returning: bool = True
    ) -> "Prepared":
        """An insert of these columns that gives the row's id; with `once` None where a unique key forbids it."""
        return _Insert(table, tuple(columns), once, returning)

    def all(self, session: Session, **values: Any) -> list[Any]:  # noqa: ANN401 - columns are of any type
        """Every row, as a tuple."""
        compiled, cursor = self._run(session, values)
        rows: list[Any] = cursor.fetchall()
        if not compiled.converts:
            return rows
        out = compiled.out
        return [tuple(f(v) if f else v for f, v in zip(out, row, strict=True)) for row in rows]

    def first(self, session: Session, **values: Any) -> Any:  # noqa: ANN401
        """The first row as a tuple, or None."""
        compiled, cursor = self._run(session, values)
        row = cursor.fetchone()
        # A statement left half read would keep SQLite's transaction from ending.
        cursor.close()
        if row is None or not compiled.converts:
            return row
        return tuple(f(v) if f else v for f, v in zip(compiled.out, row, strict=True))

    def scalar(self, session: Session, **values: Any) -> Any:  # noqa: ANN401
        """The first column of the first row, or None."""
        row = self.first(session, **values)
        return None if row is None else row[0]

    def run(self, session: Session, **values: Any) -> int:  # noqa: ANN401
        """Run a statement that gives no rows; how many it touched."""
        cursor = self._run(session, values)[1]
        touched: int = cursor.rowcount
        cursor.close()
        return touched

    def many(self, session: Session, rows: Sequence[Values]) -> None:
        """Run it for each of these values."""
        line = _line_of(session)
        compiled = self._for(line.dialect)
        cursor = line.driver.cursor()
        line.tell_listeners(cursor, compiled.sql, many=True)
        values = [compiled.values(row) for row in rows]
        try:
            cursor.executemany(compiled.sql, values)
        except line.errors as error:
            raise _translated(error, line.dialect) from None
        cursor.close()

    def entity(self, session: Session, kind: type[E], **values: Any) -> E | None:  # noqa: ANN401
        """The first row as the ORM's own object; the statement selects every column of its table."""
        found = self.first(session, **values)
        return None if found is None else standing(session, kind, found)

    def entities(self, session: Session, kind: type[E], **values: Any) -> list[E]:  # noqa: ANN401
        """Every row as the ORM's own object."""
        return [standing(session, kind, row) for row in self.all(session, **values)]

    def _run(self, session: Session, values: Values) -> tuple[_Compiled, Any]:
        line = _line_of(session)
        compiled = self._compiled.get(line.dialect.name) or self._for(line.dialect)
        cursor = line.driver.cursor()
        if line.listeners:
            line.tell_listeners(cursor, compiled.sql, many=False)
        told = compiled.values(values)
        try:
            cursor.execute(compiled.sql, told)
        except line.errors as error:
            raise _translated(error, line.dialect) from None
        return compiled, cursor

    def _for(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = _compile(self._statement_for(dialect), dialect)
        return known

    def _statement_for(self, dialect: Dialect) -> Statement:
        return self.statement


NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""A bound for moments that have none; SQLite takes an index for two bounds rather than for one."""


def times(*wanted: ColumnElement[bool]) -> ColumnElement[int]:
    """For how many rows of a group these hold; written so, they draw SQLite away from the index of the time."""
    return func.coalesce(func.sum(case((and_(*wanted), 1), else_=0)), 0)


def added(column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[int]:
    """A column of whole numbers added up over a group; nothing is 0, and it is a whole number on every database."""
    return sql_cast(func.coalesce(func.sum(column), 0), BigInteger)


class _Insert(Prepared):
    """An insert, which says “on conflict” in each dialect's own words."""

    def __init__(self, table: type[DeclarativeBase], columns: tuple[str, ...], once: bool, returning: bool) -> None:
        self._table, self._columns, self._once, self._returning = table, columns, once, returning
        self._compiled = {}

    def _statement_for(self, dialect: Dialect) -> UpdateBase:
        insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        statement = insert(self._table).values({name: bindparam(name) for name in self._columns})
        if self._once:
            statement = statement.on_conflict_do_nothing()
        return statement.returning(self._table.__table__.c.id) if self._returning else statement


class _Line:
    """The way from a session to its driver, found once a transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.dialect = connection, connection.dialect
        self.driver: Any = connection.connection.dbapi_connection
        self.errors: type[Exception] = self.dialect.loaded_dbapi.Error
        self.listeners = tuple(connection.dispatch.before_cursor_execute)

    def tell_listeners(self, cursor: Any, sql: str, *, many: bool) -> None:  # noqa: ANN401 - a driver's own
        """Whoever listens for statements hears of these, too; of their values nobody does."""
        for listener in self.listeners:
            listener(self.connection, cursor, sql, (), None, many)


def _line_of(session: Session) -> _Line:
    """The line of the session's transaction; what the ORM still holds back goes first."""
    session.flush()
    line: _Line | None = session.info.get("line")
    if line is None or line.connection.closed:
        line = session.info["line"] = _Line(session.connection())
    return line


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """What happens inside stands as a whole or not at all; the session then knows none of its objects any more.

    The session's own `begin_nested` keeps count of every object, so that they may be used further; it takes some
    thirty times as long.
    """
    _SAVE.run(session)
    try:
        yield
        session.flush()
    except SQLAlchemyError:
        raise
    except BaseException:
        session.expunge_all()
        _UNDO.run(session)
        _RELEASE.run(session)
        raise
    _RELEASE.run(session)
    session.expunge_all()


def _compile(statement: Statement, dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    into = {}
    for name, bind in compiled.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            into[name] = convert
    fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    for column in getattr(compiled, "insert_prefetch", ()):
        if not column.default.is_scalar:
            raise TypeError(f"{column} has a default that is made anew each time: name its value")
        fixed[column.key] = column.default.arg
    out = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in _columns(statement))
    order = tuple(compiled.positiontup) if compiled.positional else None
    return _Compiled(compiled.string, order, fixed, into, out, any(out))


def _columns(statement: Statement) -> Sequence[Any]:
    return list(statement.exported_columns) if isinstance(statement, (Select, UpdateBase)) else ()


def _translated(error: Exception, dialect: Dialect) -> Exception:
    """The SQLAlchemy error for a driver's, without the values of the statement."""
    return exc.DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect)


def standing(session: Session, kind: type[E], row: Sequence[Any]) -> E:
    """The ORM's object for a row that stands (all columns in their order); one the session knows stays as it is.

    In a session that only looks the ORM has nothing to watch over, and the object stands by itself.
    """
    looks = session.info.get("looks")
    names, place = _names(kind)
    row_id = row[place]
    known = session.identity_map.get(identity_key(kind, row_id)) if looks is None else looks.get((kind, row_id))
    if known is not None:
        return known
    found = kind()
    # Not by setting attributes: what was loaded is no change, and telling the ORM of each costs half of the whole.
    found.__dict__.update(zip(names, row, strict=True))
    if looks is not None:
        looks[kind, row_id] = found
        return found
    make_transient_to_detached(found)
    session.add(found)
    # A session holds on to no object by itself, and would have to read this one again.
    session.info.setdefault("kept", []).append(found)
    return found


_SAVE, _UNDO, _RELEASE = (
    Prepared(text(words)) for words in ("SAVEPOINT turn", "ROLLBACK TO SAVEPOINT turn", "RELEASE SAVEPOINT turn")
)


@cache
def _names(kind: type[DeclarativeBase]) -> tuple[tuple[str, ...], int]:
    """The names of a table's columns, and which of them is its id: a kind's own columns may stand before it."""
    names = tuple(kind.__table__.c.keys())
    return names, names.index("id")


@cache
def _by_id(kind: type[DeclarativeBase]) -> Prepared:
    table = kind.__table__
    return Prepared(select(table).where(table.c.id == bindparam("id")))


def get(session: Session, kind: type[E], row_id: int | str) -> E | None:
    """The ORM's object with this id, from the session where it is known there."""
    looks = session.info.get("looks")
    known = session.identity_map.get(identity_key(kind, row_id)) if looks is None else looks.get((kind, row_id))
    if known is not None and not inspect(known).expired:
        return known
    return _by_id(kind).entity(session, kind, id=row_id)


def get_one(session: Session, kind: type[E], row_id: int | str) -> E:
    """Like `get`; raises NoResultFound."""
    found = get(session, kind, row_id)
    if found is None:
        raise exc.NoResultFound(f"no {kind.__tablename__} of this id")
    return found
