"""A round of visits as a kind of record (访): what the shared rooms ask of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.kinds import Addressee, Case, Kind
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor, Scene
from handlers.dialogue.wording import Text, text
from handlers.dialogue.world import Station
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.visits import actions, records, views
from storage import cases, visits
from storage.visits import LETTER, Campaign


def _of_id(session: Session, campaign_id: int) -> Case | None:
    found = cases.find(session, Campaign, campaign_id)
    return records.case(session, found) if found is not None else None


def _numbered(session: Session, _letter: str, number: int) -> Case | None:
    found = cases.numbered(session, Campaign, number)
    return records.case(session, found) if found is not None else None


def _is_team(session: Session, actor: Actor, case: Case) -> bool:
    return records.is_team(session, actor, records.of_case(session, case))


def _note(session: Session, case: Case, kind: str, words: str, now: datetime) -> None:
    cases.add_note(session, records.of_case(session, case), kind, words, now)


def _nobody(session: Session, case: Case) -> Sequence[Addressee]:
    """Nobody is called back about a round."""
    return ()


def _as_it_is(session: Session, case: Case, now: datetime, station: Station) -> list[Say]:
    return []


def _no_card(session: Session, case: Case) -> list[Say]:
    return []


def _shown(session: Session, case: Case, words: str) -> str:
    return mask(words)


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """The rounds in which this person has doors left, privately."""
    for one in visits.going(session) if scene.actor.id and not scene.is_group else ():
        if left := visits.tally(session, one, scene.actor.id).left:
            yield text("visits.todo", head=views.head(session, one, now), n=left)


def stop(session: Session, scene: Scene, codes: Sequence[Code], now: datetime) -> list[Say]:
    """撤销 and 办结 of a round are 结束."""
    return actions.stop(session, scene.actor, records.meant(session, scene, codes), now)


KIND = Kind(
    name="campaign",
    letters=LETTER,
    of_id=_of_id,
    numbered=_numbered,
    is_team=_is_team,
    note=_note,
    addressees=_nobody,
    reopen=_as_it_is,
    called_back=_as_it_is,
    refreshed=_no_card,
    shown=_shown,
    todo=_todo,
    answers={"撤销": stop, "办结": stop},
)
