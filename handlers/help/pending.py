"""Pending words (待选): what somebody said privately without a command is kept until a button says what it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import forms, media
from storage.forms import FormState, OpenForm

NAME = "pending"
LIVES = timedelta(minutes=30)


def keep(session: Session, actor_id: int, chat_id: int, text: str, media_ids: Iterable[int], now: datetime) -> int:
    """Keep a person's words and media (ids) of this private chat for 30 minutes, by a number; the last ones count."""
    drop(session, actor_id, chat_id, now)
    answers = {"text": text, "media": list(media_ids)}
    return forms.begin(session, actor_id, chat_id, NAME, "", now, now + LIVES, answers, FormState.PARKED).id


def take(session: Session, actor_id: int, chat_id: int, now: datetime) -> tuple[str, list[int]]:
    """The words and media ids kept, which are given out once; ("", []) where nothing waits."""
    row = forms.parked_of(session, actor_id, chat_id, now)
    if row is None:
        return "", []
    answers = forms.answers_of(session, row)
    forms.close(session, row, FormState.DONE, now)
    return str(answers.get("text", "")), [int(one) for one in answers.get("media", ())]


def are_others(session: Session, actor_id: int, chat_id: int, number: int, now: datetime) -> bool:
    """Whether other words wait than those kept by this number: something was said since."""
    row = forms.parked_of(session, actor_id, chat_id, now)
    return row is not None and row.id != number


def drop(session: Session, actor_id: int, chat_id: int, now: datetime) -> bool:
    """Forget what was kept (不用), its media too; whether there was anything."""
    row = forms.parked_of(session, actor_id, chat_id, now)
    if row is None:
        return False
    lapse(session, row, now)
    return True


def lapse(session: Session, row: OpenForm, now: datetime) -> None:
    """Erase parked words nobody chose for, and what was sent along."""
    for medium in forms.answers_of(session, row).get("media", ()):
        media.erase(session, int(medium))
    forms.close(session, row, FormState.LAPSED, now)
