"""Record codes (编号) such as 隐12: each kind of record counts for itself."""

import secrets

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, insert_once
from storage.prepared import Prepared


class Counter(Base):
    """How far the numbers of one kind of record have come."""

    __tablename__ = "counters"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(8), unique=True)
    last: Mapped[int] = mapped_column(default=0)


_NEXT = Prepared(
    update(Counter).where(Counter.name == bindparam("of")).values(last=Counter.last + 1).returning(Counter.last)
)
_SET = Prepared(update(Counter).where(Counter.name == bindparam("of")).values(last=bindparam("to")))
_LAST = Prepared(select(Counter.last).where(Counter.name == bindparam("of")))


def next_number(session: Session, name: str) -> int:
    """The next number of this kind; two transactions never get the same."""
    number = _NEXT.scalar(session, of=name)
    if number is None:
        insert_once(session, Counter, {"name": name, "last": 0})
        number = _NEXT.scalar(session, of=name)
    return int(number)


def last_number(session: Session, name: str) -> int:
    """The number given out last, 0 before the first."""
    return _LAST.scalar(session, of=name) or 0


def renew_version(session: Session, name: str) -> None:
    """Say to every process that what this names has changed; a random number, so that one never comes twice."""
    version = secrets.randbelow(2**31 - 1) + 1
    if insert_once(session, Counter, {"name": name, "last": version}) is None:
        _SET.run(session, of=name, to=version)
