"""The teller (讲述): plays a script on the playground's platform, step by step, and looks whether it comes out so."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from bot.cannot import CannotDo
from bot.story.script import Scene, Script, Sight, Step
from bot.web import tour
from bot.web.hub import Chatroom, Denied, Message, PlaygroundHub
from bot.web.roster import PlayPerson
from bot.web.shelf import NoPicture, picture_type

STEP: Final = 2.6
"""Seconds a step is left to be read at speed 1."""
SCENE: Final = 4.0
"""Seconds a scene's title is left to be read at speed 1, before its first step."""
TRIES: Final = 3
"""How often what must be shown is looked for, everything being let happen in between."""
GAPS: Final = {
    "{领取码}": re.compile(r"领取码 ([0-9]{4})"),
    "{名片}": re.compile(r"名片 ([2-9A-HJ-NP-Z]{8})"),
    "{口令}": re.compile(r"\b([2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4})\b"),
}
"""What a script cannot know beforehand: the code the bot showed last."""


class WentWrong(CannotDo):
    """The story did not come out as its script says."""


@dataclass
class Teller:
    """Tells one script.

    hub: the platform people speak on. settle: lets everything due happen. say: a line for whoever watches the terminal.
    speed: 1 to be read comfortably, 2 twice as fast, 0 without any pause. everything: also say what the bot shows.
    """

    hub: PlaygroundHub
    script: Script
    zone: tzinfo
    settle: Callable[[], Awaitable[None]]
    say: Callable[[str], None]
    speed: float = 1.0
    everything: bool = False
    going: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while somebody has paused the story on the page."""
    acted: PlayPerson | None = None
    """Who did something last."""
    looked_at: dict[str, object] = field(default_factory=dict)
    """Whom the page follows and to which chat it has turned last."""

    async def tell(self) -> None:
        """Tell it to its end; raises WentWrong at the first step that does not come out."""
        self.going.set()
        await self.hub.hears.wait()
        for number, scene in enumerate(self.script.scenes, 1):
            await self._title(number, scene)
            for step in scene.steps:
                await self._tell(number, scene, step)
        self.hub.narrate({**self.looked_at, "title": "故事讲完了，您可以接着试", "over": True})

    async def _title(self, number: int, scene: Scene) -> None:
        self.say(f"\n{self._now():%H:%M} 【{scene.title}】")
        self.hub.narrate(self._narration(number, scene))
        await self._pause(SCENE)

    def _narration(self, number: int, scene: Scene) -> dict[str, object]:
        return {"title": scene.title, "rows": list(scene.rows), "scene": number, "of": len(self.script.scenes)}

    async def _tell(self, number: int, scene: Scene, step: Step) -> None:
        await self.going.wait()
        before = self._seen()
        await self._go_on(step)
        if step.does:
            await self._do(number, scene, step)
        await self.settle()
        for place in range(TRIES):
            left = [one for one in step.sees if not self._is_seen(one, before)]
            if not left:
                break
            if place + 1 == TRIES:
                shown = "\n".join(f"  [{chat}] {text}" for chat, text in self._new(before))
                raise WentWrong(f"{step.where}：没有看到 {left[0].chat} 里的“{'”“'.join(left[0].has)}”。\n{shown}")
            await self.settle()
        await self._show(number, scene, step)
        if self.everything:
            for chat, text in self._new(before):
                self.say(f"{self._now():%H:%M}   [{chat}] {text}")
        await self._pause(STEP)

    async def _go_on(self, step: Step) -> None:
        """Let time pass as far as the step wants; never back."""
        now, until = self._now(), None
        if isinstance(step.at, datetime):
            until = step.at.replace(tzinfo=self.zone)
        elif step.at is not None:
            until = datetime.combine(now.date(), step.at, self.zone)
        if step.later is not None:
            until = now + step.later
        if until is not None and until > now and self.hub.move_clock is not None:
            await self.hub.move_clock(until - now)
            self.hub.clock_moved()

    async def _do(self, number: int, scene: Scene, step: Step) -> None:
        person, room = self._person(step), self._room(step)
        self.acted = person
        place = "私聊" if room.owner is not None else room.name
        words = self._filled(step)
        self.say(f"{self._now():%H:%M} {person.name}（{place}）：{words}{'［照片］' * bool(step.photo)}")
        self._turn(number, scene, person, room)
        await self._pause(STEP / 2)
        try:
            if step.does == "presses":
                await self._press(step, person, room)
                return
            last = self._last(step, room) if step.does == "replies" else None
            photo, where = self._photo(step), self._place(step)
            await self.hub.say(person, room, words, photo=photo, place=where, answers=last.id if last else "")
        except Denied as denied:
            raise WentWrong(f"{step.where}：{step.who} 做不了这一步（{denied.reason}）。") from None

    async def _show(self, number: int, scene: Scene, step: Step) -> None:
        """Have the page turn to what came of a step elsewhere: of time going on, or of what went out to a group."""
        first = next(iter(step.sees), None)
        room = self.hub.room(first.chat) if first is not None else None
        here = (step.chat or step.who) if step.does else ""
        if room is None or any(one.chat == here for one in step.sees) or (here and room.owner is not None):
            return
        if here:
            await self._pause(STEP / 2)
        members = [one for one in self.hub.roster.people if one.name in room.members]
        stays = next((one for one in members if one == self.acted), members[0])
        self._turn(number, scene, stays, room)

    def _turn(self, number: int, scene: Scene, person: PlayPerson, room: Chatroom) -> None:
        self.looked_at = {"who": person.id, "chat": "me" if room.owner is not None else room.id}
        self.hub.narrate({**self._narration(number, scene), **self.looked_at})

    def _filled(self, step: Step) -> str:
        """What is said, with the codes shown last where the script leaves a gap for one."""
        words = step.words
        for gap, kind in GAPS.items():
            if gap not in words:
                continue
            shown = [(one.at, found[1]) for _, one in self._every() for found in kind.finditer(one.text)]
            if not shown:
                raise WentWrong(f"{step.where}：还没有人看到过{gap}。")
            words = words.replace(gap, max(shown)[1])
        return words

    async def _press(self, step: Step, person: PlayPerson, room: Chatroom) -> None:
        for message in reversed(room.messages):
            for row, buttons in enumerate(message.buttons):
                for column, one in enumerate(buttons):
                    if one.label == step.words:
                        await self.hub.press(person, room, message.id, row, column)
                        return
        raise WentWrong(f"{step.where}：{room.name} 里没有“{step.words}”按钮。")

    def _last(self, step: Step, room: Chatroom) -> Message:
        own = [one for one in room.messages if one.author is None and not one.gone]
        if not own:
            raise WentWrong(f"{step.where}：{room.name} 里还没有可以回复的消息。")
        return own[-1]

    def _person(self, step: Step) -> PlayPerson:
        found = next((one for one in self.hub.roster.people if one.name == step.who), None)
        if found is None:
            raise WentWrong(f"{step.where}：样例县里没有叫“{step.who}”的人。")
        return found

    def _room(self, step: Step) -> Chatroom:
        found = self.hub.room(step.chat or step.who)
        if found is None:
            raise WentWrong(f"{step.where}：没有叫“{step.chat}”的群。")
        return found

    def _photo(self, step: Step) -> str:
        if not step.photo:
            return ""
        try:
            blob = (self.script.folder / step.photo).read_bytes()
            return self.hub.shelf.put(blob, picture_type(blob))
        except OSError as error:
            raise WentWrong(f"{step.where}：读不了照片 {step.photo}（{error.strerror}）。") from None
        except NoPicture:
            raise WentWrong(f"{step.where}：{step.photo} 不是照片。") from None

    def _place(self, step: Step) -> tuple[float, float, str] | None:
        if not step.place:
            return None
        for latitude, longitude, name in tour.PLACES:
            if name == step.place:
                return float(str(latitude)), float(str(longitude)), step.place
        raise WentWrong(f"{step.where}：演练场里没有叫“{step.place}”的地点。")

    # What is seen

    def _every(self) -> Iterator[tuple[str, Message]]:
        for room in self.hub.rooms():
            for message in room.messages:
                yield room.name, message

    def _seen(self) -> dict[str, str]:
        return {message.id: message.text for _, message in self._every()}

    def _new(self, before: dict[str, str]) -> list[tuple[str, str]]:
        """What the bot has shown or changed since."""
        return [
            (chat, one.text + "［照片］" * sum(kind == "photo" for kind, _ in one.media))
            for chat, one in self._every()
            if one.author is None and not one.gone and before.get(one.id) != one.text
        ]

    def _is_seen(self, sight: Sight, before: dict[str, str]) -> bool:
        return any(chat == sight.chat and all(part in text for part in sight.has) for chat, text in self._new(before))

    def _now(self) -> datetime:
        return self.hub.now().astimezone(self.zone)

    async def _pause(self, seconds: float) -> None:
        if self.speed > 0:
            await asyncio.sleep(timedelta(seconds=seconds / self.speed).total_seconds())
        await self.going.wait()
