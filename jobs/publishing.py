"""Publishing: deliveries and changes go on chunk by chunk."""

from handlers.dialogue.world import World
from handlers.publishing import actions


def tick(world: World) -> int:
    """Take what is being published or taken back a chunk further."""
    with world.db.write() as session:
        return actions.advance(session, world.words, world.now())


TICK = tick
