"""Record codes (编号) such as 隐12: each kind of record counts for itself."""

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, insert_once


class Counter(Base):
    """How far the numbers of one kind of record have come."""

    __tablename__ = "counters"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(8), unique=True)
    last: Mapped[int] = mapped_column(default=0)


def next_number(session: Session, name: str) -> int:
    """The next number of this kind; two transactions never get the same."""
    insert_once(session, Counter, {"name": name, "last": 0})
    number = session.scalar(
        update(Counter).where(Counter.name == name).values(last=Counter.last + 1).returning(Counter.last)
    )
    return int(number or 0)


def last_number(session: Session, name: str) -> int:
    """The number given out last, 0 before the first."""
    return session.scalar(select(Counter.last).where(Counter.name == name)) or 0
