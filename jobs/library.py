"""The library in time: rotations go out at their moments, items nobody wanted or looked at again go."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins.views import Office
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.world import World
from handlers.library import actions, rotating
from jobs import due
from storage import library
from storage.library import LibraryRotation


def strike(world: World, session: Session, row: LibraryRotation, now: datetime) -> list[Say]:
    """Let the next item of a rotation go out."""
    return rotating.strike(Office(session, world.words, world.station, now), row)


def lose_medium(world: World, session: Session, medium_id: int, now: datetime) -> bool:
    """A picture or film could not be taken; whoever put it in hears so. Whether somebody did."""
    says = actions.lose_medium(Office(session, world.words, world.station, now), medium_id)
    post(session, world.words, says, Cause(f"medium:{medium_id}"), now)
    return bool(says)


items = due.each("library", library.due_items, actions.step)
rotations = due.each_in_world("rotation", library.due_rotations, strike)
tick = due.together(items, rotations)
TICK = tick
