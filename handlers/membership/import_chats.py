"""Importing a playground's groups (导入群), their name being their id."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.membership.rows import CHAT_COLUMNS, BadRow, ImportFailed, read_rows, repeated
from storage import areas, chats, people
from storage.chats import ChatKind

GROUPS = [kind.value for kind in ChatKind if kind.is_group and kind is not ChatKind.UNBOUND]


def import_chats(session: Session, text: str, account: str, now: datetime) -> dict[str, list[str]]:
    """Import groups on `account`; group → names of its members. Raises ImportFailed."""
    rows = list(read_rows(text, CHAT_COLUMNS))
    bad = [problem for line, row in rows for problem in _problems(session, line, row)] + repeated(rows)
    if bad:
        raise ImportFailed(sorted(bad, key=lambda row: row.line))
    members: dict[str, list[str]] = {}
    for _line, row in rows:
        area = areas.named(session, row["area"])
        assert area is not None  # noqa: S101 - looked up above
        kind, name = ChatKind(row["kind"]), row["name"]
        chat = chats.at(session, account, name)
        if chat is None:
            chat = chats.add(session, account, name, kind, now, title=name, area_id=area.id)
        chats.bind(session, chat, kind, area.id, now)
        members[name] = _members(row)
    return members


def _members(row: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in row["members"].replace("；", ";").split(";") if name.strip()]


def _problems(session: Session, line: int, row: Mapping[str, str]) -> Iterator[BadRow]:
    if not row["name"]:
        yield BadRow(line, "name", "群名是空的")
    if row["kind"] not in GROUPS:
        yield BadRow(line, "kind", f"应是 {'、'.join(GROUPS)} 之一")
    if areas.named(session, row["area"]) is None:
        yield BadRow(line, "area", f"没有叫“{row['area']}”的区域")
    for name in _members(row):
        if people.named(session, name) is None:
            yield BadRow(line, "members", f"没有叫“{name}”的人")
