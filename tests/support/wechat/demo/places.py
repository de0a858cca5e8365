"""Where people read (places) and how they speak (voices), whatever the platform; and what is new there, awaited."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field


class NotSeen(Exception):
    """A step did not come about; its text says which, where, and what stood there instead."""


@dataclass(frozen=True)
class Line:
    """A message as it stands; `gone` where it was taken back."""

    text: str
    gone: bool = False


@dataclass
class Place:
    """A group, or somebody's private talk: `reads` gives what stands there, oldest first.

    What was read already is kept, since a message may grow or be changed where it stands.
    """

    name: str
    how: str
    reads: Callable[[], Sequence[Line]]
    known: dict[int, str] = field(default_factory=dict)

    def fresh(self) -> list[str]:
        """What is new since somebody looked."""
        found = [self._new(at, one) for at, one in enumerate(self.reads())]
        self.known = {at: one.text for at, one in enumerate(self.reads())}
        return [one for one in found if one]

    def next(self, parts: Sequence[str]) -> str | None:
        """The first new words that say all this; they, and what stands before them, are read now."""
        lines = self.reads()
        for at, line in enumerate(lines):
            new = self._new(at, line)
            if new and all(part in new for part in parts):
                self.known |= {before: lines[before].text for before in range(at + 1)}
                return new
        return None

    def _new(self, at: int, line: Line) -> str:
        before = self.known.get(at, "")
        if line.gone or line.text == before:
            return ""
        return line.text.removeprefix(before)

    def is_gone(self, part: str) -> bool:
        """Whether something that said this stood there, and nothing like it does now."""
        found = [one.gone for one in self.reads() if part in one.text]
        return bool(found) and all(found)

    def standing(self, part: str) -> str | None:
        """The newest message that says this, however long it has stood there."""
        return next((one.text for one in reversed(self.reads()) if part in one.text and not one.gone), None)


@dataclass
class Voice:
    """Somebody who can say and press something somewhere; the answer is read at `place`."""

    name: str
    place: Place
    says: Callable[[str], Awaitable[object]]
    presses: Callable[[str], Awaitable[object]] | None = None


@dataclass
class Protocol:
    """Tells what happens, as short lines, and waits for what has to; nothing is told where it is quiet."""

    aloud: bool = True
    patience: float = 20.0
    began: float = field(default_factory=time.monotonic)

    def act(self, chinese: str, english: str) -> None:
        """A part of the play begins."""
        self.tell(f"\n== {chinese} · {english}  [{time.monotonic() - self.began:.0f} s]")

    def tell(self, line: str) -> None:
        """A line for whoever looks on."""
        if self.aloud:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    async def says(self, voice: Voice, words: str) -> None:
        """Somebody writes."""
        self.tell(f"  {who(voice)}说：{words}")
        await voice.says(words)

    async def presses(self, voice: Voice, label: str) -> None:
        """Somebody presses a button."""
        assert voice.presses is not None, voice.name
        self.tell(f"  {who(voice)}点：[{label}]")
        await voice.presses(label)

    async def sees(self, place: Place, *parts: str, quiet: bool = False) -> str:
        """Wait for a new message that says all this; its text. Raises NotSeen."""

        what = f"{place.name}（{place.how}）该看到“{'…'.join(parts)}”"
        text = await self.until(lambda: place.next(parts), what, place)
        if not quiet:
            self.tell(f"    → {place.name}（{place.how}）看到：{short(text, parts)}")
        return text

    async def stands(self, place: Place, *parts: str) -> str:
        """Wait until a message, new or changed, says all this; its text. Raises NotSeen."""

        def found() -> str | None:
            text = place.standing(parts[0])
            return text if text is not None and all(part in text for part in parts) else None

        text = await self.until(found, f"{place.name}（{place.how}）该显示“{'…'.join(parts)}”", place)
        self.tell(f"    → {place.name}（{place.how}）显示：{short(text, parts)}")
        return text

    async def gone(self, place: Place, part: str) -> None:
        """Wait until what said this is taken back. Raises NotSeen."""
        await self.until(lambda: place.is_gone(part) or None, f"{place.name}（{place.how}）里“{part}”该被收回", place)
        self.tell(f"    → {place.name}（{place.how}）：那一条已收回 / taken back")

    async def until(self, found: Callable[[], str | bool | None], what: str, place: Place | None = None) -> str:
        """Wait until there is something; raises NotSeen with what stood there instead."""
        until = time.monotonic() + self.patience
        while True:
            if (got := found()) is not None:
                return str(got)
            if time.monotonic() > until:
                seen = [one.text for one in place.reads()][-3:] if place is not None else []
                raise NotSeen(f"{self.patience:.0f} 秒内没有等到：{what}。 Not seen in time; last there: {seen}")
            await asyncio.sleep(0.02)


def who(voice: Voice) -> str:
    """Somebody and where they are."""
    group = f"在“{voice.place.name}”" if voice.place.name != voice.name else ""
    return f"{voice.name}{group}（{voice.place.how}）"


def short(text: str, parts: Sequence[str] = ()) -> str:
    """A message on one line: whole where it is short, else its beginning and the lines that matter."""
    lines = [one.strip() for one in text.splitlines() if one.strip()]
    kept = [one for at, one in enumerate(lines) if at == 0 or any(part in one for part in parts)]
    told = " ⏎ ".join(lines if len(" ".join(lines)) <= 90 else kept)
    return told if len(told) <= 150 else f"{told[:149]}…"
