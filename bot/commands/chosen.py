"""Which world a command of the operator works on: the one named, else the one the settings put to work."""

from pathlib import Path
from typing import NamedTuple

from bot.cannot import CannotDo
from bot.settings import Settings, load_settings
from bot.worlds import KINDS
from storage.worlds import WorldKind


class Chosen(NamedTuple):
    """A world as the settings describe it."""

    settings: Settings
    kind: WorldKind
    url: str
    key_file: Path

    @property
    def name(self) -> str:
        """What people call it."""
        return KINDS[self.kind]


def chosen(world: str | None, config: Path | None) -> Chosen:
    """The world named (real, playground, drill), else the real one where a channel is set up; raises CannotDo."""
    settings = load_settings(config)
    wanted = world or ("real" if settings.has_real_channel else "playground")
    if wanted == "real":
        return Chosen(settings, WorldKind.REAL, settings.database.url, settings.database.key_file)
    if wanted == "playground":
        return Chosen(settings, WorldKind.PLAYGROUND, settings.playground.database_url, settings.playground.key_file)
    if wanted == "drill":
        return Chosen(settings, WorldKind.DRILL, settings.drill.database_url, settings.drill.key_file)
    raise CannotDo("--world 只能写 real（真实群）、playground（演练场）或 drill（演练）。")
