"""Which meeting is meant, and who belongs to it (查号)."""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from handlers.dialogue.access import DESK, OFFICERS, Refusal, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import text
from handlers.meetings.rules import Clock
from handlers.reading.codes import Code
from storage import areas, cases
from storage.meetings import LETTER, UNDER_WAY, Meeting

LEADERS = OFFICERS | DESK


def clock(meeting: Meeting) -> Clock:
    """Where it stands in time."""
    return Clock(meeting.created_at, meeting.reached_at is not None, meeting.met_at)


def named(codes: Iterable[Code]) -> list[Code]:
    """The codes of meetings among those of a message."""
    return [code for code in codes if code.prefix == LETTER]


def meant(session: Session, codes: Sequence[Code], topic: str | None) -> Meeting | None:
    """The meeting named, or the one whose message was answered."""
    own = named(codes)
    return cases.numbered(session, Meeting, own[0].number) if own else cases.of_topic(session, Meeting, topic)


def leads(session: Session, actor: Actor, meeting: Meeting) -> bool:
    """Whether this is an officer, a chief or the desk of its area."""
    return actor.has(LEADERS, areas.get(session, meeting.area_id))


def is_team(session: Session, actor: Actor, meeting: Meeting) -> bool:
    """Whether this person has it in hand or leads its area; a colleague next door is a stranger to it."""
    return (bool(actor.id) and meeting.handler_id == actor.id) or leads(session, actor, meeting)


def for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None = None) -> Meeting:
    """The meeting its handler or a leader means; without a code the only one in their hands; else a Refusal."""
    found = meant(session, codes, topic)
    if found is None and not codes:
        found = only_one(session, scene.actor)
    if found is None or not is_team(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def only_one(session: Session, actor: Actor) -> Meeting | None:
    """The only one in somebody's hands."""
    mine = cases.open_ones(session, Meeting, (), actor.id) if actor.id else ()
    return mine[0] if len(mine) == 1 else None


def going(meeting: Meeting) -> None:
    """Raise a Refusal unless it is under way."""
    if meeting.state not in UNDER_WAY:
        raise not_open(meeting)


def not_open(meeting: Meeting) -> Refusal:
    """Why nothing can be done about it now."""
    return refuse("meetings.not_open", code=meeting.code, state=text(f"meetings.state.{meeting.state}"))
