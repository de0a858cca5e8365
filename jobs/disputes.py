"""Disputes (矛盾纠纷) in time: their handlers are asked every week how it goes, and why there is no appointment."""

from dataclasses import replace

from handlers.dialogue.say import Cause, post
from handlers.dialogue.world import World
from handlers.disputes import actions
from storage import disputes


def tick(world: World) -> int:
    """Ask where it is time; how many disputes there were."""
    now = world.now()
    with world.db.read() as session:
        if not disputes.due(session, now, 1):
            return 0
    with world.db.write() as session:
        rows = disputes.due(session, now)
        for dispute in rows:
            name = f"{dispute.topic}:asked:{dispute.next_at}"
            says = actions.ask_how(session, dispute, now, world.station)
            named = [replace(one, key=f"{name}:{place}") for place, one in enumerate(says)]
            post(session, world.words, named, Cause(name), now)
        return len(rows)


TICK = tick
