"""The process (运行): opens the worlds the settings ask for, sets them to work, serves pages, stops gracefully."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from bot import channels, logs, memory
from bot.at_work import AtWork, scheduled
from bot.cannot import CannotDo
from bot.channels.playground import Playground
from bot.channels.relay import Relay
from bot.drills import take_part
from bot.health import Look
from bot.metrics import Metrics, WorldMetrics
from bot.play import load_county
from bot.settings import Settings, load_settings
from bot.station_settings import Drill, Web
from bot.web import app as web
from bot.web import films, play_clock, watch
from bot.web.hub import PlaygroundHub
from bot.web.roster import Roster, read_roster
from bot.worlds import open_real, open_world, samples
from handlers.dialogue.drill import DrillCall
from handlers.dialogue.world import World
from handlers.membership import actions, rules
from jobs.channel import Channel
from storage import areas
from storage.worlds import WorldKind

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

LOG = logging.getLogger("wangge.app")


class Server(uvicorn.Server):
    """The web server in our loop; signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


class App:
    """Everything that runs in the process: what the settings put to work, or a `drill` and nothing else."""

    def __init__(self, settings: Settings, *, drill: bool = False) -> None:
        self.settings, self.drill = settings, drill
        self.listening: Web | Drill = settings.drill if drill else settings.web
        self.stopping = asyncio.Event()
        self.working: list[AtWork] = []
        self.hub: PlaygroundHub | None = None
        self.metrics = Metrics()
        self._socket: socket.socket | None = None

    async def run(self) -> None:
        """Serve until told to stop; raises CannotDo before anything is heard."""
        if not self.drill and not self.settings.has_real_channel and not self.settings.playground_on:
            raise CannotDo("没有接通任何群，演练场也关着，请在设置里写一个渠道，例如 telegram 的 token，或打开演练场。")
        variable = f"WANGGE_{'DRILL' if self.drill else 'WEB'}__PORT"
        self._socket = bind(self.listening.host, self.listening.port, variable)
        try:
            await self._open()
            await self._serve()
        finally:
            await asyncio.gather(*(work.stop() for work in self.working))
            self._socket.close()

    async def _open(self) -> None:
        """Open every world before the first one hears anything: a world that is refused stops the start."""
        settings, made = self.settings, list[tuple[World, Sequence[Channel]]]()
        if self.drill:
            world, channel = self._drill()
            self.working = [self._at_work(world, [channel])]
            return
        if settings.has_real_channel:
            real = open_real(settings)
            made.append((real, channels.configured(settings, real.db.keys)))
        if settings.playground_on:
            try:
                world, channel = self._playground()
            except BaseException:
                for other, _ in made:
                    other.db.close()
                raise
            made.append((world, [channel, Relay()]))
        self.working = [self._at_work(world, found) for world, found in made]

    def _at_work(self, world: World, found: Sequence[Channel]) -> AtWork:
        """A world with its channels, by itself or as a part of a cluster."""
        metrics = WorldMetrics(self.metrics, world.kind.value)
        if self.settings.cluster.enabled and world.kind is WorldKind.REAL:
            from bot.cluster import ClusterWork

            return ClusterWork(world, found, hears=True, metrics=metrics)
        return AtWork(world, found, metrics=metrics)

    def _playground(self) -> tuple[World, Playground]:
        place, clock = self.settings.playground, play_clock.PlayClock()
        world = open_world(
            WorldKind.PLAYGROUND, place.database_url, place.key_file, settings=self.settings, clock=clock
        )
        clock.load(world)
        load_county(world, samples())
        hub = self._pages(world, clock, read_roster(samples()))

        async def restart() -> None:
            await asyncio.to_thread(play_clock.clear, world, clock)
            await asyncio.to_thread(load_county, world, samples())
            hub.start_over()

        hub.restart = restart
        return world, Playground(hub)

    def _drill(self) -> tuple[World, Playground]:
        """The drill: the team alone, as it was imported, or that of the sample county where nobody was."""
        place, clock = self.settings.drill, play_clock.PlayClock()
        world = open_world(WorldKind.DRILL, place.database_url, place.key_file, settings=self.settings, clock=clock)
        clock.load(world)
        hub = self._pages(world, clock, take_part(world, samples()))
        return world, Playground(hub, takes=DrillCall)

    def _pages(self, world: World, clock: play_clock.PlayClock, roster: Roster) -> PlaygroundHub:
        """The pages' platform, on which the clock can be moved."""
        hub = PlaygroundHub(roster, world.now, world.bot_names, drill=world.kind is WorldKind.DRILL)

        async def move(span: timedelta | None) -> bool:
            return await play_clock.move(world, clock, span, self.working[-1].settle, hub.clock_moved)

        hub.move_clock, self.hub = move, hub
        return hub

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self.stopping.set)
        routes: list[BaseRoute] = []
        for work in self.working:
            if work.world.kind is WorldKind.REAL and work.world.film_address is not None:
                routes += films.routes(work.world)
            work.start()
            for channel in work.channels.values():
                routes += channels.routes(channel, work.keeper.accept)
        beating = asyncio.create_task(self.metrics.beat())
        scheduler = scheduled(self.working, self.settings.station.zoneinfo)
        for work in self.working:
            scheduler.add_job(work.show_menus, "interval", seconds=1)
        server = self._server(routes)
        serving = asyncio.create_task(server.serve(sockets=[self._bound]))
        stopped = asyncio.create_task(self.stopping.wait())
        scheduler.start()
        memory.settle()
        self._greet()
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        LOG.info("stopping")
        scheduler.shutdown(wait=False)
        if self.hub is not None:
            self.hub.close()
        server.should_exit = True
        await serving
        beating.cancel()
        stopped.cancel()

    @property
    def _bound(self) -> socket.socket:
        assert self._socket is not None  # noqa: S101 - bound before anything is served
        return self._socket

    def _server(self, routes: "list[BaseRoute]") -> Server:
        hosts = None if self.listening.allow_remote else ()
        looks = [Look(work.world, work.channels) for work in self.working]
        watched = watch.routes(looks, self.metrics, self.settings.web.metrics)
        config = uvicorn.Config(
            web.build(self.hub, routes, hosts=hosts, watched=watched),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        return Server(config)

    def _greet(self) -> None:
        """Tell whoever started the program where to look and what to do next."""
        if self.hub is not None:
            host, port = self._bound.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            name, english = ("演练", "drill") if self.drill else ("演练场", "playground")
            tell(f"{name}已打开，请用浏览器访问： http://{shown}:{port}/   （Ctrl-C 停止）")
            tell(f"The {english} is open:      http://{shown}:{port}/   (Ctrl-C stops it)")
        for work in self.working:
            if work.world.kind is WorldKind.REAL:
                tell(f"已接通：{'、'.join(work.channels)}。 Serving: {', '.join(work.channels)}.")
                for line in first_admin(work.world):
                    tell(line)


def first_admin(world: World) -> list[str]:
    """What to do in a world nobody administers yet: a one-time code, and the areas to be imported."""
    with world.db.write() as session:
        code = actions.first_admin_code(session, world.now())
        bare = [one.name for one in areas.all_of(session)] == [actions.ROOT]
    if code is None:
        return []
    days = rules.CODE_LIVES.days
    lines = [
        f"还没有管理员：请在 {days} 天内私聊机器人，发送 绑定 {code} （只能用一次，不要转发）。",
        f"No admin yet: send the bot privately, within {days} days, 绑定 {code} (works once, keep it to yourself).",
    ]
    if bare:
        lines += [
            "还没有区域：请运行 wangge people import 区域.csv 人员.csv（样子见 samples/）。",
            "No areas yet: run `wangge people import areas.csv people.csv` (see samples/).",
        ]
    return lines


def bind(host: str, port: int, variable: str = "WANGGE_WEB__PORT") -> socket.socket:
    """A listening socket; raises CannotDo where the port is taken or the address is not this machine's."""
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise CannotDo(
            f"打不开 {host}:{port}（{os.strerror(error.errno) if error.errno else '地址不对'}），请先停掉占用它的程序，"
            f"或换一个端口，例如 {variable}={port % 65535 + 1}。"
        ) from None


def tell(line: str) -> None:
    """A line for whoever started the program."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(config: Path | None, *, drill: bool = False) -> None:
    """Run until SIGTERM or Ctrl-C, be it a drill; raises SettingsError or CannotDo."""
    settings = load_settings(config)
    logs.set_up(settings.logs.level, settings.logs.format)

    async def serve() -> None:
        await App(settings, drill=drill).run()

    asyncio.run(serve())
