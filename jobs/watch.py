"""Watching (看护): every second it is looked whether messages get out; the administrators hear once when they don't."""

import logging
import time
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from handlers.dialogue.world import World
from handlers.watch import actions, rules
from handlers.watch.rules import Patience
from storage import alarms
from storage.database import Database

LOG = logging.getLogger("wangge.watch")
_PATIENCE: Final[WeakKeyDictionary[Database, Patience]] = WeakKeyDictionary()


def tick(world: World, steady: Callable[[], float] = time.monotonic) -> int:
    """Tell what is wrong or over; how many messages. Nothing is locked where nothing changed."""
    now = world.now()
    patience = _PATIENCE.setdefault(world.db, Patience())
    with world.db.read() as session:
        present = {one.name: one for one in rules.troubles(actions.queues(session, now), now)}
        begun, over = patience.changes(present, alarms.lasting(session), steady())
    outage = world.db.outage.take_over()
    if not begun and not over and outage is None:
        return 0
    told = 0
    with world.db.write() as session:
        for name in begun:
            LOG.error("messages do not get out: %s", name)
            told += actions.begin(session, world.words, present[name], now)
        for name in over:
            LOG.warning("messages get out again: %s", name)
            told += actions.end(session, world.words, name, now)
        if outage is not None:
            told += actions.after_outage(session, world.words, outage, now)
    return told


TICK = tick
