"""Tampering with an audit chain (篡改): an entry edited, lost, slipped in or exchanged; the rest left, or made anew.

The rows are rewritten here by SQL and by a hash of their own, so that nothing of `storage/audit.py` has to be right.
"""

import hashlib
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.engine import Connection

from storage.audit import AuditEntry, AuditHead

TABLE = AuditEntry.__table__
Row = dict[str, Any]
KINDS = ("at", "actor_id", "action", "topic", "detail", "previous", "hash", "id", "lost", "slipped in", "swapped")


def rows_of(connection: Connection) -> list[Row]:
    """Every entry, in order."""
    return [dict(row) for row in connection.execute(select(TABLE).order_by(TABLE.c.id)).mappings()]


def hash_of(previous: str, row: Row) -> str:
    """What an entry's hash should be, reckoned apart from the program."""
    entry = [
        ("action", row["action"]),
        ("actor", row["actor_id"]),
        ("at", row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")),
        ("detail", {key: row["detail"][key] for key in sorted(row["detail"])}),
        ("n", row["id"]),
        ("topic", row["topic"]),
    ]
    body = json.dumps(dict(entry), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((previous + body).encode()).hexdigest()


def tamper(connection: Connection, dice: random.Random, upto: int, *, clever: bool, kind: str | None = None) -> str:
    """Tamper with one of the first `upto` entries; in plain words what was done.

    clever: everything from there on, the noted end and the anchors kept in the database are put together anew, as
    somebody would who knows how the chain is made.
    """
    rows = rows_of(connection)
    place = dice.randrange(upto)
    done = kind or dice.choice([*KINDS, "cut off"] if clever else KINDS)
    if clever and done in ("id", "previous", "hash"):
        done = dice.choice(("lost", "detail", "action"))
    rows = _CHANGES.get(done, _edit(done))(rows, place, dice)
    if clever:
        _anew(rows)
    _put(connection, rows)
    if clever:
        last = rows[-1]["hash"] if rows else "0" * 64
        connection.execute(update(AuditHead).values(count=len(rows), hash=last))
        connection.execute(text("DELETE FROM audit_anchors"))
    return f"{done} at {place + 1}{', put together anew' if clever else ''}"


def _edit(column: str) -> Callable[[list[Row], int, random.Random], list[Row]]:
    def edit(rows: list[Row], place: int, dice: random.Random) -> list[Row]:
        row = rows[place]
        row[column] = _other(column, row[column], dice)
        return rows

    return edit


def _other(column: str, value: Any, dice: random.Random) -> Any:  # noqa: ANN401 - columns are of any type
    if column == "at":
        return value + dice.choice((-1, 1)) * timedelta(microseconds=dice.choice((1, 10**6, 86_400 * 10**6)))
    if column == "actor_id":
        return None if value is not None and dice.random() < 0.3 else (value or 0) + dice.randint(1, 9)
    if column == "action":
        return f"{value}." if dice.random() < 0.5 else dice.choice([one for one in ("send", "leave") if one != value])
    if column == "topic":
        return None if value is not None and dice.random() < 0.3 else f"{value or 'search:1'}9"
    if column == "detail":
        return _other_detail(value, dice)
    if column == "id":
        return value + 1000
    at = dice.randrange(64)
    return value[:at] + dice.choice([one for one in "0123456789abcdef" if one != value[at]]) + value[at + 1 :]


def _other_detail(detail: Row, dice: random.Random) -> Row:
    if not detail or dice.random() < 0.3:
        return {**detail, "more": dice.choice((None, 0, False, 0.0, "", "王"))}
    key = dice.choice(sorted(detail))
    changed: Row = dict(detail)
    others: tuple[object, ...] = (None, True, False, 0, 1, 1.0, "1", [1])
    if dice.random() < 0.3:
        del changed[key]
    else:
        changed[key] = dice.choice([one for one in others if json.dumps(one) != json.dumps(detail[key])])
    return changed


def _lose(rows: list[Row], place: int, dice: random.Random) -> list[Row]:
    return rows[:place] + rows[place + 1 :]


def _slip_in(rows: list[Row], place: int, dice: random.Random) -> list[Row]:
    made = {**rows[place], "at": datetime(2026, 1, 1, tzinfo=UTC), "id": 0 if dice.random() < 0.5 else 9_999_999}
    return [*rows[:place], made, *rows[place:]]


def _swap(rows: list[Row], place: int, dice: random.Random) -> list[Row]:
    other = (place + dice.randint(1, len(rows) - 1)) % len(rows)
    one, two = rows[place], rows[other]
    for name in ("at", "actor_id", "action", "topic", "detail"):
        one[name], two[name] = two[name], one[name]
    if hash_of("", {**one, "id": 0}) == hash_of("", {**two, "id": 0}):
        one["actor_id"] = (one["actor_id"] or 0) + 77
    return rows


def _cut_off(rows: list[Row], place: int, dice: random.Random) -> list[Row]:
    return rows[:place]


_CHANGES = {"lost": _lose, "slipped in": _slip_in, "swapped": _swap, "cut off": _cut_off}


def _anew(rows: list[Row]) -> None:
    """Number and bind the rows as if they had always been so."""
    previous = "0" * 64
    for number, row in enumerate(rows, 1):
        row["id"], row["previous"] = number, previous
        row["hash"] = previous = hash_of(previous, row)


def _put(connection: Connection, rows: list[Row]) -> None:
    connection.execute(delete(TABLE))
    if rows:
        connection.execute(insert(TABLE), rows)
