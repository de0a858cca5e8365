"""What so many kills of a sender came to: the platform's journal held against the rows and the ledger."""

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from handlers.dialogue.message import Outgoing
from storage import changes, contents
from storage.changes import Change, ChangeKind
from storage.chats import Chat
from storage.copies import Copy
from storage.lanes import AFTER_CRASH, Fate
from storage.outbox import CallKind, OutboxRow, OutboxState
from tests.support import dying
from tests.support.stage import ROOT

ENDED = (OutboxState.SENT, OutboxState.UNSURE, OutboxState.RECALLED, OutboxState.REPLACED)


@dataclass(frozen=True)
class Toll:
    """Messages but for `kills` and `sent`; `untold` copies stand on the platform but not in the ledger.

    `uncorrected` stand though their record was recalled and no correction follows; `unsettled` are recalls whose
    copies are not all accounted for.
    """

    kills: int
    sent: int
    never: int
    left: int
    unsure: int
    twice_routine: int
    twice_resent: int
    flying: int
    untold: int
    uncorrected: int
    unsettled: int

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or forgotten beyond what was on the wire."""
        nothing = (self.never, self.left, self.twice_routine, self.untold, self.uncorrected, self.unsettled)
        return not any(nothing) and max(self.unsure, self.twice_resent) <= self.flying


def die(url: str, folder: Path, kills: int, seed: int) -> Toll:
    """Let a sender on an empty database die so often."""
    world = dying.real_world(url)
    dying.settle_down(world)
    world.db.close()
    journal = folder / "journal"
    command = [sys.executable, "-m", "tests.support.dying", url, str(journal), str(kills), str(seed)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60 + 5 * kills, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr[-3000:])
    end = json.loads(run.stdout)
    return count(url, dying.journal_of(journal), end["died"], end["flying"])


def count(url: str, journal: list[dying.Line], kills: int, flying: int) -> Toll:
    """Hold the journal against the rows."""
    world = dying.real_world(url)
    arrived = Counter((one.chat, one.text) for one in journal if one.what == "send")
    standing = {(one.chat, one.message): one.text for one in journal if one.what == "send"}
    for one in journal:
        if one.what == "delete":
            standing.pop((one.chat, one.message), None)
        elif one.what == "edit":
            standing[(one.chat, one.message)] = one.text
    never = left = unsure = routine = resent = untold = uncorrected = unsettled = 0
    with world.db.read() as session:
        names = {chat.id: chat.platform_id for chat in session.scalars(select(Chat))}
        told: defaultdict[int, Counter[str | None]] = defaultdict(Counter)
        for copy in session.scalars(select(Copy)):
            told[copy.outbox_id][copy.platform_id] += 1
        recalled = set(session.scalars(select(Change.topic).where(Change.kind == ChangeKind.RECALL)))
        for row in session.scalars(select(OutboxRow)):
            left += row.state not in ENDED
            unsure += row.state is OutboxState.UNSURE
            if row.kind is not CallKind.SEND or row.copy_id is not None:
                continue
            payload = contents.payload_of(session, row.content_id or 0)
            chat, text = names[row.chat_id], Outgoing.from_bytes(payload or b"").text
            times = arrived[chat, text]
            never += times == 0 and row.state is OutboxState.SENT
            if times > 1:
                again = AFTER_CRASH[row.lane] is Fate.AGAIN
                resent, routine = resent + again, routine + (not again)
            if row.topic is None:
                continue
            messages = [one.message for one in journal if (one.what, one.chat, one.text) == ("send", chat, text)]
            untold += sum(one not in told[row.id] for one in messages) > told[row.id][None]
            if row.topic in recalled:
                stands = [one for one in messages if standing.get((chat, one)) == text]
                corrected = sum(words == dying.CLOSING for (at, _), words in standing.items() if at == chat)
                uncorrected += len(stands) > corrected
        unsettled = sum(changes.outcome(session, topic).left > 0 for topic in recalled)
    world.db.close()
    sent = sum(arrived.values())
    return Toll(kills, sent, never, left, unsure, routine, resent, flying, untold, uncorrected, unsettled)


def first_call_after(url: str, folder: Path) -> tuple[float, float]:
    """Kill a sender at work and start another: seconds from its start to its first call, and to its being loaded."""
    world = dying.real_world(url)
    dying.settle_down(world)
    world.db.close()
    journal, command = folder / "first", [sys.executable, "-m", "tests.support.dying", url, str(folder / "first")]
    with _child(command):
        _until(lambda: len(dying.journal_of(journal)) >= 20)
    began, before = time.monotonic(), len(dying.journal_of(journal))
    with _child([sys.executable, "-c", "import tests.support.dying"]) as idle, _child(command):
        idle.wait()
        loaded = time.monotonic() - began
        _until(lambda: len(dying.journal_of(journal)) > before)
        return time.monotonic() - began, loaded


@contextmanager
def _child(command: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that is killed in the end."""
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is true that other processes bring about."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
