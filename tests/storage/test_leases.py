"""Leases: one owner at a time, an epoch that rises with each, and clocks that jump."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from storage import leases
from storage.database import Database
from storage.leases import Held, Lease

NOW = datetime(2026, 11, 18, 2, 20, tzinfo=UTC)
SPAN = timedelta(seconds=3)


def take(db: Database, owner: str, now: datetime = NOW, name: str = "drain:a") -> int | None:
    """The epoch an owner gets."""
    with db.write() as session:
        return leases.take(session, name, owner, now, now + SPAN)


def free(db: Database, now: datetime) -> bool:
    """Whether nobody owns it."""
    with db.read() as session:
        return leases.is_free(session, "drain:a", now)


def test_one_owner_at_a_time(db: Database) -> None:
    assert free(db, NOW)
    assert take(db, "one") == 1
    assert take(db, "two") is None
    assert take(db, "one", NOW + timedelta(seconds=1)) == 1
    assert not free(db, NOW + timedelta(seconds=3))
    assert take(db, "two", NOW + timedelta(seconds=4)) == 2
    assert take(db, "one", NOW + timedelta(seconds=4)) is None


def test_given_back_it_is_free_at_once(db: Database) -> None:
    take(db, "one")
    with db.write() as session:
        leases.give_back(session, "drain:a", "two", NOW)
        assert not leases.is_free(session, "drain:a", NOW)
        leases.give_back(session, "drain:a", "one", NOW)
    assert free(db, NOW)
    assert take(db, "two") == 2


def test_only_the_newest_epoch_holds(db: Database) -> None:
    take(db, "one")
    take(db, "two", NOW + SPAN)
    with db.write() as session:
        assert leases.holds(session, "drain:a", "two", 2)
        assert not leases.holds(session, "drain:a", "one", 1)
        assert not leases.holds(session, "drain:a", "two", 1)
        assert not leases.holds(session, "drain:b", "two", 2)


def test_after_the_clock_jumped_back_a_lease_is_over(db: Database) -> None:
    take(db, "one", NOW + timedelta(hours=1))
    assert free(db, NOW)
    assert take(db, "two") == 2
    assert take(db, "two", NOW - timedelta(hours=1)) == 2
    assert take(db, "one", NOW - timedelta(hours=1)) is None


def test_a_renewal_uses_up_no_number(db: Database) -> None:
    for _ in range(20):
        take(db, "one")
        take(db, "two")
    take(db, "one", name="drain:b")
    with db.read() as session:
        assert sorted(session.scalars(select(Lease.id))) == [1, 2]


def test_who_holds_what(db: Database) -> None:
    take(db, "one")
    take(db, "two", name="drain:b")
    take(db, "one", NOW - SPAN, name="drain:c")
    take(db, "one", name="worker:one")
    take(db, "one", name="retention")
    take(db, "gone", NOW - timedelta(hours=2), name="worker:gone")
    with db.write() as session:
        assert leases.held(session, NOW) == [
            Held("drain:a", "one"),
            Held("drain:b", "two"),
            Held("worker:one", "one"),
        ]
        assert leases.forget(session, "worker:", NOW - timedelta(hours=1)) == 1
        assert leases.forget(session, "worker_", NOW + timedelta(hours=1)) == 0
