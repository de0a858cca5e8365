"""The stage (舞台) of a story: a playground of its own in a folder that goes with it, and its clock in our hands."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App, tell
from bot.at_work import AtWork
from bot.channels.playground import Playground
from bot.channels.relay import Relay
from bot.play import load_county
from bot.settings import Settings
from bot.story import script
from bot.story.teller import Teller
from bot.web import play_clock
from bot.web.hub import PlaygroundHub
from bot.web.play_clock import PlayClock
from bot.web.roster import read_roster
from bot.worlds import open_world, samples
from handlers.dialogue.world import World, system_clock
from storage.worlds import WorldKind


def of_the_county() -> Path:
    """The script that comes with the program."""
    return samples() / "story.toml"


class StoryApp(App):
    """The process while a story is told: a playground alone, whose page shows it; afterwards one may go on playing."""

    def __init__(self, settings: Settings, told: script.Script, speed: float) -> None:
        super().__init__(settings)
        self.script, self.speed = told, speed
        self.failed: Exception | None = None
        self._folder = TemporaryDirectory(prefix="wangge-story-")
        self._telling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve and tell; raises what went wrong."""
        with self._folder:
            await super().run()
        if self.failed is not None:
            raise self.failed

    async def _open(self) -> None:
        clock = PlayClock(base=lambda: self.script.begins)
        world = set_up(Path(self._folder.name), clock)
        hub = self._pages(world, clock, read_roster(samples()))
        work = self._at_work(world, [Playground(hub), Relay()])
        self.working = [work]
        teller = Teller(hub, self.script, world.station.zone, work.settle, tell, self.speed)
        hub.pause_story = lambda paused: teller.going.clear() if paused else teller.going.set()
        self._telling = asyncio.create_task(self._tell(teller, clock))

    async def _tell(self, teller: Teller, clock: PlayClock) -> None:
        try:
            await teller.tell()
        except Exception as error:
            self.failed = error
            self.stopping.set()
            return
        clock.run_with(system_clock)
        tell("\n故事讲完了。页面还开着，可以接着试；Ctrl-C 停止。")


def set_up(folder: Path, clock: PlayClock) -> World:
    """The sample county in a new world in this folder, by the station's shipped rules."""
    world = open_world(WorldKind.PLAYGROUND, f"sqlite:///{folder / 'story.db'}", folder / "story.key", clock=clock)
    load_county(world, samples())
    return world


async def print_only(told: script.Script, speed: float, say: Callable[[str], None]) -> None:
    """Tell a story to the terminal alone, with everything the bot shows; raises WentWrong."""
    with TemporaryDirectory(prefix="wangge-story-") as folder:
        clock = PlayClock(base=lambda: told.begins)
        world = set_up(Path(folder), clock)
        hub = PlaygroundHub(read_roster(samples()), world.now, world.bot_names)
        work = AtWork(world, [Playground(hub), Relay()])
        hub.move_clock = lambda span: play_clock.move(world, clock, span, work.settle)
        work.start()
        try:
            await Teller(hub, told, world.station.zone, work.settle, say, speed, everything=True).tell()
        finally:
            await work.stop()
