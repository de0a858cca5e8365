"""`wangge worker`: a process that shares the work of a cluster; it serves no pages and hears no platform."""

import asyncio
import logging
import signal
from pathlib import Path

from bot import channels, logs, memory
from bot.at_work import scheduled
from bot.cannot import CannotDo
from bot.cluster import ClusterWork
from bot.settings import Settings, load_settings
from bot.worlds import open_real

LOG = logging.getLogger("wangge.worker")


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """Share the work until told to stop; raises CannotDo before anything is begun."""
    if not settings.cluster.enabled:
        raise CannotDo(
            "wangge worker 只在集群里用，请在设置里写 [cluster] enabled = true；只用一台机器时运行 wangge run。"
        )
    if not settings.has_real_channel:
        raise CannotDo("wangge worker 只干真实群的活，请先在设置里写一个渠道，例如 telegram 的 token。")
    world = open_real(settings)
    working = ClusterWork(world, channels.configured(settings, world.db.keys), hears=False)
    scheduler = scheduled([working], settings.station.zoneinfo)
    working.start()
    scheduler.start()
    memory.settle()
    LOG.info("working for %s as %s", ", ".join(working.channels), working.ownership.owner)
    try:
        await stopping.wait()
        LOG.info("stopping")
    finally:
        scheduler.shutdown(wait=False)
        await working.stop()


def main(config: Path | None) -> None:
    """Run until SIGTERM or Ctrl-C; raises SettingsError or CannotDo."""
    settings = load_settings(config)
    logs.set_up(settings.logs.level, settings.logs.format)

    async def serve() -> None:
        stopping = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stopping.set)
        await work(settings, stopping)

    asyncio.run(serve())
