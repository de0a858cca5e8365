"""A meeting as a kind of record (劝): what the shared rooms ask of it, and shared words about it.

Nobody is called back: who was warned is known inside the seal alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue.access import TEAM, refuse
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Button, Say, rows
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, said, text
from handlers.incidents.words import after_codes
from handlers.meetings import actions, meet, records, views
from handlers.reading.codes import Code
from storage import areas, cases, people
from storage.meetings import Meeting

MOST_LINES = 8
MOST_BUTTONS = 8
MOST_BYTES = 50


def _shown(_session: Session, _meeting: Meeting, _words: str) -> str:
    """Not a word of it is for others."""
    return ""


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """What is open of this person: number and age."""
    led = [hold for hold in scene.actor.holds if hold.role in records.LEADERS]
    within = [one for hold in led for one in areas.subtree(session, hold.area_id)]
    for one in cases.open_ones(session, Meeting, within, scene.actor.id, MOST_LINES):
        yield views.line(one, now)


def _own(session: Session, actor: Actor) -> Iterable[Text]:
    """How those this person gave stand; nobody outside the team ever gave one."""
    for one in cases.told_by(session, Meeting, actor.id, MOST_LINES) if actor.has(TEAM) else ():
        yield text("incidents.progress.line", code=one.code, state=views.state(one))


def _for_anyone(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Meeting:
    """The meeting its team or whoever gave it means, privately; in a group nobody learns of one."""
    found = records.meant(session, codes, topic)
    known = found is not None and (
        records.is_team(session, scene.actor, found) or cases.is_teller(session, found, scene.actor.id)
    )
    if found is None or not known:
        raise unknown(session, scene, codes)
    if scene.is_group:
        raise refuse("access.private", word="见面")
    return found


def progress(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """How it stands."""
    return [meet.show(session, scene.actor, _for_anyone(session, scene, codes, topic), now)]


def withdraw(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """Take it back."""
    return actions.withdraw(session, scene.actor, _for_anyone(session, scene, codes, topic), now)


def supplement(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """What is known besides."""
    meeting = _for_anyone(session, scene, codes, topic)
    return actions.add(session, meeting, after_codes(rest, records.named(codes)), scene.actor.id, now)


def _for_team(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Meeting:
    found = records.for_team(session, scene, codes, topic)
    if scene.is_group:
        raise refuse("access.private", word="见面")
    return found


def take(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """Whoever leads its area takes it over."""
    meeting = _for_team(session, scene, codes, topic)
    return actions.take(session, scene.actor, meeting, scene.actor.id, now)


def hand_over(
    session: Session, scene: Scene, rest: str, codes: Sequence[Code], topic: str | None, now: datetime
) -> list[Say]:
    """Hand it to the colleague named; without a name, offer who there is."""
    meeting = _for_anyone(session, scene, codes, topic)
    to = after_codes(rest, records.named(codes)).removeprefix("给").strip()
    if to:
        return actions.hand_over(session, scene.actor, meeting, to, now)
    records.going(meeting)
    ids = people.holders(session, actions.DOERS, meeting.area_id)
    names = [people.name_of(session, one) for one in ids if one != meeting.handler_id]
    offered = [Button(said(name), f"转派 {meeting.code} {name}") for name in names if name]
    fitting = [one for one in offered if len(one.does.encode()) <= MOST_BYTES][:MOST_BUTTONS]
    pairs = [tuple(fitting[start : start + 2]) for start in range(0, len(fitting), 2)]
    return [Say(text("meetings.hand_whom", code=meeting.code), buttons=rows(*pairs))]


def reopen(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """A result told by mistake."""
    return actions.reopen(session, scene.actor, _for_team(session, scene, codes, topic), now)


def close(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """办结 of a meeting needs its result."""
    meeting = _for_team(session, scene, codes, topic)
    records.going(meeting)
    return [Say(text("meetings.which_result", code=meeting.code), buttons=views.result_buttons(meeting))]


KIND = plain.kind(
    Meeting,
    is_team=records.is_team,
    shown=_shown,
    todo=_todo,
    own=_own,
    answers={
        "进度": progress,
        "撤销": withdraw,
        "补充": supplement,
        "接单": take,
        "接手": take,
        "转派": hand_over,
        "转办": hand_over,
        "重开": reopen,
        "办结": close,
    },
)
