"""The audit chain (审计链): approvals, sends, recalls, exports and opened views, each entry bound to the one before.

An entry names people by row id only (`storage/audited.py` holds what may stand in it), so that erasing what identifies
them leaves the chain valid. The chain proves what it holds only up to the last anchor (存证), a head that people keep
outside: whoever can write to the database can put all that came after it together anew.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import JSON, Index, String, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import audited
from storage.database import Base, insert_once
from storage.prepared import Prepared

START = "0" * 64
SHOWN = 8
"""So many characters of a hash are shown where people read it."""
CHUNK = 1000
PART = 10_000
"""So many old entries are checked at a time: a second's work."""


class AuditEntry(Base):
    """One entry of the chain; `hash` is SHA-256 over the previous hash and the canonical entry."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at", "action"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(24))
    topic: Mapped[str | None] = mapped_column(String(32), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain; updating it lets one entry in at a time."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64))


class AuditAnchor(Base):
    """A head as it was handed out to people, one a local day; `posted` whether anybody got it."""

    __tablename__ = "audit_anchors"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(String(10), unique=True)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    posted: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True, slots=True)
class Head:
    """How many entries there are, and the hash of the last; an anchor is a head somebody kept.

    The hash of an anchor may be its first characters only.
    """

    count: int
    hash: str

    @property
    def short(self) -> str:
        """The first characters, as people are shown them."""
        return self.hash[:SHOWN]

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"


BEGINNING = Head(0, START)


class Broken(NamedTuple):
    """Where the chain is broken: the first entry that is not as it was, and why.

    why: `lost` (no such entry), `changed` (its hash is another), `unbound` (it does not go on from the one before),
    `end` (the noted end is another), `anchor` (another hash than the anchor of this entry), `cut` (the chain ends
    before an anchor).
    """

    number: int
    why: str


class Entry(NamedTuple):
    """An entry as it is checked and exported."""

    id: int
    at: datetime
    actor_id: int | None
    action: str
    topic: str | None
    detail: dict[str, Any]
    previous: str
    hash: str


_NEXT = Prepared(
    update(AuditHead)
    .where(AuditHead.id == 1)
    .values(count=AuditHead.count + 1)
    .returning(AuditHead.count, AuditHead.hash)
)
_ENTER = Prepared.insert(
    AuditEntry, ("id", "at", "actor_id", "action", "topic", "detail", "previous", "hash"), returning=False
)
_END = Prepared(update(AuditHead).where(AuditHead.id == 1).values(hash=bindparam("now_ends")))
_HEAD = Prepared(select(AuditHead.count, AuditHead.hash).where(AuditHead.id == 1))
_ANCHORED = Prepared(select(AuditAnchor.id).where(AuditAnchor.day == bindparam("on")))
_BEGAN = Prepared(select(AuditEntry.at).where(AuditEntry.id == 1))


def canonical(
    number: int, at: datetime, actor_id: int | None, action: str, topic: str | None, detail: Mapping[str, Any]
) -> bytes:
    """The bytes of an entry that are hashed: JSON with sorted keys, no spaces, UTC time in microseconds."""
    entry = {
        "n": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "action": action,
        "topic": topic,
        "detail": dict(detail),
    }
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def write(
    session: Session,
    action: str,
    now: datetime,
    *,
    actor_id: int | None = None,
    topic: str | None = None,
    **detail: Any,  # noqa: ANN401 - what a JSON object holds
) -> str:
    """Add an entry and return its hash; raises NotForTheChain for what `storage/audited.py` does not know."""
    audited.check(action, topic, detail)
    found = _NEXT.first(session)
    if found is None:
        insert_once(session, AuditHead, {"id": 1, "count": 0, "hash": START})
        found = _NEXT.first(session)
    number, previous = found
    entry = canonical(number, now, actor_id, action, topic, detail)
    entry_hash = hashlib.sha256(previous.encode() + entry).hexdigest()
    _ENTER.run(
        session,
        id=number,
        at=now,
        actor_id=actor_id,
        action=action,
        topic=topic,
        detail=detail,
        previous=previous,
        hash=entry_hash,
    )
    _END.run(session, now_ends=entry_hash)
    return entry_hash


def head(session: Session) -> Head:
    """The end of the chain as it stands; of an empty one no entries and zeros."""
    found = _HEAD.first(session)
    return Head(*found) if found is not None else Head(0, START)


def short_head(session: Session) -> str:
    """The first characters of the chain's end, as every approval and every report of a sending shows them."""
    return head(session).short


def entries(session: Session, after: int = 0) -> Iterator[Entry]:
    """Every entry after number `after`, in order; never more than a thousand in memory."""
    columns = [getattr(AuditEntry, name) for name in Entry._fields]
    page = select(*columns).order_by(AuditEntry.id).limit(CHUNK)
    # From the very first row, whatever its number: one may have been slipped in before entry 1.
    rows = session.execute(page.where(AuditEntry.id > after) if after else page).all()
    while True:
        yield from (Entry(*row) for row in rows)
        if len(rows) < CHUNK:
            return
        rows = session.execute(page.where(AuditEntry.id > rows[-1].id)).all()


