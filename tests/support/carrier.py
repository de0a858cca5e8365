"""Carriers (载体): a dialogue file's people on a real channel, against its platform on loopback.

The world is a real one with the sample county, whose people and groups live on the channel's account. What crosses
the channel is real both ways; only time stands still until it is moved, and what is due happens at once.
"""

import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.console import ACCOUNT, Shown
from bot.channels.relay import Relay
from bot.play import everybody
from handlers.dialogue import turn
from handlers.dialogue.flood import Most
from handlers.dialogue.gate import Gate
from handlers.dialogue.message import Incoming
from handlers.dialogue.world import Station, World
from jobs import clock
from jobs.channel import Capabilities, Channel, Limits
from jobs.dispatch import Dispatcher
from storage import people, worlds
from storage.chats import Chat, ChatKind
from storage.database import Database
from storage.people import Identity
from storage.worlds import WorldKind
from tests.support import dialogues
from tests.support.dialogues import UNITS, Meets, fits
from tests.support.pictures import photo_bytes
from tests.support.stage import KEYS, ROOT, Hands, filled, words

NUMBERED = re.compile(r"(?m)^回复 (\d) (.+)$")
WORDED = re.compile(r"(?m)^也可以回复：(.+)$")
CORRECTED, OLD = "【更正】", "过期"
OPENS, BARE = "私聊查看", ("或私聊发“线索", "或私聊我发“线索", "照片发到这里收不回来")
DELETED = re.compile(r"删 \d+$")
"""How many copies were deleted, at the end of a sentence."""

COUNT, COUNTED = re.compile(r"\d+/\d+"), "已处理"
AT_ONCE = Limits(in_flight=1)
Step = Mapping[str, Any]


@dataclass(frozen=True)
class Home:
    """Where a talk lives: its account, and what the platform calls it."""

    account: str
    name: str


@dataclass
class Carrier(ABC):
    """People on a channel. `can` is what their private talk can do, `in_groups` what a group can.

    `channels` are drained in this order; `invites` are the
    words that stand where a button cannot open the private talk. `files` tells whether a file can be shown; its name is
    the platform's matter.
    """

    world: World
    hands: Hands
    channels: Sequence[Channel]
    can: Capabilities
    in_groups: Capabilities
    homes: Mapping[str, Home]
    invites: str = "（没有）"
    floods: bool = False
    files: bool = True
    history: list[Shown] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    typed: bool = False
    """Whether the last button was pressed by typing."""
    late: bool = False
    """Whether it was an older message's, so that the label was typed."""
    _ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made: list[Channel] = [Relay(), *self.channels]
        for channel in self.channels:
            channel.limits = AT_ONCE
        self._dispatchers = [Dispatcher(self.world, channel, "carrier") for channel in made]
        self._named = {(home.account, home.name): name for name, home in self.homes.items()}
        with self.world.db.write() as session:
            for dispatcher in self._dispatchers:
                dispatcher.introduce(session)

    # What each platform does in its own way

    @abstractmethod
    async def write(self, who: str, text: str, group: str | None, photo: bytes, quoted: Shown | None) -> str:
        """Somebody writes; the message's own id on the platform."""

    async def press_button(self, who: str, shown: Shown, label: str) -> None:
        """Somebody presses a button of this message; on a channel without buttons none may have been shown."""
        raise AssertionError(f"{who} was shown the button {label} in {shown.chat}, which has none")

    async def change(self, who: str, message: str, text: str, group: str | None) -> None:
        """Somebody changes their message; where the platform lets nobody, `carries` keeps such talks away."""
        raise AssertionError(f"{who} cannot change a message in {group or who}")

    @abstractmethod
    def seen(self) -> list[Shown]:
        """What people saw since this was asked last."""

    async def passes(self) -> None:  # noqa: B027 - most platforms have no time of their own
        """Let the platform's own time go on a little, as it does between two messages of people."""

    # What every step is

    async def play(self, step: Step) -> list[Shown]:
        """Play a step; what people saw because of it."""
        self.typed = self.late = False
        await self.passes()
        if "later" in step:
            self.hands.move(**{UNITS[step["later"][-1]]: float(step["later"][:-1])})
            await self.passes()
        elif "presses" in step:
            await self._press(step["who"], step.get("on", step["who"]), step["presses"])
        elif "edits" in step:
            await self.change(step["who"], self._ids[step["id"]], step["edits"], step.get("in"))
        elif not self._among_themselves(step):
            await self._say(step)
        await self.happens()
        shown = joined(self.seen())
        self.history += shown
        return shown

    def _among_themselves(self, step: Step) -> bool:
        """Whether it is talk in a group that is not meant for the bot, where it hears only what is."""
        heard = self.in_groups.hears_all or self.floods or step.get("mention") or "in" not in step
        return not heard and step.get("sees") == [] and not step.get("more")

    async def _say(self, step: Step) -> None:
        who, group = step["who"], step.get("in")
        quoted = None
        if "replies" in step:
            quoted = next(one for one in reversed(self.history) if one.chat == (group or who) and one.what == "sent")
        said = dialogues.filled(step.get("says") or step.get("replies") or "", self.history)
        photo = photo_bytes() if step.get("photo") else b""
        message = await self.write(who, said, group, photo, quoted)
        if "id" in step:
            self._ids[step["id"]] = message

    async def _press(self, who: str, place: str, label: str) -> None:
        """Press the newest button with this label.

        Without buttons what is named is typed: its number, or the label where a newer message has numbers, too.
        """
        there = [one for one in self.history if one.chat == place and one.buttons]
        shown = next(one for one in reversed(there) if any(name == label for name, _ in one.buttons))
        number = next(data for name, data in shown.buttons if name == label)
        self.typed = number.isdigit() or number == label
        if not self.typed:
            await self.press_button(who, shown, label)
            return
        group = None if place == who else place
        self.late = shown is not there[-1]
        await self.write(who, label if self.late else number, group, b"", None)

    def of(self, place: str) -> Capabilities:
        """What a talk can do."""
        return self.in_groups if place.endswith("群") else self.can

    def name_of(self, account: str, there: str) -> str:
        """Whose private talk, or which group, this is."""
        return self._named.get((account, there), there)

    async def accept(self, incoming: Incoming) -> None:
        """Keep what the channel heard."""
        queue = turn.receive(self.world, incoming)
        self.heard.add(incoming.key)
        if queue is not None:
            self.waiting.append(queue)

    async def happens(self) -> None:
        """Let everything happen that is due."""
        there = {channel.account: channel for channel in self.channels}
        busy = True
        while busy:
            busy = bool(self.waiting)
            while self.waiting:
                queue = self.waiting.pop(0)
                while turn.answer_next(self.world, queue):
                    pass
            busy = clock.tick(self.world) or busy
            busy = await clock.fetch(self.world, there) or busy
            for dispatcher in self._dispatchers:
                assert dispatcher.own()
                busy = await dispatcher.drain() > 0 or busy


