"""What an objection (异议) does, to which notice, and how often somebody may object (R11). Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

ANSWER_WITHIN: Final = timedelta(minutes=30)
"""Within which an objection to a suspect notice is answered; else the notice is taken back."""
ASK_AGAIN: Final = timedelta(hours=1)
"""How often officers and desk hear again of an objection to a search that nobody answers."""
DAY: Final = timedelta(hours=24)
A_DAY: Final = 3
"""So many objections a person may make within a day."""
HOUSEHOLDS: Final = 2
"""Objectors of so many households hide the notice about somebody missing."""
WORDS_MOST: Final = 200
ADDED_MOST: Final = 600
"""Characters of one reason, and of all that one objector adds."""


class Effect(StrEnum):
    """What an objection does: FREEZE stops widening; HIDE stops all sending and takes photo and name off."""

    FREEZE = "freeze"
    HIDE = "hide"


class Limit(StrEnum):
    """Why an objection changes nothing; the value ends the key of the sentence that says so."""

    AGAIN = "again"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who objects: an officer of the area, the person or family concerned, and which household where that is known."""

    officer: bool = False
    concerned: bool = False
    household: str | None = None


def effect(suspect: bool, voice: Voice, earlier: Collection[str | None] = ()) -> Effect:
    """What this objection does; `earlier`: households of those who object to the same notice already.

    A suspect notice is hidden whoever objects. One about somebody missing may save them: it stays until an officer,
    the person or the family says so, or two households that are known and not the same.
    """
    if suspect or voice.officer or voice.concerned:
        return Effect.HIDE
    known = {household for household in (*earlier, voice.household) if household}
    return Effect.HIDE if len(known) >= HOUSEHOLDS else Effect.FREEZE


def limit(before: bool, lately: int) -> Limit | None:
    """Whether an objection counts no more: made before to this notice, or enough of them `lately` (within a day)."""
    if before:
        return Limit.AGAIN
    return Limit.DAY if lately >= A_DAY else None


def added(before: str, words: str) -> str | None:
    """All that an objector has said with what they add; None where that is too much or nothing new."""
    if not words or words in before:
        return None
    told = "；".join(filter(None, (before, words)))
    return told if len(told) <= ADDED_MOST else None


def may_restore(suspect: bool, hidden: bool, published_it: bool) -> bool:
    """Whether somebody who answers for the area may say that a notice stays as it is.

    What was hidden comes back by another's word than that of whoever published it.
    """
    return not published_it or not (suspect or hidden)
