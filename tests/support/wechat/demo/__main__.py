"""python -m tests.support.wechat.demo [--stay]: plays, tells each step, ends with 1 where one does not come about."""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from tests.support.wechat.demo import staying
from tests.support.wechat.demo.places import NotSeen, Protocol
from tests.support.wechat.demo.platforms import platforms
from tests.support.wechat.demo.play import Cast, Play
from tests.support.wechat.demo.station import Station


async def played(folder: Path, protocol: Protocol, *, stay: bool = False) -> Play:
    """Play it in this empty folder; what was played. Raises NotSeen."""
    async with platforms(folder) as there:
        station = Station(folder, there.settings())
        there.called_at(station.url)
        protocol.tell("  $ wangge people import areas.csv people.csv")
        protocol.tell((await station.command("people", "import", "areas.csv", "people.csv")).strip())
        async with station.running():
            protocol.tell(await station.tells("已接通"))
            play = Play(there, station, Cast(there), protocol)
            try:
                await play.run()
            except NotSeen as error:
                raise NotSeen("\n".join([str(error), *station.printed[-15:]])) from None
            if stay:
                await staying.stay(play.cast, there, protocol)
    return play


def main() -> int:
    """Play from the command line; the exit code."""
    reading = argparse.ArgumentParser(prog="wechat-demo", description=__doc__)
    reading.add_argument("--stay", action="store_true", help="go on and let whoever sits here speak")
    given = reading.parse_args()

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with tempfile.TemporaryDirectory(prefix="wechat-demo-") as folder:
            await played(Path(folder), Protocol(), stay=given.stay)

    try:
        asyncio.run(run())
    except NotSeen as error:
        sys.stderr.write(f"\n没有演成 / the demo failed：{error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
