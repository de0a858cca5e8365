"""Pending words (待选): what somebody said privately without a command is kept until a button says what it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from handlers.help import rules
from handlers.reading.intent_words import has_trouble
from handlers.reading.normal import fold
from storage import forms, media
from storage.forms import FormState, OpenForm

NAME = "pending"
_ENDS = "，。；：！？、,.;:!?~"
LIVES = timedelta(minutes=30)
TOGETHER = timedelta(minutes=5)
"""Within so long a place said by itself belongs to what was said beside it."""
MOST_WORDS = 1000
MOST_MEDIA = 9


class Kept(NamedTuple):
    """What was said privately: the words, media (row ids), and a place shared beside them (latitude, longitude)."""

    words: str = ""
    media: Sequence[int] = ()
    place: tuple[float, float] | None = None


def with_before(session: Session, actor_id: int, chat_id: int, said: Kept, now: datetime) -> Kept:
    """What is said behind that which waits and which it belongs to, in the order it was said.

    They belong together where one of both is only a place, a time or a picture of some trouble; of two matters the
    later counts, so that a button never records beside one what was said of another.
    """
    row = forms.parked_of(session, actor_id, chat_id, now)
    if row is None or row.created_at <= now - TOGETHER:
        return said
    before = _kept(session, row)
    shared = said.place is not None and not said.words and not said.media
    joined = before.words if shared else joined_words(before.words, said.words)
    both = [*before.media, *said.media]
    if joined is None or len(joined) > MOST_WORDS or len(both) > MOST_MEDIA:
        return said
    forms.close(session, row, FormState.DONE, now)
    return Kept(joined, both, said.place or before.place)


def _kept(session: Session, row: OpenForm) -> Kept:
    answers = forms.answers_of(session, row)
    place = answers.get("location")
    media_ids = [int(one) for one in answers.get("media", ())]
    return Kept(str(answers.get("text", "")), media_ids, tuple(place) if place else None)


def joined_words(before: str, later: str) -> str | None:
    """Both as one; None where each tells a matter of its own."""
    first, last = before.strip(), later.strip()
    if not first:
        return last
    if not last:
        return first if has_trouble(fold(first)) or rules.only_where_or_when(fold(first)) else None
    if first == last:
        return last
    if not any(rules.only_where_or_when(fold(one)) for one in (first, last)):
        return None
    return f"{first}{last}" if first[-1] in _ENDS else f"{first}，{last}"


def keep(session: Session, actor_id: int, chat_id: int, said: Kept, now: datetime) -> int:
    """Keep what a person said in this private chat for 30 minutes, by a number; what waited before ends.

    A place is kept as that of what was told, never by itself (R15).
    """
    drop(session, actor_id, chat_id, now)
    told = said.words.strip() or said.media
    answers = {"text": said.words, "media": list(said.media), "location": said.place if told else None}
    return forms.begin(session, actor_id, chat_id, NAME, "", now, now + LIVES, answers, FormState.PARKED).id


def take(session: Session, actor_id: int, chat_id: int, now: datetime) -> Kept:
    """What is kept, which is given out once; nothing where nothing waits."""
    row = forms.parked_of(session, actor_id, chat_id, now)
    if row is None:
        return Kept()
    kept = _kept(session, row)
    forms.close(session, row, FormState.DONE, now)
    return kept


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
