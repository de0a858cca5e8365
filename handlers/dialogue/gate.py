"""The gate (收信口): which messages are answered one by one, and which are folded into a flood; the rows are the truth.

The windows live in memory and are filled from the inbox at the start, and every second where several processes may
write it (PostgreSQL). A message that is let through costs no statement of its own.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from handlers.dialogue import flood
from handlers.dialogue.flood import Most, Windows
from handlers.dialogue.message import Incoming
from handlers.reading.places import Gazetteer
from handlers.reading.population import is_population
from storage import floods, inbox
from storage.database import Database
from storage.inbox import InboxState, Kept
from storage.sealing import MasterKey

HAPPENS: Final = ("joined", "left", "migrated", "muted", "unmuted", "met", "forwarded")
"""What became of the bot itself in a chat: never counted, never folded."""

AGAIN: Final = 1.0
"""Seconds between looks at what other processes let through."""


class Grounds(Protocol):
    """What the gate stands on: a world's database, the names of its places and of its bot."""

    @property
    def db(self) -> Database:
        """Where the inbox is."""

    @property
    def bot_names(self) -> tuple[str, ...]:
        """What the bot is called."""

    def gazetteer(self, session: Session) -> Gazetteer:
        """The areas by name."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and what the gate says: `full` names the window it is folded into, None lets it through.

    `name` and `sender` are digests, the latter empty for what is not counted; `moment` is when it was counted, None
    where it was not.
    """

    incoming: Incoming
    name: str
    sender: str = ""
    full: str | None = None
    moment: float | None = None


class Gate:
    """The windows of one world; used from any thread."""

    def __init__(self, most: Most = Most()) -> None:  # noqa: B008 - it cannot be changed
        self.most, self.windows = most, Windows()
        self._lock = threading.Lock()
        self._known: dict[str, float] = {}
        self._albums: dict[str, tuple[str, int]] = {}
        self._looked = float("-inf")
        self._places: tuple[float, Gazetteer] | None = None

    def sift(self, grounds: Grounds, messages: Sequence[Incoming], now: datetime) -> list[Heard]:
        """Decide about messages in their order, before any lock is taken; raises what the database raises."""
        moment = now.timestamp()
        with self._lock:
            self._catch_up(grounds, now)
            return [self._judge(grounds, one, moment) for one in messages]

    def take_back(self, heard: Sequence[Heard]) -> None:
        """Messages that could not be kept count no longer; they will come again."""
        with self._lock:
            for one in heard:
                self._known.pop(one.name, None)
                if one.moment is not None:
                    self.windows.take_back(one.sender, one.moment)
                    self.windows.take_back(one.incoming.queue, one.moment)

    def _catch_up(self, grounds: Grounds, now: datetime) -> None:
        """Count what is in the inbox and was not counted here."""
        moment = now.timestamp()
        alone = grounds.db.engine.dialect.name == "sqlite"
        if self._looked <= moment < self._looked + AGAIN or (alone and self._looked > float("-inf")):
            return
        first = self._looked == float("-inf")
        back = flood.SPAN if first else min(flood.SPAN, abs(moment - self._looked) + 2 * AGAIN)
        with grounds.db.read() as session:
            rows = inbox.lately(session, now - timedelta(seconds=back))
        for name, queue, sender, received in rows:
            at = received.timestamp()
            if name not in self._known:
                self._known[name] = at
                self.windows.note(sender, self.most.person, at)
                self.windows.note(queue, self.most.group, at)
        self._looked = moment

    def _judge(self, grounds: Grounds, incoming: Incoming, now: float) -> Heard:
        self._tidy(now)
        name = _name(grounds.db.keys, incoming)
        if incoming.kind in HAPPENS:
            return Heard(incoming, name)
        sender = grounds.db.keys.digest("inbox.sender", f"{incoming.account}|{incoming.sender}")
        if name in self._known or self._goes_on(sender, incoming):
            return Heard(incoming, name, sender)
        group = None if incoming.private else incoming.queue
        full = flood.judge(self.windows, self.most, sender, group, lambda: self._weighs(grounds, incoming, now), now)
        if full is not None:
            return Heard(incoming, name, sender, full)
        self._known[name] = now
        if incoming.album:
            self._albums[sender] = (incoming.album_name, 1)
        return Heard(incoming, name, sender, None, now)

    def _goes_on(self, sender: str, incoming: Incoming) -> bool:
        """Whether it is a further picture of an album whose first one was let through."""
        album, size = self._albums.get(sender, ("", 0))
        if not incoming.album or album != incoming.album_name or size >= flood.ALBUM:
            return False
        self._albums[sender] = (album, size + 1)
        return True

    def _weighs(self, grounds: Grounds, incoming: Incoming, now: float) -> bool:
        """Whether it is never folded away; the names of places may be a second old."""
        if self._places is None or not 0 <= now - self._places[0] < AGAIN:
            with grounds.db.read() as session:
                self._places = (now, grounds.gazetteer(session))
        return flood.weighs(incoming, self._places[1], grounds.bot_names)

    def _tidy(self, now: float) -> None:
        self.windows.tidy(now)
        while self._known:
            name, moment = next(iter(self._known.items()))
            if abs(now - moment) < flood.SPAN:
                break
            del self._known[name]
        if len(self._albums) > 1000:
            self._albums.clear()


def keep(session: Session, heard: Sequence[Heard], now: datetime) -> None:
    """Put what was sifted into the inbox, in this transaction; a repeat changes nothing."""
    through = [_kept(one, whole=True) for one in heard if one.full is None]
    if through:
        inbox.add_all(session, through, now)
    full: dict[str, list[Heard]] = {}
    for one in heard:
        if one.full is not None:
            full.setdefault(one.full, []).append(one)
    for name, some in sorted(full.items()):
        begins = some[0].incoming
        keys = [one.name for one in some]
        whole = floods.fold(
            session,
            name,
            keys,
            now,
            account=begins.account,
            chat=begins.chat,
            thread=begins.thread,
            whole=flood.FIRST,
        )
        rows = [_kept(one, whole=one.name in whole) for one in some]
        inbox.add_all(session, rows, now, InboxState.FOLDED)


def withheld(incoming: Incoming) -> Incoming:
    """The message; without anything it said where that, or what it answers to, is a table of inhabitants (R6)."""
    if incoming.kind not in ("message", "edited"):
        return incoming
    quoted = incoming.reply_to.text if incoming.reply_to is not None else ""
    if not (is_population(incoming.text) or is_population(quoted)):
        return incoming
    return replace(incoming, kind="withheld", text="", media=(), location=None, reply_to=None, album="")


def _kept(one: Heard, *, whole: bool) -> Kept:
    said = withheld(one.incoming) if whole else one.incoming
    return Kept(said.account, one.name, said.queue, said.to_bytes() if whole else None, one.sender or None)


def _name(keys: MasterKey, incoming: Incoming) -> str:
    """The message's name for ever; a digest, since platforms make people's ids part of theirs."""
    return keys.digest("inbox.key", f"{incoming.account}|{incoming.key}")
