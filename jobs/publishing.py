"""Publishing: deliveries and changes go on chunk by chunk."""

from handlers.dialogue.world import World
from handlers.publishing import actions
from storage import changes, deliveries


def tick(world: World) -> int:
    """Take what is being published or taken back a chunk further; nothing is locked where nothing waits."""
    now = world.now()
    with world.db.read() as session:
        halted = deliveries.any_just_halted(session, now - actions.HALTED_FOR)
        if not halted and not deliveries.any_under_way(session) and not changes.any_going(session):
            return 0
    with world.db.write() as session:
        return actions.advance(session, world.words, now)


TICK = tick
