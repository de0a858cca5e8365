"""Accounts (账号): what each channel account can do, noted when it starts, so that decisions need no channel."""

from datetime import datetime, timedelta

from sqlalchemy import Select, String, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, insert_once
from storage.prepared import Prepared

STANDS = timedelta(days=7)
"""For how long a public notice may stand (R9)."""


class Account(Base):
    """An account; spans in seconds, None for never, -1 for ever.

    `per_second` is how many calls it may make, None where nothing holds it back. The others are as in a channel's
    capabilities.
    """

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    edits_for: Mapped[float | None]
    deletes_for: Mapped[float | None]
    per_second: Mapped[float | None]
    writes_first: Mapped[bool]
    hears_groups: Mapped[bool] = mapped_column(default=True)
    by_hand: Mapped[bool] = mapped_column(default=False)
    nudges: Mapped[bool] = mapped_column(default=False)
    stops: Mapped[bool] = mapped_column(default=False)
    directory: Mapped[str] = mapped_column(String(32), default="")
    opens: Mapped[str] = mapped_column(String(128), default="")
    noted_at: Mapped[datetime]

    def can_edit(self, sent_at: datetime, now: datetime) -> bool:
        """Whether a copy sent then can still be edited."""
        return _within(self.edits_for, now - sent_at)

    def can_delete(self, sent_at: datetime, now: datetime) -> bool:
        """Whether a copy sent then can still be deleted."""
        return _within(self.deletes_for, now - sent_at)

    @property
    def relays(self) -> bool:
        """Whether the bot itself asks somebody to pass on what is said there, no platform doing so."""
        return self.by_hand and not self.nudges

    @property
    def takes_back(self) -> bool:
        """Whether a copy can be made to vanish or change at all (R8)."""
        return self.edits_for is not None or self.deletes_for is not None

    @property
    def takes_back_always(self) -> bool:
        """Whether that holds for as long as a notice may stand: past its window no copy can be taken back (R8)."""
        return any(_within(span, STANDS) for span in (self.edits_for, self.deletes_for))


def note(
    session: Session,
    name: str,
    now: datetime,
    *,
    edits: timedelta | None,
    deletes: timedelta | None,
    writes_first: bool,
    per_second: float | None = None,
    hears_groups: bool = True,
    by_hand: bool = False,
    nudges: bool = False,
    stops: bool = False,
    directory: str = "",
    opens: str = "",
) -> None:
    """Note what an account can do; `timedelta.max` stands for ever."""
    values = {
        "edits_for": _seconds(edits),
        "deletes_for": _seconds(deletes),
        "writes_first": writes_first,
        "per_second": per_second,
        "hears_groups": hears_groups,
        "by_hand": by_hand,
        "nudges": nudges,
        "stops": stops,
        "directory": directory,
        "opens": opens,
    }
    if insert_once(session, Account, {"name": name, "noted_at": now, **values}) is None:
        account = named(session, name)
        assert account is not None  # noqa: S101 - the row stands, or it had been inserted
        for column, value in values.items():
            setattr(account, column, value)
        session.flush()


def named(session: Session, name: str) -> Account | None:
    """What an account can do, None where it never started."""
    return session.scalar(select(Account).where(Account.name == name))


_DIRECTORY = Prepared(select(Account.directory).where(Account.name == bindparam("named")))


def directory_of(session: Session, name: str) -> str:
    """The account whose user ids can be called by name on this one; empty where nobody can."""
    return _DIRECTORY.scalar(session, named=name) or ""


def opening(session: Session, name: str) -> str:
    """The address to which a token is put, so that it opens a private talk: of this account, else of another.

    Empty where no account has one.
    """
    found = session.execute(select(Account.name, Account.opens).where(Account.opens != "").order_by(Account.id)).all()
    return next((opens for one, opens in found if one == name), found[0].opens if found else "")


_EDITS = Prepared(select(Account.id).where(Account.name == bindparam("named"), Account.edits_for.is_(None)))


def edits(session: Session, name: str) -> bool:
    """Whether an account can edit at all; one that never started may."""
    return _EDITS.first(session, named=name) is None


def relaying(session: Session) -> Account | None:
    """The account for groups into which people forward by hand, None where there is none."""
    return session.scalar(select(Account).where(Account.by_hand, ~Account.nudges).order_by(Account.id).limit(1))


def taking_back() -> Select[str]:
    """The names of accounts that can always make a copy vanish or change, for use inside a statement."""
    spans, most = (Account.edits_for, Account.deletes_for), STANDS.total_seconds()
    return select(Account.name).where(or_(*(one < 0 for one in spans), *(one > most for one in spans)))


def _seconds(span: timedelta | None) -> float | None:
    if span is None:
        return None
    return -1.0 if span == timedelta.max else span.total_seconds()


def _within(seconds: float | None, age: timedelta) -> bool:
    return seconds is not None and (seconds < 0 or age.total_seconds() < seconds)
