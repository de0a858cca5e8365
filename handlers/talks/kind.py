"""An evening talk as a kind of record (夜): what the shared rooms ask of it, and shared words about it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.cases import plain
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import Catalogue, Text, text
from handlers.dialogue.world import Station
from handlers.reading.codes import Code
from handlers.reading.identifiers import mask
from handlers.reminders.rules import moment_words
from handlers.talks import actions, records
from storage import areas, cases
from storage.talks import Talk, TalkState

MOST_LINES = 4


def _shown(_session: Session, _talk: Talk, words: str) -> str:
    return mask(words)


def line(session: Session, talk: Talk, now: datetime) -> Text:
    """When and where, and how it stands."""
    return text(
        "talks.line",
        code=talk.code,
        when=moment_words(talk.meets_at, now),
        place=cases.opened(session, talk, "place"),
        area=areas.get(session, talk.area_id).name,
        state=text(f"talks.state.{talk.state}"),
    )


def _todo(session: Session, scene: Scene, now: datetime) -> Iterable[Text]:
    """The talks this person leads."""
    for one in cases.open_ones(session, Talk, (), scene.actor.id, MOST_LINES) if scene.actor.id else ():
        yield line(session, one, now)


def progress(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """How a talk stands; to its leader the notes, privately."""
    talk = records.meant(session, scene, codes, topic)
    says = [Say(line(session, talk, now), quote=True)]
    mine = talk.handler_id == scene.actor.id and not scene.is_group
    noted = mine and talk.state in (TalkState.HELD, TalkState.CLOSED)
    return [*says, *actions.noted(session, talk)] if noted else says


def call_off(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, words: Catalogue, now: datetime
) -> list[Say]:
    """撤销 of a talk is 取消."""
    return actions.call_off(session, scene.actor, records.meant(session, scene, codes, topic), words, now)


def close(
    session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime, station: Station
) -> list[Say]:
    """办结 of a talk is 结束."""
    return actions.close(session, scene.actor, records.meant(session, scene, codes, topic), now, station)


def reopen(session: Session, scene: Scene, codes: Sequence[Code], topic: str | None, now: datetime) -> list[Say]:
    """Open it again."""
    return actions.reopen(session, scene.actor, records.meant(session, scene, codes, topic), now)


KIND = plain.kind(
    Talk,
    is_team=records.is_team,
    shown=_shown,
    todo=_todo,
    answers={"进度": progress, "撤销": call_off, "办结": close, "重开": reopen},
)
