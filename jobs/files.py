"""Tables sent as a file (表格文件): read once, never kept; whoever sent one hears what was taken of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.dialogue.access import Refusal
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.scene import Actor, actor_of
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import World
from handlers.visits import actions as doors
from handlers.visits.rules import read_doors
from handlers.weekly import entering, sent_table
from jobs import sheets
from storage import awaited, media, waiting
from storage.awaited import Use


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read before anything is locked, what is then done with it, and what is said of no table."""

    read: Callable[[World, Session, str], Any]
    keep: Callable[[World, Session, Actor, Any, datetime], list[Say]]
    bad: Text


def _read_figures(world: World, session: Session, lines: str) -> Any:  # noqa: ANN401 - what its keeper takes
    return entering.rows_of(session, world.station, lines)


def _keep_figures(world: World, session: Session, actor: Actor, told: Any, now: datetime) -> list[Say]:  # noqa: ANN401
    return sent_table.offer(session, actor, world.station, told, now)


def _keep_doors(world: World, session: Session, actor: Actor, told: Any, now: datetime) -> list[Say]:  # noqa: ANN401
    return doors.keep_doors(session, actor, told, now, world.gazetteer(session))


READINGS: Mapping[Use, Reading] = {
    Use.DOORS: Reading(lambda _world, _session, lines: read_doors(lines), _keep_doors, text("visits.bad_file")),
    Use.FIGURES: Reading(_read_figures, _keep_figures, text("weekly.bad_file")),
}


def take(world: World, medium_id: int, blob: bytes | None) -> bool:
    """Read a file somebody sent to have it read; False where this medium is none.

    blob: None where it could not be fetched.
    """
    with world.db.read() as session:
        row = awaited.of(session, medium_id)
        if row is None:
            return False
        reading = READINGS[row.use]
        try:
            told = reading.read(world, session, sheets.lines_of(blob)) if blob is not None else None
        except sheets.NoSheet:
            told = None
    now = world.now()
    with world.db.write() as session:
        row = awaited.of(session, medium_id)
        if row is None:
            return True
        person, says = row.person_id, [Say(reading.bad)]
        awaited.drop(session, row)
        media.fail(session, medium_id, "read")
        waiting.medium_came(session, medium_id)
        try:
            if told is not None:
                says = reading.keep(world, session, actor_of(session, person), told, now)
        except Refusal as refusal:
            says = [Say(refusal.text)]
        to_them = [Say(one.text, buttons=one.buttons, person=person) for one in says]
        post(session, world.words, to_them, Cause(f"file:{medium_id}"), now)
    return True
