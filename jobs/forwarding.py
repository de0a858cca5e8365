"""Forwarding (人工转发): the clock reminds whoever was asked to pass something on, and stops waiting at last."""

from sqlalchemy.orm import Session

from handlers.dialogue.world import World
from handlers.forwarding import actions
from jobs.channel import Sent
from jobs.due import Clock
from jobs.wire import Job
from storage import forwards


def asked(session: Session, world: World, job: Job, sent: Sent | None) -> None:
    """A call went through whose message a person has to pass on; its first part stands for all."""
    if job.can.by_hand and sent is not None and job.row.part == 0:
        platform_id = sent.parts[0][0] if sent.parts else None
        actions.asked(session, world.words, job.row, job.outgoing, platform_id, job.now())


def step(world: World) -> int:
    """Look at what is due; how much."""
    now = world.now()
    with world.db.write() as session:
        found = forwards.due(session, now)
        for one in found:
            actions.look_after(session, world.words, one, now)
        return len(found)


tick = Clock(step, forwards.any_due)
TICK = tick
