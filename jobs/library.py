"""The library in time: rotations go out at their moments, items nobody wanted or looked at again go."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.bulletins.views import Office
from handlers.dialogue.say import Say
from handlers.dialogue.world import Station, World
from handlers.library import actions, rotating
from jobs import due
from storage import library
from storage.library import LibraryRotation

items = due.each("library", library.due_items, actions.step)


def rotations(world: World) -> int:
    """Let the next item of each rotation that is due go out; how many."""

    def strike(session: Session, row: LibraryRotation, now: datetime, station: Station) -> list[Say]:
        return rotating.strike(Office(session, world.words, station, now), row)

    return due.each("rotation", library.due_rotations, strike)(world)


def tick(world: World) -> int:
    """Do what is due; how many rows took a step."""
    return items(world) + rotations(world)


TICK = tick
