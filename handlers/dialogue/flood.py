"""Floods (消息过多): how many messages of a person and of a group are taken in a minute, and what is never folded away.

Pure: moments are seconds of the world's clock and are handed in. A window counts what was let through, so that
somebody who goes on and on is still heard at the limit's pace.
"""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from handlers.dialogue.address import address, words_of
from handlers.dialogue.message import Incoming
from handlers.reading import intent
from handlers.reading.codes import codes
from handlers.reading.intent_words import exact_place
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer

SPAN: Final = 60.0
"""Seconds a window covers: what was heard exactly this long ago no longer counts."""

FIRST: Final = 3
"""So many messages beyond the limit are kept whole; the others are counted."""

ALBUM: Final = 10
"""Pictures of one album count as one message, up to so many."""

AT_ONCE: Final = frozenset({"撤回", "找到", "更正", "作废", "撤销", "求助", "十户"})
"""Words that stop or correct what stands, or call for help: they are heard in the middle of any flood."""


@dataclass(frozen=True, slots=True)
class Most:
    """So many messages in any minute are answered one by one: of a person, and of everybody in a group."""

    person: int = 20
    group: int = 60


class Windows:
    """Exact rolling windows of what was let through lately, by name: a person, or a group."""

    def __init__(self) -> None:
        self._moments: dict[str, list[float]] = {}
        self._tidied = float("-inf")

    def full(self, name: str, limit: int, now: float) -> bool:
        """Whether `limit` messages were let through in the last `SPAN` seconds.

        Moments that lie further ahead than a window were noted before the clock was put back: they are forgotten.
        """
        moments = self._moments.get(name)
        if moments is not None and moments[-1] > now + SPAN:
            del self._moments[name]
            return False
        return moments is not None and len(moments) >= limit and moments[-limit] > now - SPAN

    def note(self, name: str, limit: int, moment: float) -> None:
        """Count a message that was let through at that moment; more than the newest `limit` never matter."""
        moments = self._moments.setdefault(name, [])
        insort(moments, moment)
        del moments[:-limit]

    def take_back(self, name: str, moment: float) -> None:
        """Count a message no longer, since it could not be kept."""
        moments = self._moments.get(name, [])
        if moment in moments:
            moments.remove(moment)
        if not moments:
            self._moments.pop(name, None)

    def tidy(self, now: float) -> None:
        """Forget whoever has been silent for a window; done once in `SPAN` seconds."""
        if abs(now - self._tidied) < SPAN:
            return
        self._tidied = now
        for name in [name for name, moments in self._moments.items() if moments[-1] <= now - SPAN]:
            del self._moments[name]

    def __len__(self) -> int:
        return len(self._moments)


def judge(
    windows: Windows, most: Most, person: str, group: str | None, weighs: Callable[[], bool], now: float
) -> str | None:
    """Let a message through, which counts, or name the window that is full and into which it is folded.

    weighs: whether it is never folded away; asked only where a window is full. What weighs of somebody beyond their
    own limit does not count for the group: one person alone must not use up what is left to the others.
    """
    full = None
    if windows.full(person, most.person, now):
        full = person
    elif group is not None and windows.full(group, most.group, now):
        full = group
    if full is not None and not weighs():
        return full
    windows.note(person, most.person, now)
    if group is not None and full != person:
        windows.note(group, most.group, now)
    return None


def weighs(incoming: Incoming, gazetteer: Gazetteer, bot_names: tuple[str, ...]) -> bool:
    """Whether a message is never folded away: it holds a code, a place, words of danger, or a word of `AT_ONCE`.

    A typed answer to the bot's own message is about the records named there. Places that are no area's name are sought
    in the beginning of a long text, as everywhere.
    """
    if incoming.location is not None:
        return True
    said = " ".join(filter(None, (incoming.text, *(medium.transcript for medium in incoming.media))))
    folded = fold(said)
    answered = incoming.reply_to if incoming.kind != "button" else None
    if codes(folded) or (answered is not None and answered.from_bot and codes(answered.text)):
        return True
    words = words_of(address(incoming.text, bot_names, incoming.mentioned).text)
    if words is not None and words.command.word in AT_ONCE:
        return True
    return intent.holds_danger(folded) or exact_place(folded) or gazetteer.names_one(folded)