def carries(talk: Mapping[str, Any], can: Capabilities, in_groups: Capabilities) -> str:
    """Why a talk cannot take place on a channel; empty where it can."""
    for step in talk["step"]:
        who = step.get("who")
        group = "in" in step or step.get("on", who) != who
        place = in_groups if group else can
        if "wire" in step:
            return "its wire fails"
        if group and not place.hears_groups:
            return "somebody speaks in a group"
        if "edits" in step and place.edits is None:
            return "somebody changes a message"
        if step.get("photo") and not place.photo:
            return "somebody sends a picture"
        if step.get("photo") and not place.caption_length and (step.get("says") or group):
            return "a picture with words"
    return ""


def adapted(step: Step, carrier: Carrier) -> dict[str, Any]:
    """A step with what is to be seen because of it where not everything can be done.

    What cannot be taken back is corrected by a message of its own; what would have changed may be said anew; what has
    no toasts says it in words, where it says nothing else.
    """
    told, anew = list[dict[str, Any]](), list[dict[str, Any]]()
    place = step.get("on") or step.get("in") or step.get("who", "")
    spoken = any(one.get("what") != "answer" and one.get("in", place) == place for one in step.get("sees", []))
    for sight in step.get("sees", []):
        there, group = carrier.of(sight.get("in", place)), sight.get("in", place).endswith("群")
        what, has, lacks = sight.get("what", "sent"), _parts(sight.get("has", [])), _parts(sight.get("lacks", []))
        one = {**sight, "has": has, "lacks": lacks}
        if what == "deleted" and there.deletes is None:
            # One correction speaks for all copies of a talk.
            same = [other for other in step["sees"] if other.get("in") == sight.get("in") and other is not sight]
            again = any(other.get("what", "sent") == "sent" for other in same)
            again |= any(other.get("of") == "deleted" and other.get("in") == sight.get("in") for other in anew)
            one |= {"what": "sent", "of": "deleted", "optional": again}
        elif what == "edited" and there.edits is None:
            one |= {
                "what": "sent",
                "optional": not group or sight.get("quiet", False),
                "lacks": [part for part in lacks if part != CORRECTED],
            }
        elif what == "answer" and (carrier.typed or not there.toasts):
            one |= {"what": "sent", "in": place, "optional": spoken or place.endswith("群")}
        if carrier.late and OLD in has:
            one["optional"] = True
        if not there.buttons and not there.hears_groups and group:
            one.pop("buttons", None)
        if carrier.in_groups.deletes is None:
            one["has"] = [DELETED.sub("", part) for part in has]
        # What is said anew is looked for last: it may fit what was to be said anyway.
        (told if one.get("what", "sent") == what else anew).append(one)
    anew.sort(key=lambda one: bool(one.get("optional")))
    return {**step, "sees": told + anew} if "sees" in step else dict(step)


