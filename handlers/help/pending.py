"""Pending words (待选): what somebody said privately without a command is kept until a button says what it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

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


def with_before(
    session: Session, actor_id: int, chat_id: int, text: str, media_ids: Iterable[int], now: datetime
) -> tuple[str, list[int]]:
    """These words and media behind those which wait and which they belong to, in the order they were said.

    They belong together where one of both is only a place, a time or a picture of some trouble; of two matters the
    later counts, so that a button never records beside one what was said of another.
    """
    said, sent = text, list(media_ids)
    row = forms.parked_of(session, actor_id, chat_id, now)
    if row is None or row.created_at <= now - TOGETHER:
        return said, sent
    answers = forms.answers_of(session, row)
    before = str(answers.get("text", ""))
    joined = joined_words(before, said)
    both = [*(int(one) for one in answers.get("media", ())), *sent]
    if joined is None or len(joined) > MOST_WORDS or len(both) > MOST_MEDIA:
        return said, sent
    forms.close(session, row, FormState.DONE, now)
    return joined, both


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


def keep(session: Session, actor_id: int, chat_id: int, text: str, media_ids: Iterable[int], now: datetime) -> int:
    """Keep a person's words and media (ids) of this private chat for 30 minutes, by a number; others end."""
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
