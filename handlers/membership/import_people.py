"""Importing people (导入人员) with their roles; phone and household are sealed or hashed at once."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.membership.rows import BadRow, ImportFailed, read_rows, repeated
from handlers.reading.normal import fold
from storage import areas, audit, people
from storage.people import Person, Role


def import_people(session: Session, text: str, now: datetime) -> int:
    """Import people with their roles (`角色@区域;…`); somebody known by name is brought up to date.

    How many rows. Raises ImportFailed once the good rows are in, so that tables which name them can be checked
    too; the caller takes everything back.
    """
    rows = list(read_rows(text, ("name", "roles")))
    bad = [problem for line, row in rows for problem in _problems(session, line, row)] + repeated(rows)
    lines = {one.line for one in bad}
    for line, row in rows:
        if line not in lines:
            _import_one(session, row, now)
    if bad:
        raise ImportFailed(sorted(bad, key=lambda row: row.line))
    return len(rows)


def _problems(session: Session, line: int, row: Mapping[str, str]) -> Iterator[BadRow]:
    if not row["name"]:
        yield BadRow(line, "name", "姓名是空的")
    phone = fold(row.get("phone", ""))
    if phone and not (phone.lstrip("+").replace("-", "").isdigit() and 5 <= len(phone) <= 20):
        yield BadRow(line, "phone", "电话号码不对")
    if len(row.get("title", "")) > 16:
        yield BadRow(line, "title", "职务请在 16 字以内")
    if not row["roles"]:
        yield BadRow(line, "roles", "角色是空的，应写成 角色@区域")
    for role, area in _roles(row["roles"]):
        if role not in set(Role):
            yield BadRow(line, "roles", f"没有“{role}”这个角色")
        elif not area:
            yield BadRow(line, "roles", f"“{role}”后面缺少区域，应写成 {role}@区域")
        elif areas.named(session, area) is None:
            yield BadRow(line, "roles", f"没有叫“{area}”的区域")


def _import_one(session: Session, row: Mapping[str, str], now: datetime) -> None:
    person = _known(session, row) or people.add(session, row["name"], now)
    people.describe(session, person, phone=fold(row.get("phone", "")), household=row.get("household", ""))
    person.title = row.get("title") or None
    for role, name in _roles(row["roles"]):
        area = areas.named(session, name)
        if area is not None and people.grant(session, person.id, Role(role), area.id, now):
            audit.write(session, "grant", now, role=role, area=area.id, person=person.id)


def _known(session: Session, row: Mapping[str, str]) -> Person | None:
    """The person a row is about, by name; a name alone proves nothing, for whoever writes to the bot says their own.

    Somebody who speaks by an account has to hold one of the row's roles already or, where the row gives none that is
    not everybody's, to stand on the list.
    """
    wanted = [(role, area) for role, area in _roles(row["roles"]) if role not in people.OF_EVERYBODY]
    found = [(role, areas.named(session, area)) for role, area in wanted]
    given = {(role, area.id) for role, area in found if area is not None}
    for one in people.all_named(session, row["name"]):
        if not people.accounts_of(session, one.id):
            return one
        if given & set(people.holds_of(session, one.id)) if given else one.is_registered:
            return one
    return None


def _roles(cell: str) -> list[tuple[str, str]]:
    pairs = [part.partition("@") for part in cell.replace("；", ";").replace("＠", "@").split(";") if part.strip()]
    return [(role.strip(), area.strip()) for role, _, area in pairs]
