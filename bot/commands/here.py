"""The world in the current directory that `say` and `parse` work on: ./wangge.db with the sample county."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.cannot import CannotDo
from bot.play import load_county
from bot.worlds import open_world, samples
from handlers.dialogue.world import World
from storage.worlds import WorldKind

DATABASE = "wangge.db"
KEY = "wangge.key"
PATIENCE = 10.0


@contextmanager
def world_here(moment: datetime | None, config: Path | None) -> Iterator[World]:
    """Open the world of this directory, its clock standing at `moment` (None: the system's), alone in it.

    The county is loaded on first use. Raises CannotDo, or SettingsError for a bad settings file.
    """
    settings = None
    if config is not None or Path("config.toml").exists() or any(name.startswith("WANGGE_") for name in os.environ):
        from bot.settings import load_settings

        settings = load_settings(config)
    with _alone():
        world = open_world(WorldKind.PLAYGROUND, f"sqlite:///{DATABASE}", Path(KEY), settings=settings)
        try:
            if moment is not None:
                fixed = at_home(moment, world)
                world.clock = lambda: fixed
            load_county(world, samples())
            yield world
        finally:
            world.db.close()


def at_home(moment: datetime, world: World) -> datetime:
    """A moment named without a zone is meant in the station's."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=world.station.zone)).astimezone(UTC)


def read_moment(said: str | None) -> datetime | None:
    """A moment as typed after `--now`; raises CannotDo for what is none."""
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said.strip())
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CannotDo("--now 要写成日期和时间，例如 2026-11-18T10:20:00+08:00。") from None
    return moment


def meant(name: str, names: Sequence[str]) -> str:
    """The name that was probably meant, and the others there are, as the end of a sentence."""
    from rapidfuzz import fuzz, process

    near = process.extractOne(name, list(names), scorer=fuzz.ratio, score_cutoff=40)
    listed = "、".join(names[:12]) + ("……" if len(names) > 12 else "")
    return f"您是不是要写 {near[0]}？有：{listed}。" if near else f"有：{listed}。"


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time into this directory's world; the lock goes with the process, however it ends."""
    folder = os.open(".", os.O_RDONLY)
    patience = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > patience:
                    raise CannotDo("另一个 wangge 正在用这个文件夹里的数据库，请等它结束再试。") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(folder)