def meets(carrier: Carrier) -> Meets:
    """How a sight is compared on a channel: by its words, wherever lines break; and as it is said there in another way.

    Where the private talk can be opened by no button, words tell how. A picture and a name that could not be taken
    back are not shown to a group (R8): there a notice without them is met.
    """

    def judge(one: Shown, sight: Mapping[str, Any]) -> bool:
        there = carrier.of(one.chat)
        wanted = {**sight, "has": _all_squeezed(sight.get("has", [])), "lacks": _all_squeezed(sight.get("lacks", []))}
        flat = replace(one, text=squeezed(one.text))
        if carrier.invites in one.text and OPENS in sight.get("buttons", []):
            wanted["buttons"] = [label for label in wanted["buttons"] if label != OPENS]
        if COUNTED in one.text and carrier.in_groups.edits is None:
            # Where new words stand beside the old ones there is more to take back.
            wanted["has"] = [part for part in wanted["has"] if not COUNT.search(part)]
        if "file" in wanted:
            wanted["file"] = one.file if one.file or not carrier.files else "?"
        if fits(flat, wanted):
            return True
        bare = {name: value for name, value in wanted.items() if name not in ("has", "photo", "buttons")}
        said_bare = not one.photo and any(part in one.text for part in BARE)
        return not there.takes_back and said_bare and fits(flat, bare)

    return judge


def squeezed(text: str) -> str:
    """The text without gaps."""
    return "".join(text.split())


def _parts(told: str | Sequence[str]) -> list[str]:
    return [told] if isinstance(told, str) else list(told)


def _all_squeezed(told: str | Sequence[str]) -> list[str]:
    return [squeezed(part) for part in _parts(told)]


def joined(shown: Sequence[Shown]) -> list[Shown]:
    """Media that a channel shows apart belong to the words that follow in the same talk."""
    found: list[Shown] = []
    open_at: dict[str, int] = {}
    for one in shown:
        place = open_at.pop(one.chat, None)
        if place is not None and one.what == "sent":
            before = found[place]
            one = replace(one, photo=before.photo or one.photo, file=before.file or one.file)
            found[place] = one
        else:
            found.append(one)
            place = len(found) - 1
        if one.what == "sent" and not one.text and (one.photo or one.file):
            open_at[one.chat] = place
    return found


def numbered(text: str) -> tuple[tuple[str, str], ...]:
    """What can be answered by a number or a word, as buttons whose data is what is typed."""
    words = [word for line in WORDED.findall(text) for word in line.split("、")]
    return (*((label, number) for number, label in NUMBERED.findall(text)), *((word, word) for word in words))


def moved_in(folder: Path, homes: Mapping[str, Home], *, floods: bool) -> tuple[World, Hands]:
    """A real world with the sample county, whose people and groups live in these homes."""
    path, hands = folder / "real.db", Hands()
    shutil.copy(filled(), path)
    db = Database(f"sqlite:///{path}", KEYS, "OFF")
    world = World(WorldKind.REAL, db, words(), Station(anchor_at=None, weekly_at=None), hands)
    if not floods:
        world.gate = Gate(Most(10**9, 10**9))
    with db.write() as session:
        worlds.found(session, WorldKind.PLAYGROUND, hands()).kind = WorldKind.REAL
        session.query(Identity).delete()
        for chat in session.scalars(select(Chat).where(Chat.account == ACCOUNT)):
            _move(session, chat, homes[chat.platform_id], hands)
    return world, hands


def _move(session: Session, chat: Chat, home: Home, hands: Hands) -> None:
    person = people.named(session, chat.platform_id) if chat.kind is ChatKind.PRIVATE else None
    chat.account, chat.platform_id = home.account, home.name
    if person is not None:
        people.identify(session, person, home.account, home.name, hands())


def inhabitants() -> list[str]:
    """Everybody of the sample county."""
    return everybody(ROOT / "samples")


def groups() -> list[str]:
    """All groups of the sample county."""
    lines = (ROOT / "samples" / "chats.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.partition(",")[0] for line in lines]


def at_home(person: Callable[[str], Home], group: Callable[[str], Home]) -> dict[str, Home]:
    """Everybody's and every group's home."""
    return {name: person(name) for name in inhabitants()} | {name: group(name) for name in groups()}


@asynccontextmanager
async def closing(carrier: Carrier) -> AsyncIterator[Carrier]:
    """Give connections back at the end."""
    try:
        yield carrier
    finally:
        for channel in carrier.channels:
            await channel.close()
        carrier.world.db.close()


__all__ = [
    "Carrier", "Home", "adapted", "at_home", "carries", "closing", "groups", "inhabitants", "joined", "meets",
    "moved_in", "numbered",
]  # fmt: skip