def verify(session: Session, kept: Iterable[Head] = ()) -> Broken | None:
    """Check the whole chain, its noted end, the anchors of the database and those `kept` outside; None when whole."""
    inside = [Head(one.count, one.hash) for one in anchors(session)]
    return check(entries(session), head(session), [*kept, *inside])


def verify_part(session: Session, turn: int, most: int = PART) -> Broken | None:
    """Check a long chain by parts: what came after the last anchor, and `most` older entries; None where whole.

    turn: a running number, of the day for example: another part of the old entries has its turn each time, so that all
    of them have had it after a round. A chain of at most `most` entries is checked whole.
    """
    end, last = head(session), last_anchor(session)
    if end.count <= most:
        return verify(session)
    inside = [Head(one.count, one.hash) for one in anchors(session)]
    if last is not None and last.count > end.count:
        return Broken(end.count + 1, "cut")
    lately = last is not None and end.count - last.count <= most
    begins = _at(session, last.count if last is not None and lately else end.count - most)
    if last is not None and lately and begins.hash != last.hash:
        return Broken(max(last.count, 1), "anchor")
    newest = check(entries(session, begins.count), end, [], begins)
    if newest is not None:
        return newest
    part = turn % -(-end.count // most) * most
    older = islice(entries(session, part), most)
    return _follow(older, _at(session, part), _wanted([one for one in inside if part < one.count <= part + most]))[1]


def _at(session: Session, number: int) -> Head:
    """The chain as it stood after this entry, by the entry's own word."""
    found = session.scalar(select(AuditEntry.hash).where(AuditEntry.id == number)) if number else START
    return Head(number, found or "")


def check(chain: Iterable[Entry], end: Head, kept: Sequence[Head], begins: Head = BEGINNING) -> Broken | None:
    """Check entries against their own hashes, the noted end and anchors; the first that is broken, None when whole.

    `begins` is the head the first of these entries goes on from.
    """
    wanted = _wanted(kept)
    if not _fits(begins.hash, wanted.get(begins.count, ())):
        return Broken(begins.count, "anchor")
    reached, broken = _follow(chain, begins, wanted)
    if broken is not None:
        return broken
    if any(count > reached.count for count in wanted):
        return Broken(reached.count + 1, "cut")
    return None if end == reached else Broken(max(reached.count, 1), "end")


def _wanted(kept: Iterable[Head]) -> dict[int, set[str]]:
    wanted: dict[int, set[str]] = {}
    for one in kept:
        wanted.setdefault(one.count, set()).add(one.hash)
    return wanted


def _follow(chain: Iterable[Entry], begins: Head, wanted: Mapping[int, set[str]]) -> tuple[Head, Broken | None]:
    """Go along the entries as long as each fits the one before, itself and the anchors: how far, and what does not."""
    number, previous = begins.count, begins.hash
    for entry in chain:
        number += 1
        if entry.id != number:
            return Head(number - 1, previous), Broken(number, "lost")
        if entry.previous != previous:
            return Head(number - 1, previous), Broken(number, "unbound")
        previous = _hash(previous, entry)
        if entry.hash != previous:
            return Head(number, previous), Broken(number, "changed")
        if not _fits(previous, wanted.get(number, ())):
            return Head(number, previous), Broken(number, "anchor")
    return Head(number, previous), None


def _fits(found: str, kept: Iterable[str]) -> bool:
    return all(len(one) >= SHOWN and found.startswith(one) for one in kept)


def _hash(previous: str, entry: Entry) -> str:
    body = canonical(entry.id, entry.at, entry.actor_id, entry.action, entry.topic, entry.detail)
    return hashlib.sha256(previous.encode("utf-8", "surrogatepass") + body).hexdigest()


def counts_since(session: Session, since: datetime) -> dict[str, int]:
    """Action → how many entries since a moment."""
    counted = select(AuditEntry.action, func.count()).where(AuditEntry.at >= since).group_by(AuditEntry.action)
    return {action: count for action, count in session.execute(counted)}


def began(session: Session) -> datetime | None:
    """When the first entry was made."""
    found: datetime | None = _BEGAN.scalar(session)
    return found


def is_anchored(session: Session, day: str) -> bool:
    """Whether the head of this local day (2026-11-18) was handed out."""
    return _ANCHORED.scalar(session, on=day) is not None


def anchor(session: Session, day: str, now: datetime) -> Head | None:
    """Keep the head as the day's anchor; None where another process did, on any clock."""
    found = head(session)
    row = {"day": day, "count": found.count, "hash": found.hash, "at": now, "posted": False}
    return found if insert_once(session, AuditAnchor, row) is not None else None


def was_posted(session: Session, day: str) -> None:
    """Note that somebody got the day's anchor."""
    session.execute(update(AuditAnchor).where(AuditAnchor.day == day).values(posted=True))


def anchors(session: Session) -> Sequence[AuditAnchor]:
    """Every anchor that was kept, the oldest first."""
    return session.scalars(select(AuditAnchor).order_by(AuditAnchor.id)).all()


def last_anchor(session: Session) -> AuditAnchor | None:
    """The newest anchor."""
    return session.scalar(select(AuditAnchor).order_by(AuditAnchor.id.desc()).limit(1))
