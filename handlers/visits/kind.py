"""A round of visits as a kind of record (访): what the shared rooms ask of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Text, text
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.visits import actions, records, views
from storage import visits
from storage.visits import Campaign


def _shown(_session: Session, _campaign: Campaign, words: str) -> str:
    return mask(words)


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """The rounds in which this person has doors left, privately."""
    for one in visits.going(session) if scene.actor.id and not scene.is_group else ():
        if left := visits.tally(session, one, scene.actor.id).left:
            yield text("visits.todo", head=views.head(session, one, now), n=left)


def stop(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """撤销 and 办结 of a round are 结束."""
    return actions.stop(session, scene.actor, records.meant(session, scene, codes), now)


KIND = plain.kind(Campaign, is_team=records.is_team, shown=_shown, todo=_todo, answers={"撤销": stop, "办结": stop})
