"""An alarm of ten households as a kind of record (联): what shared words about it do.

Nobody is called back: the households see for themselves how it ended.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.cases import views as shared
from handlers.dialogue.kinds import unknown
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.households import actions, records, views
from handlers.incidents.words import after_codes
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from storage import areas, cases, households
from storage.households import LETTER, Alarm, Unit

MOST_LINES = 8


def _refreshed(session: Session, row: Alarm) -> list[Say]:
    return views.to_groups(session, row, session.get_one(Unit, row.unit_id))


def _shown(_session: Session, _row: Alarm, words: str) -> str:
    return mask(words, doors=False)


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """The alarms under way where this person helps."""
    for one in records.open_ones(session, scene.actor, MOST_LINES):
        state = text(f"household_alarms.state.{one.state}")
        yield text("households.todo", code=one.code, area=areas.get(session, one.area_id).name, state=state)


def _meant(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None) -> Alarm:
    """The alarm named or answered to, where it concerns this person; else a Refusal that tells a stranger nothing."""
    own = [code for code in codes if code.prefix == LETTER]
    found = cases.numbered(session, Alarm, own[0].number) if own else cases.of_topic(session, Alarm, topic)
    if found is None or not records.concerns(session, scene.actor, found):
        raise unknown(session, scene, codes)
    return found


def progress(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """How an alarm stands; how many households have answered, for the team alone."""
    row = _meant(session, scene, codes, topic)
    state = text(f"household_alarms.state.{row.state}")
    lines = [text("households.progress", code=row.code, state=state)]
    if records.is_team(session, scene.actor, row) and not scene.kind.is_public:
        answered = sum(one.member and one.answered_at is not None for one in households.hearers(session, row))
        if not row.is_over and row.told:
            lines.append(text("households.so_far", n=answered, of=row.told))
        lines += shared.lines(session, row.topic, row.created_at, now, station)
    return [Say(text("incidents.lines", lines=tuple(lines)), quote=True)]


def clear(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """办结 of an alarm is 解除."""
    return actions.clear(session, scene.actor, _meant(session, scene, codes, topic), now)


def withdraw(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """撤销 of an alarm is 误报."""
    return actions.false_alarm(session, scene.actor, _meant(session, scene, codes, topic), now)


def know(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """接单 of an alarm is 收到."""
    return actions.know(session, scene.actor, _meant(session, scene, codes, topic), now)


def supplement(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    now: datetime,
    station: Station,
) -> list[Say]:
    """More is said to an alarm under way."""
    words = after_codes(rest, codes)
    return actions.more(session, scene.actor, _meant(session, scene, codes, topic), words, now, station)


KIND = plain.kind(
    Alarm,
    is_team=records.is_team,
    refreshed=_refreshed,
    shown=_shown,
    todo=_todo,
    answers={"进度": progress, "办结": clear, "撤销": withdraw, "接单": know, "补充": supplement},
)
