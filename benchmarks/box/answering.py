"""How fast every command is answered: from the inbox's commit to the answer queued, the program at work as always."""

import asyncio
import itertools
import math
import random
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Final

from benchmarks.box.county import Box
from bot.at_work import AtWork
from bot.receive import Answers
from handlers.dialogue.world import World, system_clock
from jobs.channel import Limits

A_SECOND: Final = 5.0
"""Messages a second."""
A_MINUTE: Final = 16
MINUTE: Final = 60.0
A_PLATFORM: Final = Limits(per_second=30.0, in_flight=8)
"""As fast as a platform takes calls of one account: Telegram's bots send 30 messages a second."""
Question = tuple[str, str, str, str | None]
"""(command word, who, what is said, in which group or None)."""


class Timed(Answers):
    """Answers that note how long after its commit each message was answered; `word` is the one on its way."""

    def __init__(self, world: World) -> None:
        self.word = ""
        self.kept: dict[str, deque[tuple[str, float]]] = defaultdict(deque)
        self.took: dict[str, list[float]] = defaultdict(list)
        super().__init__(world)

    def wake(self, name: str) -> None:
        """A message of this chat was committed, or the sweep looks after it."""
        if self.word:
            self.kept[name].append((self.word, time.perf_counter()))
            self.word = ""
        super().wake(name)

    def _end(self, names: Iterable[str], waited: Collection[str]) -> None:
        now = time.perf_counter()
        for name in names:
            if name not in waited:
                self.kept.pop(name, None)
            elif self.kept[name]:
                word, since = self.kept[name].popleft()
                self.took[word].append(now - since)
        super()._end(names, waited)


@dataclass
class Answered:
    """Seconds by command word; `more` are those of words that were asked again and again."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    more: dict[str, list[float]] = field(default_factory=dict)

    def p99(self, word: str | None = None) -> float:
        """The 99th percentile of a word's, or of all asked equally often; in seconds."""
        if word is not None:
            every = self._all_of(word)
        else:
            every = [one for each in self.seconds.values() for one in each]
        every = sorted(every)
        return every[math.ceil(len(every) * 0.99) - 1]

    def median(self, word: str) -> float:
        """What half of a word's askings took less than; in seconds."""
        return median(self._all_of(word))

    def _all_of(self, word: str) -> list[float]:
        return [*self.seconds[word], *self.more.get(word, ())]

    def worst(self) -> tuple[str, float]:
        """The word whose 99th percentile is the highest."""
        return max(((word, self.p99(word)) for word in self.seconds), key=lambda one: one[1])


async def answer(box: Box, questions: Sequence[Question], dice: random.Random) -> Answered:
    """Ask all of these at five a second, as by many people, with the dispatcher and the clock at work."""
    at_once, box.wire.limits = box.wire.limits, A_PLATFORM
    ahead = box.clock.moment - system_clock()
    box.world.clock = lambda: system_clock() + ahead
    answers = Timed(box.world)
    work = AtWork(box.world, [box.wire], answers=answers)
    work.start()
    ticking = asyncio.create_task(_tick(work))
    try:
        async for word, who, text, chat in _calmly(questions, dice):
            answers.word = word
            await work.keeper.accept(box.incoming(who, text, chat))
        await asyncio.to_thread(answers.settle, 30.0)
    finally:
        ticking.cancel()
        await work.stop()
        box.wire.limits = at_once
    box.clock.moment = box.world.now() + timedelta(seconds=1)
    box.world.clock = box.clock
    return Answered(dict(answers.took))


async def _calmly(questions: Sequence[Question], dice: random.Random) -> AsyncIterator[Question]:
    """These at five a second, nobody so hasty that the program would fold what they say into one (20 a minute)."""
    waiting, said = list(questions), defaultdict[str, deque[float]](deque)
    while waiting:
        await asyncio.sleep(dice.expovariate(A_SECOND))
        now = time.monotonic()
        calm = (one for one in waiting if len(said[one[1]]) < A_MINUTE or now - said[one[1]][-A_MINUTE] > MINUTE)
        if (one := next(calm, None)) is not None:
            waiting.remove(one)
            said[one[1]].append(now)
            yield one


async def _tick(work: AtWork) -> None:
    """The clock's calls, as `bot.at_work.scheduled` has them made."""
    for second in itertools.count():
        if second % MINUTE == 0:
            await work.rest()
        await asyncio.sleep(1)
        await work.tick()
