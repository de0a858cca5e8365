"""Three processes ring the same reminders and are killed at random: every occurrence is said exactly once."""

import multiprocessing
import os
import random
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.dialogue.world import Station, World
from handlers.reminders import repeating
from jobs import reminders as job
from storage import chats, notices, outbox, people, reminders
from storage.chats import ChatKind
from storage.database import Database
from storage.outbox import OutboxRow
from storage.purposes import Purpose
from storage.reminders import Reminder
from storage.tables import METADATA
from storage.worlds import WorldKind
from tests.support.stage import KEYS, START, words

ONCE, AGAIN, STEPS, STEP = 60, 6, 40, timedelta(seconds=15)
FORK = multiprocessing.get_context("fork")


def a_world(url: str, passed: Any) -> World:  # noqa: ANN401 - a shared number has no type
    """A world on its own connections, whose clock is the shared number of seconds since the start."""
    db = Database(url, KEYS, "OFF")
    return World(WorldKind.PLAYGROUND, db, words(), Station(), lambda: START + timedelta(seconds=passed.value))


def keep_ticking(url: str, passed: Any) -> None:  # noqa: ANN401
    """What each process does until it is killed."""
    world, pause = a_world(url, passed), threading.Event()
    while True:
        job.tick(world)
        pause.wait(0.01)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        yield f"sqlite:///{tmp_path}/race.db"


def set_all(world: World) -> None:
    """One-off reminders over the whole time, and some that come every minute."""
    now = world.now()
    with world.db.write() as session:
        person = people.add(session, "网格员", now)
        person.notice_version = notices.VERSION
        chat = chats.add(session, "play", "网格员", ChatKind.PRIVATE, now, person_id=person.id)
        for place in range(ONCE):
            at = now + STEP * STEPS * (place + 1) / (ONCE + 1)
            reminders.add(session, Purpose.REMINDER, person.id, chat.id, "走访", at, now, expires_at=at + STEP)
        repeat = {"every": "minute", "interval": 1, "from": (now + STEP).isoformat()}
        for _ in range(AGAIN):
            at = now + STEP
            until = now + timedelta(days=9)
            reminders.add(
                session, Purpose.REMINDER, person.id, chat.id, "看水", at, now, expires_at=until, repeat=repeat
            )


def test_every_occurrence_rings_exactly_once(url: str) -> None:
    passed, dice = FORK.RawValue("d", 0.0), random.Random(7)
    world = a_world(url, passed)
    METADATA.create_all(world.db.engine)
    set_all(world)
    world.db.close()

    def start() -> Any:  # noqa: ANN401
        process = FORK.Process(target=keep_ticking, args=(url, passed), daemon=True)
        process.start()
        return process

    running, killed = [start() for _ in range(3)], 0
    for step in range(STEPS):
        passed.value += STEP.total_seconds()
        running[0].join(timeout=dice.uniform(0.01, 0.06))
        if step % 3 == 2:
            victim = running.pop(dice.randrange(3))
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            running.append(start())
            killed += 1
    for process in running:
        process.kill()
        process.join()
    while job.tick(world):
        pass

    with world.db.read() as session:
        rows = session.scalars(select(Reminder)).all()
        assert [row.fired for row in rows if row.repeat is None] == [1] * ONCE
        assert all(1 <= row.fired <= STEP * STEPS / timedelta(minutes=1) + 1 for row in rows if row.repeat)
        assert all(row.next_at == repeating.next_after(row.repeat, world.now()) for row in rows if row.repeat)
        assert all(outbox.was_put(session, f"reminder:{row.id}:{n}") for row in rows for n in range(1, row.fired + 1))
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == sum(row.fired for row in rows)
    assert killed >= 10
    world.db.close()
